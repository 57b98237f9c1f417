#ifndef TAILRACE_SIM_TRIGGER_H
#define TAILRACE_SIM_TRIGGER_H

#include "sim/worker.h"

/* Which accounts of a population must be looked at. Per path an account is in one of three
 * states: in the shared index of sim/population.h (its bit is set), watched (its liquidation
 * began and left something: its holdings, level and notes are the path's own), or gone. */

/* What path k owns of the population of a venue. */
struct trigger_overlay {
    uint64_t *alive;    /* one bit per account: in the index */
    double *safe;       /* [n_safe] safe distances of the index's blocks */
    double *coins;      /* [n_leg] of watched accounts; NULL: accounts close as a whole */
    double *collateral; /* [n_account] of watched accounts, USD */
    double *level;      /* [n_account] of watched accounts */
    double *memory;     /* [n_account][LIQUIDATION_MEMORY] */
    uint64_t *cascade;  /* one bit per watched account: see sim/cascade.h */
    uint32_t *watched;  /* [ROW_WATCHED] the watched ones, the earliest first */
};
struct trigger_overlay trigger_overlay(const struct worker *w, uint32_t venue, int k);

/* Words of 64 bits that a path needs for it. `whole`: its accounts close as a whole. */
size_t trigger_words(const struct population *p, bool whole);

/* Time 0: all accounts are in the index. */
void trigger_start(const struct plan *plan, struct worker *w, uint32_t venue);

/* How far each asset has moved against each side of a venue's accounts: fills w->adverse and
 * w->since. */
void trigger_moves(const struct plan *plan, struct worker *w, uint32_t venue);

/* Level of a group on every path: the worst move among its assets. True if on some path it
 * reaches an account of the index. trigger_moves must have run for the venue. */
bool trigger_level(const struct plan *plan, const struct worker *w, uint32_t venue,
                   uint32_t group, double *level);

/* Sets w->market to the marks, funding and debts of path k at a venue. */
void trigger_look(const struct plan *plan, struct worker *w, uint32_t venue, int k);

/* Fills w->list with the accounts of a group in the index that are under water on path k, by
 * level, and returns their number. trigger_look must have run. */
uint32_t trigger_find(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                      uint32_t group, double level);

/* Leaves an account that was found in the index: it will be found again. One that is found is
 * else taken for closed by the safe distances. */
void trigger_keep(const struct worker *w, uint32_t venue, int k, uint32_t account);

/* Takes an account out of the index. */
void trigger_remove(const struct worker *w, uint32_t venue, int k, uint32_t account);

/* After accounts of a group were taken out: where the index of the group begins now. */
void trigger_advance(const struct plan *plan, struct worker *w, uint32_t venue, int k,
                     uint32_t group);

/* Debug: looks at every account of the venue on path k and returns how many of the index are
 * under water, whatever the triggers say; after a step it must be 0 where every account that
 * is under water is closed at once. */
uint32_t trigger_scan(const struct plan *plan, struct worker *w, uint32_t venue, int k);

#endif
