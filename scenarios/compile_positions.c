#include "scenarios/compile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Index of the account of a position, made on first sight; PLAN_NONE with a sentence if the
 * same account stands at two venues. */
static uint32_t find_account(const struct scenario_position *p, struct plan *plan,
                             struct plan_account *account, uint32_t venue,
                             struct arena *arena, struct error *err)
{
    uint32_t i = 0;

    while (i < plan->n_account && strcmp(account[i].name, p->account) != 0)
        i++;
    if (i < plan->n_account) {
        if (account[i].venue == venue)
            return i;
        fail(err,
             "%s:%d:%d: account %s is at venue '%s' here and at another one above: an "
             "account has "
             "one venue",
             p->place.file, p->place.line, p->place.column, p->account,
             p->venue == NULL ? "" : p->venue);
        return PLAN_NONE;
    }
    account[i] = (struct plan_account){
        .name = p->account,
        .venue = venue,
        .coins = arena_get(arena, plan->n_asset, sizeof(double)),
        .fixed_usd = arena_get(arena, plan->n_asset, sizeof(double)),
        .slope_coins = arena_get(arena, plan->n_asset, sizeof(double)),
        .notional_usd = arena_get(arena, plan->n_asset, sizeof(double)),
        .notional_coins = arena_get(arena, plan->n_asset, sizeof(double))};
    plan->n_account++;
    return i;
}

/* Adds a linear position to the sums of its account. */
static void add_linear(const struct contract *c, const struct linear_value *v,
                       struct plan_account *a)
{
    if (c->asset == PLAN_NONE) {
        a->cash_usd += v->fixed_usd;
    } else if (v->held) {
        ((double *)a->coins)[c->asset] += v->coins;
    } else {
        ((double *)a->fixed_usd)[c->asset] += v->fixed_usd;
        ((double *)a->slope_coins)[c->asset] += v->coins;
        ((double *)a->notional_usd)[c->asset] += v->notional_usd;
        ((double *)a->notional_coins)[c->asset] += v->notional_coins;
    }
}

/* Whether a time is a whole number of steps, to a billionth of it. */
static bool divides(double step_s, double time_s)
{
    const double steps = time_s / step_s;

    return fabs(steps - round(steps)) <= 1e-9 * steps;
}

/* Checks that belong to a claim's surroundings rather than to itself. */
static bool check_claim(const struct scenario_position *p, const struct plan *plan,
                        uint32_t asset, uint32_t venue, struct error *err)
{
    const struct instrument *i = p->instrument;
    const struct margin_rule *rule = venue == PLAN_NONE ? NULL : plan->venue[venue].rule;

    if (i->needs_surface && plan->asset[asset].surface == NULL)
        return fail(
            err,
            "%s:%d:%d: a position of kind %s on %s, but the market gives it no volatility "
            "surface: add surface: {chain: FILE.csv} or {flat_volatility_annual: ...}",
            p->place.file, p->place.line, p->place.column, i->about.name, p->asset);
    if (p->contract->look_s > 0.0 && p->contract->look_s < plan->step_s)
        return fail(
            err,
            "%s:%d:%d: position %s is looked at every %g s, but run.step is %g s, "
            "which would be too rare: shorten the step, or leave the interval empty "
            "so that the price is watched inside the steps",
            p->place.file, p->place.line, p->place.column, p->id, p->contract->look_s,
            plan->step_s);
    if (!divides(plan->step_s, p->contract->roll_s))
        return fail(
            err,
            "%s:%d:%d: position %s writes options every %g s, which is no multiple of "
            "run.step = %g s, so that each would settle late: make it a multiple, or "
            "run.step a divisor of it",
            p->place.file, p->place.line, p->place.column, p->id, p->contract->roll_s,
            plan->step_s);
    if (rule != NULL && i->margin == MARGIN_REFUSED)
        return fail(err,
                    "%s:%d:%d: a position of kind %s cannot stand on margin at venue %s: "
                    "leave the column empty and give it an account of its own",
                    p->place.file, p->place.line, p->place.column, i->about.name, p->venue);
    if (rule != NULL && i->margin == MARGIN_OPTION && rule->option == NULL)
        return fail(err, "%s:%d:%d: venue %s has margin rule %s, which admits no options",
                    p->place.file, p->place.line, p->place.column, p->venue,
                    rule->about.name);
    return true;
}

