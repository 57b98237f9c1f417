#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/arena.h"
#include "sim/denormals.h"
#include "sim/rng.h"
#include "sim/surface_view.h"
#include "sim/vmath.h"
#include "tests/bits/bits.h"

enum { N_STEP = 40, MAX_PARAM = 4096 };

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
                           .jumps_before = (const lane_row *)before,
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
    bits_show("price", m->about.name,
              bits_hash(bits_hash(0, spot, N_PATH), volatility, N_PATH));
    arena_free(&arena);
    return 1;
}

/* ---- Instruments -----------------------------------------------------------------------
 */

enum { N_GREEK = 8, N_FLOW = 5, N_CONTRACT = 144 };

static struct surface surface; /* of every contract */

/* A contract of the instrument: the i-th of calls and puts, linear and inverse, deep in and
 * out of the money, from an hour to two years. Columns of its own get their preset, or
 * something within their range, each more than the one before. */
static struct contract *make_contract(const struct instrument *instrument, int i,
                                      void *param)
{
    static const double years[] = {1.0 / 8760.0, 7.0 / 365.0, 0.25, 2.0};
    struct contract *c = param;
    double growth = 1.0;

    field_presets(instrument->about.fields, param);
    for (const struct field *f = instrument->about.fields; f->key != NULL; f++) {
        const double usual = f->type == FIELD_DURATION ? 7.0 * 86400.0 : 90.0;
        if ((f->type == FIELD_NUMBER || f->type == FIELD_DURATION) &&
            (f->required || isnan(f->preset))) {
            const double value = vm_max(f->min, vm_min(f->max, usual * growth));
            memcpy((char *)param + f->offset, &value, sizeof value);
            growth *= 1.2;
        }
    }
    c->instrument = instrument;
    c->call = i / 4 % 2;
    c->inverse = i / 8 % 2;
    c->quantity = 1.0;
    c->strike_usd = 100.0 * vm_exp(0.4 * (i / 16 - 4));
    c->expiry_s = years[i % 4] * 365.0 * 86400.0;
    return c;
}

/* A block of paths of one contract: its rows at the start and after a step of 8 days. */
struct claim_block {
    lane_row spot, later, log_spot, factor, none, zero;
    lane_row value[N_GREEK], flow[N_FLOW], state[CLAIM_MAX_STATE];
    double *states[CLAIM_MAX_STATE];
    struct surface_view surface;
};

static void open_block(struct claim_block *b, uint64_t first)
{
    memset(b, 0, sizeof *b);
    for (int i = 0; i < CLAIM_MAX_STATE; i++)
        b->states[i] = b->state[i];
    for (int k = 0; k < LANES; k++) {
        const double z = (double)(first + (uint64_t)k) / N_PATH - 0.5;
        b->spot[k] = 100.0 * vm_exp(z);
        b->later[k] = b->spot[k] * vm_exp(0.5 * z * z - 0.2);
        b->log_spot[k] = vm_log(b->spot[k]);
        b->factor[k] = 1.0 + z * z;
    }
    b->surface = (struct surface_view){.surface = &surface,
                                       .sticky_delta = true,
                                       .factor = b->factor,
                                       .term = b->none,
                                       .skew = b->none};
}

/* Value and Greeks of one contract. */
static void value_block(const struct contract *c, struct claim_block *b)
{
    const double years = c->expiry_s / (365.0 * 86400.0);
    const struct claim_quote quote = {.spot_usd = b->spot,
                                      .log_spot = b->log_spot,
                                      .surface_factor = b->factor,
                                      .log_forward_ratio = 0.04 * years,
                                      .volatility_sqrt_t = 0.7 * sqrt(years),
                                      .years = years,
                                      .surface = &b->surface,
                                      .state = (const double *const *)b->states};
    struct claim_value value = {b->value[0], b->value[1], b->value[2], b->value[3],
                                b->value[4], b->value[5], b->value[6], b->value[7]};

    c->instrument->value(c, &quote, &value);
}

