/* What holds of every drawn or scaled population, whatever its numbers. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/population_case.h"
#include "tests/scratch.h"

static struct arena arena;

static void close_case(void)
{
    arena_free(&arena);
    scratch_remove();
}

/* Weighted coins of one asset: contracts or property, above or below 0. */
static double coins(const struct scenario_population *p, const char *asset, bool held,
                    int side)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < p->n_holding; i++) {
        const struct scenario_holding *h = &p->holding[i];
        if (h->held == held && h->quantity * side > 0.0 &&
            strcmp(h->asset == NULL ? "USD" : h->asset, asset) == 0)
            sum += h->weight * h->quantity * side;
    }
    return sum;
}

static const char exchange[] =
    "  perps: {%s generate: {accounts: 3000, seed: 5, totals_usd: {BTC: 5.0e9, ETH: "
    "3.1e9,\n"
    "    SOL: 0.7e9}, residual_frac: %s, size: {log_sd: 2.1, largest_usd: %s}, "
    "structures:\n"
    "    [{structure: directional, share: 0.8, leverage: {median: 6, log_sd: 1}},\n"
    "     {structure: basis, share: 0.15, hedge_frac: 0.9, leverage: {median: 1.3, log_sd: "
    "0.2}},\n"
    "     {structure: lp_short, share: 0.05}]}}\n";

Test(population_draw, totals_and_balance_are_exact, .fini = close_case)
{
    static const char *const asset[] = {"BTC", "ETH", "SOL"};
    static const double total_usd[] = {5.0e9, 3.1e9, 0.7e9};
    const struct scenario_population *p =
        population_case(arena_print(&arena, exchange, "", "0", "0"), &arena);

    for (int i = 0; i < 3; i++) {
        const double more = coins(p, asset[i], false, 1),
                     less = coins(p, asset[i], false, -1);
        cr_expect_eq(more, less, "%s: long %.17g, short %.17g", asset[i], more, less);
        cr_expect_float_eq(more * population_case_spot(asset[i]), total_usd[i],
                           0x1p-49 * total_usd[i]);
    }
}

Test(population_draw, residual_is_what_no_account_is_short_of, .fini = close_case)
{
    const struct scenario_population *p =
        population_case(arena_print(&arena, exchange, "", "0.25", "0"), &arena);
    const double more = coins(p, "BTC", false, 1), less = coins(p, "BTC", false, -1);

    cr_expect_float_eq(less, 0.75 * more, 1e-14 * more);
}

Test(population_draw, no_position_is_above_the_cap_and_totals_hold, .fini = close_case)
{
    const struct scenario_population *p =
        population_case(arena_print(&arena, exchange, "", "0", "12.5e6"), &arena);
    uint32_t n_capped = 0;

    for (uint32_t i = 0; i < p->n_holding; i++) {
        const struct scenario_holding *h = &p->holding[i];
        const double usd = fabs(h->quantity) * population_case_spot(h->asset);
        cr_assert(h->held || usd <= 12.5e6 * (1.0 + 1e-12), "%s: %.17g", h->account, usd);
        n_capped += !h->held && usd > 12.5e6 * (1.0 - 1e-9);
    }
    const double total = coins(p, "BTC", false, 1) * 66000.0;
    cr_expect_float_eq(total, 5.0e9, 1e-5);
    cr_expect_gt(n_capped, 10);
}

/* Structures hold what they are to hold; equity is at least twice the maintenance. */
Test(population_draw, basis_and_pool_hold_coins_against_the_short, .fini = close_case)
{
    const struct scenario_population *p =
        population_case(arena_print(&arena, exchange, "", "0", "0"), &arena);
    uint32_t n_basis = 0, n_pool = 0;

    for (uint32_t i = 0; i + 1 < p->n_holding; i++) {
        const struct scenario_holding *h = &p->holding[i];
        if (strcmp(h[0].account, h[1].account) != 0)
            continue;
        const double spot = population_case_spot(h->asset);
        const double ratio = -h[0].quantity / h[1].quantity;
        const double equity = h[0].collateral_usd + h[1].quantity * spot +
                              h[0].quantity * (spot - h[0].entry_usd);
        cr_assert(!h[0].held && h[1].held && h[0].quantity < 0.0);
        cr_assert_str_eq(h[0].asset, h[1].asset);
        n_basis += fabs(ratio - 0.9) < 1e-12;
        n_pool += fabs(ratio - 1.0) < 1e-12;
        if (fabs(ratio - 1.0) < 1e-12)
            cr_assert_float_eq(equity, 2.0 * h[1].quantity * spot, 1e-9 * equity);
    }
    cr_expect_eq(n_basis, 450);
    cr_expect_eq(n_pool, 150);
}

