/* The table of Greeks at the start and its sums, and the sums along the paths. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/greek_paths.h"
#include "sim/greeks.h"
#include "sim/run.h"
#include "tests/fixture.h"

/* Two assets, one of them on a smile; an account on a venue that some paths lose, and one
 * without margin; expiries in every bucket. */
static const char SCENARIO[] =
    "tailrace: 1\n"
    "name: greeks\n"
    "run: {paths: 600, horizon: 2d, step: 2h, report: 6h, seed: 11, greek_paths: 520}\n"
    "portfolio: positions.csv\n"
    "market:\n"
    "  tailrace: 1\n"
    "  name: two\n"
    "  correlation: {BTC/ETH: 0.6}\n"
    "  assets:\n"
    "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 2.5}, surface: "
    "{dynamics: sticky_delta, ssvi: {rho: -0.35, eta: 0.9, gamma: 0.45, slices: [{expiry: "
    "7d, atm_volatility_annual: 0.62}, {expiry: 30d, theta: 0.031, basis_annual: 0.05}, "
    "{expiry: 90d, theta: 0.12}]}}}\n"
    "    ETH: {spot_usd: 7, price: {model: gbm, volatility_annual: 0.9}, surface: "
    "{flat_volatility_annual: 0.85}}\n"
    "  venues:\n"
    "    perp_venue:\n"
    "      margin: {rule: cross}\n"
    "      liquidity: square_root\n"
    "      assets:\n"
    "        BTC: {tiers: [{from_usd: 0, maintenance_frac: 0.02}], liquidity: "
    "{impact_coefficient: 1, volatility_daily: 0.04, daily_volume_usd: 1.0e9}}\n";
static const char POSITIONS[] =
    "id,account,venue,instrument,asset,settlement,quantity,entry_price_usd,option_type,"
    "strike_usd,expiry\n"
    "cash,desk,perp_venue,cash,,,10,,,,\n"
    "coins,desk,perp_venue,spot,BTC,,2.385,,,,\n"
    "linear,desk,perp_venue,perpetual,BTC,linear,10.5,98,,,\n"
    "inverse,desk,perp_venue,perpetual,BTC,inverse,-350,103,,,\n"
    "vault,custody,,spot,ETH,,31.7,,,,\n"
    "o1,custody,,option,BTC,inverse,3.25,,call,104,20h\n"
    "o2,custody,,option,BTC,inverse,-2.5,,put,93,5d\n"
    "o3,custody,,option,BTC,linear,1.75,,call,120,29d\n"
    "o4,custody,,option,ETH,inverse,-40,,put,6.5,80d\n"
    "o5,custody,,option,ETH,linear,25,,call,8,170d\n"
    "o6,custody,,option,ETH,inverse,12,,put,7.1,300d\n"
    "o7,custody,,option,BTC,inverse,-0.5,,call,88,5d\n";
enum { CASH, COINS, LINEAR, INVERSE, VAULT, OPTION };

static void open_book(struct fixture *f)
{
    fixture_open(f, SCENARIO, POSITIONS, NULL);
}

/* Sums that add the same numbers in another order: to 1e-12 of what is added. */
static void check_sum(double sum, double expected, double gross, const char *what,
                      uint32_t field)
{
    cr_expect_float_eq(sum, expected, 1e-12 * gross, "%s %s: %.17g, %.17g", what,
                       greeks_field[field].name, sum, expected);
}

static double member(const struct greek_row *row, uint32_t field)
{
    struct greek_row copy = *row;

    return *greeks_member(&copy, field);
}

