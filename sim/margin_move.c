/* Where an account dies first: the move of all prices that takes equity to maintenance. */
#include <math.h>

#include "sim/arena.h"
#include "sim/margin.h"
#include "sim/vmath.h"

const double MARGIN_LEAST = 1e-4, MARGIN_MOST = 20.0;

static const double STEP_LOG = 0.01, TOLERANCE_LOG = 1e-13;

struct search {
    const struct margin_rule *rule;
    const void *coef;
    struct margin_book book; /* at the prices that are tried */
    const double *start_usd; /* [n_asset] */
    const bool *moves;
    double *index_usd; /* [n_asset] the book's */
};

static double buffer_at(const struct search *s, double log_factor)
{
    const double factor = vm_exp(log_factor);
    struct margin_result need;

    for (uint32_t asset = 0; asset < s->book.n_asset; asset++)
        s->index_usd[asset] =
            s->start_usd[asset] * (s->moves == NULL || s->moves[asset] ? factor : 1.0);
    margin_requirement(s->rule, s->coef, &s->book, &need);
    return margin_equity(&s->book) - need.maintenance_usd;
}

static double first_move(const struct search *s, bool up)
{
    const double step = up ? STEP_LOG : -STEP_LOG;
    const double end = vm_log(up ? MARGIN_MOST : MARGIN_LEAST);
    double alive = 0.0, dead;

    if (buffer_at(s, 0.0) < 0.0)
        return 0.0;
    do {
        if (fabs(alive) >= fabs(end))
            return NAN;
        dead = fabs(alive + step) < fabs(end) ? alive + step : end;
        if (buffer_at(s, dead) < 0.0)
            break;
        alive = dead;
    } while (true);
    while (fabs(dead - alive) > TOLERANCE_LOG * vm_max(1.0, fabs(dead))) {
        const double middle = 0.5 * (alive + dead);
        if (middle == alive || middle == dead)
            break;
        if (buffer_at(s, middle) < 0.0)
            dead = middle;
        else
            alive = middle;
    }
    return vm_expm1(dead);
}

/* Notional at entry: what the margin of a contract was a fraction of. */
static double entry_notional(const struct margin_leg *leg, const double *index_usd)
{
    const struct contract *c = leg->contract;

    if (c->instrument->margin == MARGIN_OPTION)
        return fabs(c->quantity) * index_usd[c->asset];
    return fabs(c->quantity) * (c->inverse ? 1.0 : c->entry_usd);
}

static double first_isolated(struct search *s, const struct margin_book *all, double *coins,
                             bool up, uint32_t *leg)
{
    double total = 0.0, first = NAN;

    for (uint32_t i = 0; i < all->n_leg; i++)
        total += entry_notional(&all->leg[i], all->index_usd);
    for (uint32_t i = 0; i < all->n_leg; i++) {
        const double share = entry_notional(&all->leg[i], all->index_usd) / total;
        for (uint32_t asset = 0; asset < all->n_asset; asset++)
            coins[asset] = share * all->coins[asset];
        s->book.cash_usd = share * all->cash_usd;
        s->book.coins = coins;
        s->book.leg = &all->leg[i];
        s->book.n_leg = 1;
        const double move = first_move(s, up);
        if (!isnan(move) && !(fabs(move) >= fabs(first))) {
            first = move;
            *leg = i;
        }
    }
    return first;
}

double margin_breaking_move(const struct margin_rule *rule, const void *coef,
                            const struct margin_book *book, const bool *moves, bool up,
                            uint32_t *leg)
{
    struct arena arena = {NULL};
    uint32_t unused;
    struct search s = {.rule = rule,
                       .coef = coef,
                       .book = *book,
                       .start_usd = book->index_usd,
                       .moves = moves,
                       .index_usd = arena_get(&arena, book->n_asset, sizeof(double))};

    s.book.index_usd = s.index_usd;
    leg = leg == NULL ? &unused : leg;
    *leg = UINT32_MAX;
    const double move =
        rule->isolates && book->n_leg > 1
            ? first_isolated(&s, book, arena_get(&arena, book->n_asset, sizeof(double)), up,
                             leg)
            : first_move(&s, up);
    arena_free(&arena);
    return move;
}
