/* What each kind of shock takes beside the keys of every shock. */
#include <stddef.h>

#include "scenarios/reader.h"

/* clang-format off */
const struct field sections_price_shock[] = {
    {.key = "move", .unit = "1", .type = FIELD_DRAW, .required = true, .min = -1.0,
     .max = 1000.0, .offset = offsetof(struct scenario_shock, move.size),
     .doc = "fraction by which the price changes, over -1"},
    {.key = "includes_feedback", .unit = "1", .type = FIELD_FLAG, .preset = 0.0,
     .offset = offsetof(struct scenario_shock, includes_feedback),
     .doc = "whether the move contains its own liquidations; default true with a source"},
    {.key = NULL},
};

const struct field sections_multiply_shock[] = {
    {.key = "multiply", .unit = "1", .type = FIELD_DRAW, .required = true, .min = 0.0,
     .max = 1e6, .offset = offsetof(struct scenario_shock, multiply.size),
     .doc = "factor, over 0"},
    {.key = NULL},
};

const struct field sections_surface_shock[] = {
    {.key = "multiply", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, multiply.size),
     .doc = "factor on implied volatility, over 0"},
    {.key = "skew_add", .unit = "1/sqrt(year)", .type = FIELD_DRAW, .min = -5.0,
     .max = 5.0, .preset = 0.0, .offset = offsetof(struct scenario_shock, skew_add.size),
     .doc = "added to volatility times ln(K/F)/sqrt(ln(K/F)^2 + T): slope at the money; "
            "negative: puts gain"},
    {.key = "term", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 2.0,
     .preset = 0.0, .offset = offsetof(struct scenario_shock, term),
     .doc = "near expiries move more: the log of multiply is scaled by (30d/T)^term, T at "
            "least 7d"},
    {.key = NULL},
};

const struct field sections_correlation_shock[] = {
    {.key = "set", .unit = "1", .type = FIELD_NUMBER, .required = true, .min = -1.0,
     .max = 1.0, .offset = offsetof(struct scenario_shock, set),
     .doc = "level that all correlations move to"},
    {.key = "weight", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1.0,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, weight),
     .doc = "how far they move there"},
    {.key = NULL},
};

const struct field sections_liquidity_shock[] = {
    {.key = "depth", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, depth.size),
     .doc = "factor on the volume in the book, as {multiply: 0.1}"},
    {.key = "refill", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, refill.size),
     .doc = "factor on the rate of refill, as {multiply: 0.2}"},
    {.key = "spread", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, spread.size),
     .doc = "factor on the spread, as {multiply: 10}"},
    {.key = NULL},
};

const struct field sections_oracle_shock[] = {
    {.key = "delay", .unit = "s", .type = FIELD_DURATION_DRAW, .required = true,
     .min = 0.0, .max = 30.0 * 86400.0,
     .offset = offsetof(struct scenario_shock, delay.size),
     .doc = "delay added to that of the oracle"},
    {.key = NULL},
};

const struct field sections_funding_shock[] = {
    {.key = "add", .unit = "1", .type = FIELD_DRAW, .required = true, .min = -1.0,
     .max = 1.0, .offset = offsetof(struct scenario_shock, add.size),
     .doc = "funding per 8 hours added"},
    {.key = NULL},
};

const struct field sections_halt_shock[] = {
    {.key = NULL},
};

const struct field sections_gas_shock[] = {
    {.key = "price_gwei", .unit = "gwei", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 0.0, .offset = offsetof(struct scenario_shock, gas_price.size),
     .doc = "price that gas goes to; 80 to 200 on 12 March 2020"},
    {.key = "throughput", .unit = "1", .type = FIELD_DRAW, .min = 0.0, .max = 1e6,
     .preset = 1.0, .offset = offsetof(struct scenario_shock, throughput.size),
     .doc = "factor on the liquidations that find room, as {multiply: 0.1}"},
    {.key = NULL},
};
/* clang-format on */

const struct field *const sections_shock_state[N_SHOCK_STATE] = {
    [SHOCK_PRICE] = sections_price_shock,
    [SHOCK_VOLATILITY] = sections_multiply_shock,
    [SHOCK_SURFACE] = sections_surface_shock,
    [SHOCK_CORRELATION] = sections_correlation_shock,
    [SHOCK_LIQUIDITY] = sections_liquidity_shock,
    [SHOCK_ORACLE] = sections_oracle_shock,
    [SHOCK_FUNDING] = sections_funding_shock,
    [SHOCK_HALT] = sections_halt_shock,
    [SHOCK_GAS] = sections_gas_shock,
};
const char *const sections_state_name[N_SHOCK_STATE] = {
    [SHOCK_PRICE] = "price",
    [SHOCK_VOLATILITY] = "volatility",
    [SHOCK_SURFACE] = "surface",
    [SHOCK_CORRELATION] = "correlation",
    [SHOCK_LIQUIDITY] = "liquidity",
    [SHOCK_ORACLE] = "oracle",
    [SHOCK_FUNDING] = "funding",
    [SHOCK_HALT] = "halt",
    [SHOCK_GAS] = "gas",
};
