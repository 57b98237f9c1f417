/* Claims valued in strips against the same claims one by one. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book_sums.h"
#include "tests/fixture.h"

static const char scenario[] =
    "tailrace: 1\nname: strips\nrun: {paths: 256, horizon: 4h, step: 30m}\n"
    "portfolio: positions.csv\n"
    "shocks:\n  - {surface: [BTC], multiply: {uniform: [0.7, 2.5]}, start: 0s}\n"
    "market:\n"
    "  tailrace: 1\n"
    "  name: one\n"
    "  assets:\n"
    "    BTC:\n"
    "      spot_usd: 100\n"
    "      price: {model: gbm, volatility_annual: 0.8}\n"
    "      surface:\n"
    "        svi:\n"
    "          - {expiry: 1d, a: 0.001, b: 0.01, rho: -0.2, m: 0, sigma: 0.1}\n"
    "          - {expiry: 9d, a: 0.01, b: 0.03, rho: -0.3, m: 0.01, sigma: 0.1}\n"
    "          - {expiry: 90d, a: 0.1, b: 0.1, rho: -0.25, m: 0, sigma: 0.2}\n"
    "  venues:\n"
    "    perp_venue:\n"
    "      margin: {rule: cross}\n"
    "      liquidity: square_root\n"
    "      assets:\n"
    "        BTC:\n"
    "          tiers: [{from_usd: 0, maintenance_frac: 0.02}]\n"
    "          liquidity: {impact_coefficient: 0, volatility_daily: 0.04, "
    "daily_volume_usd: 1e9, half_spread_frac: 0}\n";

enum { N_OPTION = 300 };

/* Two accounts, one of them on margin, two settlements and four expiries: one within the
 * horizon at an average, one in whose window the start lies. */
static void write_positions(char *text, size_t size)
{
    static const char *const expiries[] = {"2h", "3h", "5d", "30d"};
    static const char *const windows[] = {"45m", "4h", "0s", "30m"};
    size_t n = (size_t)snprintf(text, size,
                                "id,account,venue,instrument,asset,quantity,option_type,"
                                "strike_usd,expiry,settlement,settlement_window\n"
                                "c,a,perp_venue,cash,,1e6,,,,,\n");

    for (int i = 0; i < N_OPTION; i++) {
        const int expiry = i % 13 < 9 ? 3 : i % 13 - 9;
        n += (size_t)snprintf(text + n, size - n, "o%d,%s,option,BTC,%d,%s,%.2f,%s,%s,%s\n",
                              i, i % 8 == 0 ? "b," : "a,perp_venue",
                              i % 7 - 3 ? i % 7 - 3 : 5, i % 2 ? "put" : "call",
                              70.0 + 0.21 * i, expiries[expiry],
                              i % 5 == 0 ? "inverse" : "linear", windows[expiry]);
    }
}

/* The claims, none of which is in a strip. */
static const struct plan_claim *one_by_one(struct fixture *f)
{
    const size_t size = f->plan.n_claim * sizeof *f->plan.claim;
    struct plan_claim *claim =
        memcpy(arena_get(&f->arena, f->plan.n_claim, sizeof *claim), f->plan.claim, size);

    for (uint32_t i = 0; i < f->plan.n_claim; i++)
        claim[i].strip = PLAN_NONE;
    return claim;
}

/* Sums of what claims are worth at the most, in the order of magnitude; times 1e-13. */
static double allowed(const struct fixture *f, uint32_t account, uint32_t sum)
{
    static const double unit[N_CLAIM_FUNCTION] = {
        [CLAIM_VALUE] = 100.0, [CLAIM_DELTA] = 1.0,        [CLAIM_GAMMA] = 1.0,
        [CLAIM_THETA] = 1e4,   [CLAIM_VEGA] = 100.0,       [CLAIM_VANNA] = 10.0,
        [CLAIM_VOLGA] = 100.0, [CLAIM_RHO] = 100.0,        [CLAIM_FACTOR] = 100.0,
        [CLAIM_ABS] = 100.0,   [CLAIM_FACTOR_SPOT] = 1.0,  [CLAIM_FACTOR_2] = 100.0,
        [CLAIM_CARRY] = 1e4,   [CLAIM_OPTION_DELTA] = 1.0, [CLAIM_NEED] = 100.0,
        [CLAIM_SLOPE] = 1000.0};
    const struct plan_account *a = &f->plan.account[account];
    double size = 0.0;

    for (uint32_t i = a->first_claim; i < a->first_claim + a->n_claim; i++)
        size += fabs(f->plan.claim[i].contract->quantity);
    return 1e-13 * size * unit[sum];
}

