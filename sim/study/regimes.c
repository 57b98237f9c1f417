/* Markov-switching geometric Brownian motion (Hamilton 1989, Econometrica 57; equation
 * numbers of Hamilton 1994, Time Series Analysis). In regime i the log-return of a step h
 * is normal with mean (mu_i - sigma_i^2/2) h and variance sigma_i^2 h, and the regime of
 * the next step follows the transition matrix P = expm(Q h), Q the rates of switching.
 *
 *     filter    xi(t|t)   = xi(t|t-1) * eta(t) / (1' (xi(t|t-1) * eta(t)))         [22.4.5]
 *               xi(t+1|t) = P' xi(t|t)                                             [22.4.6]
 *     likelihood  sum of ln 1' (xi(t|t-1) * eta(t))                                [22.4.8]
 *     smoother  xi(t|T) = xi(t|t) * (P (xi(t+1|T) / xi(t+1|t)))  (Kim 1994)        [22.4.14]
 *     EM        P_ij = sum P(i at t, j at t+1) / sum P(i at t)                     [22.4.16]
 *               means and variances weighted with xi(t|T)
 *
 * A run of returns begins from the long-run probabilities, since nothing is known of the
 * regime across a gap. EM takes those as given in a round, so its fixed point misses the
 * maximum by the information of one observation per run. */
#include "sim/study/regimes.h"

#include <math.h>
#include <string.h>

static const double SECONDS_PER_YEAR = 365.0 * 86400.0;
/* No regime is calmer than this share of the whole, so that one repeated return (a stuck
 * feed) does not make the likelihood infinite. */
static const double LEAST_VOLATILITY = 0.02;
static const double HALF_LOG_2PI = 0.91893853320467274178;
static const double LEAST_PROBABILITY = 1e-6;

typedef double matrix[REGIMES_MAX][REGIMES_MAX];

static void multiply(matrix a, matrix b, uint32_t n, matrix out)
{
    matrix product = {{0.0}};

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            for (uint32_t k = 0; k < n; k++)
                product[i][j] += a[i][k] * b[k][j];
    memcpy(out, product, sizeof(product));
}

/* Scaling and squaring of the Taylor series (Moler and Van Loan 2003, method 3). */
void regimes_transition(const struct regimes *regimes, double years, matrix p)
{
    const uint32_t n = regimes->n;
    matrix scaled = {{0.0}}, term = {{0.0}};
    double largest = 0.0;
    int n_square = 0;

    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < n; j++)
            if (i != j) {
                scaled[i][j] = regimes->per_year[i][j] * years;
                scaled[i][i] -= scaled[i][j];
            }
        largest = fmax(largest, -scaled[i][i]);
    }
    frexp(largest / 0.25, &n_square);
    n_square = n_square < 0 ? 0 : n_square;
    memset(p, 0, sizeof(matrix));
    for (uint32_t i = 0; i < n; i++) {
        p[i][i] = term[i][i] = 1.0;
        for (uint32_t j = 0; j < n; j++)
            scaled[i][j] = ldexp(scaled[i][j], -n_square);
    }
    for (int power = 1; power <= 14; power++) {
        multiply(term, scaled, n, term);
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++) {
                term[i][j] /= power;
                p[i][j] += term[i][j];
            }
    }
    for (int square = 0; square < n_square; square++)
        multiply(p, p, n, p);
}

bool regimes_rates(matrix p, uint32_t n, double years, matrix per_year)
{
    const double sum = p[0][1] + p[1][0];
    bool exists = true;

    memset(per_year, 0, sizeof(matrix));
    if (n == 2) {
        /* ln P = ln(1 - a - b) / (a + b) [[a, -a], [-b, b]] */
        exists = sum < 0.98;
        const double factor = sum > 0.0 ? -log1p(-fmin(sum, 0.98)) / sum : 1.0;

        per_year[0][1] = factor * p[0][1] / years;
        per_year[1][0] = factor * p[1][0] / years;
        return exists;
    }
    for (uint32_t i = 0; i < n; i++) {
        const double leave = fmin(0.98, 1.0 - p[i][i]);
        const double factor = leave > 0.0 ? -log1p(-leave) / leave : 1.0;

        for (uint32_t j = 0; j < n; j++)
            per_year[i][j] = i == j ? 0.0 : factor * p[i][j] / years;
    }
    return exists;
}

