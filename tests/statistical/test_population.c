/* Accounts that are drawn: what was asked for comes out. Moments within 4 standard errors. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/population_case.h"
#include "tests/scratch.h"

enum { MOST = 40000 };

static struct arena arena;
static double value[MOST];

static void close_case(void)
{
    arena_free(&arena);
    scratch_remove();
}

/* ln of a row's value in USD and of its account's leverage, contracts alone. */
static uint32_t sizes(const struct scenario_population *p, double *to)
{
    for (uint32_t i = 0; i < p->n_holding; i++)
        to[i] =
            log(fabs(p->holding[i].quantity) * population_case_spot(p->holding[i].asset));
    return p->n_holding;
}

static void expect_moments(const char *what, const struct population_sample *s, double mean,
                           double sd)
{
    cr_expect_float_eq(s->mean, mean, 4.0 * sd / sqrt(s->n), "%s: mean %.6g, not %.6g",
                       what, s->mean, mean);
    cr_expect_float_eq(s->sd, sd, 4.0 * sd / sqrt(2.0 * s->n), "%s: sd %.6g, not %.6g",
                       what, s->sd, sd);
}

Test(population, log_normal_sizes_and_leverages, .fini = close_case)
{
    const struct scenario_population *p = population_case(
        "  perps: {generate: {accounts: 20000, seed: 7, totals_usd: {BTC: 2.385e9},\n"
        "    size: {log_sd: 1.37}, entry_log_sd: 0.08, structures: [{structure: "
        "directional,\n"
        "    share: 1, leverage: {median: 4.7, log_sd: 0.61}}]}}\n",
        &arena);
    double leverage[20000], entry[20000];

    cr_assert_eq(p->n_holding, 20000);
    const struct population_sample size = population_case_sample(value, sizes(p, value));
    cr_expect_float_eq(size.sd, 1.37, 4.0 * 1.37 / sqrt(40000.0), "sd %.6g", size.sd);
    double skew = 0.0;
    for (uint32_t i = 0; i < size.n; i++)
        skew += pow((value[i] - size.mean) / size.sd, 3.0) / size.n;
    cr_expect_float_eq(skew, 0.0, 4.0 * sqrt(6.0 / size.n), "skewness %.4g", skew);
    for (uint32_t i = 0; i < p->n_holding; i++) {
        const struct scenario_holding *h = &p->holding[i];
        const double equity = h->collateral_usd + h->quantity * (66000.0 - h->entry_usd);
        leverage[i] = log(fabs(h->quantity) * 66000.0 / equity);
        entry[i] = log(h->entry_usd / 66000.0);
        cr_assert_gt(h->collateral_usd, 0.0);
    }
    const struct population_sample of = population_case_sample(leverage, size.n);
    expect_moments("leverage", &of, log(4.7), 0.61);
    /* Entries of a few accounts, whose profit would be all of their equity, are the spot. */
    const struct population_sample at = population_case_sample(entry, size.n);
    cr_expect(at.sd > 0.07 && at.sd < 0.0825, "entry prices %.4g", at.sd);
}

Test(population, pareto_sizes_have_the_index, .fini = close_case)
{
    const struct scenario_population *p = population_case(
        "  loans: {generate: {accounts: 20000, totals_usd: {USDC: 3.0e9},\n"
        "    size: {tail_share: 1, tail_index: 1.7}, structures: [{structure: borrower,\n"
        "    share: 1, collateral: {ETH: 1}}]}}\n",
        &arena);
    double least = INFINITY, sum = 0.0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->n_holding; i++)
        if (p->holding[i].quantity < 0.0)
            value[n++] = log(-p->holding[i].quantity);
    for (uint32_t i = 0; i < n; i++)
        least = fmin(least, value[i]);
    for (uint32_t i = 0; i < n; i++)
        sum += value[i] - least;
    cr_assert_eq(n, 20000);
    cr_expect_float_eq(sum / n, 1.0 / 1.7, 4.0 / 1.7 / sqrt(n), "1 / %.5g", n / sum);
}

