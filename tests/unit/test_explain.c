/* Explanation of the P&L: the parts add up, and are what they say where that is known. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "sim/explain.h"
#include "tests/fixture.h"

static void run_book(struct fixture *f, const char *run, const char *shocks,
                     const char *model, const char *venue, const char *positions)
{
    char text[4096];
    const int n =
        snprintf(text, sizeof text,
                 "tailrace: 1\nname: explain\nrun: {%s}\nportfolio: positions.csv\n%s%s",
                 run, shocks[0] != '\0' ? "shocks:\n" : "", shocks);

    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET, model,
             "impact_coefficient: 1, volatility_daily: 0.04, daily_volume_usd: 1e6, "
             "half_spread_frac: 0.001",
             venue);
    fixture_open(f, text, positions, NULL);
    fixture_run(f);
}

static double part(const struct fixture *f, enum explain_part p, uint64_t path)
{
    return fixture_metric(f, "explained_usd", p)[path];
}

static double mean_part(const struct fixture *f, enum explain_part p, double *sd)
{
    double sum = 0.0, squares = 0.0;
    const double n = (double)f->plan.n_path;

    for (uint64_t i = 0; i < f->plan.n_path; i++) {
        sum += part(f, p, i);
        squares += part(f, p, i) * part(f, p, i);
    }
    *sd = sqrt(fmax(squares / n - sum / n * (sum / n), 0.0));
    return sum / n;
}

static const char mixed[] =
    "id,account,venue,instrument,asset,quantity,option_type,strike_usd,expiry,settlement\n"
    "c,a,perp_venue,cash,,250,,,,\n"
    "p,a,perp_venue,perpetual,BTC,30,,,,linear\n"
    "q,b,perp_venue,perpetual,BTC,-2000,,,,inverse\n"
    "s,b,perp_venue,spot,BTC,25,,,,\n"
    "o,c,,option,BTC,-10,put,95,2d,inverse\n"
    "x,c,,option,BTC,15,call,105,20h,linear\n"
    "d,c,,cash,,500,,,,\n";

/* Options, funding, jumps, shocks to price and surface, liquidations, an expiry: on every
 * path the parts add up to the P&L. Some accounts are liquidated, some are not. */
Test(explain, parts_add_up_to_the_pnl)
{
    struct fixture f;
    double liquidated = 0.0;

    run_book(&f, "paths: 512, horizon: 30h, step: 1h, report: 3h, seed: 4",
             "  - {surface: [BTC], multiply: 1.5, start: 5h}\n"
             "  - {surface: [BTC], skew_add: -0.1, start: 8h}\n"
             "  - {funding: [BTC], add: 0.002, start: 0s}\n"
             "  - {price: all, move: -0.1, start: 10h, shape: ramp, duration: 4h}\n",
             "{model: merton, volatility_annual: 0.8, jumps_per_year: 700, "
             "jump_log_mean: -0.02, jump_log_sd: 0.05}",
             "      liquidation_fee_frac: 0.005\n", mixed);
    const double *pnl = fixture_metric(&f, "pnl_usd", 0);
    for (uint64_t i = 0; i < f.plan.n_path; i++) {
        double sum = 0.0, size = 0.0;
        for (enum explain_part p = 0; p < N_EXPLAIN; p++) {
            sum += part(&f, p, i);
            size += fabs(part(&f, p, i));
        }
        cr_assert_float_eq(sum, pnl[i], 1e-14 * size, "path %d: %.17g, %.17g", (int)i, sum,
                           pnl[i]);
        liquidated += fixture_metric(&f, "liquidated", 0)[i];
    }
    cr_expect(liquidated > 50.0 && liquidated < 500.0, "%g liquidated", liquidated);
    fixture_close(&f);
}

/* Without options nothing is unexplained: coins, perpetuals of both kinds, jumps, funding
 * and the closing of accounts. Each part is there. */
