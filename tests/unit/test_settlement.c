/* Settlement at the average price of a window, by hand and by simulation. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book_claim.h"
#include "sim/settlement.h"
#include "sim/vmath.h"
#include "tests/fixture.h"

static const double RAMP = 0.21; /* of the price, over two hours, with zero volatility */

static void open_market(struct fixture *f, const char *run, const char *shocks,
                        const char *model, const char *positions)
{
    char text[4096];
    const int n =
        snprintf(text, sizeof text,
                 "tailrace: 1\nname: settle\nrun: {%s}\nportfolio: positions.csv\n%s%s",
                 run, shocks[0] != '\0' ? "shocks:\n" : "", shocks);

    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET, model,
             "impact_coefficient: 0, volatility_daily: 0.04, daily_volume_usd: 1e9, "
             "half_spread_frac: 0",
             "");
    fixture_open(f, text, positions, NULL);
}

/* Price of the ramp, along a straight line between the ends of the 10-minute steps. */
static double ramp_price(double minutes)
{
    const double before = floor(minutes / 10.0) * 10.0;
    const double low = 100.0 * exp(before / 120.0 * log1p(RAMP));
    const double high = 100.0 * exp((before + 10.0) / 120.0 * log1p(RAMP));

    return low + (high - low) * (minutes - before) / 10.0;
}

/* Average over a window that ends at `expiry`, by a fine midpoint sum; before the start the
 * price is 100. */
static double ramp_average(double expiry_minutes, double window_minutes)
{
    const int n = 60000;
    double sum = 0.0;

    for (int i = 0; i < n; i++) {
        const double t = expiry_minutes - window_minutes * (i + 0.5) / n;
        sum += t < 0.0 ? 100.0 : ramp_price(t);
    }
    return sum / n;
}

/* Expiry inside a step and at its end, a window over several steps, one inside a step, one
 * that began before the start, and none. Linear and inverse calls at 90 with the rest of
 * the ramp after them: the inverse one holds coins. A digital that pays a coin and a barrier
 * that is not reached settle at the same price. */
Test(settlement, the_average_over_the_window_by_hand)
{
    static const struct {
        double expiry, window; /* minutes */
    } rows[] = {{55, 30}, {60, 30}, {57, 3}, {20, 45}, {43, 0}, {60, 0}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        char positions[1024];
        snprintf(positions, sizeof positions,
                 "id,instrument,asset,quantity,option_type,strike_usd,expiry,settlement,"
                 "settlement_window,payout,barrier_type,barrier_usd\n"
                 "l,option,BTC,2,call,90,%gm,linear,%gm,,,\n"
                 "i,option,BTC,3,call,90,%gm,inverse,%gm,,,\n"
                 "d,digital,BTC,4,call,90,%gm,linear,%gm,asset,,\n"
                 "b,barrier,BTC,5,call,90,%gm,linear,%gm,,up_out,200\n",
                 rows[i].expiry, rows[i].window, rows[i].expiry, rows[i].window,
                 rows[i].expiry, rows[i].window, rows[i].expiry, rows[i].window);
        open_market(&f, "paths: 1, horizon: 2h, step: 10m, report: 2h",
                    "  - {price: all, move: 0.21, shape: ramp, duration: 2h}\n",
                    "{model: gbm, volatility_annual: 0}", positions);
        fixture_run(&f);
        const double settle = rows[i].window > 0.0
                                  ? ramp_average(rows[i].expiry, rows[i].window)
                                  : ramp_price(rows[i].expiry);
        const double expected = (settle - 90.0) * (2.0 + 3.0 * 121.0 / settle + 5.0) +
                                4.0 * settle - f.plan.start_value_usd;
        const double pnl = fixture_metric(&f, "pnl_usd", 0)[0];
        cr_expect_float_eq(pnl, expected, 1e-7, "row %zu: %.12g, %.12g", i, pnl, expected);
        fixture_close(&f);
    }
}

