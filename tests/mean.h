#ifndef TAILRACE_TESTS_MEAN_H
#define TAILRACE_TESTS_MEAN_H

/* A mean with its standard error. */
struct mean {
    double sum, square;
    int n;
};

static inline void mean_add(struct mean *m, double x)
{
    m->sum += x;
    m->square += x * x;
    m->n++;
}

/* Fails the test if the mean is 5 standard errors from the expected. */
void mean_check(const struct mean *m, double expected, const char *row, const char *what,
                int index);

#endif
