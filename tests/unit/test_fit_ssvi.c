/* The fits of SSVI and of raw SVI to chains whose surface is known. */
#include <criterion/criterion.h>
#include <math.h>

#include "sim/study/fit_svi.h"
#include "sim/svi.h"

enum { N_EXPIRY = 4, N_STRIKE = 21, QUOTE_S = 1768739401 };
static const double days[N_EXPIRY] = {3, 17, 61, 240};
static const double theta[N_EXPIRY] = {0.0031, 0.0141, 0.048, 0.21};
static const double rho[N_EXPIRY] = {-0.31, -0.26, -0.23, -0.2};
static const double phi[N_EXPIRY] = {13.1, 7.3, 4.2, 1.9};

/* Quotes of the surface above plus `noise` volatility points, up and down in turns. */
static void quotes_of(double noise, struct arena *arena, struct surface *quotes)
{
    static struct surface_point p[N_EXPIRY * N_STRIKE];
    struct error err;
    uint32_t n = 0;

    for (int i = 0; i < N_EXPIRY; i++)
        for (int j = 0; j < N_STRIKE; j++) {
            const struct svi s = svi_ssvi(theta[i], rho[i], phi[i]);
            const double years = days[i] / 365.0, forward = 95000.0 * exp(0.04 * years);
            const double k = 2.4 * sqrt(theta[i]) * (2.0 * j / (N_STRIKE - 1) - 1.0);
            const double error = 0.01 * noise * (j % 2 == 0 ? 1.0 : -1.0);
            p[n++] = (struct surface_point){.quote_s = QUOTE_S,
                                            .expiry_s = QUOTE_S + days[i] * 86400.0,
                                            .strike_usd = forward * exp(k),
                                            .forward_usd = forward,
                                            .index_usd = 95000.0,
                                            .volatility_annual =
                                                sqrt(svi_variance(&s, k) / years) + error,
                                            .call = k > 0.0};
        }
    cr_assert(surface_build(p, n, 0.0, arena, quotes, &err), "%s", err.text);
}

Test(unit, fit_ssvi_recovers_the_parameters)
{
    struct arena arena = {0};
    struct surface quotes;
    struct ssvi_fit fit;
    struct error err;

    quotes_of(0.0, &arena, &quotes);
    cr_assert(fit_ssvi(&quotes, 7, &arena, &fit, &err), "%s", err.text);
    cr_assert_eq(fit.n_slice, N_EXPIRY);
    cr_expect(fit.converged);
    cr_expect(fit.rms_volatility < 1e-7, "rms %g", fit.rms_volatility);
    for (int i = 0; i < N_EXPIRY; i++) {
        const struct ssvi_slice *s = &fit.slice[i];
        cr_expect_float_eq(s->theta / theta[i], 1.0, 1e-6, "theta %d: %.9g", i, s->theta);
        cr_expect_float_eq(s->rho, rho[i], 1e-5, "rho %d: %.9g", i, s->rho);
        cr_expect_float_eq(s->phi / phi[i], 1.0, 1e-5, "phi %d: %.9g", i, s->phi);
        cr_expect_float_eq(s->log_forward_ratio, 0.04 * days[i] / 365.0, 1e-12);
        cr_expect_float_eq(s->expiry_s, QUOTE_S + days[i] * 86400.0, 1e-3);
        cr_expect_eq(s->n_quote, N_STRIKE);
    }
    arena_free(&arena);
}

/* Noise of half a point up and down in turns is what the errors then show, and the
 * parameters move little. */
Test(unit, fit_ssvi_reports_its_errors_in_volatility)
{
    struct arena arena = {0};
    struct surface quotes;
    struct ssvi_fit fit, again;
    struct error err;

    quotes_of(0.5, &arena, &quotes);
    cr_assert(fit_ssvi(&quotes, 7, &arena, &fit, &err), "%s", err.text);
    cr_assert(fit_ssvi(&quotes, 7, &arena, &again, &err), "%s", err.text);
    for (int i = 0; i < N_EXPIRY; i++) {
        const struct ssvi_slice *s = &fit.slice[i];
        cr_expect_float_eq(s->rms_volatility, 0.005, 4e-4, "%d: %g", i, s->rms_volatility);
        cr_expect_float_eq(s->weighted_rms_volatility, 0.005, 4e-4, "%d: %g", i,
                           s->weighted_rms_volatility);
        cr_expect(fabs(s->worst_volatility) >= s->rms_volatility);
        cr_expect_float_eq(s->theta / theta[i], 1.0, 0.02, "theta %d: %g", i, s->theta);
        cr_expect_eq(s->phi, again.slice[i].phi, "equal inputs, other fit");
    }
    cr_expect(fit.common_rms_volatility >= fit.rms_volatility);
    arena_free(&arena);
}

