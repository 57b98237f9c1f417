#include <criterion/criterion.h>
#include <string.h>

#include "scenarios/scenario.h"
#include "tests/scratch.h"

static const char *const market = "tailrace: 1\n"
                                  "assets: {BTC: {spot_usd: 95000, price: {model: gbm, "
                                  "volatility_annual: 0.45}}}\n"
                                  "venues: {perp_venue: {margin: {rule: cross}}}\n";

static void files_write(void)
{
    scratch_file("m.yaml", market);
    scratch_file("p.csv", "id,instrument,asset,quantity\nc,cash,,100\n");
    scratch_file("q.csv", "id,instrument,asset,quantity\nc,cash,,100\ns,spot,BTC,1\n");
    scratch_file("a.csv", "account,asset,quantity,collateral_usd\na,BTC,1,9000\n");
    scratch_file("one.yaml", "tailrace: 1\nname: one\nrun: {horizon: 1d}\nmarket: m.yaml\n"
                             "accounts: {perp_venue: a.csv}\n");
    scratch_file("two.yaml", "tailrace: 1\nextends: one.yaml\nname: two\n");
}

static void suite_ok(const char *text, uint32_t n, const struct override *o,
                     struct arena *arena, struct suite *suite)
{
    struct error err = {""};

    files_write();
    cr_assert(suite_read(scratch_file("suite.yaml", text), n, o, arena, suite, &err), "%s",
              err.text);
}

Test(suite, scenario_file_is_a_suite_of_one_cell)
{
    const struct override o = {"run.paths", "5"};
    struct arena arena = {0};
    struct error err = {""};
    struct suite suite;

    files_write();
    cr_assert(suite_read(scratch_path("two.yaml"), 1, &o, &arena, &suite, &err), "%s",
              err.text);
    cr_assert_str_eq(suite.name, "two");
    cr_assert_eq(suite.n_cell, 1);
    cr_assert_str_eq(suite.cell[0].name, "two");
    cr_assert_eq(suite.cell[0].n_override, 1);
    cr_assert_eq(suite.input.size, 0);
    arena_free(&arena);
    scratch_remove();
}

Test(suite, cells_are_the_product_of_the_axes)
{
    static const char *const names[] = {
        "one--small--calm", "one--small--wild", "one--big--calm", "one--big--wild",
        "two--small--calm", "two--small--wild", "two--big--calm", "two--big--wild"};
    struct arena arena = {0};
    struct suite suite;

    suite_ok(
        "tailrace: 1\nsuite: nightly\nscenarios: [one.yaml, two.yaml]\n"
        "portfolios: {small: p.csv, big: q.csv}\npopulations: {all: a.csv}\n"
        "overrides: {calm: {}, wild: {market.assets.BTC.price.volatility_annual: 0.9}}\n",
        0, NULL, &arena, &suite);
    cr_assert_str_eq(suite.name, "nightly");
    cr_assert_gt(suite.input.size, 0);
    cr_assert_eq(suite.n_cell, 8);
    for (uint32_t i = 0; i < suite.n_cell; i++)
        cr_assert_str_eq(suite.cell[i].name, names[i]);
    arena_free(&arena);
    scratch_remove();
}

Test(suite, cells_read_as_scenarios_with_the_command_line_last)
{
    const struct override o = {"run.paths", "5"};
    struct arena arena = {0};
    struct error err = {""};
    struct suite suite;
    struct scenario s;

    suite_ok(
        "tailrace: 1\nsuite: nightly\nscenarios: [two.yaml]\nportfolios: {big: q.csv}\n"
        "populations: {all: a.csv}\nset: {run.paths: 9, run.seed: 3}\n"
        "overrides: {wild: {market.assets.BTC.price.volatility_annual: 0.9, run.seed: "
        "4}}\n",
        1, &o, &arena, &suite);
    cr_assert_eq(suite.n_cell, 1);
    cr_assert_str_eq(suite.cell[0].name, "two", "axes of one value do not show");
    cr_assert(scenario_read(suite.cell[0].scenario_file, suite.cell[0].n_override,
                            suite.cell[0].override, &arena, &s, &err),
              "%s", err.text);
    cr_assert_eq(s.run.paths, 5);
    cr_assert_eq(s.run.seed, 4);
    cr_assert_eq(s.n_position, 2);
    cr_assert_eq(s.population[0].n_holding, 1);
    cr_assert_str_eq(s.population[0].venue, "perp_venue");
    arena_free(&arena);
    scratch_remove();
}

Test(suite, mistakes_are_named)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"suite: x\nscenarios: []\n", "suite.yaml:3:12: scenarios is no list"},
        {"suite: x\nscenarios: one.yaml\n", "suite.yaml:3:12: scenarios is no list"},
        {"suite: x\nscenarios: [nope.yaml]\n", "suite.yaml:3:13: cannot read"},
        {"suite: x\nscenarios: [m.yaml]\n", "m.yaml:1:1: the scenario lacks 'name'"},
        {"suite: x\nscenarios: [one.yaml, one.yaml]\n", "two cells are called 'one'"},
        {"scenarios: [one.yaml]\n", "the suite lacks 'suite'"},
        {"suite: X y\nscenarios: [one.yaml]\n",
         "suite.yaml:2:8: 'X y' cannot name a suite"},
        {"suite: inputs\nscenarios: [one.yaml]\n", "'inputs' is reserved"},
        {"suite: x\nscenarios: [one.yaml]\nportfolio: p.csv\n",
         "suite.yaml:4:1: the suite has no key 'portfolio': did you mean 'portfolios'?"},
        {"suite: x\nscenarios: [one.yaml]\noverrides: {a: 1}\n",
         "suite.yaml:4:16: overrides.a is a value"},
        {"suite: x\nscenarios: [one.yaml]\nportfolios: {a: {b: c}}\n",
         "suite.yaml:4:17: portfolios.a is a mapping"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error err = {""};
        struct suite suite;
        files_write();
        const char *path = scratch_file(
            "suite.yaml", arena_print(&arena, "tailrace: 1\n%s", rows[i].text));
        cr_assert_not(suite_read(path, 0, NULL, &arena, &suite, &err), "%s", rows[i].text);
        cr_assert_not_null(strstr(err.text, rows[i].expected), "%s", err.text);
        arena_free(&arena);
    }
    scratch_remove();
}
