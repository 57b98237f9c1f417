#include "tests/market_paths.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "sim/market.h"
#include "tests/scratch.h"

bool market_paths_try(struct market_paths *m, const char *market, const char *horizon,
                      const char *step, uint64_t seed)
{
    struct fixture *f = &m->fixture;
    const bool one = market[0] == '{';
    char text[8192];
    struct error err;

    *m = (struct market_paths){.error = ""};
    snprintf(text, sizeof text,
             "tailrace: 1\nname: prices\n"
             "run: {paths: 32, horizon: %s, step: %s, report: %s, seed: %llu}\n"
             "market:\n  tailrace: 1\n  name: prices\n%s%s%s",
             horizon, step, horizon, (unsigned long long)seed,
             one ? "  assets:\n    BTC: {spot_usd: 100, price: " : "", market,
             one ? "}\n" : "");
    if (!scenario_read(scratch_file("scenario.yaml", text), 0, NULL, &f->arena,
                       &f->scenario, &err) ||
        !compile_plan(&f->scenario, &f->arena, &f->plan, &err)) {
        snprintf(m->error, sizeof m->error, "%s", err.text);
        fixture_close(f);
        return false;
    }
    worker_create(&m->w, &f->plan);
    return true;
}

void market_paths_open(struct market_paths *m, const char *market, const char *horizon,
                       const char *step, uint64_t seed)
{
    cr_assert(market_paths_try(m, market, horizon, step, seed), "%s", m->error);
}

void market_paths_close(struct market_paths *m)
{
    worker_free(&m->w);
    fixture_close(&m->fixture);
}

void market_paths_start(struct market_paths *m, uint64_t first)
{
    for (uint64_t k = 0; k < LANES; k++)
        m->w.path[k] = first + k;
    market_start(&m->fixture.plan, &m->w);
}

void market_paths_step(struct market_paths *m)
{
    m->w.step++;
    m->w.time_s = m->w.step * m->fixture.plan.step_s;
    market_step(&m->fixture.plan, &m->w);
}

void market_paths_volatility(const struct market_paths *m, uint32_t asset,
                             double *volatility_annual)
{
    const struct plan_asset *a = &m->fixture.plan.asset[asset];
    const double *state[PRICE_MAX_STATE];

    for (uint32_t i = 0; i < PRICE_MAX_STATE; i++)
        state[i] = market_paths_state(m, asset, i);
    a->model->volatility(a->coef[m->w.set], state, volatility_annual);
}
