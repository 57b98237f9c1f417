#include "models/price/chain.h"

static struct chain product(const struct chain *a, const struct chain *b, int n)
{
    struct chain c = {{{0.0}}};

    for (int i = 0; i < n; i++)
        for (int m = 0; m < n; m++)
            for (int j = 0; j < n; j++)
                c.at[i][j] += a->at[i][m] * b->at[m][j];
    return c;
}

/* By scaling and squaring (Golub and Van Loan 2013, section 9.3). With q the largest rate
 * of leaving, exp(Q t) = exp(-q t) exp(q t (I + Q / q)) has no negative term. */
struct chain chain_transition(const double *rate, int n, double years)
{
    struct chain jump = {{{0.0}}}, power = {{{0.0}}}, sum = {{{0.0}}};
    double fastest = 0.0, mean;
    int n_square = 0;

    for (int i = 0; i < n; i++) {
        double leave = 0.0;
        for (int j = 0; j < n; j++)
            leave += i == j ? 0.0 : rate[i * n + j];
        fastest = leave > fastest ? leave : fastest;
        jump.at[i][i] = -leave;
    }
    for (mean = fastest * years; mean > 0.5; mean *= 0.5)
        n_square++;
    for (int i = 0; i < n; i++) {
        power.at[i][i] = sum.at[i][i] = 1.0;
        for (int j = 0; j < n && fastest > 0.0; j++)
            jump.at[i][j] =
                i == j ? 1.0 + jump.at[i][i] / fastest : rate[i * n + j] / fastest;
    }
    for (int term = 1; term <= 16; term++) { /* 0.5^17 / 17! < 2^-64 */
        power = product(&power, &jump, n);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                sum.at[i][j] += power.at[i][j] *= mean / term;
    }
    for (int square = 0; square <= n_square; square++) {
        if (square > 0)
            sum = product(&sum, &sum, n);
        for (int i = 0; i < n;
             i++) { /* rows are probabilities; also divides by exp(mean) */
            double total = 0.0;
            for (int j = 0; j < n; j++)
                total += sum.at[i][j];
            for (int j = 0; j < n; j++)
                sum.at[i][j] /= total;
        }
    }
    return sum;
}

bool chain_irreducible(const double *rate, int n)
{
    bool way[CHAIN_MAX][CHAIN_MAX];
    bool all = true;

    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            way[i][j] = i == j || rate[i * n + j] > 0.0;
    for (int m = 0; m < n; m++)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                way[i][j] = way[i][j] || (way[i][m] && way[m][j]);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            all = all && way[i][j];
    return all;
}

/* Without a subtraction (Grassmann, Taksar and Heyman 1985, Operations Research 33, pages
 * 1107-1116). */
void chain_stationary(const double *rate, int n, double *share)
{
    double a[CHAIN_MAX][CHAIN_MAX], total = 1.0;

    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            a[i][j] = rate[i * n + j];
    for (int m = n - 1; m > 0; m--) {
        double leave = 0.0;
        for (int j = 0; j < m; j++)
            leave += a[m][j];
        for (int i = 0; i < m; i++) {
            a[i][m] /= leave;
            for (int j = 0; j < m; j++)
                a[i][j] += a[i][m] * a[m][j];
        }
    }
    share[0] = 1.0;
    for (int m = 1; m < n; m++) {
        share[m] = 0.0;
        for (int i = 0; i < m; i++)
            share[m] += share[i] * a[i][m];
        total += share[m];
    }
    for (int m = 0; m < n; m++)
        share[m] /= total;
}
