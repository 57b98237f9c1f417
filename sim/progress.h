#ifndef TAILRACE_SIM_PROGRESS_H
#define TAILRACE_SIM_PROGRESS_H

#include <stdint.h>

/* A bar on the terminal with rate and time left; silent when stderr is no terminal. */
struct progress {
    const char *label;     /* NULL: silent */
    uint64_t total, first; /* paths; `first` were done when it was shown first */
    double start_s, shown_s;
};

/* Draws at most a few times per second. One thread at a time. */
void progress_show(struct progress *p, uint64_t done);

/* Clears the line. */
void progress_end(const struct progress *p);

#endif
