#ifndef TAILRACE_SIM_GREEKS_H
#define TAILRACE_SIM_GREEKS_H

#include <stddef.h>

#include "sim/plan.h"
#include "sim/result.h"

/* The members of struct greek_row, in the order of the file: N_GREEK in USD, the same in
 * coins of the asset (USD over spot), what the exchanges display. Members in USD may be
 * added over assets. */
enum { N_GREEK = 8, N_GREEK_FIELD = 2 * N_GREEK + 4 };
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

/* Values and Greeks at the start. The exchange's columns are what Deribit displays of
 * options, found from its tickers: theta see models/instrument/option.c;
 *     vega = F n(d1) sqrt(T) / 100,   rho = phi K T N(phi d2) / 100   USD
 * for coin-settled options too, whose value in USD is V S/F here (times S/F); and net delta =
 * Black-Scholes delta at fixed volatility less the mark in coins (support.deribit.com). Net
 * delta is the change of the value in coins, and so it stands for all that is settled in
 * coins; it is the delta in coins for contracts settled in USD, 0 for coins held. */
struct greek_table greeks_at_start(const struct plan *plan, struct arena *arena);

#endif
