#include "scenarios/compile.h"

#include <math.h>
#include <string.h>

#include "sim/book.h"
#include "sim/market.h"

/* Fewer parameter sets leave the standard deviation over them unsure by a fifth or more. */
enum { FEW_SETS = 20 };

/* Where sentences are collected. */
struct list {
    const char **text;
    uint32_t n, max;
};

static void add(struct list *list, const char *sentence)
{
    if (list->n < list->max)
        list->text[list->n++] = sentence;
}

/* Names of the assets from `first` on whose oracle has the delay of that one. */
static const char *same_delay(const struct plan *plan, uint32_t first, struct arena *arena)
{
    const char *names = plan->asset[first].name;

    for (uint32_t i = first + 1; i < plan->n_asset; i++)
        if (plan->asset[i].has_oracle &&
            plan->asset[i].delay_s == plan->asset[first].delay_s)
            names = arena_print(arena, "%s, %s", names, plan->asset[i].name);
    return names;
}

static void warn_oracles(const struct scenario *scenario, const struct plan *plan,
                         struct arena *arena, struct list *list)
{
    for (uint32_t i = 0; plan->uses_oracle && i < plan->n_asset; i++) {
        const struct plan_asset *a = &plan->asset[i];
        bool told = !a->has_oracle || a->delay_s == 0.0 || a->delay_s >= 0.5 * plan->step_s;
        for (uint32_t j = 0; j < i && !told; j++)
            told = plan->asset[j].has_oracle && plan->asset[j].delay_s == a->delay_s;
        if (!told)
            add(list,
                arena_print(arena,
                            "%s:%d:%d: the oracle of %s is %g s late, less than half a "
                            "step (%g s): what it sees is a price between two steps; use "
                            "a shorter run.step if that matters",
                            scenario->asset[i].place.file, scenario->asset[i].place.line,
                            scenario->asset[i].place.column, same_delay(plan, i, arena),
                            a->delay_s, plan->step_s));
    }
}

/* Own accounts that are under water before anything has happened. */
static void warn_accounts(const struct scenario *scenario, const struct plan *plan,
                          struct arena *arena, struct list *list)
{
    struct worker w;

    worker_create(&w, plan);
    market_start(plan, &w);
    book_start(plan, &w);
    for (uint32_t i = 0; i < plan->n_account; i++) {
        const double equity = worker_row(&w, ROW_EQUITY, i)[0];
        const double need = worker_row(&w, ROW_REQUIREMENT, i)[0];
        if (plan->account[i].venue != PLAN_NONE && equity < need)
            add(list,
                arena_print(arena,
                            "%s: account %s starts with %.6g USD of equity and needs %.6g: "
                            "it is liquidated in the first step; give it cash or coins",
                            scenario->position[0].place.file, plan->account[i].name, equity,
                            need));
    }
    worker_free(&w);
}

static void warn_positions(const struct scenario *scenario, const struct plan *plan,
                           struct arena *arena, struct list *list)
{
    for (uint32_t i = 0; i < scenario->n_position; i++) {
        const struct scenario_position *p = &scenario->position[i];
        const struct contract *c = plan->position[i].contract;
        struct error note;
        if (p->instrument->warn_start != NULL &&
            !p->instrument->warn_start(c, plan->asset[c->asset].spot_usd,
                                       arena_print(arena, "%s:%d:%d", p->place.file,
                                                   p->place.line, p->place.column),
                                       &note))
            add(list, arena_print(arena, "%s", note.text));
    }
}

/* Longs and shorts that the residual account must balance. */
static void warn_residual(const struct scenario_population *from, const struct plan *plan,
                          const struct population *p, struct arena *arena,
                          struct list *list)
{
    for (uint32_t i = 0; i < plan->n_asset; i++) {
        double gross = 0.0;
        for (uint32_t h = 0; h < from->n_holding; h++)
            if (!from->holding[h].held &&
                strcmp(from->holding[h].asset, plan->asset[i].name) == 0)
                gross += from->holding[h].weight * fabs(from->holding[h].quantity);
        if (fabs(p->rest_coins[i]) > 0.05 * gross)
            add(list,
                arena_print(arena,
                            "%s: longs and shorts of %s differ by %.1f %% of the open "
                            "interest: the account rest_of_venue holds the difference",
                            from->file, plan->asset[i].name,
                            100.0 * fabs(p->rest_coins[i]) / gross));
    }
}

