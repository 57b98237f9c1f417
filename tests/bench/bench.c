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

#include "sim/error.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_book.h"

static const struct bench_figure *const suites[] = {
    bench_numerics, bench_options, bench_chebyshev, bench_cascade, bench_file, NULL,
};

enum { MAX_REPETITIONS = 99, MAX_THREADS = 1024 };
static const double REPETITION_S = 0.15;

static const char HELP[] =
    "usage: tailrace-bench [--threads N] [--only PREFIX] [--repetitions N] [--help]\n"
    "       tailrace-bench --book FOLDER\n"
    "Prints one line per figure: name value unit. The median of repetitions of 0.15 s.\n"
    "  --threads N      run N copies at the same time and add up their rates [1]\n"
    "  --only PREFIX    only the figures whose name begins with PREFIX [all]\n"
    "  --repetitions N  of each figure, 1 to 99 [7]\n"
    "  --book FOLDER    only write the book of options and what it sums to, as CSV\n"
    "  --help           this text\n";

struct options {
    int n_thread, n_repetition;
    const char *only, *book; /* book: NULL unless asked for */
};

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

static double measure(const struct bench_figure *figure, const struct options *o)
{
    double total[MAX_REPETITIONS] = {0.0};

#pragma omp parallel num_threads(o->n_thread)
    {
        struct arena arena = {0};
        void *work = figure->start != NULL ? figure->start(&arena, figure->input) : NULL;

        figure->run(work); /* warms caches and pages */
        for (int i = 0; i < o->n_repetition; i++) {
#pragma omp barrier
            const double rate = rate_once(figure, work);
#pragma omp atomic
            total[i] += rate;
        }
        if (figure->stop != NULL)
            figure->stop(work);
        arena_free(&arena);
    }
    qsort(total, (size_t)o->n_repetition, sizeof(total[0]), compare_doubles);
    return total[o->n_repetition / 2] / figure->scale;
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

static bool parse_count(const char *text, int max, int *count)
{
    char *end;

    errno = 0;
    const long value = strtol(text, &end, 10);
    *count = (int)value;
    return errno == 0 && end != text && *end == '\0' && value >= 1 && value <= max;
}

/* Whether the option and its value can be used. */
static bool parse_option(const char *name, const char *value, struct options *o)
{
    if (strcmp(name, "--only") == 0)
        o->only = value;
    else if (strcmp(name, "--book") == 0)
        o->book = value;
    else if (strcmp(name, "--threads") == 0)
        return parse_count(value, MAX_THREADS, &o->n_thread);
    else if (strcmp(name, "--repetitions") == 0)
        return parse_count(value, MAX_REPETITIONS, &o->n_repetition);
    else
        return false;
    return true;
}

static void print_suite(const struct bench_figure *f, const struct options *o)
{
    for (; f->name != NULL; f++) {
        if (strncmp(f->name, o->only, strlen(o->only)) != 0)
            continue;
        printf("%s %.5g %s\n", f->name, measure(f, o), f->unit);
        fflush(stdout);
    }
}

static int write_book(const char *folder)
{
    struct error err;

    if (bench_book_write(folder, &err))
        return 0;
    fprintf(stderr, "tailrace-bench: %s\n", err.text);
    return 1;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct options o = {.n_thread = 1, .n_repetition = 7, .only = ""};

    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(HELP, stdout);
            return 0;
        }
        if (i + 1 == argc || !parse_option(argv[i], argv[i + 1], &o))
            return usage(i + 1 < argc ? argv[i + 1] : argv[i]);
    }
    if (o.book != NULL)
        return write_book(o.book);
    if (o.n_thread == 1)
        pin();
    for (const struct bench_figure *const *suite = suites; *suite != NULL; suite++)
        print_suite(*suite, &o);
    print_suite(bench_paths(&arena), &o);
    arena_free(&arena);
    return 0;
}
