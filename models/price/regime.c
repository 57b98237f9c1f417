/* Markov switching: the parameters of a base model follow a chain that nobody sees
 * (Hamilton 1989, Econometrica 57, equations 2.1 and 2.2, with the whole of the base model
 * in place of the mean; in continuous time Buffington and Elliott 2002, section 2). The
 * chain has rates q_ij; a step of length h has the transition matrix
 *     P = exp(Q h),   q_ii = -sum_j q_ij
 * (models/price/chain.h), so that any step is right. Within one step the regime stands, at
 * what it is in the step's middle: the first step draws from start exp(Q h/2), every later
 * one from the row of P. Occupation at every step's middle is exact, and the mean of any
 * sum over time is off by O(h^2) only. One uniform per step; assets of one group draw the
 * same one and so are in the same regime always.
 *
 * Real-world measure, drift and stress as in the base model: where all regimes have one
 * drift_annual and the base model keeps E S(t) = S(0) exp(mu t), so does this one. The base
 * model's own state (variance, intensity) goes on through a switch; it starts as the first
 * regime's parameters say. */
#include <math.h>
#include <string.h>

#include "models/price/chain.h"
#include "sim/arena.h"
#include "sim/model.h"

extern const struct price_model price_regime;

struct regime_param {
    struct model_list regimes;
    struct number_list switches_per_year, start;
    const char *group;
};
struct regime_coef {
    int n;
    const struct price_model *base;
    const void *coef[CHAIN_MAX]; /* of the base model */
    double volatility_annual[CHAIN_MAX];
    int likeliest;                     /* at the start */
    double first[CHAIN_MAX];           /* [n] P(regime of step 1 <= j) */
    double next[CHAIN_MAX][CHAIN_MAX]; /* [n][n] P(next <= j | now i) */
};

static const struct field regime_fields[] = {
    /* clang-format off */
    {.key = "regimes", .unit = "1", .type = FIELD_MODELS, .required = true,
     .offset = offsetof(struct regime_param, regimes),
     .doc = "what the price does in each regime: price models of one kind, 1 to 8 of them"},
    {.key = "switches_per_year", .unit = "1/year", .type = FIELD_NUMBERS, .min = 0.0,
     .max = 1e6, .required = true,
     .offset = offsetof(struct regime_param, switches_per_year),
     .doc = "rates of the switches, row by row: from the first regime to each, from the "
            "second to each; those to itself (0) do not count"},
    {.key = "start", .unit = "1", .type = FIELD_NUMBERS, .min = 0.0, .max = 1.0,
     .offset = offsetof(struct regime_param, start),
     .doc = "probabilities of the regimes at the start; absent: as after a long time"},
    {.key = "group", .type = FIELD_TEXT, .offset = offsetof(struct regime_param, group),
     .doc = "assets that name one group are always in the same regime"},
    {.key = NULL},
    /* clang-format on */
};

static const struct price_draw regime_draws[] = {
    {.name = "regime", .normal = false, .shared = true},
};

static const char *regime_group(const void *param)
{
    return ((const struct regime_param *)param)->group;
}

static const struct model_list *regime_base(const void *param)
{
    return &((const struct regime_param *)param)->regimes;
}

static bool regime_check(const struct regime_param *p, struct error *err)
{
    const uint32_t n = p->regimes.n;
    double total = 0.0;

    if (n > CHAIN_MAX)
        return fail(err, "%u regimes; at most %d: join those that are alike", n, CHAIN_MAX);
    if (p->regimes.model->reads_jumps)
        return fail(err,
                    "regimes cannot be of the model %s, whose jumps excite those of other "
                    "assets: choose merton or kou",
                    p->regimes.model->about.name);
    if (p->switches_per_year.n != n * n)
        return fail(err,
                    "switches_per_year has %u numbers for %u regimes: write %u, the rates "
                    "from each regime to each, 0 from one to itself",
                    p->switches_per_year.n, n, n * n);
    if (p->start.n == 0 && !chain_irreducible(p->switches_per_year.value, (int)n))
        return fail(err, "switches_per_year lets some regime never be left for another, so "
                         "there is no distribution after a long time: write start, the "
                         "probabilities at the start");
    if (p->start.n != 0 && p->start.n != n)
        return fail(err, "start has %u probabilities for %u regimes: write %u", p->start.n,
                    n, n);
    for (uint32_t i = 0; i < p->start.n; i++)
        total += p->start.value[i];
    if (p->start.n != 0 && fabs(total - 1.0) > 1e-6)
        return fail(err, "the probabilities of start add up to %.8g: make it 1", total);
    return true;
}

