#include <math.h>

#include "sim/model.h"

/* Perpetual futures. The value is the profit since entry at price E; funding is accrued by
 * the book on the notional.
 *
 * Linear (q coins, margined and settled in USD):
 *     V = q (S - E),            notional q S.
 * Inverse (N contracts of 1 USD, settled in the coin; BitMEX Perpetual Contracts Guide):
 *     profit in coins N (1/E - 1/S),  so  V = S N (1/E - 1/S) = N (S/E - 1),  notional N
 * USD. In dollars the inverse contract is linear in S as well: the curvature sits in the
 * coin. Its funding, N x rate dollars, does not depend on the price. */
static const char *const perpetual_settlements[] = {"linear", "inverse", NULL};

static const struct field perpetual_fields[] = {
    /* clang-format off */
    {.key = "quantity", .unit = "coin", .type = FIELD_NUMBER, .required = true,
     .min = -1e15, .max = 1e15, .offset = offsetof(struct contract, quantity),
     .doc = "coins, or contracts of 1 USD if inverse; negative: short"},
    {.key = "entry_price_usd", .unit = "USD", .type = FIELD_NUMBER, .preset = NAN,
     .min = 1e-12, .max = 1e12, .offset = offsetof(struct contract, entry_usd),
     .doc = "price at which the position's profit is zero; empty: the asset's spot_usd"},
    {.key = "settlement", .unit = "1", .type = FIELD_CHOICE, .preset_text = "linear",
     .choices = perpetual_settlements, .offset = offsetof(struct contract, inverse),
     .doc = "linear: in dollars; inverse: in the coin, contracts of 1 USD"},
    {.key = NULL},
    /* clang-format on */
};

static bool perpetual_check(const struct contract *c, const char *where, struct error *err)
{
    if (c->quantity == 0.0)
        return fail(err, "%s: perpetual '%s' has quantity 0: remove the row or give a size",
                    where, c->id);
    if (!(c->entry_usd > 0.0))
        return fail(
            err,
            "%s: perpetual '%s' has entry_usd = %g: give the price, above 0, at which "
            "its profit is zero",
            where, c->id, c->entry_usd);
    return true;
}

static struct linear_value perpetual_linear(const struct contract *c)
{
    const double q = c->quantity;

    if (c->inverse)
        return (struct linear_value){
            .fixed_usd = -q, .coins = q / c->entry_usd, .notional_usd = q};
    return (struct linear_value){
        .fixed_usd = -q * c->entry_usd, .coins = q, .notional_coins = q};
}

const struct instrument instrument_perpetual = {
    .about = {.name = "perpetual",
              .doc = "Perpetual future, linear or inverse; pays funding on its notional.",
              .fields = perpetual_fields,
              .param_size = sizeof(struct contract)},
    .check = perpetual_check,
    .linear = perpetual_linear,
};
