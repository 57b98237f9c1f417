#ifndef TAILRACE_SIM_GREEKS_H
#define TAILRACE_SIM_GREEKS_H

#include <stddef.h>

#include "sim/plan.h"
#include "sim/result.h"

/* The members of struct greek_row, in the order of the file: N_GREEK in USD, the same in
 * coins of the asset (USD over spot), what the exchanges display. Members in USD may be
 * added over assets. */
enum { N_GREEK = 8, N_GREEK_FIELD = 2 * N_GREEK + 2 };
struct greek_field {
    const char *name, *unit, *doc;
    size_t offset; /* in struct greek_row */
    bool usd;
};
extern const struct greek_field greeks_field[N_GREEK_FIELD];

/* How a member in USD follows from a sum over claims: sum x spot^spot_power x scale. */
struct greek_measure {
    enum claim_sum sum;
    int spot_power;
    double scale;
};
extern const struct greek_measure greeks_measure[N_GREEK];

/* Buckets of the time left to expiry, by their largest; what does not expire is in the
 * last. */
extern const char *const greeks_bucket_name[N_GREEK_BUCKET];
uint32_t greeks_bucket(const struct contract *c, double time_s);

/* Member of a row. */
static inline double *greeks_member(struct greek_row *row, uint32_t field)
{
    return (double *)((char *)row + greeks_field[field].offset);
}

/* Values and Greeks at the start. Of the exchanges' conventions, theta is what they display
 * per day, and delta that of the value in coins for what is settled in coins (Deribit's net
 * delta: Black-Scholes delta at fixed volatility less the mark price in coins), the delta in
 * coins for contracts settled in USD; coins held have none. */
struct greek_table greeks_at_start(const struct plan *plan, struct arena *arena);

#endif
