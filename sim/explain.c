#include "sim/explain.h"

#include <string.h>

#include "sim/book_sums.h"

const char *const explain_part_name[N_EXPLAIN] = {
    [EXPLAIN_DELTA] = "delta",
    [EXPLAIN_GAMMA] = "gamma",
    [EXPLAIN_VEGA] = "vega",
    [EXPLAIN_THETA] = "theta",
    [EXPLAIN_HIGHER] = "higher_order",
    [EXPLAIN_JUMPS] = "jumps",
    [EXPLAIN_FUNDING] = "funding",
    [EXPLAIN_FEES] = "fees",
    [EXPLAIN_LIQUIDITY] = "liquidity_cost",
    [EXPLAIN_SHORTFALL] = "shortfall",
    [EXPLAIN_UNEXPLAINED] = "unexplained",
};

static double *base_row(const struct plan *plan, const struct worker *w, uint32_t account,
                        uint32_t asset, uint32_t row)
{
    return worker_row(w, ROW_EXPLAIN_BASE,
                      (account * plan->n_asset + asset) * N_EXPLAIN_BASE + row);
}

/* Sums over claims that Greeks are taken from. */
enum { N_SUM_GREEK = EXPLAIN_AT_LINEAR };
static const enum claim_sum sums[N_SUM_GREEK] = {
    [EXPLAIN_AT_DELTA] = CLAIM_DELTA,       [EXPLAIN_AT_GAMMA] = CLAIM_GAMMA,
    [EXPLAIN_AT_THETA] = CLAIM_THETA,       [EXPLAIN_AT_CARRY] = CLAIM_CARRY,
    [EXPLAIN_AT_FACTOR] = CLAIM_FACTOR,     [EXPLAIN_AT_FACTOR_SPOT] = CLAIM_FACTOR_SPOT,
    [EXPLAIN_AT_FACTOR_2] = CLAIM_FACTOR_2, [EXPLAIN_AT_BY_TERM] = CLAIM_BY_TERM,
    [EXPLAIN_AT_BY_SKEW] = CLAIM_BY_SKEW};

/* The Greeks of now, for the interval that begins. */
static void base_take(const struct plan *plan, uint32_t account, uint32_t asset,
                      struct worker *w)
{
    const double *open = worker_row(w, ROW_OPEN, account);
    const double *coins = worker_row(w, ROW_COINS, account * plan->n_asset + asset);
    const double slope = plan->account[account].slope_coins[asset];
    double *delta = base_row(plan, w, account, asset, EXPLAIN_AT_DELTA);
    double *linear = base_row(plan, w, account, asset, EXPLAIN_AT_LINEAR);

    for (uint32_t i = 0; i < N_SUM_GREEK; i++) {
        const double *sum = book_sums_row(plan, w, account, asset, sums[i]);
        double *row = base_row(plan, w, account, asset, i);
        for (int k = 0; k < LANES; k++)
            row[k] = open[k] * sum[k];
    }
    for (int k = 0; k < LANES; k++) {
        linear[k] = coins[k] + open[k] * slope;
        delta[k] += linear[k];
    }
    memcpy(base_row(plan, w, account, asset, EXPLAIN_AT_SPOT),
           worker_row(w, ROW_SPOT, asset), sizeof(lane_row));
    memcpy(base_row(plan, w, account, asset, EXPLAIN_AT_SURFACE),
           worker_effect(w, EFFECT_SURFACE, asset), sizeof(lane_row));
    memcpy(base_row(plan, w, account, asset, EXPLAIN_AT_TERM),
           worker_effect(w, EFFECT_TERM, asset), sizeof(lane_row));
    memcpy(base_row(plan, w, account, asset, EXPLAIN_AT_SKEW),
           worker_effect(w, EFFECT_SKEW, asset), sizeof(lane_row));
}

/* Years since the interval of this step began. */
static double interval_years(const struct plan *plan, const struct worker *w)
{
    const uint32_t begun = (w->step - 1) / plan->report_every * plan->report_every;

    return (w->step - begun) * plan->step_s / PLAN_YEAR_S;
}

/* What the Greeks of one account and asset explain since the interval began, on the paths
 * from first to end. */