static void compare(struct fixture *f, const struct plan_claim *alone, struct worker *w)
{
    for (uint32_t account = 0; account < f->plan.n_account; account++) {
        const struct plan_account *a = &f->plan.account[account];
        const double *spot = worker_row(w, ROW_SPOT, 0);
        const struct plan_claim *strips = f->plan.claim;
        lane_row sum[2][N_CLAIM_FUNCTION] = {{{0.0}}};

        book_sums_add(&f->plan, &strips[a->first_claim], a->n_claim, BOOK_ALL, w, spot,
                      sum[0]);
        f->plan.claim = alone;
        book_sums_add(&f->plan, &alone[a->first_claim], a->n_claim, BOOK_ALL, w, spot,
                      sum[1]);
        f->plan.claim = strips;
        for (uint32_t s = 0; s < N_CLAIM_FUNCTION; s++)
            for (int k = 0; k < LANES; k++)
                cr_assert_float_eq(sum[0][s][k], sum[1][s][k], allowed(f, account, s),
                                   "account %s, %g h, sum %u, lane %d: %.17g, not %.17g",
                                   a->name, w->time_s / 3600.0, s, k, sum[0][s][k],
                                   sum[1][s][k]);
    }
}

Test(unit, strips_have_the_sums_of_their_claims)
{
    static char positions[32768];
    struct fixture f;
    struct worker w;

    write_positions(positions, sizeof positions);
    fixture_open(&f, scenario, positions, NULL);
    const struct plan_claim *alone = one_by_one(&f);
    fixture_start(&f, &w);
    for (uint32_t step = 0; step <= f.plan.n_step; step++) {
        w.step = step;
        w.time_s = step * f.plan.step_s;
        for (int k = 0; k < LANES; k++) {
            worker_row(&w, ROW_SPOT, 0)[k] = 100.0 * exp(0.02 * k - 0.3);
            worker_row(&w, ROW_EFFECT, EFFECT_SURFACE)[k] = 0.7 + 0.05 * k;
        }
        compare(&f, alone, &w);
    }
    worker_free(&w);
    fixture_close(&f);
}

/* Every option is in one strip, and its strip holds nothing but its like. */
Test(unit, strips_divide_the_claims)
{
    static char positions[32768];
    struct fixture f;
    uint32_t next = 0, longest = 0;

    write_positions(positions, sizeof positions);
    fixture_open(&f, scenario, positions, NULL);
    for (uint32_t i = 0; i < f.plan.n_strip; i++) {
        const struct plan_strip *s = &f.plan.strip[i];
        const struct contract *first = f.plan.claim[s->first_claim].contract;

        cr_assert_eq(s->first_claim, next, "strip %u begins at %u", i, s->first_claim);
        for (uint32_t j = 0; j < s->n; j++) {
            const struct plan_claim *o = &f.plan.claim[s->first_claim + j];
            cr_assert_eq(o->strip, i);
            cr_assert(o->contract->account == first->account &&
                      o->contract->expiry_s == first->expiry_s &&
                      o->contract->inverse == first->inverse);
            cr_assert_eq(s->quantity[j], o->contract->quantity);
        }
        longest = s->n > longest ? s->n : longest;
        next += s->n;
    }
    cr_assert_eq(next, f.plan.n_claim, "%u of %u claims", next, f.plan.n_claim);
    cr_assert_eq(longest, PLAN_MAX_STRIP, "the longest strip has %u", longest);
    fixture_close(&f);
}
