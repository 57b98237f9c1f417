#ifndef TAILRACE_SCENARIOS_POPULATION_H
#define TAILRACE_SCENARIOS_POPULATION_H

#include "scenarios/reader.h"

/* Accounts of a venue that are drawn instead of listed, and accounts that stand for a part
 * of a venue:
 *     accounts:
 *       perp_venue: {generate: {accounts: 20000, totals_usd: {BTC: 5.0e9}, ...}}
 *       other_venue: {file: accounts.csv, covers_frac: 0.2}
 * or either mapping in a YAML file of its own that is named instead. */

/* What an account does. The first three stand at a venue of perpetuals, the others at one
 * that lends. */
enum structure_kind {
    STRUCTURE_DIRECTIONAL, /* one perpetual, USD as collateral */
    STRUCTURE_BASIS,       /* coins held against a short perpetual */
    STRUCTURE_LP_SHORT,    /* a pool's share, as its coins and dollars, against a short */
    STRUCTURE_STAKED_LOOP, /* a staked token against a debt of what it is staked of */
    STRUCTURE_BORROWER,    /* a mix of coins against a debt */
    N_STRUCTURE
};

struct structure_section {
    struct place place;
    int kind; /* STRUCTURE_* */
    double share;
    struct loadings assets; /* perpetuals, or coins owed: relative frequency */
    double long_share;      /* directional */
    struct draw leverage;   /* notional, or collateral of a loop, per equity */
    double leverage_max;
    double hedge_frac;          /* coins short per coin held */
    const char *token;          /* staked_loop: what is held */
    struct loadings collateral; /* borrower: relative frequency */
    double second_share;        /* borrower: part with two coins */
    struct draw health_factor;
    const char *category; /* of the venue; NULL: none */
};

/* generate: */
struct size_section {
    double log_sd, tail_share, tail_index, largest_usd;
};
struct generate_section {
    uint64_t accounts, seed;
    struct loadings totals_usd;
    double total_usd;
    struct loadings asset_mix;
    double residual_frac, entry_log_sd, equity_ratio, health_factor_min;
    struct size_section size;
    uint32_t n_structure;
    struct structure_section *structure;
};

/* covers_frac: and beside it */
struct cover_section {
    const char *description, *source; /* NULL: not given */
    double covers_frac;
    uint64_t replicas; /* 0: as many as 1 / covers_frac rounded up, at most 16 */
    double jitter_frac;
    uint64_t replica_seed;
};
enum { POPULATION_MAX_ROWS = 5000000, POPULATION_MAX_REPLICAS = 16 };

/* Where a population comes from, if not from a CSV file as it is. */
struct population_source {
    struct place place;
    struct cover_section cover;
    const struct generate_section *generate; /* NULL: a file */
};

extern const struct field sections_cover[], sections_generate[], sections_size[],
    sections_structure[], sections_directional[], sections_basis[], sections_lp_short[],
    sections_staked_loop[], sections_borrower[];
/* The keys of each structure beside sections_structure; and the words that name them. */
extern const struct field *const sections_structure_kind[N_STRUCTURE];
extern const char *const sections_structure_name[];

/* Puts the content of YAML files into the place of their names under `accounts`. */
bool population_files(struct reader *r, struct node *root, struct error *err);

/* Reads one venue's mapping into population->source; *file is the node that names the CSV
 * file, NULL where the accounts are generated. */
bool population_read(struct reader *r, const struct node *node,
                     const struct scenario_venue *venue,
                     struct scenario_population *population, const struct node **file,
                     struct error *err);

/* Draws the accounts of population->source where it generates, and scales them to the whole
 * venue where they cover a part of it. */
bool population_finish(struct reader *r, const struct scenario_venue *venue,
                       struct scenario_population *population, struct error *err);

/* "VENUE: file", or the mapping, as YAML lines, `indent` deep. */
void population_echo(FILE *out, int indent, const struct scenario_population *population,
                     struct arena *arena);

/* ---- Used by the parts above --------------------------------------------------------- */

/* What the venue's margin rule asks of an account, at the prices of the start. */
struct population_margin {
    const struct scenario *scenario;
    const struct margin_rule *rule;
    const void *const *coef; /* [1 + n_category] */
};
bool population_margin_start(const struct scenario *scenario,
                             const struct scenario_venue *venue, struct arena *arena,
                             struct population_margin *margin, struct error *err);

/* Maintenance in USD of a contract's notional. */
double population_margin_notional(const struct population_margin *margin, uint32_t category,
                                  const struct scenario_asset *asset, double notional_usd);

/* What property worth value_usd (negative: owed) counts, after haircut or liquidation
 * threshold; asset NULL: dollars. */
double population_margin_property(const struct population_margin *margin, uint32_t category,
                                  const struct scenario_asset *asset, double value_usd);

/* The asset of that name; NULL: dollars, as which every other name counts. */
const struct scenario_asset *population_asset(const struct scenario *scenario,
                                              const char *name);

/* Buffer, equity minus requirement, of one account's n rows; *counted_usd is what its coins
 * above 0 count. */
double population_margin_buffer(const struct population_margin *margin,
                                const struct scenario_holding *row, uint32_t n,
                                double *counted_usd);

/* The accounts drawn: rows of one account stand together. */
bool population_generate(struct reader *r, const struct scenario_venue *venue,
                         const struct population_source *source,
                         struct scenario_holding **rows, uint32_t *n, struct error *err);

/* Replicates n rows so that they stand for 1 / covers_frac times as many accounts: each
 * account becomes R replicas of weight 1 / (R covers_frac), in pairs whose sizes differ by
 * 1 +- d and whose buffers by 1 +- e, d and e uniform below jitter_frac. Coins, debts and
 * collateral keep their weighted sums. */
bool population_scale(const struct population_margin *margin,
                      const struct population_source *source, struct arena *arena,
                      struct scenario_holding **rows, uint32_t *n, struct error *err);

/* One coin that accounts hold contracts on, or owe. */
struct population_total {
    const char *name;
    const struct scenario_asset *asset; /* NULL: dollars */
    double spot_usd;
    double usd; /* open interest of each side, or debt */
};
/* One account. */
struct population_draft {
    uint32_t structure, total; /* indices */
    int side;                  /* 1 long, -1 short or owed */
    double size;               /* relative; after population_sizes in coins */
    double leverage;           /* or health factor; before it is clipped */
    double entry;              /* ln(entry price / spot) */
    double pick[3];            /* uniform: first coin, second coin, its part */
};
/* Which totals the accounts of a structure draw from. */
struct population_pool {
    struct loadings frequency;
    const uint32_t *total; /* [frequency.n] */
    uint32_t category;
};
struct population_builder {
    struct reader *r;
    const struct scenario_venue *venue;
    const struct population_source *source;
    const struct generate_section *g;
    struct population_margin margin;
    uint32_t n_total;
    struct population_total *total;
    struct population_pool *pool;   /* [n_structure] */
    struct population_draft *draft; /* [accounts] */
};
enum { POPULATION_MAX_STRUCTURES = 64, POPULATION_MAX_LEGS = 4 };

/* Sizes of all drafts in coins, so that every total is met exactly. */
bool population_sizes(struct population_builder *b, struct error *err);

/* The rows of one draft, at most POPULATION_MAX_LEGS; account and place are not set. */
uint32_t population_legs(const struct population_builder *b,
                         const struct population_draft *draft,
                         struct scenario_holding *row);

/* Index of a list of relative frequencies for a uniform draw. */
uint32_t population_pick(const struct loadings *frequency, double uniform);

#endif
