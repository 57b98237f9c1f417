/* What the surface of an asset can be given. */
#include <stddef.h>

#include "scenarios/reader.h"

static const char *const iv_unit_names[] = {"fraction", "percent", NULL}; /* IV_UNIT_* */
static const char *const dynamics_names[] = {"sticky_strike", "sticky_delta", NULL};

/* clang-format off */
const struct field sections_surface[] = {
    {.key = "chain", .unit = "1", .type = FIELD_TEXT,
     .offset = offsetof(struct surface_section, chain),
     .doc = "CSV file of an option chain"},
    {.key = "iv_unit", .unit = "1", .type = FIELD_CHOICE, .preset_text = "fraction",
     .choices = iv_unit_names, .offset = offsetof(struct surface_section, iv_unit),
     .doc = "unit of mark_iv in the chain"},
    {.key = "flat_volatility_annual", .unit = "1/sqrt(year)", .type = FIELD_NUMBER,
     .min = 0.0, .max = 20.0, .preset = 0.0,
     .offset = offsetof(struct surface_section, flat_volatility_annual),
     .doc = "one implied volatility for all options, instead of a chain"},
    {.key = "flat_basis_annual", .unit = "1/year", .type = FIELD_NUMBER, .min = -5.0,
     .max = 5.0, .preset = 0.0,
     .offset = offsetof(struct surface_section, flat_basis_annual),
     .doc = "forward = spot exp(basis T) of a flat surface"},
    {.key = "dynamics", .unit = "1", .type = FIELD_CHOICE, .preset_text = "sticky_strike",
     .choices = dynamics_names, .offset = offsetof(struct surface_section, dynamics),
     .doc = "what an option keeps when the price moves: the volatility of its strike, or that "
            "of its moneyness ln(K/F)"},
    {.key = "level_beta", .unit = "1", .type = FIELD_NUMBER, .min = -2.0, .max = 2.0,
     .preset = 0.0, .offset = offsetof(struct surface_section, level_beta),
     .doc = "elasticity of implied volatility to the price model's volatility, relative to its "
            "start; 0: none"},
    {.key = "allow_arbitrage", .unit = "1", .type = FIELD_FLAG,
     .offset = offsetof(struct surface_section, allow_arbitrage),
     .doc = "count the static arbitrage of ssvi or svi in a warning instead of refusing it"},
    {.key = NULL},
};

const struct field sections_ssvi[] = {
    {.key = "rho", .unit = "1", .type = FIELD_NUMBER, .min = -0.999, .max = 0.999,
     .preset = 0.0, .offset = offsetof(struct ssvi_section, rho),
     .doc = "skew of the slices that give none"},
    {.key = "eta", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 100.0,
     .preset = 0.0, .offset = offsetof(struct ssvi_section, eta),
     .doc = "phi = eta / (theta^gamma (1 + theta)^(1 - gamma)) of the slices that give none"},
    {.key = "gamma", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.5, .offset = offsetof(struct ssvi_section, gamma),
     .doc = "exponent of the power law above"},
    {.key = NULL},
};

const struct field sections_ssvi_slice[] = {
    {.key = "expiry", .unit = "s", .type = FIELD_TEXT, .required = true,
     .offset = offsetof(struct slice_section, expiry),
     .doc = "time from the start to expiry, 14d; or a UTC time if the market has time_utc"},
    {.key = "basis_annual", .unit = "1/year", .type = FIELD_NUMBER, .min = -5.0, .max = 5.0,
     .preset = 0.0, .offset = offsetof(struct slice_section, basis_annual),
     .doc = "forward = spot exp(basis T)"},
    {.key = "atm_volatility_annual", .unit = "1/sqrt(year)", .type = FIELD_NUMBER,
     .min = 0.0, .max = 20.0, .preset = 0.0,
     .offset = offsetof(struct slice_section, atm_volatility_annual),
     .doc = "volatility at the forward; theta is its square times T"},
    {.key = "theta", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1e4,
     .preset = 0.0, .offset = offsetof(struct slice_section, theta),
     .doc = "total variance at the forward, instead of atm_volatility_annual"},
    {.key = "rho", .unit = "1", .type = FIELD_NUMBER, .min = -0.999999, .max = 0.999999,
     .preset = 0.0, .offset = offsetof(struct slice_section, rho), .doc = "skew"},
    {.key = "phi", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1e9,
     .preset = 0.0, .offset = offsetof(struct slice_section, phi),
     .doc = "curvature; without it the power law of eta and gamma gives it"},
    {.key = NULL},
};

const struct field sections_svi_slice[] = {
    {.key = "expiry", .unit = "s", .type = FIELD_TEXT, .required = true,
     .offset = offsetof(struct slice_section, expiry),
     .doc = "time from the start to expiry, 14d; or a UTC time if the market has time_utc"},
    {.key = "basis_annual", .unit = "1/year", .type = FIELD_NUMBER, .min = -5.0, .max = 5.0,
     .preset = 0.0, .offset = offsetof(struct slice_section, basis_annual),
     .doc = "forward = spot exp(basis T)"},
    {.key = "a", .unit = "1", .type = FIELD_NUMBER, .required = true, .min = -1e4,
     .max = 1e4, .offset = offsetof(struct slice_section, svi.a), .doc = "level"},
    {.key = "b", .unit = "1", .type = FIELD_NUMBER, .required = true, .min = 0.0,
     .max = 1e4, .offset = offsetof(struct slice_section, svi.b),
     .doc = "slope of the wings"},
    {.key = "rho", .unit = "1", .type = FIELD_NUMBER, .required = true, .min = -0.999999,
     .max = 0.999999, .offset = offsetof(struct slice_section, svi.rho), .doc = "skew"},
    {.key = "m", .unit = "1", .type = FIELD_NUMBER, .required = true, .min = -100.0,
     .max = 100.0, .offset = offsetof(struct slice_section, svi.m),
     .doc = "place of the bend in ln(K/F)"},
    {.key = "sigma", .unit = "1", .type = FIELD_NUMBER, .required = true, .min = 1e-9,
     .max = 1e4, .offset = offsetof(struct slice_section, svi.sigma),
     .doc = "width of the bend"},
    {.key = NULL},
};
/* clang-format on */
