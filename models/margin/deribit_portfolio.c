#include <math.h>

#include "models/margin/scenario_book.h"
#include "sim/vmath.h"

/* Deribit's portfolio margin, PME (private/pme/simulate as documented in June 2024, response
 * of 15 February 2026 in tests/reference/test_margin_portfolio.c; support.deribit.com,
 * article 25944756247837). Per asset, in coins, a contract settled in the coin by what it is
 * worth in coins, one in dollars by its profit at the shocked price:
 *     standard table: nine prices from -range to +range, volatility up, same and down,
 *         iv (1 +- range (30 / days)^power), up not below volatility_floor;
 *     extended table: eight large moves m, volatility up,
 *         P&L(m) x factor x (range / |m|) x (1 + m) / (1 + sgn(m) range),
 *         and towards 0 by min((|m| / range - 1) dampener / ((1 + sgn(m) range) index), |P&L|).
 * Gains count gain_offset_frac, at most max_offset_usd, so that those of one asset pay part
 * of another's losses: a cell is the sum over assets, in dollars at the index. Then
 *     roll shock: sum over expiries of |delta| max(roll_minimum_frac, roll_annual T),
 *     delta shock: d min(slope d, max) for the delta d beyond a threshold in dollars,
 *     initial = worst cell + roll + delta shock,   maintenance = maintenance_ratio initial.
 * Deltas are in coins and net of the premium, S d(V/S)/dS, where a contract settles in the
 * coin. Not from a published source: the form of the dampener (a re-implementation's) and of
 * the delta shock (inferred). There is no correlation contingency. */
enum { N_PRICE = 9, N_STANDARD = 3 * N_PRICE, N_EXTENDED = 8 };
enum { N_CELL = N_STANDARD + N_EXTENDED };
static const double EXTENDED_MOVE[N_EXTENDED] = {-0.66, -0.33, 0.5, 1.0,
                                                 2.0,   3.0,   4.0, 5.0};
static const double DAYS_FLOOR = 1.0;

struct deribit_param {
    double maintenance_ratio;
};
struct deribit_asset {
    double price_range_frac, volatility_up_frac, volatility_down_frac, volatility_floor;
    double near_power, far_power;
    double extended_factor, dampener_usd, gain_offset_frac, max_offset_usd;
    double roll_annual, roll_minimum_frac;
    double delta_threshold_usd, delta_slope_per_coin, delta_max_frac;
};
struct deribit_coef {
    struct deribit_param param;
    struct deribit_asset preset;
    const void *const *asset; /* [n_asset] struct deribit_asset; NULL: presets */
};

static const struct field deribit_fields[] = {
    /* clang-format off */
    {.key = "maintenance_ratio", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.8, .offset = offsetof(struct deribit_param, maintenance_ratio),
     .doc = "maintenance per initial margin"},
    {.key = NULL},
    /* clang-format on */
};

