/* What every plug-in owes by its registration alone. */

#include <criterion/criterion.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/market.h"
#include "tests/price_paths.h"
#include "tests/scratch.h"

/* A name to write in files, a doc, and fields that explain themselves with presets in
 * range; NaN: the default comes from elsewhere, as the market's spot does; infinity: none. */
static void check_about(const struct about *about)
{
    cr_assert(about->name != NULL && about->name[0] != '\0');
    for (const char *c = about->name; *c != '\0'; c++)
        cr_assert(islower((unsigned char)*c) || *c == '_', "%s", about->name);
    cr_assert(about->doc != NULL && strlen(about->doc) > 20, "%s has no doc", about->name);
    for (const struct field *f = about->fields; f != NULL && f->key != NULL; f++) {
        cr_assert(f->doc != NULL && f->doc[0] != '\0', "%s.%s: doc", about->name, f->key);
        cr_assert(f->unit != NULL || f->type == FIELD_TEXT || f->type == FIELD_CHOICE ||
                      f->type == FIELD_FLAG,
                  "%s.%s: unit", about->name, f->key);
        if ((f->type == FIELD_NUMBER || f->type == FIELD_DURATION) && !f->required)
            cr_assert(!isfinite(f->preset) || (f->min <= f->preset && f->preset <= f->max),
                      "%s.%s: preset %g", about->name, f->key, f->preset);
        for (const struct field *g = about->fields; g < f; g++)
            cr_assert(strcmp(f->key, g->key) != 0, "%s.%s twice", about->name, f->key);
    }
}

Test(contract, every_plug_in_explains_itself_and_is_found)
{
    for (const struct price_model *const *p = registry_price; *p != NULL; p++) {
        check_about(&(*p)->about);
        cr_assert_eq(registry_price_find((*p)->about.name), *p);
        cr_assert(((*p)->volatility == NULL) != ((*p)->step_sd == NULL), "%s",
                  (*p)->about.name);
    }
    for (const struct instrument *const *p = registry_instrument; *p != NULL; p++) {
        check_about(&(*p)->about);
        cr_assert_eq(registry_instrument_find((*p)->about.name), *p);
        cr_assert(((*p)->linear == NULL) != ((*p)->value == NULL && (*p)->step == NULL),
                  "%s", (*p)->about.name);
    }
    for (const struct margin_rule *const *p = registry_margin; *p != NULL; p++) {
        check_about(&(*p)->about);
        cr_assert_eq(registry_margin_find((*p)->about.name), *p);
    }
    for (const struct liquidity_model *const *p = registry_liquidity; *p != NULL; p++) {
        check_about(&(*p)->about);
        cr_assert_eq(registry_liquidity_find((*p)->about.name), *p);
    }
    for (const struct liquidation_model *const *p = registry_liquidation; *p != NULL; p++) {
        check_about(&(*p)->about);
        cr_assert_eq(registry_liquidation_find((*p)->about.name), *p);
        cr_assert((*p)->whole == ((*p)->act == NULL), "%s", (*p)->about.name);
    }
}

/* Two hundred days of made-up prices, hourly: what the examples call prices.csv. */
static void write_prices(void)
{
    enum { N_HOUR = 200 * 24 };
    char *text = malloc(N_HOUR * 64), *end = text;
    double log_btc = log(100.0), log_eth = log(2000.0);
    uint32_t state = 2385;

    cr_assert(text != NULL);
    end += sprintf(end, "time_s,BTC,ETH\n");
    for (int hour = 0; hour < N_HOUR; hour++) {
        state = state * 1664525u + 1013904223u; /* Numerical Recipes, section 7.1 */
        log_btc += 0.01 * ((double)state / 0x1p32 - 0.5);
        log_eth += 0.015 * ((double)(state >> 7) / 0x1p25 - 0.5);
        end += sprintf(end, "%d,%.17g,%.17g\n", 1600000000 + 3600 * hour, exp(log_btc),
                       exp(log_eth));
    }
    scratch_file("prices.csv", text);
    free(text);
}

/* Final prices of BTC under a model's example, with ETH above it and, if `more`, SOL below.
 */
static void run_example(const struct price_model *model, bool more, struct price_paths *p)
{
    static char market[4096];

    cr_assert(model->about.example != NULL, "%s has no example", model->about.name);
    snprintf(market, sizeof market,
             "  correlation: {ETH/BTC: 0%s}\n"
             "  assets:\n"
             "    ETH: {spot_usd: 2000, price: {model: gbm, volatility_annual: 0.7}}\n"
             "    BTC: {spot_usd: 100, price: %s}\n%s",
             more ? ", ETH/SOL: 0, BTC/SOL: 0" : "", model->about.example,
             more ? "    SOL: {spot_usd: 20, price: {model: gbm, volatility_annual: 0.9}}\n"
                  : "");
    *p = (struct price_paths){.market = market,
                              .horizon_s = 3.0 * 86400.0,
                              .step_s = 3600.0,
                              .n_path = 3 * PLAN_UNIT / 2,
                              .seed = 5};
    write_prices();
    price_paths_run(p);
}

