/* The t copula between innovations that stay standard normal (Demarta & McNeil 2005,
 * International Statistical Review 73, section 2): correlated standard normals X_i and one
 * chi-square W with nu degrees of freedom for all of them give the multivariate t
 * T_i = X_i sqrt(nu / W), and
 *     Z_i = Phi^-1(F_nu(T_i)).
 * The correlations of the X are the copula's: Kendall's tau is 2/pi asin(rho), and the
 * lower tail dependence 2 F_(nu+1)(-sqrt((nu+1) (1-rho) / (1+rho))) (proposition 1).
 *
 * W is drawn anew in every step, so that the innovations stay independent in time; the sums
 * over many steps tend to normal dependence, with correlations a little nearer to 0.
 *
 * For even nu = 2n, W = -2 ln(U_1 ... U_n), and with x = W / (W + X^2), s = sqrt(1 - x),
 *     F_nu = 1/2 + sign(X) s P(x) / 2,  P = sum over j < n of c_j x^j,
 *     c_0 = 1, c_j = c_(j-1) (2j-1) / (2j)
 * (Abramowitz & Stegun 1964, equation 26.7.4, sin theta = s, cos^2 theta = x). The tail
 * q = (1 - s P) / 2 would cancel. But sum over all j of c_j x^j is 1/sqrt(1-x), so that in
 * 1 - (1-x) P^2 all terms below x^n vanish and the others are positive:
 *     q = x^n R(x) / (2 (1 + s P)),  R_k = a_(n+k-1) - a_(n+k), a the coefficients of P^2,
 * which keeps its digits however far out. */
#include "sim/copula.h"

#include <math.h>

#include "sim/vmath.h"

void copula_prepare(struct copula *copula, uint32_t degrees_of_freedom)
{
    const uint32_t n = degrees_of_freedom / 2;
    double square[COPULA_MAX_FREEDOM + 1] = {0.0};

    *copula = (struct copula){.n_half = n};
    copula->inner[0] = 1.0;
    for (uint32_t j = 1; j < n; j++)
        copula->inner[j] = copula->inner[j - 1] * (2.0 * j - 1.0) / (2.0 * j);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            square[i + j] += copula->inner[i] * copula->inner[j];
    for (uint32_t k = 0; k < n; k++)
        copula->outer[k] = square[n + k - 1] - square[n + k];
}

void copula_mixing(const struct copula *copula, struct rng *rng,
                   double *restrict chi_square)
{
    lane_row uniform;

    rng_uniform(rng, chi_square);
    for (uint32_t i = 1; i < copula->n_half; i++) {
        rng_uniform(rng, uniform);
        for (int k = 0; k < LANES; k++)
            chi_square[k] *= uniform[k];
    }
    for (int k = 0; k < LANES; k++)
        chi_square[k] = -2.0 * vm_log(chi_square[k]);
}

void copula_apply(const struct copula *copula, const double *restrict chi_square,
                  double *restrict normal)
{
    const uint32_t n = copula->n_half;
    lane_row x, inner = {0.0}, outer = {0.0};

    for (int k = 0; k < LANES; k++)
        x[k] = chi_square[k] / fma(normal[k], normal[k], chi_square[k]);
    for (uint32_t j = n; j-- > 0;) {
        const double p = copula->inner[j], r = copula->outer[j];
        for (int k = 0; k < LANES; k++) {
            inner[k] = fma(inner[k], x[k], p);
            outer[k] = fma(outer[k], x[k], r);
        }
    }
    for (uint32_t j = 0; j < n; j++)
        for (int k = 0; k < LANES; k++)
            outer[k] *= x[k];
    for (int k = 0; k < LANES; k++) {
        const double square = normal[k] * normal[k];
        const double s = sqrt(square / (square + chi_square[k]));
        const double tail = outer[k] / (2.0 * fma(s, inner[k], 1.0));
        const double z = vm_normal_quantile(vm_min(tail, 0.5));
        normal[k] = normal[k] < 0.0 ? z : -z;
    }
}
