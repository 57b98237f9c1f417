/* The tape of a path is complete: its terms add up to the path's metrics to the last bit. And
 * the debug check of the triggers: it changes nothing, and finds what is hidden from them. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/cascade.h"
#include "sim/run.h"
#include "sim/rng.h"
#include "sim/trigger.h"
#include "sim/trigger_check.h"
#include "tests/fixture.h"
#include "tests/scratch.h"

enum { N_ACCOUNT = 300, N_PATH = 40, MAX_TEXT = 1 << 17 };

/* %s: run.check_triggers. Two venues of contracts, one of them of coins too, with marks of
 * their own. */
static const char SCENARIO[] =
    "tailrace: 1\n"
    "name: two\n"
    "run: {paths: 40, horizon: 12h, step: 5m, check_triggers: %s}\n"
    "portfolio: positions.csv\n"
    "accounts: {one: one.csv, two: two.csv}\n"
    "shocks: [{price: [BTC, ETH], move: -0.25, start: 1h, duration: 4h}]\n"
    "market:\n"
    "  tailrace: 1\n"
    "  name: two\n"
    "  assets:\n"
    "    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 1.2},\n"
    "          oracle: {deviation_frac: 0.01, delay: 10m}}\n"
    "    ETH: {spot_usd: 7, price: {model: gbm, volatility_annual: 1.4},\n"
    "          oracle: {deviation_frac: 0.01, delay: 0s}}\n"
    "  correlation: {BTC/ETH: 0.7}\n"
    "  venues:\n"
    "    one:\n"
    "      margin: {rule: cross}\n"
    "      liquidity: square_root\n"
    "      insurance_fund_usd: 200\n"
    "      liquidation_fee_frac: 0.005\n"
    "      assets:\n"
    "        BTC: {tiers: [{from_usd: 0, maintenance_frac: 0.02}],\n"
    "              liquidity: {volatility_daily: 0.05, daily_volume_usd: 3.0e4}}\n"
    "        ETH: {tiers: [{from_usd: 0, maintenance_frac: 0.03}],\n"
    "              liquidity: {volatility_daily: 0.05, daily_volume_usd: 3.0e4}}\n"
    "    two:\n"
    "      margin: {rule: cross}\n"
    "      mark: oracle\n"
    "      insurance_fund_usd: 100\n"
    "      assets:\n"
    "        BTC: {tiers: [{from_usd: 0, maintenance_frac: 0.05}]}\n"
    "        ETH: {tiers: [{from_usd: 0, maintenance_frac: 0.05}]}\n";

static const char POSITIONS[] =
    "id,account,venue,instrument,asset,quantity,entry_price_usd\n"
    "cash,own,one,cash,,230,\n"
    "perp,own,one,perpetual,BTC,11.5,97\n";

static double between(struct rng *rng, double low, double high)
{
    lane_row u;

    rng_uniform(rng, u);
    return low + (high - low) * u[0];
}

/* Accounts of one or two assets; of coins: a collateral in BTC besides. */
static void write_accounts(const char *file, uint64_t seed, bool coins)
{
    static char text[MAX_TEXT];
    struct rng rng;
    char *at = text;

    rng_start(&rng, seed, 0, "test/accounts");
    at += sprintf(at, "account,asset,quantity,entry_price_usd,collateral_usd,weight%s\n",
                  coins ? ",holding" : "");
    for (int i = 0; i < N_ACCOUNT; i++) {
        const double sign = between(&rng, 0.0, 1.0) < 0.3 ? -1.0 : 1.0;
        const double usd = exp(between(&rng, 3.0, 7.0));
        const double weight = floor(between(&rng, 1.0, 4.0));
        const double margin = usd * exp(between(&rng, -2.8, -0.5));
        at += sprintf(at, "\"a%d, %s\",BTC,%.17g,%.17g,%.17g,%g%s\n", i, file,
                      sign * usd / 100.0, 100.0, margin, weight, coins ? ",perpetual" : "");
        if (i % 3 == 0)
            at += sprintf(at, "\"a%d, %s\",ETH,%.17g,7,,%s\n", i, file,
                          -sign * 0.5 * usd / 7.0, coins ? ",perpetual" : "");
        if (coins && i % 2 == 0)
            at += sprintf(at, "\"a%d, %s\",BTC,%.17g,,,,coin\n", i, file,
                          0.3 * margin / 100.0);
    }
    scratch_file(file, text);
}

