/* Digital and barrier options in a book: what they read from the surface, what becomes of
 * them along known paths, what is refused. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scenarios/compile.h"
#include "sim/book_claim.h"
#include "sim/run.h"
#include "tests/fixture.h"
#include "tests/scratch.h"

static const char HEAD[] = "tailrace: 1\nname: exotic\nportfolio: positions.csv\n";

/* One asset at 100 USD. */
static void open_book(struct fixture *f, const char *run, const char *shocks,
                      const char *surface, const char *positions)
{
    char text[2048];

    snprintf(
        text, sizeof text,
        "%srun: {%s}\n%smarket:\n  time_utc: 2026-01-30T08:00:00Z\n  assets:\n    BTC:\n"
        "      spot_usd: 100\n      price: {model: gbm, volatility_annual: 0}\n"
        "      surface: {%s}\n",
        HEAD, run, shocks, surface);
    fixture_open(f, text, positions, NULL);
}

static double value_of(const struct fixture *f, const struct worker *w, uint32_t position,
                       double spot)
{
    lane_row spots, log_spots, value;
    struct claim_value out = {.value_usd = value};

    for (int k = 0; k < LANES; k++) {
        spots[k] = spot;
        log_spots[k] = log(spot);
    }
    book_claim_value(&f->plan, &f->plan.claim[f->plan.position[position].claim], w, spots,
                     log_spots, &out);
    return value[LANES / 2];
}

static const char CHAIN[] =
    "strike,option_type,underlying_price,mark_iv,expiry_utc,time_utc\n"
    "80,put,100,0.9,2026-02-19T08:00:00Z,2026-01-30T08:00:00Z\n"
    "100,call,100,0.6,2026-02-19T08:00:00Z,2026-01-30T08:00:00Z\n"
    "120,call,100,0.7,2026-02-19T08:00:00Z,2026-01-30T08:00:00Z\n";

/* The digital at K is -dC/dK of the book's own options around it; order 4 with steps of
 * 0.1 % of K unless the surface has a kink there, then 2 with smaller ones. `life`: expiry and
 * settlement window. */
static const char *const later[] = {"20d", "0m"}, *const within[] = {"20h", "1d"};

static void check_digital(const char *surface, const char *shocks, double factor,
                          double skew, double strike, bool kink, const char *const life[2])
{
    static const int at[] = {1, -1, 2, -2};
    const double h = kink ? 1e-5 : 1e-3;
    char positions[1024];
    struct fixture f;
    struct worker w;
    int n = snprintf(positions, sizeof positions,
                     "id,instrument,asset,quantity,option_type,strike_usd,expiry,payout,"
                     "settlement_window\n"
                     "d,digital,BTC,1,call,%.17g,%s,cash,%s\n",
                     strike, life[0], life[1]);

    for (int i = 0; i < 4; i++)
        n += snprintf(positions + n, sizeof positions - (size_t)n,
                      "o%d,option,BTC,1,call,%.17g,%s,,%s\n", i, strike * (1.0 + at[i] * h),
                      life[0], life[1]);
    scratch_file("chain.csv", CHAIN);
    open_book(&f, "paths: 256, horizon: 2d, step: 1h", shocks, surface, positions);
    fixture_start(&f, &w);
    for (int k = 0; k < LANES; k++) {
        worker_row(&w, ROW_EFFECT, EFFECT_SURFACE)[k] = factor;
        worker_row(&w, ROW_EFFECT, EFFECT_SKEW)[k] = skew;
    }
    for (int i = 0; i < 3; i++) {
        const double spot = 95.0 + 5.0 * i;
        double c[4];
        for (uint32_t o = 0; o < 4; o++)
            c[o] = value_of(&f, &w, o + 1, spot);
        const double slope =
            kink ? (c[0] - c[1]) / (2.0 * h * strike)
                 : (8.0 * (c[0] - c[1]) - (c[2] - c[3])) / (12.0 * h * strike);
        const double digital = value_of(&f, &w, 0, spot);
        cr_assert_float_eq(digital, -slope, kink ? 1e-4 : 1e-7,
                           "%s, factor %g, skew %g, K %g, S %g: %.10g, slope %.10g",
                           surface, factor, skew, strike, spot, digital, -slope);
    }
    worker_free(&w);
    fixture_close(&f);
}

Test(exotic, digital_is_the_slope_of_the_books_options)
{
    static const char ssvi[] =
        "dynamics: %s, ssvi: {rho: -0.5, eta: 0.9, gamma: 0.45, slices: [{expiry: 7d, "
        "atm_volatility_annual: 0.62}, {expiry: 30d, theta: 0.031, basis_annual: 0.05}]}";
    static const char bends[] = "shocks: [{surface: BTC, skew_add: -0.1, start: 1d}]\n";

    for (int i = 0; i < 8; i++) {
        char surface[256];
        snprintf(surface, sizeof surface, ssvi, i & 1 ? "sticky_delta" : "sticky_strike");
        check_digital(surface, i & 2 ? bends : "", i & 4 ? 1.3 : 1.0, i & 2 ? -0.15 : 0.0,
                      92.0 + 3.0 * i, false, later);
        check_digital(surface, i & 2 ? bends : "", i & 4 ? 1.3 : 1.0, i & 2 ? -0.15 : 0.0,
                      96.0 + 1.0 * i, true, within);
    }
}

