/* What a user, or an enemy, may hand over: every row is refused with one sentence that
 * names file, line and column, and nothing crashes or leaks. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenarios/scenario.h"
#include "tests/scratch.h"

struct row {
    const char *text, *expected; /* expected: a part of the sentence */
};

static const char good_market[] =
    "tailrace: 1\n"
    "assets:\n"
    "  BTC: {spot_usd: 95000, price: {model: gbm, volatility_annual: 0.45}}\n"
    "  ETH: {spot_usd: 3300, price: {model: gbm, volatility_annual: 0.65}}\n"
    "correlation: {BTC/ETH: 0.85}\n"
    "venues: {perp_venue: {margin: {rule: cross}, liquidity: square_root}}\n";

/* Line 5 is the first of the row's text. */
static const char head[] = "tailrace: 1\nname: x\nmarket: m.yaml\nrun: {horizon: 1d}\n";

static void expect(const char *path, const char *label, const char *expected)
{
    struct arena arena = {0};
    struct error err = {""};
    struct scenario s;
    const bool ok = scenario_read(path, 0, NULL, &arena, &s, &err);

    cr_expect_not(ok, "accepted: %s", label);
    cr_expect_not_null(strstr(err.text, expected), "%s\n  gives: %s", label, err.text);
    cr_expect(strchr(err.text, '\n') == NULL, "one line: %s", err.text);
    arena_free(&arena);
}

static void expect_scenario(const char *text, const char *expected)
{
    struct arena arena = {0};

    scratch_file("m.yaml", good_market);
    expect(scratch_file("s.yaml", arena_print(&arena, "%s%s", head, text)), text, expected);
    arena_free(&arena);
}

