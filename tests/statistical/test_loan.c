/* How often loans are liquidated under geometric Brownian motion. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "models/instrument/lending.h"
#include "tests/flow_case.h"

/* Probability that the price has been at the barrier by the end: looked at all the time, in
 * closed form; and once an hour, by the barrier's shift of 0.5826 sd per step (Broadie,
 * Glasserman and Kou 1997), itself right to a few 1e-4. */
static const struct {
    double spot, barrier;
    int days;
    double drift, volatility, touched, hourly;
} rows[] = {
    {100, 80, 30, 0.0, 0.8, 0.368358564076293461, 0.35733267},
    {100, 95, 7, 0.0, 1.2, 0.776687262024735953, 0.74459113},
    {100, 60, 30, 0.0, 0.65, 0.00787379665899171090, 0.0073835408},
    {2000, 1600, 14, -0.3, 0.9, 0.247815915251420153, 0.23549240},
};
static const double SHIFT_ERROR = 5e-4;

/* The share of loans liquidated by the end. */
static double share_liquidated(struct flow_case *c, int n_path)
{
    struct worker w;
    int n = 0;

    flow_open(c);
    for (int first = 0; first < n_path; first += LANES) {
        fixture_start_at(&c->fixture, &w, (uint64_t)first);
        while (w.step < c->fixture.plan.n_step)
            flow_step(&c->fixture, &w);
        for (int k = 0; k < LANES; k++)
            n += worker_row(&w, ROW_CLAIM_STATE, LENDING_COLLATERAL)[k] < 1.0;
        worker_free(&w);
    }
    fixture_close(&c->fixture);
    return (double)n / n_path;
}

/* Without a rate the loan falls due where the price is at debt / threshold: 5 standard
 * errors and what the shift leaves. Watching all the time would differ by far more. */
Test(statistical, loans_are_liquidated_as_often_as_prices_pass)
{
    enum { N_PATH = 32768 };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char run[64], btc[256], positions[512];
        struct flow_case c = {.run = run, .btc = btc, .positions = positions};
        const double p = rows[i].hourly, se = sqrt(p * (1.0 - p) / N_PATH);
        /* spot is 100 in this market: everything in units of it */
        const double barrier = 100.0 * rows[i].barrier / rows[i].spot;
        snprintf(run, sizeof run, "horizon: %dd, step: 1h, seed: 11", rows[i].days);
        snprintf(btc, sizeof btc,
                 "price: {model: gbm, drift_annual: %g, volatility_annual: %g}",
                 rows[i].drift, rows[i].volatility);
        snprintf(positions, sizeof positions,
                 "id,instrument,asset,quantity,debt_quantity,liquidation_threshold_frac\n"
                 "l,loan,BTC,1000,%.17g,0.8\n",
                 0.8 * 1000.0 * barrier);
        const double share = share_liquidated(&c, N_PATH);
        cr_expect_float_eq(share, p, 5.0 * se + SHIFT_ERROR,
                           "row %zu: %.5f liquidated, %.5f expected, %.5f watched always",
                           i, share, p, rows[i].touched);
        cr_expect(share < rows[i].touched + 5.0 * se, "row %zu", i);
    }
}