static void warn_population(const struct scenario *scenario,
                            const struct scenario_population *from, const struct plan *plan,
                            struct arena *arena, struct list *list)
{
    const struct population *p =
        plan->venue[compile_venue_index(scenario, from->venue)].population;

    if (from->n_holding > 0 && p == NULL)
        add(list, arena_print(arena,
                              "%s: every account is liquidatable at the start: none is "
                              "left to follow",
                              from->file));
    if (p == NULL)
        return;
    if (p->n_excluded > 0)
        add(list,
            arena_print(arena,
                        "%s: %u accounts with %.4g USD of positions are liquidatable at "
                        "the start and left out",
                        from->file, p->n_excluded, p->excluded_usd));
    if (p->has_contracts)
        warn_residual(from, plan, p, arena, list);
}

static void warn_surfaces(const struct scenario *scenario, const struct plan *plan,
                          struct arena *arena, struct list *list)
{
    for (uint32_t i = 0; i < plan->n_asset; i++) {
        const struct surface *s = plan->asset[i].surface;
        const struct scenario_asset *from = &scenario->asset[i];
        if (s == NULL)
            continue;
        if (s->n_expired > 0)
            add(list, arena_print(arena, "%s: %u quotes of %s had expired and are left out",
                                  from->surface.chain, s->n_expired, from->name));
        list->n += surface_warnings(from, &plan->asset[i], arena, list->text + list->n,
                                    list->max - list->n);
        list->n += bend_warnings(scenario, plan, i, arena, list->text + list->n,
                                 list->max - list->n);
    }
}

/* The file whose returns an asset may draw together with others; NULL: none. */
static const char *drawn_file(const struct scenario_asset *a)
{
    const struct history *history = NULL;

    for (const struct field *f = a->model->about.fields; f->key != NULL; f++)
        if (f->type == FIELD_HISTORY)
            history = (const void *)((const char *)a->param + f->offset);
    return a->model->group != NULL && history != NULL && history->n > 0 ? history->file
                                                                        : NULL;
}

static void warn_histories(const struct scenario *scenario, struct arena *arena,
                           struct list *list)
{
    for (uint32_t i = 1; i < scenario->n_asset; i++) {
        const struct scenario_asset *a = &scenario->asset[i];
        const char *file = drawn_file(a);
        bool told = file == NULL;
        for (uint32_t j = 0; j < i && !told; j++) {
            const struct scenario_asset *b = &scenario->asset[j];
            const char *other = drawn_file(b);
            if (other == NULL || strcmp(file, other) != 0)
                continue;
            const char *group_a = a->model->group(a->param);
            const char *group_b = b->model->group(b->param);
            if (group_a != NULL && group_b != NULL && strcmp(group_a, group_b) == 0)
                continue;
            add(list,
                arena_print(arena,
                            "%s:%d:%d: %s and %s draw from %s each on its own, as if they "
                            "had never moved together: give both the same group",
                            a->price_place.file, a->price_place.line, a->price_place.column,
                            b->name, a->name, file));
            told = true;
        }
    }
}

static void warn_sets(const struct plan *plan, struct arena *arena, struct list *list)
{
    if (plan->n_set > 0 && plan->n_set < FEW_SETS)
        add(list,
            arena_print(arena,
                        "run.parameters: %u parameter sets are drawn, one per %llu paths: "
                        "what figures owe to the parameters wants %d or more",
                        plan->n_set, (unsigned long long)plan->set_paths, FEW_SETS));
    if (plan->n_set_refused > 0)
        add(list, arena_print(arena,
                              "run.parameters: %llu drawn parameter sets beside the %u "
                              "used lie outside what their models allow and were drawn "
                              "again",
                              (unsigned long long)plan->n_set_refused, plan->n_set));
}

uint32_t compile_warnings(const struct scenario *scenario, const struct plan *plan,
                          struct arena *arena, const char **text, uint32_t max)
{
    struct list list = {text, 0, max};

    warn_oracles(scenario, plan, arena, &list);
    warn_accounts(scenario, plan, arena, &list);
    warn_positions(scenario, plan, arena, &list);
    for (uint32_t i = 0; i < scenario->n_population; i++)
        warn_population(scenario, &scenario->population[i], plan, arena, &list);
    warn_surfaces(scenario, plan, arena, &list);
    warn_histories(scenario, arena, &list);
    warn_sets(plan, arena, &list);
    return list.n;
}
