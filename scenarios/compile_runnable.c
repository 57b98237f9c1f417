#include "scenarios/compile.h"

/* Why the engine cannot follow a rule; NULL: it can. Positions of the portfolio, `own`, it
 * revalues in scenarios at reporting times. */
static const char *unfollowed(const struct margin_rule *rule, bool own)
{
    if (rule->portfolio != NULL && !own)
        return "revalues every position in scenarios, which a run does for the portfolio's "
               "accounts alone";
    if (rule->isolates)
        return "margins every position by itself, while an account here stands or falls as "
               "a whole";
    if (rule->lends)
        return "is of loans, while accounts here hold contracts";
    return NULL;
}

static bool check_venue(const struct scenario_venue *venue, const struct place *place,
                        const char *account, bool own, struct error *err)
{
    const char *why = unfollowed(venue->rule, own);

    if (why == NULL)
        return true;
    return fail(
        err,
        "%s:%d:%d: account %s stands at venue %s, whose margin rule %s %s: give the "
        "venue rule cross or standard, and see tailrace margin for this one",
        place->file, place->line, place->column, account, venue->name,
        venue->rule->about.name, why);
}

bool compile_runnable(const struct scenario *scenario, struct error *err)
{
    for (uint32_t i = 0; i < scenario->n_position; i++) {
        const struct scenario_position *p = &scenario->position[i];
        if (p->venue != NULL &&
            !check_venue(&scenario->venue[compile_venue_index(scenario, p->venue)],
                         &p->place, p->account, true, err))
            return false;
    }
    if (scenario->n_holding == 0)
        return true;
    const struct scenario_holding *h = &scenario->holding[0];
    return check_venue(
        &scenario->venue[compile_venue_index(scenario, scenario->population_venue)],
        &h->place, h->account, false, err);
}