/* Grassmann, Taksar and Heyman (1985): elimination without subtraction. */
void regimes_stationary(matrix p, uint32_t n, double *probability)
{
    matrix a;
    double sum = 1.0;

    memcpy(a, p, sizeof(matrix));
    for (uint32_t k = n - 1; k > 0; k--) {
        double leave = 0.0;

        for (uint32_t j = 0; j < k; j++)
            leave += a[k][j];
        for (uint32_t i = 0; i < k; i++) {
            a[i][k] = leave > 0.0 ? a[i][k] / leave : 0.0;
            for (uint32_t j = 0; j < k; j++)
                a[i][j] += a[i][k] * a[k][j];
        }
    }
    probability[0] = 1.0;
    for (uint32_t k = 1; k < n; k++) {
        probability[k] = 0.0;
        for (uint32_t i = 0; i < k; i++)
            probability[k] += probability[i] * a[i][k];
        sum += probability[k];
    }
    for (uint32_t k = 0; k < n; k++)
        probability[k] /= sum;
}

/* What one step needs, in the units of the step. */
struct chain {
    uint32_t n;
    double mean[REGIMES_MAX], inverse_sd[REGIMES_MAX], log_sd[REGIMES_MAX];
    double stationary[REGIMES_MAX];
    matrix p;
};

static void chain_start(struct chain *chain, const struct regimes *regimes, double years)
{
    chain->n = regimes->n;
    for (uint32_t i = 0; i < chain->n; i++) {
        const double vol = regimes->volatility_annual[i];

        chain->mean[i] = (regimes->drift_annual[i] - 0.5 * vol * vol) * years;
        chain->inverse_sd[i] = 1.0 / (vol * sqrt(years));
        chain->log_sd[i] = log(vol * sqrt(years));
    }
    regimes_transition(regimes, years, chain->p);
    regimes_stationary(chain->p, chain->n, chain->stationary);
}

/* Turns the prediction of the regime into its probability given the return x; returns the
 * log-density of x. */
static double chain_update(const struct chain *chain, double x, double *probability)
{
    double exponent[REGIMES_MAX], most = -INFINITY, density = 0.0;

    for (uint32_t i = 0; i < chain->n; i++) {
        const double z = (x - chain->mean[i]) * chain->inverse_sd[i];

        exponent[i] = -0.5 * z * z - chain->log_sd[i];
        most = fmax(most, exponent[i]);
    }
    for (uint32_t i = 0; i < chain->n; i++) {
        probability[i] *= exp(exponent[i] - most);
        density += probability[i];
    }
    for (uint32_t i = 0; i < chain->n; i++)
        probability[i] /= density;
    return most + log(density);
}

static void chain_predict(const struct chain *chain, double *probability)
{
    double next[REGIMES_MAX] = {0.0};

    for (uint32_t i = 0; i < chain->n; i++)
        for (uint32_t j = 0; j < chain->n; j++)
            next[j] += probability[i] * chain->p[i][j];
    memcpy(probability, next, sizeof(next));
}

double regimes_log_likelihood(const struct returns *returns, const struct regimes *regimes,
                              double *last)
{
    struct chain chain;
    double probability[REGIMES_MAX] = {0.0}, sum = 0.0;

    chain_start(&chain, regimes, returns->step_s / SECONDS_PER_YEAR);
    for (uint32_t t = 0; t < returns->n; t++) {
        if (t == 0 || returns->starts_run[t])
            memcpy(probability, chain.stationary, sizeof(probability));
        else
            chain_predict(&chain, probability);
        sum += chain_update(&chain, returns->log_return[t], probability);
    }
    if (last != NULL)
        memcpy(last, probability, chain.n * sizeof(*last));
    return sum - returns->n * HALF_LOG_2PI;
}

/* ---- EM
 * --------------------------------------------------------------------------------- */

/* Weighted sums of one round. */
struct sums {
    double weight[REGIMES_MAX], x[REGIMES_MAX], xx[REGIMES_MAX];
    matrix moves;
};

/* Forward: fills predicted and filtered [n][REGIMES_MAX]; returns the log-likelihood but
 * for the constant. */
static double em_forward(const struct returns *returns, const struct chain *chain,
                         double (*predicted)[REGIMES_MAX], double (*filtered)[REGIMES_MAX])
{
    double sum = 0.0;

    for (uint32_t t = 0; t < returns->n; t++) {
        if (t == 0 || returns->starts_run[t]) {
            memcpy(predicted[t], chain->stationary, sizeof(chain->stationary));
        } else {
            memcpy(predicted[t], filtered[t - 1], sizeof(*predicted));
            chain_predict(chain, predicted[t]);
        }
        memcpy(filtered[t], predicted[t], sizeof(*filtered));
        sum += chain_update(chain, returns->log_return[t], filtered[t]);
    }
    return sum;
}

