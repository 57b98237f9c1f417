#include <criterion/criterion.h>

#include <string.h>

#include "sim/black.h"
#include "sim/vmath.h"
#include "tests/option_case.h"

/* Sums over strips against the options one by one, on random contracts that include absurd
 * ones: one minute to expiry, volatility 0.01 and 5, strikes from e^-5 to e^5 times the
 * spot price. */

enum { MOST = 150, STRIPS = 400 };

/* A strip with the arrays that it points to, and one path for each lane. */
struct strip_case {
    struct black_strip strip;
    struct black_path path;
    double sign[MOST], strike[MOST], log_strike[MOST], quantity[MOST], volatility[MOST];
    lane_row spot, log_spot, factor;
};

static void point(struct strip_case *c)
{
    c->strip.sign = c->sign;
    c->strip.strike_usd = c->strike;
    c->strip.log_strike = c->log_strike;
    c->strip.quantity = c->quantity;
    c->strip.volatility_sqrt_t = c->volatility;
    c->path = (struct black_path){c->spot, c->log_spot, c->factor};
}

/* Uses no libm: its bits are part of the tests of bits. */
static void random_strip(uint64_t *state, struct strip_case *c)
{
    const double minute = 1.0 / (365.0 * 1440.0);
    const double level = vm_exp(option_case_random(state, -3.0, 12.0));
    const double years =
        minute * vm_exp(option_case_random(state, 0.0, vm_log(5.0 / minute)));

    c->strip =
        (struct black_strip){.n = (uint32_t)option_case_random(state, 1.0, MOST),
                             .inverse = option_case_random(state, 0.0, 1.0) < 0.5,
                             .years = years,
                             .log_forward_ratio = option_case_random(state, -0.1, 0.1)};
    point(c);
    for (uint32_t i = 0; i < c->strip.n; i++) {
        const double width = option_case_random(state, 0.0, 1.0) < 0.5 ? 5.0 : 0.2;

        c->sign[i] = option_case_random(state, 0.0, 1.0) < 0.5 ? 1.0 : -1.0;
        c->strike[i] = level * vm_exp(option_case_random(state, -width, width));
        c->log_strike[i] = vm_log(c->strike[i]);
        c->quantity[i] = option_case_random(state, -7.0, 5.0);
        c->volatility[i] =
            0.01 * vm_exp(option_case_random(state, 0.0, vm_log(500.0))) * sqrt(years);
    }
}

static void random_paths(uint64_t *state, struct strip_case *c)
{
    for (int k = 0; k < LANES; k++) {
        c->spot[k] = c->strike[0] * vm_exp(option_case_random(state, -0.3, 0.3));
        c->log_spot[k] = vm_log(c->spot[k]);
        c->factor[k] = option_case_random(state, 0.5, 3.0);
    }
}

/* What the strip should give: sums of the options one by one, of their absolute values, and
 * of what each is at most, in the order of magnitude. */
struct expected {
    lane_row sum[N_BLACK_SUM], gross[N_BLACK_SUM], most[N_BLACK_SUM];
    lane_row value[MOST], delta[MOST];
};

static void add(struct expected *e, enum black_sum s, int k, double quantity, double x,
                double most)
{
    e->sum[s][k] += quantity * x;
    e->gross[s][k] += fabs(quantity * x);
    e->most[s][k] += fabs(quantity) * most;
}

static void add_option(const struct strip_case *c, uint32_t i, struct expected *e)
{
    const struct black_strip *s = &c->strip;
    const struct contract contract = {
        .call = c->sign[i] > 0.0, .inverse = s->inverse, .strike_usd = c->strike[i]};
    const struct claim_quote quote = {.spot_usd = c->spot,
                                      .log_spot = c->log_spot,
                                      .surface_factor = c->factor,
                                      .log_forward_ratio = s->log_forward_ratio,
                                      .volatility_sqrt_t = c->volatility[i],
                                      .years = s->years};
    lane_row gamma, vega, theta, vanna, volga, rho;
    struct claim_value out = {e->value[i], e->delta[i], gamma, vega,
                              theta,       vanna,       volga, rho};
    const double q = c->quantity[i], sqrt_t = sqrt(s->years);
    const double sigma0 = c->volatility[i] / sqrt_t;

    instrument_option.value(&contract, &quote, &out);
    for (int k = 0; k < LANES; k++) {
        const double spot = c->spot[k], sd = c->factor[k] * c->volatility[i];
        const double v = e->value[i][k];

        add(e, BLACK_VALUE, k, q, v, spot);
        add(e, BLACK_ABS, k, fabs(q), v, spot);
        add(e, BLACK_DELTA, k, q, e->delta[i][k], 1.0);
        add(e, BLACK_GAMMA, k, q, gamma[k], 1.0 / (spot * sd));
        add(e, BLACK_VEGA, k, q, vega[k], spot * sqrt_t);
        add(e, BLACK_THETA, k, q, theta[k], spot * sd / s->years);
        add(e, BLACK_VANNA, k, q, vanna[k], sqrt_t / sd);
        add(e, BLACK_VOLGA, k, q, volga[k], spot * s->years / sd);
        add(e, BLACK_RHO, k, q, rho[k], spot * s->years);
        add(e, BLACK_FACTOR, k, q, vega[k] * sigma0, spot * sd);
        add(e, BLACK_FACTOR_SPOT, k, q, vanna[k] * sigma0, 1.0);
        add(e, BLACK_FACTOR_FACTOR, k, q, volga[k] * sigma0 * sigma0, spot * sd);
    }
}