static bool same_numbers(const struct number_list *a, const struct number_list *b)
{
    bool same = a->n == b->n;

    for (uint32_t i = 0; same && i < a->n; i++)
        same = a->value[i] == b->value[i];
    return same;
}

/* Assets of one group have one chain. */
static bool regime_check_group(const struct regime_param *p,
                               const struct price_setup *setup, struct error *err)
{
    for (uint32_t i = 0; p->group != NULL && i < setup->asset; i++) {
        const struct regime_param *q = setup->param[i];
        if (setup->model[i] != &price_regime || q->group == NULL ||
            strcmp(q->group, p->group) != 0)
            continue;
        if (!same_numbers(&p->switches_per_year, &q->switches_per_year) ||
            !same_numbers(&p->start, &q->start))
            return fail(err,
                        "group %s has one chain of regimes, but switches_per_year or "
                        "start differ from those of %s: make them equal",
                        p->group, setup->asset_name[i]);
    }
    return true;
}

/* volatility_annual of the parameters of a model whose volatility stands. */
static double volatility_of(const struct price_model *model, const void *param)
{
    for (const struct field *f = model->about.fields; f->key != NULL; f++)
        if (strcmp(f->key, "volatility_annual") == 0)
            return *(const double *)(const void *)((const char *)param + f->offset);
    return 0.0;
}

static void cumulate(const double *share, int n, double *level)
{
    double sum = 0.0;

    for (int j = 0; j < n; j++) {
        sum += share[j];
        level[j] = j == n - 1 ? 1.0 : sum;
    }
}

static void regime_chain(const struct regime_param *p, double step_years,
                         struct regime_coef *c)
{
    const double *rate = p->switches_per_year.value;
    const struct chain half = chain_transition(rate, c->n, 0.5 * step_years);
    const struct chain whole = chain_transition(rate, c->n, step_years);
    double start[CHAIN_MAX], middle[CHAIN_MAX] = {0.0};

    if (p->start.n == 0)
        chain_stationary(rate, c->n, start);
    else
        memcpy(start, p->start.value, (size_t)c->n * sizeof *start);
    c->likeliest = 0;
    for (int i = 0; i < c->n; i++) {
        c->likeliest = start[i] > start[c->likeliest] ? i : c->likeliest;
        for (int j = 0; j < c->n; j++)
            middle[j] += start[i] * half.at[i][j];
        cumulate(whole.at[i], c->n, c->next[i]);
    }
    cumulate(middle, c->n, c->first);
}

static bool regime_prepare(const void *param, const struct price_setup *setup, void *coef,
                           struct error *err)
{
    const struct regime_param *p = param;
    struct regime_coef *c = coef;
    const struct price_model *base = p->regimes.model;
    struct error why;

    if (!regime_check(p, err) || !regime_check_group(p, setup, err))
        return false;
    c->n = (int)p->regimes.n;
    c->base = base;
    for (int i = 0; i < c->n; i++) {
        void *one = arena_get(setup->arena, 1, base->coef_size);
        if (!base->prepare(p->regimes.param[i], setup, one, &why))
            return fail(err, "regimes[%d]: %s", i, why.text);
        c->coef[i] = one;
        c->volatility_annual[i] = volatility_of(base, p->regimes.param[i]);
    }
    regime_chain(p, setup->step_years, c);
    return true;
}

static void regime_start(const void *coef, double *const *state)
{
    const struct regime_coef *c = coef;

    for (int k = 0; k < LANES; k++)
        state[0][k] = c->likeliest;
    if (c->base->start != NULL)
        c->base->start(c->coef[c->likeliest], state + 1);
}

