/* Prints one hash per function, random stream, price model and instrument: the same lines on
 * every machine and for every compiler, vector width and number of lanes, since nothing in
 * a path may depend on them. scripts/check_aarch64 compares x86-64 with aarch64. It needs
 * no library but our own, so that it can be linked statically for another machine. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/arena.h"
#include "sim/denormals.h"
#include "sim/rng.h"
#include "sim/vmath.h"

enum { N = 1 << 15, N_PATH = 480, N_STEP = 40, MAX_PARAM = 4096 };

static double in[N], out[N]; /* not on the stack: the loops are to run over memory */

/* Finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* All NaNs are one: their sign and payload belong to the machine. */
static uint64_t hash_doubles(uint64_t h, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = mix(h ^ (isnan(x[i]) ? UINT64_C(0x7ff8000000000000) : vm_bits(x[i]))) +
            UINT64_C(0x9e3779b97f4a7c15);
    return h;
}

static void print_hash(const char *kind, const char *name, uint64_t h)
{
    printf("%s %s %016llx\n", kind, name, (unsigned long long)h);
}

/* ---- Functions -------------------------------------------------------------------------
 */

enum { EXP, EXPM1, LOG, PDF, MILLS, CDF, MINUS_LOG, QUANTILE, DRAW, N_FUNCTION };

static const struct {
    const char *name;
    double low, high;
    bool any; /* defined for every pattern of bits */
} functions[N_FUNCTION] = {
    [EXP] = {"exp", -750.0, 715.0, true},
    [EXPM1] = {"expm1", -2.0, 2.0, true},
    [LOG] = {"log", 0.0, 10.0, true},
    [PDF] = {"normal_pdf", -40.0, 40.0, true},
    [MILLS] = {"normal_mills", 0.0, 40.0, false},
    [CDF] = {"normal_cdf", -40.0, 10.0, true},
    [MINUS_LOG] = {"minus_log", 1e-300, 0.5, false},
    [QUANTILE] = {"normal_quantile", 1e-300, 1.0, false},
    [DRAW] = {"normal_draw", -0.4999999, 0.4999999, false},
};

/* out = function(in), each in a loop of its own so that the compiler makes vectors of it. */
static void apply(int function)
{
    const double *restrict x = in;
    double *restrict y = out;

    if (function == EXP)
        for (int i = 0; i < N; i++)
            y[i] = vm_exp(x[i]);
    if (function == EXPM1)
        for (int i = 0; i < N; i++)
            y[i] = vm_expm1(x[i]);
    if (function == LOG)
        for (int i = 0; i < N; i++)
            y[i] = vm_log(x[i]);
    if (function == PDF)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_pdf(x[i]);
    if (function == MILLS)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_mills(x[i]);
    if (function == CDF)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_cdf(x[i]);
    if (function == MINUS_LOG)
        for (int i = 0; i < N; i++)
            y[i] = vm_minus_log(x[i]);
    if (function == QUANTILE)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_quantile(x[i]);
    if (function == DRAW)
        for (int i = 0; i < N; i++)
            y[i] = vm_normal_draw(x[i], vm_minus_log(0.5 - fabs(x[i])));
}

static void print_functions(void)
{
    for (int f = 0; f < N_FUNCTION; f++) {
        uint64_t h = 0;
        for (int i = 0; i < N; i++) {
            const double u = ((double)(mix((uint64_t)i) >> 11) + 0.5) * 0x1p-53;
            in[i] = functions[f].low + (functions[f].high - functions[f].low) * u;
        }
        apply(f);
        h = hash_doubles(h, out, N);
        for (int i = 0; functions[f].any && i < N; i++)
            in[i] = vm_from_bits(mix(UINT64_C(0x2385) << 32 | (uint64_t)i));
        apply(f);
        print_hash("function", functions[f].name, hash_doubles(h, out, N));
    }
}

/* Half of the least normal number before, while and after denormals are flushed. */
static void print_denormals(void)
{
    volatile double half = 0.5;
    double seen[4];

    seen[0] = half * DBL_MIN;
    const uint64_t mode = denormals_flush();
    seen[1] = half * DBL_MIN;          /* the result */
    seen[2] = half * seen[0] * 0x1p60; /* the argument */
    denormals_restore(mode);
    seen[3] = half * DBL_MIN;
    if (seen[1] != 0.0 || seen[2] != 0.0 || seen[3] == 0.0)
        printf("denormals are not flushed: %a %a %a\n", seen[1], seen[2], seen[3]);
    print_hash("denormals", "flush", hash_doubles(0, seen, 4));
}