/* One option on the first lane in long double. */
static double exact_value(const struct strip_case *c, uint32_t i)
{
    const struct option_case o = {.call = c->sign[i] > 0.0,
                                  .inverse = c->strip.inverse,
                                  .spot = c->spot[0],
                                  .strike = c->strike[i],
                                  .log_forward_ratio = c->strip.log_forward_ratio,
                                  .volatility = c->factor[0] * c->volatility[i],
                                  .years = 1.0};

    return (double)option_case_exact(&o);
}

static const char *const names[N_BLACK_SUM] = {
    "value", "absolute value", "delta", "gamma",  "vega",        "theta",
    "vanna", "volga",          "rho",   "factor", "factor-spot", "factor-factor"};

/* Options of option.c and of the strip differ by rounding in d1, some 2^-53 d1^2 of a
 * density, and in Mills's ratio: 2e-14 while d1 counts, 3e-16 of the most otherwise. */
Test(property, black_strip_agrees_with_the_options_one_by_one)
{
    static struct strip_case c;
    static struct expected e;
    static lane_row value[MOST], delta[MOST];
    const struct black_rows rows = {value, delta};
    uint64_t state = 17;
    double worst[N_BLACK_SUM] = {0.0}, furthest = 0.0;

    for (int strip = 0; strip < STRIPS; strip++) {
        lane_row sum[N_BLACK_SUM] = {0};

        random_strip(&state, &c);
        random_paths(&state, &c);
        memset(&e, 0, sizeof e);
        for (uint32_t i = 0; i < c.strip.n; i++)
            add_option(&c, i, &e);
        black_strip_greeks(&c.strip, &c.path, sum, &rows);
        for (int s = 0; s < N_BLACK_SUM; s++)
            for (int k = 0; k < LANES; k++) {
                const double allowed = 2e-14 * e.gross[s][k] + 3e-16 * e.most[s][k];
                const double error = fabs(sum[s][k] - e.sum[s][k]) / allowed;
                worst[s] = error > worst[s] ? error : worst[s];
                cr_assert(error <= 1.0, "strip %d lane %d: %s %.17g, one by one %.17g",
                          strip, k, names[s], sum[s][k], e.sum[s][k]);
            }
        for (uint32_t i = 0; i < c.strip.n; i++)
            for (int k = 0; k < LANES; k++) {
                const double of_spot = 1e-15 * c.spot[k];
                cr_assert(fabs(value[i][k] - e.value[i][k]) <=
                              1e-13 * e.value[i][k] + of_spot,
                          "value %.17g, option %.17g", value[i][k], e.value[i][k]);
                cr_assert(fabs(delta[i][k] - e.delta[i][k]) <=
                              1e-13 * fabs(e.delta[i][k]) + 1e-15,
                          "delta %.17g, option %.17g", delta[i][k], e.delta[i][k]);
            }
        for (uint32_t i = 0; i < c.strip.n; i++) {
            const double exact = exact_value(&c, i), error = fabs(value[i][0] - exact);
            cr_assert(error <= fmax(1e-12 * exact, 1e-14 * c.spot[0]),
                      "value %.17g, exact %.17g", value[i][0], exact);
            furthest = fmax(furthest, error / fmax(c.spot[0], exact));
        }
    }
    cr_log_info("values are within %.2g of themselves or of spot", furthest);
    for (int s = 0; s < N_BLACK_SUM; s++)
        cr_log_info("%s: largest error %.3f of what is allowed", names[s], worst[s]);
}