/* Backward: Kim's smoother, summing as it goes. */
static void em_backward(const struct returns *returns, const struct chain *chain,
                        double (*predicted)[REGIMES_MAX], double (*filtered)[REGIMES_MAX],
                        struct sums *sums)
{
    double smooth[REGIMES_MAX] = {0.0};

    memset(sums, 0, sizeof(*sums));
    for (uint32_t t = returns->n; t-- > 0;) {
        const double x = returns->log_return[t];
        const bool last = t + 1 == returns->n || returns->starts_run[t + 1];
        double here[REGIMES_MAX] = {0.0};

        for (uint32_t i = 0; i < chain->n; i++) {
            if (last)
                here[i] = filtered[t][i];
            else
                for (uint32_t j = 0; j < chain->n; j++) {
                    const double move =
                        filtered[t][i] * chain->p[i][j] * smooth[j] / predicted[t + 1][j];

                    here[i] += move;
                    sums->moves[i][j] += move;
                }
            sums->weight[i] += here[i];
            sums->x[i] += here[i] * x;
            sums->xx[i] += here[i] * x * x;
        }
        memcpy(smooth, here, sizeof(smooth));
    }
}

static void em_update(const struct sums *sums, double years, double least_sd,
                      struct regimes *regimes)
{
    const uint32_t n = regimes->n;
    matrix p;

    for (uint32_t i = 0; i < n; i++) {
        const double weight = fmax(sums->weight[i], 1e-12), mean = sums->x[i] / weight;
        const double sd =
            fmax(least_sd, sqrt(fmax(0.0, sums->xx[i] / weight - mean * mean)));
        double total = 0.0;

        regimes->volatility_annual[i] = sd / sqrt(years);
        regimes->drift_annual[i] = (mean + 0.5 * sd * sd) / years;
        for (uint32_t j = 0; j < n; j++)
            total += sums->moves[i][j];
        for (uint32_t j = 0; j < n; j++)
            p[i][j] =
                (sums->moves[i][j] + LEAST_PROBABILITY) / (total + n * LEAST_PROBABILITY);
    }
    regimes_rates(p, n, years, regimes->per_year);
}

double regimes_em(const struct returns *returns, struct regimes *regimes, uint32_t n_round,
                  double gain)
{
    const double years = returns->step_s / SECONDS_PER_YEAR;
    struct arena arena = {NULL};
    double(*predicted)[REGIMES_MAX] = arena_get(&arena, returns->n, sizeof(*predicted));
    double(*filtered)[REGIMES_MAX] = arena_get(&arena, returns->n, sizeof(*filtered));
    double before = -INFINITY, log_likelihood = -INFINITY, mean = 0.0, square = 0.0;
    struct chain chain;
    struct sums sums;

    for (uint32_t t = 0; t < returns->n; t++) {
        mean += returns->log_return[t] / returns->n;
        square += returns->log_return[t] * returns->log_return[t] / returns->n;
    }
    const double least_sd = LEAST_VOLATILITY * sqrt(fmax(0.0, square - mean * mean));

    for (uint32_t round = 0; round < n_round; round++) {
        chain_start(&chain, regimes, years);
        log_likelihood = em_forward(returns, &chain, predicted, filtered);
        if (!(log_likelihood > before + gain) && round > 0)
            break;
        before = log_likelihood;
        em_backward(returns, &chain, predicted, filtered, &sums);
        em_update(&sums, years, least_sd, regimes);
    }
    arena_free(&arena);
    return log_likelihood - returns->n * HALF_LOG_2PI;
}

void regimes_sort(struct regimes *regimes)
{
    const struct regimes old = *regimes;
    uint32_t order[REGIMES_MAX] = {0, 1, 2};

    for (uint32_t i = 1; i < old.n; i++)
        for (uint32_t j = i; j > 0; j--)
            if (old.volatility_annual[order[j]] < old.volatility_annual[order[j - 1]]) {
                const uint32_t swap = order[j];

                order[j] = order[j - 1];
                order[j - 1] = swap;
            }
    for (uint32_t i = 0; i < old.n; i++) {
        regimes->drift_annual[i] = old.drift_annual[order[i]];
        regimes->volatility_annual[i] = old.volatility_annual[order[i]];
        for (uint32_t j = 0; j < old.n; j++)
            regimes->per_year[i][j] = old.per_year[order[i]][order[j]];
    }
}
