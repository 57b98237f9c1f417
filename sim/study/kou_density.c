/* Density of the log-return of Kou's jump diffusion over one step, exact up to the number
 * of jumps that is looked at (Kou 2002, Management Science 48, appendix B):
 *
 * The sum of n jumps, each exponential upwards with rate eta1 or downwards with eta2, is
 * upwards gamma of order k <= n with probability P(n, k), or downwards with Q(n, k). The
 * weights follow jump by jump: an up jump that meets a sum below zero eats one exponential
 * of it with probability eta2 / (eta1 + eta2) and goes on, else is eaten up (proposition
 * B.1 in words: an exponential has no memory). A normal N(0, s^2) plus a gamma of order k
 * and rate eta has the density (section B.3 there)
 *     f_k(t) = a^k / (s sqrt(2 pi)) exp(a^2 / 2 - t eta) Hh_(k-1)(x),
 *     a = s eta,  x = a - t / s,
 *     Hh_(-1)(x) = exp(-x^2/2),  Hh_0(x) = sqrt(2 pi) Phi(-x),
 *     k Hh_k = Hh_(k-2) - x Hh_(k-1)
 * (Abramowitz and Stegun 1972, 19.14). Upwards that recursion is stable for small x; for
 * the others it is stable downwards, Hh_(k-2) = x Hh_(k-1) + k Hh_k, from an order where
 * the start no longer matters, up to a factor that Hh_(-1) gives at the end; with
 * exp(a^2 / 2 - t eta) Hh_(-1)(x) = exp(-t^2 / (2 s^2)) nothing overflows. As x falls
 * with t, sorted returns fall into two ranges. */
#include "sim/study/kou_density.h"

#include <math.h>

#include "sim/vmath.h"

enum { TERMS = 32, DEEP = 96, BLOCK = 64 };
static const double SWITCH = 1.5, CUT = 1e-13, FARTHEST = 60.0, NEAREST = 10.0;
static const double LEAST = 1e-150; /* Hh grows downwards by up to x^deep */
static const double ROOT_2PI = 2.50662827463100050242;

/* [k] probability that the sum of the jumps is gamma of order k. */
struct kou_weights {
    uint32_t n; /* highest order looked at */
    double none, up[TERMS + 1], down[TERMS + 1];
};

/* One jump more: `ahead` is the side it goes to, `eats` the probability that it survives
 * meeting an exponential of the other side. */
static void add_jump(uint32_t n, double p, double eats, const double *ahead,
                     const double *behind, double *next_ahead, double *next_behind)
{
    for (uint32_t k = 1; k <= n; k++)
        next_ahead[k + 1] += p * ahead[k];
    for (uint32_t k = 1; k <= n; k++) {
        double arrives = p * behind[k];
        for (uint32_t j = k; j >= 1; j--) {
            next_behind[j] += arrives * (1.0 - eats);
            arrives *= eats;
        }
        next_ahead[1] += arrives;
    }
}

/* `reach`: the largest return in units of the mean jump. */
static void kou_weights_set(const struct kou_step *s, double reach, struct kou_weights *w)
{
    const double p = s->up_probability, total = s->up_mean + s->down_mean;
    double up[TERMS + 2] = {0.0}, down[TERMS + 2] = {0.0}, poisson = exp(-s->jumps);
    double weight = poisson; /* of n jumps at that distance from zero */

    *w = (struct kou_weights){.none = poisson};
    for (uint32_t n = 1; n <= TERMS && weight > CUT; n++) {
        double next_up[TERMS + 2] = {0.0}, next_down[TERMS + 2] = {0.0};

        if (n == 1) {
            next_up[1] = p;
            next_down[1] = 1.0 - p;
        } else { /* P(up > down) = mean up / (mean up + mean down) */
            add_jump(n - 1, p, s->up_mean / total, up, down, next_up, next_down);
            add_jump(n - 1, 1.0 - p, s->down_mean / total, down, up, next_down, next_up);
        }
        poisson *= s->jumps / n;
        weight *= s->jumps / n * (n > 1 ? reach / (n - 1.0) : 1.0);
        for (uint32_t k = 1; k <= n; k++) {
            up[k] = next_up[k];
            down[k] = next_down[k];
            w->up[k] += poisson * up[k];
            w->down[k] += poisson * down[k];
        }
        w->n = n;
    }
}

/* Adds sum_k weight[k] f_k(t) at t [BLOCK], all with x = s eta - t / s below SWITCH. */
static void forward(const double *weight, uint32_t n, double sd, double mean,
                    const double *restrict t, double *restrict density)
{
    const double a = sd / mean, in_sd = 1.0 / sd;
    double x[BLOCK], last[BLOCK], now[BLOCK], sum[BLOCK] = {0.0}, scale = in_sd / ROOT_2PI;

    for (int i = 0; i < BLOCK; i++) {
        x[i] = a - t[i] * in_sd;
        last[i] = vm_exp(-0.5 * x[i] * x[i]);
        now[i] = ROOT_2PI * vm_normal_cdf(-x[i]);
    }
    for (uint32_t k = 1; k <= n; k++) {
        scale *= a;
        const double factor = weight[k] * scale, part = 1.0 / k;

        for (int i = 0; i < BLOCK; i++) {
            const double next = (last[i] - x[i] * now[i]) * part;
            sum[i] += factor * now[i];
            last[i] = now[i];
            now[i] = next;
        }
    }
    for (int i = 0; i < BLOCK; i++)
        density[i] += sum[i] * vm_exp(0.5 * a * a - t[i] / mean);
}