/* Ordinary strips for differences: sd from 0.2 to 1.2 before stress. */
static void smooth_strip(uint64_t *state, bool inverse, struct strip_case *c)
{
    random_strip(state, c);
    c->strip.n = 40;
    c->strip.inverse = inverse;
    c->strip.years = 0.7;
    for (uint32_t i = 0; i < c->strip.n; i++) {
        c->sign[i] = i % 2 ? 1.0 : -1.0;
        c->strike[i] = 2385.0 * vm_exp(option_case_random(state, -0.5, 0.5));
        c->log_strike[i] = vm_log(c->strike[i]);
        c->quantity[i] = option_case_random(state, -3.0, 4.0);
        c->volatility[i] = option_case_random(state, 0.2, 1.2);
    }
    random_paths(state, c);
}

/* d/dx of the central differences of order 6 at step h, times h: weights of f(x + i h) -
 * f(x - i h). */
static const double WEIGHT[3] = {0.75, -0.15, 1.0 / 60.0};
static const double STEP = 3e-3; /* error STEP^6 x a 7th derivative / 140, 2^-53 / STEP */

/* Derivative of a sum: in the annual rate of the basis if `basis`, else in f. */
static double slope(const struct strip_case *c, enum black_sum s, bool basis, int lane)
{
    double difference = 0.0;

    for (int i = 0; i < 6; i++) {
        static struct strip_case moved;
        static lane_row sum[N_BLACK_SUM];
        const double by = (i % 2 ? -1.0 : 1.0) * (i / 2 + 1) * STEP;

        moved = *c;
        point(&moved);
        if (basis)
            moved.strip.log_forward_ratio += by * c->strip.years;
        else
            moved.factor[lane] += by;
        memset(sum, 0, sizeof sum);
        black_strip_greeks(&moved.strip, &moved.path, sum, NULL);
        difference += (i % 2 ? -1.0 : 1.0) * WEIGHT[i / 2] * sum[s][lane];
    }
    return difference / STEP;
}

Test(property, black_rho_and_factor_derivatives_agree_with_differences)
{
    static const struct {
        enum black_sum derivative, of;
        bool basis;
    } rows[] = {{BLACK_RHO, BLACK_VALUE, true},
                {BLACK_FACTOR, BLACK_VALUE, false},
                {BLACK_FACTOR_SPOT, BLACK_DELTA, false},
                {BLACK_FACTOR_FACTOR, BLACK_FACTOR, false}};
    static struct strip_case c;
    uint64_t state = 23;

    for (int strip = 0; strip < 20; strip++) {
        lane_row sum[N_BLACK_SUM] = {0};

        smooth_strip(&state, strip % 2, &c);
        black_strip_greeks(&c.strip, &c.path, sum, NULL);
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            for (int k = 0; k < LANES; k += 3) {
                const double expected = slope(&c, rows[r].of, rows[r].basis, k);
                const double got = sum[rows[r].derivative][k];
                const double scale = rows[r].of == BLACK_DELTA ? 1.0 : c.spot[k];

                /* 40 options of up to 4 coins: 160 x 1e-12 */
                cr_assert_float_eq(
                    got, expected, 160e-12 * scale,
                    "%s of a strip %s: %.12g, difference %.12g", names[rows[r].derivative],
                    c.strip.inverse ? "in coin" : "in dollars", got, expected);
            }
    }
}

Test(property, black_value_alone_has_the_same_bits)
{
    static struct strip_case c;
    uint64_t state = 29;

    for (int strip = 0; strip < STRIPS; strip++) {
        lane_row all[N_BLACK_SUM] = {0}, alone[N_BLACK_SUM] = {0};

        random_strip(&state, &c);
        random_paths(&state, &c);
        black_strip_greeks(&c.strip, &c.path, all, NULL);
        black_strip_value(&c.strip, &c.path, alone);
        cr_assert_eq(memcmp(all[BLACK_VALUE], alone[BLACK_VALUE], sizeof(lane_row)), 0);
        cr_assert_eq(memcmp(all[BLACK_ABS], alone[BLACK_ABS], sizeof(lane_row)), 0);
    }
}

/* The bits for 64 paths, in the order of the paths: the same for every compiler, width of
 * vectors and number of lanes. FNV-1a. */
Test(property, black_sums_have_the_recorded_bits)
{
    static struct strip_case c;
    static lane_row sum[64 / LANES][N_BLACK_SUM];
    uint64_t state = 31, hash = UINT64_C(0xcbf29ce484222325);

    for (int strip = 0; strip < 50; strip++) {
        memset(sum, 0, sizeof sum);
        random_strip(&state, &c);
        for (int block = 0; block < 64 / LANES; block++) {
            random_paths(&state, &c);
            black_strip_greeks(&c.strip, &c.path, sum[block], NULL);
        }
        for (int path = 0; path < 64; path++)
            for (int s = 0; s < N_BLACK_SUM; s++)
                hash = (hash ^ vm_bits(sum[path / LANES][s][path % LANES])) *
                       UINT64_C(0x100000001b3);
    }
    cr_assert_eq(hash, UINT64_C(0x869806c925c8dd88), "0x%016llx", (unsigned long long)hash);
}