/* ---- Price models ----------------------------------------------------------------------
 */

/* One value of an example, "0.6" or the name of a choice, into its field. */
static bool set_value(const struct field *f, const char *text, void *param)
{
    char *at = (char *)param + f->offset, *end;

    if (f->type == FIELD_NUMBER || f->type == FIELD_DURATION) {
        *(double *)at = strtod(text, &end);
        return end != text;
    }
    for (int i = 0; f->type == FIELD_CHOICE && f->choices[i] != NULL; i++)
        if (strcmp(f->choices[i], text) == 0) {
            *(int *)at = i;
            return true;
        }
    return false;
}

/* The parameters of a model's example, "{model: gbm, volatility_annual: 0.8}"; false if it
 * has more than plain values, as the name of a file. */
static bool read_example(const struct about *about, void *param)
{
    char text[1024];

    snprintf(text, sizeof text, "%s", about->example + strlen("{model: "));
    if (strpbrk(text, "[{") != NULL)
        return false;
    field_presets(about->fields, param);
    (void)strtok(text, ",}"); /* the name */
    for (char *pair = strtok(NULL, ",}"); pair != NULL; pair = strtok(NULL, ",}")) {
        char *colon = strchr(pair, ':');
        const struct field *f = about->fields;
        if (colon == NULL)
            return false;
        *colon = '\0';
        pair += strspn(pair, " ");
        while (f->key != NULL && strcmp(f->key, pair) != 0)
            f++;
        if (f->key == NULL || !set_value(f, colon + 1 + strspn(colon + 1, " "), param))
            return false;
    }
    return true;
}

/* N_STEP hours of a block of paths; final prices and volatilities into the two columns. */
static void run_block(const struct price_model *m, const void *coef, uint64_t first,
                      double *spot_usd, double *volatility)
{
    static struct rng shock_rng, rng[PRICE_MAX_DRAWS];
    static lane_row shock, factor, spot, vol, jumps, before[1], draw[PRICE_MAX_DRAWS],
        state[PRICE_MAX_STATE];
    struct price_step s = {.shock = shock,
                           .vol_factor = factor,
                           .jumps_before = before,
                           .jumps = jumps,
                           .spot_usd = spot};

    rng_start(&shock_rng, 2385, first, "BTC");
    for (uint32_t i = 0; i < m->n_draw; i++) {
        s.draw[i] = draw[i];
        rng_start(&rng[i], 2385, first, m->draws[i].name);
    }
    memset(state, 0, sizeof state);
    memset(before, 0, sizeof before);
    memset(vol, 0, sizeof vol);
    for (int i = 0; i < PRICE_MAX_STATE; i++)
        s.state[i] = state[i];
    for (int k = 0; k < LANES; k++) {
        spot[k] = 100.0;
        factor[k] = 1.0 + 0.25 * (double)((first + (uint64_t)k) % 3);
    }
    if (m->start != NULL)
        m->start(coef, s.state);
    for (s.step = 1; s.step <= N_STEP; s.step++) {
        rng_normal(&shock_rng, shock);
        for (uint32_t i = 0; i < m->n_draw; i++)
            (m->draws[i].normal ? rng_normal : rng_uniform)(&rng[i], draw[i]);
        memset(jumps, 0, sizeof jumps);
        m->step(coef, &s);
        memcpy(before[0], jumps, sizeof jumps);
    }
    if (m->volatility != NULL)
        m->volatility(coef, (const double *const *)s.state, vol);
    for (int k = 0; k < LANES && first + (uint64_t)k < N_PATH; k++) {
        spot_usd[first + (uint64_t)k] = spot[k];
        volatility[first + (uint64_t)k] = vol[k];
    }
}

