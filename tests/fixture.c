#include "tests/fixture.h"

#include <criterion/criterion.h>

#include "sim/book.h"
#include "sim/liquidation.h"
#include "sim/market.h"
#include "sim/metric.h"
#include "sim/run.h"
#include "tests/scratch.h"

const char FIXTURE_MARKET[] =
    "market:\n"
    "  tailrace: 1\n"
    "  name: one\n"
    "  assets:\n"
    "    BTC: {spot_usd: 100, price: %s, surface: {flat_volatility_annual: 0.8}}\n"
    "  venues:\n"
    "    perp_venue:\n"
    "      margin: {rule: cross}\n"
    "      liquidity: square_root\n"
    "      assets:\n"
    "        BTC: {tiers: [{from_usd: 0, maintenance_frac: 0.02}], liquidity: {%s}}\n"
    "%s";

void fixture_open(struct fixture *f, const char *scenario, const char *positions,
                  const char *accounts)
{
    struct error err;

    *f = (struct fixture){.column = NULL};
    if (positions != NULL)
        scratch_file("positions.csv", positions);
    if (accounts != NULL)
        scratch_file("accounts.csv", accounts);
    cr_assert(scenario_read(scratch_file("scenario.yaml", scenario), 0, NULL, &f->arena,
                            &f->scenario, &err),
              "%s", err.text);
    cr_assert(compile_plan(&f->scenario, &f->arena, &f->plan, &err), "%s", err.text);
}

void fixture_close(struct fixture *f)
{
    arena_free(&f->arena);
    scratch_remove();
}

void fixture_run(struct fixture *f)
{
    struct error err;

    f->column = arena_get(&f->arena, f->plan.n_column, sizeof *f->column);
    for (uint32_t c = 0; c < f->plan.n_column; c++)
        f->column[c] = arena_get(&f->arena, f->plan.n_path, sizeof **f->column);
    const struct run_job job = {
        .plan = &f->plan, .n_path = f->plan.n_path, .column = f->column};
    cr_assert_eq(run_job(&job, &err), RUN_DONE, "%s", err.text);
}

const double *fixture_metric(const struct fixture *f, const char *name, uint32_t element)
{
    for (uint32_t i = 0; i < f->plan.n_metric; i++) {
        const struct metric *m = &f->plan.metric[i].metric;
        if (m->group == METRIC_PATH && strcmp(m->name, name) == 0)
            return f->column[m->first_column + element];
    }
    cr_assert_fail("no metric %s", name);
    return NULL;
}

void fixture_start(const struct fixture *f, struct worker *w)
{
    fixture_start_at(f, w, 0);
}

void fixture_start_at(const struct fixture *f, struct worker *w, uint64_t first_path)
{
    worker_create(w, &f->plan);
    for (uint64_t k = 0; k < LANES; k++)
        w->path[k] = first_path + k;
    market_start(&f->plan, w);
    liquidation_start(&f->plan, w);
    book_start(&f->plan, w);
    metric_start(&f->plan, w);
}
