#ifndef TAILRACE_SIM_STUDY_BACKTEST_H
#define TAILRACE_SIM_STUDY_BACKTEST_H

#include <stdio.h>

#include "sim/arena.h"
#include "sim/backtest.h"
#include "sim/study/series.h"

/* Walks calibrated models over recorded prices: every model is fitted to a window, moved on
 * to each day without looking ahead, and asked for the VaR and ES of the next horizon by
 * simulation. No window and no horizon spans a gap. */

enum { BACKTEST_MAX = 64, BACKTEST_MAX_LEVEL = 8 };

struct backtest_options {
    const char *prices;
    double utc_offset_s;
    struct series_window dates;
    uint32_t n_asset; /* 0: all columns */
    const char *asset[BACKTEST_MAX];
    uint32_t n_model; /* 0: all that can be estimated */
    const char *model[BACKTEST_MAX];
    double window_s, every_s; /* of the fits: length, distance */
    uint32_t n_level;
    double level[BACKTEST_MAX_LEVEL];
    uint32_t n_draw; /* of a forecast, a multiple of 64 */
    uint64_t seed;
    double significance;
    const char *label; /* of the progress bar; NULL: none */
};

/* The whole walk: per asset one series with forecasts over one step of the file and, where
 * that is shorter than a day, another over a day (without overlap). False, with a sentence:
 * the prices cannot be used, no window fits in, a model is not known. Inputs that were read
 * are left in `inputs`. */
bool backtest_walk(const struct backtest_options *options, struct input_list *inputs,
                   struct arena *arena, struct backtest *backtest, struct error *err);

/* One table per series; JSON for machines. */
void backtest_print(const struct backtest *backtest, FILE *out);
bool backtest_json(const struct backtest *backtest, FILE *out, struct error *err);

#endif