Test(greeks, buckets_are_by_the_time_left)
{
    static const struct {
        double expiry_s;
        const char *name;
    } rows[] = {
        {0.0, "none"},           {1.0 + 1.0, "1d"},        {86400.0 + 1.0, "1d"},
        {86400.0 + 2.0, "7d"},   {7.0 * 86400.0, "7d"},    {8.0 * 86400.0, "30d"},
        {31.0 * 86400.0, "90d"}, {91.0 * 86400.0, "180d"}, {181.0 * 86400.0, "later"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct contract c = {.expiry_s = rows[i].expiry_s};
        cr_expect_str_eq(greeks_bucket_name[greeks_bucket(&c, 1.0)], rows[i].name, "%g s",
                         rows[i].expiry_s);
    }
}

Test(greeks, positions_assets_buckets_and_the_total_add_up)
{
    struct fixture f;

    open_book(&f);
    const struct greek_table t = greeks_at_start(&f.plan, &f.arena);
    for (uint32_t field = 0; field < N_GREEK_FIELD; field++) {
        double positions = 0.0, assets = 0.0, gross = 0.0;
        for (uint32_t i = 0; i < f.plan.n_position; i++) {
            positions += member(&t.position[i], field);
            gross += fabs(member(&t.position[i], field));
        }
        cr_assert_gt(gross, 0.0, "%s", greeks_field[field].name);
        for (uint32_t a = 0; a < f.plan.n_asset; a++) {
            double of_asset = 0.0, buckets = 0.0;
            for (uint32_t i = 0; i < f.plan.n_position; i++)
                if (f.plan.position[i].contract->asset == a)
                    of_asset += member(&t.position[i], field);
            for (uint32_t b = 0; b < N_GREEK_BUCKET; b++)
                buckets += member(&t.bucket[a * N_GREEK_BUCKET + b], field);
            check_sum(member(&t.asset[a], field), of_asset, gross, "asset", field);
            check_sum(member(&t.asset[a], field), buckets, gross, "buckets", field);
            assets += of_asset;
        }
        const double cash = field == 0 ? t.position[CASH].value_usd : 0.0;
        if (!greeks_field[field].usd)
            continue;
        check_sum(member(&t.total, field), positions, gross, "total", field);
        check_sum(member(&t.total, field), assets + cash, gross, "assets", field);
    }
    cr_expect_float_eq(t.total.value_usd, f.plan.start_value_usd, 1e-10);
    fixture_close(&f);
}

Test(greeks, every_expiry_stands_in_its_bucket)
{
    struct fixture f;

    open_book(&f);
    const struct greek_table t = greeks_at_start(&f.plan, &f.arena);
    for (uint32_t b = 0; b < N_GREEK_BUCKET - 1; b++) {
        double vega = 0.0; /* o1 .. o6 stand in the order of the buckets; o7 beside o2 */
        for (uint32_t a = 0; a < f.plan.n_asset; a++)
            vega += t.bucket[a * N_GREEK_BUCKET + b].vega_usd_per_point;
        const double beside = b == 1 ? t.position[OPTION + 6].vega_usd_per_point : 0.0;
        cr_expect_float_eq(vega, t.position[OPTION + b].vega_usd_per_point + beside, 1e-14);
        cr_expect_gt(fabs(vega), 1e-4, "%s", greeks_bucket_name[b]);
    }
    fixture_close(&f);
}

/* Facts of Deribit: net delta of a coin-settled option is the Black-Scholes delta less its
 * mark in coins; of an inverse perpetual of q USD, q / S; coins have none. On sticky delta
 * the economic delta is another one. */
Test(greeks, exchange_delta_is_that_of_the_value_in_coins)
{
    struct fixture f;

    open_book(&f);
    const struct greek_row *g = greeks_at_start(&f.plan, &f.arena).position;
    cr_expect_eq(g[COINS].delta_exchange_coin, 0.0);
    cr_expect_eq(g[CASH].delta_exchange_coin, 0.0);
    cr_expect_float_eq(g[COINS].delta_coin, 2.385, 1e-15);
    cr_expect_float_eq(g[LINEAR].delta_exchange_coin, 10.5, 1e-14);
    cr_expect_float_eq(g[INVERSE].delta_exchange_coin, -3.5, 1e-14);
    cr_expect_float_eq(g[INVERSE].delta_coin, -350.0 / 103.0, 1e-14);

    const double root_t = sqrt(80.0 / 365.0), sd = 0.85 * root_t;
    const double d1 = log(7.0 / 6.5) / sd + 0.5 * sd;
    const double delta = -0.5 * erfc(d1 / sqrt(2.0)); /* -N(-d1) */
    const struct greek_row *o4 = &g[OPTION + 3];
    cr_expect_float_eq(o4->delta_coin, -40.0 * delta, 1e-12);
    cr_expect_float_eq(o4->delta_exchange_coin, -40.0 * delta - o4->value_usd / 7.0, 1e-12);
    cr_expect_float_eq(o4->value_coin, o4->value_usd / 7.0, 1e-14);
    cr_expect(fabs(g[OPTION].delta_exchange_coin + g[OPTION].value_coin -
                   g[OPTION].delta_coin) > 1e-3,
              "the exchange's delta must not go along the smile");
    fixture_close(&f);
}

/* At time 0 the sums along the paths are those of the table. */
Test(greeks, sums_along_the_paths_begin_at_the_table)
{
    struct fixture f;
    struct worker w;

    open_book(&f);
    const struct greek_table t = greeks_at_start(&f.plan, &f.arena);
    const struct greek_paths paths = greek_paths_of(&f.plan, &f.arena);
    fixture_start(&f, &w);
    greek_paths_create(&paths, &w);
    greek_paths_report(&f.plan, &w, 0, 0, LANES);
    for (uint32_t g = 0; g < N_GREEK; g++) {
        for (uint32_t a = 0; a < f.plan.n_asset; a++) {
            const double expected = member(&t.asset[a], g);
            const double found = paths.column[greek_paths_of_asset(a, g)][LANES - 1];
            check_sum(found, expected, 100.0 + fabs(expected), "asset", g);
        }
        for (uint32_t b = 0; b < N_GREEK_BUCKET; b++) {
            const double expected =
                member(&t.bucket[b], g) + member(&t.bucket[N_GREEK_BUCKET + b], g);
            const double found = paths.column[greek_paths_of_bucket(2, b, g)][LANES - 1];
            check_sum(found, expected, 100.0 + fabs(expected), "bucket", g);
        }
    }
    cr_expect_eq(paths.column[greek_paths_spot(2, 1)][0], 7.0);
    cr_expect_float_eq(paths.column[greek_paths_cash(2)][0], 10.0, 1e-12);
    worker_free(&w);
    fixture_close(&f);
}

/* Column of a report. */
static const double *at(const struct fixture *f, const struct greek_paths *paths,
                        uint32_t report, uint32_t i)
{
    return paths->column[report * greek_paths_width(f->plan.n_asset) + i];
}

static void run_with_greeks(struct fixture *f, const struct greek_paths *paths)
{
    struct error err;

    f->column = arena_get(&f->arena, f->plan.n_column, sizeof *f->column);
    for (uint32_t c = 0; c < f->plan.n_column; c++)
        f->column[c] = arena_get(&f->arena, f->plan.n_path, sizeof **f->column);
    const struct run_job job = {
        .plan = &f->plan, .n_path = f->plan.n_path, .column = f->column, .greeks = paths};
    cr_assert_eq(run_job(&job, &err), RUN_DONE, "%s", err.text);
}

/* On every path, liquidated or not, values and cash at the end are the book's; buckets and
 * assets add up; a closed account has no delta. */
Test(greeks, sums_along_the_paths_are_those_of_the_book)
{
    struct fixture f;
    uint32_t n_closed = 0;

    open_book(&f);
    const struct greek_paths paths = greek_paths_of(&f.plan, &f.arena);
    cr_assert_eq((int)paths.n_path, 520);
    run_with_greeks(&f, &paths);
    const double *pnl = fixture_metric(&f, "pnl_usd", 0);
    const double *liquidated = fixture_metric(&f, "liquidated", 0);
    const uint32_t last = f.plan.n_report - 1;
    for (uint64_t k = 0; k < paths.n_path; k++) {
        for (uint32_t g = 0; g < N_GREEK; g++) {
            double assets = 0.0, buckets = 0.0, gross = 1.0;
            for (uint32_t a = 0; a < 2; a++)
                assets += at(&f, &paths, last, greek_paths_of_asset(a, g))[k];
            for (uint32_t b = 0; b < N_GREEK_BUCKET; b++) {
                const double x = at(&f, &paths, last, greek_paths_of_bucket(2, b, g))[k];
                buckets += x;
                gross += fabs(x);
            }
            check_sum(assets, buckets, gross, "path", g);
            if (g == 0)
                cr_expect_float_eq(assets + at(&f, &paths, last, greek_paths_cash(2))[k],
                                   f.plan.start_value_usd + pnl[k], 1e-9);
        }
        if (liquidated[k] == 0.0)
            continue;
        n_closed++;
        const double spot = at(&f, &paths, last, greek_paths_spot(2, 1))[k];
        const double coins =
            at(&f, &paths, last, greek_paths_of_bucket(2, N_GREEK_BUCKET - 1, 1))[k];
        cr_expect_float_eq(coins, 31.7 * spot, 1e-11, "path %d: %g", (int)k, coins);
    }
    cr_expect(n_closed > 20 && n_closed < 500, "%d paths closed", (int)n_closed);
    fixture_close(&f);
}

/* What a resumed run recomputes is what the run would have written, bit for bit; units that
 * it does not miss stay as they are. */
Test(greeks, recomputed_units_are_the_same_bits)
{
    struct fixture f;

    open_book(&f);
    const struct greek_paths once = greek_paths_of(&f.plan, &f.arena);
    const struct greek_paths again = greek_paths_of(&f.plan, &f.arena);
    const unsigned char done[] = {0, 1, 1};
    const uint32_t n = f.plan.n_report * greek_paths_width(f.plan.n_asset);
    run_with_greeks(&f, &once);
    cr_assert_eq(run_greeks(&f.plan, done, &again, NULL), RUN_DONE);
    for (uint32_t c = 0; c < n; c++) {
        cr_expect_eq(again.column[c][0], 0.0);
        cr_expect_eq(memcmp(&once.column[c][PLAN_UNIT], &again.column[c][PLAN_UNIT],
                            (once.n_path - PLAN_UNIT) * sizeof(double)),
                     0, "column %u", c);
    }
    fixture_close(&f);
}