Test(explain, a_linear_book_is_explained)
{
    struct fixture f;
    double sd;

    run_book(&f, "paths: 512, horizon: 30h, step: 1h, report: 6h, seed: 4",
             "  - {funding: [BTC], add: 0.002, start: 0s}\n",
             "{model: merton, volatility_annual: 0.8, jumps_per_year: 700, "
             "jump_log_mean: -0.02, jump_log_sd: 0.05}",
             "      liquidation_fee_frac: 0.005\n",
             "id,account,venue,instrument,asset,quantity,settlement\n"
             "c,a,perp_venue,cash,,600,\np,a,perp_venue,perpetual,BTC,30,linear\n"
             "q,b,perp_venue,perpetual,BTC,-2000,inverse\ns,b,perp_venue,spot,BTC,30,\n");
    for (uint64_t i = 0; i < f.plan.n_path; i++)
        cr_assert_float_eq(part(&f, EXPLAIN_UNEXPLAINED, i), 0.0, 1e-9, "path %d: %g",
                           (int)i, part(&f, EXPLAIN_UNEXPLAINED, i));
    static const enum explain_part present[] = {
        EXPLAIN_DELTA, EXPLAIN_JUMPS, EXPLAIN_FUNDING, EXPLAIN_FEES, EXPLAIN_LIQUIDITY};
    for (size_t p = 0; p < sizeof present / sizeof *present; p++) {
        mean_part(&f, present[p], &sd);
        cr_expect(sd > 1.0, "%s has sd %g", explain_part_name[present[p]], sd);
    }
    fixture_close(&f);
}

/* The price halves at once: 10 coins lose 500 of 100 USD. Closing them costs the square
 * root's impact and the spread, below; that and the 400 missing are not the owner's: he lost
 * 100. Tolerance: 1 - (1 + j) exp(-j) over j^2 in doubles. */
Test(explain, what_the_owner_does_not_pay_is_shortfall)
{
    struct fixture f;
    double sd;

    run_book(&f, "paths: 1, horizon: 2h, step: 1h, report: 1h",
             "  - {price: all, move: -0.5, start: 0s}\n",
             "{model: gbm, volatility_annual: 0}", "",
             "id,account,venue,instrument,asset,quantity,settlement\n"
             "c,a,perp_venue,cash,,100,\np,a,perp_venue,perpetual,BTC,10,linear\n");
    const double j = 0.04 * sqrt(10.0 / 1e4); /* coins, coins a day */
    const double fill = 0.999 * 500.0 * 2.0 * (1.0 - (1.0 + j) * exp(-j)) / (j * j);
    const double liquidity = mean_part(&f, EXPLAIN_LIQUIDITY, &sd);
    const double shortfall = mean_part(&f, EXPLAIN_SHORTFALL, &sd);
    cr_expect_float_eq(liquidity, fill - 500.0, 1e-7, "%.12g, %.12g", liquidity,
                       fill - 500.0);
    cr_expect_float_eq(shortfall, 400.0 + 500.0 - fill, 1e-7, "%.12g", shortfall);
    cr_expect_float_eq(fixture_metric(&f, "pnl_usd", 0)[0], -100.0, 1e-9);
    cr_expect_float_eq(mean_part(&f, EXPLAIN_UNEXPLAINED, &sd), 0.0, 1e-9);
    fixture_close(&f);
}

/* Options whose implied volatility is the price's: what time takes gamma gives back in the
 * mean, and by 10 minutes hardly anything is left: third order. A surface shock of the size
 * 1.01 at once is vega and volga, and a third order of a hundredth of that. */
