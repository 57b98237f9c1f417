"""Scenarios with large books of options on two assets, made with a fixed seed."""

import random

from tailrace_case import SCENARIOS

ASSETS = (("BTC", 66000.0), ("ETH", 1950.0))
DAYS = (3, 7, 14, 30, 61, 92, 182, 365)  # to expiry, from the start
HEAD = "id,account,venue,instrument,asset,settlement,quantity,option_type,strike_usd,expiry\n"

MARKET = """\
tailrace: 1
name: two-coins
{time}assets:
  BTC: {{spot_usd: 66000, price: {{model: gbm, volatility_annual: 0.55}}, surface: {btc}}}
  ETH: {{spot_usd: 1950, price: {{model: merton, volatility_annual: 0.65, jumps_per_year: 35,
                                jump_log_mean: -0.01, jump_log_sd: 0.046}}, surface: {eth}}}
correlation: {{BTC/ETH: 0.85}}
venues:
  options_venue: {{margin: {{rule: standard}}, mark: traded, option_half_spread_frac: 0.05,
                  assets: {{BTC: {{collateral_haircut_frac: 0}},
                           ETH: {{collateral_haircut_frac: 0}}}}}}
  perp_venue:
    margin: {{rule: cross}}
    liquidity: square_root
    assets:
      BTC: {{tiers: [{{from_usd: 0, maintenance_frac: 0.01}}], liquidity: {{{depth}}}}}
      ETH: {{tiers: [{{from_usd: 0, maintenance_frac: 0.01}}], liquidity: {{{depth}}}}}
"""
DEPTH = "impact_coefficient: 3.0, volatility_daily: 0.03, permanent_frac: 0.3, " \
        "daily_volume_usd: 8.0e9, refill_half_life: 5m, half_spread_frac: 2e-5"
FLAT = MARKET.format(depth=DEPTH, time="", btc="{flat_volatility_annual: 0.55, flat_basis_annual: 0.04}",
                     eth="{flat_volatility_annual: 0.75, flat_basis_annual: 0.03}")
# Listed options' volatilities that move with the price.
LISTED = f"{{chain: {SCENARIOS}/markets/majors-chain.csv, iv_unit: fraction, " \
         "dynamics: sticky_delta}"
CHAIN = MARKET.format(depth=DEPTH, time="time_utc: 2026-03-02 08:00\n", btc=LISTED, eth=LISTED)
SHOCK = "shocks:\n  - {surface: all, multiply: {uniform: [1.2, 1.8]}, start: 5h}\n"


def options(count, account="desk,", seed=20260302, written=0.45):
    """Rows of options: strikes around the money, wider for later expiries; some inverse."""
    draw = random.Random(seed)
    for number in range(count):
        asset, spot = ASSETS[number % 2]
        days = draw.choice(DAYS)
        strike = spot * (1.0 + draw.gauss(0.0, 0.5 * (days / 365.0) ** 0.5))
        strike = max(strike, 0.2 * spot)
        quantity = draw.choice((1, 2, 5, 10)) * (1 if asset == "BTC" else 20)
        yield (f"{account.split(',')[0]}-{number},{account},option,{asset},"
               f"{draw.choice(('inverse', 'linear'))},"
               f"{-quantity if draw.random() < written else quantity},"
               f"{draw.choice(('call', 'put'))},{strike:.6g},{days}d\n")


def scenario(name, paths, run="", shocks=""):
    """24 reporting times in a day; market.yaml and book.csv are beside it."""
    return (f"tailrace: 1\nname: {name}\nrun: {{paths: {paths}, horizon: 24h, step: 1h, "
            f"report: 1h, seed: 7{run}}}\nmarket: market.yaml\nportfolio: book.csv\n{shocks}")