static void open_two(struct fixture *f, uint64_t seed, bool check)
{
    static char text[sizeof SCENARIO + 16];

    write_accounts("one.csv", seed, false);
    write_accounts("two.csv", seed + 1, true);
    snprintf(text, sizeof text, SCENARIO, check ? "true" : "false");
    fixture_open(f, text, POSITIONS, NULL);
    cr_assert(f->plan.venue[0].population != NULL && f->plan.venue[1].population != NULL);
}

/* One path alone, with its tape. */
static void run_path(struct fixture *f, uint64_t path, struct tape *tape)
{
    struct error err;

    f->column = arena_get(&f->arena, f->plan.n_column, sizeof *f->column);
    for (uint32_t c = 0; c < f->plan.n_column; c++)
        f->column[c] = arena_get(&f->arena, 1, sizeof **f->column);
    const struct run_job job = {.plan = &f->plan,
                                .first_path = path,
                                .n_path = 1,
                                .column = f->column,
                                .tape = tape};
    cr_assert_eq(run_job(&job, &err), RUN_DONE, "%s", err.text);
}

/* A liquidation model for tests: waits one instant, halves the account, then closes it; a fee
 * and a gain of 1 % each, gas of 0.25. Small accounts do not pay. */
static void halves_act(const void *coef, struct liquidation_market *m,
                       struct liquidation_account *a, struct liquidation_outcome *out)
{
    double notional = 0.0;
    (void)coef;

    for (uint32_t i = 0; i < a->n_leg; i++)
        notional += fabs(a->coins[i]) * m->mark_usd[a->asset[i]];
    if (notional < 60.0) {
        out->stop = STOP_UNPROFITABLE;
        return;
    }
    out->acted = true;
    if (a->memory[0] == 0.0) {
        a->memory[0] = 1.0;
        a->memory[1] = m->time_s;
        out->stop = STOP_WAITING;
        return;
    }
    if (m->time_s == a->memory[1]) {
        out->acted = false;
        out->stop = STOP_WAITING;
        return;
    }
    const double part = a->memory[0] == 1.0 ? 0.5 : 1.0;
    a->memory[0] = part == 0.5 ? 2.0 : 0.0;
    a->memory[1] = m->time_s;
    for (uint32_t i = 0; i < a->n_leg; i++) {
        const struct fill f = m->trade(m->context, a->asset[i], part * a->coins[i],
                                       a->coins[i] > 0.0 ? 0.0 : INFINITY);
        out->liquidated_usd += fabs(f.coins) * m->mark_usd[a->asset[i]];
        *a->cash_usd += f.usd;
        a->coins[i] -= f.coins;
    }
    out->fee_usd = 0.01 * out->liquidated_usd;
    out->gas_usd = 0.25;
    out->liquidator_usd = 0.01 * out->liquidated_usd - out->gas_usd;
    *a->cash_usd -= 0.02 * out->liquidated_usd;
    out->closed = part == 1.0;
}

static const struct liquidation_model HALVES = {.about = {.name = "halves"},
                                                .act = halves_act};

/* Puts the model at all venues. */
static void use_halves(struct plan *plan)
{
    struct plan_venue *venue = (struct plan_venue *)plan->venue;

    plan->overlay_words = 0;
    for (uint32_t i = 0; i < plan->n_venue; i++) {
        venue[i].liquidation = &HALVES;
        venue[i].first_overlay = plan->overlay_words;
        plan->overlay_words += trigger_words(venue[i].population, false);
    }
}

