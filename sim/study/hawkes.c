/* Likelihood of log-returns under a diffusion with self-exciting jumps (Hawkes 1971,
 * Biometrika 58, with an exponential kernel; Ait-Sahalia, Cacho-Diaz and Laeven 2015,
 * Journal of Financial Economics 117, section 2). In steps of h years, with lambda the
 * intensity at the start of a step:
 *     N ~ Poisson(lambda h)                                                         (jumps)
 *     r ~ normal((alpha - sigma^2/2) h - lambda h kbar + N m, sigma^2 h + N s^2)
 *     lambda' = mu + (lambda - mu) (1 - beta h) + N n beta
 * as the price model does it. kbar = exp(m + s^2/2) - 1, and n is the expected number of
 * direct children of a jump: those of all later steps add up to it.
 *
 * Neither jumps nor intensity are seen, so the exact likelihood sums over all sequences of
 * N. The filter holds what is known of lambda as a gamma distribution with the right mean
 * and variance. Its predictions of N are negative binomial, and given N it stays a gamma:
 *     P(N = j) = NB,   E(lambda | N = j) = (m^2 + j v) / (m + h v) for mean m, variance v.
 * The return weighs the numbers j = 0 .. MOST_JUMPS against each other, and the mixture of
 * the moved gammas is collapsed to mean and variance again (as Harrison and Stevens 1976
 * collapse mixtures of normals). Given what came before, the density of every return is a
 * proper one, so that the likelihood compares with that of other models. What is
 * approximate: the shape of the distribution of lambda, and lambda in the mean of r, which
 * is replaced by its expectation given N. */
#include "sim/study/hawkes.h"

#include <math.h>

enum { MOST_JUMPS = 12 }; /* the last stands for all above, too */

static const double SECONDS_PER_YEAR = 365.0 * 86400.0;
static const double LOG_2PI = 1.8378770664093454836;
static const double NEGLIGIBLE = 1e-12; /* probability of a number of jumps */

/* What one step needs. */
struct filter {
    double h, base, decay, kick; /* mu, 1 - beta h, n beta */
    double drift, compensator;   /* (alpha - sigma^2/2) h, h kbar */
    double jump_mean;
    double variance[MOST_JUMPS + 1], log_variance[MOST_JUMPS + 1];
    double mean_0, variance_0; /* of the long run */
};

void hawkes_long_run(const struct hawkes *p, double h, double *mean, double *variance)
{
    const double decay = 1.0 - p->decay_per_year * h;
    const double kick = p->excitation * p->decay_per_year, grow = decay + kick * h;

    /* V = V (decay + kick h)^2 + kick^2 E lambda h */
    *mean = p->jumps_per_year / (1.0 - p->excitation);
    *variance = kick * kick * *mean * h / (1.0 - grow * grow);
}

static void filter_start(struct filter *f, const struct hawkes *p, double h)
{
    const double vol = p->volatility_annual, sd = p->jump_log_sd;

    f->h = h;
    f->base = p->jumps_per_year;
    f->decay = 1.0 - p->decay_per_year * h;
    f->kick = p->excitation * p->decay_per_year;
    f->drift = (p->drift_annual - 0.5 * vol * vol) * h;
    f->compensator = h * expm1(p->jump_log_mean + 0.5 * sd * sd);
    f->jump_mean = p->jump_log_mean;
    for (int j = 0; j <= MOST_JUMPS; j++) {
        f->variance[j] = vol * vol * h + j * sd * sd;
        f->log_variance[j] = log(f->variance[j]);
    }
    hawkes_long_run(p, h, &f->mean_0, &f->variance_0);
}

/* P(N = j), j = 0 .. MOST_JUMPS; the last takes the rest. */
static void count_probability(const struct filter *f, double mean, double variance,
                              double *probability)
{
    const double spread = f->h * variance / mean, odds = spread / (1.0 + spread);
    const double first = mean * f->h / (1.0 + spread);
    const double exponent =
        spread > 1e-9 ? mean * f->h * log1p(spread) / spread : mean * f->h;
    double rest = 1.0;

    probability[0] = exp(-exponent);
    for (int j = 0; j < MOST_JUMPS; j++) {
        rest -= probability[j];
        probability[j + 1] = probability[j] * (first + j * odds) / (j + 1);
    }
    probability[MOST_JUMPS] = fmax(rest, 0.0);
}

/* Takes the return x in and moves mean and variance of the intensity to the next step;
 * returns the log-density of x. */
static double filter_step(const struct filter *f, double x, double *mean, double *variance)
{
    double probability[MOST_JUMPS + 1], exponent[MOST_JUMPS + 1], given[MOST_JUMPS + 1];
    double most = -INFINITY, density = 0.0, first = 0.0, second = 0.0;
    const double m = *mean, v = *variance, scale = 1.0 / (m + f->h * v);

    count_probability(f, m, v, probability);
    for (int j = 0; j <= MOST_JUMPS; j++) {
        given[j] = (m * m + j * v) * scale;
        if (probability[j] < NEGLIGIBLE)
            continue;
        const double z = x - f->drift - j * f->jump_mean + f->compensator * given[j];

        exponent[j] = -0.5 * (z * z / f->variance[j] + f->log_variance[j]);
        most = fmax(most, exponent[j]);
    }
    for (int j = 0; j <= MOST_JUMPS; j++) {
        if (probability[j] < NEGLIGIBLE)
            continue;
        const double weight = probability[j] * exp(exponent[j] - most);
        const double moved = f->base + f->decay * (given[j] - f->base) + f->kick * j;
        const double spread = f->decay * f->decay * given[j] * v * scale;

        density += weight;
        first += weight * moved;
        second += weight * (moved * moved + spread);
    }
    *mean = first / density;
    *variance = fmax(0.0, second / density - *mean * *mean);
    return most + log(density);
}

double hawkes_log_likelihood(const struct returns *returns, const struct hawkes *hawkes,
                             double *end)
{
    struct filter f;
    double mean = hawkes->start_jumps_per_year, variance = 0.0, sum = 0.0;

    filter_start(&f, hawkes, returns->step_s / SECONDS_PER_YEAR);
    for (uint32_t t = 0; t < returns->n; t++) {
        const bool first = t == 0 && !(mean > 0.0);

        if (first || (t > 0 && returns->starts_run[t])) {
            mean = f.mean_0;
            variance = f.variance_0;
        }
        sum += filter_step(&f, returns->log_return[t], &mean, &variance);
    }
    if (end != NULL)
        *end = mean;
    return sum - 0.5 * LOG_2PI * returns->n;
}
