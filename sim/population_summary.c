#include "sim/population_summary.h"

#include <math.h>
#include <stdlib.h>

#include "sim/vmath.h"

struct account {
    double exposure_usd, leverage, distance_frac, weight;
};
struct part {
    double value, weight;
};

/* Property has no entry price. */
static struct account account_read(const struct population *p,
                                   const struct population_group *g, uint32_t i,
                                   struct population_summary *sum)
{
    const double weight = p->weight[i], cash = p->collateral_usd[i];
    double equity = cash, gross = 0.0, held = 0.0, owed = 0.0;

    for (uint32_t s = 0; s < g->n_side; s++) {
        const uint32_t leg = population_leg(g, s, i);
        const double spot = p->spot_usd[g->asset[s]];
        const double value = p->coins[leg] * spot;
        equity += value - p->coins[leg] * p->entry_usd[leg];
        if (p->entry_usd[leg] != 0.0) {
            gross += fabs(value);
            sum->long_usd += weight * vm_max(value, 0.0);
            sum->short_usd += weight * vm_max(-value, 0.0);
        } else {
            held += vm_max(value, 0.0);
            owed += vm_max(-value, 0.0);
        }
    }
    if (gross == 0.0) { /* of contracts it is margin */
        held += vm_max(cash, 0.0);
        owed += vm_max(-cash, 0.0);
    }
    sum->held_usd += weight * held;
    sum->owed_usd += weight * owed;
    const double exposure = gross > 0.0 ? gross : held;
    return (struct account){exposure, exposure / equity, p->level[i], weight};
}

static int compare_part(const void *a, const void *b)
{
    const struct part *x = a, *y = b;

    return x->value < y->value ? -1 : x->value > y->value;
}

static void quantiles(struct part *part, uint32_t n, const double *at, double *quantile)
{
    double total = 0.0, below = 0.0;
    uint32_t i = 0;

    qsort(part, n, sizeof *part, compare_part);
    for (uint32_t k = 0; k < n; k++)
        total += part[k].weight;
    for (int q = 0; q < POPULATION_QUANTILES; q++) {
        while (i + 1 < n && below + part[i].weight < at[q] * total)
            below += part[i++].weight;
        quantile[q] = n > 0 ? part[i].value : 0.0;
    }
}

/* Part of the exposure that the largest accounts have; one of weight 3 counts as 3. */
static double largest_part(struct part *part, uint32_t n)
{
    double total = 0.0, largest = 0.0, left = POPULATION_LARGEST;

    qsort(part, n, sizeof *part, compare_part);
    for (uint32_t k = n; k-- > 0;) {
        const double taken = vm_min(left, part[k].weight);
        total += part[k].value * part[k].weight;
        largest += part[k].value * taken;
        left -= taken;
    }
    return total > 0.0 ? largest / total : 0.0;
}

void population_summarise(const struct population *p, struct population_summary *summary)
{
    struct arena arena = {NULL};
    struct account *account = arena_get(&arena, p->n_account, sizeof *account);
    struct part *part = arena_get(&arena, p->n_account, sizeof *part);
    uint32_t n = 0;

    *summary = (struct population_summary){0};
    for (uint32_t k = 0; k < p->n_group; k++) {
        const struct population_group *g = &p->group[k];
        for (uint32_t i = g->first; i < g->first + g->count; i++)
            if (p->weight[i] > 0.0)
                account[n++] = account_read(p, g, i, summary);
    }
    for (uint32_t i = 0; i < n; i++) {
        summary->accounts += account[i].weight;
        part[i] = (struct part){account[i].leverage, account[i].weight};
    }
    quantiles(part, n, POPULATION_LEVERAGE_AT, summary->leverage);
    for (uint32_t i = 0; i < n; i++)
        part[i] = (struct part){account[i].distance_frac,
                                account[i].weight * account[i].exposure_usd};
    quantiles(part, n, POPULATION_DISTANCE_AT, summary->distance_frac);
    for (uint32_t i = 0; i < n; i++)
        part[i] = (struct part){account[i].exposure_usd, account[i].weight};
    summary->largest_frac = largest_part(part, n);
    arena_free(&arena);
}
