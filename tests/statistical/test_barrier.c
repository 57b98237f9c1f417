/* Barrier and digital options held to expiry: what the closed form takes at the start is
 * what simulation pays in the mean, so that the mean P&L is zero. Seeds are fixed. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/barrier_discrete.h"
#include "tests/fixture.h"
#include "tests/mean.h"

/* One asset at 100 USD that grows at the basis of its forwards, with their volatility. */
static const char MARKET[] = "market:\n"
                             "  tailrace: 1\n"
                             "  name: one\n"
                             "  assets:\n"
                             "    BTC:\n"
                             "      spot_usd: 100\n"
                             "      price: {model: %s}\n"
                             "      surface: {flat_volatility_annual: 0.8, "
                             "flat_basis_annual: %g}\n";

/* Every position in an account of its own; per account the mean P&L is within 4 standard
 * errors of mean_usd[i] (NULL: 0). */
static void check_mean_pnl(const char *model, double basis, const char *run,
                           const char *columns, const char *const *position, int n,
                           const double *mean_usd)
{
    char text[2048], positions[4096];
    struct fixture f;
    int used = snprintf(positions, sizeof positions, "id,account,asset,%s\n", columns);

    for (int i = 0; i < n; i++)
        used += snprintf(positions + used, sizeof positions - (size_t)used,
                         "p%d,a%d,BTC,%s\n", i, i, position[i]);
    used = snprintf(text, sizeof text,
                    "tailrace: 1\nname: held\nrun: {%s}\nportfolio: positions.csv\n", run);
    snprintf(text + used, sizeof text - (size_t)used, MARKET, model, basis);
    fixture_open(&f, text, positions, NULL);
    fixture_run(&f);
    for (int i = 0; i < n; i++) {
        const double *pnl = fixture_metric(&f, "account_pnl_usd", (uint32_t)i);
        struct mean m = {0.0, 0.0, 0};
        for (uint64_t path = 0; path < f.plan.n_path; path++)
            mean_add(&m, pnl[path]);
        const double mean = m.sum / m.n;
        const double se = sqrt((m.square / m.n - mean * mean) / m.n);
        const double expected = mean_usd == NULL ? 0.0 : mean_usd[i];
        cr_assert_float_eq(mean, expected, 4.0 * se, "%s, %s: %.5f +- %.5f, not %.5f",
                           position[i], run, mean, se, expected);
        cr_assert_gt(se, 0.0, "%s: all paths alike", position[i]);
    }
    fixture_close(&f);
}

static const char COLUMNS[] =
    "instrument,quantity,option_type,strike_usd,barrier_type,"
    "barrier_usd,rebate_usd,settlement,monitoring_interval,expiry";
enum { N_WATCHED = 10 };
static const char *const watched[N_WATCHED] = {
    "barrier,1,call,95,up_out,125,0,linear,,20d",
    "barrier,1,call,95,up_in,125,6,linear,,20d",
    "barrier,1,put,105,down_out,85,0,linear,,20d",
    "barrier,1,put,105,down_in,85,9,linear,,20d",
    "barrier,1,call,95,down_out,90,5,linear,,20d",
    "barrier,1,call,95,down_in,90,0,linear,,20d",
    "barrier,-2,put,120,up_out,115,8,linear,,20d",
    "barrier,1,put,110,up_in,108,0,linear,,20d",
    "barrier,1,call,90,up_out,110,7,linear,,13d", /* expires inside the horizon */
    "barrier,1,put,90,down_out,95,20,linear,,20d",
};

/* The Brownian bridge finds touches between the ends of steps of any length: with looks at
 * the ends of five days alone the rebates' probabilities would be off by 20 standard errors
 * and more. */
