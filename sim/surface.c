#include "sim/surface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/vmath.h"

static const double SECONDS_PER_YEAR = 365.0 * 86400.0;

/* A forward of the nearest expiry that is further than this from the spot price belongs to
 * another spot price: within weeks of expiry the basis is a fraction of this. */
static const double LOG_FORWARD_MAX = 0.1;

static bool point_fail(const struct surface_point *p, struct error *err, const char *what)
{
    return fail(err, "%s:%d: option quote of strike %g, expiry %.0f s: %s",
                p->file != NULL ? p->file : "option chain", p->line, p->strike_usd,
                p->expiry_s, what);
}

static bool point_check(const struct surface_point *p, struct error *err)
{
    const double positive[] = {p->strike_usd, p->forward_usd, p->volatility_annual};
    const char *const what[] = {"the strike must be a number above 0",
                                "the forward must be a number above 0",
                                "the volatility must be a number above 0"};

    for (int i = 0; i < 3; i++)
        if (!(positive[i] > 0.0) || isinf(positive[i]))
            return point_fail(p, err, what[i]);
    if (!(p->index_usd >= 0.0) || isinf(p->index_usd))
        return point_fail(p, err, "the index must be a number above 0, or 0 if not known");
    if (!isfinite(p->quote_s) || !isfinite(p->expiry_s))
        return point_fail(p, err, "times must be numbers");
    return true;
}

static int compare_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* By expiry, strike, put before call: a total order once duplicates are refused. */
static int compare_point(const void *a, const void *b)
{
    const struct surface_point *p = a, *q = b;

    if (p->expiry_s != q->expiry_s)
        return p->expiry_s < q->expiry_s ? -1 : 1;
    if (p->strike_usd != q->strike_usd)
        return p->strike_usd < q->strike_usd ? -1 : 1;
    return (p->call > q->call) - (p->call < q->call);
}

/* Sorts `value`; for an even number the mean of the two in the middle. */
static double median(double *value, uint32_t n)
{
    qsort(value, n, sizeof *value, compare_number);
    return 0.5 * (value[(n - 1) / 2] + value[n / 2]);
}

static double median_forward(const struct surface_point *p, uint32_t n, double *number)
{
    for (uint32_t i = 0; i < n; i++)
        number[i] = p[i].forward_usd;
    return median(number, n);
}

/* The number of quotes, from p[0] on, that share its expiry. */
static uint32_t same_expiry(const struct surface_point *p, uint32_t n)
{
    uint32_t same = 1;

    while (same < n && p[same].expiry_s == p->expiry_s)
        same++;
    return same;
}

/* The nodes of one slice from the sorted quotes of one expiry. Moneyness is that of the one
 * forward which the strike will meet at the time of the surface, so that a strike finds the
 * volatility that was quoted for it. */
static bool slice_build(const struct surface_point *p, uint32_t n, double spot_usd,
                        struct arena *arena, struct surface_slice *s, struct error *err)
{
    const double forward_usd = spot_usd * vm_exp(s->log_forward_ratio);

    s->log_moneyness = arena_get(arena, n, sizeof *s->log_moneyness);
    s->total_variance = arena_get(arena, n, sizeof *s->total_variance);
    for (uint32_t i = 0; i < n; i++) {
        const bool pair = i + 1 < n && p[i + 1].strike_usd == p[i].strike_usd;
        /* put, then call: above the forward the call is the one out of the money */
        const struct surface_point *use =
            pair && p[i].strike_usd >= forward_usd ? &p[i + 1] : &p[i];

        s->log_moneyness[s->n_node] =
            vm_log(use->strike_usd / spot_usd) - s->log_forward_ratio;
        s->total_variance[s->n_node] =
            use->volatility_annual * use->volatility_annual * s->years;
        s->n_node++;
        if (pair)
            i++;
    }
    if (s->n_node < 2)
        return point_fail(p, err,
                          "the expiry has one strike only; two are needed to say how "
                          "volatility depends on the strike");
    return true;
}

/* By time of the quote, then by index. */
static int compare_index(const void *a, const void *b)
{
    const struct surface_point *p = a, *q = b;

    if (p->quote_s != q->quote_s)
        return p->quote_s < q->quote_s ? -1 : 1;
    return (p->index_usd > q->index_usd) - (p->index_usd < q->index_usd);
}

/* Whether each row's index was taken with its quote: at one time there is one index. Some
 * exports have the index from later calls than the quotes; there the rows of one time show
 * about as wide a range of it as all rows. */
static bool index_is_of_quote(const struct surface_point *p, uint32_t n,
                              struct arena *arena)
{
    struct surface_point *by_time = arena_get(arena, n, sizeof *by_time);
    double least = INFINITY, most = 0.0, widest = 0.0;