static const struct field deribit_asset_fields[] = {
    /* clang-format off */
    {.key = "price_range_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.001, .max = 0.99,
     .preset = 0.16, .offset = offsetof(struct deribit_asset, price_range_frac),
     .doc = "largest move of the standard table (BTC 0.16, ETH 0.18)"},
    {.key = "volatility_up_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.5, .offset = offsetof(struct deribit_asset, volatility_up_frac),
     .doc = "rise of implied volatility at 30 days (BTC 0.5, ETH 0.4)"},
    {.key = "volatility_down_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1.0, .preset = 0.25,
     .offset = offsetof(struct deribit_asset, volatility_down_frac),
     .doc = "fall of implied volatility at 30 days"},
    {.key = "volatility_floor", .unit = "1/sqrt(year)", .type = FIELD_NUMBER, .min = 0.0,
     .max = 10.0, .preset = 0.5, .offset = offsetof(struct deribit_asset, volatility_floor),
     .doc = "least volatility after a rise"},
    {.key = "near_power", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.3, .offset = offsetof(struct deribit_asset, near_power),
     .doc = "power of 30 days / time to expiry up to 30 days"},
    {.key = "far_power", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.13, .offset = offsetof(struct deribit_asset, far_power),
     .doc = "the same beyond 30 days"},
    {.key = "extended_factor", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 1.0, .offset = offsetof(struct deribit_asset, extended_factor),
     .doc = "factor on the extended table"},
    {.key = "dampener_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e12,
     .preset = 100000.0, .offset = offsetof(struct deribit_asset, dampener_usd),
     .doc = "takes that much of a loss at twice the range, more beyond (BTC 100,000, ETH "
            "200,000)"},
    {.key = "gain_offset_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.6, .offset = offsetof(struct deribit_asset, gain_offset_frac),
     .doc = "part of this asset's gains that pays other assets' losses (ETH 0.6)"},
    {.key = "max_offset_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0, .max = 1e15,
     .preset = 20.0e6, .offset = offsetof(struct deribit_asset, max_offset_usd),
     .doc = "most that they pay (ETH 20 million)"},
    {.key = "roll_annual", .unit = "1/year", .type = FIELD_NUMBER, .min = 0.0, .max = 10.0,
     .preset = 0.075, .offset = offsetof(struct deribit_asset, roll_annual),
     .doc = "move of an expiry's basis, per year to expiry (BTC 0.075, ETH 0.05)"},
    {.key = "roll_minimum_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.01, .offset = offsetof(struct deribit_asset, roll_minimum_frac),
     .doc = "least move of an expiry's basis (BTC 0.01, ETH 0.005)"},
    {.key = "delta_threshold_usd", .unit = "USD", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1e15, .preset = 20.0e6,
     .offset = offsetof(struct deribit_asset, delta_threshold_usd),
     .doc = "delta from which on size costs"},
    {.key = "delta_slope_per_coin", .unit = "1/coin", .type = FIELD_NUMBER, .min = 0.0,
     .max = 1.0, .preset = 5e-5,
     .offset = offsetof(struct deribit_asset, delta_slope_per_coin),
     .doc = "move that each coin of delta beyond the threshold adds (BTC 5e-5, ETH 4e-6)"},
    {.key = "delta_max_frac", .unit = "1", .type = FIELD_NUMBER, .min = 0.0, .max = 1.0,
     .preset = 0.1, .offset = offsetof(struct deribit_asset, delta_max_frac),
     .doc = "most that it adds"},
    {.key = NULL},
    /* clang-format on */
};

static bool deribit_prepare(const void *param, uint32_t n_asset,
                            const struct margin_tiers *tiers,
                            const void *const *asset_param, void *coef, struct error *err)
{
    struct deribit_coef *c = coef;
    (void)n_asset;
    (void)tiers;
    (void)err;

    c->param = *(const struct deribit_param *)param;
    field_presets(deribit_asset_fields, &c->preset);
    c->asset = asset_param;
    return true;
}

static const struct deribit_asset *asset_of(const struct deribit_coef *c, uint32_t asset)
{
    return c->asset == NULL || c->asset[asset] == NULL ? &c->preset : c->asset[asset];
}

static double cell_move(const struct deribit_asset *a, int cell)
{
    if (cell >= N_STANDARD)
        return EXTENDED_MOVE[cell - N_STANDARD];
    return a->price_range_frac * (cell / 3 - N_PRICE / 2) / (N_PRICE / 2);
}

static const char *cell_volatility(int cell)
{
    static const char *const name[] = {"up", "same", "down"};

    return cell < N_STANDARD ? name[cell % 3] : "up, extended";
}

/* Adds one contract's P&L in coins to the cells, before what the extended table does. */
static void add_leg(const struct deribit_asset *a, const struct margin_leg *leg,
                    double index_usd, double *pnl_coins)
{
    const double term =
        leg->years > 0.0
            ? scenario_book_vega_power(leg->years, DAYS_FLOOR, a->near_power, a->far_power)
            : 1.0;
    const double iv = leg->volatility_annual;
    const double up =
        vm_max(iv * (1.0 + a->volatility_up_frac * term), a->volatility_floor);
    const double down = vm_max(iv * (1.0 - a->volatility_down_frac * term), 0.0);
    double price[N_CELL], volatility[N_CELL], value[N_CELL], now;

    for (int i = 0; i < N_CELL; i++) {
        price[i] = index_usd * (1.0 + cell_move(a, i));
        volatility[i] = i >= N_STANDARD || i % 3 == 0 ? up : i % 3 == 1 ? iv : down;
    }
    margin_leg_value(leg, 1, &index_usd, NULL, &now);
    margin_leg_value(leg, N_CELL, price, volatility, value);
    for (int i = 0; i < N_CELL; i++)
        pnl_coins[i] += leg->contract->inverse ? value[i] / price[i] - now / index_usd
                                               : (value[i] - now) / price[i];
}

