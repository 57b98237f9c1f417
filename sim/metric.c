#include "sim/metric.h"

#include <math.h>
#include <string.h>

#include "sim/book.h"
#include "sim/market_books.h"
#include "sim/vmath.h"

void metric_start(const struct plan *plan, struct worker *w)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        for (int k = 0; k < LANES; k++) {
            worker_row(w, ROW_MIN_SPOT, asset)[k] = plan->asset[asset].spot_usd;
            worker_row(w, ROW_MAX_SPOT, asset)[k] = plan->asset[asset].spot_usd;
            worker_row(w, ROW_SAMPLE_SPOT, asset)[k] = plan->asset[asset].spot_usd;
            worker_row(w, ROW_MAX_FALL, asset)[k] = 1.0;
        }
}

/* Extremes of one price: low, high and the largest fall. A fall that is as deep as an
 * earlier one leaves the earlier one. */
static void extremes_step(uint32_t asset, struct worker *w)
{
    const double *restrict spot = worker_row(w, ROW_SPOT, asset);
    double *restrict low = worker_row(w, ROW_MIN_SPOT, asset);
    double *restrict high = worker_row(w, ROW_MAX_SPOT, asset);
    double *restrict peak_s = worker_row(w, ROW_PEAK_S, asset);
    double *restrict kept = worker_row(w, ROW_MAX_FALL, asset);
    double *restrict duration_s = worker_row(w, ROW_FALL_DURATION, asset);
    const double time_s = w->time_s;

    /* Two loops: gcc gives up over the aliases that one could have. */
    for (int k = 0; k < LANES; k++) {
        const double price = spot[k], bottom = low[k], top = high[k];
        const double began_s = peak_s[k];

        low[k] = price < bottom ? price : bottom;
        high[k] = price > top ? price : top;
        peak_s[k] = price > top ? time_s : began_s;
    }
    for (int k = 0; k < LANES; k++) {
        const double part = spot[k] / high[k], least = kept[k];
        const double lasting_s = time_s - peak_s[k], length_s = duration_s[k];

        kept[k] = part < least ? part : least;
        duration_s[k] = part < least ? lasting_s : length_s;
    }
}

void metric_step(const struct plan *plan, struct worker *w)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const double *restrict spot = worker_row(w, ROW_SPOT, asset);
        const double *restrict impact =
            market_books_mean(plan, ROW_IMPACT, asset, w, w->scratch[0]);
        const double *restrict permanent =
            market_books_mean(plan, ROW_PERMANENT, asset, w, w->scratch[1]);
        const double *restrict oracle = worker_row(w, ROW_ORACLE, asset);
        double *restrict most = worker_row(w, ROW_MAX_IMPACT, asset);
        double *restrict gap = worker_row(w, ROW_ORACLE_GAP, asset);

        extremes_step(asset, w);
        for (int k = 0; plan->n_book > 0 && k < LANES; k++) {
            const double log_impact = fabs(impact[k] + permanent[k]);
            most[k] = log_impact > most[k] ? log_impact : most[k];
        }
        for (int k = 0; plan->asset[asset].has_oracle && k < LANES; k++) {
            const double part = fabs(oracle[k] / spot[k] - 1.0);
            gap[k] = part > gap[k] ? part : gap[k];
        }
    }
}

/* Squared log-returns from one reporting time to the next. */
static void sample_prices(const struct plan *plan, struct worker *w)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        const double *restrict spot = worker_row(w, ROW_SPOT, asset);
        double *restrict before = worker_row(w, ROW_SAMPLE_SPOT, asset);
        double *restrict sum = worker_row(w, ROW_REALISED_VOL, asset);

        for (int k = 0; k < LANES; k++) {
            const double log_return = vm_log(spot[k] / before[k]);
            sum[k] += log_return * log_return;
            before[k] = spot[k];
        }
    }
}

/* Rows that are shown but not followed from step to step. */
static void refresh_rows(const struct plan *plan, struct worker *w)
{
    for (uint32_t asset = 0; plan->n_book > 0 && asset < plan->n_asset; asset++) {
        const double *impact = market_books_mean(plan, ROW_IMPACT, asset, w, w->scratch[0]);
        const double *permanent =
            market_books_mean(plan, ROW_PERMANENT, asset, w, w->scratch[1]);
        for (int k = 0; k < LANES; k++)
            worker_row(w, ROW_IMPACT_FRAC, asset)[k] =
                1.0 - vm_exp(-(impact[k] + permanent[k]));
        market_books_depth(plan, asset, w, worker_row(w, ROW_DEPTH_USD, asset));
    }
    for (uint32_t account = 0; account < plan->n_account; account++) {
        const double start = plan->account[account].start_value_usd;
        double *pnl = worker_row(w, ROW_ACCOUNT_PNL, account);
        book_value(plan, account, w, pnl);
        if (plan->account[account].venue == PLAN_NONE)
            memcpy(worker_row(w, ROW_EQUITY, account), pnl, sizeof(lane_row));
        for (int k = 0; k < LANES; k++)
            pnl[k] -= start;
    }
}

void metric_report(const struct plan *plan, struct worker *w, uint32_t report,
                   uint64_t first, uint32_t n, double *const *column)
{
    refresh_rows(plan, w);
    sample_prices(plan, w);
    for (uint32_t i = 0; i < plan->n_metric; i++) {
        const struct metric *m = &plan->metric[i].metric;
        const uint32_t n_dim = plan_dim(plan, m->dim);
        if (m->group != METRIC_TIME)
            continue;
        for (uint32_t element = 0; element < n_dim; element++)
            memcpy(column[m->first_column + report * n_dim + element] + first,
                   worker_row(w, plan->metric[i].set, element), n * sizeof(double));
    }
}

void metric_finish(const struct plan *plan, struct worker *w, uint64_t first, uint32_t n,
                   double *const *column)
{
    for (uint32_t asset = 0; asset < plan->n_asset; asset++)
        for (int k = 0; k < LANES; k++) {
            double *row = worker_row(w, ROW_MAX_IMPACT, asset);
            double *kept = worker_row(w, ROW_MAX_FALL, asset);
            double *squares = worker_row(w, ROW_REALISED_VOL, asset);
            row[k] = 1.0 - vm_exp(-row[k]);
            kept[k] = 1.0 - kept[k];
            squares[k] = sqrt(squares[k] * (PLAN_YEAR_S / plan->horizon_s));
        }
    for (uint32_t account = 0; account < plan->n_account; account++)
        for (int k = 0; plan->account[account].venue == PLAN_NONE && k < LANES; k++)
            worker_row(w, ROW_ACCOUNT_BUFFER, account)[k] = NAN;
    for (uint32_t i = 0; i < plan->n_metric; i++) {
        const struct metric *m = &plan->metric[i].metric;
        if (m->group != METRIC_PATH)
            continue;
        for (uint32_t element = 0; element < m->n_element; element++) {
            const double *row = worker_row(w, plan->metric[i].set, element);
            memcpy(column[m->first_column + element] + first, row, n * sizeof(double));
            for (uint32_t k = 0; k < n && !w->failed; k++)
                if (!isfinite(row[k]) && !(m->may_be_nan && isnan(row[k]))) {
                    w->failed = true;
                    w->failed_path = w->path[k];
                    fail(&w->failed_why, "%s is not finite", m->name);
                }
        }
    }
}
