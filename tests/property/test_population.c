/* The screen misses nobody. Random populations of cross accounts in three assets walk
 * along random prices with funding of either sign; every account is evaluated by the
 * formula below, without levels, blocks or safe distances, before and after every
 * liquidation step. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/book.h"
#include "sim/liquidation.h"
#include "sim/market.h"
#include "sim/rng.h"
#include "tests/fixture.h"
#include "tests/scratch.h"

enum { N_ASSET = 3, N_TIER = 4, N_ACCOUNT = 800, N_STEP = 400, MAX_TEXT = 1 << 18 };

static const double START[N_ASSET] = {100.0, 23.0, 4100.0};
static const double FROM[N_TIER] = {0.0, 2000.0, 30000.0, 250000.0};
static const double RATE[N_TIER] = {0.01, 0.03, 0.3,
                                    0.9}; /* 0.9 above 4 x the start only */

static double uniform(struct rng *rng)
{
    lane_row u;

    rng_uniform(rng, u);
    return u[0];
}

static double between(struct rng *rng, double low, double high)
{
    return low + (high - low) * uniform(rng);
}

/* Accounts of one to three assets, some with both sides or two rows of one, with
 * weights; the collateral is a thirtieth of the notional to seven times as much. */
static void write_accounts(char *text, uint64_t seed)
{
    struct rng rng;
    char *at = text;

    rng_start(&rng, seed, 0, "test/accounts");
    at += sprintf(at, "account,asset,quantity,entry_price_usd,collateral_usd,weight\n");
    for (int i = 0; i < N_ACCOUNT; i++) {
        const int n_row = (int)between(&rng, 1.0, 4.0);
        const double weight = floor(between(&rng, 1.0, 9.0));
        double need = 0.0, coins[N_ASSET], entry[N_ASSET];
        int asset[N_ASSET];
        for (int r = 0; r < n_row; r++) {
            asset[r] = (int)between(&rng, 0.0, N_ASSET);
            entry[r] = START[asset[r]] * between(&rng, 0.9, 1.1);
            coins[r] = (uniform(&rng) < 0.5 ? -1.0 : 1.0) * exp(between(&rng, 3.0, 9.9)) /
                       START[asset[r]];
            need += fmax(0.0, coins[r] * (entry[r] - START[asset[r]])) +
                    fabs(coins[r]) * START[asset[r]] *
                        exp(between(&rng, -3.4, i % 4 == 0 ? 2.0 : -1.5));
        }
        for (int r = 0; r < n_row; r++) {
            at += sprintf(at, "a%d,%c,%.17g,%.17g,", i, 'A' + asset[r], coins[r], entry[r]);
            at += r == 0 ? sprintf(at, "%.17g,%g\n", need, weight) : sprintf(at, ",\n");
        }
    }
}

static void open_population(struct fixture *f, uint64_t seed, int max_rounds)
{
    static char accounts[MAX_TEXT];
    char text[4096];
    char *at = text + sprintf(text, "tailrace: 1\n"
                                    "name: screen\n"
                                    "run: {paths: 16, horizon: 1h, step: 5m}\n"
                                    "accounts: {venue: accounts.csv}\n"
                                    "market:\n"
                                    "  tailrace: 1\n"
                                    "  name: three\n"
                                    "  correlation: {A/B: 0, A/C: 0, B/C: 0}\n"
                                    "  assets:\n");

    for (int i = 0; i < N_ASSET; i++)
        at += sprintf(at,
                      "    %c: {spot_usd: %g, price: {model: gbm, volatility_annual: 0}}\n",
                      'A' + i, START[i]);
    at += sprintf(at,
                  "  venues:\n"
                  "    venue:\n"
                  "      margin: {rule: cross}\n"
                  "      liquidity: square_root\n"
                  "      max_rounds: %d\n"
                  "      assets:\n",
                  max_rounds);
    for (int i = 0; i < N_ASSET; i++) {
        at += sprintf(at, "        %c: {tiers: [", 'A' + i);
        for (int t = 0; t < N_TIER; t++)
            at += sprintf(at, "%s{from_usd: %g, maintenance_frac: %g}", t > 0 ? ", " : "",
                          FROM[t], RATE[t]);
        at += sprintf(at, "], liquidity: {impact_coefficient: 1, volatility_daily: 0.04, "
                          "daily_volume_usd: 1.0e8}}\n");
    }
    write_accounts(accounts, seed);
    fixture_open(f, text, NULL, accounts);
    cr_assert(f->plan.venue[0].population != NULL &&
              f->plan.venue[0].population->n_real > N_ACCOUNT / 2);
}