static double sum(const struct tape *tape, enum event event, uint32_t venue, bool cascade)
{
    double total = 0.0;

    for (size_t i = 0; i < tape->n_event; i++) {
        const struct tape_event *e = &tape->event[i];
        if (e->event == event && e->venue == venue && (!cascade || e->cascade))
            total += event == EVENT_LIQUIDATION ? e->accounts : e->usd;
    }
    return total;
}

static void assert_sums(const struct fixture *f, const struct tape *tape, int path)
{
    static const struct {
        const char *metric;
        enum event event;
        bool cascade;
    } row[] = {
        {"liquidated_accounts", EVENT_LIQUIDATION, false},
        {"liquidated_usd", EVENT_LIQUIDATED, false},
        {"cascade_usd", EVENT_LIQUIDATED, true},
        {"liquidator_gain_usd", EVENT_LIQUIDATOR, false},
        {"gas_usd", EVENT_GAS, false},
        {"absorbed_usd", EVENT_ABSORBED, false},
        {"liquidation_fees_usd", EVENT_FEE, false},
        {"gross_shortfall_usd", EVENT_SHORTFALL, false},
        {"fund_drawn_usd", EVENT_FUND, false},
        {"bad_debt_usd", EVENT_BAD_DEBT, false},
        {"returned_usd", EVENT_RETURNED, false},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (uint32_t venue = 0; venue < 2; venue++) {
            const double want = fixture_metric(f, row[i].metric, venue)[0];
            const double got = sum(tape, row[i].event, venue, row[i].cascade);
            cr_assert_eq(got, want, "path %d, %s of %s: %.17g, the tape %.17g", path,
                         row[i].metric, f->plan.venue[venue].name, want, got);
        }
}

/* In order; distinct rounds with a change are those of the metric; attempts by their end. */
static void assert_order(const struct fixture *f, const struct tape *tape)
{
    double rounds[2] = {0.0}, attempts[N_STOP] = {0.0}, first[2] = {NAN, NAN},
           last[2] = {NAN, NAN}, last_s[2] = {-1.0, -1.0};
    uint64_t last_round[2] = {0};

    for (size_t i = 0; i < tape->n_event; i++) {
        const struct tape_event *e = &tape->event[i], *before = i > 0 ? e - 1 : e;
        cr_assert(e->time_s > before->time_s ||
                  (e->time_s == before->time_s && e->round >= before->round));
        if (e->event == EVENT_STOP)
            attempts[e->stop] += e->accounts;
        if (e->event == EVENT_LIQUIDATED) {
            first[e->venue] = isnan(first[e->venue]) ? e->time_s : first[e->venue];
            last[e->venue] = e->time_s;
        }
        if (e->event != EVENT_LIQUIDATION && e->event != EVENT_LIQUIDATED)
            continue;
        rounds[e->venue] +=
            e->time_s != last_s[e->venue] || e->round != last_round[e->venue];
        last_s[e->venue] = e->time_s;
        last_round[e->venue] = e->round;
    }
    for (uint32_t stop = 0; stop < N_STOP; stop++)
        cr_assert_eq(attempts[stop], fixture_metric(f, "attempts", stop)[0], "%s",
                     cascade_stop_name[stop]);
    for (uint32_t venue = 0; venue < 2; venue++) {
        const double want = fixture_metric(f, "first_liquidated_s", venue)[0];
        const double want_last = fixture_metric(f, "last_liquidated_s", venue)[0];
        cr_assert_eq(rounds[venue], fixture_metric(f, "rounds", venue)[0]);
        cr_assert(want == first[venue] || (isnan(want) && isnan(first[venue])));
        cr_assert(want_last == last[venue] || (isnan(want_last) && isnan(last[venue])));
    }
}

static void check_tapes(bool halves)
{
    double closed = 0.0, cascade = 0.0, bad_debt = 0.0, cascade_at_oracle = 0.0;

    for (int path = 0; path < 12; path++) {
        struct tape tape = {.n_event = 0};
        struct fixture f;
        double by = 0.0;
        open_two(&f, 17 + (uint64_t)path, false);
        if (halves)
            use_halves(&f.plan);
        run_path(&f, (uint64_t)path, &tape);
        assert_sums(&f, &tape, path);
        assert_order(&f, &tape);
        for (uint32_t m = 0; m < N_MECHANISM; m++)
            by += fixture_metric(&f, "bad_debt_by_usd", m)[0];
        const double debts = fixture_metric(&f, "bad_debt_usd", 0)[0] +
                             fixture_metric(&f, "bad_debt_usd", 1)[0];
        cr_assert_float_eq(by, debts, 1e-10 * (1.0 + debts));
        closed += fixture_metric(&f, "liquidated_accounts", 0)[0];
        cascade += fixture_metric(&f, "cascade_usd", 0)[0];
        cascade_at_oracle += fixture_metric(&f, "cascade_usd", 1)[0];
        bad_debt += debts;
        tape_free(&tape);
        fixture_close(&f);
    }
    cr_assert_gt(closed, 200.0, "%g", closed);
    cr_assert_gt(cascade, 100.0, "%g", cascade);
    cr_assert_gt(cascade_at_oracle, 100.0, "%g", cascade_at_oracle);
    cr_assert_gt(bad_debt, 10.0, "%g", bad_debt);
}

Test(tape, adds_up_to_the_metrics)
{
    check_tapes(false);
}

Test(tape, adds_up_where_liquidations_take_time)
{
    check_tapes(true);
}

static void assert_same(const struct fixture *a, const struct fixture *b)
{
    for (uint32_t c = 0; c < a->plan.n_column; c++)
        cr_assert_eq(memcmp(a->column[c], b->column[c], N_PATH * sizeof(double)), 0,
                     "column %u", c);
}

/* The same bits with and without, and no account was missed. */
Test(trigger_check, changes_nothing_and_finds_nothing)
{
    for (int halves = 0; halves < 2; halves++) {
        struct fixture with, without;
        open_two(&with, 5, true);
        open_two(&without, 5, false);
        cr_assert(with.plan.check_triggers && !without.plan.check_triggers);
        if (halves) {
            use_halves(&with.plan);
            use_halves(&without.plan);
        }
        fixture_run(&with);
        fixture_run(&without);
        assert_same(&with, &without);
        if (halves) {
            double latent = 0.0;
            for (int path = 0; path < N_PATH; path++)
                latent += fixture_metric(&with, "under_water_accounts", 0)[path];
            cr_assert_gt(latent, 10.0, "%g", latent);
        }
        arena_free(&without.arena);
        fixture_close(&with);
    }
}

/* A wrong first level hides the accounts from the triggers. */
Test(trigger_check, names_path_and_venue_where_one_is_missed)
{
    struct fixture f;
    struct worker w;

    open_two(&f, 5, true);
    fixture_start_at(&f, &w, 32);
    w.time_s = 300.0;
    trigger_check(&f.plan, &w);
    cr_assert(!w.failed);
    for (uint32_t asset = 0; asset < 2; asset++)
        worker_row(&w, ROW_ORACLE, asset)[3] *= 0.6;
    for (uint32_t g = 0; g < f.plan.venue[1].population->n_group; g++)
        worker_row(&w, ROW_NEXT_LEVEL, f.plan.venue[1].first_group + g)[3] = INFINITY;
    trigger_check(&f.plan, &w);
    cr_assert(w.failed);
    cr_assert_eq(w.failed_path, 35);
    cr_assert_not_null(strstr(w.failed_why.text, "of venue two are under water after"),
                       "%s", w.failed_why.text);
    worker_free(&w);
    fixture_close(&f);
}
