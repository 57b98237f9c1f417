#include "tests/price_paths.h"

#include <math.h>
#include <stdio.h>

#include "sim/market.h"
#include "tests/scratch.h"

static void text_write(const struct price_paths *p, char *text, size_t size)
{
    char asset[2048];

    snprintf(asset, sizeof asset, "  assets:\n    BTC: {spot_usd: 100, price: %s}\n",
             p->price != NULL ? p->price : "");
    snprintf(text, size,
             "tailrace: 1\nname: prices\n"
             "run: {paths: %llu, horizon: %.17gs, step: %.17gs, report: %.17gs, seed: "
             "%llu}\nmarket:\n  tailrace: 1\n  name: prices\n%s%s",
             (unsigned long long)p->n_path, p->horizon_s, p->step_s, p->horizon_s,
             (unsigned long long)p->seed, p->market != NULL ? p->market : asset,
             p->shocks != NULL ? p->shocks : "");
}

void price_paths_open(struct price_paths *p)
{
    char text[8192];

    text_write(p, text, sizeof text);
    fixture_open(&p->fixture, text, NULL, NULL);
}

void price_paths_run(struct price_paths *p)
{
    price_paths_open(p);
    fixture_run(&p->fixture);
}

const char *price_paths_refusal(struct price_paths *p)
{
    static struct error err;
    char text[8192];
    struct fixture *f = &p->fixture;

    *f = (struct fixture){.column = NULL};
    text_write(p, text, sizeof text);
    const bool ok = scenario_read(scratch_file("scenario.yaml", text), 0, NULL, &f->arena,
                                  &f->scenario, &err) &&
                    compile_plan(&f->scenario, &f->arena, &f->plan, &err);
    arena_free(&f->arena);
    return ok ? "" : err.text;
}

double *price_paths_record(struct price_paths *p)
{
    const struct plan *plan = &p->fixture.plan;
    const size_t n_time = (size_t)plan->n_step + 1;
    double *record =
        arena_get(&p->fixture.arena, plan->n_asset * p->n_path * n_time, sizeof *record);
    struct worker w;

    worker_create(&w, plan);
    for (uint64_t path = 0; path < p->n_path; path += LANES) {
        for (uint64_t k = 0; k < LANES; k++)
            w.path[k] = path + k;
        market_start(plan, &w);
        for (size_t time = 0; time < n_time; time++) {
            w.step = (uint32_t)time;
            w.time_s = (double)time * plan->step_s;
            if (time > 0)
                market_step(plan, &w);
            for (uint32_t asset = 0; asset < plan->n_asset; asset++)
                for (uint64_t k = 0; k < LANES; k++)
                    record[(asset * p->n_path + path + k) * n_time + time] =
                        worker_row(&w, ROW_SPOT, asset)[k];
        }
    }
    worker_free(&w);
    return record;
}

void price_paths_close(struct price_paths *p)
{
    fixture_close(&p->fixture);
}

struct price_mean price_paths_mean(const struct price_paths *p, double (*f)(double, double),
                                   double argument)
{
    const double *final_usd = fixture_metric(&p->fixture, "final_spot_usd", 0);
    const double n = (double)p->n_path;
    double sum = 0.0, square = 0.0;

    for (uint64_t i = 0; i < p->n_path; i++) {
        const double x = f(final_usd[i], argument);
        sum += x;
        square += x * x;
    }
    const double mean = sum / n;
    return (struct price_mean){mean, sqrt((square / n - mean * mean) / (n - 1.0))};
}