Test(statistical, barrier_watched_all_the_time_is_worth_its_closed_form)
{
    static const char *const runs[] = {
        "paths: 40000, horizon: 20d, step: 5d, report: 20d, seed: 11",
        "paths: 40000, horizon: 20d, step: 12h, report: 20d, seed: 12"};

    for (int i = 0; i < 2; i++) {
        char text[N_WATCHED][80];
        const char *position[N_WATCHED];
        for (int j = 0; j < N_WATCHED; j++) {
            snprintf(text[j], sizeof text[j], "%s", watched[j]);
            char *day = strstr(text[j], "13d"); /* steps of 5 days do not end there */
            if (day != NULL && i == 0)
                memcpy(day, "15d", 3);
            position[j] = text[j];
        }
        check_mean_pnl("gbm, volatility_annual: 0.8, drift_annual: 0.7", 0.7, runs[i],
                       COLUMNS, position, N_WATCHED, NULL);
    }
}

/* As in the positions that are looked at; 20 days, volatility 0.8. */
static const struct barrier_exact looked_at[4] = {
    {.up = true,
     .out = true,
     .call = true,
     .spot = 100.0L,
     .strike = 95.0L,
     .barrier = 125.0L,
     .rebate = 6.0L,
     .volatility = 0.8L},
    {.out = true,
     .call = true,
     .spot = 100.0L,
     .strike = 95.0L,
     .barrier = 88.0L,
     .rebate = 5.0L,
     .volatility = 0.8L},
    {.spot = 100.0L,
     .strike = 105.0L,
     .barrier = 85.0L,
     .rebate = 9.0L,
     .volatility = 0.8L},
    {.up = true,
     .out = true,
     .spot = 100.0L,
     .strike = 100.0L,
     .barrier = 112.0L,
     .volatility = 0.8L},
};

/* Without basis, coins are worth what dollars are: coin-settled barriers, the rebate of an
 * "out" in coins at the touch. */
Test(statistical, barrier_in_coins_is_worth_its_closed_form)
{
    static const char *const position[] = {"barrier,1,call,95,up_out,125,6,inverse,,20d",
                                           "barrier,1,put,105,down_in,85,9,inverse,,20d",
                                           "barrier,1,put,105,down_out,90,9,inverse,,20d"};

    check_mean_pnl("gbm, volatility_annual: 0.8", 0.0,
                   "paths: 40000, horizon: 20d, step: 5d, report: 20d, seed: 13", COLUMNS,
                   position, 3, NULL);
}

/* What looks once a day, twenty of them, pay in the mean by integrating from look to look,
 * less what the shifted barrier takes at the start. */
Test(statistical, barrier_looked_at_daily_pays_what_the_looks_make_it)
{
    static const char *const position[] = {"barrier,1,call,95,up_out,125,6,linear,1d,20d",
                                           "barrier,1,call,95,down_out,88,5,linear,1d,20d",
                                           "barrier,1,put,105,down_in,85,9,linear,1d,20d",
                                           "barrier,1,put,100,up_out,112,0,inverse,1d,20d"};
    double mean_usd[4];

    for (int i = 0; i < 4; i++) {
        struct barrier_exact o = looked_at[i];
        o.years = 20.0L / 365.0L;
        o.look_years = 0.0L;
        mean_usd[i] = barrier_discrete(&o, 20);
        o.look_years = o.years / 20.0L;
        mean_usd[i] -= (double)barrier_exact(&o);
    }
    check_mean_pnl("gbm, volatility_annual: 0.8", 0.0,
                   "paths: 200000, horizon: 20d, step: 12h, report: 20d, seed: 14", COLUMNS,
                   position, 4, mean_usd);
}

/* The error of the shifted barrier falls with the number of looks, where that of a watched
 * one falls with its root: four times as many, a quarter. */
Test(statistical, barrier_shift_is_exact_to_the_order_of_one_look)
{
    for (int i = 0; i < 4; i++) {
        double error[2];
        for (int many = 0; many < 2; many++) {
            const int n = many ? 80 : 20;
            struct barrier_exact o = looked_at[i];
            o.years = 20.0L / 365.0L;
            o.look_years = o.years / n;
            error[many] = (double)barrier_exact(&o) - barrier_discrete(&o, n);
        }
        cr_assert_lt(fabs(error[0]), 0.07, "%d: %g", i, error[0]);
        cr_assert_float_eq(error[1], error[0] / 4.0, 0.1 * fabs(error[0]) / 4.0 + 2e-4,
                           "%d: %g and %g", i, error[0], error[1]);
    }
}