/* The order from which Hh comes down to n with an error below 1e-11 at x or more: it
 * falls like exp(-2 x (sqrt(2 deep) - sqrt(2 n))) from a start that is right to a few per
 * cent (Gautschi 1967, SIAM Review 9). */
static int depth(uint32_t n, double x)
{
    const double root = sqrt(2.0 * n) + 11.0 / x;
    const double deep = fmax(n + 2.0, 0.5 * root * root + 1.0);

    return deep < DEEP ? (int)deep : DEEP;
}

/* The same with all x above SWITCH. */
static void backward(const double *weight, uint32_t n, double sd, double mean,
                     const double *restrict t, double *restrict density)
{
    const double a = sd / mean, in_sd = 1.0 / sd;
    const int deep = depth(n, a - t[BLOCK - 1] * in_sd);
    double x[BLOCK], high[BLOCK], low[BLOCK], row[TERMS][BLOCK], sum[BLOCK] = {0.0};
    double scale = in_sd / ROOT_2PI;

    for (int i = 0; i < BLOCK; i++) {
        x[i] = a - t[i] * in_sd;
        low[i] = LEAST; /* Hh of deep - 1, up to a factor */
        high[i] = 2.0 * LEAST / (x[i] + sqrt(x[i] * x[i] + 4.0 * deep));
    }
    for (int k = deep; k >= 1; k--) {
        double *restrict kept = row[k >= 2 && k - 2 < TERMS ? k - 2 : 0];

        for (int i = 0; i < BLOCK; i++) {
            const double next = fma(x[i], low[i], k * high[i]); /* Hh of k - 2 */
            high[i] = low[i];
            low[i] = next;
            kept[i] = k >= 2 ? next : kept[i];
        }
    }
    for (uint32_t k = 1; k <= n; k++) {
        scale *= a;
        const double factor = weight[k] * scale;

        for (int i = 0; i < BLOCK; i++)
            sum[i] += factor * row[k - 1][i];
    }
    for (int i = 0; i < BLOCK; i++)
        density[i] += sum[i] / low[i] * vm_exp(-0.5 * t[i] * t[i] * in_sd * in_sd);
}

/* One side of the jumps at t [BLOCK] in increasing order. */
static void side(const double *weight, uint32_t n, double sd, double mean, const double *t,
                 double *density)
{
    const double limit = sd * (sd / mean - SWITCH); /* x < SWITCH above it */
    double part[BLOCK] = {0.0}, moved[BLOCK];

    if (n == 0)
        return;
    if (t[0] > limit) {
        forward(weight, n, sd, mean, t, density);
        return;
    }
    if (t[BLOCK - 1] <= limit) {
        backward(weight, n, sd, mean, t, density);
        return;
    }
    for (int i = 0; i < BLOCK; i++)
        moved[i] = vm_max(t[i], limit);
    forward(weight, n, sd, mean, moved, part);
    for (int i = 0; i < BLOCK; i++) {
        density[i] += t[i] > limit ? part[i] : 0.0;
        part[i] = 0.0;
        moved[i] = vm_min(t[i], limit);
    }
    backward(weight, n, sd, mean, moved, part);
    for (int i = 0; i < BLOCK; i++)
        density[i] += t[i] > limit ? 0.0 : part[i];
}

double kou_log_density(const struct kou_step *s, const double *x, uint32_t n)
{
    struct kou_weights w;
    double total = 0.0;

    const double farthest =
        fmax((x[n - 1] - s->mean) / s->up_mean, (s->mean - x[0]) / s->down_mean);
    kou_weights_set(s, fmin(FARTHEST, fmax(NEAREST, farthest)), &w);
    for (uint32_t first = 0; first < n; first += BLOCK) {
        const uint32_t here = n - first < BLOCK ? n - first : BLOCK;
        double t[BLOCK], mirrored[BLOCK], density[BLOCK], turned[BLOCK] = {0.0};

        for (uint32_t i = 0; i < BLOCK; i++) { /* the last one fills up the block */
            t[i] = x[first + (i < here ? i : here - 1)] - s->mean;
            mirrored[BLOCK - 1 - i] = -t[i];
            const double z = t[i] / s->sd;
            density[i] = w.none / (s->sd * ROOT_2PI) * vm_exp(-0.5 * z * z);
        }
        side(w.up, w.n, s->sd, s->up_mean, t, density);
        side(w.down, w.n, s->sd, s->down_mean, mirrored, turned);
        for (uint32_t i = 0; i < here; i++) {
            const double sum = density[i] + turned[BLOCK - 1 - i];
            total += vm_log(sum);
        }
    }
    return total;
}
