#ifndef TAILRACE_SIM_SVI_H
#define TAILRACE_SIM_SVI_H

#include <stdbool.h>

/* SVI slices and the surfaces made of them (Gatheral and Jacquier 2014, "Arbitrage-free SVI
 * volatility surfaces", Quantitative Finance 14(1), 59-71; numbers below are theirs).
 * k = ln(K/F), w = sigma^2 T. */

/* Raw SVI (3.1): w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)). */
struct svi {
    double a, b, rho, m, sigma;
};

/* Total variance and its derivatives in k. */
struct svi_value {
    double w, first, second;
};

/* Where a slice, or a pair of slices, allows arbitrage: the worst place found. */
struct svi_place {
    double log_moneyness; /* infinite: the wing, whose slope is wrong */
    double size; /* butterfly: g there (below 0), or how far the wing's slope is above 2;
                    calendar: share of the earlier variance, or of the wing's slope, that is
                    missing */
};

/* A slice of SSVI (4.1), w(k) = theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 -
 * rho^2)), as raw SVI: a = theta (1 - rho^2) / 2, b = theta phi / 2, m = -rho / phi, sigma
 * = sqrt(1 - rho^2) / phi. theta and phi above 0, |rho| below 1. */
struct svi svi_ssvi(double theta, double rho, double phi);

/* The power law phi(theta) = eta / (theta^gamma (1 + theta)^(1 - gamma)), section 4. With
 * eta (1 + |rho|) <= 2 and gamma in (0, 1/2], and theta not falling, a surface with one rho
 * is free of static arbitrage. */
double svi_phi(double theta, double eta, double gamma);

/* The largest phi for which an SSVI slice surely has no butterfly arbitrage (Theorem 4.2):
 * theta phi (1 + |rho|) < 4 and theta phi^2 (1 + |rho|) <= 4. */
double svi_phi_max(double theta, double rho);

/* What is wrong with the numbers themselves, as half a sentence; NULL: nothing. Below,
 * slices are such. */
const char *svi_wrong(const struct svi *s);

double svi_variance(const struct svi *s, double k);
struct svi_value svi_value(const struct svi *s, double k);

/* Durrleman's function (2.1), g(k) = (1 - k w'/(2 w))^2 - w'^2/4 (1/w + 1/4) + w''/2; the
 * slice is free of butterfly arbitrage if it is nowhere below 0 and the slopes of the wings
 * are at most 2 (Lemma 2.2). */
double svi_durrleman(double k, struct svi_value v);

/* Look for butterfly arbitrage of one slice, for calendar arbitrage between two: true if
 * there is none. They compare the wings exactly, and search within |k - m| <= 10. */
bool svi_butterfly_free(const struct svi *s, struct svi_place *worst);
bool svi_calendar_free(const struct svi *near, const struct svi *far,
                       struct svi_place *worst);

#endif
