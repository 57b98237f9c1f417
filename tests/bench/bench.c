/* tailrace-bench: one line per figure, `name value unit`, the median of several
 * repetitions. Every thread repeats the work on its own inputs for a fixed time; the rates
 * are summed. */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/bench.h"

static const struct bench_figure *const suites[] = {
    bench_numerics, bench_options, bench_chebyshev, bench_cascade, bench_file, NULL,
};

enum { REPETITIONS = 7, MAX_THREADS = 1024 };
static const double REPETITION_S = 0.15;

static const char HELP[] =
    "usage: tailrace-bench [--threads N] [--only PREFIX] [--help]\n"
    "Prints one line per figure: name value unit. Median of 7 repetitions.\n"
    "  --threads N    run N copies at the same time and add up their rates [1]\n"
    "  --only PREFIX  only the figures whose name begins with PREFIX [all]\n"
    "  --help         this text\n";

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Work items per second of one thread over one repetition. */
static double rate_once(const struct bench_figure *figure, void *work)
{
    const double begin = now_s();
    double items = 0.0, elapsed = 0.0;

    while (elapsed < REPETITION_S) {
        items += figure->run(work);
        elapsed = now_s() - begin;
    }
    return items / elapsed;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double measure(const struct bench_figure *figure, int n_thread)
{
    double total[REPETITIONS] = {0.0};

#pragma omp parallel num_threads(n_thread)
    {
        struct arena arena = {0};
        void *work = figure->start != NULL ? figure->start(&arena, figure->input) : NULL;

        figure->run(work); /* warms caches and pages */
        for (int i = 0; i < REPETITIONS; i++) {
#pragma omp barrier
            const double rate = rate_once(figure, work);
#pragma omp atomic
            total[i] += rate;
        }
        if (figure->stop != NULL)
            figure->stop(work);
        arena_free(&arena);
    }
    qsort(total, REPETITIONS, sizeof(total[0]), compare_doubles);
    return total[REPETITIONS / 2] / figure->scale;
}

/* Keeps a single thread on the core it is on. */
static void pin(void)
{
    const int core = sched_getcpu();
    cpu_set_t set;

    if (core < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    (void)sched_setaffinity(0, sizeof(set),
                            &set); /* a bench that is not pinned still runs */
}

static int usage(const char *option)
{
    fprintf(stderr, "tailrace-bench: cannot use \"%s\"\n%s", option, HELP);
    return 2;
}

static bool parse_threads(const char *text, int *n_thread)
{
    char *end;

    errno = 0;
    const long value = strtol(text, &end, 10);
    *n_thread = (int)value;
    return errno == 0 && end != text && *end == '\0' && value >= 1 && value <= MAX_THREADS;
}

static void print_suite(const struct bench_figure *f, const char *only, int n_thread)
{
    for (; f->name != NULL; f++) {
        if (strncmp(f->name, only, strlen(only)) != 0)
            continue;
        printf("%s %.5g %s\n", f->name, measure(f, n_thread), f->unit);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    int n_thread = 1;
    const char *only = "";

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(HELP, stdout);
            return 0;
        }
        if (i + 1 == argc)
            return usage(argv[i]);
        if (strcmp(argv[i], "--only") == 0)
            only = argv[++i];
        else if (strcmp(argv[i], "--threads") != 0 || !parse_threads(argv[++i], &n_thread))
            return usage(argv[i]);
    }
    if (n_thread == 1)
        pin();
    for (const struct bench_figure *const *suite = suites; *suite != NULL; suite++)
        print_suite(*suite, only, n_thread);
    print_suite(bench_paths(&arena), only, n_thread);
    arena_free(&arena);
    return 0;
}