    memcpy(by_time, p, n * sizeof *p);
    qsort(by_time, n, sizeof *by_time, compare_index);
    for (uint32_t i = 0, first = 0; i < n; i++) {
        first = by_time[i].quote_s == by_time[first].quote_s ? first : i;
        widest = vm_max(widest, by_time[i].index_usd - by_time[first].index_usd);
        least = vm_min(least, by_time[i].index_usd);
        most = vm_max(most, by_time[i].index_usd);
    }
    return widest <= 0.5 * (most - least);
}

/* The spot price of the surface and ln(F/S) of every slice: the median ratio of what
 * each row quotes at one instant; without such an index the forwards belong together,
 * and their medians are taken to the one spot price. */
static bool surface_forwards(const struct surface_point *p, uint32_t n,
                             double spot_fallback, double *number, struct arena *arena,
                             struct surface *s, struct error *err)
{
    uint32_t n_index = 0;

    for (uint32_t i = 0; i < n; i++)
        if (p[i].index_usd > 0.0)
            number[n_index++] = p[i].index_usd;
    if (n_index > 0 && n_index < n)
        return point_fail(p, err,
                          "the chain gives an index price in some rows but not in all");
    if (n_index > 0)
        s->spot_usd = median(number, n);
    else if (spot_fallback > 0.0)
        s->spot_usd = spot_fallback;
    else
        s->spot_usd = median_forward(p, same_expiry(p, n), number);

    const bool paired = n_index > 0 && index_is_of_quote(p, n, arena);
    const struct surface_point *row = p;
    for (uint32_t slice = 0; slice < s->n_slice; slice++) {
        const uint32_t n_row = same_expiry(row, n - (uint32_t)(row - p));

        for (uint32_t i = 0; i < n_row; i++)
            number[i] = row[i].forward_usd / (paired ? row[i].index_usd : s->spot_usd);
        s->slice[slice].log_forward_ratio = vm_log(median(number, n_row));
        row += n_row;
    }
    if (fabs(s->slice[0].log_forward_ratio) > LOG_FORWARD_MAX)
        return fail(
            err,
            "%s:%d: the forward %g of the nearest expiry is more than 10 %% away from "
            "the spot price %g: the chain was quoted at another price; give its index "
            "price or the spot price of its time",
            p->file != NULL ? p->file : "option chain", p->line, p->forward_usd,
            s->spot_usd);
    return true;
}

/* Copies what is quoted before its expiry, sorted; checks every quote. */
static bool points_alive(const struct surface_point *point, uint32_t n,
                         struct surface_point *alive, uint32_t *n_alive, struct error *err)
{
    *n_alive = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!point_check(&point[i], err))
            return false;
        if (point[i].expiry_s > point[i].quote_s)
            alive[(*n_alive)++] = point[i];
    }
    if (*n_alive == 0)
        return fail(err,
                    "%s: the option chain has no quote of an option that has not expired",
                    n > 0 && point->file != NULL ? point->file : "option chain");
    qsort(alive, *n_alive, sizeof *alive, compare_point);
    for (uint32_t i = 1; i < *n_alive; i++)
        if (compare_point(&alive[i - 1], &alive[i]) == 0)
            return point_fail(
                &alive[i], err,
                "given twice: leave one of the two rows out, and keep one asset "
                "and one quote time per chain");
    return true;
}

bool surface_build(const struct surface_point *point, uint32_t n, double spot_fallback,
                   struct arena *arena, struct surface *surface, struct error *err)
{
    struct surface_point *alive = arena_get(arena, n, sizeof *alive);
    double *number = arena_get(arena, n, sizeof *number);
    uint32_t n_alive;

    memset(surface, 0, sizeof *surface);
    if (!points_alive(point, n, alive, &n_alive, err))
        return false;
    surface->n_expired = n - n_alive;
    for (uint32_t i = 0; i < n_alive; i++)
        number[i] = alive[i].quote_s;
    surface->quote_s = median(number, n_alive);

    /* Rows of one sweep are seconds to minutes apart; an expiry that passes in between is
     * as good as expired. */
    uint32_t first = 0;
    while (first < n_alive && alive[first].expiry_s <= surface->quote_s)
        first++;
    surface->n_expired += first;
    surface->slice = arena_get(arena, n_alive, sizeof *surface->slice);
    for (uint32_t i = first; i < n_alive; i += same_expiry(&alive[i], n_alive - i))
        surface->slice[surface->n_slice++].years =
            (alive[i].expiry_s - surface->quote_s) / SECONDS_PER_YEAR;
    if (!surface_forwards(&alive[first], n_alive - first, spot_fallback, number, arena,
                          surface, err))
        return false;
    for (uint32_t i = first, slice = 0, n_row; i < n_alive; i += n_row, slice++) {
        n_row = same_expiry(&alive[i], n_alive - i);
        if (!slice_build(&alive[i], n_row, surface->spot_usd, arena, &surface->slice[slice],
                         err))
            return false;
    }
    return true;
}

void surface_flat(double volatility_annual, double basis_annual, double spot_usd,
                  struct arena *arena, struct surface *surface)
{
    struct surface_slice *s = arena_get(arena, 1, sizeof *s);