Test(statistical, digital_is_worth_its_closed_form)
{
    static const char *const position[] = {"digital,25,call,104,cash,3,linear,20d",
                                           "digital,1,put,97,asset,,linear,20d",
                                           "digital,-1,put,110,cash,40,linear,13d"};
    static const char columns[] = "instrument,quantity,option_type,strike_usd,payout,"
                                  "payout_usd,settlement,expiry";
    static const char *const coins[] = {"digital,2,call,104,asset,,inverse,20d",
                                        "digital,2,put,104,cash,45,inverse,10d"};

    check_mean_pnl("gbm, volatility_annual: 0.8, drift_annual: 0.7", 0.7,
                   "paths: 40000, horizon: 20d, step: 1d, report: 20d, seed: 15", columns,
                   position, 3, NULL);
    check_mean_pnl("gbm, volatility_annual: 0.8", 0.0,
                   "paths: 40000, horizon: 20d, step: 1d, report: 20d, seed: 16", columns,
                   coins, 2, NULL);
}

/* Share of paths that touch a level within 10 days: what the rebate of an option pays that
 * is worth nothing itself. */
static struct mean touches(const char *model, const char *step, bool up)
{
    char text[2048], positions[256];
    struct fixture f;
    struct mean m = {0.0, 0.0, 0};
    const int used =
        snprintf(text, sizeof text,
                 "tailrace: 1\nname: touch\nrun: {paths: 20000, horizon: 10d, step: %s, "
                 "report: 10d, seed: 17}\nportfolio: positions.csv\n",
                 step);

    snprintf(text + used, sizeof text - (size_t)used, MARKET, model, 0.0);
    snprintf(positions, sizeof positions, "id,account,asset,%s\nt,a,BTC,%s\n", COLUMNS,
             up ? "barrier,1,call,1e6,up_out,115,1,linear,,10d"
                : "barrier,1,put,1e-6,down_out,88,1,linear,,10d");
    fixture_open(&f, text, positions, NULL);
    fixture_run(&f);
    const double *pnl = fixture_metric(&f, "account_pnl_usd", 0);
    const double paid = f.plan.start_value_usd;
    for (uint64_t path = 0; path < f.plan.n_path; path++)
        mean_add(&m, pnl[path] + paid);
    fixture_close(&f);
    return m;
}

/* Models whose volatility moves tell the bridge about it: steps of a day find as many
 * touches as steps of half an hour. With jumps not quite: a day that jumps is taken for a
 * straight one between its ends, which costs less than a hundredth here. */
Test(statistical, barrier_touches_do_not_depend_on_the_step)
{
    static const struct {
        const char *model;
        double slack;
    } rows[] = {
        {"heston, volatility_annual: 0.6, long_volatility_annual: 0.9, "
         "reversion_per_year: 20, vol_of_variance: 2, spot_correlation: -0.3",
         0.0},
        {"regime, regimes: [{model: gbm, volatility_annual: 0.4}, {model: gbm, "
         "volatility_annual: 1.2}], switches_per_year: [0, 20, 20, 0]",
         0.0},
        {"merton, volatility_annual: 0.6, jumps_per_year: 24, jump_log_mean: -0.05, "
         "jump_log_sd: 0.1",
         0.01},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int up = 0; up < 2; up++) {
            const struct mean days = touches(rows[i].model, "1d", up);
            const struct mean minutes = touches(rows[i].model, "30m", up);
            const double a = days.sum / days.n, b = minutes.sum / minutes.n;
            const double se = sqrt((a * (1.0 - a) + b * (1.0 - b)) / days.n);
            cr_assert_float_eq(a, b, 4.0 * se + rows[i].slack, "%s, %s: %.4f and %.4f",
                               rows[i].model, up ? "up" : "down", a, b);
        }
}