static void expect_equal(const struct scenario_population *a,
                         const struct scenario_population *b)
{
    cr_assert_eq(a->n_holding, b->n_holding);
    for (uint32_t i = 0; i < a->n_holding; i++) {
        const double x[] = {a->holding[i].quantity, a->holding[i].entry_usd,
                            a->holding[i].collateral_usd, a->holding[i].weight};
        const double y[] = {b->holding[i].quantity, b->holding[i].entry_usd,
                            b->holding[i].collateral_usd, b->holding[i].weight};
        const int differ = memcmp(x, y, sizeof x);
        cr_assert_eq(differ, 0, "row %u", i);
        cr_assert_str_eq(a->holding[i].account, b->holding[i].account);
    }
}

Test(population_draw, the_same_text_gives_the_same_bits, .fini = close_case)
{
    const char *text = arena_print(&arena, exchange, "covers_frac: 0.3,", "0.1", "5.0e7");
    const struct scenario_population *one = population_case(text, &arena);
    const struct scenario_population *two = population_case(text, &arena);

    expect_equal(one, two);
    const struct scenario_population *other = population_case(
        arena_print(&arena, exchange, "covers_frac: 0.3, replica_seed: 2,", "0.1", "5.0e7"),
        &arena);
    cr_expect_neq(one->holding[0].quantity, other->holding[0].quantity);
}

/* Coins, debts and dollars of the whole are those of the part over covers_frac. */
static void expect_scaled(const struct scenario_population *part,
                          const struct scenario_population *whole, double times)
{
    static const char *const asset[] = {"BTC", "ETH", "SOL", "STETH", "USDC"};
    double cash[2] = {0.0, 0.0};

    for (int i = 0; i < 5; i++)
        for (int side = -1; side <= 1; side += 2)
            for (int held = 0; held < 2; held++) {
                const double from = coins(part, asset[i], held, side);
                const double to = coins(whole, asset[i], held, side);
                cr_expect_float_eq(to, times * from, 1e-12 * times * from,
                                   "%s %d %d: %.17g not %.17g", asset[i], side, held, to,
                                   times * from);
            }
    for (uint32_t i = 0; i < part->n_holding; i++)
        cash[0] += times * part->holding[i].weight * part->holding[i].collateral_usd;
    for (uint32_t i = 0; i < whole->n_holding; i++)
        cash[1] += whole->holding[i].weight * whole->holding[i].collateral_usd;
    cr_expect_float_eq(cash[1], cash[0], 1e-10 * fabs(cash[0]) + 1e-9);
}

static const char lending[] =
    "  loans: {%s generate: {accounts: 2000, totals_usd: {ETH: 1.0e9, USDC: 2.0e9, USD: "
    "0.5e9},\n"
    "    health_factor_min: 1.02, structures: [{structure: borrower, share: 0.8,\n"
    "    assets: {USDC: 4, USD: 1}, collateral: {ETH: 0.6, BTC: 0.4}, health_factor: "
    "{median: "
    "1.3,\n"
    "    log_sd: 1.2}}, {structure: staked_loop, share: 0.2, token: STETH, category: "
    "ether,\n"
    "    leverage: {median: 12, log_sd: 0.3}}]}}\n";

