#include <math.h>

#include "models/instrument/lending.h"

/* Staked-token looping: coins are deposited, the debt asset is borrowed against them at the
 * loan-to-value v, exchanged for more of the coins, those are deposited, and so on. From
 * one coin of own equity n rounds make
 *     1 + v + v^2 + ... + v^n = (1 - v^(n+1)) / (1 - v)
 * coins of collateral, in the limit 1 / (1 - v). The position is described by that leverage
 * L: q coins of equity, q L of collateral, and a debt worth q (L - 1) coins at the start's
 * traded prices,
 *     V = q (C S - D P),   C(0) = L,   D(0) = (L - 1) S(0) / P(0),
 *     C' = y C,   D' = r(U) D,
 * liquidated like a loan (models/instrument/lending.h). With S against P pegged its risk is
 * the rate above the yield and the peg. Exchanging costs nothing here. As L <= 1 / (1 - v) and
 * the liquidation threshold is at least v, no loop starts below health 1. */
static const struct field loop_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "coin", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e15, .offset = offsetof(struct lending, contract.quantity),
     .doc = "own equity in coins of the staked asset"},
    {.key = "target_leverage", .unit = "1", .type = FIELD_NUMBER, .required = true,
     .min = 1.0, .max = 100.0, .offset = offsetof(struct lending, target_leverage),
     .doc = "collateral as a multiple of the own equity at the start"},
    {.key = "loan_to_value_frac", .unit = "1", .type = FIELD_NUMBER, .required = true,
     .min = 0.01, .max = 0.999, .offset = offsetof(struct lending, loan_to_value_frac),
     .doc = "most that may be borrowed against collateral"},
    LENDING_FIELDS,
    {.key = NULL},
    /* clang-format on */
};

static bool loop_check(const struct contract *c, const char *where, struct error *err)
{
    const struct lending *l = (const struct lending *)c;
    const double most = 1.0 / (1.0 - l->loan_to_value_frac);

    if (!(c->quantity > 0.0))
        return fail(err,
                    "%s: loop '%s' has quantity = %g: give the coins of own equity, "
                    "above 0",
                    where, c->id, c->quantity);
    if (l->liquidation_threshold_frac < l->loan_to_value_frac)
        return fail(err,
                    "%s: loop '%s' has liquidation_threshold_frac = %g below "
                    "loan_to_value_frac = %g: it would be liquidated as soon as it "
                    "borrows all it may; lower the latter",
                    where, c->id, l->liquidation_threshold_frac, l->loan_to_value_frac);
    if (l->target_leverage > most)
        return fail(err,
                    "%s: loop '%s' has target_leverage = %g, but borrowing %g of each "
                    "deposit for ever comes to 1 / (1 - %g) = %g: lower it or raise "
                    "loan_to_value_frac",
                    where, c->id, l->target_leverage, l->loan_to_value_frac,
                    l->loan_to_value_frac, most);
    return true;
}

static void loop_start(const struct contract *c, const struct claim_step *s)
{
    const struct lending *l = (const struct lending *)c;
    const double borrowed = l->target_leverage - 1.0;
    lane_row debt;

    for (int k = 0; k < LANES; k++)
        debt[k] = borrowed * s->spot_usd[k] /
                  (s->debt_spot_usd != NULL ? s->debt_spot_usd[k] : 1.0);
    lending_start(s, l->target_leverage, debt);
}

const struct instrument instrument_loop = {
    .about = {.name = "loop",
              .doc = "Staked coins bought with what is borrowed against them, again and "
                     "again, up to a target leverage.",
              .fields = loop_fields,
              .param_size = sizeof(struct lending),
              .example = "{quantity: 2.385, target_leverage: 5, loan_to_value_frac: 0.9, "
                         "debt_asset: ETH, liquidation_threshold_frac: 0.93}"},
    .reads_oracle = true,
    .n_state = LENDING_N_STATE,
    .check = loop_check,
    .start = loop_start,
    .step = lending_step,
};