static void add_interval(const struct plan *plan, uint32_t account, uint32_t asset,
                         struct worker *w, int first, int end)
{
    const lane_row *base = (const lane_row *)base_row(plan, w, account, asset, 0);
    const double *spot = worker_row(w, ROW_SPOT, asset);
    const double *surface = worker_effect(w, EFFECT_SURFACE, asset);
    const double *term = worker_effect(w, EFFECT_TERM, asset);
    const double *skew = worker_effect(w, EFFECT_SKEW, asset);
    const double *jump = worker_row(w, ROW_EXPLAIN_JUMP, asset);
    lane_row *part = (lane_row *)worker_row(w, ROW_EXPLAIN, 0);
    const double years = interval_years(plan, w);

    for (int k = first; k < end; k++) {
        const double delta = base[EXPLAIN_AT_DELTA][k];
        const double half_gamma = 0.5 * base[EXPLAIN_AT_GAMMA][k];
        const double move = spot[k] - base[EXPLAIN_AT_SPOT][k];
        const double smooth = move - jump[k],
                     factor = surface[k] - base[EXPLAIN_AT_SURFACE][k];

        part[EXPLAIN_DELTA][k] += delta * smooth;
        part[EXPLAIN_GAMMA][k] += half_gamma * smooth * smooth;
        part[EXPLAIN_JUMPS][k] +=
            delta * jump[k] + half_gamma * (move * move - smooth * smooth);
        part[EXPLAIN_VEGA][k] +=
            base[EXPLAIN_AT_FACTOR][k] * factor +
            base[EXPLAIN_AT_BY_TERM][k] * (term[k] - base[EXPLAIN_AT_TERM][k]) +
            base[EXPLAIN_AT_BY_SKEW][k] * (skew[k] - base[EXPLAIN_AT_SKEW][k]);
        part[EXPLAIN_THETA][k] +=
            (base[EXPLAIN_AT_THETA][k] + base[EXPLAIN_AT_CARRY][k]) * years;
        part[EXPLAIN_HIGHER][k] += factor * (base[EXPLAIN_AT_FACTOR_SPOT][k] * move +
                                             0.5 * base[EXPLAIN_AT_FACTOR_2][k] * factor);
    }
}

/* What the Greeks at the end add: the corrected trapezoidal rule less the orders that are
 * told already. */
static void add_higher(const struct plan *plan, uint32_t account, uint32_t asset,
                       struct worker *w)
{
    const lane_row *base = (const lane_row *)base_row(plan, w, account, asset, 0);
    const lane_row *end = (const lane_row *)book_sums_row(plan, w, account, asset, 0);
    const double *spot = worker_row(w, ROW_SPOT, asset);
    const double *surface = worker_effect(w, EFFECT_SURFACE, asset);
    const double *term = worker_effect(w, EFFECT_TERM, asset);
    const double *skew = worker_effect(w, EFFECT_SKEW, asset);
    const double *open = worker_row(w, ROW_OPEN, account);
    const double years = interval_years(plan, w);
    double *higher = worker_row(w, ROW_EXPLAIN, EXPLAIN_HIGHER);

    for (int k = 0; k < LANES; k++) {
        const double move = spot[k] - base[EXPLAIN_AT_SPOT][k];
        const double factor = surface[k] - base[EXPLAIN_AT_SURFACE][k];
        double rise[N_SUM_GREEK]; /* of each Greek over the interval */
        for (uint32_t i = 0; i < N_SUM_GREEK; i++)
            rise[i] = open[k] * end[sums[i]][k] - base[i][k];
        rise[EXPLAIN_AT_DELTA] += base[EXPLAIN_AT_LINEAR][k];
        const double slopes =
            rise[EXPLAIN_AT_DELTA] * move + rise[EXPLAIN_AT_FACTOR] * factor +
            (rise[EXPLAIN_AT_THETA] + rise[EXPLAIN_AT_CARRY]) * years +
            rise[EXPLAIN_AT_BY_TERM] * (term[k] - base[EXPLAIN_AT_TERM][k]) +
            rise[EXPLAIN_AT_BY_SKEW] * (skew[k] - base[EXPLAIN_AT_SKEW][k]);
        const double bends = rise[EXPLAIN_AT_GAMMA] * move * move +
                             2.0 * rise[EXPLAIN_AT_FACTOR_SPOT] * move * factor +
                             rise[EXPLAIN_AT_FACTOR_2] * factor * factor;
        const double told = base[EXPLAIN_AT_GAMMA][k] * move * move +
                            2.0 * base[EXPLAIN_AT_FACTOR_SPOT][k] * move * factor +
                            base[EXPLAIN_AT_FACTOR_2][k] * factor * factor;
        higher[k] += open[k] * (0.5 * slopes - bends / 12.0 - 0.5 * told);
    }
}