Test(explain, options_earn_gamma_and_pay_theta)
{
    struct fixture f;
    double sd_gamma, sd_theta, sd_rest, sd_delta, sd_vega;

    run_book(&f, "paths: 2000, horizon: 24h, step: 10m, report: 10m, seed: 9", "",
             "{model: gbm, volatility_annual: 0.8}", "",
             "id,instrument,asset,quantity,option_type,strike_usd,expiry\n"
             "x,option,BTC,10,call,100,10d\ny,option,BTC,5,put,95,20d\n");
    const double gamma = mean_part(&f, EXPLAIN_GAMMA, &sd_gamma);
    const double theta = mean_part(&f, EXPLAIN_THETA, &sd_theta);
    mean_part(&f, EXPLAIN_UNEXPLAINED, &sd_rest);
    mean_part(&f, EXPLAIN_DELTA, &sd_delta);
    cr_expect(theta < -3.0, "theta %g", theta);
    cr_expect_float_eq(gamma, -theta, 4.0 * (sd_gamma + sd_theta) / sqrt(2000.0),
                       "gamma %g, theta %g", gamma, theta);
    cr_expect(sd_rest < 0.005 * sd_delta, "unexplained %g, delta %g", sd_rest, sd_delta);
    fixture_close(&f);

    run_book(&f, "paths: 1, horizon: 1m, step: 1m, report: 1m",
             "  - {surface: [BTC], multiply: 1.01, start: 0s}\n",
             "{model: gbm, volatility_annual: 0}", "",
             "id,instrument,asset,quantity,option_type,strike_usd,expiry\n"
             "x,option,BTC,10,call,120,30d\n");
    const double vega = mean_part(&f, EXPLAIN_VEGA, &sd_vega);
    const double higher = mean_part(&f, EXPLAIN_HIGHER, &sd_vega);
    const double pnl = fixture_metric(&f, "pnl_usd", 0)[0] - part(&f, EXPLAIN_THETA, 0);
    cr_expect(vega > 0.3 && higher > 1e-3, "vega %g, volga %g", vega, higher);
    cr_expect_float_eq(vega + higher, pnl, 2e-2 * higher, "%g + %g, %g", vega, higher, pnl);
    fixture_close(&f);
}

/* A fall of a fifth and a doubling of volatility in one interval of an hour: the second
 * order misses a good part, the Greeks of both ends leave less than a fiftieth. */
Test(explain, a_crash_is_explained_by_both_ends)
{
    struct fixture f;
    double sd;

    run_book(&f, "paths: 1, horizon: 1h, step: 1h, report: 1h",
             "  - {price: all, move: -0.2, start: 0s}\n"
             "  - {surface: [BTC], multiply: 2, start: 0s}\n",
             "{model: gbm, volatility_annual: 0}", "",
             "id,instrument,asset,quantity,option_type,strike_usd,expiry\n"
             "x,option,BTC,-10,put,85,30d\ny,option,BTC,4,call,120,60d\n");
    const double rest = mean_part(&f, EXPLAIN_UNEXPLAINED, &sd);
    const double higher = mean_part(&f, EXPLAIN_HIGHER, &sd);
    const double pnl = fixture_metric(&f, "pnl_usd", 0)[0];
    cr_expect(fabs(rest) < 0.02 * fabs(pnl) && fabs(higher) > 0.1 * fabs(pnl),
              "unexplained %g, higher %g, P&L %g", rest, higher, pnl);
    fixture_close(&f);
}

/* What is left unexplained of two options after one step of `run`. */
static double left_over(const char *run, const char *shocks)
{
    struct fixture f;
    char text[2048];
    double sd;

    snprintf(text, sizeof text,
             "tailrace: 1\nname: order\nrun: {paths: 1, %s}\nportfolio: positions.csv\n"
             "shocks: [%s]\nmarket:\n  tailrace: 1\n  name: m\n  assets:\n"
             "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0}, "
             "surface: {flat_volatility_annual: 0.8, flat_basis_annual: 0.5}}\n",
             run, shocks);
    fixture_open(&f, text,
                 "id,instrument,asset,quantity,option_type,strike_usd,expiry\n"
                 "x,option,BTC,-10,put,85,30d\ny,option,BTC,4,call,120,60d\n",
                 NULL);
    fixture_run(&f);
    const double rest = mean_part(&f, EXPLAIN_UNEXPLAINED, &sd);
    fixture_close(&f);
    return rest;
}