/* Inside the window: Greeks are the slopes of the value in price, volatility and time. */
Test(settlement, greeks_inside_the_window_are_slopes)
{
    struct fixture f;
    struct worker w;
    lane_row spot, log_spot, row[8], far, high, low;
    struct claim_value out = {row[0], row[1], row[2], row[3],
                              row[4], row[5], row[6], row[7]};
    struct claim_value at_far = {.value_usd = far};

    open_market(&f, "paths: 1, horizon: 1h, step: 10m", "",
                "{model: gbm, volatility_annual: 0.8}",
                "id,instrument,asset,quantity,option_type,strike_usd,expiry\n"
                "a,option,BTC,1,call,100.1,20m\n");
    fixture_start(&f, &w);
    const struct plan_claim *o = &f.plan.claim[0];
    const double h = 0x1p-7;
    for (int k = 0; k < LANES; k++) {
        spot[k] = 100.0 + (k % 2 ? -2.0 : 2.0) * h;
        log_spot[k] = vm_log(spot[k]);
    }
    book_claim_value(&f.plan, o, &w, spot, log_spot, &at_far);
    for (int k = 0; k < LANES; k++) {
        spot[k] = 100.0 + (k == 1) * h - (k == 2) * h;
        log_spot[k] = vm_log(spot[k]);
    }
    book_claim_value(&f.plan, o, &w, spot, log_spot, &out);
    const double slope = (8.0 * (row[0][1] - row[0][2]) - (far[0] - far[1])) / (12.0 * h);
    const double bend = (row[1][1] - row[1][2]) / (2.0 * h);
    cr_expect_float_eq(row[1][0], slope, 1e-7 * slope, "delta %.9g, %.9g", row[1][0],
                       slope);
    cr_expect_float_eq(row[2][0], bend, 3e-4 * bend, "gamma %.9g, %.9g", row[2][0], bend);
    cr_expect(row[1][0] > 0.0 && row[1][0] < 20.0 / 30.0, "delta %g of two thirds",
              row[1][0]);

    const double vega = row[3][0], volga = row[6][0], vanna = row[5][0];
    double *factor = worker_row(&w, ROW_EFFECT, EFFECT_SURFACE * f.plan.n_asset);
    const double volatility = 0.8, step = 0x1p-10;
    struct claim_value at_high = {.value_usd = high}, at_low = {.value_usd = low};
    for (int k = 0; k < LANES; k++)
        factor[k] = 1.0 + step;
    book_claim_value(&f.plan, o, &w, spot, log_spot, &at_high);
    for (int k = 0; k < LANES; k++)
        factor[k] = 1.0 - step;
    book_claim_value(&f.plan, o, &w, spot, log_spot, &at_low);
    const double by_vol = (high[0] - low[0]) / (2.0 * step * volatility);
    const double by_both =
        ((high[1] - high[2]) - (low[1] - low[2])) / (2.0 * h * 2.0 * step * volatility);
    const double twice =
        (high[0] - 2.0 * row[0][0] + low[0]) / (step * step * volatility * volatility);
    cr_expect_float_eq(vega, by_vol, 1e-5 * by_vol, "vega %.9g, %.9g", vega, by_vol);
    cr_expect_float_eq(vanna, by_both, 5e-3 * fabs(by_both), "vanna %.9g, %.9g", vanna,
                       by_both);
    cr_expect_float_eq(volga, twice, 1e-3 * fabs(twice) + 1e-6, "volga %.9g, %.9g", volga,
                       twice);
    worker_free(&w);
    fixture_close(&f);
}

/* A future 20 minutes before the end of its window of 30, growth b = 5 a year: its value is
 * c + omega S (exp(b T) - 1) / (b T), so at constant price it loses
 * omega S (exp(b T) - 1) / T a year; half of b T, 1e-4, for the growth within. An inverse one
 * of 100 contracts entered at 100 is worth as much. */
Test(settlement, theta_of_a_future_in_its_window_is_carry)
{
    static const char *const rows[] = {"linear,1", "inverse,100"};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        struct worker w;
        lane_row spot, log_spot, theta;
        struct claim_value out = {.theta_usd = theta};
        char positions[256];

        snprintf(positions, sizeof positions,
                 "id,instrument,asset,settlement,quantity,expiry,basis_annual\n"
                 "f,future,BTC,%s,20m,5\n",
                 rows[i]);
        open_market(&f, "paths: 1, horizon: 1h, step: 10m", "",
                    "{model: gbm, volatility_annual: 0.8}", positions);
        fixture_start(&f, &w);
        const struct plan_claim *o = &f.plan.claim[0];
        const double years = 20.0 / (365.0 * 1440.0);
        const double carry = -20.0 / 30.0 * 100.0 * expm1(5.0 * years) / years;
        for (int k = 0; k < LANES; k++) {
            spot[k] = 100.0;
            log_spot[k] = vm_log(spot[k]);
        }
        book_claim_value(&f.plan, o, &w, spot, log_spot, &out);
        const double got = o->contract->quantity * theta[0];
        cr_expect_float_eq(got, carry, 3e-4 * fabs(carry), "%s: %g, %g", rows[i], got,
                           carry);
        worker_free(&w);
        fixture_close(&f);
    }
}

/* The value inside the window is the mean of what is paid: 400,000 paths by the minute, two
 * thirds of the window to come. Four standard errors, and 2e-3 of the value for the steps'
 * straight lines (1 / (8 x 20^2) of the variance) and the lognormal average. A barrier six
 * deviations away is not touched. */
static void check_mean(const char *row)
{
    char positions[512];
    struct fixture f;
    double sum = 0.0, squares = 0.0;

    snprintf(positions, sizeof positions,
             "id,instrument,asset,quantity,option_type,strike_usd,expiry,payout_usd,"
             "barrier_type,barrier_usd\na,%s\n",
             row);
    open_market(&f, "paths: 400000, horizon: 20m, step: 1m, report: 20m", "",
                "{model: gbm, volatility_annual: 0.8}", positions);
    fixture_run(&f);
    const double *pnl = fixture_metric(&f, "pnl_usd", 0);
    const double n = (double)f.plan.n_path;
    for (uint64_t i = 0; i < f.plan.n_path; i++) {
        sum += pnl[i];
        squares += pnl[i] * pnl[i];
    }
    const double se = sqrt((squares - sum * sum / n) / n / n);
    const double value = f.plan.start_value_usd;
    cr_expect(fabs(sum / n) < 4.0 * se + 2e-3 * value, "%s: value %g, mean P&L %g, se %g",
              row, value, sum / n, se);
    fixture_close(&f);
}

Test(settlement, value_inside_the_window_is_the_mean_payoff)
{
    static const char *const rows[] = {"option,BTC,1,call,100.1,20m,,,",
                                       "digital,BTC,1,call,100.1,20m,10,,",
                                       "barrier,BTC,1,call,100.1,20m,,up_out,103"};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_mean(rows[i]);
}
