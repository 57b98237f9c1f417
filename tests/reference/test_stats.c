#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "sim/stats.h"

/* Value at risk and expected shortfall against exact figures. */

/* Ten losses with ties. VaR = inf{x: P(L <= x) >= a}; ES by Acerbi & Tasche (2002) and
 * Rockafellar & Uryasev (2002): the atom at VaR split. Exact fractions, own calculation. */
static const double losses[] = {-5.0, -3.0, -3.0, 0.0, 1.0, 2.0, 2.0, 4.0, 7.0, 15.0};
enum { N_LOSS = sizeof losses / sizeof losses[0] };

static const struct {
    double level, var, es;
} split_atom[] = {
    {0.5, 1.0, 6.0},    {0.7, 2.0, 26.0 / 3.0},  {0.75, 4.0, 48.0 / 5.0},
    {0.8, 4.0, 11.0},   {0.85, 7.0, 37.0 / 3.0}, {0.9, 7.0, 15.0},
    {0.95, 15.0, 15.0}, {0.99, 15.0, 15.0},
};

Test(reference, stats_es_splits_the_atom_at_var)
{
    for (size_t i = 0; i < sizeof split_atom / sizeof split_atom[0]; i++) {
        const double level = split_atom[i].level;
        const struct interval var = stats_quantile(losses, N_LOSS, level, 0.95);
        const struct interval es = stats_es(losses, N_LOSS, level, 0.95, 1, NULL);

        cr_assert_eq(var.value, split_atom[i].var, "VaR at %g: %g", level, var.value);
        cr_assert_float_eq(es.value, split_atom[i].es, 1e-14 * split_atom[i].es,
                           "ES at %g: %.17g", level, es.value);
    }
}

/* Ranks (from 1) of the distribution-free limits of a quantile, exact binomial coverage;
 * own calculation by the method of Conover (1999), section 3.2. Rank 0: no upper limit. */
static const struct {
    size_t n;
    double p, confidence;
    size_t lower, upper;
} ranks[] = {
    {100, 0.95, 0.95, 90, 100},       {250, 0.99, 0.95, 244, 0},
    {500, 0.99, 0.95, 490, 500},      {1000, 0.95, 0.95, 936, 964},
    {1000, 0.99, 0.95, 983, 997},     {1000, 0.99, 0.99, 981, 998},
    {10000, 0.99, 0.95, 9880, 9920},  {10000, 0.999, 0.95, 9983, 9997},
    {10000, 0.975, 0.99, 9709, 9790},
};

Test(reference, stats_quantile_limits_have_the_exact_ranks)
{
    static double rank[10000];

    for (size_t i = 0; i < 10000; i++)
        rank[i] = (double)(i + 1);
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        const double upper = ranks[i].upper ? (double)ranks[i].upper : (double)INFINITY;
        const struct interval q =
            stats_quantile(rank, ranks[i].n, ranks[i].p, ranks[i].confidence);

        cr_assert_eq(q.lower, (double)ranks[i].lower, "row %zu: lower %g", i, q.lower);
        cr_assert_eq(q.upper, upper, "row %zu: upper %g", i, q.upper);
    }
}

/* VaR and ES in closed form, ES checked by the tail integral. The sample is the quantile
 * function at (i - 1/2) / n, so that only the discretisation is left: below 1e-3 of the
 * figure where 100 values or more lie beyond the level. */
enum law { NORMAL, STUDENT_3, LONG_GBM, SHORT_GBM };
static const struct {
    enum law law;
    double level, var, es;
} closed_form[] = {
    {NORMAL, 0.9, 1.2815515655446004670, 1.7549833193248680663},
    {NORMAL, 0.95, 1.6448536269514727149, 2.0627128075074260193},
    {NORMAL, 0.975, 1.9599639845400542355, 2.3378027922014144400},
    {NORMAL, 0.99, 2.3263478740408411009, 2.6652142203458048132},
    {NORMAL, 0.995, 2.5758293035489007610, 2.8919486053834807574},
    {NORMAL, 0.999, 3.0902323061678135415, 3.3670900770639904317},
    {STUDENT_3, 0.9, 1.6377443536962101055, 2.9108175960399196092},
    {STUDENT_3, 0.95, 2.3533634348018238777, 3.8742675177193020533},
    {STUDENT_3, 0.975, 3.1824463052837095927, 5.0395830611134716784},
    {LONG_GBM, 0.9, 0.16344772069928091696, 0.21314425369143601055},
    {LONG_GBM, 0.99, 0.27153448772850247853, 0.30292042978352050857},
    {LONG_GBM, 0.999, 0.34161554218195261826, 0.36494511051092968674},
    {SHORT_GBM, 0.9, 0.17460511205451781791, 0.25250236755904228450},
    {SHORT_GBM, 0.99, 0.34888826885364423858, 0.41201876401866257520},
    {SHORT_GBM, 0.999, 0.49246928918094558041, 0.54913821390958216924},
};

/* Loss of one unit of a GBM at 1, no drift, volatility 0.8, after 10 / 365 years. */
static double loss_quantile(enum law law, double u)
{
    const double years = 10.0 / 365.0, sd = 0.8 * sqrt(years);

    switch (law) {
    case NORMAL:
        return gsl_cdf_ugaussian_Pinv(u);
    case STUDENT_3:
        return gsl_cdf_tdist_Pinv(u, 3.0);
    case LONG_GBM:
        return 1.0 - exp(-0.5 * sd * sd - sd * gsl_cdf_ugaussian_Pinv(u));
    default:
        return exp(-0.5 * sd * sd + sd * gsl_cdf_ugaussian_Pinv(u)) - 1.0;
    }
}

Test(reference, stats_var_and_es_approach_the_closed_form)
{
    enum { N = 200000 };
    double *const loss = malloc(N * sizeof *loss);

    for (size_t i = 0; i < sizeof closed_form / sizeof closed_form[0]; i++) {
        const double level = closed_form[i].level, es = closed_form[i].es;

        for (size_t k = 0; k < N; k++)
            loss[k] = loss_quantile(closed_form[i].law, ((double)k + 0.5) / N);
        cr_assert_float_eq(stats_quantile(loss, N, level, 0.95).value, closed_form[i].var,
                           1e-3 * closed_form[i].var, "VaR, row %zu", i);
        cr_assert_float_eq(stats_es(loss, N, level, 0.95, 7, NULL).value, es, 1e-3 * es,
                           "ES, row %zu", i);
    }
    free(loss);
}