/* Moves of half the size leave 2^-order of what is not told: the fifth order after the
 * corrected trapezoidal rule, which has the second derivatives in price and level of
 * volatility; the third after the plain one, in skew, term and time. Any term that is a
 * little off leaves a lower order. A second of time is not seen in a move of price. */
Test(explain, what_is_left_has_the_order_of_the_rule)
{
    static const char second[] = "horizon: 1s, step: 1s";
    static const struct {
        const char *run[2], *shocks[2]; /* whole, half */
        double order;
    } rows[] = {
        {{second, second},
         {"{price: all, move: -0.04, start: 0s}", "{price: all, move: -0.02, start: 0s}"},
         5.0},
        {{second, second},
         {"{surface: [BTC], multiply: 1.1, start: 0s}",
          "{surface: [BTC], multiply: 1.05, start: 0s}"},
         5.0},
        {{second, second},
         {"{price: all, move: -0.04, start: 0s}, "
          "{surface: [BTC], multiply: 1.1, start: 0s}",
          "{price: all, move: -0.02, start: 0s}, "
          "{surface: [BTC], multiply: 1.05, start: 0s}"},
         5.0},
        {{second, second},
         {"{surface: [BTC], skew_add: -0.02, start: 0s}",
          "{surface: [BTC], skew_add: -0.01, start: 0s}"},
         3.0},
        {{second, second},
         {"{surface: [BTC], multiply: 1.0408107741923882, term: 0.5, start: 0s}", /* e^.04 */
          "{surface: [BTC], multiply: 1.0202013400267558, term: 0.5, start: 0s}"},
         3.0},
        {{"horizon: 2h, step: 2h", "horizon: 1h, step: 1h"}, {"", ""}, 3.0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double whole = left_over(rows[i].run[0], rows[i].shocks[0]);
        const double half = left_over(rows[i].run[1], rows[i].shocks[1]);
        const double order = log2(whole / half);
        cr_expect_float_eq(order, rows[i].order, 0.3, "%s: %g, %g, order %g",
                           rows[i].shocks[0], whole, half, order);
    }
}

/* Nothing moves but time: a future loses its basis, 50 % a year of 100 USD on 10 coins in a
 * day, and that is theta. */
Test(explain, the_carry_of_the_forward_is_theta)
{
    struct fixture f;
    double sd;

    fixture_open(&f,
                 "tailrace: 1\nname: carry\nrun: {paths: 1, horizon: 1d, step: 1h}\n"
                 "portfolio: positions.csv\nmarket:\n  tailrace: 1\n  name: m\n  assets:\n"
                 "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0}, "
                 "surface: {flat_volatility_annual: 0.8, flat_basis_annual: 0.5}}\n",
                 "id,instrument,asset,quantity,expiry\nf,future,BTC,10,30d\n", NULL);
    fixture_run(&f);
    const double theta = mean_part(&f, EXPLAIN_THETA, &sd);
    const double pnl = fixture_metric(&f, "pnl_usd", 0)[0];
    const double years = 1.0 / 365.0, forward = 1000.0 * exp(0.5 * 30.0 * years);
    cr_expect_float_eq(pnl, forward * (exp(-0.5 * years) - 1.0), 1e-9, "%g", pnl);
    cr_expect_float_eq(theta, pnl, 1e-4 * fabs(pnl), "theta %g, P&L %g", theta, pnl);
    fixture_close(&f);
}

static const char lent[] =
    "tailrace: 1\nname: lent\nrun: {paths: 64, horizon: 24h, step: 10m, report: 12h}\n"
    "portfolio: positions.csv\n%smarket:\n  tailrace: 1\n  name: m\n  assets:\n"
    "    ETH: {spot_usd: 2000, price: %s, surface: {flat_volatility_annual: 0.8}}\n"
    "    BTC: {spot_usd: 50000, price: {model: gbm, volatility_annual: 0.3}}\n"
    "  correlation: {ETH/BTC: 0.5}\n";

static void run_lent(struct fixture *f, const char *shocks, const char *price,
                     const char *positions)
{
    char text[2048];

    snprintf(text, sizeof text, lent, shocks, price);
    fixture_open(f, text, positions, NULL);
    fixture_run(f);
}

/* A loan is liquidated inside the interval: in a fall by half over six hours with debts in
 * USD and in coins, and in jumps. What the coins' prices move after that is not its, and
 * what the liquidators gain is a fee. */
Test(explain, coins_that_leave_within_an_interval_count_as_long_as_they_are_there)
{
    static const struct {
        const char *shocks, *price;
    } cases[] = {
        {"shocks:\n  - {price: [ETH], move: -0.5, start: 0s, shape: ramp, duration: 6h}\n",
         "{model: gbm, volatility_annual: 0.5}"},
        {"", "{model: merton, volatility_annual: 0.8, jumps_per_year: 2000, "
             "jump_log_mean: -0.06, jump_log_sd: 0.02}"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        double sd, fees = 0.0, jumps = 0.0;

        run_lent(&f, cases[i].shocks, cases[i].price,
                 "id,account,instrument,asset,quantity,debt_quantity,debt_asset,"
                 "liquidation_threshold_frac,base_rate_annual\n"
                 "u,a,loan,ETH,1000,1500000,,0.8,0.1\nc,a,loan,ETH,100,3,BTC,0.8,0.1\n");
        fees = mean_part(&f, EXPLAIN_FEES, &sd);
        jumps = mean_part(&f, EXPLAIN_JUMPS, &sd);
        cr_expect(fees < -2e4 && (i == 0 || jumps < -1e5), "%g, %g", fees, jumps);
        for (uint64_t k = 0; k < f.plan.n_path; k++)
            cr_assert_float_eq(part(&f, EXPLAIN_UNEXPLAINED, k), 0.0, 1e-6,
                               "case %zu, path %d: %g", i, (int)k,
                               part(&f, EXPLAIN_UNEXPLAINED, k));
        fixture_close(&f);
    }
}

/* Calls that expire within the interval: paid in coins or in dollars, the same is left
 * unexplained, since the coins' moves after that are delta. */
Test(explain, coins_paid_at_settlement_are_delta_from_then_on)
{
    static const char *const settlement[] = {"linear", "inverse"};
    double rest[2][64], delta[2][64], furthest = 0.0;

    for (int i = 0; i < 2; i++) {
        struct fixture f;
        char positions[256];
        snprintf(positions, sizeof positions,
                 "id,instrument,asset,quantity,option_type,strike_usd,expiry,settlement,"
                 "settlement_window\nx,option,BTC,10,call,80,5h,%s,0s\n",
                 settlement[i]);
        run_book(&f, "paths: 64, horizon: 24h, step: 1h, report: 12h, seed: 3", "",
                 "{model: merton, volatility_annual: 0.8, jumps_per_year: 700, "
                 "jump_log_mean: -0.02, jump_log_sd: 0.05}",
                 "", positions);
        for (uint64_t k = 0; k < f.plan.n_path; k++) {
            rest[i][k] = part(&f, EXPLAIN_UNEXPLAINED, k);
            delta[i][k] = part(&f, EXPLAIN_DELTA, k);
        }
        fixture_close(&f);
    }
    for (int k = 0; k < 64; k++) {
        cr_assert_float_eq(rest[1][k], rest[0][k], 1e-9, "path %d: %g, %g", k, rest[1][k],
                           rest[0][k]);
        furthest = fmax(furthest, fabs(delta[1][k] - delta[0][k]));
    }
    cr_expect(furthest > 1.0, "delta of the coins %g", furthest);
}