static double maintenance(double notional_usd)
{
    double need = 0.0;

    for (int t = 0; t < N_TIER; t++)
        need += (RATE[t] - (t > 0 ? RATE[t - 1] : 0.0)) *
                fmax(0.0, fabs(notional_usd) - FROM[t]);
    return need;
}

/* Equity minus requirement of account i, and the size that rounding is relative to. */
static double brute_buffer(const struct worker *w, const struct population_group *g,
                           uint32_t i, int k, double *scale)
{
    const struct population *p = w->plan->venue[0].population;
    double buffer = p->collateral_usd[i];

    *scale = buffer;
    for (uint32_t s = 0; s < g->n_side; s++) {
        const uint32_t asset = g->asset[s], leg = population_leg(g, s, i);
        const double price = worker_row(w, ROW_SPOT, asset)[k];
        const double funding = worker_row(w, ROW_FUNDING, asset)[k];

        buffer += p->coins[leg] * (price - funding - p->entry_usd[leg]) -
                  maintenance(p->coins[leg] * price);
        *scale += fabs(p->coins[leg]) * (price + p->entry_usd[leg] + fabs(funding));
    }
    return buffer;
}

static bool is_alive(const struct worker *w, uint32_t i, int k)
{
    return w->overlay[(size_t)k * w->plan->overlay_words + i / 64] >> (i % 64) & 1;
}

/* What a lane's market does for a while. In the upper half of the lanes prices hardly
 * move, so that funding decides. */
struct regime {
    int left;
    double drift[N_ASSET], sd[N_ASSET], funding[N_ASSET], toll[N_ASSET];
};

static void regime_start(struct regime *r, bool quiet, struct rng *rng)
{
    static const double DRIFT[] = {0.0, 0.0, 0.0, -0.03, 0.03, 0.12};
    static const double SD[] = {0.0, 1e-6, 1e-5, 1e-4, 3e-3, 0.03};
    static const double FUNDING[] = {0.0, 1e-5, 6e-5, 1.5e-4, 3e-3};

    r->left = (int)between(rng, 3.0, 40.0);
    for (int i = 0; i < N_ASSET; i++) {
        r->drift[i] = (quiet ? 0.01 : 1.0) * DRIFT[(int)between(rng, 0.0, 6.0)];
        r->sd[i] = SD[(int)between(rng, 0.0, quiet ? 3.0 : 6.0)];
        r->funding[i] = FUNDING[(int)between(rng, 0.0, quiet ? 4.0 : 5.0)];
        r->toll[i] = between(rng, -1.0, 1.0);
    }
}

/* Moves the market of every lane; prices stay between a twentieth and nine times the
 * start. */
static void move_prices(struct worker *w, struct regime *regime, struct rng *rng)
{
    for (int k = 0; k < LANES; k++) {
        struct regime *r = &regime[k];
        if (r->left-- <= 0)
            regime_start(r, k >= LANES / 2, rng);
        for (uint32_t i = 0; i < N_ASSET; i++) {
            double *base = &worker_row(w, ROW_BASE, i)[k];
            if ((*base > 9.0 * START[i] && r->drift[i] > 0.0) ||
                (*base < 0.05 * START[i] && r->drift[i] < 0.0))
                r->drift[i] = -r->drift[i];
            *base *= exp(r->drift[i] + r->sd[i] * between(rng, -1.0, 1.0));
            worker_row(w, ROW_IMPACT, i)[k] *= 0.9;
            worker_row(w, ROW_FUNDING, i)[k] +=
                r->funding[i] * (r->toll[i] + between(rng, -1.0, 1.0)) * START[i];
        }
    }
    for (uint32_t i = 0; i < N_ASSET; i++)
        market_reprice(i, w);
    book_mark(w->plan, w);
}