    *surface = (struct surface){.spot_usd = spot_usd};
    s->years = 1.0;
    s->log_forward_ratio = basis_annual;
    s->n_node = 1;
    s->log_moneyness = arena_get(arena, 1, sizeof(double)); /* the one node is at k = 0 */
    s->total_variance = arena_get(arena, 1, sizeof(double));
    s->total_variance[0] = volatility_annual * volatility_annual;
    surface->n_slice = 1;
    surface->slice = s;
}

void surface_svi(uint32_t n, const double *years, const double *log_forward_ratio,
                 const struct svi *svi, double spot_usd, struct arena *arena,
                 struct surface *surface)
{
    struct svi *copy = arena_get(arena, n, sizeof *copy);

    *surface = (struct surface){.spot_usd = spot_usd, .n_slice = n};
    surface->slice = arena_get(arena, n, sizeof *surface->slice);
    memcpy(copy, svi, n * sizeof *copy);
    for (uint32_t i = 0; i < n; i++)
        surface->slice[i] = (struct surface_slice){
            .years = years[i], .log_forward_ratio = log_forward_ratio[i], .svi = &copy[i]};
}

/* Linear in k between nodes, constant beyond: with T the same, constant total variance is
 * constant volatility. */
struct svi_value surface_slice_value(const struct surface_slice *s, double k)
{
    uint32_t low = 0, high = s->n_node - 1;

    if (s->svi != NULL)
        return svi_value(s->svi, k);
    if (k <= s->log_moneyness[0])
        return (struct svi_value){.w = s->total_variance[0]};
    if (k >= s->log_moneyness[high])
        return (struct svi_value){.w = s->total_variance[high]};
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (s->log_moneyness[middle] <= k)
            low = middle;
        else
            high = middle;
    }
    const double width = s->log_moneyness[high] - s->log_moneyness[low];
    const double rise = s->total_variance[high] - s->total_variance[low];
    const double share = (k - s->log_moneyness[low]) / width;
    return (struct svi_value){.w = s->total_variance[low] + share * rise,
                              .first = rise / width};
}

void surface_contract(const struct surface *surface, double strike_usd, double expiry_years,
                      struct arena *arena, struct surface_strike *strike)
{
    strike->log_moneyness = vm_log(strike_usd / surface->spot_usd) -
                            surface_log_forward_ratio(surface, expiry_years);
    strike->n_slice = surface->n_slice;
    strike->slice = surface->slice;
    strike->total_variance =
        arena_get(arena, surface->n_slice, sizeof *strike->total_variance);
    for (uint32_t i = 0; i < surface->n_slice; i++)
        strike->total_variance[i] =
            surface_slice_value(&surface->slice[i], strike->log_moneyness).w;
}

/* The first slice that expires after `years`, or n_slice: chains have a dozen expiries. */
static uint32_t slice_after(const struct surface_slice *slice, uint32_t n_slice,
                            double years)
{
    uint32_t i = 0;

    while (i < n_slice && slice[i].years <= years)
        i++;
    return i;
}

double surface_volatility_sqrt_t(const struct surface_strike *strike, double years)
{
    const struct surface_slice *slice = strike->slice;
    const double *w = strike->total_variance;
    const uint32_t after = slice_after(slice, strike->n_slice, years);

    if (!(years > 0.0))
        return 0.0;
    if (after == 0 || after == strike->n_slice) {
        const uint32_t edge = after == 0 ? 0 : after - 1;
        return sqrt(w[edge] * (years / slice[edge].years));
    }
    const double share =
        (years - slice[after - 1].years) / (slice[after].years - slice[after - 1].years);
    return sqrt(w[after - 1] + share * (w[after] - w[after - 1]));
}

struct surface_cut surface_cut(const struct surface *surface, double years)
{
    const struct surface_slice *slice = surface->slice;
    const uint32_t after = slice_after(slice, surface->n_slice, years);

    if (after == 0 || after == surface->n_slice) {
        const struct surface_slice *edge = &slice[after == 0 ? 0 : after - 1];
        return (struct surface_cut){.near = edge, .near_weight = years / edge->years};
    }
    const double share =
        (years - slice[after - 1].years) / (slice[after].years - slice[after - 1].years);
    return (struct surface_cut){&slice[after - 1], &slice[after], 1.0 - share, share};
}

double surface_log_forward_ratio(const struct surface *surface, double years)
{
    const struct surface_slice *slice = surface->slice;
    const uint32_t after = slice_after(slice, surface->n_slice, years);

    if (!(years > 0.0))
        return 0.0;
    if (after == 0 || after == surface->n_slice) {
        const struct surface_slice *edge = &slice[after == 0 ? 0 : after - 1];
        return edge->log_forward_ratio * (years / edge->years);
    }
    const struct surface_slice *low = &slice[after - 1], *high = &slice[after];
    const double share = (years - low->years) / (high->years - low->years);
    return low->log_forward_ratio +
           share * (high->log_forward_ratio - low->log_forward_ratio);
}
