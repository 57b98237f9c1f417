/* Deribit's portfolio margin against the exchange's own answer: response of
 * private/pme/simulate to "one ETH perpetual sold", 15 February 2026 23:20 UTC (kept in a
 * public repository's log of API calls). */

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/margin.h"

extern const struct instrument instrument_option, instrument_perpetual;
extern const struct margin_rule margin_deribit_portfolio;

enum { MAX_PARAM = 32 };

/* Coefficients with the asset's parameters of ETH in that response. */
struct deribit {
    _Alignas(64) unsigned char coef[512];
    double asset[MAX_PARAM];
    const void *asset_param[1];
};

static void set(struct deribit *d, const char *key, double value)
{
    const struct field *f = margin_deribit_portfolio.asset_fields;

    while (f->key != NULL && strcmp(f->key, key) != 0)
        f++;
    cr_assert(f->key != NULL, "%s", key);
    d->asset[f->offset / sizeof(double)] = value;
}

static void prepare(struct deribit *d)
{
    const struct margin_tiers none = {0, NULL};
    double param[4];
    struct error err;

    cr_assert(margin_deribit_portfolio.coef_size <= sizeof d->coef);
    cr_assert(margin_deribit_portfolio.asset_param_size <= sizeof d->asset);
    field_presets(margin_deribit_portfolio.about.fields, param);
    d->asset_param[0] = d->asset;
    cr_assert(
        margin_deribit_portfolio.prepare(param, 1, &none, d->asset_param, d->coef, &err));
}

static void eth(struct deribit *d)
{
    field_presets(margin_deribit_portfolio.asset_fields, d->asset);
    set(d, "price_range_frac", 0.18);
    set(d, "volatility_up_frac", 0.4);
    set(d, "dampener_usd", 200000.0);
    set(d, "roll_annual", 0.05);
    set(d, "roll_minimum_frac", 0.005);
    set(d, "delta_slope_per_coin", 4e-6);
    prepare(d);
}

static const double INDEX_USD = 1949.34, COINS = 0.0, ETH_SHORT = 0.999487053;

static struct margin_result of(const struct deribit *d, const struct margin_leg *leg,
                               uint32_t n)
{
    const struct margin_book book = {
        .n_asset = 1, .index_usd = &INDEX_USD, .coins = &COINS, .n_leg = n, .leg = leg};
    struct margin_result out;

    margin_requirement(&margin_deribit_portfolio, d->coef, &book, &out);
    return out;
}

Test(reference, deribit_portfolio_margin_is_the_exchanges)
{
    static const double standard[] = {0.13163975819999998,
                                      0.09359358530982659,
                                      0.05931022072747252,
                                      0.028257749142408375,
                                      0.0,
                                      -0.04304011233014354,
                                      -0.08252645391743119,
                                      -0.11888171996035243,
                                      -0.15246412672881357};
    const struct contract c = {.instrument = &instrument_perpetual,
                               .inverse = 1,
                               .quantity = -ETH_SHORT * INDEX_USD,
                               .entry_usd = 2000.0};
    const struct margin_leg leg = {.contract = &c};
    static struct deribit d;

    eth(&d);
    const struct margin_result out = of(&d, &leg, 1);
    cr_assert_eq((int)out.n_scenario, 35);
    for (int i = 0; i < 27; i++)
        cr_assert_float_eq(out.scenario[i].pnl_usd / INDEX_USD, standard[i / 3], 1e-14,
                           "cell %d", i);
    for (int i = 27; i < 35; i++)
        cr_assert_float_eq(out.scenario[i].pnl_usd, 0.0, 0.0, "extended cell %d", i);
    cr_assert(out.worst >= 24 && out.worst <= 26);
    /* the exchange's sum is 2.7e-10 above its own parts */
    cr_assert_float_eq(out.initial_usd / INDEX_USD, 0.15246412672881357 + 0.004997435265,
                       1e-14);
    cr_assert_float_eq(out.initial_usd / INDEX_USD, 0.157461562265, 5e-10);
    cr_assert_float_eq(out.maintenance_usd / INDEX_USD, 0.125969249812, 5e-10);
}