/* The example of every price model runs, with positive prices that differ from path to
 * path; another asset below it leaves every bit as it was. */
Test(contract, every_price_model_runs_its_example)
{
    for (const struct price_model *const *m = registry_price; *m != NULL; m++) {
        struct price_paths alone, more;
        uint64_t n_same = 0;

        run_example(*m, false, &alone);
        const double *price = fixture_metric(&alone.fixture, "final_spot_usd", 1);
        const double *lowest = fixture_metric(&alone.fixture, "min_spot_usd", 1);
        for (uint64_t i = 0; i < alone.n_path; i++) {
            cr_assert(isfinite(price[i]) && lowest[i] > 0.0, "%s: path %d",
                      (*m)->about.name, (int)i);
            n_same += price[i] == price[0];
        }
        cr_assert_lt(n_same, alone.n_path / 2, "%s: all paths alike", (*m)->about.name);
        double *kept = malloc(alone.n_path * sizeof *kept);
        memcpy(kept, price, alone.n_path * sizeof *kept);
        price_paths_close(&alone);
        run_example(*m, true, &more);
        price = fixture_metric(&more.fixture, "final_spot_usd", 1);
        for (uint64_t i = 0; i < more.n_path; i++)
            cr_assert_eq(price[i], kept[i], "%s: path %d", (*m)->about.name, (int)i);
        free(kept);
        price_paths_close(&more);
    }
}

/* The bridge inside a step goes beyond its ends, on both sides, by what the model's
 * diffusion does in a step: with x the move, (h - x) h for the rise h to the highest price
 * has the exponential distribution of mean sd^2/2, and so has the fall; sd^2 is the variance
 * of the moves themselves, but for jumps. Of 12,288 moves the ratio has an error of 2 %,
 * more where volatility clusters. */
Test(contract, every_price_model_has_its_bridge)
{
    enum { N_STEP = 48, N_BLOCK = 8 };
    /* whose moves are more than diffusion: jumps, records, depegs */
    static const char *const jumpy[] = {"merton", "kou",    "bates",
                                        "hawkes", "replay", "peg"};

    for (const struct price_model *const *m = registry_price; *m != NULL; m++) {
        char text[4096];
        struct fixture f;
        struct worker w;
        double moves = 0.0, rises = 0.0, falls = 0.0, least = 0.9;
        write_prices();
        snprintf(text, sizeof text,
                 "tailrace: 1\nname: bridge\nrun: {paths: 256, horizon: 2d, step: 1h}\n"
                 "portfolio: positions.csv\nmarket:\n  correlation: {ETH/BTC: 0}\n"
                 "  assets:\n"
                 "    ETH: {spot_usd: 2000, price: {model: gbm, volatility_annual: 0.7}}\n"
                 "    BTC: {spot_usd: 100, price: %s, surface: {flat_volatility_annual: "
                 "0.8}}\n",
                 (*m)->about.example);
        fixture_open(&f, text,
                     "id,instrument,asset,quantity,option_type,strike_usd,expiry,"
                     "barrier_type,barrier_usd\n"
                     "b,barrier,BTC,1,call,100,9d,up_out,300\n",
                     NULL);
        fixture_start(&f, &w);
        for (uint32_t block = 0; block < N_BLOCK; block++) {
            for (uint64_t k = 0; k < LANES; k++)
                w.path[k] = block * LANES + k;
            market_start(&f.plan, &w);
            for (uint32_t step = 1; step <= N_STEP; step++) {
                w.step = step;
                w.time_s = step * f.plan.step_s;
                market_step(&f.plan, &w);
                for (int k = 0; k < LANES; k++) {
                    const double from = worker_row(&w, ROW_SPOT_BEFORE, 1)[k];
                    const double to = worker_row(&w, ROW_SPOT, 1)[k];
                    const double high = worker_row(&w, ROW_HIGH, 1)[k];
                    const double low = worker_row(&w, ROW_LOW, 1)[k];
                    const double x = log(to / from);
                    cr_assert(high >= fmax(from, to) && low <= fmin(from, to) &&
                                  low > 0.0 && isfinite(high),
                              "%s: %g .. %g of %g to %g", (*m)->about.name, low, high, from,
                              to);
                    moves += x * x;
                    rises += (log(high / from) - x) * log(high / from);
                    falls += (log(low / from) - x) * log(low / from);
                }
            }
        }
        for (size_t i = 0; i < sizeof jumpy / sizeof *jumpy; i++)
            least = strcmp(jumpy[i], (*m)->about.name) == 0 ? 0.01 : least;
        cr_assert(2.0 * rises > least * moves && 2.0 * rises < 1.15 * moves,
                  "%s: rises %.4f of the variance", (*m)->about.name, 2.0 * rises / moves);
        cr_assert(2.0 * falls > least * moves && 2.0 * falls < 1.15 * moves,
                  "%s: falls %.4f of the variance", (*m)->about.name, 2.0 * falls / moves);
        worker_free(&w);
        fixture_close(&f);
    }
}
