#include "sim/svi.h"

#include <math.h>
#include <stddef.h>

#include "sim/vmath.h"

/* Searched on a grid that is fine where a slice bends, k = m + sigma sinh(u), then by
 * golden section around the lowest point. */
enum { GRID = 600, REFINE = 60 };
static const double REACH = 10.0; /* |k - m|: prices 22,000 times higher or lower */
static const double GOLDEN = 0.61803398874989485;
static const double NOTHING = -1e-10; /* rounding of g and of shares, as written in files */
static const double LEE_SLOPE = 2.0;  /* of w in |k|, far out */

struct svi svi_ssvi(double theta, double rho, double phi)
{
    const double rest = 1.0 - rho * rho;

    return (struct svi){.a = 0.5 * theta * rest,
                        .b = 0.5 * theta * phi,
                        .rho = rho,
                        .m = -rho / phi,
                        .sigma = sqrt(rest) / phi};
}

double svi_phi(double theta, double eta, double gamma)
{
    return eta * vm_exp(-gamma * vm_log(theta) - (1.0 - gamma) * vm_log(1.0 + theta));
}

double svi_phi_max(double theta, double rho)
{
    const double part = theta * (1.0 + fabs(rho));
    const double slope = 4.0 / part, curve = sqrt(4.0 / part);

    return slope < curve ? slope : curve;
}

const char *svi_wrong(const struct svi *s)
{
    const double least = s->a + s->b * s->sigma * sqrt(1.0 - s->rho * s->rho);

    if (!isfinite(s->a) || !isfinite(s->m))
        return "a and m must be numbers";
    if (!(s->b >= 0.0) || isinf(s->b))
        return "b must be at least 0";
    if (!(fabs(s->rho) < 1.0))
        return "rho must be between -1 and 1";
    if (!(s->sigma > 0.0) || isinf(s->sigma))
        return "sigma must be above 0";
    if (!(least > 0.0))
        return "the least total variance, a + b sigma sqrt(1 - rho^2), must be above 0";
    return NULL;
}

double svi_variance(const struct svi *s, double k)
{
    const double x = k - s->m;

    return s->a + s->b * (s->rho * x + sqrt(x * x + s->sigma * s->sigma));
}

struct svi_value svi_value(const struct svi *s, double k)
{
    const double x = k - s->m, square = x * x + s->sigma * s->sigma, root = sqrt(square);

    return (struct svi_value){.w = s->a + s->b * (s->rho * x + root),
                              .first = s->b * (s->rho + x / root),
                              .second = s->b * s->sigma * s->sigma / (square * root)};
}

double svi_durrleman(double k, struct svi_value v)
{
    const double tilt = 1.0 - 0.5 * k * v.first / v.w;

    return tilt * tilt - 0.25 * v.first * v.first * (1.0 / v.w + 0.25) + 0.5 * v.second;
}

/* What is searched for its lowest value; `far` is the second slice, if there is one. */
static double depth_at(const struct svi *s, const struct svi *far, double k)
{
    return far == NULL ? svi_durrleman(k, svi_value(s, k))
                       : svi_variance(far, k) / svi_variance(s, k) - 1.0;
}

static double grid_point(const struct svi *s, double u)
{
    const double e = vm_exp(u);

    return s->m + s->sigma * 0.5 * (e - 1.0 / e);
}

/* Lowest value over the grid that belongs to `shape`. */
static struct svi_place lowest(const struct svi *shape, const struct svi *s,
                               const struct svi *far)
{
    const double far_out = REACH / shape->sigma;
    const double reach = vm_log(far_out + sqrt(far_out * far_out + 1.0)); /* asinh */
    const double step = 2.0 * reach / GRID;
    struct svi_place place = {.size = INFINITY};
    double at = 0.0;

    for (int i = 0; i <= GRID; i++) {
        const double u = -reach + step * i, k = grid_point(shape, u);
        const double depth = depth_at(s, far, k);
        if (depth < place.size) {
            place = (struct svi_place){k, depth};
            at = u;
        }
    }
    double low = at - step, high = at + step;
    for (int i = 0; i < REFINE; i++) {
        const double left = high - GOLDEN * (high - low),
                     right = low + GOLDEN * (high - low);
        const double k_left = grid_point(shape, left), k_right = grid_point(shape, right);
        const double at_left = depth_at(s, far, k_left),
                     at_right = depth_at(s, far, k_right);
        if (at_left < place.size)
            place = (struct svi_place){k_left, at_left};
        if (at_right < place.size)
            place = (struct svi_place){k_right, at_right};
        if (at_left < at_right)
            high = right;
        else
            low = left;
    }
    return place;
}

bool svi_butterfly_free(const struct svi *s, struct svi_place *worst)
{
    const double steeper = s->b * (1.0 + fabs(s->rho));

    *worst = lowest(s, s, NULL);
    if (worst->size < NOTHING)
        return false;
    if (steeper <= LEE_SLOPE)
        return true;
    *worst = (struct svi_place){s->rho < 0.0 ? -INFINITY : INFINITY, steeper - LEE_SLOPE};
    return false;
}

bool svi_calendar_free(const struct svi *near, const struct svi *far,
                       struct svi_place *worst)
{
    const struct svi_place here = lowest(near, near, far), there = lowest(far, near, far);

    *worst = here.size < there.size ? here : there;
    if (worst->size < NOTHING) {
        worst->size = -worst->size;
        return false;
    }
    for (int side = -1; side <= 1; side += 2) {
        const double slope = near->b * (1.0 + side * near->rho);
        const double missing = 1.0 - far->b * (1.0 + side * far->rho) / slope;
        if (!(slope > 0.0 && missing > -NOTHING))
            continue;
        *worst = (struct svi_place){side * INFINITY, missing};
        return false;
    }
    return true;
}
