/* Chains, oracles, and what venues have of them: feeds, mark rules, liquidators' capital.
 *
 * The feeds of the assets come first, one place per asset; then those that venues have of
 * their own. Equal settings share one feed. A feed that follows a rate follows the anchor's
 * feed at the same venue. */
#include "scenarios/compile.h"

#include <math.h>
#include <string.h>

#include "scenarios/place.h"
#include "scenarios/reader.h"

/* While feeds are collected. */
struct feeds {
    const struct scenario *scenario;
    struct arena *arena;
    struct plan *plan;
    struct plan_feed *feed; /* [n_asset * (1 + n_venue)] */
    struct error *err;
};

static const struct venue_asset *venue_asset(const struct scenario_venue *venue,
                                             const char *name)
{
    for (uint32_t i = 0; i < venue->n_asset; i++)
        if (strcmp(venue->asset[i].asset, name) == 0)
            return &venue->asset[i];
    return NULL;
}

/* Past prices that a feed may need: the longest delay, base and shocks together, and the
 * window of its average. A delay without bound keeps the whole path. */
static uint32_t history_steps(const struct plan *plan, const struct plan_feed *f)
{
    double delay_s = f->delay_s;

    for (uint32_t i = 0; i < plan->n_effect; i++) {
        const struct effect *e = &plan->effect[i];
        for (uint32_t t = 0; e->state == EFFECT_DELAY && t < e->n_target; t++)
            if (e->target[t] == f->asset)
                delay_s += e->size.kind == PLAN_NORMAL    ? plan->horizon_s
                           : e->size.kind == PLAN_UNIFORM ? fmax(e->size.a, e->size.b)
                                                          : e->size.a;
    }
    const double steps = ceil(fmin(delay_s + f->twap_s, plan->horizon_s) / plan->step_s);
    return (uint32_t)steps + 2;
}

/* The settings of an oracle; those that a rate does not look at are alike. */
static struct plan_feed settings(const struct oracle_section *o, uint32_t asset,
                                 uint32_t anchor_feed)
{
    struct plan_feed f = {.asset = asset,
                          .kind = o->rate ? FEED_RATE : FEED_MARKET,
                          .floor_usd = o->floor_usd,
                          .cap_usd = o->cap_usd > 0.0 ? o->cap_usd : INFINITY,
                          .anchor_feed = o->rate ? anchor_feed : PLAN_NONE};

    if (!o->rate) {
        f.heartbeat_s = o->heartbeat_s;
        f.deviation_frac = o->deviation_frac;
        f.delay_s = o->delay_s;
        f.twap_s = o->twap_s;
        f.n_source = (uint32_t)o->sources;
        f.source_noise_frac = o->source_noise_frac;
    }
    return f;
}

static bool same_settings(const struct plan_feed *a, const struct plan_feed *b)
{
    return a->asset == b->asset && a->kind == b->kind && a->floor_usd == b->floor_usd &&
           a->cap_usd == b->cap_usd && a->anchor_feed == b->anchor_feed &&
           a->heartbeat_s == b->heartbeat_s && a->deviation_frac == b->deviation_frac &&
           a->delay_s == b->delay_s && a->twap_s == b->twap_s &&
           a->n_source == b->n_source && a->source_noise_frac == b->source_noise_frac;
}

/* What does not depend on the settings alone: name, streams, rows. */
static void feed_finish(const struct feeds *c, const struct plan_feed *from,
                        const char *venue, struct plan_feed *to)
{
    const char *asset = c->plan->asset[from->asset].name;

    *to = *from;
    to->name = venue == NULL ? asset : arena_print(c->arena, "%s at %s", asset, venue);
    if (to->kind == FEED_MARKET)
        to->n_history = history_steps(c->plan, to);
    if (to->source_noise_frac == 0.0)
        return;
    const char **stream = arena_get(c->arena, to->n_source, sizeof *stream);
    for (uint32_t s = 0; s < to->n_source; s++)
        stream[s] =
            venue == NULL
                ? arena_print(c->arena, "%s/oracle/source-%u", asset, s + 1)
                : arena_print(c->arena, "%s/oracle/%s/source-%u", asset, venue, s + 1);
    to->stream = stream;
    to->first_stream = c->plan->n_stream;
    c->plan->n_stream += to->n_source;
}

/* The anchor's feed that a rate follows, among those of the assets or of a venue. */
static bool anchor_find(const struct feeds *c, const struct oracle_section *o,
                        uint32_t asset, const uint32_t *feed, uint32_t *anchor)
{
    const struct plan_asset *a = &c->plan->asset[asset];

    *anchor = PLAN_NONE;
    if (!o->rate)
        return true;
    if (!a->in_anchor || a->model->parity == NULL)
        return place_fail(&o->place, c->err,
                          "the oracle of %s follows a rate, but its price is not counted "
                          "in another asset: write price: {model: peg, anchor: ETH, ...}, "
                          "or leave rate out",
                          a->name);
    *anchor = feed[a->anchor];
    if (*anchor != PLAN_NONE)
        return true;
    return place_fail(&o->place, c->err,
                      "the oracle of %s follows that of %s, which has none: give %s an "
                      "oracle",
                      a->name, c->plan->asset[a->anchor].name,
                      c->plan->asset[a->anchor].name);
}

/* The assets' own feeds; own[asset] says where they are. */
static bool compile_own(const struct feeds *c, uint32_t *own)
{
    for (uint32_t asset = 0; asset < c->plan->n_asset; asset++) {
        const struct scenario_asset *from = &c->scenario->asset[asset];
        uint32_t anchor;
        c->feed[asset] = (struct plan_feed){.name = from->name, .asset = asset};
        own[asset] = PLAN_NONE;
        if (!from->has_oracle)
            continue;
        if (!anchor_find(c, &from->oracle, asset, own, &anchor))
            return false;
        const struct plan_feed f = settings(&from->oracle, asset, anchor);
        feed_finish(c, &f, NULL, &c->feed[asset]);
        own[asset] = asset;
    }
    return true;
}