/* Checks that belong to a position's surroundings rather than to itself. */
static bool check_position(const struct scenario_position *p, const struct plan *plan,
                           uint32_t asset, uint32_t venue, struct error *err)
{
    if (p->asset != NULL && asset == PLAN_NONE)
        return fail(err,
                    "%s:%d:%d: asset %s is not in the market: add it there or remove the "
                    "position",
                    p->place.file, p->place.line, p->place.column, p->asset);
    if (p->venue != NULL && venue == PLAN_NONE)
        return fail(err,
                    "%s:%d:%d: venue %s is not in the market: add it there, or leave the "
                    "column empty for a position without margin",
                    p->place.file, p->place.line, p->place.column, p->venue);
    if (p->instrument->linear == NULL && !check_claim(p, plan, asset, venue, err))
        return false;
    if (venue != PLAN_NONE && plan->n_book == 0)
        return fail(err,
                    "%s:%d:%d: account %s has margin at %s, but no venue has liquidity to "
                    "close it through: give one venue liquidity: square_root",
                    p->place.file, p->place.line, p->place.column, p->account, p->venue);
    if (venue != PLAN_NONE && asset != PLAN_NONE && plan_books(plan, asset) == 0)
        return fail(err,
                    "%s:%d:%d: %s is held on margin at %s, but no venue has liquidity for "
                    "it: %s has some for other assets, add it under its assets",
                    p->place.file, p->place.line, p->place.column, p->asset, p->venue,
                    plan->venue[plan->book[0].venue].name);
    return true;
}

/* Order of claims: account, asset, expiry, kind, settlement, type, strike; last the bytes of
 * the instrument's own parameters. 0: nothing but their size tells two contracts apart. */
static int compare_contracts(const struct contract *a, const struct contract *b)
{
    const double numbers[][2] = {{a->account, b->account},
                                 {a->asset, b->asset},
                                 {a->expiry_s, b->expiry_s},
                                 {a->settle_window_s, b->settle_window_s},
                                 {a->inverse, b->inverse},
                                 {a->call, b->call},
                                 {a->strike_usd, b->strike_usd},
                                 {a->entry_usd, b->entry_usd},
                                 {a->volatility_annual, b->volatility_annual},
                                 {a->debt_asset, b->debt_asset}};
    const int kind = strcmp(a->instrument->about.name, b->instrument->about.name);

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (i == 4 && kind != 0)
            return kind;
        if (numbers[i][0] != numbers[i][1])
            return numbers[i][0] < numbers[i][1] ? -1 : 1;
    }
    return memcmp((const char *)a + sizeof *a, (const char *)b + sizeof *b,
                  a->instrument->about.param_size - sizeof *a);
}

/* By contract, then as in the file. */
static int compare_positions(const void *a, const void *b)
{
    const struct plan_position *const *p = a, *const *q = b;
    const int order = compare_contracts((*p)->contract, (*q)->contract);

    return order != 0 ? order : (*p < *q ? -1 : 1);
}

/* Whether two positions are one claim; not with a state, which may begin with their size, as
 * a loan's debt per coin does. */
static bool same_contract(const struct contract *a, const struct contract *b)
{
    return a->instrument->n_state == 0 && compare_contracts(a, b) == 0;
}

/* Index of the settlement of a contract whose window begins within the horizon, made on
 * first sight; claims stand by asset and expiry, so it is among the last of its asset. */
static uint32_t find_settlement(const struct contract *c, uint32_t expiry_step,
                                struct plan *plan)
{
    struct plan_settlement *s = (struct plan_settlement *)plan->settlement;

