/* Market files and CSV tables that are refused, or just accepted. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "scenarios/scenario.h"
#include "tests/scratch.h"

struct row {
    const char *text, *expected; /* NULL: accepted */
};

static const char gbm[] = "price: {model: gbm, volatility_annual: 0.5}";
static const char chain_head[] =
    "strike,option_type,underlying_price,mark_iv,expiry_utc,time_utc\n";

static void expect(const char *label, const char *expected)
{
    struct arena arena = {0};
    struct error err = {""};
    struct scenario s;
    const bool ok = scenario_read(scratch_path("s.yaml"), 0, NULL, &arena, &s, &err);

    cr_expect_eq(ok, expected == NULL, "%s\n  gives: %s", label, err.text);
    cr_expect(expected == NULL || strstr(err.text, expected) != NULL, "%s\n  gives: %s",
              label, err.text);
    arena_free(&arena);
}

static void scenario_write(const char *market, const char *more)
{
    struct arena arena = {0};

    scratch_file("m.yaml", market);
    scratch_file("s.yaml", arena_print(&arena,
                                       "tailrace: 1\nname: x\nmarket: m.yaml\n"
                                       "run: {horizon: 1d}\n%s",
                                       more));
    arena_free(&arena);
}

Test(bad_table, market)
{
    static const struct row rows[] = {
        {"assets: {BTC: {spot_usd: 1, GBM}}", NULL},
        {"asets: {}", "m.yaml:2:1: market has no key 'asets': did you mean 'assets'?"},
        {"time_utc: noon\nassets: {BTC: {spot_usd: 1, GBM}}",
         "m.yaml:2:11: market.time_utc is "
         "not a time"},
        {"name: m", "market lacks 'assets'"},
        {"assets: {}", "m.yaml:2:9: market.assets is empty"},
        {"assets: {B/C: {spot_usd: 1, GBM}}", "'B/C' cannot name an asset"},
        {"assets: {BTC: {GBM}}", "market.assets.BTC lacks 'spot_usd'"},
        {"assets: {BTC: {spot_usd: 1}}", "market.assets.BTC lacks 'price'"},
        {"assets: {BTC: {spot_usd: 0, GBM}}", "market.assets.BTC.spot_usd = 0 is outside"},
        {"assets: {BTC: {spot_usd: 1, price: {}}}",
         "market.assets.BTC.price lacks 'model'"},
        {"assets: {BTC: {spot_usd: 1, price: {model: gbn}}}",
         "m.yaml:2:44: there is no price "
         "model 'gbn': did you mean 'gbm'?"},
        {"assets: {BTC: {spot_usd: 1, price: {model: gbm}}}", "lacks 'volatility_annual'"},
        {"assets: {BTC: {spot_usd: 1, price: {model: gbm, volatility_annual: 80 %}}}",
         "write the fraction 0.8"},
        {"assets: {BTC: {spot_usd: 1, GBM, surface: {}}}", "give either 'chain' or"},
        {"assets: {BTC: {spot_usd: 1, GBM, surface: {flat_volatility_annual: 0}}}",
         "an option needs a volatility over 0"},
        {"assets: {BTC: {spot_usd: 1, GBM, surface: {chain: none.csv}}}",
         "m.yaml:2:91: cannot read"},
        {"assets: {BTC: {spot_usd: 1, GBM}, ETH: {spot_usd: 1, GBM}}",
         "market.correlation lacks BTC/ETH: write it"},
        {"assets: {A: {spot_usd: 1, GBM}, B: {spot_usd: 1, GBM}}\ncorrelation: {A/B: 1.2}",
         "m.yaml:3:20: market.correlation.A/B = 1.2 is outside -1 .. 1"},
        {"assets: {A: {spot_usd: 1, GBM}, B: {spot_usd: 1, GBM}}\ncorrelation: {A/B: 0, "
         "B/A: 0}",
         "m.yaml:3:23: market.correlation.B/A was given before"},
        {"assets: {A: {spot_usd: 1, GBM}}\ncorrelation: {A/A: 1}", "with itself is 1"},
        {"assets: {A: {spot_usd: 1, GBM}}\ncorrelation: {AB: 1}", "AB is no pair"},
        {"assets: {A: {spot_usd: 1, GBM}}\nvenues: {v: {}}",
         "market.venues.v.margin lacks its "
         "rule"},
        {"assets: {A: {spot_usd: 1, GBM}}\nvenues: {v: {margin: {rule: corss}}}",
         "there is no margin rule 'corss': did you mean 'cross'?"},
        {"assets: {A: {spot_usd: 1, GBM}}\nvenues: {v: {margin: {rule: cross}, liquidity: "
         "x}}",
         "there is no liquidity model 'x'"},
        {"assets: {A: {spot_usd: 1, GBM}}\nvenues: {v: {margin: {rule: cross}, mark: "
         "last}}",
         "mark = last is unknown: choose from traded, oracle"},
        {"assets: {A: {spot_usd: 1, GBM}}\nvenues: {v: {margin: {rule: cross}, assets: {B: "
         "{}}}}",
         "the market has no asset 'B'"},
        {"assets: {A: {spot_usd: 1, GBM}}\nvenues: {v: {margin: {rule: cross}, assets: {A: "
         "{liquidity: {}}}}}",
         "the venue names no model"},
        {"assets: {A: {spot_usd: 1, GBM}}\nvenues: {v: {margin: {rule: cross}, assets: {A: "
         "{tiers: [{from_usd: 5, maintenance_frac: 0.1}]}}}}",
         "the first tier begins at 5: begin at 0"},
        {"assets: {A: {spot_usd: 1, GBM}}\nvenues: {v: {margin: {rule: cross}, assets: {A: "
         "{tiers: [{from_usd: 0, maintenance_frac: 0.1}, {from_usd: 0, maintenance_frac: "
         "1}]}}}}",
         "does not lie above the tier before"},
        {"assets: {A: {spot_usd: 1, GBM}}\nvenues: {v: {margin: {rule: cross}, assets: {A: "
         "{tiers: [{from_usd: 0, maintenance_frac: 0.1}, {from_usd: 5, maintenance_frac: "
         "0}]}}}}",
         "maintenance_frac falls to 0"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        const char *text = "tailrace: 1\n", *from = rows[i].text, *mark;
        while ((mark = strstr(from, "GBM")) != NULL) {
            text = arena_print(&arena, "%s%.*s%s", text, (int)(mark - from), from, gbm);
            from = mark + 3;
        }
        scenario_write(arena_print(&arena, "%s%s\n", text, from), "");
        expect(rows[i].text, rows[i].expected);
        arena_free(&arena);
    }
    scratch_remove();
}

static void table_rows(const char *file, const char *more, const char *first,
                       const struct row *rows, size_t n)
{
    struct arena arena = {0};

    for (size_t i = 0; i < n; i++) {
        scenario_write(
            arena_print(&arena,
                        "tailrace: 1\ntime_utc: 2026-01-18 09:14:30\nassets: {BTC: "
                        "{spot_usd: 95000, %s%s}}\n"
                        "venues: {perp_venue: {margin: {rule: cross}}}\n",
                        gbm, strcmp(file, "c.csv") == 0 ? ", surface: {chain: c.csv}" : ""),
            more);
        scratch_file(file, arena_print(&arena, "%s%s", first, rows[i].text));
        expect(rows[i].text, rows[i].expected);
    }
    arena_free(&arena);
    scratch_remove();
}

Test(bad_table, positions)
{
    static const struct row rows[] = {
        {"", "p.csv:1:1: the file is empty: its first row names the columns"},
        {"\n\n", "the file is empty"},
        {"id,instrument,asset,quantity\n", NULL},
        {"\xEF\xBB\xBFid,instrument,asset,quantity\r\na,spot,BTC,1\r\n\r\nb,cash,,5", NULL},
        {"id,instrument,asset,quantity\n\"a\nb\",spot,BTC,1\nc,spot,BTC,x\n",
         "p.csv:4:12: quantity = x is not a finite number"},
        {"id,instrument,asset,quantity\n\"a,\n\"\"b\",spot,\"BT\",1\n",
         "p.csv:3:11: the market has no asset 'BT': did you mean 'BTC'?"},
        {"id,instrument,asset,quantity\na,spot,BTC,\n", "p.csv:2:12: quantity is empty"},
        {"id,instrument,asset,quantity\na,spot,BTC,nan\n",
         "quantity = nan is not a finite"},
        {"id,instrument,asset,quantity\na,spot,BTC,-inf\n",
         "quantity = -inf is not a finite"},
        {"id,instrument,asset,quantity\na,spot,BTC,1e400\n",
         "quantity = 1e400 is not a finite"},
        {"id,instrument,asset,quantity\na,spot,BTC,1e308\n", "quantity = 1e308 is outside"},
        {"id,instrument,asset,quantity\na,spot,BTC,5 %\n",
         "quantity = 5 % is not a finite"},
        {"id,instrument,asset,quantity\na,spot,BTC,\"1,5\"\n",
         "quantity = 1,5 is not a finite"},
        {"id,instrument,asset,quantity\na,spot,BTC\n",
         "p.csv:2:1: 3 cells where the first row "
         "has 4 columns"},
        {"id,instrument,asset,quantity\na,spot,BTC,1,\n",
         "5 cells where the first row has 4"},
        {"id,instrument,asset,quantity\na,sp\"ot,BTC,1\n",
         "p.csv:2:1: the quotes of this row"},
        {"id,instrument,asset,quantity\na,\"spot,BTC,1\n",
         "p.csv:2:1: the quotes of this row"},
        {"id,instrument,asset,quantiy\n",
         "p.csv:1:21: there is no column 'quantiy': did you mean "
         "'quantity'?"},
        {"id;instrument;asset;quantity\n", "separate columns with commas"},
        {"id,instrument,asset,id\n", "p.csv:1:21: column 'id' stands here a second time"},
        {"id,instrument,quantity\n", "p.csv:1:1: column 'asset' is missing"},
        {"id,instrument,asset,quantity\na,spot,BTC,1\na,spot,BTC,2\n",
         "p.csv:3:1: id 'a' is that of line 2, too"},
        {"id,instrument,asset,quantity\n,spot,BTC,1\n", "p.csv:2:1: id is empty"},
        {"id,instrument,asset,quantity\na,perp,BTC,1\n",
         "p.csv:2:3: there is no instrument 'perp'"},
        {"id,instrument,asset,quantity\na,cash,BTC,1\n",
         "cash is in USD, leave the cell empty"},
        {"id,instrument,asset,quantity\na,spot,,1\n", "p.csv:2:8: asset is empty"},
        {"id,venue,instrument,asset,quantity\na,perpvenue,spot,BTC,1\n",
         "p.csv:2:3: the market has no venue 'perpvenue': did you mean 'perp_venue'?"},
        {"id,instrument,asset,quantity,settlement\na,spot,BTC,1,inverse\n",
         "settlement = inverse: spot takes none, leave the cell empty"},
        {"id,instrument,asset,quantity,settlement\na,perpetual,BTC,1,coin\n",
         "settlement = coin: write linear or inverse"},
        {"id,instrument,asset,quantity,strike_usd\na,spot,BTC,1,5\n",
         "strike_usd = 5: spot takes none"},
        {"id,instrument,asset,quantity\na,option,BTC,1\n",
         "p.csv:2:1: column option_type is missing: add it to the first row"},
        {"id,instrument,asset,quantity,option_type\na,option,BTC,1,call\n",
         "column strike_usd is missing"},
        {"id,instrument,asset,quantity,option_type,strike_usd\na,option,BTC,1,put,5\n",
         "column expiry is missing"},
        {"id,instrument,asset,quantity,option_type,strike_usd,expiry\na,option,BTC,1,put,5,"
         "14\n",
         "expiry = 14 is neither a duration such as 14d nor a time"},
        {"id,instrument,asset,quantity,option_type,strike_usd,expiry\na,option,BTC,1,put,5,"
         "2026-01-18T09:14:30Z\n",
         "lies before the market's time_utc"},
        {"id,instrument,asset,quantity,option_type,strike_usd,expiry\na,option,BTC,1,put,5,"
         "-1d\n",
         "expiry = -1d must lie after the start: write it"},
        {"id,instrument,asset,quantity,option_type,strike_usd,expiry,settlement_window\n"
         "a,option,BTC,1,put,5,1d,2d\n",
         "settlement_window = 2d is outside 0s .. 1d: it settles at the average"},
        {"id,instrument,asset,quantity,option_type,strike_usd,expiry,payout,payout_usd\n"
         "a,digital,BTC,1,put,5,1d,cash,\nb,digital,BTC,1,put,5,1d,asset,\n"
         "c,digital,BTC,1,put,5,1d,asset,2\n",
         "p.csv:4: digital 'c' has payout_usd = 2, but payout: asset pays the worth of"},
        {"id,instrument,asset,quantity,option_type,strike_usd\na,option,BTC,1,put,\n",
         "p.csv:2:20: strike_usd is empty"},
    };

    table_rows("p.csv", "portfolio: p.csv\n", "", rows, sizeof rows / sizeof *rows);
}

Test(bad_table, accounts)
{
    static const struct row rows[] = {
        {"a,BTC,1,9000,\nb,BTC,1,9000,2\nb,BTC,1,,2\n", NULL},
        {"a,BTC,1,9000,\nb,BTC,1,9000,\na,BTC,1,,\n",
         "a.csv:4:1: account 'a' has rows from line 2 "
         "on already"},
        {"a,BTC,1,,\nb,BTC,1,9000,\n", "a.csv:2:1: account 'a' has no collateral_usd"},
        {"a,BTC,1,,\n", "a.csv:2:1: account 'a' has no collateral_usd"},
        {"a,BTC,1,5,\na,BTC,1,5,\n",
         "a.csv:3:9: collateral_usd of account 'a' was given in line 2"},
        {"a,BTC,1,5,2\na,BTC,1,,3\n",
         "a.csv:3:10: weight of account 'a' was another in line 2"},
        {"a,BTC,1,5,0\n", "weight = 0 is outside"},
        {",BTC,1,5,\n", "account is empty"},
        {"a,BTX,1,5,\n", "a.csv:2:3: the market has no asset 'BTX'"},
        {"a,,1,5,\n", "the market has no asset ''"},
        {"a,BTC,NaN,5,\n", "quantity = NaN is not a finite number"},
    };
    static const struct row venues[] = {
        {"accounts: {prep_venue: a.csv}\n",
         "s.yaml:5:12: the market has no venue 'prep_venue'"},
        {"accounts: {perp_venue: a.csv, b: b.csv}\n", "no venue 'b'"},
        {"accounts: [a.csv]\n", "accounts takes venues and their CSV"},
        {"accounts: a.csv\n", NULL},
    };
    static const char first[] = "account,asset,quantity,collateral_usd,weight\n";

    table_rows("a.csv", "accounts: {perp_venue: a.csv}\n", first, rows,
               sizeof rows / sizeof *rows);
    for (size_t i = 0; i < sizeof venues / sizeof *venues; i++) {
        const struct row row = {"a,BTC,1,5,\n", venues[i].expected};
        table_rows("a.csv", venues[i].text, first, &row, 1);
    }
}

Test(bad_table, chains)
{
    static const struct row rows[] = {
        {"90000,call,95000,0.5,2026-01-19 08:00,2026-01-18 09:14:30\n", NULL},
        {"90000,P,95000,0.5,2026-01-19 08:00,2026-01-18 09:14:30\n", NULL},
        {"", "no option of BTC with a volatility"},
        {"90000,call,95000,0,2026-01-19 08:00,2026-01-18 09:14:30\n",
         "no option of BTC with"},
        {"90000,call,95000,54.2,2026-01-19 08:00,2026-01-18 09:14:30\n",
         "c.csv:2:18: mark_iv = 54.2 is a volatility of 54.2: if the column is in percent"},
        {"90000,call,95000,0.005,2026-01-19 08:00,2026-01-18 09:14:30\n",
         "all volatilities of BTC are below 0.03"},
        {"90000,both,95000,0.5,2026-01-19 08:00,2026-01-18 09:14:30\n",
         "c.csv:2:7: option_type = "
         "both"},
        {"0,call,95000,0.5,2026-01-19 08:00,2026-01-18 09:14:30\n",
         "strike = 0 is outside"},
        {"90000,call,,0.5,2026-01-19 08:00,2026-01-18 09:14:30\n",
         "underlying_price is empty"},
        {"90000,call,95000,0.5,tomorrow,2026-01-18 09:14:30\n",
         "expiry_utc = tomorrow is not a "
         "time"},
        {"90000,call,95000,0.5,2026-01-18 08:00,2026-01-18 09:14:30\n",
         "has expired before"},
    };
    static const struct row heads[] = {
        {"strike,option_type,underlying_price,mark_iv,expiry_ms\n",
         "column 'time_utc' (or"},
        {"strike,option_type,underlying_price,mark_iv,time_ms\n",
         "column 'expiry_utc' (or"},
        {"strike,option_type,underlying_price,time_ms,expiry_ms\n",
         "column 'mark_iv' is missing"},
    };

    table_rows("c.csv", "", chain_head, rows, sizeof rows / sizeof *rows);
    table_rows("c.csv", "", "", heads, sizeof heads / sizeof *heads);
}

/* 1,000,001 rows, as exported from a large venue. */
Test(bad_table, million_accounts, .timeout = 60)
{
    enum { ROWS = 1000001, ROW_BYTES = 48 };
    struct arena arena = {0}, text_arena = {0};
    struct error err = {""};
    struct scenario s;
    char *text = arena_get(&text_arena, ROWS + 1, ROW_BYTES);
    size_t used = (size_t)sprintf(text, "account,asset,quantity,collateral_usd\n");

    for (int i = 0; i < ROWS; i++)
        used +=
            (size_t)sprintf(text + used, "acc%07d,BTC,%d.25,%d\n", i, i % 100, 1000 + i);
    scenario_write(arena_print(&arena,
                               "tailrace: 1\nassets: {BTC: {spot_usd: 95000, %s}}\n"
                               "venues: {perp_venue: {margin: {rule: cross}}}\n",
                               gbm),
                   "accounts: a.csv\n");
    scratch_bytes("a.csv", text, used);
    cr_assert(scenario_read(scratch_path("s.yaml"), 0, NULL, &arena, &s, &err), "%s",
              err.text);
    cr_assert_eq(s.population[0].n_holding, ROWS);
    cr_assert_eq(s.population[0].holding[ROWS - 1].collateral_usd, 1000.0 + ROWS - 1);
    cr_assert_eq(s.population[0].holding[ROWS - 1].place.line, ROWS + 1);
    arena_free(&arena);
    arena_free(&text_arena);
    scratch_remove();
}
