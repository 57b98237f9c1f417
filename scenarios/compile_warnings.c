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

static void warn_population(const struct scenario *scenario, const struct plan *plan,
                            struct arena *arena, struct list *list)
{
    const struct population *p = plan->population;
    const char *file = scenario->n_holding > 0 ? scenario->holding[0].place.file : "";

    if (scenario->n_holding > 0 && p == NULL)
        add(list, arena_print(arena,
                              "%s: every account is liquidatable at the start: none is "
                              "left to follow",
                              file));
    if (p == NULL)
        return;
    if (p->n_excluded > 0)
        add(list,
            arena_print(arena,
                        "%s: %u accounts with %.4g USD of positions are liquidatable at "
                        "the start and left out",
                        file, p->n_excluded, p->excluded_usd));
    for (uint32_t i = 0; i < plan->n_asset; i++) {
        double gross = 0.0;
        for (uint32_t h = 0; h < scenario->n_holding; h++)
            if (strcmp(scenario->holding[h].asset, plan->asset[i].name) == 0)
                gross += scenario->holding[h].weight * fabs(scenario->holding[h].quantity);
        if (fabs(p->rest_coins[i]) > 0.05 * gross)
            add(list,
                arena_print(arena,
                            "%s: longs and shorts of %s differ by %.1f %% of the open "
                            "interest: the account rest_of_venue holds the difference",
                            file, plan->asset[i].name,
                            100.0 * fabs(p->rest_coins[i]) / gross));
    }
}

static void warn_surfaces(const struct scenario *scenario, const struct plan *plan,
                          struct arena *arena, struct list *list)
{
    for (uint32_t i = 0; i < plan->n_asset; i++) {
        const struct surface *s = plan->asset[i].surface;
        if (s == NULL || s->n_slice == 0)
            continue;
        if (s->n_expired > 0)
            add(list, arena_print(arena, "%s: %u quotes of %s had expired and are left out",
                                  scenario->asset[i].surface.chain, s->n_expired,
                                  plan->asset[i].name));
        if (s->n_calendar > 0)
            add(list,
                arena_print(arena,
                            "%s: the total variance of %s falls with time at %u nodes "
                            "(calendar arbitrage), worst by %.2g %% at %.4g years, "
                            "ln(K/F) = %.3g",
                            scenario->asset[i].surface.chain, plan->asset[i].name,
                            s->n_calendar, 100.0 * s->calendar_worst_frac,
                            s->calendar_worst_years, s->calendar_worst_log_moneyness));
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
    warn_population(scenario, plan, arena, &list);
    warn_surfaces(scenario, plan, arena, &list);
    warn_sets(plan, arena, &list);
    return list.n;
}
