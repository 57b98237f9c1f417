#include "tests/population_case.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/scratch.h"

static const char market[] =
    "tailrace: 1\n"
    "assets:\n"
    "  BTC: {spot_usd: 66000, price: {model: gbm, volatility_annual: 0.6}}\n"
    "  ETH: {spot_usd: 1950, price: {model: gbm, volatility_annual: 0.8}}\n"
    "  SOL: {spot_usd: 84, price: {model: gbm, volatility_annual: 0.9}}\n"
    "  STETH: {spot_usd: 1948, price: {model: peg, anchor: ETH, parity: 0.999,\n"
    "                                  basis_log_sd: 0.0005, basis_half_life: 6h}}\n"
    "  USDC: {spot_usd: 1, price: {model: gbm, volatility_annual: 0.01}}\n"
    "correlation: {BTC/ETH: 0, BTC/SOL: 0, ETH/SOL: 0, BTC/STETH: 0, ETH/STETH: 0,\n"
    "              SOL/STETH: 0, BTC/USDC: 0, ETH/USDC: 0, SOL/USDC: 0, STETH/USDC: 0}\n"
    "venues:\n"
    "  perps:\n"
    "    margin: {rule: cross, maintenance_frac: 1.0e-4}\n"
    "    liquidity: square_root\n"
    "    assets:\n"
    "      BTC: {liquidity: {impact_coefficient: 1, volatility_daily: 0.02, "
    "half_spread_frac: "
    "0,\n"
    "              daily_volume_usd: 1.0e9, refill_half_life: 5m, permanent_frac: 0}}\n"
    "  loans:\n"
    "    margin: {rule: health_factor}\n"
    "    assets:\n"
    "      BTC: {margin: {liquidation_threshold_frac: 0.78}}\n"
    "      ETH: {margin: {liquidation_threshold_frac: 0.83}}\n"
    "      STETH: {margin: {liquidation_threshold_frac: 0.81}}\n"
    "      USDC: {margin: {liquidation_threshold_frac: 0.77}}\n"
    "    categories:\n"
    "      ether: {STETH: {margin: {liquidation_threshold_frac: 0.95}}}\n";

bool population_case_read(const char *accounts, struct arena *arena, struct scenario *s,
                          struct error *err)
{
    scratch_file("m.yaml", market);
    const char *text = arena_print(arena,
                                   "tailrace: 1\nname: x\nmarket: m.yaml\n"
                                   "run: {horizon: 1d}\naccounts:\n%s",
                                   accounts);
    return scenario_read(scratch_file("s.yaml", text), 0, NULL, arena, s, err);
}

const struct scenario_population *population_case(const char *accounts, struct arena *arena)
{
    struct scenario *s = arena_get(arena, 1, sizeof *s);
    struct error err;

    const bool ok = population_case_read(accounts, arena, s, &err);
    cr_assert(ok, "%s", err.text);
    return s->population;
}

double population_case_spot(const char *asset)
{
    static const char *const name[] = {"BTC", "ETH", "SOL", "STETH", "USDC"};
    static const double spot[] = {66000.0, 1950.0, 84.0, 1948.0, 1.0};

    for (int i = 0; asset != NULL && i < 5; i++)
        if (strcmp(name[i], asset) == 0)
            return spot[i];
    return 1.0;
}

double population_case_threshold(const char *asset, uint32_t category)
{
    if (asset == NULL)
        return 1.0;
    if (category == 1 && strcmp(asset, "STETH") == 0)
        return 0.95;
    return asset[0] == 'B' ? 0.78 : asset[0] == 'E' ? 0.83 : asset[0] == 'S' ? 0.81 : 0.77;
}

struct population_sample population_case_sample(const double *value, uint32_t n)
{
    struct population_sample s = {0.0, 0.0, n};

    for (uint32_t i = 0; i < n; i++)
        s.mean += value[i] / n;
    for (uint32_t i = 0; i < n; i++)
        s.sd += (value[i] - s.mean) * (value[i] - s.mean) / (n - 1);
    s.sd = sqrt(s.sd);
    return s;
}