/* The feeds that one venue looks at. */
static bool compile_venue_feeds(const struct feeds *c, const struct scenario_venue *venue,
                                uint32_t *at)
{
    for (uint32_t asset = 0; asset < c->plan->n_asset; asset++) {
        const struct scenario_asset *own = &c->scenario->asset[asset];
        const struct venue_asset *a = venue_asset(venue, own->name);
        const struct oracle_section *o = a != NULL && a->has_oracle ? &a->oracle
                                         : own->has_oracle          ? &own->oracle
                                                                    : NULL;
        uint32_t anchor, i = 0;
        at[asset] = PLAN_NONE;
        if (o == NULL)
            continue;
        if (!anchor_find(c, o, asset, at, &anchor))
            return false;
        const struct plan_feed f = settings(o, asset, anchor);
        while (i < c->plan->n_feed && !same_settings(&c->feed[i], &f))
            i++;
        if (i == c->plan->n_feed)
            feed_finish(c, &f, venue->name, &c->feed[c->plan->n_feed++]);
        at[asset] = i;
    }
    return true;
}

/* Which price a venue marks by, and that it has what the rule takes. */
static bool compile_mark(const struct feeds *c, const struct scenario_venue *from,
                         struct plan_venue *to)
{
    const bool rule = to->mark == MARK_MEDIAN || to->mark == MARK_PREMIUM_EMA;
    const bool oracle = to->mark == MARK_ORACLE || (rule && from->v.index == INDEX_ORACLE);

    to->index_oracle = rule && oracle;
    to->mark_half_life_s = from->v.mark_half_life_s;
    to->first_mark = PLAN_NONE;
    c->plan->uses_oracle = c->plan->uses_oracle || oracle;
    for (uint32_t asset = 0; oracle && asset < c->plan->n_asset; asset++)
        if (venue_asset(from, c->plan->asset[asset].name) != NULL &&
            to->feed[asset] == PLAN_NONE)
            return place_fail(&from->place, c->err,
                              "venue %s marks by the oracle, but %s has none: give the "
                              "asset an oracle, or mark: traded",
                              from->name, c->plan->asset[asset].name);
    if (!rule)
        return true;
    if (to->mark_half_life_s == 0.0)
        return place_fail(&from->place, c->err,
                          "venue %s marks by an average premium: say over what time, as in "
                          "mark_half_life: 5m",
                          from->name);
    to->first_mark = c->plan->n_mark++ * c->plan->n_asset;
    return true;
}

static bool compile_chain(const struct feeds *c, const struct scenario_venue *from,
                          struct plan_venue *to)
{
    const struct scenario *s = c->scenario;

    to->capital_usd =
        from->v.liquidator_capital_usd > 0.0 ? from->v.liquidator_capital_usd : INFINITY;
    to->capital_half_life_s = from->v.capital_half_life_s;
    to->chain = PLAN_NONE;
    if (from->v.chain == NULL)
        return true;
    const struct scenario_chain *chain =
        reader_chain(s, from->v.chain, &from->place, c->err);
    if (chain != NULL)
        to->chain = (uint32_t)(chain - s->chain);
    return chain != NULL;
}

static void compile_chains(const struct scenario *s, struct arena *arena, struct plan *plan)
{
    struct plan_chain *chain = arena_get(arena, s->n_chain, sizeof *chain);

    for (uint32_t i = 0; i < s->n_chain; i++)
        chain[i] =
            (struct plan_chain){.name = s->chain[i].name,
                                .gas_price_gwei = s->chain[i].c.gas_price_gwei,
                                .gas_per_liquidation = s->chain[i].c.gas_per_liquidation,
                                .native = compile_asset_index(s, s->chain[i].c.native),
                                .transactions_per_s = s->chain[i].c.liquidations_per_s,
                                .block_s = s->chain[i].c.block_s};
    plan->n_chain = s->n_chain;
    plan->chain = chain;
}

bool compile_feeds(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                   struct error *err)
{
    const uint32_t n_asset = plan->n_asset;
    const size_t most = (size_t)n_asset * (1 + plan->n_venue);
    uint32_t *at = arena_get(arena, most, sizeof *at), n_history = 0, n_integral = 0;
    struct plan_venue *venue = (struct plan_venue *)plan->venue;
    const struct feeds c = {scenario, arena, plan,
                            arena_get(arena, most, sizeof(struct plan_feed)), err};

    compile_chains(scenario, arena, plan);
    plan->feed = c.feed;
    plan->n_feed = n_asset;
    if (!compile_own(&c, at))
        return false;
    for (uint32_t v = 0; v < plan->n_venue; v++) {
        uint32_t *feed = at + (size_t)(v + 1) * n_asset;
        venue[v].feed = feed;
        if (!compile_venue_feeds(&c, &scenario->venue[v], feed) ||
            !compile_mark(&c, &scenario->venue[v], &venue[v]) ||
            !compile_chain(&c, &scenario->venue[v], &venue[v]))
            return false;
    }
    for (uint32_t i = 0; i < plan->n_feed; i++) {
        c.feed[i].first_history = n_history;
        c.feed[i].first_integral = n_integral;
        n_history += c.feed[i].n_history;
        n_integral += c.feed[i].twap_s > 0.0 ? c.feed[i].n_history : 0;
    }
    return true;
}