/* "pre_aggregated_risk_vectors" of the same response: before dampener and offset. */
Test(reference, deribit_extended_table_is_the_exchanges_before_its_dampener)
{
    static const double extended[] = {0.21939959699999997,  0.21939959699999997,
                                      -0.15246412672881357, -0.15246412672881357,
                                      -0.15246412672881357, -0.15246412672881357,
                                      -0.15246412672881357, -0.15246412672881357};
    const struct contract c = {
        .instrument = &instrument_perpetual, .quantity = -ETH_SHORT, .entry_usd = 2000.0};
    const struct margin_leg leg = {.contract = &c};
    static struct deribit d;

    eth(&d);
    set(&d, "dampener_usd", 0.0);
    set(&d, "gain_offset_frac", 1.0);
    const struct margin_result out = of(&d, &leg, 1);
    for (int i = 0; i < 8; i++)
        cr_assert_float_eq(out.scenario[27 + i].pnl_usd / INDEX_USD, extended[i], 1e-14,
                           "%d", i);
}

/* The archived rules: implied volatility moves by (30/15)^0.30 x 38 % at 15 days. Black's
 * formula in long double is the second method. */
static double black_call(double f, double k, double volatility, double years)
{
    const double sd = volatility * sqrt(years), d1 = log(f / k) / sd + 0.5 * sd;

    return 0.5 * (f * erfc(-d1 / sqrt(2.0)) - k * erfc((sd - d1) / sqrt(2.0)));
}

Test(reference, deribit_reprices_options_by_its_volatility_scenarios)
{
    const double years = 15.0 / 365.0, iv = 0.7, strike = 2100.0, q = -3.0;
    const struct contract c = {.instrument = &instrument_option,
                               .inverse = 1,
                               .call = 1,
                               .strike_usd = strike,
                               .quantity = q};
    const struct margin_leg leg = {.contract = &c, .volatility_annual = iv, .years = years};
    const double term = 0.4678348770710682 / 0.38;
    static struct deribit d;

    eth(&d);
    set(&d, "gain_offset_frac", 1.0);
    set(&d, "dampener_usd", 0.0);
    const struct margin_result out = of(&d, &leg, 1);
    const double now = black_call(INDEX_USD, strike, iv, years) / INDEX_USD;
    for (int i = 0; i < 35; i++) {
        const double m = out.scenario[i].move_frac, s = INDEX_USD * (1.0 + m);
        const double shocked = i >= 27 || i % 3 == 0 ? iv * (1.0 + 0.4 * term)
                               : i % 3 == 1          ? iv
                                                     : iv * (1.0 - 0.25 * term);
        const double edge = m < 0.0 ? 1.0 - 0.18 : 1.0 + 0.18;
        const double scale = i < 27 ? 1.0 : 0.18 / fabs(m) * (1.0 + m) / edge;
        const double coins = q * (black_call(s, strike, shocked, years) / s - now) * scale;
        cr_assert_float_eq(out.scenario[i].pnl_usd / INDEX_USD, coins, 1e-12, "cell %d", i);
    }
    /* roll: |S d(V/S)/dS| x max(0.005, 0.05 x 15/365) = x 0.005 */
    const double h = 1e-4 * INDEX_USD;
    const double delta = q * INDEX_USD *
                         (black_call(INDEX_USD + h, strike, iv, years) / (INDEX_USD + h) -
                          black_call(INDEX_USD - h, strike, iv, years) / (INDEX_USD - h)) /
                         (2.0 * h);
    const double worst = out.scenario[out.worst].pnl_usd / INDEX_USD;
    cr_assert_float_eq(out.initial_usd / INDEX_USD, fabs(delta) * 0.005 - worst, 1e-8);
    set(&d, "volatility_floor", 3.0);
    const struct margin_result floored = of(&d, &leg, 1);
    cr_assert_float_eq(floored.scenario[12].pnl_usd / INDEX_USD,
                       q * (black_call(INDEX_USD, strike, 3.0, years) / INDEX_USD - now),
                       1e-12);
}

/* The delta beyond 20 million dollars costs min(4e-6 each, 0.1) of itself. */
Test(reference, deribit_charges_size)
{
    const double beyond = 5000.0, threshold = 20.0e6 / INDEX_USD;
    struct contract c = {.instrument = &instrument_perpetual,
                         .quantity = threshold + beyond,
                         .entry_usd = 2000.0};
    const struct margin_leg leg = {.contract = &c};
    static struct deribit d;

    eth(&d);
    struct margin_result out = of(&d, &leg, 1);
    double worst = out.scenario[out.worst].pnl_usd;
    cr_assert_float_eq(out.initial_usd + worst,
                       INDEX_USD * (0.005 * c.quantity + 4e-6 * beyond * beyond), 1e-4);
    c.quantity = threshold + 50000.0;
    out = of(&d, &leg, 1);
    worst = out.scenario[out.worst].pnl_usd;
    cr_assert_float_eq(out.initial_usd + worst,
                       INDEX_USD * (0.005 * c.quantity + 0.1 * 50000.0), 1e-4);
}