/* Two expiries whose total variance falls: the fit must not follow. */
Test(unit, fit_ssvi_of_quotes_with_arbitrage_is_free_of_it)
{
    static const double days_of[] = {10, 20}, volatility[] = {1.2, 0.6};
    struct surface_point p[2 * N_STRIKE];
    struct arena arena = {0};
    struct surface quotes;
    struct ssvi_fit fit;
    struct error err;
    struct svi_place worst;

    for (int i = 0; i < 2 * N_STRIKE; i++) {
        const double k = 0.02 * (i % N_STRIKE - N_STRIKE / 2);
        p[i] = (struct surface_point){.expiry_s = days_of[i / N_STRIKE] * 86400.0,
                                      .strike_usd = 100.0 * exp(k),
                                      .forward_usd = 100.0,
                                      .volatility_annual =
                                          volatility[i / N_STRIKE] + 2.0 * fabs(k)};
    }
    cr_assert(surface_build(p, 2 * N_STRIKE, 100.0, &arena, &quotes, &err), "%s", err.text);
    cr_assert(fit_ssvi(&quotes, 7, &arena, &fit, &err), "%s", err.text);
    const struct ssvi_slice *s = fit.slice;
    const struct svi near = svi_ssvi(s[0].theta, s[0].rho, s[0].phi);
    const struct svi far = svi_ssvi(s[1].theta, s[1].rho, s[1].phi);
    cr_expect(svi_calendar_free(&near, &far, &worst), "%g at %g", worst.size,
              worst.log_moneyness);
    cr_expect(svi_butterfly_free(&near, &worst) && svi_butterfly_free(&far, &worst));
    cr_expect(s[1].rms_volatility > 0.05, "%g", s[1].rms_volatility);
    arena_free(&arena);
}

Test(unit, fit_ssvi_says_when_there_are_too_few_strikes)
{
    struct surface_point p[3];
    struct arena arena = {0};
    struct surface quotes;
    struct ssvi_fit fit;
    struct error err;

    for (int i = 0; i < 3; i++)
        p[i] = (struct surface_point){.expiry_s = 86400.0,
                                      .strike_usd = 99.0 + i,
                                      .forward_usd = 100.0,
                                      .volatility_annual = 0.5};
    cr_assert(surface_build(p, 3, 100.0, &arena, &quotes, &err), "%s", err.text);
    cr_expect_not(fit_ssvi(&quotes, 7, &arena, &fit, &err));
    cr_expect_str_eq(err.text,
                     "no expiry of the chain has 4 strikes within 3 standard deviations of "
                     "the forward: SSVI cannot be fitted; give a chain with more strikes");
    arena_free(&arena);
}

/* Quotes of two slices of raw SVI that no SSVI has, free of arbitrage: the fit finds
 * them. */
Test(unit, fit_svi_recovers_what_ssvi_cannot)
{
    static const struct svi truth[] = {{0.0031, 0.061, -0.22, -0.021, 0.055},
                                       {0.0102, 0.094, -0.27, -0.032, 0.142}};
    static const double days_of[] = {12, 45};
    struct surface_point p[2 * N_STRIKE];
    struct arena arena = {0};
    struct surface quotes;
    struct ssvi_fit start;
    struct svi_fit fit;
    struct svi_place worst;
    struct error err;

    cr_assert(svi_butterfly_free(&truth[0], &worst) &&
              svi_butterfly_free(&truth[1], &worst));
    cr_assert(svi_calendar_free(&truth[0], &truth[1], &worst));
    for (int i = 0; i < 2 * N_STRIKE; i++) {
        const struct svi *s = &truth[i / N_STRIKE];
        const double years = days_of[i / N_STRIKE] / 365.0;
        const double reach = 2.4 * sqrt(svi_variance(s, 0.0));
        const double k = reach * (2.0 * (i % N_STRIKE) / (N_STRIKE - 1) - 1.0);
        p[i] =
            (struct surface_point){.expiry_s = years * 365.0 * 86400.0,
                                   .strike_usd = 100.0 * exp(k),
                                   .forward_usd = 100.0,
                                   .volatility_annual = sqrt(svi_variance(s, k) / years)};
    }
    cr_assert(surface_build(p, 2 * N_STRIKE, 100.0, &arena, &quotes, &err), "%s", err.text);
    cr_assert(fit_ssvi(&quotes, 7, &arena, &start, &err), "%s", err.text);
    fit_svi(&quotes, &start, &arena, &fit);
    cr_assert_eq(fit.n_slice, 2);
    cr_expect(start.rms_volatility > 1e-3, "SSVI: rms %g", start.rms_volatility);
    cr_expect(fit.rms_volatility < 2e-5, "SVI: rms %g", fit.rms_volatility);
    for (int i = 0; i < 2; i++) {
        cr_expect(svi_butterfly_free(&fit.slice[i].svi, &worst));
        cr_expect_float_eq(fit.slice[i].svi.rho, truth[i].rho, 0.01, "%d: rho %g", i,
                           fit.slice[i].svi.rho);
        cr_expect_float_eq(fit.slice[i].svi.b / truth[i].b, 1.0, 0.01, "%d: b %g", i,
                           fit.slice[i].svi.b);
    }
    cr_expect(svi_calendar_free(&fit.slice[0].svi, &fit.slice[1].svi, &worst));
    arena_free(&arena);
}
