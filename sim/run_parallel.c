#include "sim/run_parallel.h"

#include "sim/progress.h"

void run_parallel(uint32_t n, void (*task)(void *context, uint32_t i), void *context,
                  const char *label, const volatile sig_atomic_t *stop)
{
    struct progress progress = {.label = label, .total = n};
    uint64_t done = 0;

#pragma omp parallel for schedule(dynamic, 1)
    for (uint32_t i = 0; i < n; i++) {
        if (stop != NULL && *stop != 0)
            continue;
        task(context, i);
#pragma omp critical(run_parallel_done)
        progress_show(&progress, ++done);
    }
    progress_end(&progress);
}