/* Who is alive, and which side of the water they are on: -1, +1; 0 within rounding. */
static void look(const struct worker *w, signed char *alive, signed char *side)
{
    const struct population *p = w->plan->venue[0].population;

    for (uint32_t g = 0; g < p->n_group; g++)
        for (uint32_t i = p->group[g].first; i < p->group[g].first + p->group[g].count; i++)
            for (int k = 0; k < LANES; k++) {
                const size_t at = (size_t)i * LANES + (size_t)k;
                double scale;
                alive[at] = is_alive(w, i, k);
                if (!alive[at])
                    continue;
                const double buffer = brute_buffer(w, &p->group[g], i, k, &scale);
                side[at] = buffer < -1e-12 * scale ? -1 : buffer > 1e-12 * scale;
            }
}

/* Walks one population. With one round per call exactly those who are under water are
 * closed; with all rounds in one call nobody who is left is under water. Returns how
 * many were closed. */
static long walk(uint64_t seed, bool single)
{
    struct regime regime[LANES] = {{.left = 0}};
    struct fixture f;
    struct worker w;
    struct rng rng;
    long closed = 0;

    open_population(&f, seed, single ? 1 : 1000000);
    fixture_start(&f, &w);
    rng_start(&rng, seed, 0, "test/prices");
    const size_t n = (size_t)f.plan.venue[0].population->n_account * LANES;
    signed char *before = arena_get(&f.arena, n, 1), *side = arena_get(&f.arena, n, 1);
    signed char *after = arena_get(&f.arena, n, 1), *left = arena_get(&f.arena, n, 1);
    for (int step = 0; step < N_STEP; step++) {
        move_prices(&w, regime, &rng);
        for (bool again = true; again;) {
            look(&w, before, side);
            liquidation_step(&f.plan, &w);
            look(&w, after, left);
            again = false;
            for (size_t i = 0; i < n; i++) {
                const bool gone = before[i] && !after[i];
                closed += gone;
                again |= single && gone;
                if (single && before[i] && side[i] != 0)
                    cr_assert_eq(gone, side[i] < 0,
                                 "seed %d step %d account %d lane %d: %s", (int)seed, step,
                                 (int)(i / LANES), (int)(i % LANES),
                                 gone ? "closed above water" : "missed under water");
                cr_assert(single || !after[i] || left[i] >= 0,
                          "seed %d step %d account %d lane %d: left under water", (int)seed,
                          step, (int)(i / LANES), (int)(i % LANES));
            }
        }
    }
    worker_free(&w);
    fixture_close(&f);
    return closed;
}

Test(property, population_screen_closes_exactly_who_is_under_water)
{
    long closed = 0;

    for (uint64_t seed = 1; seed <= 6; seed++)
        closed += walk(seed, true);
    cr_assert_gt(closed, 6L * LANES * 100, "the walks must close accounts; %ld", closed);
}

Test(property, population_screen_leaves_nobody_under_water)
{
    long closed = 0;

    for (uint64_t seed = 11; seed <= 16; seed++)
        closed += walk(seed, false);
    cr_assert_gt(closed, 6L * LANES * 100, "the walks must close accounts; %ld", closed);
}

/* One asset at 100 USD, maintenance 0.02, a book without limit or spread. */
static void open_one_asset(struct fixture *f, const char *accounts, struct worker *w)
{
    char text[2048];
    const int n = snprintf(text, sizeof text,
                           "tailrace: 1\n"
                           "name: one\n"
                           "run: {paths: 16, horizon: 1h, step: 5m}\n"
                           "accounts: {perp_venue: accounts.csv}\n");

    snprintf(text + n, sizeof text - (size_t)n, FIXTURE_MARKET,
             "{model: gbm, volatility_annual: 0}",
             "impact_coefficient: 0, volatility_daily: 0.04, daily_volume_usd: 1.0e6, "
             "half_spread_frac: 0",
             "");
    fixture_open(f, text, NULL, accounts);
    fixture_start(f, w);
}

