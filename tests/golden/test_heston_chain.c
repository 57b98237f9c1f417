/* Heston's model fitted to real Deribit chains: what remains in volatility points. The
 * marks of one expiry are the exchange's own smooth curve, and no five parameters follow
 * all of them; the bounds are what was measured, rounded up. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/study/fit_heston.h"
#include "tests/real_data.h"

/* Out-of-the-money options of a currency from two days to expiry, within two and a half
 * standard deviations. */
static uint32_t chain_points(const struct real_table *t, const char *currency,
                             struct smile_point *point)
{
    uint32_t n = 0;

    for (int row = 1; row <= t->n_row; row++) {
        const double years = (real_seconds(real_text(t, row, "expiry_utc")) -
                              real_seconds(real_text(t, row, "time_utc"))) /
                             (365.0 * 86400.0);
        const double forward = real_number(t, row, "underlying_price");
        const double k = log(real_number(t, row, "strike") / forward);
        const double vol = real_number(t, row, "mark_iv");
        const bool call = strcmp(real_text(t, row, "option_type"), "call") == 0;

        if (strcmp(real_text(t, row, "currency"), currency) == 0 && call == (k >= 0.0) &&
            years > 2.0 / 365.0 && fabs(k) < 2.5 * vol * sqrt(years))
            point[n++] = (struct smile_point){years, k, vol, 1.0};
    }
    return n;
}

Test(golden, heston_fits_real_chains)
{
    static const struct {
        const char *file, *currency;
        double rms_vol_points;
    } chains[] = {
        {"deribit_chain_20260118T0914.csv", "BTC", 2.1},
        {"deribit_chain_20260118T0914.csv", "ETH", 1.9},
        {"deribit_chain_20260205T2129_crash.csv", "BTC", 4.5},
        {"deribit_chain_20260206T0430_postcrash.csv", "ETH", 4.6},
    };
    static struct smile_point point[TABLE_ROWS];

    if (getenv("TAILRACE_SLOW") == NULL)
        cr_skip_test("slow: set TAILRACE_SLOW");
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        char path[512];
        struct arena arena = {0};
        struct heston_fit fit;
        struct error err;

        snprintf(path, sizeof path, DATA "%s", chains[i].file);
        const uint32_t n = chain_points(real_read(path), chains[i].currency, point);
        cr_assert(fit_heston(point, n, 1, &arena, &fit, &err), "%s", err.text);
        fprintf(stderr,
                "%s %s: %u quotes, RMS %.2f volatility points, %u of %u starts%s%s\n",
                chains[i].file, chains[i].currency, n, fit.rms_vol_points, fit.n_agree,
                fit.n_start, fit.estimate.note != NULL ? ", " : "",
                fit.estimate.note != NULL ? fit.estimate.note : "");
        for (uint32_t j = 0; j < fit.estimate.n_param; j++)
            fprintf(stderr, "    %s %.4g +- %.2g\n", fit.estimate.p[j].key,
                    fit.estimate.p[j].value, fit.estimate.p[j].standard_error);
        cr_assert_lt(fit.rms_vol_points, chains[i].rms_vol_points, "%s", chains[i].file);
        arena_free(&arena);
    }
}
