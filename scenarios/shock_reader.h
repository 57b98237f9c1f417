#ifndef TAILRACE_SCENARIOS_SHOCK_READER_H
#define TAILRACE_SCENARIOS_SHOCK_READER_H

#include "scenarios/reader.h"

/* The parts of scenarios/shocks.c. */

/* A shock while it is being read. */
struct shock_reader {
    struct reader *r;
    const struct node *node;
    const char *path; /* "shocks[2]" */
    struct scenario_shock *shock;
    struct error *err;
};

/* Where a size must stay for the state to stay meaningful. */
struct shock_domain {
    double lower, upper;
    bool open; /* the lower end itself is outside */
};

/* The support of a draw must not leave the domain of what it acts on. A log-normal draw
 * runs from the domain's lower end, never reaching it, without bound upwards. */
bool shock_domain_check(const struct shock_reader *sr, const char *key,
                        const struct draw *draw, struct shock_domain domain);

/* What the sizes of the single states may be; reads those that section_read does not. */
bool shock_sizes_check(const struct shock_reader *sr);

#endif