/* Within one epoch funding may swing by twice its slack. A and B stand in one block; in
 * the first step A is closed and B is looked at with 0.28 USD left. Then the price
 * stands still and funding takes 10 coins x 0.036 USD. */
Test(property, population_screen_sees_funding_turn)
{
    static const char ACCOUNTS[] = "account,asset,quantity,entry_price_usd,collateral_usd\n"
                                   "A,BTC,10,100,69\n"
                                   "B,BTC,10,100,69.294\n";
    static const double FUNDING[] = {-0.018, 0.018};
    struct fixture f;
    struct worker w;

    open_one_asset(&f, ACCOUNTS, &w);
    for (int step = 0; step < 2; step++) {
        for (int k = 0; k < LANES; k++) {
            worker_row(&w, ROW_BASE, 0)[k] = 94.9802;
            worker_row(&w, ROW_FUNDING, 0)[k] = FUNDING[step];
        }
        market_reprice(0, &w);
        liquidation_step(&f.plan, &w);
        cr_assert_eq(worker_row(&w, ROW_LIQUIDATED_ACCOUNTS, 0)[0], step + 1.0, "step %d",
                     step);
    }
    worker_free(&w);
    fixture_close(&f);
}

/* Funding paid while the price was high can be more than what is left of the price: 100
 * coins at 10 USD, paid for in full, that have paid 12 USD each are 200 USD under water. */
Test(property, population_screen_sees_a_long_eaten_up_by_funding)
{
    static const char ACCOUNTS[] = "account,asset,quantity,entry_price_usd,collateral_usd\n"
                                   "A,BTC,100,100,10000\n";
    struct fixture f;
    struct worker w;

    open_one_asset(&f, ACCOUNTS, &w);
    for (int k = 0; k < LANES; k++) {
        worker_row(&w, ROW_BASE, 0)[k] = 10.0;
        worker_row(&w, ROW_FUNDING, 0)[k] = 12.0;
    }
    market_reprice(0, &w);
    liquidation_step(&f.plan, &w);
    cr_assert_eq(worker_row(&w, ROW_LIQUIDATED_ACCOUNTS, 0)[0], 1.0);
    cr_assert_float_eq(worker_row(&w, ROW_SHORTFALL, 0)[0], 200.0, 1e-9);
    worker_free(&w);
    fixture_close(&f);
}

/* Two rows of one position count together: 2 x 0.7 coins x 4 x 100 USD are above 500
 * USD, from where the rate is 0.6. */
Test(property, population_refuses_rates_that_the_screen_cannot_stand)
{
    static const char MARKET[] =
        "tailrace: 1\nname: x\nrun: {horizon: 1d}\naccounts: {v: accounts.csv}\n"
        "market: {tailrace: 1, name: m, assets: {BTC: {spot_usd: 100, price: {model: gbm, "
        "volatility_annual: 1}}}, venues: {v: {margin: {rule: cross}, liquidity: "
        "square_root, assets: {BTC: {tiers: [{from_usd: 0, maintenance_frac: 0.02}, "
        "{from_usd: 500, maintenance_frac: 0.6}], liquidity: {volatility_daily: 0.04, "
        "daily_volume_usd: 1.0e6}}}}}}\n";
    static const char *const SECOND[] = {"A,BTC,0.7,\n", "A,BTC,-0.7,\n", "B,BTC,0.7,99\n"};

    for (int i = 0; i < 3; i++) {
        struct arena arena = {NULL};
        struct scenario scenario;
        struct plan plan;
        struct error err = {""};

        scratch_file("accounts.csv", arena_print(&arena,
                                                 "account,asset,quantity,collateral_usd\n"
                                                 "A,BTC,0.7,99\n%s",
                                                 SECOND[i]));
        cr_assert(
            scenario_read(scratch_file("s.yaml", MARKET), 0, NULL, &arena, &scenario, &err),
            "%s", err.text);
        cr_assert_eq(compile_plan(&scenario, &arena, &plan, &err), i > 0, "%d: %s", i,
                     err.text);
        cr_assert(i > 0 || strstr(err.text, "accounts.csv:3") != NULL, "%s", err.text);
        arena_free(&arena);
    }
    scratch_remove();
}
