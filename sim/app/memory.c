#include "sim/app/memory.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

double memory_of_machine(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

    return pages > 0 && size > 0 ? (double)pages * (double)size : 0.0;
}

/* Linux counts into ru_maxrss what the parent held when it started this program: 100 MB
 * from a notebook. VmHWM is of this program alone. */
double memory_peak(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    struct rusage usage;
    char line[256];
    double kib = 0.0;

    while (file != NULL && kib == 0.0 && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %lf kB", &kib) != 1)
            kib = 0.0;
    if (file != NULL)
        fclose(file);
    if (kib == 0.0 && getrusage(RUSAGE_SELF, &usage) == 0)
        kib = (double)usage.ru_maxrss;
    return 1024.0 * kib;
}
