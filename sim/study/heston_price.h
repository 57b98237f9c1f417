#ifndef TAILRACE_SIM_STUDY_HESTON_PRICE_H
#define TAILRACE_SIM_STUDY_HESTON_PRICE_H

#include <complex.h>

/* European options under Heston (1993) and Bates (1996) by their characteristic function.
 * Prices are undiscounted and in units of the forward F; strikes are given by
 * k = ln(K / F). */

struct heston {
    double v0, kappa, theta, xi, rho; /* dv = kappa (theta - v) dt + xi sqrt(v) dW */
    double jumps_per_year, jump_log_mean, jump_log_sd; /* normal jumps; 0: Heston */
};

/* E exp(iu ln(S_T / F)), u complex. */
double complex heston_characteristic(const struct heston *h, double complex u,
                                     double years);

/* Nodes u_j of the price integral for one expiry and their weights. */
enum { HESTON_MAX_NODE = 640 };
struct heston_nodes {
    int n;
    double u[HESTON_MAX_NODE], weight[HESTON_MAX_NODE];
};

/* Nodes for log-prices whose standard deviation at expiry is about sd, good within a factor
 * of 10. `spacing` in asinh(2u): 0.025 for the last digits, 0.06 for a fit. */
void heston_nodes(double sd, double spacing, struct heston_nodes *nodes);

/* The transform of one expiry: the price of a call is
 *     black_call(k, sd) + exp(k/2) Re sum_j f_j exp(-i u_j k),
 * sd^2 the expected variance of the log-price, returned. */
double heston_transform(const struct heston *h, double years,
                        const struct heston_nodes *nodes, double complex *f /* [n] */);

/* One call, all of the above. */
double heston_call(const struct heston *h, double years, double k);

/* Black's (1976) call and its derivative by sd = sigma sqrt(T), in units of F. */
double black_call(double k, double sd);
double black_vega(double k, double sd);

/* sigma sqrt(T) of a call price in units of F, by bisected Newton steps on the
 * out-of-the-money option. NaN where no volatility gives that price. */
double black_implied(double k, double call);

#endif
