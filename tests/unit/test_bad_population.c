/* Generators and coverages that are refused, each with the place and a cure. */
#include <criterion/criterion.h>
#include <string.h>

#include "scenarios/compile.h"
#include "tests/population_case.h"
#include "tests/scratch.h"

struct row {
    const char *text, *expected; /* NULL: accepted */
};

static void expect(const char *accounts, const char *expected)
{
    struct arena arena = {0};
    struct error err = {""};
    struct scenario s;
    const bool ok = population_case_read(accounts, &arena, &s, &err);

    cr_expect_eq(ok, expected == NULL, "%s\n  gives: %s", accounts, err.text);
    cr_expect(expected == NULL || strstr(err.text, expected) != NULL, "%s\n  gives: %s",
              accounts, err.text);
    cr_expect(strchr(err.text, '\n') == NULL, "one line: %s", err.text);
    arena_free(&arena);
}

static void expect_rows(const char *format, const struct row *row)
{
    struct arena arena = {0};

    for (; row->text != NULL; row++)
        expect(arena_print(&arena, format, row->text), row->expected);
    arena_free(&arena);
    scratch_remove();
}

Test(bad_population, coverage)
{
    static const struct row rows[] = {
        {"covers_frac: 0", "s.yaml:6:37: accounts.perps.covers_frac = 0 is outside"},
        {"covers_frac: 1.5", "accounts.perps.covers_frac = 1.5 is outside"},
        {"covers_frac: -0.2", "accounts.perps.covers_frac = -0.2 is outside"},
        {"covers_frac: 20 %", "percent signs are not used"},
        {"covers: 0.2", "accounts.perps has no key 'covers'"},
        {"replicas: 17", "accounts.perps.replicas = 17 is outside"},
        {"jitter_frac: 0.5", "accounts.perps.jitter_frac = 0.5 is outside"},
        {"generate: {accounts: 1, structures: []}", "takes either file: accounts.csv or"},
        {"covers_frac: 0.2", NULL},
        {NULL, NULL}};

    scratch_file("a.csv", "account,asset,quantity,collateral_usd\nx,BTC,2,30000\n");
    expect_rows("  perps: {file: a.csv, %s}\n", rows);
}

Test(bad_population, sources)
{
    static const struct row rows[] = {
        {"perps: {covers_frac: 0.5}", "s.yaml:6:"},
        {"perps: {covers_frac: 0.5}", "takes either file: accounts.csv or generate: {...}"},
        {"perps: [a.csv]", "accounts.perps is a list: name a CSV file, or write {generate"},
        {"perps: {file: [a.csv]}", "accounts.perps.file names no CSV file"},
        {"perps: none.yaml", "none.yaml"},
        {"other: {generate: {}}", "the market has no venue 'other'"},
        {"perps: {generate: {}}", "generate lacks 'accounts'"},
        {"perps: {generate: 3}", "accounts.perps.generate is a value: write its keys"},
        {NULL, NULL}};

    expect_rows("  %s\n", rows);
}

Test(bad_population, numbers)
{
    static const struct row rows[] = {
        {"accounts: 10, totals_usd: {DOGE: 1}", "the market has no asset 'DOGE'"},
        {"accounts: 10, totals_usd: {USD: 1}", "the market has no asset 'USD'"},
        {"accounts: 10, totals_usd: {BTC: -1}", "totals_usd = -1 is outside"},
        {"accounts: 10, totals_usd: {BTC: 0}", "totals_usd is 0 everywhere"},
        {"accounts: 0, totals_usd: {BTC: 1}", "accounts = 0 is outside"},
        {"accounts: 1000001, totals_usd: {BTC: 1}", "accounts = 1000001 is outside"},
        {"accounts: 2.5, totals_usd: {BTC: 1}", "accounts = 2.5"},
        {"accounts: 10, total_usd: 5", "asset_mix sums to 0"},
        {"accounts: 10, total_usd: 5, asset_mix: {BTC: 0.7, ETH: 0.6}",
         "asset_mix sums to 1.3"},
        {"accounts: 10, total_usd: 5, asset_mix: {BTC: 0.7}", "asset_mix sums to 0.7"},
        {"accounts: 10", "takes either totals_usd"},
        {"accounts: 10, total_usd: 5, totals_usd: {BTC: 1}", "takes either totals_usd"},
        {"accounts: 10, totals_usd: {BTC: 1}, asset_mix: {BTC: 1}", "remove it"},
        {"accounts: 1, totals_usd: {BTC: 1}", "none of the 1 accounts is"},
        {"accounts: 50, totals_usd: {BTC: 1, ETH: 0}", NULL},
        {"accounts: 50, totals_usd: {BTC: 1.0e9}, size: {largest_usd: 1.0e6}",
         "cannot hold the 1e+09 USD that they are to hold of BTC: raise size.largest_usd"},
        {"accounts: 50, totals_usd: {BTC: 1}, size: {log_sd: -1}", "size.log_sd = -1"},
        {"accounts: 50, totals_usd: {BTC: 1}, residual_frac: 2", "residual_frac = 2"},
        {"accounts: 50, totals_usd: {BTC: 1}, seeds: 3", "did you mean 'seed'?"},
        {"accounts: 50, totals_usd: {BTC: 1}", NULL},
        {NULL, NULL}};

    expect_rows(
        "  perps: {generate: {%s, structures: [{structure: directional, share: 1}]}}\n",
        rows);
}

