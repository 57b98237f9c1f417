#ifndef TAILRACE_SIM_MODEL_H
#define TAILRACE_SIM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/error.h"
#include "sim/field.h"
#include "sim/lanes.h"

/* The shapes of the plug-ins. One file under models/ fills one of these tables and is named
 * in one line of models/registry.c; members that do not apply stay NULL. */

/* ---- Price models -------------------------------------------------------------------- */

enum { PRICE_MAX_DRAWS = 8, PRICE_MAX_STATE = 8 };

/* A draw that a price model asks for at every step besides its diffusion normal. Its stream
 * is "<asset>/<name>"; a shared draw of an asset that names a group is "<group>/<name>", so
 * that all assets of the group see the same numbers. */
struct price_draw {
    const char *name;
    bool normal; /* else uniform */
    bool shared;
};

/* What a price model may look at while it is prepared. */
struct price_setup {
    double step_years; /* of 365 days */
    uint32_t n_step;
    double spot_usd;                        /* at the start */
    uint32_t asset, n_asset;                /* its own index; all assets of the market: */
    const char *const *asset_name;          /* [n_asset] */
    const double *asset_spot_usd;           /* [n_asset] at the start */
    const struct price_model *const *model; /* [n_asset] */
    const void *const *param;               /* [n_asset] */
    struct arena *arena; /* for tables that do not fit into the coefficients */
};

/* One step of one asset for one block. All rows have LANES entries. */
struct price_step {
    uint32_t step;            /* the first is 1 */
    const double *shock;      /* correlated standard normal of the diffusion */
    const double *vol_factor; /* stress factor on the innovation, 1 without stress */
    const double *draw[PRICE_MAX_DRAWS]; /* in the order of price_model.draws */
    double *state[PRICE_MAX_STATE]; /* the model's own state, kept from step to step; 0 at
                                       the start unless the model sets it */
    const lane_row *jumps_before;   /* [n_asset] number of jumps in the previous step */
    double
        *jumps; /* out: number of jumps in this one; 0 when it comes; NULL: nobody asks */
    const double *anchor_usd; /* the anchor's traded price at the end of this step, USD;
                                 NULL: the model has no anchor */
    double *spot_usd; /* in: at the start of the step; out: at its end. In units of the
                         anchor where the model says so */
};

struct price_model {
    struct about about;
    const struct price_draw *draws; /* n_draw of them */
    uint32_t n_draw, n_state;
    bool reads_jumps; /* of the step before, of any asset */
    size_t coef_size;
    /* The group whose shared draws the asset takes; NULL, or returning NULL: its own. */
    const char *(*group)(const void *param);
    /* The models that this one mixes; their draws and states follow its own. NULL: none. */
    const struct model_list *(*base)(const void *param);
    /* The asset that this one leans on; it must stand above it in the market file. *units:
     * the model's price is a number of anchors instead of USD. NULL: none. */
    const char *(*anchor)(const void *param, bool *units);
    /* Parameters to per-step constants; may fail. */
    bool (*prepare)(const void *param, const struct price_setup *setup, void *coef,
                    struct error *err);
    /* Sets the model's own state at time 0; NULL if it has none. */
    void (*start)(const void *coef, double *const *state);
    void (*step)(const void *coef, struct price_step *s);
    /* Volatility of the diffusion after the last step, 1/sqrt(year), without stress; NULL:
     * it does not change. */
    void (*volatility)(const void *coef, const double *const *state,
                       double *volatility_annual);
};

/* ---- Instruments --------------------------------------------------------------------- */

/* A row of positions.csv after reading, numbers in the units of the column names. */
struct contract {
    const struct instrument *instrument;
    const char *id;    /* unique within the file */
    uint32_t account;  /* index into the plan's accounts */
    uint32_t asset;    /* index into the plan's assets */
    bool inverse;      /* settled in the coin instead of USD */
    bool call;         /* options only */
    double quantity;   /* signed: coins; contracts of 1 USD for inverse perpetuals; USD for
                          cash */
    double entry_usd;  /* perpetuals: price at which the P&L is zero */
    double strike_usd; /* options */
    double expiry_s;   /* options: seconds after the start */
};

/* Value of a position that is linear in the spot price S, for the whole quantity:
 *     value_usd = fixed_usd + coins * S;
 * a perpetual's notional is |notional_usd + notional_coins * S| and pays funding on it with
 * its sign. `held` says that the value is property (coins, cash) rather than the profit of
 * a contract. */
struct linear_value {
    double fixed_usd, coins;
    double notional_usd, notional_coins;
    bool held;
};