void explain_start(const struct plan *plan, struct worker *w)
{
    /* what was paid at the start is in the start's value */
    for (uint32_t part = 0; plan->n_account > 0 && part < N_EXPLAIN; part++)
        memset(worker_row(w, ROW_EXPLAIN, part), 0, sizeof(lane_row));
    for (uint32_t account = 0; account < plan->n_account; account++)
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            base_take(plan, account, asset, w);
}

void explain_step(const struct plan *plan, struct worker *w)
{
    if (!plan->counts_jumps)
        return;
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const double *restrict count = worker_row(w, ROW_JUMP, asset);
        const double *restrict before = worker_row(w, ROW_SPOT_BEFORE, asset);
        const double *restrict after = worker_row(w, ROW_SPOT, asset);
        double *restrict jump = worker_row(w, ROW_EXPLAIN_JUMP, asset);
        for (int k = 0; k < LANES; k++)
            jump[k] += count[k] > 0.0 ? after[k] - before[k] : 0.0;
    }
}

void explain_flow(struct worker *w, enum explain_part part, const double *usd)
{
    double *row = worker_row(w, ROW_EXPLAIN, part);

    for (int k = 0; k < LANES; k++)
        row[k] += usd[k];
}

void explain_coins(const struct plan *plan, struct worker *w, uint32_t account,
                   uint32_t asset, const double *coins)
{
    const double *spot = worker_row(w, ROW_SPOT, asset);
    const double *base = base_row(plan, w, account, asset, EXPLAIN_AT_SPOT);
    const double *jump = worker_row(w, ROW_EXPLAIN_JUMP, asset);
    double *delta = base_row(plan, w, account, asset, EXPLAIN_AT_DELTA);
    double *linear = base_row(plan, w, account, asset, EXPLAIN_AT_LINEAR);
    double *by_delta = worker_row(w, ROW_EXPLAIN, EXPLAIN_DELTA);
    double *by_jumps = worker_row(w, ROW_EXPLAIN, EXPLAIN_JUMPS);

    if (w->step == 0) /* the first interval has not begun */
        return;
    for (int k = 0; k < LANES; k++) {
        by_delta[k] -= coins[k] * (spot[k] - base[k] - jump[k]);
        by_jumps[k] -= coins[k] * jump[k];
        delta[k] += coins[k];
        linear[k] += coins[k];
    }
}

void explain_close(const struct plan *plan, struct worker *w, uint32_t account, int k)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        add_interval(plan, account, asset, w, k, k + 1);
        for (uint32_t i = 0; i < N_EXPLAIN_GREEK; i++)
            base_row(plan, w, account, asset, i)[k] = 0.0;
    }
}

void explain_closed(struct worker *w, int k, double fee_usd, double liquidity_usd,
                    double shortfall_usd)
{
    worker_row(w, ROW_EXPLAIN, EXPLAIN_FEES)[k] -= fee_usd;
    worker_row(w, ROW_EXPLAIN, EXPLAIN_LIQUIDITY)[k] -= liquidity_usd;
    worker_row(w, ROW_EXPLAIN, EXPLAIN_SHORTFALL)[k] += shortfall_usd;
}

/* The rest of the P&L so far. */
static void take_unexplained(struct worker *w)
{
    const double *pnl = worker_row(w, ROW_PNL, 0);
    double *rest = worker_row(w, ROW_EXPLAIN, EXPLAIN_UNEXPLAINED);
    lane_row told = {0.0};

    for (uint32_t part = 0; part < EXPLAIN_UNEXPLAINED; part++) {
        const double *row = worker_row(w, ROW_EXPLAIN, part);
        for (int k = 0; k < LANES; k++)
            told[k] += row[k];
    }
    for (int k = 0; k < LANES; k++)
        rest[k] = pnl[k] - told[k];
}

void explain_report(const struct plan *plan, struct worker *w)
{
    const uint32_t report = (w->step - 1) / plan->report_every;

    for (uint32_t account = 0; account < plan->n_account; account++)
        for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
            add_interval(plan, account, asset, w, 0, LANES);
            if (plan->smooth[(report * plan->n_account + account) * plan->n_asset + asset])
                add_higher(plan, account, asset, w);
            base_take(plan, account, asset, w);
        }
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        memset(worker_row(w, ROW_EXPLAIN_JUMP, asset), 0, sizeof(lane_row));
    take_unexplained(w);
}