    if (c->instrument->payoff == NULL || c->expiry_s == 0.0 ||
        c->expiry_s - c->settle_window_s >= plan->horizon_s + plan->step_s)
        return PLAN_NONE;
    for (uint32_t i = plan->n_settlement; i-- > 0;)
        if (s[i].asset == c->asset && s[i].expiry_s == c->expiry_s &&
            s[i].window_s == c->settle_window_s)
            return i;
    s[plan->n_settlement] = (struct plan_settlement){.asset = c->asset,
                                                     .expiry_s = c->expiry_s,
                                                     .window_s = c->settle_window_s,
                                                     .expiry_step = expiry_step};
    return plan->n_settlement++;
}

static struct plan_claim make_claim(const struct plan_position *p, struct arena *arena,
                                    struct plan *plan)
{
    const struct contract *c = p->contract;
    const double steps = ceil(c->expiry_s / plan->step_s - 1e-9);
    struct plan_claim claim = {
        .contract = memcpy(arena_get(arena, 1, c->instrument->about.param_size), c,
                           c->instrument->about.param_size),
        .expiry_step =
            c->expiry_s > 0.0 && steps <= plan->n_step ? (uint32_t)steps : PLAN_NONE,
        .first_state = plan->n_claim_state,
        .position = (uint32_t)(p - plan->position)};

    claim.settlement = find_settlement(c, claim.expiry_step, plan);
    plan->n_claim_state += c->instrument->n_state;
    plan->reads_extremes = plan->reads_extremes || c->instrument->reads_extremes;
    plan->uses_oracle = plan->uses_oracle || c->instrument->reads_oracle;
    if (c->strike_usd > 0.0 && plan->asset[c->asset].surface != NULL) {
        struct surface_strike *strike = arena_get(arena, 1, sizeof *strike);
        surface_contract(plan->asset[c->asset].surface, c->strike_usd,
                         c->expiry_s / PLAN_YEAR_S, arena, strike);
        claim.strike = strike;
    }
    return claim;
}

/* Claims stand by account, then asset, then expiry; equal ones are one. */
static void compile_claims(struct plan *plan, struct plan_account *account,
                           struct plan_position *position, struct arena *arena)
{
    struct plan_position **order = arena_get(arena, plan->n_position, sizeof *order);
    struct plan_claim *claim = arena_get(arena, plan->n_position, sizeof *claim);
    uint32_t n_order = 0, n = 0;

    plan->settlement = arena_get(arena, plan->n_position, sizeof *plan->settlement);
    for (uint32_t i = 0; i < plan->n_position; i++)
        if (position[i].contract->instrument->linear == NULL)
            order[n_order++] = &position[i];
    qsort(order, n_order, sizeof *order, compare_positions);
    for (uint32_t i = 0; i < n_order; i++) {
        const struct contract *c = order[i]->contract;
        struct plan_account *a = &account[c->account];
        if (i > 0 && same_contract(order[i - 1]->contract, c)) {
            struct contract *net = (struct contract *)claim[n - 1].contract;
            net->quantity += c->quantity;
        } else {
            a->first_claim = a->n_claim == 0 ? n : a->first_claim;
            a->n_claim++;
            claim[n++] = make_claim(order[i], arena, plan);
        }
        order[i]->claim = n - 1;
    }
    plan->n_claim = n;
    plan->claim = claim;
    compile_strips(plan, claim, arena);
}

