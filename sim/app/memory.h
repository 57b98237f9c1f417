#ifndef TAILRACE_SIM_APP_MEMORY_H
#define TAILRACE_SIM_APP_MEMORY_H

/* Bytes of memory that this machine has, and the most that this process had in use at once;
 * 0 where the system does not tell. */
double memory_of_machine(void);
double memory_peak(void);

#endif