/* Between the strikes of a chain, and on one of them, where the slope is the mean of both
 * sides, as that of a narrow spread around it. */
Test(exotic, digital_on_a_chain)
{
    check_digital("chain: chain.csv", "", 1.0, 0.0, 90.0, true, later);
    check_digital("chain: chain.csv", "", 1.2, 0.0, 100.0, true, later);
}

static const char COLUMNS[] =
    "id,account,settlement_window,instrument,asset,quantity,option_type,strike_usd,"
    "barrier_type,barrier_usd,rebate_usd,settlement,monitoring_interval,payout,payout_usd,"
    "expiry\n";

/* Rows of positions held over two hours and what each pays in all, USD at the end. */
struct held {
    const char *row;
    double paid_usd;
};

static void check_paid(const char *shocks, const struct held *rows, int n)
{
    char positions[4096];
    double contribution[32], cost;
    const uint64_t path = 0;
    struct fixture f;
    int used = snprintf(positions, sizeof positions, "%s", COLUMNS);

    for (int i = 0; i < n; i++)
        used += snprintf(positions + used, sizeof positions - (size_t)used,
                         "p%d,a%d,0s,%s\n", i, i, rows[i].row);
    open_book(&f, "paths: 1, horizon: 2h, step: 10m, report: 30m", shocks,
              "flat_volatility_annual: 0.8", positions);
    fixture_run(&f);
    run_contributions(&f.plan, &path, 1, contribution, &cost, NULL);
    for (int i = 0; i < n; i++) {
        const double pnl = fixture_metric(&f, "account_pnl_usd", (uint32_t)i)[0];
        const double start = f.plan.account[i].start_value_usd;
        cr_assert_float_eq(pnl + start, rows[i].paid_usd, 1e-10, "%s: %.12g", rows[i].row,
                           pnl + start);
        cr_assert_float_eq(contribution[i], pnl, 1e-10, "%s: contribution %.12g",
                           rows[i].row, contribution[i]);
    }
    fixture_close(&f);
}

/* The price stands at 100. One that is looked at may yet be elsewhere at the first look. */
Test(exotic, a_barrier_touched_at_the_start_is_told)
{
    static const char *const parts[] = {
        ":2:1: barrier 'a' has barrier_usd = 100, which the start's price of 100 touches "
        "already: it is worth nothing; give up_out a price above",
        ":3:1: barrier 'b' has barrier_usd = 101, which the start's price of 100 touches "
        "already: it is a plain option; give down_in a price below"};
    struct arena arena = {0};
    const char *text[9];
    char positions[1000];
    struct fixture f;

    snprintf(positions, sizeof positions,
             "%sa,x,0s,barrier,BTC,1,put,95,up_out,100,,,,,,2h\n"
             "b,x,0s,barrier,BTC,1,put,95,down_in,101,,,,,,2h\n"
             "c,x,0s,barrier,BTC,1,put,95,down_in,101,,,1h,,,2h\n"
             "d,x,0s,barrier,BTC,1,put,95,up_out,101,,,,,,2h\n",
             COLUMNS);
    open_book(&f, "paths: 1, horizon: 2h, step: 10m, report: 30m", "",
              "flat_volatility_annual: 0.8", positions);
    cr_assert_eq(compile_warnings(&f.scenario, &f.plan, &arena, text, 9), 2);
    for (int i = 0; i < 2; i++)
        cr_expect(strstr(text[i], parts[i]) != NULL, "%s", text[i]);
    fixture_close(&f);
    arena_free(&arena);
}

