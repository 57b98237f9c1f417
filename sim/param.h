#ifndef TAILRACE_SIM_PARAM_H
#define TAILRACE_SIM_PARAM_H

#include "sim/arena.h"
#include "sim/model.h"

/* Single numbers inside the parameters of a price model, by the names that estimates and
 * files give them: "volatility_annual", "switches_per_year[1]", "excitation.BTC",
 * "regimes[0].volatility_annual". */
struct param_slot {
    double *value;
    const struct field *field; /* its unit and range */
};

/* Finds the number of that name; false: there is none. */
bool param_find(const struct price_model *model, void *param, const char *key,
                struct param_slot *slot);

/* A copy that shares no number with the original. */
void *param_copy(const struct price_model *model, const void *param, struct arena *arena);

/* A number on a line without ends, where the error of an estimate is taken to be normal:
 * its logit where it is a share of 0 .. 1, Fisher's z where it lies in -1 .. 1, the
 * logarithm of its distance from the lower end where that is 0 or more, else itself.
 * *slope: d line / d value. False: the value stands at an end of its range. */
bool param_to_line(const struct field *field, double value, double *line, double *slope);
double param_from_line(const struct field *field, double line);

#endif
