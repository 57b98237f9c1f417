#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/utc.h"
#include "sim/study/fit_svi.h"
#include "sim/svi.h"
#include "tests/fixture.h"
#include "tests/real_data.h"

/* SSVI fitted to every real chain: free of static arbitrage, and how near it comes to the
 * quotes. The bounds of the root mean square errors are what was measured, rounded up. */

static const struct real_table *table;

/* Reads by the names of both kinds of file. */
static bool of_ticker(void)
{
    return real_has(table, "expiry_ms");
}

static uint32_t read_points(const char *path, const char *currency,
                            struct surface_point *point)
{
    uint32_t n = 0;

    table = real_read(path);
    for (int row = 1; row <= table->n_row; row++) {
        const bool ticker = of_ticker();
        if (!ticker && strcmp(real_text(table, row, "currency"), currency) != 0)
            continue;
        const double iv = real_number(table, row, "mark_iv");
        point[n] = (struct surface_point){
            .file = path,
            .line = row + 1,
            .quote_s = ticker ? 0.001 * real_number(table, row, "time_ms")
                              : real_seconds(real_text(table, row, "time_utc")),
            .expiry_s = ticker ? 0.001 * real_number(table, row, "expiry_ms")
                               : real_seconds(real_text(table, row, "expiry_utc")),
            .strike_usd = real_number(table, row, "strike"),
            .forward_usd = real_number(table, row, "underlying_price"),
            .volatility_annual = ticker ? 0.01 * iv : iv,
            .index_usd = real_number(table, row, "index_price"),
            .call = strchr("cC", real_text(table, row, "option_type")[0]) != NULL};
        n += iv > 0.0;
    }
    return n;
}

static void check_free(const struct ssvi_fit *fit, const char *name)
{
    struct svi before = {0};

    for (uint32_t i = 0; i < fit->n_slice; i++) {
        const struct ssvi_slice *s = &fit->slice[i];
        const struct svi raw = svi_ssvi(s->theta, s->rho, s->phi);
        struct svi_place worst;
        cr_expect(svi_butterfly_free(&raw, &worst), "%s, %g days: g %g at k %g", name,
                  365.0 * s->years, worst.size, worst.log_moneyness);
        cr_expect(i == 0 || svi_calendar_free(&before, &raw, &worst),
                  "%s, %g days: calendar %g at k %g", name, 365.0 * s->years, worst.size,
                  worst.log_moneyness);
        before = raw;
    }
}

/* The same for raw SVI: not worse than SSVI anywhere, much better in all. */
static void check_svi(const struct surface *quotes, const struct ssvi_fit *start,
                      const char *name, double rms_points)
{
    struct fixture f;
    struct arena arena = {0};
    struct svi_fit fit;
    char *text = NULL;
    size_t size = 0;

    fit_svi(quotes, start, &arena, &fit);
    for (uint32_t i = 0; i < fit.n_slice; i++) {
        const struct svi_slice *s = &fit.slice[i];
        cr_log_info("%7.2f d raw SVI: rms %.2f points, weighted %.2f", 365.0 * s->years,
                    100.0 * s->rms_volatility, 100.0 * s->weighted_rms_volatility);
        cr_expect(s->weighted_rms_volatility <= start->slice[i].weighted_rms_volatility,
                  "%s, %g days", name, 365.0 * s->years);
    }
    cr_log_info("%s raw SVI: rms %.2f points", name, 100.0 * fit.rms_volatility);
    cr_expect(100.0 * fit.rms_volatility <= rms_points, "%s: raw SVI, rms %.3f points",
              name, 100.0 * fit.rms_volatility);
    FILE *out = open_memstream(&text, &size);
    fprintf(out,
            "tailrace: 1\nname: x\nrun: {horizon: 1d, step: 1h}\nmarket:\n  time_utc: %s\n"
            "  assets:\n    %s:\n      spot_usd: %.17g\n"
            "      price: {model: gbm, volatility_annual: 0.5}\n",
            utc_text(start->quote_s, &arena), name, start->spot_usd);
    fit_svi_write(&fit, 6, true, out);
    fclose(out);
    fixture_open(&f, text, NULL, NULL);
    fixture_close(&f);
    arena_free(&arena);
    free(text);
}

