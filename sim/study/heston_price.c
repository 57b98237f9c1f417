/* Lewis (2000, Option Valuation under Stochastic Volatility, chapter 2) with Black's price
 * as control variate (Andersen and Piterbarg 2010, Interest Rate Modeling, section 8.4):
 *     C/F = Black(k, sd) + exp(k/2)/pi
 *           int_0^inf Re[(phi_B(u - i/2) - phi(u - i/2)) exp(-iuk)] / (u^2 + 1/4) du
 * phi in the form of Albrecher, Mayer, Schoutens and Tistaert (2007, "The Little Heston
 * Trap"), equation 4, which needs no counting of branches. With u = sinh(s)/2 the integrand
 * is analytic and falls off doubly fast, so that the trapezoidal rule in s converges like
 * exp(-c/ds). */
#include "sim/study/heston_price.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

double complex heston_characteristic(const struct heston *h, double complex u, double years)
{
    const double complex q = u * u + I * u;
    const double complex beta = h->kappa - I * (h->rho * h->xi) * u;
    const double complex d = csqrt(beta * beta + h->xi * h->xi * q);
    /* (beta - d)/xi^2 without cancellation at small xi */
    const double complex slope = -q / (beta + d), decay = cexp(-d * years);
    const double complex g = slope * h->xi * h->xi / (beta + d);
    const double complex ratio = (1.0 - g * decay) / (1.0 - g);
    const double complex level = slope * years - 2.0 * clog(ratio) / (h->xi * h->xi);
    const double complex start = slope * (1.0 - decay) / (1.0 - g * decay);
    const double s2 = h->jump_log_sd * h->jump_log_sd;
    const double complex jump = cexp(I * u * h->jump_log_mean - 0.5 * s2 * u * u) - 1.0 -
                                I * u * expm1(h->jump_log_mean + 0.5 * s2);

    return cexp(h->v0 * start + h->kappa * h->theta * level +
                h->jumps_per_year * years * jump);
}

void heston_nodes(double sd, double spacing, struct heston_nodes *nodes)
{
    const double s_max = asinh(2.0 * 400.0 / sd);

    nodes->n = (int)fmin(ceil(s_max / spacing), HESTON_MAX_NODE);
    for (int j = 0; j < nodes->n; j++) {
        const double s = (j + 0.5) * spacing;

        nodes->u[j] = 0.5 * sinh(s);
        nodes->weight[j] = 2.0 * spacing / (PI * cosh(s)); /* du/(u^2 + 1/4)/pi */
    }
}

double heston_transform(const struct heston *h, double years,
                        const struct heston_nodes *nodes, double complex *f)
{
    const double jump2 =
        h->jump_log_mean * h->jump_log_mean + h->jump_log_sd * h->jump_log_sd;
    const double variance = h->theta * years -
                            (h->v0 - h->theta) * expm1(-h->kappa * years) / h->kappa +
                            h->jumps_per_year * years * jump2;

    for (int j = 0; j < nodes->n; j++) {
        const double u = nodes->u[j];
        const double black = exp(-0.5 * variance * (u * u + 0.25));

        f[j] = nodes->weight[j] * (black - heston_characteristic(h, u - 0.5 * I, years));
    }
    return sqrt(variance);
}

double heston_call(const struct heston *h, double years, double k)
{
    struct heston_nodes nodes;
    double complex f[HESTON_MAX_NODE], sum = 0.0;

    heston_nodes(sqrt(fmax(h->theta, h->v0) * years), 0.025, &nodes);
    const double sd = heston_transform(h, years, &nodes, f);
    for (int j = 0; j < nodes.n; j++)
        sum += f[j] * cexp(-I * nodes.u[j] * k);
    return black_call(k, sd) + exp(0.5 * k) * creal(sum);
}

double black_call(double k, double sd)
{
    const double d1 = -k / sd + 0.5 * sd, d2 = d1 - sd, root = sqrt(0.5);

    return 0.5 * (erfc(-d1 * root) - exp(k) * erfc(-d2 * root));
}

double black_vega(double k, double sd)
{
    const double d1 = -k / sd + 0.5 * sd;

    return exp(-0.5 * d1 * d1) / sqrt(2.0 * PI);
}

/* Price of the option that is out of the money: the call for k >= 0, else the put. */
static double black_outside(double k, double sd)
{
    const double d1 = -k / sd + 0.5 * sd, d2 = d1 - sd, root = sqrt(0.5);

    return k >= 0.0 ? black_call(k, sd)
                    : 0.5 * (exp(k) * erfc(d2 * root) - erfc(d1 * root));
}

double black_implied(double k, double call)
{
    const double price = k >= 0.0 ? call : call - 1.0 + exp(k);
    double low = 1e-6, high = 100.0, sd = sqrt(2.0 * fabs(k)) + 0.1;

    if (!(price > black_outside(k, low) && price < black_outside(k, high)))
        return NAN;
    for (int i = 0; i < 100 && high - low > 1e-15 * high; i++) {
        const double error = log(black_outside(k, sd) / price);
        const double slope = black_vega(k, sd) / black_outside(k, sd);

        if (error == 0.0)
            break;
        *(error > 0.0 ? &high : &low) = sd;
        const double next = sd - error / slope;
        if (fabs(next - sd) < 1e-15 * sd)
            break;
        sd = next > low && next < high ? next : 0.5 * (low + high);
    }
    return sd;
}
