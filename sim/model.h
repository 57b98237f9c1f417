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
    /* A model without `volatility`: standard deviation of what its diffusion adds to the
     * log-price in a step, the first is 1, without stress and jumps. */
    double (*step_sd)(const void *coef, uint32_t step);
    /* Of a model whose price is in anchors: those that one unit stands for after that step,
     * as the exchange rate of a staked token, whatever it trades at. NULL: none. */
    double (*parity)(const void *coef, uint32_t step);
};

/* ---- Instruments --------------------------------------------------------------------- */

/* A row of positions.csv after reading, numbers in the units of the column names. An
 * instrument that needs other columns puts this struct first in one of its own, whose size
 * is about.param_size. Of an instrument's columns, a choice is an int, and a number whose
 * preset is NAN takes the asset's spot_usd where the cell is empty; one whose preset is
 * INFINITY stays that, which no cell can say. */
struct contract {
    const struct instrument *instrument;
    const char *id;         /* unique within the file */
    uint32_t account;       /* index into the plan's accounts */
    uint32_t asset;         /* index into the plan's assets */
    uint32_t debt_asset;    /* the same of debt_name, PLAN_NONE: no such column */
    const char *debt_name;  /* asset that is owed; NULL: none */
    int inverse;            /* 1: settled in the coin instead of USD */
    int call;               /* options only: 1, a put 0 */
    double quantity;        /* signed: coins; contracts of 1 USD for inverse perpetuals and
                               futures; USD for cash */
    double entry_usd;       /* perpetuals and futures: price at which the P&L is zero */
    double strike_usd;      /* 0: the contract has none */
    double expiry_s;        /* seconds after the start; 0: the contract does not expire */
    double settle_window_s; /* it settles at the average price of so long before expiry */
    double volatility_annual; /* of a claim that names its own, before stress; 0: none */
    double look_s; /* time between two looks at the price; 0: it is watched, or the
                               path does not matter */
    double roll_s; /* time from one expiry to the next of a claim that writes options again
                      and again, each at the end of a step; 0: it does not */
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

enum { CLAIM_MAX_STATE = 8 };
struct surface_view;
struct smile;

/* What the market quotes for one claim at one instant; rows of LANES. */
struct claim_quote {
    const double *spot_usd;
    const double *log_spot;       /* ln(spot_usd) */
    const double *surface_factor; /* stress factor on implied volatility */
    double log_forward_ratio;     /* ln(F/S), the same for all paths */
    double volatility_sqrt_t;     /* sigma sqrt(T) at the strike before stress; 0 without a
                                     strike */
    double years;                 /* T; 0 without expiry */
    double time_s;                /* now, since the start */
    const struct surface_view *surface; /* for claims that choose strike and expiry
                                           themselves; NULL: the asset has none */
    const double *skew; /* d(sigma sqrt(T))/d ln K at the strike, after stress; NULL: 0, or
                           not asked for */
    const double *const *state; /* [n_state] the claim's own rows */
};

/* Per unit of quantity, USD; rows of LANES. Rows that are NULL are not computed. */
struct claim_value {
    double *value_usd;
    double *delta_coin; /* dV/dS */
    double *gamma;      /* d2V/dS2, coin per USD */
    double *vega_usd;   /* dV/dsigma per 1.00 of volatility */
    double *theta_usd;  /* dV/dt per year at constant spot, F/S and volatility */
    double *vanna_coin; /* d2V/dS dsigma */
    double *volga_usd;  /* d2V/dsigma2; only both of these or neither */
    double *rho_usd;    /* dV/db at constant spot, F = S exp(b T), per 1.00 of b a year */
};

/* One step of one claim for one block, or its beginning (step 0, nothing happened yet).
 * Rows have LANES entries; prices are traded ones unless they say otherwise. */
struct claim_step {
    uint32_t step;
    double time_s, step_s;                    /* at its end; its length */
    const double *spot_before_usd, *spot_usd; /* at its start and its end */
    const double *high_usd, *low_usd;         /* inside it, by a Brownian bridge between the
                                                 two (sim/bridge.h); NULL unless
                                                 reads_extremes */
    const double *mark_usd;      /* the oracle's price at its end where the asset has one */
    const double *debt_spot_usd; /* of the debt asset; NULL: the claim has none */
    const double *surface_factor; /* at its end: stress factor on implied volatility */
    const double *debt_mark_usd;  /* the same, as the oracle has it */
    const struct surface_view *surface; /* at its end; NULL: the asset has none */
    double *const *state;               /* [n_state] kept from step to step, 0 at first */
    /* What the holder of one unit of quantity receives; 0 when they come. */
    double *cash_usd, *coins, *debt_coins;
    /* Which part of it, in USD, is fees earned (paid: negative), and which is funding and
     * interest; the rest is principal. */
    double *fee_usd, *carry_usd;
};

/* How a venue's margin rule sees a claim. */
enum claim_margin {
    MARGIN_REFUSED, /* not at all: it stands at no venue */
    MARGIN_OPTION,  /* margin_rule.option */
    MARGIN_FUTURE,  /* its delta counts as notional */
};

/* A linear instrument has constants, and nothing else (`linear`). Any other is a claim: it
 * has a value that is a function of the market and of its own state (`value`), or flows of
 * cash and coins into its account (`start`, `step`), or both. */
struct instrument {
    struct about about; /* fields: the columns of positions.csv that it needs */
    enum claim_margin margin;
    bool needs_surface;  /* its asset must have one */
    bool black;          /* a European option, `value` is Black's formula: many at once by
                   sim/black.h */
    bool reads_skew;     /* quote.skew */
    bool reads_extremes; /* of the price inside a step */
    bool reads_oracle;   /* claim_step.mark_usd */
    uint32_t n_state;    /* rows of its own, per position */
    /* Checks what the table cannot; `where` is "file:line". May be NULL. */
    bool (*check)(const struct contract *c, const char *where, struct error *err);
    /* Checks it against the prices at the start, debt_spot_usd that of the debt asset (1 for
     * USD); `where` is "file:line:column". May be NULL. */
    bool (*check_start)(const struct contract *c, double spot_usd, double debt_spot_usd,
                        const char *where, struct error *err);
    /* The same for what is allowed but probably not meant; false: `note` is a warning. */
    bool (*warn_start)(const struct contract *c, double spot_usd, const char *where,
                       struct error *note);
    struct linear_value (*linear)(const struct contract *c);
    void (*value)(const struct contract *c, const struct claim_quote *quote,
                  struct claim_value *out);
    /* Implied volatility at the strike of a claim that chooses it itself. NULL: the book
     * knows the strike, or there is none. */
    void (*smile)(const struct contract *c, const struct claim_quote *quote,
                  struct smile *smile);
    void (*start)(const struct contract *c, const struct claim_step *s);
    void (*step)(const struct contract *c, const struct claim_step *s);
    /* Payoff at expiry in USD per unit of quantity at the settlement prices given; rows of
     * LANES. An inverse claim pays it in coins at that price. */
    void (*payoff)(const struct contract *c, const double *const *state,
                   const double *settle_usd, double *payoff_usd);
    /* The exchange's displayed theta, USD per day per unit of quantity, at one instant;
     * NULL: it shows none. */
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

struct margin_book;
struct margin_result;

/* Maintenance requirement of one account. The parts add: one per asset for the net
 * perpetual notional, one per option position. Equity and requirement meet in sim/book.c:
 * buffer = equity - requirement, liquidation when it is negative. */
struct margin_rule {
    struct about about;
    size_t coef_size;
    /* What the venue says of each asset (YAML: under the venue's assets); asset_fields may be
     * NULL. */
    const struct field *asset_fields;
    size_t asset_param_size;
    /* A venue of loans: accounts hold and owe coins instead of contracts. */
    bool lends;
    /* Brings parameters into working form; `tiers` and asset_param [n_asset] live as long as
     * the coefficients; an asset without a tier table has n_tier = 0: a rule that needs one
     * refuses it. asset_param: after asset_fields, NULL for what is not at the venue; all of
     * it NULL: the defaults, for every asset. */
    bool (*prepare)(const void *param, uint32_t n_asset, const struct margin_tiers *tiers,
                    const void *const *asset_param, void *coef, struct error *err);
    /* requirement[i] += maintenance for |notional_usd[i]|, i < n, of one asset at spot[i].
     */
    void (*linear)(const void *coef, uint32_t asset, const double *notional_usd,
                   const double *spot_usd, double *requirement_usd, int n);
    /* requirement[i] += the part of property worth value_usd[i] (negative: owed) that does
     * not count: a collateral's haircut, one minus its liquidation threshold. Linear in the
     * value on each side of 0, slope in [0, 1]. NULL: all of it counts. */
    void (*property)(const void *coef, uint32_t asset, const double *value_usd,
                     double *requirement_usd, int n);
    /* requirement[i] += maintenance for one option position, value_usd per unit. NULL: the
     * rule does not admit options. */
    void (*option)(const void *coef, const struct contract *c, const double *spot_usd,
                   const double *value_usd, double *requirement_usd, int n);
    /* Each contract is margined by itself: `linear` wants one contract's notional, not the
     * net one of the asset. */
    bool isolates;
    /* A rule whose parts do not add: both requirements of all positions of an account at
     * once (sim/margin.h); the functions above are then NULL. */
    void (*portfolio)(const void *coef, const struct margin_book *book,
                      struct margin_result *out);
    /* What must be there to open the account's positions, USD, of a rule whose parts add.
     * NULL: the rule does not say. */
    double (*initial)(const void *coef, const struct margin_book *book);
};

/* ---- Liquidity models ---------------------------------------------------------------- */

/* State of one book or pool on one path: the log-impact J of what was executed and has not
 * been refilled; the price is p0 exp(-J), J > 0 after sales. */
struct liquidity_model {
    struct about about;
    size_t coef_size;
    /* Tables that do not fit into the coefficients go into the arena. */
    bool (*prepare)(const void *param, double spot_usd, struct arena *arena, void *coef,
                    struct error *err);
    /* Sells `coins` (negative: buys) at impact *impact, p0 = price_usd at zero impact;
     * depth is the stress factor on the book's volume. Moves *impact, returns the USD
     * received (negative: paid) after the model's own fee and before the spread. No path
     * dependence: two parts cost what the whole costs. Asked for no more than coins_to the
     * end of the range. */
    double (*fill)(const void *coef, double price_usd, double depth, double coins,
                   double *impact);
    /* Coins that a trade from one impact to another sells (negative: buys), the fee in them
     * where it is taken in coins: what fill inverts. Rises with impact_to. */
    double (*coins_to)(const void *coef, double price_usd, double depth, double impact_from,
                       double impact_to);
    /* Impacts beyond which nothing is left, to sell to above *high, to buy below *low. NULL:
     * without end. */
    void (*range)(const void *coef, double price_usd, double *low, double *high);
    /* One step of refill: impact decays, its permanent share goes to *permanent; rows of
     * LANES. depth_before and depth_now are the stress factors, refill the factor on the
     * rate. */
    void (*refill)(const void *coef, double step_s, const double *depth_before,
                   const double *depth_now, const double *refill, double *impact,
                   double *permanent);
    /* USD that move the price by 1 % at depth factor 1: what is shown as depth. */
    double (*depth_usd)(const void *coef, double spot_usd);
    /* NULL: none. */
    double (*half_spread_frac)(const void *coef);
    /* The fee that fill takes: a seller's marginal price is p0 exp(-J) (1 - fee), a buyer's
     * p0 exp(-J) / (1 - fee). NULL: none. */
    double (*fee_frac)(const void *coef);
};

/* ---- Liquidation models -------------------------------------------------------------- */

#include "sim/model_liquidation.h"

#endif