Test(bad_population, structures)
{
    static const struct row rows[] = {
        {"", "structures is no list of 1 to 64 elements"},
        {"3", "structures[0] is a value"},
        {"{share: 1}", "the structure lacks its name"},
        {"{structure: basic, share: 1}", "basic"},
        {"{structure: directional}", "structures[0] lacks 'share'"},
        {"{structure: directional, share: 0.7}, {structure: basis, share: 0.4}",
         "structures[1].share = 0.4 makes the shares sum to 1.1"},
        {"{structure: directional, share: 1.2}", "share = 1.2 is outside"},
        {"{structure: borrower, share: 1, collateral: {ETH: 1}}",
         "there are no borrower accounts at this venue: write directional"},
        {"{structure: directional, share: 1, long_share: -0.1}", "long_share = -0.1"},
        {"{structure: directional, share: 1, leverage: 0}", "leverage = 0 is outside"},
        {"{structure: directional, share: 1, collateral: {ETH: 1}}",
         "has no key 'collateral'"},
        {"{structure: directional, share: 1, assets: {SOL: 1}}",
         "directional accounts draw SOL, which has no total"},
        {"{structure: directional, share: 1, long_share: 0}",
         "none of the 50 accounts is long BTC, whose total is not 0"},
        {"{structure: directional, share: 1}, {structure: basis, share: 0}", NULL},
        {NULL, NULL}};

    expect_rows(
        "  perps: {generate: {accounts: 50, totals_usd: {BTC: 1}, structures: [%s]}}\n",
        rows);
}

Test(bad_population, loans)
{
    static const struct row rows[] = {
        {"{structure: directional, share: 1}", "write staked_loop or borrower"},
        {"{structure: borrower, share: 1}", "lacks 'collateral'"},
        {"{structure: borrower, share: 1, collateral: {ETH: -0.5}}",
         "collateral = -0.5 is outside"},
        {"{structure: borrower, share: 1, collateral: {DOGE: 1}}",
         "the market has no asset 'DOGE'"},
        {"{structure: borrower, share: 1, collateral: {SOL: 1}}",
         "SOL counts nothing as collateral at venue loans"},
        {"{structure: borrower, share: 1, collateral: {ETH: 1}, health_factor: 0.9}",
         "health_factor = 0.9 is outside"},
        {"{structure: borrower, share: 1, collateral: {ETH: 1}, category: stable}",
         "venue loans has no category 'stable'"},
        {"{structure: staked_loop, share: 1, token: BTC}",
         "BTC is priced in no other coin, so what its loops owe is not known"},
        {"{structure: staked_loop, share: 1, token: STETH}",
         "staked_loop accounts draw ETH, which has no total"},
        {"{structure: borrower, share: 1, collateral: {USD: 1}}", NULL},
        {NULL, NULL}};

    expect_rows(
        "  loans: {generate: {accounts: 50, totals_usd: {USDC: 1}, structures: [%s]}}\n",
        rows);
}

/* A token priced in itself, or in one that is priced in it, never reaches a population. */
Test(bad_population, collateral_that_hangs_on_itself)
{
    static const char *const anchors[][2] = {{"A", "A"}, {"B", "A"}};

    for (int i = 0; i < 2; i++) {
        struct arena arena = {0};
        struct error err = {""};
        struct scenario s;
        scratch_file("m.yaml",
                     arena_print(&arena,
                                 "tailrace: 1\nassets:\n"
                                 "  A: {spot_usd: 1, price: {model: peg, anchor: %s, "
                                 "basis_log_sd: 0.01, basis_half_life: 1h}}\n"
                                 "  B: {spot_usd: 1, price: {model: peg, anchor: %s, "
                                 "basis_log_sd: 0.01, basis_half_life: 1h}}\n"
                                 "correlation: {A/B: 0}\n",
                                 anchors[i][0], anchors[i][1]));
        scratch_file("s.yaml",
                     "tailrace: 1\nname: x\nmarket: m.yaml\nrun: {horizon: 1d}\n");
        struct plan plan;
        const bool ok = scenario_read(scratch_path("s.yaml"), 0, NULL, &arena, &s, &err) &&
                        compile_plan(&s, &arena, &plan, &err);
        cr_expect_not(ok, "anchors %s and %s are accepted", anchors[i][0], anchors[i][1]);
        cr_expect_not_null(strstr(err.text, "A"), "%s", err.text);
        arena_free(&arena);
    }
    scratch_remove();
}

Test(bad_population, drawn_without_a_total)
{
    expect("  perps: {generate: {accounts: 50, totals_usd: {BTC: 1, ETH: 0}, structures:"
           " [{structure: directional, share: 1, assets: {BTC: 1, ETH: 1}}]}}\n",
           "whose total is 0: leave it out of their assets, or give it a total");
    scratch_remove();
}

/* More rows than fit are refused before they are made. */
Test(bad_population, too_many_replicas)
{
    expect("  perps: {covers_frac: 0.01, generate: {accounts: 400000, totals_usd: {BTC: "
           "1.0e9},"
           " structures: [{structure: directional, share: 1}]}}\n",
           "400000 rows in 16 replicas each are more than 5000000: write replicas: 12");
    scratch_remove();
}
