#include "scenarios/compile.h"
#include "sim/vmath.h"

/* Whether two claims that follow each other belong in one strip. */
static bool same_strip(const struct contract *a, const struct contract *b)
{
    return b->instrument->black && a->account == b->account && a->asset == b->asset &&
           a->expiry_s == b->expiry_s && a->settle_window_s == b->settle_window_s &&
           a->inverse == b->inverse;
}

static struct plan_strip make_strip(const struct plan_claim *claim, uint32_t first,
                                    uint32_t n, struct arena *arena)
{
    const uint32_t n_slice = claim[first].strike->n_slice;
    double *sign = arena_get(arena, n, sizeof *sign);
    double *strike_usd = arena_get(arena, n, sizeof *strike_usd);
    double *log_strike = arena_get(arena, n, sizeof *log_strike);
    double *quantity = arena_get(arena, n, sizeof *quantity);
    double *total_variance = arena_get(arena, (size_t)n_slice * n, sizeof *total_variance);

    for (uint32_t i = 0; i < n; i++) {
        const struct plan_claim *o = &claim[first + i];
        sign[i] = o->contract->call ? 1.0 : -1.0;
        strike_usd[i] = o->contract->strike_usd;
        log_strike[i] = vm_log(strike_usd[i]);
        quantity[i] = o->contract->quantity;
        for (uint32_t slice = 0; slice < n_slice; slice++)
            total_variance[slice * n + i] = o->strike->total_variance[slice];
    }
    return (struct plan_strip){.first_claim = first,
                               .n = n,
                               .sign = sign,
                               .strike_usd = strike_usd,
                               .log_strike = log_strike,
                               .quantity = quantity,
                               .total_variance = total_variance};
}

/* The order of claims puts the options of a strip one after the other. */
void compile_strips(struct plan *plan, struct plan_claim *claim, struct arena *arena)
{
    struct plan_strip *strip = arena_get(arena, plan->n_claim, sizeof *strip);
    uint32_t n_strip = 0;

    for (uint32_t first = 0, n; first < plan->n_claim; first += n) {
        const struct contract *c = claim[first].contract;
        const bool black = c->instrument->black && claim[first].strike != NULL;

        for (n = 1; black && n < PLAN_MAX_STRIP && first + n < plan->n_claim &&
                    same_strip(c, claim[first + n].contract);)
            n++;
        for (uint32_t i = first; i < first + n; i++)
            claim[i].strip = black ? n_strip : PLAN_NONE;
        if (black)
            strip[n_strip++] = make_strip(claim, first, n, arena);
    }
    plan->n_strip = n_strip;
    plan->strip = strip;
}
