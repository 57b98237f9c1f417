#ifndef TAILRACE_TESTS_MARKET_PATHS_H
#define TAILRACE_TESTS_MARKET_PATHS_H

#include "tests/fixture.h"

/* The market of a scenario that has nothing but prices, step by step: the assets' prices,
 * the models' states and jumps are rows of `w` after every step. */
struct market_paths {
    struct fixture fixture;
    struct worker w;
    char error[1024]; /* why the text was refused; empty: it was not */
};

/* `market`: a price model, "{model: gbm, ...}", of one asset BTC at 100 USD; or YAML below
 * market:, indented by two, and what follows it (shocks). Step and horizon as in scenario
 * files, "1d". Fails the test with the sentence if the text is refused. */
void market_paths_open(struct market_paths *m, const char *market, const char *horizon,
                       const char *step, uint64_t seed);
/* The same, but false with the sentence in m->error. */
bool market_paths_try(struct market_paths *m, const char *market, const char *horizon,
                      const char *step, uint64_t seed);
void market_paths_close(struct market_paths *m);

/* The paths from `first` at time 0. */
void market_paths_start(struct market_paths *m, uint64_t first);

/* One step on. */
void market_paths_step(struct market_paths *m);

/* Price in USD [LANES]; state of the asset's model; jumps in this step. */
static inline const double *market_paths_spot(const struct market_paths *m, uint32_t asset)
{
    return worker_row(&m->w, ROW_SPOT, asset);
}
static inline double *market_paths_state(const struct market_paths *m, uint32_t asset,
                                         uint32_t state)
{
    return worker_row(&m->w, ROW_MODEL_STATE, asset * PRICE_MAX_STATE + state);
}
static inline const double *market_paths_jumps(const struct market_paths *m, uint32_t asset)
{
    return worker_row(&m->w, ROW_JUMP, asset);
}

/* What the model's own hook says of the volatility after this step [LANES]. */
void market_paths_volatility(const struct market_paths *m, uint32_t asset,
                             double *volatility_annual);

#endif
