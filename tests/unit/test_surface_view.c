/* A surface of quotes, path by path, against its slices at one moneyness. */

#include <criterion/criterion.h>
#include <math.h>

#include "sim/surface_view.h"
#include "sim/vmath.h"
#include "tests/option_case.h"

enum { N_NEAR = 7, N_FAR = 2 };

/* Two expiries of listed quotes without a basis, at a price of 1: k is the strike's log. */
struct quotes {
    struct surface surface;
    struct surface_slice slice[2];
    double near_k[N_NEAR], near_w[N_NEAR], far_k[N_FAR], far_w[N_FAR];
    lane_row one, zero;
    struct surface_view view;
};

static void make_quotes(struct quotes *q)
{
    *q = (struct quotes){
        .near_k = {-0.9, -0.35, -0.11, 0.02, 0.08, 0.4, 1.1},
        .near_w = {0.09, 0.031, 0.017, 0.0141, 0.0144, 0.026, 0.05},
        .far_k = {-0.2, 0.3},
        .far_w = {0.11, 0.09},
    };
    q->slice[0] = (struct surface_slice){.years = 0.05,
                                         .n_node = N_NEAR,
                                         .log_moneyness = q->near_k,
                                         .total_variance = q->near_w};
    q->slice[1] = (struct surface_slice){.years = 0.4,
                                         .n_node = N_FAR,
                                         .log_moneyness = q->far_k,
                                         .total_variance = q->far_w};
    q->surface = (struct surface){.spot_usd = 1.0, .n_slice = 2, .slice = q->slice};
    for (int k = 0; k < LANES; k++) {
        q->one[k] = 1.0;
        q->zero[k] = 0.0;
    }
    q->view = (struct surface_view){.surface = &q->surface,
                                    .sticky_delta = true,
                                    .factor = q->one,
                                    .term = q->zero,
                                    .skew = q->zero};
}

static void check_lane(const struct quotes *q, double years, double k, double sd,
                       double slope)
{
    const struct surface_cut cut = surface_cut(&q->surface, years);
    struct svi_value v = surface_slice_value(cut.near, k);
    double w = cut.near_weight * v.w, first = cut.near_weight * v.first;

    if (cut.far != NULL) {
        v = surface_slice_value(cut.far, k);
        w += cut.far_weight * v.w;
        first += cut.far_weight * v.first;
    }
    const double wanted = -first / (2.0 * sqrt(w * years)); /* -d sigma / dk */
    cr_assert_float_eq(sd, sqrt(w), 4e-16, "%g years, k = %.17g: %.17g, not %.17g", years,
                       k, sd, sqrt(w));
    cr_assert_float_eq(slope, wanted, 1e-14, "%g years, k = %.17g: slope %.17g, not %.17g",
                       years, k, slope, wanted);
}

static void check_row(const struct quotes *q, double years, const double *log_strike)
{
    struct smile smile;

    surface_view_at(&q->view, years, log_strike, q->zero, &smile);
    for (int k = 0; k < LANES; k++)
        if (!isnan(log_strike[k]))
            check_lane(q, years, log_strike[k], smile.sd[k], smile.slope[k]);
}

static const double times[] = {0.02, 0.05, 0.13, 0.9};

Test(unit, surface_view_reads_quotes_as_their_slices_do)
{
    struct quotes q;
    uint64_t state = 3;
    lane_row log_strike;

    make_quotes(&q);
    for (int t = 0; t < 4; t++)
        for (int round = 0; round < 200; round++) {
            const double middle = option_case_random(&state, -1.2, 1.2);
            const double width = round % 2 ? 1.5 : 0.05;
            for (int k = 0; k < LANES; k++)
                log_strike[k] = middle + option_case_random(&state, -width, width);
            check_row(&q, times[t], log_strike);
        }
}

/* On each node, and on all sides of it. */
Test(unit, surface_view_at_the_nodes)
{
    struct quotes q;
    lane_row log_strike;

    make_quotes(&q);
    for (int t = 0; t < 4; t++)
        for (int node = 0; node < N_NEAR + N_FAR; node++) {
            const double at = node < N_NEAR ? q.near_k[node] : q.far_k[node - N_NEAR];
            for (int side = -1; side <= 1; side++) {
                for (int k = 0; k < LANES; k++)
                    log_strike[k] = at;
                log_strike[LANES - 1] = at + side * 0.3;
                check_row(&q, times[t], log_strike);
            }
        }
}

/* Paths that are far apart, one of them not a number. */
Test(unit, surface_view_of_a_path_that_is_not_a_number)
{
    struct quotes q;
    lane_row log_strike;

    make_quotes(&q);
    for (int lost = 1; lost < LANES; lost++) {
        for (int k = 0; k < LANES; k++)
            log_strike[k] = k == 0 ? -0.5 : 0.3;
        log_strike[lost] = NAN;
        check_row(&q, times[0], log_strike);
        log_strike[0] = 0.9;
        check_row(&q, times[0], log_strike);
    }
}
