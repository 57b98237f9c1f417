#ifndef TAILRACE_SCENARIOS_COMPILE_H
#define TAILRACE_SCENARIOS_COMPILE_H

#include "scenarios/scenario.h"
#include "sim/plan.h"

/* Turns names into indices and parameters into per-step constants. Everything of the plan
 * belongs to the arena; the scenario must outlive it. False: err has the sentence. */
bool compile_plan(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                  struct error *err);

/* Refuses what can be compiled but not run: accounts under a margin rule that the engine does
 * not follow from step to step. Before compile_plan, whose population needs such a rule. */
bool compile_runnable(const struct scenario *scenario, struct error *err);

/* Sentences about things that are allowed but probably not meant; returns how many, at most
 * `max`, written into text (owned by the arena). */
uint32_t compile_warnings(const struct scenario *scenario, const struct plan *plan,
                          struct arena *arena, const char **text, uint32_t max);

/* Used by the parts of the compiler: index of an asset or venue by name, PLAN_NONE if
 * absent; the lower Cholesky factor, rows of plan_pad(n), of a correlation matrix [n][n],
 * where a pivot of zero (perfect correlation) is allowed (false: not positive
 * semi-definite); the part that fills assets and correlation, and in it those that draw
 * parameter sets and that build a surface, refused where a formula allows arbitrage; the
 * part that fills accounts, positions, venues and populations, and in it a venue's rules,
 * the populations, the positions with the claims among them, and the strips of these; the
 * shocks on surfaces, refused where too little volatility is left; the part that fills
 * chains and oracles, and what the venues have of them. */
uint32_t compile_asset_index(const struct scenario *scenario, const char *name);
uint32_t compile_venue_index(const struct scenario *scenario, const char *name);
bool compile_cholesky(const double *matrix, uint32_t n, double *factor);
bool compile_assets(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                    struct error *err);
bool compile_surface(const struct scenario_asset *from, struct arena *arena,
                     struct plan_asset *to, struct error *err);
bool compile_sets(const struct scenario *scenario, const struct price_setup *estimates,
                  struct arena *arena, struct plan *plan, struct plan_asset *asset,
                  struct error *err);
bool compile_book(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                  struct plan_account **accounts, struct error *err);
bool compile_venue(const struct scenario *scenario, const struct scenario_venue *from,
                   struct arena *arena, struct plan_venue *to, struct error *err);
bool compile_populations(const struct scenario *scenario, struct arena *arena,
                         struct plan *plan, struct plan_venue *venue, struct error *err);
bool compile_positions(const struct scenario *scenario, struct arena *arena,
                       struct plan *plan, struct plan_account *account, struct error *err);
void compile_strips(struct plan *plan, struct plan_claim *claim, struct arena *arena);
bool compile_feeds(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                   struct error *err);
bool compile_bends(const struct scenario *scenario, struct plan *plan, struct error *err);

/* Warnings about the surface of one asset: as it is; at the peaks of its shocks. And what
 * allows arbitrage, as one sentence that begins with `what`; NULL: nothing. */
uint32_t surface_warnings(const struct scenario_asset *from, const struct plan_asset *asset,
                          struct arena *arena, const char **text, uint32_t max);
uint32_t bend_warnings(const struct scenario *scenario, const struct plan *plan,
                       uint32_t asset, struct arena *arena, const char **text,
                       uint32_t max);
struct surface_faults;
const char *surface_fault_text(const char *what, const struct surface *surface,
                               const struct surface_faults *f, bool butterfly,
                               struct arena *arena);

#endif
