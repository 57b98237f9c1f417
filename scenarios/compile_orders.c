#include "scenarios/compile_orders.h"

#include <math.h>
#include <string.h>

static const double LN2 = 0x1.62e42fefa39efp-1;

const struct venue_asset *compile_venue_asset(const struct scenario_venue *venue,
                                              const char *name)
{
    for (uint32_t i = 0; i < venue->n_asset; i++)
        if (strcmp(venue->asset[i].asset, name) == 0)
            return &venue->asset[i];
    return NULL;
}

static bool compile_order_book(const struct scenario *scenario, uint32_t venue,
                               uint32_t asset, struct arena *arena, struct plan_book *book,
                               struct error *err)
{
    const struct scenario_venue *from = &scenario->venue[venue];
    const struct venue_asset *a = compile_venue_asset(from, scenario->asset[asset].name);
    void *coef = arena_get(arena, 1, from->liquidity->coef_size);
    struct error why;

    *book = (struct plan_book){.venue = venue,
                               .asset = asset,
                               .model = from->liquidity,
                               .coef = coef,
                               .halvings_per_s = LN2 / from->v.arbitrage_half_life_s,
                               .volatility_power = a->depth_volatility_power};
    if (from->liquidity->prepare(a->liquidity_param, scenario->asset[asset].spot_usd, arena,
                                 coef, &why))
        return true;
    return fail(err, "%s:%d:%d: %s liquidity of %s: %s", a->place.file, a->place.line,
                a->place.column, a->asset, from->name, why.text);
}

/* Shares in the calm depth; where some books have no limit, theirs are equal. */
static void weigh(struct plan_book *book, uint32_t n, double spot_usd)
{
    bool endless = false;
    double total = 0.0;

    for (uint32_t i = 0; i < n; i++) {
        book[i].weight = book[i].model->depth_usd(book[i].coef, spot_usd);
        endless = endless || isinf(book[i].weight);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (endless)
            book[i].weight = isinf(book[i].weight) ? 1.0 : 0.0;
        total += book[i].weight;
    }
    for (uint32_t i = 0; i < n; i++)
        book[i].weight = n > 1 && total > 0.0 ? book[i].weight / total : 1.0 / n;
}

/* Shocks on liquidity act on the books of the venues named, or of all. */
static void compile_book_targets(const struct scenario *scenario, struct plan *plan,
                                 struct arena *arena)
{
    struct effect *effect = (struct effect *)plan->effect;

    for (uint32_t i = 0; i < plan->n_effect; i++) {
        const struct scenario_shock *shock = &scenario->shock[effect[i].shock];
        if (shock->state != SHOCK_LIQUIDITY)
            continue;
        uint32_t *list = arena_get(arena, plan->n_book, sizeof *list), n = 0;
        for (uint32_t b = 0; b < plan->n_book; b++) {
            const char *venue = plan->venue[plan->book[b].venue].name;
            bool hit = shock->n_target == 0;
            for (uint32_t t = 0; t < shock->n_target && !hit; t++)
                hit = strcmp(shock->target[t], venue) == 0;
            if (hit)
                list[n++] = b;
        }
        effect[i].n_target = n;
        effect[i].target = list;
    }
}

/* Venues with a book of an asset that others trade too have prices of their own. */
static void compile_own_marks(struct plan *plan, struct plan_venue *venue,
                              struct arena *arena)
{
    for (uint32_t i = 0; i < plan->n_venue; i++) {
        uint32_t *own = arena_get(arena, plan->n_asset, sizeof *own);
        bool differs = false;
        for (uint32_t asset = 0; asset < plan->n_asset; asset++)
            own[asset] = PLAN_NONE;
        for (uint32_t b = 0; b < plan->n_book; b++)
            if (plan->book[b].venue == i) {
                own[plan->book[b].asset] = b;
                differs = differs || plan_books(plan, plan->book[b].asset) > 1;
            }
        venue[i].book = own;
        venue[i].own_mark = differs ? plan->n_own_mark++ : PLAN_NONE;
    }
}

bool compile_orders(const struct scenario *scenario, struct arena *arena, struct plan *plan,
                    struct plan_venue *venue, struct error *err)
{
    struct plan_asset *assets = (struct plan_asset *)plan->asset;
    struct plan_book *book =
        arena_get(arena, (size_t)plan->n_asset * plan->n_venue, sizeof *book);
    uint32_t *first = arena_get(arena, plan->n_asset + 1, sizeof *first);

    plan->book = book;
    plan->first_book = first;
    for (uint32_t asset = 0; asset < plan->n_asset; asset++) {
        for (uint32_t i = 0; i < plan->n_venue; i++) {
            const struct scenario_venue *from = &scenario->venue[i];
            const struct venue_asset *a =
                compile_venue_asset(from, scenario->asset[asset].name);
            if (a == NULL || a->liquidity_param == NULL)
                continue;
            if (plan->n_book - first[asset] == PLAN_MAX_BOOK)
                return fail(err,
                            "%s:%d:%d: %s is traded at more than %d venues: merge the "
                            "smallest into one",
                            a->place.file, a->place.line, a->place.column, a->asset,
                            PLAN_MAX_BOOK);
            if (!compile_order_book(scenario, i, asset, arena, &book[plan->n_book], err))
                return false;
            assets[asset].depth_follows_volatility |=
                book[plan->n_book++].volatility_power != 0.0;
        }
        first[asset + 1] = plan->n_book;
        weigh(book + first[asset], plan_books(plan, asset), assets[asset].spot_usd);
    }
    compile_own_marks(plan, venue, arena);
    compile_book_targets(scenario, plan, arena);
    return true;
}