static int print_price_model(const struct price_model *m)
{
    static _Alignas(64) char param[MAX_PARAM];
    static double spot[N_PATH], volatility[N_PATH];
    static const char *const name[] = {"BTC"};
    static const double start[] = {100.0};
    const void *const all[] = {param};
    struct arena arena = {NULL};
    struct error err;

    if (m->about.example == NULL || m->about.param_size > sizeof param ||
        !read_example(&m->about, param) ||
        (m->anchor != NULL && m->anchor(param, &(bool){false}) != NULL))
        return 0;
    const struct price_setup setup = {.step_years = 1.0 / 8760.0,
                                      .n_step = N_STEP,
                                      .spot_usd = 100.0,
                                      .n_asset = 1,
                                      .asset_name = name,
                                      .asset_spot_usd = start,
                                      .model = &m,
                                      .param = all,
                                      .arena = &arena};
    void *coef = arena_get(&arena, 1, m->coef_size);
    if (!m->prepare(param, &setup, coef, &err)) {
        printf("price %s: %s\n", m->about.name, err.text);
        exit(1);
    }
    for (uint64_t first = 0; first < N_PATH; first += LANES)
        run_block(m, coef, first, spot, volatility);
    print_hash("price", m->about.name,
               hash_doubles(hash_doubles(0, spot, N_PATH), volatility, N_PATH));
    arena_free(&arena);
    return 1;
}

/* ---- Instruments -----------------------------------------------------------------------
 */

/* Values and Greeks of calls and puts, linear and inverse, deep in and out of the money,
 * from an hour to two years. */
static void print_instrument(const struct instrument *instrument)
{
    static const double years[] = {1.0 / 8760.0, 7.0 / 365.0, 0.25, 2.0};
    static lane_row spot, log_spot, factor, row[7];
    uint64_t h = 0;

    for (int i = 0; i < 4 * 4 * 9; i++) {
        const double t = years[i % 4];
        const struct contract c = {.instrument = instrument,
                                   .call = i / 4 % 2 == 0,
                                   .inverse = i / 8 % 2 == 0,
                                   .quantity = 1.0,
                                   .strike_usd = 100.0 * vm_exp(0.4 * (i / 16 - 4)),
                                   .expiry_s = t * 365.0 * 86400.0};
        const struct option_quote quote = {.spot_usd = spot,
                                           .log_spot = log_spot,
                                           .surface_factor = factor,
                                           .log_forward_ratio = 0.04 * t,
                                           .volatility_sqrt_t = 0.7 * sqrt(t),
                                           .years = t};
        struct option_value value = {row[0], row[1], row[2], row[3],
                                     row[4], row[5], row[6]};
        for (uint64_t first = 0; first < N_PATH; first += LANES) {
            for (int k = 0; k < LANES; k++) {
                const double z = (double)(first + (uint64_t)k) / N_PATH - 0.5;
                spot[k] = 100.0 * vm_exp(z);
                log_spot[k] = vm_log(spot[k]);
                factor[k] = 1.0 + z * z;
            }
            instrument->value(&c, &quote, &value);
            for (int k = 0; k < LANES && first + (uint64_t)k < N_PATH; k++)
                for (int greek = 0; greek < 7; greek++)
                    h = hash_doubles(h, &row[greek][k], 1);
        }
    }
    print_hash("instrument", instrument->about.name, h);
}

static void print_random(void)
{
    static double normal[N_PATH], uniform[N_PATH];
    static struct rng rng;
    static lane_row row;

    for (uint64_t first = 0; first < N_PATH; first += LANES) {
        rng_start(&rng, 7, first, "ETH");
        rng_advance(&rng, UINT64_C(1) << 33);
        rng_normal(&rng, row);
        for (int k = 0; k < LANES && first + (uint64_t)k < N_PATH; k++)
            normal[first + (uint64_t)k] = row[k];
        rng_uniform(&rng, row);
        for (int k = 0; k < LANES && first + (uint64_t)k < N_PATH; k++)
            uniform[first + (uint64_t)k] = row[k];
    }
    print_hash("random", "normal", hash_doubles(0, normal, N_PATH));
    print_hash("random", "uniform", hash_doubles(0, uniform, N_PATH));
}

int main(void)
{
    int n_model = 0, n_instrument = 0;

    print_functions();
    print_denormals();
    print_random();
    const uint64_t mode = denormals_flush(); /* as the threads of a run */
    for (const struct price_model *const *m = registry_price; *m != NULL; m++)
        n_model += print_price_model(*m);
    for (const struct instrument *const *i = registry_instrument; *i != NULL; i++)
        if ((*i)->value != NULL) {
            print_instrument(*i);
            n_instrument++;
        }
    denormals_restore(mode);
    printf("%d price models, %d instruments\n", n_model, n_instrument);
    return n_model >= 6 && n_instrument >= 1 ? 0 : 1;
}
