#ifndef TAILRACE_SIM_STUDY_MAXIMISE_SCALE_H
#define TAILRACE_SIM_STUDY_MAXIMISE_SCALE_H

#include "sim/study/maximise.h"

/* The coordinates of the search, shared by the files of the maximiser: z = (u - middle) /
 * half with u the transform of x, so that random starts lie in -1 .. 1. */
struct search {
    const struct likelihood *likelihood;
    double middle[MAXIMISE_MAX], half[MAXIMISE_MAX]; /* of u */
};

/* Of impossible points; above every other value of the loss. */
#define MAXIMISE_BAD 1e100

void search_start(struct search *search, const struct likelihood *likelihood);

double search_inward(const struct search *search, uint32_t i, double x);  /* x to z */
double search_outward(const struct search *search, uint32_t i, double z); /* z to x */
double search_slope(const struct search *search, uint32_t i, double z);   /* dx/dz */

/* Minus the log-likelihood at z [n]; MAXIMISE_BAD where it is impossible. */
double search_loss(const struct search *search, const double *z);

/* Newton steps from z [n] to the minimum of the loss; fills in everything of the maximum
 * but the counts of searches, and the beginning of the note. */
void search_finish(const struct search *search, double *z, struct maximum *maximum);

#endif
