#include "tests/flow_case.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "sim/book.h"
#include "sim/market.h"
#include "sim/oracle.h"
#include "sim/run.h"

static const char STILL[] = "price: {model: gbm, volatility_annual: 0}";

void flow_open(struct flow_case *c)
{
    static char text[1 << 14];

    snprintf(text, sizeof text,
             "tailrace: 1\nname: flows\nrun: {paths: %d, %s}\nportfolio: positions.csv\n"
             "%s%smarket:\n  tailrace: 1\n  name: two\n  correlation: {BTC/ETH: 0}\n"
             "  assets:\n    BTC: {spot_usd: 100, %s}\n    ETH: {spot_usd: 50, %s}\n",
             c->n_path > 0 ? c->n_path : 64, c->run, c->shocks == NULL ? "" : "shocks:\n",
             c->shocks == NULL ? "" : c->shocks, c->btc == NULL ? STILL : c->btc,
             c->eth == NULL ? STILL : c->eth);
    fixture_open(&c->fixture, text, c->positions, NULL);
}

double flow_pnl(struct flow_case *c)
{
    flow_open(c);
    fixture_run(&c->fixture);
    return fixture_metric(&c->fixture, "pnl_usd", 0)[0];
}

void flow_step(const struct fixture *f, struct worker *w)
{
    w->step++;
    w->time_s = w->step * f->plan.step_s;
    market_step(&f->plan, w);
    book_cash(&f->plan, w);
    oracle_record(&f->plan, w);
}

void flow_check_contributions(struct flow_case *c)
{
    struct fixture *f = &c->fixture;
    const double *pnl = fixture_metric(f, "pnl_usd", 0);
    double *flat = arena_get(&f->arena, 64 * f->plan.n_position, sizeof *flat), cost[64];
    uint64_t path[64];

    for (uint64_t i = 0; i < 64; i++)
        path[i] = i;
    run_contributions(&f->plan, path, 64, flat, cost, NULL);
    for (uint32_t i = 0; i < 64; i++) {
        double sum = -cost[i], size = 0.0;
        for (uint32_t p = 0; p < f->plan.n_position; p++) {
            sum += flat[i * f->plan.n_position + p];
            size += fabs(flat[i * f->plan.n_position + p]);
        }
        cr_assert_float_eq(sum, pnl[i], 1e-9 * size, "path %u: %.17g, %.17g", i, sum,
                           pnl[i]);
    }
}

double flow_difference(const struct flow_case *a, const struct flow_case *b)
{
    const double *p = fixture_metric(&a->fixture, "pnl_usd", 0);
    const double *q = fixture_metric(&b->fixture, "pnl_usd", 0);
    double most = 0.0;

    for (int i = 0; i < 64; i++)
        most = fmax(most, fabs(p[i] - q[i]));
    return most;
}