Test(population_draw, replicas_conserve_the_totals, .fini = close_case)
{
    static const struct {
        const char *cover;
        double times;
        uint32_t replicas;
    } rows[] = {{"covers_frac: 0.5,", 2.0, 2},
                {"covers_frac: 0.2,", 5.0, 5},
                {"covers_frac: 0.3,", 1.0 / 0.3, 4},
                {"covers_frac: 0.01,", 100.0, 16},
                {"covers_frac: 0.25, replicas: 3, jitter_frac: 0.4,", 4.0, 3},
                {"replicas: 2,", 1.0, 2}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int loans = 0; loans < 2; loans++) {
            const char *format = loans ? lending : exchange;
            const struct scenario_population *part =
                population_case(arena_print(&arena, format, "", "0", "0"), &arena);
            const struct scenario_population *whole = population_case(
                arena_print(&arena, format, rows[i].cover, "0", "0"), &arena);
            cr_assert_eq(whole->n_holding, rows[i].replicas * part->n_holding, "%s",
                         rows[i].cover);
            expect_scaled(part, whole, rows[i].times);
        }
}

static double health_factor(const struct scenario_holding *h, uint32_t n)
{
    double covers = 0.0, owed = 0.0;

    for (uint32_t i = 0; i < n; i++) {
        const double usd = h[i].quantity * population_case_spot(h[i].asset);
        covers += fmax(usd, 0.0) * population_case_threshold(h[i].asset, h[i].category);
        owed -= fmin(usd, 0.0);
    }
    return covers / owed;
}

/* No two replicas of an account fail at the same price, none begins under water; sizes stay
 * within the jitter, so a replica is never the account times 1 / covers_frac. */
Test(population_draw, replicas_differ_a_little, .fini = close_case)
{
    const struct scenario_population *part =
        population_case(arena_print(&arena, lending, ""), &arena);
    const struct scenario_population *whole = population_case(
        arena_print(&arena, lending, "covers_frac: 0.25, jitter_frac: 0.2,"), &arena);

    for (uint32_t i = 0, end; i < part->n_holding; i = end) {
        for (end = i; end < part->n_holding &&
                      strcmp(part->holding[end].account, part->holding[i].account) == 0;)
            end++;
        const uint32_t n = end - i;
        const struct scenario_holding *copy = whole->holding + 4 * i;
        double health[4];
        for (uint32_t k = 0; k < 4; k++) {
            const double size =
                copy[k * n + n - 1].quantity / part->holding[end - 1].quantity;
            health[k] = health_factor(copy + k * n, n);
            cr_assert(health[k] > 1.0, "%s: %.6g", copy[k * n].account, health[k]);
            cr_assert(size >= 0.8 && size <= 1.2, "%s: %.6g", copy[k * n].account, size);
            for (uint32_t j = 0; j < k; j++)
                cr_assert_neq(health[j], health[k]);
        }
    }
    cr_expect_str_eq(whole->holding[0].account, "g0000001/1");
}

/* What a loop owes follows from the price model of the token. */
Test(population_draw, debts_are_exact_in_each_coin, .fini = close_case)
{
    const struct scenario_population *p =
        population_case(arena_print(&arena, lending, ""), &arena);

    cr_expect_float_eq(coins(p, "ETH", true, -1) * 1950.0, 1.0e9, 1e-5);
    cr_expect_float_eq(coins(p, "USDC", true, -1), 2.0e9, 1e-5);
    cr_expect_float_eq(coins(p, "USD", true, -1), 0.5e9, 1e-5);
}

/* Of a file, as of a generator. */
Test(population_draw, a_file_is_scaled_too, .fini = close_case)
{
    scratch_file("a.csv",
                 "account,asset,quantity,entry_price_usd,collateral_usd,weight\n"
                 "x,BTC,2,65000,30000,3\nx,ETH,-5.5,1900,,\ny,SOL,-1000,,90000,\n");
    const struct scenario_population *part = population_case("  perps: a.csv\n", &arena);
    const struct scenario_population *whole =
        population_case("  perps: {file: a.csv, covers_frac: 0.2}\n", &arena);

    cr_assert_eq(whole->n_holding, 15);
    expect_scaled(part, whole, 5.0);
    cr_expect_eq(whole->holding[0].weight, 3.0);
    cr_expect_str_eq(whole->holding[2].account, "x/2");
}
