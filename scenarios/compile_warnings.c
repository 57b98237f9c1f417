#include "scenarios/compile.h"

#include <math.h>
#include <string.h>

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

static void warn_oracles(const struct scenario *scenario, const struct plan *plan,
                         struct arena *arena, struct list *list)
{
    for (uint32_t i = 0; plan->uses_oracle && i < plan->n_asset; i++) {
        const struct plan_asset *a = &plan->asset[i];
        if (a->has_oracle && a->delay_s > 0.0 && a->delay_s < 0.5 * plan->step_s)
            add(list,
                arena_print(arena,
                            "%s:%d:%d: the oracle of %s is %g s late, less than half a "
                            "step (%g s): it acts as if it were on time; use a smaller "
                            "run.step to see it",
                            scenario->asset[i].place.file, scenario->asset[i].place.line,
                            scenario->asset[i].place.column, a->name, a->delay_s,
                            plan->step_s));
    }
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

uint32_t compile_warnings(const struct scenario *scenario, const struct plan *plan,
                          struct arena *arena, const char **text, uint32_t max)
{
    struct list list = {text, 0, max};

    warn_oracles(scenario, plan, arena, &list);
    warn_population(scenario, plan, arena, &list);
    warn_surfaces(scenario, plan, arena, &list);
    return list.n;
}
