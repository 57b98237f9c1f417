#include "sim/surface_view.h"

#include <math.h>
#include <string.h>

#include "sim/bend.h"
#include "sim/vmath.h"

static const double YEARS_MIN = 1e-12;      /* as in models/instrument/option.c */
static const double VOLATILITY_MIN = 1e-12; /* keeps 0/0 out of the slopes of none */

/* No path's moneyness is outside; 0 stands for what is not a number. */
struct row_ends {
    double least, most;
};

static struct row_ends row_ends(const double *row)
{
    lane_row low, high;

    for (int k = 0; k < LANES; k++)
        low[k] = high[k] = row[k] == row[k] ? row[k] : 0.0;
    for (int n = LANES / 2; n > 0; n /= 2)
        for (int k = 0; k < n; k++) {
            low[k] = vm_min(low[k], low[k + n]);
            high[k] = vm_max(high[k], high[k + n]);
        }
    return (struct row_ends){low[0], high[0]};
}

/* The last node that is not right of k, or the first. */
static uint32_t node_before(const struct surface_slice *s, double k)
{
    uint32_t node = 0, end = s->n_node;

    while (end - node > 1) {
        const uint32_t middle = node + (end - node) / 2;
        if (s->log_moneyness[middle] <= k)
            node = middle;
        else
            end = middle;
    }
    return node;
}

/* The piece of a slice that each path is in: its left end, the variance there, the slope. */
struct piece_rows {
    lane_row left, value, slope;
};

/* yes where the mask has all bits, no where it has none; stored without a branch. */
static inline double selected(uint64_t mask, double yes, double no)
{
    return vm_from_bits((vm_bits(yes) & mask) | (vm_bits(no) & ~mask));
}

/* Takes the piece that begins at a node for the paths that are not left of it. */
static void take_piece(double from, double left, double value, double slope,
                       const double *restrict k_row, struct piece_rows *restrict piece)
{
    for (int k = 0; k < LANES; k++) {
        const uint64_t mask = from <= k_row[k] ? ~UINT64_C(0) : 0;
        piece->left[k] = selected(mask, left, piece->left[k]);
        piece->value[k] = selected(mask, value, piece->value[k]);
        piece->slope[k] = selected(mask, slope, piece->slope[k]);
    }
}

/* += weight x slice of nodes, as surface_slice_value has it but for the rounding. Paths are
 * not far from each other, so that few nodes lie between the outermost; up to the first
 * node and from the last on the slice is flat. */
static void add_nodes(const struct surface_slice *s, double weight,
                      const struct row_ends *ends, const double *restrict k_row,
                      struct surface_variance *restrict v)
{
    const uint32_t last = s->n_node - 1;
    const double *x = s->log_moneyness, *w = s->total_variance;
    const double first_value = w[0];
    struct piece_rows piece;

    for (int k = 0; k < LANES; k++) {
        piece.left[k] = k_row[k];
        piece.value[k] = first_value;
        piece.slope[k] = 0.0;
    }
    for (uint32_t node = node_before(s, ends->least);
         node <= last && !(x[node] > ends->most); node++) {
        const double from = node == 0 ? nextafter(x[0], INFINITY) : x[node];
        const double slope =
            node == last ? 0.0 : (w[node + 1] - w[node]) / (x[node + 1] - x[node]);
        take_piece(from, x[node], w[node], slope, k_row, &piece);
    }
    for (int k = 0; k < LANES; k++) {
        v->w[k] += weight * (piece.value[k] + (k_row[k] - piece.left[k]) * piece.slope[k]);
        v->first[k] += weight * piece.slope[k];
    }
}

/* += weight x slice. */
static void add_slice(const struct surface_slice *s, double weight, const double *k_row,
                      const struct row_ends *ends, struct surface_variance *v)
{
    if (s->svi == NULL) {
        add_nodes(s, weight, ends, k_row, v);
        return;
    }
    const double a = s->svi->a, b = s->svi->b, rho = s->svi->rho, m = s->svi->m;
    const double sigma2 = s->svi->sigma * s->svi->sigma;
    for (int k = 0; k < LANES; k++) {
        const double x = k_row[k] - m, square = x * x + sigma2, root = sqrt(square);
        v->w[k] += weight * (a + b * (rho * x + root));
        v->first[k] += weight * (b * (rho + x / root));
        v->second[k] += weight * (b * sigma2 / (square * root));
    }
}

/* Of the surface before the effects, at moneyness k_row [LANES]. */
static void variance_at(const struct surface_cut *cut, const double *k_row,
                        struct surface_variance *variance)
{
    const struct row_ends ends = row_ends(k_row);