/* What is written is read, accepted as free of arbitrage, and the same surface. */
static void check_written(const struct ssvi_fit *fit, const char *name)
{
    struct fixture f;
    struct arena arena = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    fprintf(out,
            "tailrace: 1\nname: x\nrun: {horizon: 1d, step: 1h}\nmarket:\n  time_utc: %s\n"
            "  assets:\n    %s:\n      spot_usd: %.17g\n"
            "      price: {model: gbm, volatility_annual: 0.5}\n",
            utc_text(fit->quote_s, &arena), name, fit->spot_usd);
    fit_ssvi_write(fit, 6, true, out);
    fclose(out);
    fixture_open(&f, text, NULL, NULL);
    const struct surface *s = f.plan.asset[0].surface;
    cr_expect_eq(s->n_slice, fit->n_slice);
    for (uint32_t i = 0; i < s->n_slice; i++) {
        const struct ssvi_slice *from = &fit->slice[i];
        const struct svi raw = svi_ssvi(from->theta, from->rho, from->phi);
        cr_expect_float_eq(s->slice[i].years, from->years, 1e-7);
        cr_expect_float_eq(s->slice[i].log_forward_ratio, from->log_forward_ratio, 1e-6);
        cr_expect_float_eq(svi_variance(s->slice[i].svi, 0.1) / svi_variance(&raw, 0.1),
                           1.0, 1e-4, "%s, %g days", name, 365.0 * from->years);
    }
    fixture_close(&f);
    arena_free(&arena);
    free(text);
}

static void check_chain(const char *file, const char *currency, double rms_points,
                        double svi_rms_points)
{
    static struct surface_point point[TABLE_ROWS];
    const uint32_t n = read_points(file, currency, point);
    struct arena arena = {0};
    struct surface quotes;
    struct ssvi_fit fit;
    struct error err;

    cr_assert(surface_build(point, n, 0.0, &arena, &quotes, &err), "%s", err.text);
    cr_assert(fit_ssvi(&quotes, 1, &arena, &fit, &err), "%s", err.text);
    for (uint32_t i = 0; i < fit.n_slice; i++) {
        const struct ssvi_slice *s = &fit.slice[i];
        cr_log_info("%7.2f d %3u quotes: %5.1f %%, rho %+.3f, phi %7.3f: rms %.2f points, "
                    "weighted %.2f, worst %+.2f at k %+.3f",
                    365.0 * s->years, s->n_quote, 100.0 * s->atm_volatility_annual, s->rho,
                    s->phi, 100.0 * s->rms_volatility, 100.0 * s->weighted_rms_volatility,
                    100.0 * s->worst_volatility, s->worst_log_moneyness);
    }
    cr_log_info("%s %s: %u quotes, rms %.2f points; one rho %.3f, eta %.3f, gamma %.3f: "
                "%.2f%s",
                strrchr(file, '/') + 1, currency, fit.n_quote, 100.0 * fit.rms_volatility,
                fit.common_rho, fit.common_eta, fit.common_gamma,
                100.0 * fit.common_rms_volatility, fit.converged ? "" : " NOT CONVERGED");
    cr_expect(100.0 * fit.rms_volatility <= rms_points, "%s %s: rms %.3f points", file,
              currency, 100.0 * fit.rms_volatility);
    check_free(&fit, currency);
    check_written(&fit, currency);
    check_svi(&quotes, &fit, currency, svi_rms_points);
    arena_free(&arena);
}

Test(golden, ssvi_fits_the_calm_chain)
{
    check_chain(DATA "deribit_chain_20260118T0914.csv", "BTC", 1.7, 1.1);
    check_chain(DATA "deribit_chain_20260118T0914.csv", "ETH", 2.4, 1.9);
}

Test(golden, ssvi_fits_the_chain_of_the_crash)
{
    check_chain(DATA "deribit_chain_20260205T2129_crash.csv", "BTC", 5.5, 3.2);
    check_chain(DATA "deribit_chain_20260205T2129_crash.csv", "ETH", 2.7, 2.1);
}

Test(golden, ssvi_fits_the_chain_after_the_crash)
{
    check_chain(DATA "deribit_chain_20260206T0430_postcrash.csv", "BTC", 5.0, 3.6);
    check_chain(DATA "deribit_chain_20260206T0430_postcrash.csv", "ETH", 4.9, 2.8);
}

Test(golden, ssvi_fits_the_tickers)
{
    check_chain(DATA "deribit_btc_ticker_20260118T1230.csv", "BTC", 1.7, 1.0);
    check_chain(DATA "deribit_btc_ticker_20260121T1230.csv", "BTC", 1.5, 0.8);
}
