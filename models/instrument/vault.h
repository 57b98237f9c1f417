#ifndef TAILRACE_MODELS_INSTRUMENT_VAULT_H
#define TAILRACE_MODELS_INSTRUMENT_VAULT_H

#include "sim/model.h"
#include "sim/surface_view.h"

/* A vault that writes options on all it holds, one after the other, shared by the covered
 * call (holds coins, options settled in the coin) and the put (holds cash, settled in it).
 *
 * Every tenor from the start, a whole number of steps: the option settles at the traded price
 * then (one price, no average), and the next one, to expire a tenor later, is written on what
 * the vault then holds, n options per unit of quantity,
 *     call: n = coins held,   put: n = cash held / K,
 * so that it can never owe more than it has. The strike K is that whose Black-76 delta on
 * the forward, N(d1) of a call, N(-d1) of a put, is the one wanted, at the surface's own
 * volatility of K:
 *     ln(K/F) = s(K) (s(K)/2 - d1),   s = sigma sqrt(T),   d1 = +-N^-1(delta),
 * by a fixed number of Newton steps inside a bracket. The sale brings the mark less
 * spread_frac of it, which compounds with the rest. The option is worth its mark until it
 * settles: models/instrument/option.c at a strike of every path's own.
 *
 * The first option is sold at the start; its spread is not part of the P&L, which begins
 * after it. What the vault holds stands in its owner's account; the vault's own value is
 * minus the open option's. */
struct vault {
    struct contract contract; /* quantity: coins of a call vault, USD of a put vault */
    double strike_delta, spread_frac; /* contract.roll_s: the tenor */
};

/* Rows of state, per unit of quantity. */
enum {
    VAULT_HELD,       /* coins, or USD */
    VAULT_WRITTEN,    /* options on one coin */
    VAULT_LOG_STRIKE, /* ln K */
    VAULT_N_STATE
};

/* The columns that they share, in struct vault. */
/* clang-format off */
#define VAULT_FIELDS \
    {.key = "strike_delta", .unit = "1", .type = FIELD_NUMBER, .required = true, \
     .min = 1e-9, .max = 0.999, .offset = offsetof(struct vault, strike_delta), \
     .doc = "size of the delta, on the forward, of the option that is written; 0.1 for 10 %"}, \
    {.key = "tenor", .unit = "s", .type = FIELD_DURATION, .required = true, \
     .min = 60.0, .max = 3.2e8, .offset = offsetof(struct vault, contract.roll_s), \
     .doc = "life of each option, 7d; the first begins at the start"}, \
    {.key = "spread_frac", .unit = "1", .type = FIELD_NUMBER, \
     .min = 0.0, .max = 1.0, .offset = offsetof(struct vault, spread_frac), \
     .doc = "share of the option's mark that the vault gives up when it sells"}
/* clang-format on */

/* ln(K/F) of the strike whose delta is wanted, `years` before expiry. log_spot [LANES]. */
void vault_moneyness(const struct surface_view *surface, double years, bool call,
                     double strike_delta, const double *log_spot, double *log_moneyness);

/* The instruments' own, of a covered call (else of a put). */
bool vault_check(const struct contract *c, const char *where, struct error *err);
void vault_value(const struct contract *c, bool call, const struct claim_quote *quote,
                 struct claim_value *out);
void vault_smile(const struct contract *c, const struct claim_quote *quote,
                 struct smile *smile);
void vault_start(const struct contract *c, bool call, const struct claim_step *s);
void vault_step(const struct contract *c, bool call, const struct claim_step *s);

#endif
