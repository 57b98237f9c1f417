/* Options under two-state regime switching of the volatility, by simulation at the step
 * that each row says. The prices were computed by Fourier inversion and by uniformisation
 * of the occupation time, which agree to 1e-22 (Buffington and Elliott 2002; Guo 2001). The
 * chain is seen in the middle of every step, so the bias is of second order in the step and
 * far below the error of the sample. Tolerance: 4 standard errors. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "tests/market_paths.h"
#include "tests/mean.h"

static const struct row {
    const char *name;
    bool call;
    double strike, r, q;
    int days, step_days;
    double volatility[2], out, back; /* per year */
    int start;
    double price;
} rows[] = {
    /* clang-format off */
    {"reg_01", true, 100, 0.05, 0, 365, 5, {0.15, 0.25}, 0.5, 0.5, 0, 9.339250160856050},
    {"reg_02", true, 100, 0.05, 0, 365, 5, {0.15, 0.25}, 0.5, 0.5, 1, 11.70507183782266},
    {"reg_03", false, 90, 0.03, 0.01, 182, 2, {0.4, 1.2}, 2, 8, 0, 10.27358203967649},
    {"reg_04", true, 110, 0, 0, 91, 1, {0.5, 1.5}, 1, 12, 1, 14.73754787443575},
    {"reg_05", false, 70, 0.02, 0, 730, 10, {0.3, 0.9}, 0.7, 1.3, 0, 10.31256147966665},
    {"reg_06", true, 150, 0.01, 0, 365, 5, {0.6, 1.4}, 4, 4, 1, 30.90863901369118},
    /* clang-format on */
};

Test(reference, regime_options_by_simulation)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        const double discount = exp(-row->r * row->days / 365.0);
        struct mean payoff = {0};
        struct market_paths m;
        char price[512], horizon[16], step[16];

        snprintf(price, sizeof price,
                 "{model: regime, regimes: [{model: gbm, drift_annual: %.17g, "
                 "volatility_annual: %.17g}, {model: gbm, drift_annual: %.17g, "
                 "volatility_annual: %.17g}], switches_per_year: [0, %.17g, %.17g, 0], "
                 "start: [%d, %d]}",
                 row->r - row->q, row->volatility[0], row->r - row->q, row->volatility[1],
                 row->out, row->back, 1 - row->start, row->start);
        snprintf(horizon, sizeof horizon, "%dd", row->days);
        snprintf(step, sizeof step, "%dd", row->step_days);
        market_paths_open(&m, price, horizon, step, 2001);
        for (uint64_t first = 0; first < 40000; first += LANES) {
            market_paths_start(&m, first);
            for (uint32_t n = 0; n < m.fixture.plan.n_step; n++)
                market_paths_step(&m);
            for (int k = 0; k < LANES; k++) {
                const double spot = market_paths_spot(&m, 0)[k];
                const double gain = row->call ? spot - row->strike : row->strike - spot;
                mean_add(&payoff, discount * fmax(gain, 0.0));
            }
        }
        market_paths_close(&m);
        const double mean = payoff.sum / payoff.n;
        const double se = sqrt((payoff.square / payoff.n - mean * mean) / payoff.n);
        cr_assert_leq(fabs(mean - row->price), 4.0 * se,
                      "%s: %.8g, expected %.8g, %.2f standard errors", row->name, mean,
                      row->price, (mean - row->price) / se);
    }
}