/* The extended cells scaled and dampened; in coins. */
static void extend(const struct deribit_asset *a, double index_usd, double *pnl_coins)
{
    const double range = a->price_range_frac;

    for (int i = N_STANDARD; i < N_CELL; i++) {
        const double m = cell_move(a, i), size = fabs(m);
        const double edge = m < 0.0 ? 1.0 - range : 1.0 + range;
        const double scaled =
            pnl_coins[i] * a->extended_factor * (range / size) * (1.0 + m) / edge;
        const double beyond = vm_max(size / range, 1.0) - 1.0;
        const double damped =
            vm_max(fabs(scaled) - beyond * a->dampener_usd / (edge * index_usd), 0.0);
        pnl_coins[i] = copysign(damped, scaled);
    }
}

/* S d(V/S)/dS of what settles in the coin, dV/dS of the rest; coins. */
static double net_delta(const struct margin_leg *leg, double index_usd)
{
    double value = 0.0;

    if (leg->contract->inverse)
        margin_leg_value(leg, 1, &index_usd, NULL, &value);
    return margin_leg_delta(leg, index_usd) - value / index_usd;
}

/* Roll shock and delta shock of the legs of one asset, coins. */
static double add_ons(const struct deribit_asset *a, const struct margin_book *book,
                      uint32_t first, uint32_t end, double index_usd)
{
    double roll = 0.0, total = 0.0;

    while (first < end) {
        const uint32_t expiry_end = scenario_book_expiry_end(book, first);
        const double move =
            vm_max(a->roll_minimum_frac, a->roll_annual * book->leg[first].years);
        double delta = 0.0;
        for (; first < expiry_end; first++)
            delta += net_delta(&book->leg[first], index_usd);
        roll += fabs(delta) * move;
        total += delta;
    }
    const double beyond = vm_max(fabs(total) - a->delta_threshold_usd / index_usd, 0.0);
    return roll + beyond * vm_min(a->delta_slope_per_coin * beyond, a->delta_max_frac);
}

static void deribit_book(const void *coef, const struct margin_book *book,
                         struct margin_result *out)
{
    const struct deribit_coef *c = coef;
    double added_usd = 0.0;
    uint32_t n_asset = 0;

    out->n_scenario = N_CELL;
    for (int i = 0; i < N_CELL; i++)
        out->scenario[i].volatility = cell_volatility(i);
    for (uint32_t first = 0, end; first < book->n_leg; first = end, n_asset++) {
        const uint32_t asset = book->leg[first].contract->asset;
        const struct deribit_asset *a = asset_of(c, asset);
        const double index = book->index_usd[asset];
        double pnl[N_CELL] = {0.0};
        end = scenario_book_asset_end(book, first);
        for (uint32_t i = first; i < end; i++)
            add_leg(a, &book->leg[i], index, pnl);
        extend(a, index, pnl);
        for (int i = 0; i < N_CELL; i++) {
            const double usd = pnl[i] * index;
            out->scenario[i].move_frac = cell_move(a, i);
            out->scenario[i].pnl_usd +=
                usd > 0.0 ? vm_min(a->gain_offset_frac * usd, a->max_offset_usd) : usd;
        }
        added_usd += index * add_ons(a, book, first, end, index);
        out->asset = asset;
    }
    out->asset = n_asset == 1 ? out->asset : UINT32_MAX;
    out->initial_usd = added_usd - scenario_book_worst(out);
    out->maintenance_usd = c->param.maintenance_ratio * out->initial_usd;
}

const struct margin_rule margin_deribit_portfolio = {
    .about = {.name = "deribit_portfolio",
              .doc = "Deribit's portfolio margin: the worst of 35 moves of price and "
                     "volatility, plus roll and delta shocks.",
              .fields = deribit_fields,
              .param_size = sizeof(struct deribit_param)},
    .coef_size = sizeof(struct deribit_coef),
    .asset_fields = deribit_asset_fields,
    .asset_param_size = sizeof(struct deribit_asset),
    .prepare = deribit_prepare,
    .portfolio = deribit_book,
};
