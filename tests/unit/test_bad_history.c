/* Histories that the bootstrap refuses, and those that it points out. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/price_paths.h"
#include "tests/scratch.h"

enum { N_RETURN = 40 };

/* Hourly prices of two assets. */
static struct price_paths hours(const char *price, double step_s)
{
    char text[4096], *end = text;

    end += sprintf(end, "time_s,BTC,ETH\n");
    for (int i = 0; i <= N_RETURN; i++)
        end += sprintf(end, "%d,%.6f,%.6f\n", 1000000 + 3600 * i, 50.0 + sin(2.385 * i),
                       2000.0 + 30.0 * sin(1.7 * i));
    scratch_file("prices.csv", text);
    return (struct price_paths){.price = price,
                                .horizon_s = 20.0 * step_s,
                                .step_s = step_s,
                                .n_path = 64,
                                .seed = 3};
}

Test(bad_history, what_does_not_fit_is_refused)
{
    static const struct {
        const char *keys, *expected;
        double step_s;
    } rows[] = {
        {"mean_block: 5h", "", 3600},
        {"", "lacks 'mean_block'", 3600},
        {"mean_block: 5", "lacks its unit", 3600},
        {"mean_block: 30m", "mean_block = 1800 s is outside 3600 .. 144000 s", 3600},
        {"mean_block: 41h", "mean_block = 147600 s is outside", 3600},
        {"mean_block: 5h",
         "the records are 3600 s apart and the step is 2500 s: make the step a multiple",
         2500},
        {"mean_block: 5h, from: 1970-01-13 20:00",
         "has 8 returns over one step in the part that is used", 7200},
        {"mean_block: 5h, until: 1970-01-12 13:50", "has 0 returns", 3600},
        {"mean_block: 5h, drift_annual: 0.2", "write drift: stated beside it", 3600},
        {"mean_block: 5h, alpha: 0.1, gamma: 0.3, beta: 0.9", "gamma + beta = 1.", 3600},
        {"mean_block: 5h, alpha: 0.1, beta: 0.8", "works from record to record", 7200},
        {"mean_block: 5h, start_volatility_annual: 1", "takes a GARCH filter", 3600},
        {"mean_block: 5h, column: flat", "flat.csv do not move", 3600},
        {"mean_block: 5h, column: mixed",
         "mixed.csv are 10 s apart, but 3 are closer, as record 9, 1 s after the one "
         "before",
         10},
    };

    scratch_file("flat.csv",
                 "time_s,BTC\n0,2\n1,2\n2,2\n3,2\n4,2\n5,2\n6,2\n7,2\n8,2\n9,2\n"
                 "10,2\n11,2\n");
    scratch_file("mixed.csv", "time_s,BTC\n0,2\n10,3\n20,2\n30,3\n40,2\n50,3\n60,2\n70,3\n"
                              "71,2\n72,2\n73,2\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bool mixed = strstr(rows[i].keys, "mixed") != NULL;
        const bool flat = strstr(rows[i].keys, "flat") != NULL;
        char price[200];
        snprintf(price, sizeof price, "{model: bootstrap, history: %s%s%s}",
                 flat    ? "flat.csv"
                 : mixed ? "mixed.csv"
                         : "prices.csv",
                 *rows[i].keys != '\0' ? ", " : "",
                 flat || mixed ? "mean_block: 5s" : rows[i].keys);
        struct price_paths p = hours(price, flat ? 1.0 : rows[i].step_s);
        const char *sentence = price_paths_refusal(&p);
        cr_expect(*rows[i].expected == '\0' ? *sentence == '\0'
                                            : strstr(sentence, rows[i].expected) != NULL,
                  "%s\n  gives: %s", price, sentence);
    }
    scratch_remove();
}

Test(bad_history, assets_of_one_file_without_a_common_group_are_pointed_out)
{
    static const struct {
        const char *btc, *eth;
        bool warns;
    } rows[] = {
        {"group: g", "group: g", false},
        {"group: g", "group: h", true},
        {"group: g", "mean_block: 4h", true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char market[600];
        const char *text[20] = {""};
        struct price_paths p = hours(NULL, 3600.0);
        snprintf(market, sizeof market,
                 "  correlation: {BTC/ETH: 0}\n"
                 "  assets:\n"
                 "    BTC: {spot_usd: 100, price: {model: bootstrap, history: prices.csv, "
                 "mean_block: 4h, %s}}\n"
                 "    ETH: {spot_usd: 10, price: {model: bootstrap, history: prices.csv, "
                 "%s%s}}\n",
                 rows[i].btc,
                 strstr(rows[i].eth, "block") != NULL ? "" : "mean_block: 4h, ",
                 rows[i].eth);
        p.market = market;
        price_paths_open(&p);
        const uint32_t n = compile_warnings(&p.fixture.scenario, &p.fixture.plan,
                                            &p.fixture.arena, text, 20);
        cr_expect_eq(n, rows[i].warns ? 1 : 0, "row %zu: %s", i, text[0]);
        cr_expect(!rows[i].warns || strstr(text[0], ": BTC and ETH draw from ") != NULL,
                  "%s", text[0]);
        price_paths_close(&p);
    }
}

Test(bad_history, a_group_with_different_times_is_refused)
{
    static const struct {
        const char *eth, *expected;
    } rows[] = {
        {"mean_block: 4h, group: g", ""},
        {"mean_block: 3h, group: g", "mean_block is 10800 s here and 14400 s for BTC"},
        {"mean_block: 3h, group: h", ""},
        {"mean_block: 4h, group: g, from: 1970-01-12 15:00",
         "the prices of ETH and BTC in group g have different times"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char market[600];
        struct price_paths p = hours(NULL, 3600.0);
        snprintf(
            market, sizeof market,
            "  correlation: {BTC/ETH: 0}\n"
            "  assets:\n"
            "    BTC: {spot_usd: 100, price: {model: bootstrap, history: prices.csv, "
            "mean_block: 4h, group: g}}\n"
            "    ETH: {spot_usd: 10, price: {model: bootstrap, history: prices.csv, %s}}\n",
            rows[i].eth);
        p.market = market;
        const char *sentence = price_paths_refusal(&p);
        cr_expect(*rows[i].expected == '\0' ? *sentence == '\0'
                                            : strstr(sentence, rows[i].expected) != NULL,
                  "%s\n  gives: %s", rows[i].eth, sentence);
    }
    scratch_remove();
}
