#include "sim/greek_paths.h"

#include <string.h>

#include "sim/book_sums.h"
#include "sim/greeks.h"

uint32_t greek_paths_of_asset(uint32_t asset, uint32_t greek)
{
    return asset * N_GREEK + greek;
}

uint32_t greek_paths_of_bucket(uint32_t n_asset, uint32_t bucket, uint32_t greek)
{
    return (n_asset + bucket) * N_GREEK + greek;
}

uint32_t greek_paths_spot(uint32_t n_asset, uint32_t asset)
{
    return greek_paths_of_bucket(n_asset, N_GREEK_BUCKET, 0) + asset;
}

uint32_t greek_paths_cash(uint32_t n_asset)
{
    return greek_paths_spot(n_asset, n_asset);
}

uint32_t greek_paths_width(uint32_t n_asset)
{
    return greek_paths_cash(n_asset) + 1;
}

struct greek_paths greek_paths_of(const struct plan *plan, struct arena *arena)
{
    const uint32_t n_column = plan->n_report * greek_paths_width(plan->n_asset);
    struct greek_paths paths = {.n_path = plan->n_greek_path};

    if (paths.n_path == 0)
        return paths;
    paths.column = arena_get(arena, n_column, sizeof *paths.column);
    for (uint32_t c = 0; c < n_column; c++)
        paths.column[c] = arena_get(arena, paths.n_path, sizeof **paths.column);
    return paths;
}

void greek_paths_create(const struct greek_paths *paths, struct worker *w)
{
    struct greek_sums *sums = arena_get(&w->arena, 1, sizeof *sums);

    sums->paths = paths;
    sums->row =
        arena_get(&w->arena, greek_paths_width(w->plan->n_asset), sizeof *sums->row);
    w->greeks = sums;
}

/* += weight x sums over claims, in USD as greeks_measure has it, to an asset and a bucket. */
static void add_sums(uint32_t n_asset, uint32_t asset, uint32_t bucket,
                     const double *weight, const double *spot, const lane_row *sum,
                     lane_row *row)
{
    for (uint32_t g = 0; g < N_GREEK; g++) {
        const struct greek_measure *m = &greeks_measure[g];
        const double *restrict from = sum[m->sum];
        double *restrict of_asset = row[greek_paths_of_asset(asset, g)];
        double *restrict of_bucket = row[greek_paths_of_bucket(n_asset, bucket, g)];
        for (int k = 0; k < LANES; k++) {
            const double once = m->spot_power > 0 ? spot[k] : 1.0;
            const double twice = m->spot_power > 1 ? spot[k] : 1.0;
            const double usd = weight[k] * from[k] * m->scale * once * twice;
            of_asset[k] += usd;
            of_bucket[k] += usd;
        }
    }
}

/* The claims of an account, asset by asset and bucket by bucket: they are sorted so. */
static void add_claims(const struct plan *plan, uint32_t account, const struct worker *w)
{
    const struct plan_account *a = &plan->account[account];
    const uint32_t end = a->first_claim + a->n_claim;
    const double *open = worker_row(w, ROW_OPEN, account);
    lane_row sum[N_CLAIM_FUNCTION];

    for (uint32_t first = a->first_claim, n; first < end; first += n) {
        const struct contract *c = plan->claim[first].contract;
        const uint32_t n_same = book_sums_group(plan, account, first);
        const uint32_t bucket = greeks_bucket(c, w->time_s);
        const double *spot = worker_row(w, ROW_SPOT, c->asset);
        for (n = 1; n < n_same; n++)
            if (greeks_bucket(plan->claim[first + n].contract, w->time_s) != bucket)
                break;
        memset(sum, 0, sizeof sum);
        book_sums_add(plan, &plan->claim[first], n, BOOK_ALL, w, spot, sum);
        add_sums(plan->n_asset, c->asset, bucket, open, spot, (const lane_row *)sum,
                 w->greeks->row);
    }
}

/* Coins held and linear contracts: they do not expire. */
static void add_linear(const struct plan *plan, uint32_t account, const struct worker *w)
{
    const struct plan_account *a = &plan->account[account];
    const double *open = worker_row(w, ROW_OPEN, account);
    const double *cash = worker_row(w, ROW_CASH, account);
    double *all_cash = w->greeks->row[greek_paths_cash(plan->n_asset)];
    lane_row sum[N_CLAIM_FUNCTION], one;

    memset(sum, 0, sizeof sum);
    for (int k = 0; k < LANES; k++) {
        all_cash[k] += cash[k];
        one[k] = 1.0;
    }
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const double *coins = worker_row(w, ROW_COINS, account * plan->n_asset + asset);
        const double *spot = worker_row(w, ROW_SPOT, asset);
        const double fixed = a->fixed_usd[asset], slope = a->slope_coins[asset];
        for (int k = 0; k < LANES; k++) {
            sum[CLAIM_DELTA][k] = coins[k] + open[k] * slope;
            sum[CLAIM_VALUE][k] = coins[k] * spot[k] + open[k] * (fixed + slope * spot[k]);
        }
        add_sums(plan->n_asset, asset, N_GREEK_BUCKET - 1, one, spot, (const lane_row *)sum,
                 w->greeks->row);
    }
}

void greek_paths_report(const struct plan *plan, const struct worker *w, uint32_t report,
                        uint64_t first, uint32_t n)
{
    const uint32_t width = greek_paths_width(plan->n_asset);
    const struct greek_paths *paths = w->greeks->paths;
    lane_row *row = w->greeks->row;

    if (first >= paths->n_path)
        return;
    if (paths->n_path - first < n)
        n = (uint32_t)(paths->n_path - first);
    memset(row, 0, width * sizeof *row);
    for (uint32_t account = 0; account < plan->n_account; account++) {
        add_linear(plan, account, w);
        add_claims(plan, account, w);
    }
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        memcpy(row[greek_paths_spot(plan->n_asset, asset)], worker_row(w, ROW_SPOT, asset),
               sizeof *row);
    for (uint32_t i = 0; i < width; i++)
        memcpy(&paths->column[report * width + i][first], row[i], n * sizeof(double));
}
