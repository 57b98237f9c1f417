#ifndef TAILRACE_TESTS_DIFFERENCE_H
#define TAILRACE_TESTS_DIFFERENCE_H

/* First and second derivative of f at x by central differences of the eighth order in long
 * double; with h = x/64 their error is some (h/x)^8, 1e-14 relative to f^(9) x^8. */
typedef long double (*difference_function)(long double x, const void *context);

static inline long double difference_slope(difference_function f, const void *context,
                                           long double x, long double h)
{
    static const long double weight[] = {672.0L, -168.0L, 32.0L, -3.0L};
    long double sum = 0.0L;

    for (int i = 1; i <= 4; i++)
        sum += weight[i - 1] * (f(x + i * h, context) - f(x - i * h, context));
    return sum / (840.0L * h);
}

static inline long double difference_curve(difference_function f, const void *context,
                                           long double x, long double h)
{
    static const long double weight[] = {8064.0L, -1008.0L, 128.0L, -9.0L};
    long double sum = -14350.0L * f(x, context);

    for (int i = 1; i <= 4; i++)
        sum += weight[i - 1] * (f(x + i * h, context) + f(x - i * h, context));
    return sum / (5040.0L * h * h);
}

#endif