/* The 5 % largest: ln(x / quantile) is exponential of mean 1 / index. */
Test(population, spliced_tail_has_the_index, .fini = close_case)
{
    const struct scenario_population *p =
        population_case("  perps: {generate: {accounts: 40000, totals_usd: {BTC: 3.0e9},\n"
                        "    size: {log_sd: 0.9, tail_share: 0.05, tail_index: 2.3},\n"
                        "    structures: [{structure: directional, share: 1}]}}\n",
                        &arena);
    double sum = 0.0, median;
    uint32_t n = 0;

    /* Each side has its own scale: the longs. */
    for (uint32_t i = 0; i < p->n_holding; i++)
        if (p->holding[i].quantity > 0.0)
            value[n++] = log(p->holding[i].quantity);
    double low = -60.0, high = 60.0;
    for (int step = 0; step < 80; step++) {
        const double middle = 0.5 * (low + high);
        uint32_t above = 0;
        for (uint32_t i = 0; i < n; i++)
            above += value[i] > middle;
        *(2 * above > n ? &low : &high) = middle;
    }
    median = low;
    const double start = median + 0.9 * 1.6448536269514722;
    uint32_t n_tail = 0;
    for (uint32_t i = 0; i < n; i++)
        if (value[i] > start) {
            sum += value[i] - start;
            n_tail++;
        }
    const double share = (double)n_tail / n, error = sqrt(0.05 * 0.95 / n);
    cr_expect_float_eq(share, 0.05, 8.0 * error, "tail of %.4g", share);
    cr_expect_float_eq(sum / n_tail, 1.0 / 2.3, 4.0 / 2.3 / sqrt(n_tail) + 0.02, "1 / %.4g",
                       n_tail / sum);
}

Test(population, health_factors_and_loops, .fini = close_case)
{
    const struct scenario_population *p = population_case(
        "  loans: {generate: {accounts: 20000, health_factor_min: 1, totals_usd: {ETH: "
        "4.0e9,\n"
        "    USDC: 5.0e9}, structures: [{structure: borrower, share: 0.7, assets: {USDC: "
        "1},\n"
        "    collateral: {ETH: 0.5, BTC: 0.3, STETH: 0.2}, health_factor: {median: 1.53, "
        "log_sd: 1.0}},\n"
        "    {structure: staked_loop, share: 0.3, token: STETH, category: ether,\n"
        "    leverage: {median: 6.5, log_sd: 0.3}}]}}\n",
        &arena);
    double loops[20000];
    uint32_t n = 0, n_loop = 0, n_two = 0;

    for (uint32_t i = 0, end; i < p->n_holding; i = end) {
        const struct scenario_holding *h = p->holding;
        double held = 0.0, covers = 0.0, owed = 0.0;
        for (end = i; end < p->n_holding && strcmp(h[end].account, h[i].account) == 0;
             end++) {
            const double usd = h[end].quantity * population_case_spot(h[end].asset);
            cr_assert(h[end].held);
            held += fmax(usd, 0.0);
            covers +=
                fmax(usd, 0.0) * population_case_threshold(h[end].asset, h[end].category);
            owed -= fmin(usd, 0.0);
        }
        if (h[i].category == 1 && n_loop < 20000) {
            cr_assert_str_eq(h[i].asset, "STETH");
            cr_assert_str_eq(h[i + 1].asset, "ETH");
            loops[n_loop++] = log(held / (held - owed));
        } else {
            value[n++] = log(covers / owed - 1.0);
            n_two += end - i == 3;
        }
    }
    cr_assert_eq(n, 14000);
    cr_assert_eq(n_loop, 6000);
    const struct population_sample health = population_case_sample(value, n);
    expect_moments("ln(health factor - 1)", &health, log(0.53), 1.0);
    /* Leverage is clipped where 0.95 of the collateral would not cover the debt, at 20: one
     * in 10,000. */
    const struct population_sample loop = population_case_sample(loops, n_loop);
    expect_moments("leverage of loops", &loop, log(6.5), 0.3);
    /* A second draw of the 0.3 hits another coin with 1 - sum of squares = 0.62. */
    const double two = (double)n_two / n;
    cr_expect_float_eq(two, 0.186, 4.0 * sqrt(0.186 * 0.814 / n), "with two coins: %.4g",
                       two);
}

Test(population, sides_and_coins_come_as_often_as_stated, .fini = close_case)
{
    const struct scenario_population *p =
        population_case("  perps: {generate: {accounts: 20000, total_usd: 9.0e9, "
                        "asset_mix: {BTC: 0.5, ETH: "
                        "0.3,\n"
                        "    SOL: 0.2}, structures: [{structure: directional, share: 1, "
                        "long_share: 0.64}]}}\n",
                        &arena);
    double n_long = 0.0, n_sol = 0.0;

    for (uint32_t i = 0; i < p->n_holding; i++) {
        n_long += p->holding[i].quantity > 0.0;
        n_sol += strcmp(p->holding[i].asset, "SOL") == 0;
    }
    cr_expect_float_eq(n_long / 20000.0, 0.64, 4.0 * sqrt(0.64 * 0.36 / 20000.0));
    cr_expect_float_eq(n_sol / 20000.0, 0.2, 4.0 * sqrt(0.2 * 0.8 / 20000.0));
}
