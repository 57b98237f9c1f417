#ifndef TAILRACE_SIM_LANES_H
#define TAILRACE_SIM_LANES_H

/* Paths advance LANES at a time; every inner loop runs over the lanes. The number is a
 * matter of speed only: results are the same for any value (a test compares the files). */
#ifndef TAILRACE_LANES
#define TAILRACE_LANES 32
#endif
enum { LANES = TAILRACE_LANES };

/* One number for each path of a block. */
typedef double lane_row[LANES];

#endif
