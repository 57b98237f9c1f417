#ifndef TAILRACE_SCENARIOS_READER_H
#define TAILRACE_SCENARIOS_READER_H

#include <stdio.h>

#include "scenarios/input.h"
#include "scenarios/node.h"
#include "scenarios/prices.h"
#include "scenarios/section.h"

struct surface;

/* The tables behind scenario_sections, for the readers and the echo of each section. */
extern const struct field sections_scenario[], sections_severity[], sections_run[],
    sections_asset[], sections_uncertainty[], sections_surface[], sections_ssvi[],
    sections_ssvi_slice[], sections_svi_slice[], sections_oracle[], sections_venue[],
    sections_venue_asset[], sections_tier[], sections_shock[], sections_recover[],
    sections_limit[], sections_copula[];
/* The keys of each kind of shock beside sections_shock; and the words that name the kinds.
 */
extern const struct field *const sections_shock_state[N_SHOCK_STATE];
extern const char *const sections_state_name[N_SHOCK_STATE];

/* One element of limits: as written. */
struct limit_section {
    const char *metric;
    double es, var, probability_above_usd, max_usd, max, confidence;
    bool mean;
};

/* A file of prices that was read already. */
struct price_file {
    struct price_table table;
    const struct price_file *next;
};

/* One scenario while it is being read. */
struct reader {
    struct arena *arena;
    struct input_list *inputs;
    struct scenario *scenario;
    const char *portfolio_file;          /* a path that can be opened, or NULL */
    const struct price_file *price_file; /* the latest first */
};

/* Each reads one part of the tree into r->scenario; `node` may be NULL where the part may
 * be absent. Market before the others: they look up its names. */
bool reader_market(struct reader *r, const struct node *market, struct error *err);
bool assets_read(struct reader *r, const struct node *assets, struct error *err);
bool price_model_read(struct reader *r, const struct node *node,
                      struct scenario_asset *asset, struct error *err);
bool surface_read(struct reader *r, const struct node *node, struct scenario_asset *asset,
                  struct error *err);
bool uncertainty_read(struct reader *r, const struct node *node,
                      struct scenario_asset *asset, struct error *err);
bool correlation_read(struct reader *r, const struct node *map, const struct place *market,
                      struct error *err);
bool venues_read(struct reader *r, const struct node *venues, struct error *err);
bool shocks_read(struct reader *r, const struct node *shocks, struct error *err);
bool limits_read(struct reader *r, const struct node *limits, struct error *err);
bool chain_read(struct reader *r, struct scenario_asset *asset, const struct place *from,
                struct error *err);
/* The surface of the rows that chain_read has read. */
bool chain_surface(const struct scenario_asset *from, struct arena *arena,
                   struct surface *surface, struct error *err);
bool positions_read(struct reader *r, const struct node *portfolio, struct error *err);
bool accounts_read(struct reader *r, const struct node *accounts, struct error *err);

/* The asset or venue of that name; NULL with a sentence that names the nearest. */
const struct scenario_asset *reader_asset(const struct scenario *scenario, const char *name,
                                          const struct place *place, struct error *err);
const struct scenario_venue *reader_venue(const struct scenario *scenario, const char *name,
                                          const struct place *place, struct error *err);

/* A name that can stand in a path a.b.c and in a result file: letters, digits, _ and -. */
bool reader_name(const char *kind, const char *name, const struct place *place,
                 struct error *err);

/* A name of a scenario, suite or cell: lower case, digits and hyphens; `inputs` is
 * reserved. */
bool reader_result_name(const char *kind, const char *name, const struct place *place,
                        struct error *err);

/* YAML of the whole scenario with all defaults. */
const char *echo_scenario(const struct reader *r);
void echo_surface(FILE *out, const struct surface_section *s, struct arena *arena);
void uncertainty_echo(FILE *out, const struct uncertainty *u, struct arena *arena);
void echo_shocks(FILE *out, const struct scenario *s, struct arena *arena);

#endif
