#include "scenarios/scenario.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/scratch.h"

static const char market_text[] =
    "tailrace: 1\n"
    "name: two\n"
    "time_utc: 2026-01-18T09:14:30Z\n"
    "assets:\n"
    "  BTC:\n"
    "    spot_usd: 95000.5\n"
    "    price: {model: gbm, volatility_annual: 0.45}\n"
    "    surface: {chain: chain.csv}\n"
    "    oracle: {delay: 30s}\n"
    "  ETH:\n"
    "    spot_usd: 3300\n"
    "    funding_8h_frac: 1.0e-4\n"
    "    price: {model: merton, volatility_annual: 0.65, jumps_per_year: 35, "
    "jump_log_mean: "
    "-0.01, jump_log_sd: 0.046}\n"
    "    surface: {flat_volatility_annual: 0.7}\n"
    "correlation: {ETH/BTC: 0.85}\n"
    "venues:\n"
    "  perp_venue:\n"
    "    margin: {rule: cross}\n"
    "    liquidity: square_root\n"
    "    insurance_fund_usd: 1.0e6\n"
    "    assets:\n"
    "      BTC: {tiers: [{from_usd: 0, maintenance_frac: 0.004}, {from_usd: 50000, "
    "maintenance_frac: 0.005}], liquidity: {volatility_daily: 0.0233, daily_volume_usd: "
    "12.5e9}}\n"
    "      ETH: {collateral_haircut_frac: 0.1}\n"
    "  options_venue: {margin: {rule: standard}, mark: oracle}\n";

static const char chain_text[] =
    "time_utc,currency,strike,option_type,expiry_utc,underlying_price,index_price,mark_iv,"
    "extra\n"
    "2026-01-18 09:14:30,BTC,90000,call,2026-01-19 08:00,95144.5,95151.68,0.5425,x\n"
    "2026-01-18 09:14:30,BTC,90000,put,2026-01-19 08:00,95144.5,95151.68,0.0,x\n"
    "2026-01-18 09:14:30,ETH,3000,put,2026-01-19 08:00,3300.5,3301,0.7,x\n";

static const char positions_text[] =
    "instrument,id,venue,account,asset,quantity,settlement,expiry,strike_usd,option_type,"
    "entry_price_usd\n"
    "cash,c1,perp_venue,desk,,250000.5,,,,,\n"
    "spot,s1,,,BTC,2.385,,,,,\n"
    "perpetual,p1,perp_venue,desk,ETH,-12.5,,,,,\n"
    "perpetual,p2,perp_venue,desk,BTC,-5000,inverse,,,,94000\n"
    "option,\"o,1\",options_venue,vol,BTC,-1.5,inverse,2026-01-30T08:00:00Z,90000,put,\n"
    "option,o2,options_venue,vol,BTC,1,,14d,100000,call,\n";

static const char accounts_text[] = "account,asset,quantity,entry_price_usd,collateral_usd,"
                                    "weight\n"
                                    "a1,BTC,1.25,90000,20000,3\n"
                                    "a1,ETH,-4.5,,,\n"
                                    "a2,ETH,10,3100,9000,\n";

static const char scenario_text[] =
    "tailrace: 1\n"
    "name: two-legs\n"
    "description: \"two legs: \\\"books\\\" thin\"\n"
    "severity: {label: severe, percentile: 0.99}\n"
    "run: {horizon: 36h, seed: 18446744073709551615}\n"
    "market: m.yaml\n"
    "portfolio: p.csv\n"
    "accounts: {perp_venue: a.csv}\n"
    "shocks:\n"
    "  - {price: [BTC, ETH], move: -0.22, start: 3h, duration: 1h, source: 'S: 5 %'}\n"
    "  - {price: BTC, move: {median: -0.33, log_sd: 0.12}, shape: pulse, start: {uniform: "
    "[12h, "
    "16h]}, duration: 3h, recover: {fraction: 0.4, half_life: 2h}, name: leg-2}\n"
    "  - {price: all, move: {uniform: [-0.1, 0.05]}, includes_feedback: true}\n"
    "  - {volatility: all, multiply: 3, start: {median: 2h, log_sd: 0.3}}\n"
    "  - {surface: [BTC], multiply: 2, duration: 1d}\n"
    "  - {correlation: all, set: 0.95, weight: {uniform: [0.5, 1]}}\n"
    "  - {liquidity: perp_venue, depth: {multiply: 0.08}, spread: {multiply: {median: 10, "
    "log_sd: 1}}, duration: 14h}\n"
    "  - {oracle: BTC, delay: 20m}\n"
    "  - {funding: all, add: -1.0e-3}\n"
    "limits:\n"
    "  - {metric: portfolio.loss, es: 0.99, max_usd: 5.0e6, confidence: 0.9}\n"
    "  - {metric: portfolio.loss, var: 0.995, max_usd: 4.0e6}\n"
    "  - {metric: portfolio.loss, mean: true, max_usd: 1.0e5}\n"
    "  - {metric: venue.bad_debt, probability_above_usd: 1.0e6, max: 0.001}\n";

