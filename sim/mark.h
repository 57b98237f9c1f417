#ifndef TAILRACE_SIM_MARK_H
#define TAILRACE_SIM_MARK_H

#include "sim/worker.h"

/* Mark prices of venues whose rule is more than one price. With p the venue's own traded
 * price, I the index (the price over all books, or the venue's oracle) and E the average of
 * the premium, whose weights halve over the half-life H:
 *     median:       the one in the middle of I, I (1 + E) and p; premium p / I - 1
 *                   (Binance: mark price is the median of three);
 *     premium_ema:  I exp(E); premium ln(p / I).
 * E(t) = 2^(-h/H) E(t-h) + (1 - 2^(-h/H)) premium(t), 0 at the start. */
void mark_start(const struct plan *plan, struct worker *w);

/* An instant dt_s after the last one: averages and marks. market prices and oracles must
 * have been set. */
void mark_step(const struct plan *plan, struct worker *w, double dt_s);

/* The marks again, after trades of the same instant have moved prices. */
void mark_refresh(const struct plan *plan, struct worker *w);

#endif