/* Where the values of all claims of an account and asset move along with the market. */
static void find_smooth(struct plan *plan, struct arena *arena)
{
    const size_t per_report = (size_t)plan->n_account * plan->n_asset;
    unsigned char *smooth = arena_get(arena, plan->n_report * per_report, 1);

    for (uint32_t i = 0; i < plan->n_claim; i++) {
        const struct contract *c = plan->claim[i].contract;
        smooth[c->account * plan->n_asset + c->asset] = 1;
    }
    for (uint32_t report = 1; report < plan->n_report; report++)
        memcpy(smooth + report * per_report, smooth, per_report);
    for (uint32_t i = 0; i < plan->n_claim; i++) {
        const struct plan_claim *claim = &plan->claim[i];
        const struct contract *c = claim->contract;
        for (uint32_t report = 0; report < plan->n_report; report++) {
            const uint32_t begin = report * plan->report_every;
            const uint32_t end = begin + plan->report_every;
            const bool alive = claim->expiry_step > begin;
            const bool averaging = claim->settlement != PLAN_NONE &&
                                   end * plan->step_s > c->expiry_s - c->settle_window_s;
            if (c->instrument->n_state > 0 ||
                (alive && (averaging || claim->expiry_step <= end)))
                smooth[report * per_report + c->account * plan->n_asset + c->asset] = 0;
        }
    }
    plan->smooth = smooth;
}

/* The contract with the indices of its account and assets; NULL: there is no such asset
 * that could be owed. */
static const struct contract *index_contract(const struct scenario *scenario,
                                             const struct scenario_position *p,
                                             uint32_t account, uint32_t asset,
                                             struct arena *arena, struct error *err)
{
    const size_t size = p->instrument->about.param_size;
    struct contract *c = memcpy(arena_get(arena, 1, size), p->contract, size);

    c->account = account;
    c->asset = asset;
    c->debt_asset =
        c->debt_name == NULL ? PLAN_NONE : compile_asset_index(scenario, c->debt_name);
    if (c->debt_name == NULL || (c->debt_asset != PLAN_NONE && c->debt_asset != asset))
        return c;
    fail(err,
         "%s:%d:%d: position %s owes %s, which is %s: name another asset of the market, or "
         "leave the cell empty for a debt in USD",
         p->place.file, p->place.line, p->place.column, p->id, c->debt_name,
         c->debt_asset == asset ? "its own collateral" : "not in the market");
    return NULL;
}

/* What an instrument demands of the prices at the start. */
static bool check_start(const struct scenario_position *p, const struct contract *c,
                        const struct plan *plan, struct arena *arena, struct error *err)
{
    const double debt_usd =
        c->debt_asset == PLAN_NONE ? 1.0 : plan->asset[c->debt_asset].spot_usd;

    if (p->instrument->check_start == NULL)
        return true;
    return p->instrument->check_start(
        c, plan->asset[c->asset].spot_usd, debt_usd,
        arena_print(arena, "%s:%d:%d", p->place.file, p->place.line, p->place.column), err);
}

bool compile_positions(const struct scenario *scenario, struct arena *arena,
                       struct plan *plan, struct plan_account *account, struct error *err)
{
    struct plan_position *position =
        arena_get(arena, scenario->n_position, sizeof *position);

    plan->n_position = scenario->n_position;
    plan->position = position;
    for (uint32_t i = 0; i < scenario->n_position; i++) {
        const struct scenario_position *p = &scenario->position[i];
        const uint32_t asset =
            p->asset == NULL ? PLAN_NONE : compile_asset_index(scenario, p->asset);
        const uint32_t venue =
            p->venue == NULL ? PLAN_NONE : compile_venue_index(scenario, p->venue);
        if (!check_position(p, plan, asset, venue, err))
            return false;
        const uint32_t a = find_account(p, plan, account, venue, arena, err);
        if (a == PLAN_NONE)
            return false;
        const struct contract *c = index_contract(scenario, p, a, asset, arena, err);
        if (c == NULL || !check_start(p, c, plan, arena, err))
            return false;
        position[i] = (struct plan_position){.contract = c, .claim = PLAN_NONE};
        if (p->instrument->linear == NULL)
            continue;
        position[i].linear = p->instrument->linear(c);
        add_linear(c, &position[i].linear, &account[a]);
    }
    compile_claims(plan, account, position, arena);
    find_smooth(plan, arena);
    return true;
}