    memset(variance, 0, sizeof *variance);
    add_slice(cut->near, cut->near_weight, k_row, &ends, variance);
    if (cut->far != NULL)
        add_slice(cut->far, cut->far_weight, k_row, &ends, variance);
}

void surface_view_expiry(const struct surface_view *view, double years,
                         struct surface_view_expiry *expiry)
{
    const struct surface *surface = view->surface;
    const double left = vm_max(years, YEARS_MIN);
    const double *restrict factor = view->factor, *restrict term = view->term;
    const double exponent = bend_term_exponent(left, view->term_power);

    expiry->view = view;
    expiry->years = left;
    expiry->cut = surface_cut(surface, left);
    expiry->sticks = !view->sticky_delta;
    /* ln(F/S) of now, or ln F of the start for the same expiry */
    expiry->log_forward =
        view->sticky_delta ? surface_log_forward_ratio(surface, left)
                           : vm_log(surface->spot_usd) +
                                 surface_log_forward_ratio(surface, view->now_years + left);
    expiry->exponent = exponent;
    for (int k = 0; k < LANES; k++) {
        expiry->shape[k] = vm_exp(term[k] * exponent);
        expiry->level[k] = factor[k] * expiry->shape[k];
    }
}

/* sigma = max(L sigma0 + s h, L sigma0 / 4), h = k / sqrt(k^2 + T), and its derivatives; k
 * falls as ln S rises. */
void surface_view_bend(const struct surface_view_expiry *expiry,
                       const double *restrict k_row,
                       const struct surface_variance *restrict v,
                       struct smile *restrict smile)
{
    const double *restrict skew = expiry->view->skew, *restrict shape = expiry->shape;
    const double *restrict level_row = expiry->level;
    const double years = expiry->years, power = expiry->exponent;
    const double per_year = 1.0 / years, sqrt_t = sqrt(years);

    for (int k = 0; k < LANES; k++) {
        const double sigma0 = sqrt(v->w[k] * per_year);
        const double per_sigma0 = 1.0 / vm_max(sigma0, VOLATILITY_MIN);
        const double first0 = 0.5 * v->first[k] * per_year * per_sigma0;
        const double second0 =
            (0.5 * v->second[k] * per_year - first0 * first0) * per_sigma0;
        const double level = level_row[k];
        const double per_root = 1.0 / sqrt(k_row[k] * k_row[k] + years);
        const double h = k_row[k] * per_root, per_square = per_root * per_root;
        const double by_k = years * (per_square * per_root); /* dh/dk */
        const double least = BEND_LEAST_SHARE * level * sigma0;
        const double bent = level * sigma0 + skew[k] * h;
        const bool cut = bent < least;
        const double share = cut ? BEND_LEAST_SHARE : 1.0, tilt = cut ? 0.0 : 1.0;
        const double by_level = share * sigma0, s = tilt * skew[k];
        const double by_strike = share * level * first0 + s * by_k;
        smile->sd[k] = (cut ? least : bent) * sqrt_t;
        smile->skew[k] = by_strike * sqrt_t;
        smile->slope[k] = -by_strike;
        smile->curve[k] =
            share * level * second0 - s * 3.0 * k_row[k] * (by_k * per_square);
        smile->by_factor[k] = by_level * shape[k];
        smile->by_term[k] = by_level * level * power;
        smile->by_skew[k] = tilt * h;
    }
}

void surface_view_at(const struct surface_view *view, double years,
                     const double *log_strike, const double *log_spot, struct smile *smile)
{
    struct surface_view_expiry expiry;
    struct surface_variance variance;
    lane_row k_row;

    surface_view_expiry(view, years, &expiry);
    for (int k = 0; k < LANES; k++)
        k_row[k] =
            (log_strike[k] - expiry.log_forward) - (expiry.sticks ? 0.0 : log_spot[k]);
    variance_at(&expiry.cut, k_row, &variance);
    surface_view_bend(&expiry, k_row, &variance, smile);
}

void surface_view_strike(const struct surface_view_expiry *expiry, double log_strike,
                         const double *log_spot, struct smile *smile)
{
    const double ahead = log_strike - expiry->log_forward;
    const bool sticks = expiry->sticks;
    struct surface_variance variance;
    lane_row k_row;

    for (int k = 0; k < LANES; k++)
        k_row[k] = ahead - (sticks ? 0.0 : log_spot[k]);
    variance_at(&expiry->cut, k_row, &variance);
    surface_view_bend(expiry, k_row, &variance, smile);
}
