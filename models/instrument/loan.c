#include "models/instrument/lending.h"

/* A loan against coins: q coins C as collateral, a debt D0 in USD or in coins of another
 * asset, whose price is P (1 for USD),
 *     V = q C S - D P,   D' = r(U) D,   liquidated while C S LT < D P.
 * What is lent out stands in the borrower's account as coins held and cash or coins owed, so
 * the loan itself is worth nothing beside them; what was bought with the debt is another
 * position. Rates: models/instrument/rate.h; liquidation: models/instrument/lending.h. */
static const struct field loan_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "coin", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e15, .offset = offsetof(struct lending, contract.quantity),
     .doc = "coins of collateral"},
    {.key = "debt_quantity", .unit = "coin", .type = FIELD_NUMBER, .required = true,
     .min = 0.0, .max = 1e15, .offset = offsetof(struct lending, debt_quantity),
     .doc = "what is owed at the start: coins of debt_asset, or USD"},
    LENDING_FIELDS,
    {.key = NULL},
    /* clang-format on */
};

static bool loan_check(const struct contract *c, const char *where, struct error *err)
{
    const struct lending *l = (const struct lending *)c;

    if (!(c->quantity > 0.0))
        return fail(err,
                    "%s: loan '%s' has quantity = %g: give the coins of collateral, "
                    "above 0; who lends holds 'spot' or 'cash'",
                    where, c->id, c->quantity);
    if (!(l->debt_quantity > 0.0))
        return fail(err,
                    "%s: loan '%s' has debt_quantity = %g: give what is owed, above 0; "
                    "coins without debt are 'spot'",
                    where, c->id, l->debt_quantity);
    return true;
}

/* The protocol would write off what the collateral does not cover, in the first step. */
static bool loan_check_start(const struct contract *c, double spot_usd,
                             double debt_spot_usd, const char *where, struct error *err)
{
    const struct lending *l = (const struct lending *)c;
    const double most = c->quantity * spot_usd * l->liquidation_threshold_frac;

    if (l->debt_quantity * debt_spot_usd <= most)
        return true;
    return fail(
        err,
        "%s: loan '%s' has debt_quantity = %.10g and owes more than its liquidation "
        "threshold allows at the start: lower debt_quantity below %.10g",
        where, c->id, l->debt_quantity, most / debt_spot_usd);
}

static void loan_start(const struct contract *c, const struct claim_step *s)
{
    const struct lending *l = (const struct lending *)c;
    lane_row debt;

    for (int k = 0; k < LANES; k++)
        debt[k] = l->debt_quantity / c->quantity;
    lending_start(s, 1.0, debt);
}

const struct instrument instrument_loan = {
    .about = {.name = "loan",
              .doc = "Debt in USD or coins against coins at a lending protocol: variable "
                     "rate, health factor, liquidation with close factor and bonus.",
              .fields = loan_fields,
              .param_size = sizeof(struct lending),
              .example = "{quantity: 2.385, debt_quantity: 120, base_rate_annual: 0.02, "
                         "liquidation_threshold_frac: 0.8}"},
    .reads_oracle = true,
    .n_state = LENDING_N_STATE,
    .check = loan_check,
    .check_start = loan_check_start,
    .start = loan_start,
    .step = lending_step,
};