/* 100 to 80 along a ramp of two hours: 89.4 after one. */
Test(exotic, barriers_along_a_falling_price)
{
    static const struct held rows[] = {
        {"barrier,BTC,1,put,95,down_out,90,3,,,,,2h", 3.0},
        {"barrier,BTC,1,put,95,down_out,79,3,,,,,2h", 15.0},
        {"barrier,BTC,-2,put,95,down_in,90,3,,,,,2h", -30.0},
        {"barrier,BTC,1,put,95,down_in,79,3,,,,,2h", 3.0},
        {"barrier,BTC,1,put,95,up_out,105,3,,,,,2h", 15.0},
        {"barrier,BTC,1,put,95,up_in,105,2,,,,,2h", 2.0},
        {"barrier,BTC,1,put,95,down_out,100,3,,,,,2h", 0.0},  /* dead at the start */
        {"barrier,BTC,1,put,95,down_in,101,3,,,,,2h", 15.0},  /* alive at the start */
        {"barrier,BTC,1,put,95,down_out,90,3,,1h,,,2h", 3.0}, /* seen after one hour */
        {"barrier,BTC,1,put,95,down_out,89,3,,1h,,,2h", 3.0}, /* at expiry */
        {"barrier,BTC,1,put,95,down_in,89,3,,7h,,,2h", 15.0}, /* at expiry, too */
        {"barrier,BTC,1,put,95,down_out,90,3,inverse,,,,2h", 3.0 / 90.0 * 80.0},
        {"barrier,BTC,1,put,95,down_in,90,3,inverse,,,,2h", 15.0},
        {"barrier,BTC,1,call,75,down_out,90,0,,,,,2h", 0.0},
        {"digital,BTC,2,put,95,,,,,,cash,30,2h", 60.0},
        {"digital,BTC,2,put,95,,,,inverse,,asset,,2h", 160.0},
        {"digital,BTC,2,call,95,,,,,,asset,,2h", 0.0},
    };

    check_paid("shocks: [{price: BTC, move: -0.2, shape: ramp, duration: 2h}]\n", rows,
               sizeof rows / sizeof *rows);
}

/* 80 from minute 20 to minute 40 only: hourly looks do not see it. */
Test(exotic, looks_do_not_see_what_is_between_them)
{
    static const struct held rows[] = {
        {"barrier,BTC,1,put,105,down_out,90,3,,,,,2h", 3.0},
        {"barrier,BTC,1,put,105,down_out,90,3,,1h,,,2h", 5.0},
        {"barrier,BTC,1,put,105,down_out,90,3,,30m,,,2h", 3.0},
        {"barrier,BTC,1,put,105,down_in,90,3,,1h,,,2h", 3.0},
    };

    check_paid("shocks: [{price: BTC, move: -0.2, shape: pulse, start: 20m, duration: "
               "20m}]\n",
               rows, sizeof rows / sizeof *rows);
}

/* The sentence that refuses a book, or "". */
static const char *refusal(const char *row)
{
    static char text[sizeof((struct error *)0)->text];
    char positions[512];
    struct arena arena = {0};
    struct scenario s;
    struct plan plan;
    struct error err = {""};

    snprintf(positions, sizeof positions, "%sp,a,,%s\n", COLUMNS, row);
    scratch_file("positions.csv", positions);
    const char *file = scratch_file(
        "scenario.yaml",
        "tailrace: 1\nname: x\nportfolio: positions.csv\nrun: {horizon: 1d, step: 6h}\n"
        "market:\n  assets:\n    BTC: {spot_usd: 100, price: {model: gbm, "
        "volatility_annual: 1}, surface: {flat_volatility_annual: 1}}\n");
    if (scenario_read(file, 0, NULL, &arena, &s, &err))
        compile_plan(&s, &arena, &plan, &err);
    snprintf(text, sizeof text, "%s", err.text);
    arena_free(&arena);
    return text;
}

Test(exotic, what_makes_no_sense_is_refused)
{
    static const char *const rows[][2] = {
        {"barrier,BTC,1,put,95,down_out,90,3,,6h,,,2d", ""},
        {"barrier,BTC,1,put,95,down_out,90,3,,1h,,,2d",
         "position p is looked at every 3600 s, but run.step is 21600 s"},
        {"barrier,BTC,1,put,95,down_out,90,3,inverse,6h,,,2d",
         "pays rebate_usd = 3 in coins at a touch"},
        {"barrier,BTC,1,put,95,down_in,90,3,inverse,6h,,,2d", ""},
        {"barrier,BTC,0,put,95,down_out,90,3,,,,,2d", "barrier 'p' has quantity 0"},
        {"barrier,BTC,1,put,95,down,90,3,,,,,2d",
         "barrier_type = down: write up_out, up_in, down_out or down_in"},
        {"barrier,BTC,1,put,95,down_out,,3,,,,,2d", "barrier_usd"},
        {"barrier,BTC,1,put,95,down_out,90,-3,,,,,2d", "rebate_usd"},
        {"digital,BTC,1,put,95,90,,,,,cash,3,2d", "barrier_type"},
        {"digital,BTC,1,put,95,,,,,,coin,3,2d", "payout = coin: write cash or asset"},
        {"digital,BTC,0,put,95,,,,,,cash,3,2d", "digital 'p' has quantity 0"},
        {"digital,BTC,1,put,,,,,,,cash,3,2d", "strike_usd"},
        {"digital,BTC,1,put,95,,,,,,cash,3,2d", ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = refusal(rows[i][0]);
        cr_expect(rows[i][1][0] == '\0' ? got[0] == '\0' : strstr(got, rows[i][1]) != NULL,
                  "%s\n  gives: %s", rows[i][0], got);
    }
    scratch_remove();
}