Test(bad_input, whole_files)
{
    static const struct row rows[] = {
        {"", "s.yaml:1:1: the file is empty"},
        {"# nothing\n", "s.yaml:1:1: the file is empty"},
        {"\xEF\xBB\xBF", "s.yaml:1:1: the file is empty"},
        {"hello", "s.yaml:1:1: a value where keys are expected"},
        {"- 1\n", "s.yaml:1:1: a list where keys are expected"},
        {"name: x\n", "s.yaml:1:1: 'tailrace: 1' is missing"},
        {"tailrace: 2\n", "s.yaml:1:11: tailrace = 2 is a format"},
        {"tailrace: 1\n\x01\n", "s.yaml:2:1: byte 0x01 does not belong"},
        {"tailrace: 1\nn\xC3\xA4me: \xFF\n", "s.yaml:2:7: byte 0xFF is not UTF-8"},
        {"tailrace: 1\nname: \xED\xA0\x80\n", "s.yaml:2:7: byte 0xED is not UTF-8"},
        {"tailrace: 1\nname: \xC0\x80\n", "s.yaml:2:7: byte 0xC0 is not UTF-8"},
        {"\xFF\xFEt", "s.yaml:1:1: the file is UTF-16"},
        {"tailrace: 1\nname: x\nname: y\n", "s.yaml:3:1: 'name' stands here a second time, "
                                            "first at line 2"},
        {"tailrace: 1\nname: &a x\n", "s.yaml:2:7: an anchor"},
        {"tailrace: 1\nrun: &a {horizon: 1d}\n", "s.yaml:2:6: an anchor"},
        {"tailrace: 1\nname: *a\n", "s.yaml:2:7: an alias"},
        {"tailrace: 1\n<<: *a\n", "s.yaml:2:5: an alias"},
        {"tailrace: 1\nname: !!str x\n", "s.yaml:2:7: a tag"},
        {"tailrace: 1\nname: !local x\n", "s.yaml:2:7: a tag"},
        {"tailrace: 1\n---\ntailrace: 1\n", "a second document"},
        {"tailrace: 1\n[a, b]: c\n", "s.yaml:2:1: a key must be a word"},
        {"%YAML 1.1\n---\ntailrace: 1\n", "s.yaml:1:1: a line that begins with %"},
        {"tailrace: 1\nname: [x\n", "this is not YAML: flow sequence"},
        {"tailrace: 1\nname: 'x\n", "this is not YAML"},
        {"tailrace: 1\n\tname: x\n", "this is not YAML"},
        {"tailrace: 1\nname: \"a\\0b\"\n", "s.yaml:2:7: a zero byte"},
        {"tailrace: 1\nextends: s.yaml\n", "s.yaml:2:10: "},
        {"tailrace: 1\nextends: none.yaml\n", "none.yaml': No such file"},
        {"tailrace: 1\nextends: [a]\n", "s.yaml:2:10: extends is a list"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(scratch_file("s.yaml", rows[i].text), rows[i].text, rows[i].expected);
    expect(scratch_bytes("s.yaml", "tailrace: 1\nname: a\0b\n", 22), "NUL",
           "s.yaml:2:8: byte 0x00 does not belong");
    expect(scratch_bytes("s.yaml", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16), "PNG",
           "s.yaml:1:1: byte 0x89 is not UTF-8");
    scratch_remove();
}

Test(bad_input, files_that_cannot_be_read)
{
    expect("/tmp", "folder", "/tmp:1:1: cannot be read: it is a folder");
    expect("/nowhere/x.yaml", "absent",
           "/nowhere/x.yaml:1:1: cannot be read: No such file");
    expect("/dev/zero", "endless", "/dev/zero:1:1: the file is larger than 16 MiB");
    expect_scenario("portfolio: none.csv\n", "s.yaml:5:12: cannot read '");
    expect_scenario("portfolio: .\n", "s.yaml:5:12: cannot read '");
    if (geteuid() == 0)
        return; /* who may read everything */
    const char *path = scratch_file("s.yaml", head);
    cr_assert_eq(chmod(path, 0), 0);
    expect(path, "forbidden", "cannot be read: Permission denied");
    scratch_remove();
}

Test(bad_input, deep_and_large_yaml, .timeout = 60)
{
    enum { DEEP = 900, FLOW = 60000, LARGE = (16 << 20) + 1 };
    static char text[LARGE + 1];

    strcpy(text, "tailrace: 1\na: ");
    memset(text + strlen(text), '[', DEEP);
    expect(scratch_file("s.yaml", text), "deep", "s.yaml:2:35: nested more than 32 levels");
    memset(text + strlen(text), '{', FLOW);
    expect(scratch_file("s.yaml", text), "flow",
           "s.yaml:2:1: more than 1000 brackets are open");
    memset(text, '#', LARGE);
    expect(scratch_file("s.yaml", text), "large",
           "s.yaml:1:1: the file is larger than 16 MiB");
    text[LARGE - 1] = '\0';
    expect(scratch_file("s.yaml", text), "line",
           "s.yaml:1:1: a line of more than 65536 bytes");
    strcpy(text, "tailrace: 1\n");
    for (int i = 0; i < 5000; i++)
        sprintf(text + strlen(text), "k%d: 1\n", i);
    expect(scratch_file("s.yaml", text), "keys", "s.yaml:4097:1: more than 4096 keys");
    scratch_remove();
}

Test(bad_input, head_and_run)
{
    static const struct row rows[] = {
        {"name: Big\n", "second time"},
        {"shock: []\n",
         "s.yaml:5:1: the scenario has no key 'shock': did you mean 'shocks'?"},
        {"severity: {label: [a]}\n", "s.yaml:5:19: severity.label is a list"},
        {"severity: {percentile: 99.9}\n",
         "s.yaml:5:24: severity.percentile = 99.9 is outside "
         "0 .. 1 (1): it is the share of history"},
        {"severity: 5\n", "s.yaml:5:11: severity is a value"},
        {"description: {a: 1}\n", "the scenario.description is a mapping"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_scenario(rows[i].text, rows[i].expected);
    scratch_remove();
}

Test(bad_input, run_section)
{
    static const struct row rows[] = {
        {"{}", "s.yaml:4:6: run lacks 'horizon': it is the simulated time (s)"},
        {"5", "s.yaml:4:6: run is a value"},
        {"{horizon: 36}",
         "s.yaml:4:16: run.horizon = 36 lacks its unit: write 36s, 36m, 36h"},
        {"{horizon: 36 h}", "run.horizon = 36 h is not a duration"},
        {"{horizon: -1h}", "run.horizon = -3600 is outside 1 .. "},
        {"{horizon: 1e308d}", "is not a duration"},
        {"{horizon: [1d]}", "run.horizon is a list: write a duration"},
        {"{horizon: }", "run.horizon has no value: write a duration"},
        {"{horizon: 1d, step: 7m}",
         "s.yaml:4:26: run.step = 7m does not divide horizon = 24h: "
         "write 400s or 432s"},
        {"{horizon: 1d, step: 2d}", "run.step = 2d does not divide horizon = 24h"},
        {"{horizon: 1d, report: 7m}", "run.step = 5m does not divide report = 7m"},
        {"{horizon: 1d, report: 2d}", "run.report = 2d is longer than the horizon 24h"},
        {"{horizon: 3000d, step: 1s}", "are more than 1000000: write a longer step"},
        {"{horizon: 1d, paths: 0}",
         "s.yaml:4:27: run.paths = 0 is outside 1 .. 1000000000 (1)"},
        {"{horizon: 1d, paths: -5}", "run.paths = -5 is outside"},
        {"{horizon: 1d, paths: 2.5}", "run.paths = 2.5 is not a whole number"},
        {"{horizon: 1d, paths: 1e308}", "run.paths = 1e+308 is outside"},
        {"{horizon: 1d, paths: 99999999999999999999}", "run.paths = 1e+20 is outside"},
        {"{horizon: 1d, paths: nan}", "run.paths = nan is not a finite number"},
        {"{horizon: 1d, paths: 5m}", "run.paths = 5m has a unit of time"},
        {"{horizon: 1d, paths: many}", "run.paths = many is not a number"},
        {"{horizon: 1d, pats: 1}", "run has no key 'pats': did you mean 'paths'?"},
        {"{horizon: 1d, seed: 18446744073709551616}",
         "run.seed = 18446744073709551616 is not"},
    };
    struct arena arena = {0};

    scratch_file("m.yaml", good_market);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(scratch_file("s.yaml",
                            arena_print(&arena,
                                        "tailrace: 1\nname: x\nmarket: m.yaml\nrun: %s\n",
                                        rows[i].text)),
               rows[i].text, rows[i].expected);
    arena_free(&arena);
    scratch_remove();
}

Test(bad_input, shocks)
{
    static const struct row rows[] = {
        {"5", "s.yaml:5:9: shocks is a value: write a list"},
        {"[5]", "s.yaml:5:10: shocks[0] is a value"},
        {"[{move: -0.3}]", "shocks[0] does not say what it acts on"},
        {"[{price: BTC, funding: all, move: 0}]", "acts on 'price' and on 'funding'"},
        {"[{price: BTX, move: -0.3}]",
         "s.yaml:5:18: the market has no asset 'BTX': did you "
         "mean 'BTC'?"},
        {"[{price: [BTC, BTC], move: -0.3}]", "names BTC twice"},
        {"[{price: [], move: -0.3}]", "shocks[0].price is empty"},
        {"[{price: BTC}]", "shocks[0] lacks 'move': it is the fraction"},
        {"[{price: BTC, move: 35 %}]",
         "s.yaml:5:29: shocks[0].move = 35 %: percent signs are "
         "not used, write the fraction 0.35"},
        {"[{price: BTC, move: '-35%'}]", "write the fraction -0.35"},
        {"[{price: BTC, move: 5m}]", "shocks[0].move = 5m has a unit of time"},
        {"[{price: BTC, move: .nan}]", "shocks[0].move = .nan is not a number"},
        {"[{price: BTC, move: nan}]", "shocks[0].move = nan is not a finite number"},
        {"[{price: BTC, move: -inf}]", "shocks[0].move = -inf is not a finite number"},
        {"[{price: BTC, move: 1e400}]", "shocks[0].move = 1e400 is not a finite number"},
        {"[{price: BTC, move: 1e308}]", "shocks[0].move = 1e+308 is outside -1 .. 1000"},
        {"[{price: BTC, move: -1}]",
         "shocks[0].move reaches down to -1: it must stay above -1"},
        {"[{price: BTC, move: {uniform: [-1, 0]}}]", "shocks[0].move reaches down to -1"},
        {"[{price: BTC, move: {median: -1, log_sd: 0.1}}]", "must stay above -1"},
        {"[{price: BTC, move: {uniform: [0.2, 0.1]}}]", "write the lower end first"},
        {"[{price: BTC, move: {uniform: [0.2]}}]",
         "shocks[0].move is no draw: write a number"},
        {"[{price: BTC, move: {median: 0.2}}]", "shocks[0].move is no draw"},
        {"[{price: BTC, move: {median: 0.2, log_sd: -1}}]",
         "shocks[0].move = -1 is outside"},
        {"[{price: BTC, move: 0.1, start: 3}]", "shocks[0].start = 3 lacks its unit"},
        {"[{price: BTC, move: 0.1, start: {uniform: [1, 2h]}}]",
         "start = 1 lacks its unit"},
        {"[{price: BTC, move: 0.1, shape: jump}]",
         "shocks[0].shape = jump is unknown: choose "
         "from default, step, ramp, pulse"},
        {"[{price: BTC, move: 0.1, shape: ramp}]", "a ramp needs a duration"},
        {"[{price: BTC, move: 0.1, shape: pulse}]", "a pulse needs a duration"},
        {"[{price: BTC, move: 0.1, shape: step, duration: 1h}]", "a step has no duration"},
        {"[{price: BTC, move: 0.1, recover: {}}]", "shocks[0].recover lacks 'half_life'"},
        {"[{price: BTC, move: 0.1, multiply: 2}]", "shocks[0] has no key 'multiply'"},
        {"[{price: BTC, move: 0.1, includes_feedback: yes}]", "write true or false"},
        {"[{price: BTC, move: 0.1, name: a}, {price: BTC, move: 0.1, name: a}]",
         "shocks[1] has the name 'a' of shocks[0]"},
        {"[{volatility: all, multiply: 0}]",
         "multiply reaches down to 0: it must stay above 0"},
        {"[{volatility: all, multiply: -2}]", "multiply = -2 is outside 0 .. 1000000"},
        {"[{surface: BTC, multiply: 2}]", "asset BTC has no surface to act on"},
        {"[{oracle: BTC, delay: 20m}]", "asset BTC has no oracle to act on"},
        {"[{oracle: all, delay: 20}]", "shocks[0].delay = 20 lacks its unit"},
        {"[{correlation: [BTC], set: 0.9}]", "shocks[0].correlation: write all"},
        {"[{correlation: all, set: 1.5}]", "shocks[0].set = 1.5 is outside -1 .. 1"},
        {"[{correlation: all, set: 0.9, weight: 1.5}]", "weight = 1.5 is outside 0 .. 1"},
        {"[{correlation: all, set: 0.9, weight: {median: 0.5, log_sd: 1}}]",
         "weight reaches up to inf: it must stay at or below 1, write uniform: [a, b]"},
        {"[{liquidity: perp_venue}]", "shocks[0] changes nothing"},
        {"[{liquidity: perp_venue, depth: 0.1}]", "shocks[0].depth is no factor: write"},
        {"[{liquidity: perp_venue, depth: {mulitply: 0.1}}]", "did you mean 'multiply'?"},
        {"[{liquidity: perp_venue, depth: {multiply: 0}}]", "must stay above 0"},
        {"[{liquidity: prep_venue, depth: {multiply: 1}}]", "did you mean 'perp_venue'?"},
        {"[{funding: all, add: 2}]", "shocks[0].add = 2 is outside -1 .. 1"},
    };
    struct arena arena = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_scenario(arena_print(&arena, "shocks: %s\n", rows[i].text),
                        rows[i].expected);
    arena_free(&arena);
    scratch_remove();
}

Test(bad_input, limits)
{
    static const struct row rows[] = {
        {"{}", "limits is a mapping"},
        {"[{es: 0.99, max_usd: 1}]", "limits[0] lacks 'metric'"},
        {"[{metric: a, max_usd: 1}]", "limits[0] gives none of es, var, mean"},
        {"[{metric: a, es: 0.9, var: 0.9, max_usd: 1}]", "limits[0] gives several of"},
        {"[{metric: a, es: 0.9}]", "limits[0] lacks 'max_usd'"},
        {"[{metric: a, es: 0.9, max: 1}]",
         "limits[0].max does not go with es: write max_usd"},
        {"[{metric: a, es: 99, max_usd: 1}]", "limits[0].es = 99 is outside 0 .. 1"},
        {"[{metric: a, es: 1, max_usd: 1}]", "limits[0].es = 1: a level lies between"},
        {"[{metric: a, mean: false, max_usd: 1}]", "mean: false limits nothing"},
        {"[{metric: a, probability_above_usd: 1, max: 1.5}]",
         "limits[0].max = 1.5 is outside"},
        {"[{metric: ~, es: 0.9, max_usd: 1}]", "limits[0].metric has no value"},
    };
    struct arena arena = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_scenario(arena_print(&arena, "limits: %s\n", rows[i].text),
                        rows[i].expected);
    arena_free(&arena);
    scratch_remove();
}
