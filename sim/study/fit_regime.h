#ifndef TAILRACE_SIM_STUDY_FIT_REGIME_H
#define TAILRACE_SIM_STUDY_FIT_REGIME_H

#include "sim/study/fit.h"
#include "sim/study/regimes.h"

/* The regimes that fit best, calmest first. The maximum's coordinates are drift and
 * volatility of each regime in turn, then the rates of switching in the order of rows
 * without the diagonal. The returns must be fit for an estimate (fit_begin). */
void fit_regime_search(const struct returns *returns, uint32_t n_regime, uint64_t seed,
                       struct regimes *regimes, struct maximum *maximum);

/* fit_regime with 2 or 3 regimes. */
bool fit_regime_count(const struct returns *returns, uint32_t n_regime, uint64_t seed,
                      struct arena *arena, struct estimate *estimate, struct error *err);

/* The entries of the table of estimators. */
bool fit_regime(const struct returns *returns, uint64_t seed, struct arena *arena,
                struct estimate *estimate, struct error *err);
void fit_regime_filter(const struct returns *returns, struct estimate *estimate);

#endif