Test(property, black_sums_are_finite_at_the_corners)
{
    static const double years[] = {0.0, 1e-9, 1.0 / 525600.0, 1.0, 30.0};
    static const double volatility[] = {0.0, 1e-6, 0.01, 5.0, 20.0};
    static const double log_moneyness[] = {-50.0, -5.0, 0.0, 5.0, 50.0};
    static struct strip_case c;

    point(&c);
    for (int i = 0; i < 5 * 5 * 5 * 4; i++) {
        lane_row sum[N_BLACK_SUM] = {0};

        c.strip.n = 1;
        c.strip.inverse = i & 2;
        c.strip.years = years[i / 100];
        c.sign[0] = i & 1 ? 1.0 : -1.0;
        c.strike[0] = 3021.7 * vm_exp(log_moneyness[i / 4 % 5]);
        c.log_strike[0] = vm_log(c.strike[0]);
        c.quantity[0] = -1.5;
        c.volatility[0] = volatility[i / 20 % 5] * sqrt(c.strip.years);
        for (int k = 0; k < LANES; k++) {
            c.spot[k] = 3021.7;
            c.log_spot[k] = vm_log(3021.7);
            c.factor[k] = k == 0 ? 0.0 : 1.0;
        }
        black_strip_greeks(&c.strip, &c.path, sum, NULL);
        for (int s = 0; s < N_BLACK_SUM; s++)
            for (int k = 0; k < 2; k++)
                cr_assert(isfinite(sum[s][k]), "%s %g, case %d", names[s], sum[s][k], i);
    }
}

Test(property, black_sums_of_numbers_that_are_none_are_none)
{
    static struct strip_case c;
    uint64_t state = 37;

    random_strip(&state, &c);
    random_paths(&state, &c);
    for (int what = 0; what < 3; what++) {
        struct strip_case bad = c;
        lane_row sum[N_BLACK_SUM] = {0};

        point(&bad);
        *(what == 0 ? &bad.log_spot[1] : what == 1 ? &bad.factor[1] : bad.volatility) = NAN;
        if (what == 0)
            bad.spot[1] = NAN;
        black_strip_greeks(&bad.strip, &bad.path, sum, NULL);
        for (int s = 0; s < N_BLACK_SUM; s++) {
            cr_assert(!isfinite(sum[s][1]), "%s, input %d", names[s], what);
            cr_assert(what == 2 || isfinite(sum[s][0]), "%s, input %d", names[s], what);
        }
    }
}

/* Before the first expiry, between expiries, at one, after the last, and at expiry. */
Test(property, black_volatility_has_the_bits_of_the_surface)
{
    enum { N_SLICE = 3, N_STRIKE = 37 };
    static const double expiry[N_SLICE] = {0.02, 0.11, 0.74};
    static const double log_ratio[N_SLICE] = {0.001, 0.004, 0.03};
    static const double years[] = {-0.01, 0.0,  1e-6, 0.013, 0.02,
                                   0.087, 0.11, 0.5,  0.74,  2.1};
    struct svi formula[N_SLICE];
    struct surface_strike strike[N_STRIKE];
    double variance[N_SLICE][N_STRIKE], got[N_STRIKE];
    struct surface surface;
    struct arena arena = {0};

    for (int i = 0; i < N_SLICE; i++)
        formula[i] = svi_ssvi(0.36 * expiry[i], -0.3, 1.7);
    surface_svi(N_SLICE, expiry, log_ratio, formula, 2385.0, &arena, &surface);
    for (int i = 0; i < N_STRIKE; i++) {
        surface_contract(&surface, 1000.0 + 77.7 * i, 0.5, &arena, &strike[i]);
        for (int slice = 0; slice < N_SLICE; slice++)
            variance[slice][i] = strike[i].total_variance[slice];
    }
    for (size_t t = 0; t < sizeof years / sizeof *years; t++) {
        black_volatility_sqrt_t(&surface, years[t], N_STRIKE, variance[0], got);
        for (int i = 0; i < N_STRIKE; i++) {
            const double expected = surface_volatility_sqrt_t(&strike[i], years[t]);
            cr_assert_eq(vm_bits(got[i]), vm_bits(expected), "%g years: %.17g, not %.17g",
                         years[t], got[i], expected);
        }
    }
    arena_free(&arena);
}
