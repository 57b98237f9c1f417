/* Whatever a liquidation model does to an account, coins and USD in are coins and USD out:
 * random loans and positions, markets with impact and an end, weights, gas, capital and room
 * for transactions, over several instants with falling marks. */

#include "tests/liquidation_case.h"

extern const struct liquidation_model liquidation_fixed_bonus, liquidation_absorb,
    liquidation_dutch_auction, liquidation_stability_pool, liquidation_backstop;

/* A model, where its state counts coins and USD, and what its accounts are. */
struct subject {
    const struct liquidation_model *model;
    uint32_t coins_at, usd_at;
    bool coin_debts, contracts;
};

static void make(struct liquidation_case *c, const struct subject *s, uint64_t *random)
{
    struct liquidation_case_param p = liquidation_case_presets(s->model->about.fields);
    double held = 0.0;

    if (s->model == &liquidation_stability_pool)
        liquidation_case_set(s->model->about.fields, &p, "pool_usd",
                             unit_case_random(random, 0.0, 60000.0));
    if (s->model == &liquidation_backstop)
        liquidation_case_set(s->model->about.fields, &p, "vault_usd",
                             unit_case_random(random, 0.0, 4000.0));
    if (s->model == &liquidation_dutch_auction)
        liquidation_case_set(s->model->about.fields, &p, "hole_usd",
                             unit_case_random(random, 5000.0, 200000.0));
    liquidation_case_start(c, s->model, &p, NULL);
    c->n_leg = 1 + (uint32_t)unit_case_random(random, 0.0, 3.0);
    c->weight = floor(unit_case_random(random, 1.0, 6.0)) * 0.7;
    c->gas_usd = unit_case_random(random, 0.0, 30.0);
    c->fee_frac = unit_case_random(random, 0.0, 0.02);
    c->room = (int)unit_case_random(random, 1.0, 30.0);
    c->capital_usd = exp(unit_case_random(random, 7.0, 15.0));
    c->fund_usd = unit_case_random(random, 0.0, 1e5);
    for (uint32_t i = 0; i < c->n_leg; i++) {
        const bool owed = i > 0 && (s->coin_debts || s->contracts) &&
                          unit_case_random(random, 0.0, 1.0) < 0.5;

        c->coins[i] = (owed ? -0.4 : 1.0) * unit_case_random(random, 5.0, 300.0);
        c->price[i] *= unit_case_random(random, 0.97, 1.03);
        c->slope[i] = unit_case_random(random, 0.0, 2e-4);
        c->depth_coins[i] = unit_case_random(random, 50.0, 3000.0);
        held += c->coins[i] * c->mark[i];
    }
    c->cash_usd = -held * unit_case_random(random, 0.75, 1.1);
}

static void conserves(const struct subject *s, uint64_t seed)
{
    uint64_t random = seed, n_acted = 0;

    for (uint64_t row = 0; row < 2000; row++) {
        struct liquidation_case c;
        bool done = false;

        make(&c, s, &random);
        for (int call = 0; call < 8; call++) {
            double gross = fabs(c.cash_usd);
            for (uint32_t i = 0; i < c.n_leg; i++)
                gross += fabs(c.coins[i]) * c.mark[i];
            c.requirement_usd = 0.3 * gross;
            const struct liquidation_case_total before =
                liquidation_case_total(&c, false, s->coins_at, s->usd_at);
            if (!done)
                liquidation_case_act(&c);
            else if (s->model->tend != NULL)
                liquidation_case_tend(&c);
            else
                break;
            struct liquidation_case_total after =
                liquidation_case_total(&c, !done, s->coins_at, s->usd_at);
            if (done) /* of all together, not of one */
                after.usd += c.out.liquidator_usd + c.out.gas_usd;
            liquidation_case_conserved(&c, &before, &after, 2e6, row);
            cr_assert(c.capital_usd >= -1e-6, "row %llu: %g lent", (unsigned long long)row,
                      c.capital_usd);
            n_acted += c.out.acted;
            done |= c.out.closed;
            for (uint32_t i = 0; c.out.closed && i < c.n_leg; i++)
                cr_assert(c.coins[i] == 0.0);
            c.time_s += unit_case_random(&random, 0.0, 3000.0);
            for (int i = 0; i < LIQUIDATION_CASE_ASSETS; i++)
                c.mark[i] *= unit_case_random(&random, 0.97, 1.01);
        }
    }
    cr_assert(n_acted > 1000, "%s acted %llu times", s->model->about.name,
              (unsigned long long)n_acted);
}

Test(property, fixed_bonus_conserves)
{
    conserves(&(struct subject){&liquidation_fixed_bonus, 0, UINT32_MAX, true, false}, 1);
}

Test(property, absorb_conserves)
{
    conserves(&(struct subject){&liquidation_absorb, 0, UINT32_MAX, false, false}, 2);
}

Test(property, dutch_auction_conserves)
{
    conserves(
        &(struct subject){&liquidation_dutch_auction, UINT32_MAX, UINT32_MAX, false, false},
        3);
}

Test(property, stability_pool_conserves)
{
    conserves(&(struct subject){&liquidation_stability_pool, 0, 0, false, false}, 4);
}

Test(property, backstop_conserves)
{
    conserves(&(struct subject){&liquidation_backstop, 0, 0, false, true}, 5);
}
