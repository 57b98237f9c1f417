#include "scenarios/compile.h"

/* Why the engine cannot follow a rule; NULL: it can. Positions of the portfolio, `own`, it
 * revalues in scenarios at reporting times; loans it takes from populations. */
static const char *unfollowed(const struct margin_rule *rule, bool own)
{
    if (rule->portfolio != NULL && !own)
        return "revalues every position in scenarios, which a run does for the portfolio's "
               "accounts alone";
    if (rule->isolates)
        return "margins every position by itself, while an account of a run stands or "
               "falls "
               "as a whole";
    if (rule->lends && own)
        return "is of loans, which a run takes from accounts: files or from positions of "
               "kind loan";
    return NULL;
}

static bool check_venue(const struct scenario *scenario, const char *venue,
                        const struct place *place, const char *account, bool own,
                        struct error *err)
{
    const struct scenario_venue *at =
        &scenario->venue[compile_venue_index(scenario, venue)];
    const char *why = unfollowed(at->rule, own);

    if (why == NULL)
        return true;
    return fail(
        err,
        "%s:%d:%d: account %s stands at venue %s, whose margin rule %s %s: give the "
        "venue rule cross or standard, and see tailrace margin for this one",
        place->file, place->line, place->column, account, at->name, at->rule->about.name,
        why);
}

bool compile_runnable(const struct scenario *scenario, struct error *err)
{
    for (uint32_t i = 0; i < scenario->n_position; i++) {
        const struct scenario_position *p = &scenario->position[i];
        if (p->venue != NULL &&
            !check_venue(scenario, p->venue, &p->place, p->account, true, err))
            return false;
    }
    for (uint32_t i = 0; i < scenario->n_population; i++) {
        const struct scenario_population *p = &scenario->population[i];
        if (p->n_holding > 0 && !check_venue(scenario, p->venue, &p->holding[0].place,
                                             p->holding[0].account, false, err))
            return false;
    }
    return true;
}
