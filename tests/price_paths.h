#ifndef TAILRACE_TESTS_PRICE_PATHS_H
#define TAILRACE_TESTS_PRICE_PATHS_H

#include "tests/fixture.h"

/* Prices of a market that has nothing but prices, through the program's front door. */
struct price_paths {
    const char
        *market;       /* YAML below market:, indented by two: "  assets:\n    BTC: {..}\n";
                           NULL: one asset BTC at 100 USD under `price` */
    const char *price; /* "{model: gbm, volatility_annual: 0.8}" */
    const char *shocks; /* YAML from "shocks:" on; NULL: none */
    double horizon_s, step_s;
    uint64_t n_path, seed;
    struct fixture fixture; /* price_paths_close frees it */
};

/* Runs all paths. Then fixture_metric(&p->fixture, "final_spot_usd", asset) and its kin
 * have [n_path] entries. Fails the test with the sentence if the text is refused. */
void price_paths_run(struct price_paths *p);

/* The same without running. */
void price_paths_open(struct price_paths *p);

/* The sentence that refuses the text; "" if it is accepted. */
const char *price_paths_refusal(struct price_paths *p);

/* After price_paths_open: the prices of all assets in every step of every path,
 * [n_asset][n_path][n_step + 1] with the start first; n_path is a multiple of 32. */
double *price_paths_record(struct price_paths *p);
void price_paths_close(struct price_paths *p);

/* Mean of f(final price of asset 0) and its standard error, discounted by nothing. */
struct price_mean {
    double mean, se;
};
struct price_mean price_paths_mean(const struct price_paths *p, double (*f)(double, double),
                                   double argument);

#endif
