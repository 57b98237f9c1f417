#include "models/price/residuals.h"

#include <math.h>

#include "sim/vmath.h"

static const double TIME_TOLERANCE_S = 0.5;

static bool on_grid(double time_s, double phase_s, double period_s)
{
    const double n = floor((time_s - phase_s) / period_s + 0.5);

    return fabs(time_s - phase_s - n * period_s) < TIME_TOLERANCE_S;
}

/* *n: the number of records on the grid. */
static double grid_phase(const struct history *h, double period_s, uint32_t *n)
{
    const double last = h->n > 0 ? h->time_s[h->n - 1] : 0.0;
    const double phase = last - period_s * floor(last / period_s);
    uint32_t n_zero = 0, n_last = 0;

    for (uint32_t i = 0; i < h->n; i++) {
        n_zero += on_grid(h->time_s[i], 0.0, period_s);
        n_last += on_grid(h->time_s[i], phase, period_s);
    }
    *n = 2 * n_zero >= n_last ? n_zero : n_last;
    return 2 * n_zero >= n_last ? 0.0 : phase;
}

struct period_returns period_returns_read(const struct history *history, double period_s,
                                          struct arena *arena)
{
    uint32_t n, before = 0;
    const double phase = grid_phase(history, period_s, &n);
    struct period_returns r = {.n = 0, .at = arena_get(arena, n, sizeof(*r.at))};

    for (uint32_t i = 1; i < history->n; i++) {
        const double end = history->time_s[i], start = end - period_s;
        if (!on_grid(end, phase, period_s))
            continue;
        while (history->time_s[before] < start - TIME_TOLERANCE_S)
            before++;
        if (history->time_s[before] > start + TIME_TOLERANCE_S)
            continue;
        r.at[r.n] = (struct period_return){
            .end_s = end,
            .log_return = vm_log(history->price_usd[i] / history->price_usd[before]),
            .starts_run = r.n == 0 || r.at[r.n - 1].end_s < start - TIME_TOLERANCE_S};
        r.n++;
    }
    return r;
}

void period_returns_keep(struct period_returns *returns, const struct period_returns *other)
{
    uint32_t n = 0, j = 0;

    for (uint32_t i = 0; i < returns->n; i++) {
        const double end = returns->at[i].end_s;
        while (j < other->n && other->at[j].end_s < end - TIME_TOLERANCE_S)
            j++;
        if (j < other->n && other->at[j].end_s < end + TIME_TOLERANCE_S)
            returns->at[n++] = returns->at[i];
    }
    returns->n = n;
}

void residuals_filter(struct period_returns *returns, const struct gjr *gjr)
{
    double mean = 0.0, h = gjr->long_run;

    for (uint32_t i = 0; i < returns->n; i++)
        mean += returns->at[i].log_return / returns->n;
    for (uint32_t i = 0; i < returns->n; i++) {
        struct period_return *r = &returns->at[i];
        if (r->starts_run)
            h = gjr->long_run;
        const double eps = r->log_return - mean + 0.5 * (h - gjr->long_run);
        r->residual = eps / sqrt(h);
        h = gjr->omega + (gjr->alpha + (eps < 0.0 ? gjr->gamma : 0.0)) * eps * eps +
            gjr->beta * h;
    }
}

double residuals_standardise(struct period_returns *returns)
{
    const double n = returns->n;
    double mean = 0.0, square = 0.0, below = 0.0;

    for (uint32_t i = 0; i < returns->n; i++)
        mean += returns->at[i].residual / n;
    for (uint32_t i = 0; i < returns->n; i++) {
        const double z = returns->at[i].residual -= mean;
        square += z * z / n;
        below += z < 0.0 ? z * z / n : 0.0;
    }
    if (!(square > 0.0))
        return 0.5;
    for (uint32_t i = 0; i < returns->n; i++)
        returns->at[i].residual /= sqrt(square);
    return below / square;
}
