/* Figures of the cascade: 20,000 accounts of one asset, 288 steps of five minutes, fees,
 * tiers, funding and the fund in. The paths' own prices are in the time, too. Account-
 * steps are accounts x paths x steps, whether an account had to be looked at or not. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenarios/compile.h"
#include "sim/run.h"
#include "tests/bench/bench.h"

enum { ACCOUNTS = 20000, PATHS = 256, STEPS = 288 };

struct cascade {
    struct scenario scenario;
    struct plan plan;
    double **column;
    uint64_t first_path;
};

static const char SCENARIO[] =
    "tailrace: 1\n"
    "name: bench\n"
    "run: {paths: 256, horizon: 24h, step: 5m, report: 24h}\n"
    "accounts: {perp_venue: accounts.csv}\n"
    "market:\n"
    "  tailrace: 1\n"
    "  name: bench\n"
    "  assets:\n"
    "    BTC: {spot_usd: 100, funding_8h_frac: 1.0e-4, price: {model: gbm, "
    "volatility_annual: "
    "1.0}}\n"
    "  venues:\n"
    "    perp_venue:\n"
    "      margin: {rule: cross}\n"
    "      liquidity: square_root\n"
    "      insurance_fund_usd: 1.0e4\n"
    "      liquidation_fee_frac: 0.005\n"
    "      assets:\n"
    "        BTC: {tiers: [{from_usd: 0, maintenance_frac: 0.004}, {from_usd: 1000, "
    "maintenance_frac: 0.01}], liquidity: {impact_coefficient: 1, volatility_daily: 0.04, "
    "daily_volume_usd: 1.0e9, half_spread_frac: 0.0001, refill_half_life: 10m, "
    "permanent_frac: "
    "0}}\n";

/* Levels are spread evenly from `nearest` to `nearest` + 0.6, so a fall of 3 % beyond
 * `nearest` closes one account in twenty. */
static void write_inputs(const char *folder, double nearest)
{
    char path[128];

    snprintf(path, sizeof path, "%s/accounts.csv", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        exit(1);
    fprintf(file, "account,asset,quantity,entry_price_usd,collateral_usd\n");
    for (int i = 0; i < ACCOUNTS; i++) {
        const double coins = (i % 2 == 0 ? 1.0 : -1.0) * (1 + i % 23);
        const double level = nearest + 0.6 * (i + 0.5) / ACCOUNTS;
        fprintf(file, "a%d,BTC,%g,,%.10g\n", i, coins,
                (coins > 0 ? coins : -coins) * 100.0 * (level + 0.012));
    }
    fclose(file);
    snprintf(path, sizeof path, "%s/scenario.yaml", folder);
    file = fopen(path, "w");
    if (file == NULL || fputs(SCENARIO, file) < 0 || fclose(file) != 0)
        exit(1);
}

static const double busy = 0.0, quiet = 0.9;

/* `input`: the nearest level. */
static void *cascade_start(struct arena *arena, const void *input)
{
    const double *nearest = input;
    struct cascade *c = arena_get(arena, 1, sizeof *c);
    char folder[] = "/tmp/tailrace-bench-XXXXXX", path[128];
    struct error err;

    if (mkdtemp(folder) == NULL)
        exit(1);
    write_inputs(folder, *nearest);
    snprintf(path, sizeof path, "%s/scenario.yaml", folder);
    if (!scenario_read(path, 0, NULL, arena, &c->scenario, &err) ||
        !compile_plan(&c->scenario, arena, &c->plan, &err)) {
        fprintf(stderr, "tailrace-bench: %s\n", err.text);
        exit(1);
    }
    unlink(path);
    snprintf(path, sizeof path, "%s/accounts.csv", folder);
    unlink(path);
    rmdir(folder);
    c->column = arena_get(arena, c->plan.n_column, sizeof *c->column);
    for (uint32_t i = 0; i < c->plan.n_column; i++)
        c->column[i] = arena_get(arena, PATHS, sizeof **c->column);
    return c;
}

static void cascade_run(struct cascade *c)
{
    const struct run_job job = {.plan = &c->plan,
                                .first_path = c->first_path,
                                .n_path = PATHS,
                                .column = c->column};
    struct error err;

    run_threads(1); /* bench.c has its own */
    if (run_job(&job, &err) != RUN_DONE)
        exit(1);
    c->first_path += PATHS; /* fresh inputs */
}

static double sum_metric(const struct cascade *c, enum row_set set)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < c->plan.n_metric; i++)
        if (c->plan.metric[i].set == set && c->plan.metric[i].metric.group == METRIC_PATH)
            for (int k = 0; k < PATHS; k++)
                sum += c->column[c->plan.metric[i].metric.first_column][k];
    return sum;
}

static double account_steps(void *work)
{
    cascade_run(work);
    return (double)ACCOUNTS * PATHS * STEPS;
}

static double liquidations(void *work)
{
    cascade_run(work);
    return sum_metric(work, ROW_LIQUIDATED_ACCOUNTS);
}

static double rounds(void *work)
{
    cascade_run(work);
    return sum_metric(work, ROW_ROUNDS);
}

const struct bench_figure bench_cascade[] = {
    {"cascade.account_steps", "M/s", 1e6, &busy, cascade_start, account_steps, NULL},
    {"cascade.liquidations", "M/s", 1e6, &busy, cascade_start, liquidations, NULL},
    {"cascade.rounds", "M/s", 1e6, &busy, cascade_start, rounds, NULL},
    {"cascade.quiet_account_steps", "M/s", 1e6, &quiet, cascade_start, account_steps, NULL},
    {.name = NULL},
};
