#ifndef TAILRACE_MODELS_MARGIN_DERIVE_H
#define TAILRACE_MODELS_MARGIN_DERIVE_H

#include "sim/margin.h"

/* Derive's scenario margin, with its parameters as an argument: derive.c says how. */

enum derive_volatility {
    DERIVE_UP,
    DERIVE_SAME,
    DERIVE_DOWN,
    DERIVE_LINEAR_SKEW,
    DERIVE_ABSOLUTE_SKEW
};

struct derive_scenario {
    double factor; /* on the price */
    enum derive_volatility volatility;
    double dampening; /* factor on the profit */
};

struct derive_param {
    double volatility_up_frac, volatility_down_frac, volatility_floor;
    double near_power, far_power, days_floor;
    double linear_skew, linear_skew_per_root, absolute_skew, absolute_skew_per_root;
    double least_width, width_scale, width_volatility, width_volatility_per_root;
    double long_discount, long_rate_scale, long_rate_add;
    double short_discount, short_rate_scale, short_rate_add;
    double basis_up, basis_down, basis_scale, basis_scale_per_year;
    double perpetual_frac, initial_perpetual_frac, option_frac, initial_option_frac;
    double maintenance_scale, initial_scale;
};

struct derive_asset {
    double haircut_frac, initial_haircut_frac;
    bool risk_cancelling;
};
extern const struct field derive_asset_fields[];

/* What a rule keeps. */
struct derive_coef {
    struct derive_param param;
    struct derive_asset preset;
    const void *const *asset; /* [n_asset] struct derive_asset; NULL: presets */
    uint32_t n_scenario;      /* at most MARGIN_MAX_SCENARIO */
    struct derive_scenario scenario[MARGIN_MAX_SCENARIO];
};

/* Both requirements, the scenarios' P&L and the worst. */
void derive_book(const void *derive_coef, const struct margin_book *book,
                 struct margin_result *out);

#endif
