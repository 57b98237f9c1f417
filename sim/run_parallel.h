#ifndef TAILRACE_SIM_RUN_PARALLEL_H
#define TAILRACE_SIM_RUN_PARALLEL_H

#include <signal.h>
#include <stdint.h>

/* Calls task(context, i) once for each i < n, by all threads, in any order. A task writes
 * what belongs to its i and nothing else, so the result does not depend on who ran it. With
 * a label, a bar counts the tasks done. Once *stop is not zero no task begins (NULL: all
 * do). */
void run_parallel(uint32_t n, void (*task)(void *context, uint32_t i), void *context,
                  const char *label, const volatile sig_atomic_t *stop);

#endif