/* The start of one contract, or a step after it. */
static void move_block(const struct contract *c, bool start, struct claim_block *b)
{
    const double *spot = start ? b->spot : b->later;
    const struct claim_step step = {.step = !start,
                                    .time_s = start ? 0.0 : 8.0 * 86400.0,
                                    .step_s = 8.0 * 86400.0,
                                    .spot_before_usd = b->spot,
                                    .spot_usd = spot,
                                    .high_usd = spot,
                                    .low_usd = spot,
                                    .mark_usd = spot,
                                    .debt_spot_usd = b->spot,
                                    .debt_mark_usd = b->spot,
                                    .surface_factor = b->surface.factor,
                                    .surface = &b->surface,
                                    .state = b->states,
                                    .cash_usd = b->flow[0],
                                    .coins = b->flow[1],
                                    .debt_coins = b->flow[2],
                                    .fee_usd = b->flow[3],
                                    .carry_usd = b->flow[4]};

    memset(b->flow, 0, sizeof b->flow);
    (start ? c->instrument->start : c->instrument->step)(c, &step);
}

static uint64_t hash_rows(uint64_t h, uint64_t first, const lane_row *row, int n_row)
{
    for (int k = 0; k < LANES && first + (uint64_t)k < N_PATH; k++)
        for (int i = 0; i < n_row; i++)
            h = bits_hash(h, &row[i][k], 1);
    return h;
}

static void print_instrument(const struct instrument *instrument)
{
    static _Alignas(64) char param[MAX_PARAM];
    static struct claim_block b;
    /* one each, so that the order in all of them is by path whatever the block */
    uint64_t values = 0, flows = 0, states = 0;

    for (int i = 0; i < N_CONTRACT; i++) {
        const struct contract *c = make_contract(instrument, i, param);
        for (uint64_t first = 0; first < N_PATH; first += LANES) {
            open_block(&b, first);
            if (instrument->start != NULL)
                move_block(c, true, &b);
            if (instrument->value != NULL)
                value_block(c, &b);
            values = hash_rows(values, first, (const lane_row *)b.value, N_GREEK);
            if (instrument->step == NULL)
                continue;
            move_block(c, false, &b);
            flows = hash_rows(flows, first, (const lane_row *)b.flow, N_FLOW);
            states = hash_rows(states, first, (const lane_row *)b.state,
                               (int)instrument->n_state);
        }
    }
    bits_show("instrument", instrument->about.name, 31 * (31 * values + flows) + states);
}

/* A smile of two expiries with a basis. */
static void make_surface(struct arena *arena)
{
    static const double years[] = {14.0 / 365.0, 90.0 / 365.0}, ratio[] = {0.001, 0.012};
    static const struct svi svi[] = {
        {.a = 0.002, .b = 0.03, .rho = -0.4, .m = 0.02, .sigma = 0.15},
        {.a = 0.03, .b = 0.12, .rho = -0.3, .m = 0.05, .sigma = 0.3}};

    surface_svi(2, years, ratio, svi, 100.0, arena, &surface);
}

int bits_models(void)
{
    struct arena arena = {NULL};
    int n_model = 0, n_instrument = 0;

    const uint64_t mode = denormals_flush(); /* as the threads of a run */
    for (const struct price_model *const *m = registry_price; *m != NULL; m++)
        n_model += print_price_model(*m);
    make_surface(&arena);
    for (const struct instrument *const *i = registry_instrument; *i != NULL; i++)
        if ((*i)->linear == NULL && (*i)->about.param_size <= MAX_PARAM) {
            print_instrument(*i);
            n_instrument++;
        }
    denormals_restore(mode);
    arena_free(&arena);
    printf("%d price models, %d instruments\n", n_model, n_instrument);
    return n_model >= 6 && n_instrument >= 1 ? 0 : 1;
}