/* What the market quotes for one option at one instant; rows of LANES. */
struct option_quote {
    const double *spot_usd;
    const double *log_spot;       /* ln(spot_usd) */
    const double *surface_factor; /* stress factor on implied volatility */
    double log_forward_ratio;     /* ln(F/S), the same for all paths */
    double volatility_sqrt_t;     /* sigma sqrt(T) before stress */
    double years;                 /* T */
};

/* Per unit of quantity, USD; rows of LANES. Rows that are NULL are not computed. */
struct option_value {
    double *value_usd;
    double *delta_coin; /* dV/dS */
    double *gamma;      /* d2V/dS2, coin per USD */
    double *vega_usd;   /* dV/dsigma per 1.00 of volatility */
    double *theta_usd;  /* dV/dt per year at constant spot and volatility */
    double *vanna_coin; /* d2V/dS dsigma */
    double *volga_usd;  /* d2V/dsigma2; only both of these or neither */
};

struct instrument {
    struct about about; /* fields: the columns of positions.csv that it needs */
    /* Checks what the table cannot; `where` is "file:line". May be NULL. */
    bool (*check)(const struct contract *c, const char *where, struct error *err);
    /* Linear instruments: the constants of their value. Exactly one of linear and value is
     * set. */
    struct linear_value (*linear)(const struct contract *c);
    /* Non-linear instruments, per unit of quantity. */
    void (*value)(const struct contract *c, const struct option_quote *quote,
                  struct option_value *out);
    /* Payoff at expiry in USD per unit of quantity at the spot prices given; rows of LANES.
     */
    void (*payoff)(const struct contract *c, const double *spot_usd, double *payoff_usd);
    /* The exchange's displayed theta, USD per day per unit of quantity, at one instant. */
    double (*theta_exchange)(const struct contract *c, double forward_usd,
                             double volatility, double years, double value_usd);
};

/* ---- Margin rules -------------------------------------------------------------------- */

/* From this notional on, the rate of the requirement; the requirement is continuous, so a
 * rule subtracts the amount that the lower tiers saved (Binance calls it maintenance
 * amount). */
struct margin_tier {
    double from_usd, maintenance_frac;
};
struct margin_tiers {
    uint32_t n_tier; /* at least 1; sorted, the first from 0, rates increasing */
    const struct margin_tier *tier;
};

/* Maintenance requirement of one account. The parts add: one per asset for the net
 * perpetual notional, one per option position. Equity and requirement meet in sim/book.c:
 * buffer = equity - requirement, liquidation when it is negative. */
struct margin_rule {
    struct about about;
    size_t coef_size;
    /* Brings parameters into working form; `tiers` [n_asset] lives as long as the
     * coefficients; an asset without a tier table has n_tier = 0: a rule that needs one
     * refuses it. */
    bool (*prepare)(const void *param, uint32_t n_asset, const struct margin_tiers *tiers,
                    void *coef, struct error *err);
    /* requirement[i] += maintenance for |notional_usd[i]|, i < n, of one asset at spot[i].
     */
    void (*linear)(const void *coef, uint32_t asset, const double *notional_usd,
                   const double *spot_usd, double *requirement_usd, int n);
    /* requirement[i] += maintenance for one option position, value_usd per unit. NULL: the
     * rule does not admit options. */
    void (*option)(const void *coef, const struct contract *c, const double *spot_usd,
                   const double *value_usd, double *requirement_usd, int n);
};

/* ---- Liquidity models ---------------------------------------------------------------- */

/* State of the book of one asset on one path: the log-impact J of what was executed and has
 * not been refilled; the traded price is p0 exp(-J), J > 0 after sales. */
struct liquidity_model {
    struct about about;
    size_t coef_size;
    bool (*prepare)(const void *param, double spot_usd, void *coef, struct error *err);
    /* Sells `coins` (negative: buys) at impact *impact, p0 = price_usd at zero impact;
     * depth is the stress factor on the book's volume. Moves *impact, returns the USD
     * received (negative: paid) before the spread. No path dependence: two parts cost what
     * the whole costs. */
    double (*fill)(const void *coef, double price_usd, double depth, double coins,
                   double *impact);
    /* One step of refill: impact decays, its permanent share goes to *permanent; rows of
     * LANES. depth_before and depth_now are the stress factors, refill the factor on the
     * rate. */
    void (*refill)(const void *coef, double step_s, const double *depth_before,
                   const double *depth_now, const double *refill, double *impact,
                   double *permanent);
    /* USD that move the price by 1 % at depth factor 1: what is shown as depth. */
    double (*depth_usd)(const void *coef, double spot_usd);
    double (*half_spread_frac)(const void *coef);
};

#endif