/* The regime of every path in this step. */
static void regime_switch(const struct regime_coef *c, uint32_t step,
                          const double *restrict uniform, double *restrict regime)
{
    lane_row to = {0.0}, level;

    for (int j = 0; j + 1 < c->n; j++) {
        for (int k = 0; k < LANES; k++)
            level[k] = step == 1 ? c->first[j] : c->next[0][j];
        for (int i = 1; step > 1 && i < c->n; i++) {
            const double here = i, level_here = c->next[i][j];
            for (int k = 0; k < LANES; k++)
                level[k] = regime[k] == here ? level_here : level[k];
        }
        for (int k = 0; k < LANES; k++)
            to[k] += uniform[k] > level[k] ? 1.0 : 0.0;
    }
    memcpy(regime, to, sizeof to);
}

/* Rows of the base model. */
struct attempt {
    lane_row state[PRICE_MAX_STATE], jumps, spot_usd;
};

static void take(const double *restrict regime, double here, const double *restrict from,
                 double *restrict to)
{
    for (int k = 0; k < LANES; k++)
        to[k] = regime[k] == here ? from[k] : to[k];
}

/* The base model's step in regime `here`, on copies of what all paths had `before`; those
 * that are in the regime take the result. */
static void regime_try(const struct regime_coef *c, int here, struct price_step *s,
                       const struct attempt *before)
{
    const uint32_t n_state = c->base->n_state;
    struct price_step base = *s;
    struct attempt a;

    for (uint32_t i = 0; i < c->base->n_draw; i++)
        base.draw[i] = s->draw[i + 1];
    for (uint32_t i = 0; i < n_state; i++) {
        memcpy(a.state[i], before->state[i], sizeof(lane_row));
        base.state[i] = a.state[i];
    }
    memcpy(a.spot_usd, before->spot_usd, sizeof(lane_row));
    base.spot_usd = a.spot_usd;
    if (s->jumps != NULL) {
        memset(a.jumps, 0, sizeof(lane_row));
        base.jumps = a.jumps;
    }
    if (s->step == 1 && c->base->start != NULL)
        c->base->start(c->coef[here], base.state);
    c->base->step(c->coef[here], &base);
    for (uint32_t i = 0; i < n_state; i++)
        take(s->state[0], here, a.state[i], s->state[i + 1]);
    take(s->state[0], here, a.spot_usd, s->spot_usd);
    if (s->jumps != NULL)
        take(s->state[0], here, a.jumps, s->jumps);
}

static void regime_step(const void *coef, struct price_step *s)
{
    const struct regime_coef *c = coef;
    const double *restrict regime = s->state[0];
    struct attempt before;

    regime_switch(c, s->step, s->draw[0], s->state[0]);
    for (uint32_t i = 0; i < c->base->n_state; i++)
        memcpy(before.state[i], s->state[i + 1], sizeof(lane_row));
    memcpy(before.spot_usd, s->spot_usd, sizeof(lane_row));
    for (int here = 0; here < c->n; here++) {
        int n_here = 0;
        for (int k = 0; k < LANES; k++)
            n_here += regime[k] == here;
        if (n_here > 0)
            regime_try(c, here, s, &before);
    }
}

static void regime_volatility(const void *coef, const double *const *state,
                              double *volatility_annual)
{
    const struct regime_coef *c = coef;
    lane_row here;

    for (int i = 0; i < c->n; i++) {
        for (int k = 0; k < LANES; k++)
            here[k] = c->volatility_annual[i];
        if (c->base->volatility != NULL)
            c->base->volatility(c->coef[i], state + 1, here);
        take(state[0], i, here, volatility_annual);
    }
}

const struct price_model price_regime = {
    .about =
        {.name = "regime",
         .doc = "Markov switching: the parameters of another price model follow a hidden "
                "chain of regimes with given rates, common to the assets of a group. "
                "Real-world drift, jumps and stress are those of the model in the regimes. "
                "Hamilton (1989).",
         .example = "{model: regime, regimes: [{model: gbm, volatility_annual: 0.45}, "
                    "{model: gbm, volatility_annual: 1.3}], switches_per_year: [0, 4, 12, "
                    "0]}",
         .fields = regime_fields,
         .param_size = sizeof(struct regime_param)},
    .draws = regime_draws,
    .n_draw = 1,
    .n_state = 1,
    .coef_size = sizeof(struct regime_coef),
    .group = regime_group,
    .base = regime_base,
    .prepare = regime_prepare,
    .start = regime_start,
    .step = regime_step,
    .volatility = regime_volatility,
};
