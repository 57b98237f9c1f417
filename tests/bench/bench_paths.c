/* Paths of ten correlated assets under every price model of the registry, each as its own
 * example has it: one block through one day in steps of five minutes, innovations, prices
 * and what the market keeps beside them. The figure is asset-steps per second. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/registry.h"
#include "scenarios/compile.h"
#include "sim/market.h"
#include "sim/worker.h"
#include "tests/bench/bench.h"

enum { N_ASSET = 10, N_STEP = 288 };

/* As the examples name them. */
static const char *const asset_name[N_ASSET] = {"ETH", "BTC", "A2", "A3", "A4",
                                                "A5",  "A6",  "A7", "A8", "A9"};

struct paths {
    struct scenario scenario;
    struct plan plan;
    struct worker worker;
};

static FILE *open_input(const char *folder, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        exit(1);
    return file;
}

/* Two hundred days of made-up prices, hourly: what the examples call prices.csv. */
static void write_prices(const char *folder)
{
    FILE *file = open_input(folder, "prices.csv");
    double log_price[N_ASSET] = {0.0};
    uint32_t state = 2385;

    fprintf(file, "time_s");
    for (int i = 0; i < N_ASSET; i++)
        fprintf(file, ",%s", asset_name[i]);
    for (int hour = 0; hour < 200 * 24; hour++) {
        fprintf(file, "\n%d", 1600000000 + 3600 * hour);
        for (int i = 0; i < N_ASSET; i++) {
            state = state * 1664525u + 1013904223u; /* Numerical Recipes, section 7.1 */
            log_price[i] += 0.015 * ((double)state / 0x1p32 - 0.5);
            fprintf(file, ",%.17g", 100.0 * exp(log_price[i]));
        }
    }
    fprintf(file, "\n");
    fclose(file);
}

/* An asset that others lean on has a plain model. */
static void write_scenario(const char *folder, const struct price_model *model)
{
    FILE *file = open_input(folder, "scenario.yaml");
    const bool leans = model->anchor != NULL;

    fprintf(file, "tailrace: 1\nname: bench\n"
                  "run: {paths: 256, horizon: 24h, step: 5m, report: 24h}\n"
                  "market:\n  tailrace: 1\n  name: bench\n  correlation:\n");
    for (int i = 0; i < N_ASSET; i++)
        for (int j = 0; j < i; j++)
            fprintf(file, "    %s/%s: 0.6\n", asset_name[j], asset_name[i]);
    fprintf(file, "  assets:\n");
    for (int i = 0; i < N_ASSET; i++)
        fprintf(file, "    %s: {spot_usd: 100, price: %s}\n", asset_name[i],
                leans && i == 0 ? "{model: gbm, volatility_annual: 0.8}"
                                : model->about.example);
    fclose(file);
}

static void *start_paths(struct arena *arena, const void *input)
{
    static const char *const names[] = {"scenario.yaml", "prices.csv"};
    struct paths *p = arena_get(arena, 1, sizeof *p);
    char folder[] = "/tmp/tailrace-bench-XXXXXX", path[128];
    struct error err;

    if (mkdtemp(folder) == NULL)
        exit(1);
    write_prices(folder);
    write_scenario(folder, input);
    snprintf(path, sizeof path, "%s/scenario.yaml", folder);
    if (!scenario_read(path, 0, NULL, arena, &p->scenario, &err) ||
        !compile_plan(&p->scenario, arena, &p->plan, &err)) {
        fprintf(stderr, "tailrace-bench: %s\n", err.text);
        exit(1);
    }
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    worker_create(&p->worker, &p->plan);
    for (uint64_t k = 0; k < LANES; k++)
        p->worker.path[k] = k;
    return p;
}

static double run_paths(void *work)
{
    struct paths *p = work;

    market_start(&p->plan, &p->worker);
    for (uint32_t step = 1; step <= N_STEP; step++) {
        p->worker.step = step;
        p->worker.time_s = step * p->plan.step_s;
        market_step(&p->plan, &p->worker);
    }
    return (double)N_STEP * N_ASSET * LANES;
}

static void stop_paths(void *work)
{
    worker_free(&((struct paths *)work)->worker);
}

const struct bench_figure *bench_paths(struct arena *arena)
{
    uint32_t n = 0;

    while (registry_price[n] != NULL)
        n++;
    struct bench_figure *figure = arena_get(arena, n + 1, sizeof *figure);
    for (uint32_t i = 0; i < n; i++)
        figure[i] = (struct bench_figure){
            .name = arena_print(arena, "paths.%s", registry_price[i]->about.name),
            .unit = "M/s",
            .scale = 1e6,
            .input = registry_price[i],
            .start = start_paths,
            .run = run_paths,
            .stop = stop_paths};
    return figure;
}