static const char *files_write(void)
{
    scratch_file("m.yaml", market_text);
    scratch_file("chain.csv", chain_text);
    scratch_file("p.csv", positions_text);
    scratch_file("a.csv", accounts_text);
    return scratch_file("s.yaml", scenario_text);
}

static void read_ok(const char *file, uint32_t n, const struct override *o,
                    struct arena *arena, struct scenario *s)
{
    struct error err = {""};

    cr_assert(scenario_read(file, n, o, arena, s, &err), "%s", err.text);
}

Test(scenario, head_and_run_with_defaults)
{
    struct arena arena = {0};
    struct scenario s;

    read_ok(files_write(), 0, NULL, &arena, &s);
    cr_assert_str_eq(s.name, "two-legs");
    cr_assert_str_eq(s.description, "two legs: \"books\" thin");
    cr_assert_str_eq(s.severity.label, "severe");
    cr_assert_null(s.severity.source);
    cr_assert_eq(s.run.paths, 20000);
    cr_assert_eq(s.run.horizon_s, 129600.0);
    cr_assert_eq(s.run.step_s, 300.0);
    cr_assert_eq(s.run.report_s, 5400.0, "a 24th of the horizon");
    cr_assert_eq(s.run.seed, UINT64_MAX);
    cr_assert_eq(s.run.pilot_paths, 1024);
    cr_assert_eq(s.time_utc_s, 1768727670.0);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, market_assets_and_correlation)
{
    struct arena arena = {0};
    struct scenario s;

    read_ok(files_write(), 0, NULL, &arena, &s);
    cr_assert_eq(s.n_asset, 2);
    cr_assert_str_eq(s.asset[0].name, "BTC");
    cr_assert_str_eq(s.asset[0].model->about.name, "gbm");
    cr_assert_eq(s.asset[0].spot_usd, 95000.5);
    cr_assert_eq(s.asset[0].oracle.heartbeat_s, 3600.0);
    cr_assert_eq(s.asset[0].oracle.delay_s, 30.0);
    cr_assert_not(s.asset[1].has_oracle);
    cr_assert_eq(s.asset[1].surface.flat_volatility_annual, 0.7);
    cr_assert_eq(s.asset[0].n_chain_row, 1, "rows of BTC with a volatility");
    cr_assert_eq(s.asset[0].n_chain_skipped, 1, "mark_iv = 0");
    cr_assert_eq(s.asset[0].chain_row[0].volatility_annual, 0.5425);
    cr_assert_eq(s.asset[0].chain_row[0].expiry_s - s.asset[0].chain_row[0].quote_s,
                 81930.0);
    cr_assert_eq(s.correlation[1], 0.85);
    cr_assert_eq(s.correlation[2], 0.85);
    cr_assert_eq(s.correlation[3], 1.0);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, venues)
{
    struct arena arena = {0};
    struct scenario s;

    read_ok(files_write(), 0, NULL, &arena, &s);
    cr_assert_eq(s.n_venue, 2);
    cr_assert_str_eq(s.venue[0].rule->about.name, "cross");
    cr_assert_str_eq(s.venue[0].liquidity->about.name, "square_root");
    cr_assert_eq(s.venue[0].v.insurance_fund_usd, 1e6);
    cr_assert_eq(s.venue[0].v.mark, MARK_TRADED);
    cr_assert_eq(s.venue[0].n_asset, 2);
    cr_assert_eq(s.venue[0].asset[0].tiers.n_tier, 2);
    cr_assert_eq(s.venue[0].asset[0].tiers.tier[1].maintenance_frac, 0.005);
    cr_assert_not_null(s.venue[0].asset[0].liquidity_param);
    cr_assert_null(s.venue[0].asset[1].liquidity_param);
    cr_assert_eq(s.venue[0].asset[1].collateral_haircut_frac, 0.1);
    cr_assert_null(s.venue[1].liquidity);
    cr_assert_eq(s.venue[1].v.mark, MARK_ORACLE);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, positions_in_any_order_of_columns)
{
    struct arena arena = {0};
    struct scenario s;

    read_ok(files_write(), 0, NULL, &arena, &s);
    cr_assert_eq(s.n_position, 6);
    cr_assert_null(s.position[0].asset, "cash has none");
    cr_assert_eq(s.position[0].contract->quantity, 250000.5);
    cr_assert_null(s.position[1].venue, "held outside");
    cr_assert_eq(s.position[2].contract->entry_usd, 3300.0, "the market's spot");
    cr_assert(s.position[3].contract->inverse);
    cr_assert_eq(s.position[3].contract->entry_usd, 94000.0);
    cr_assert_str_eq(s.position[4].id, "o,1");
    cr_assert_eq(s.position[4].place.line, 6);
    cr_assert_not(s.position[4].contract->call);
    cr_assert_eq(s.position[4].contract->expiry_s, 1769760000.0 - 1768727670.0);
    cr_assert(s.position[5].contract->call);
    cr_assert_not(s.position[5].contract->inverse);
    cr_assert_eq(s.position[5].contract->expiry_s, 14.0 * 86400.0);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, accounts_share_collateral_and_weight)
{
    struct arena arena = {0};
    struct scenario s;

    read_ok(files_write(), 0, NULL, &arena, &s);
    cr_assert_str_eq(s.population[0].venue, "perp_venue");
    cr_assert_eq(s.population[0].n_holding, 3);
    cr_assert_eq(s.population[0].holding[0].collateral_usd +
                     s.population[0].holding[1].collateral_usd,
                 20000.0);
    cr_assert_eq(s.population[0].holding[0].weight, 3.0);
    cr_assert_eq(s.population[0].holding[1].weight, 3.0,
                 "the account's, given in its first row");
    cr_assert_eq(s.population[0].holding[1].entry_usd, 3300.0, "the market's spot");
    cr_assert_eq(s.population[0].holding[2].weight, 1.0);
    cr_assert_eq(s.population[0].holding[0].account, s.population[0].holding[1].account);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, shocks_resolve_shape_name_and_feedback)
{
    static const struct {
        const char *name;
        enum shock_state state;
        int shape;
        uint32_t n_target;
        bool feedback;
    } rows[] = {{"price-1", SHOCK_PRICE, SHAPE_RAMP, 2, true},
                {"leg-2", SHOCK_PRICE, SHAPE_PULSE, 1, false},
                {"price-3", SHOCK_PRICE, SHAPE_STEP, 0, true},
                {"volatility-1", SHOCK_VOLATILITY, SHAPE_STEP, 0, false},
                {"surface-1", SHOCK_SURFACE, SHAPE_PULSE, 1, false},
                {"correlation-1", SHOCK_CORRELATION, SHAPE_STEP, 0, false},
                {"liquidity-1", SHOCK_LIQUIDITY, SHAPE_PULSE, 1, false},
                {"oracle-1", SHOCK_ORACLE, SHAPE_STEP, 1, false},
                {"funding-1", SHOCK_FUNDING, SHAPE_STEP, 0, false}};
    struct arena arena = {0};
    struct scenario s;

    read_ok(files_write(), 0, NULL, &arena, &s);
    cr_assert_eq(s.n_shock, sizeof rows / sizeof *rows);
    for (uint32_t i = 0; i < s.n_shock; i++) {
        cr_assert_str_eq(s.shock[i].name, rows[i].name);
        cr_assert_eq(s.shock[i].state, rows[i].state, "%s", rows[i].name);
        cr_assert_eq(s.shock[i].shape, rows[i].shape, "%s", rows[i].name);
        cr_assert_eq(s.shock[i].n_target, rows[i].n_target, "%s", rows[i].name);
        cr_assert_eq(s.shock[i].includes_feedback, rows[i].feedback, "%s", rows[i].name);
    }
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, shocks_sizes_and_times)
{
    struct arena arena = {0};
    struct scenario s;

    read_ok(files_write(), 0, NULL, &arena, &s);
    cr_assert_eq(s.shock[0].move.size.a, -0.22);
    cr_assert_eq(s.shock[1].move.size.kind, DRAW_LOG_NORMAL);
    cr_assert_eq(s.shock[1].move.size.b, 0.12);
    cr_assert_eq(s.shock[1].start.kind, DRAW_UNIFORM);
    cr_assert_eq(s.shock[1].start.b, 57600.0);
    cr_assert_eq(s.shock[1].recover_half_life_s, 7200.0);
    cr_assert_eq(s.shock[5].weight.a, 0.5);
    cr_assert(s.shock[6].depth.given && !s.shock[6].refill.given &&
              s.shock[6].spread.given);
    cr_assert_eq(s.shock[6].depth.size.a, 0.08);
    cr_assert_eq(s.shock[6].refill.size.a, 1.0, "unchanged where not given");
    cr_assert_eq(s.shock[7].delay.size.a, 1200.0);
    cr_assert_eq(s.shock[8].add.size.a, -1e-3);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, limits)
{
    struct arena arena = {0};
    struct scenario s;

    read_ok(files_write(), 0, NULL, &arena, &s);
    cr_assert_eq(s.n_limit, 4);
    cr_assert_eq(s.limit[0].kind, LIMIT_ES);
    cr_assert_eq(s.limit[0].level, 0.99);
    cr_assert_eq(s.limit[0].max, 5e6);
    cr_assert_eq(s.limit[0].confidence, 0.9);
    cr_assert_eq(s.limit[1].kind, LIMIT_VAR);
    cr_assert_eq(s.limit[2].kind, LIMIT_MEAN);
    cr_assert_eq(s.limit[3].kind, LIMIT_PROBABILITY);
    cr_assert_eq(s.limit[3].above_usd, 1e6);
    cr_assert_eq(s.limit[3].max, 0.001);
    cr_assert_eq(s.limit[3].confidence, 0.95);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, resolved_text_reads_back_as_itself)
{
    struct arena arena = {0};
    struct scenario s, again;

    read_ok(files_write(), 0, NULL, &arena, &s);
    read_ok(scratch_file("again.yaml", s.resolved), 0, NULL, &arena, &again);
    cr_assert_str_eq(again.resolved, s.resolved);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, every_input_is_listed_once_with_its_hash)
{
    struct arena arena = {0};
    struct scenario s;
    static const char *const ends[] = {"/s.yaml", "/m.yaml", "/chain.csv", "/p.csv",
                                       "/a.csv"};
    const char *file = files_write();

    read_ok(file, 0, NULL, &arena, &s);
    cr_assert_eq(s.n_input, 5);
    for (uint32_t i = 0; i < s.n_input; i++)
        cr_assert_not_null(strstr(s.input[i].name, ends[i]), "%s", s.input[i].name);
    cr_assert_eq(s.input[3].size, sizeof positions_text - 1);
    cr_assert_str_eq(s.input[3].text, positions_text);
    cr_assert_eq(strlen(s.input[3].sha256), 64);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, overrides_reach_file_and_market)
{
    const struct override o[] = {{"market.assets.BTC.spot_usd", "1"},
                                 {"run.paths", "7"},
                                 {"shocks[0].move", "{uniform: [-0.5, -0.4]}"},
                                 {"market.correlation.ETH/BTC", "0"},
                                 {"portfolio", ""},
                                 {"severity.source", "'a, b: c'"}};
    struct arena arena = {0};
    struct scenario s;

    read_ok(files_write(), 6, o, &arena, &s);
    cr_assert_eq(s.asset[0].spot_usd, 1.0);
    cr_assert_eq(s.run.paths, 7);
    cr_assert_eq(s.shock[0].move.size.a, -0.5);
    cr_assert_eq(s.correlation[1], 0.0);
    cr_assert_eq(s.n_position, 0);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, child_changes_one_value_of_the_parents_market)
{
    struct arena arena = {0};
    struct scenario s;

    files_write();
    read_ok(scratch_file("child.yaml",
                         "tailrace: 1\nextends: s.yaml\nname: child\n"
                         "market: {assets: {ETH: {spot_usd: 2}}}\nshocks: []\n"
                         "accounts:\n"),
            0, NULL, &arena, &s);
    cr_assert_str_eq(s.name, "child");
    cr_assert_eq(s.asset[0].spot_usd, 95000.5);
    cr_assert_eq(s.asset[1].spot_usd, 2.0);
    cr_assert_eq(s.n_shock, 0);
    cr_assert_eq(s.n_limit, 4);
    cr_assert_eq(s.n_population, 0);
    arena_free(&arena);
    scratch_remove();
}

Test(scenario, sections_are_complete_tables)
{
    for (const struct section_about *a = scenario_sections; a->name != NULL; a++) {
        cr_assert_not_null(a->doc, "%s", a->name);
        for (const struct field *f = a->fields; f->key != NULL; f++) {
            cr_assert(f->doc != NULL && f->unit != NULL, "%s.%s", a->name, f->key);
            cr_assert(f->min <= f->max, "%s.%s", a->name, f->key);
            cr_assert(f->required || f->type == FIELD_TEXT || f->type == FIELD_CHOICE ||
                          f->type == FIELD_FLAG ||
                          (f->preset >= f->min && f->preset <= f->max),
                      "%s.%s: the default is in range", a->name, f->key);
        }
    }
}
