#include "sim/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double REFRESH_S = 0.2;
enum { BAR_CELLS = 20 }; /* the whole line fits into 80 columns */

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_show(struct progress *p, uint64_t done)
{
    const double now = now_s();
    char bar[BAR_CELLS + 1];

    if (p->label == NULL || !isatty(STDERR_FILENO))
        return;
    if (p->start_s == 0.0) {
        p->start_s = now;
        p->first = done;
    }
    if (now - p->shown_s < REFRESH_S)
        return;
    p->shown_s = now;
    const int filled = (int)(BAR_CELLS * done / p->total);
    const double elapsed = now - p->start_s;
    const double rate = elapsed > 0.0 ? (double)(done - p->first) / elapsed : 0.0;
    memset(bar, '-', BAR_CELLS);
    memset(bar, '#', (size_t)filled);
    bar[BAR_CELLS] = '\0';
    fprintf(stderr, "\r%-20.20s [%s] %3.0f %%  %.0f paths/s", p->label, bar,
            100.0 * (double)done / (double)p->total, rate);
    if (rate > 0.0)
        fprintf(stderr, "  %.0f s left ", (double)(p->total - done) / rate);
    fprintf(stderr, "\033[K");
    fflush(stderr);
}

void progress_end(const struct progress *p)
{
    if (p->start_s != 0.0)
        fprintf(stderr, "\r\033[K");
}
