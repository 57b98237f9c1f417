/* Density of the log-return of Kou's jump diffusion over one step, exact up to the number of
 * jumps that is looked at (Kou 2002, Management Science 48, appendix B):
 *
 * The sum of n jumps, each exponential upwards with rate eta1 or downwards with eta2, is
 * upwards gamma of order k <= n with probability P(n, k), or downwards with Q(n, k). The
 * weights follow jump by jump: an up jump that meets a sum below zero eats one exponential of
 * it with probability eta2 / (eta1 + eta2) and goes on, else is eaten up (B.1 in words: an
 * exponential has no memory). A normal N(0, s^2) plus a gamma of order k and rate eta has the
 * density (equation B.6 there)
 *     f_k(t) = (s eta)^k / (s sqrt(2 pi)) exp((s eta)^2 / 2 - t eta) Hh_(k-1)(s eta - t / s),
 *     Hh_(-1)(x) = exp(-x^2/2),  Hh_0(x) = sqrt(2 pi) Phi(-x),
 *     k Hh_k = Hh_(k-2) - x Hh_(k-1)
 * (Abramowitz and Stegun 1972, 19.14). Upwards that recursion is stable for small x; for the
 * others the ratios R_k = Hh_k / Hh_(k-1) = 1 / (x + (k + 1) R_(k+1)) come downwards from an
 * order where their start no longer matters; with exp((s eta)^2 / 2 - t eta) Hh_(-1) =
 * exp(-t^2 / (2 s^2)) nothing overflows. As x falls with t, sorted returns fall into two
 * ranges. */
#include "sim/study/kou_density.h"

#include <math.h>

#include "sim/vmath.h"

enum { TERMS = 32, DEEP = 72, BLOCK = 64 };
static const double SWITCH = 1.5, CUT = 1e-13;
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

static void kou_weights_set(const struct kou_step *s, struct kou_weights *w)
{
    const double p = s->up_probability, total = s->up_mean + s->down_mean;
    double up[TERMS + 2] = {0.0}, down[TERMS + 2] = {0.0}, poisson = exp(-s->jumps);
    double reach = poisson; /* what n jumps weigh 60 mean jumps away from zero */

    *w = (struct kou_weights){.none = poisson};
    for (uint32_t n = 1; n <= TERMS && reach > CUT; n++) {
        double next_up[TERMS + 2] = {0.0}, next_down[TERMS + 2] = {0.0};

        if (n == 1) {
            next_up[1] = p;
            next_down[1] = 1.0 - p;
        } else { /* P(up > down) = mean up / (mean up + mean down) */
            add_jump(n - 1, p, s->up_mean / total, up, down, next_up, next_down);
            add_jump(n - 1, 1.0 - p, s->down_mean / total, down, up, next_down, next_up);
        }
        poisson *= s->jumps / n;
        reach *= s->jumps / n * (n > 1 ? 60.0 / (n - 1.0) : 1.0);
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

/* The same with all x above SWITCH. */
static void backward(const double *weight, uint32_t n, double sd, double mean,
                     const double *restrict t, double *restrict density)
{
    const double a = sd / mean, in_sd = 1.0 / sd;
    double x[BLOCK], ratio[BLOCK], row[TERMS][BLOCK], scale = in_sd / ROOT_2PI;
    double now[BLOCK], sum[BLOCK] = {0.0};

    for (int i = 0; i < BLOCK; i++) {
        x[i] = a - t[i] * in_sd;
        ratio[i] = 2.0 / (x[i] + sqrt(x[i] * x[i] + 4.0 * DEEP)); /* R = 1 / (x + DEEP R) */
        now[i] = vm_exp(-0.5 * t[i] * t[i] * in_sd * in_sd);
    }
    for (int k = DEEP - 1; k >= 0; k--)
        for (int i = 0; i < BLOCK; i++) {
            ratio[i] = 1.0 / (x[i] + (k + 1) * ratio[i]);
            row[k < TERMS ? k : 0][i] = ratio[i];
        }
    for (uint32_t k = 1; k <= n; k++) {
        scale *= a;
        const double factor = weight[k] * scale;

        for (int i = 0; i < BLOCK; i++) {
            now[i] *= row[k - 1][i];
            sum[i] += factor * now[i];
        }
    }
    for (int i = 0; i < BLOCK; i++)
        density[i] += sum[i];
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

    kou_weights_set(s, &w);
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
