"""The nine crises: windows, published figures and the shocks beside prices. Trust marks of figures:
[S] read in a public source, [V] recomputed, [W] weak or contradicted by another source, [M] from
memory, [A] an assumption: keep it a parameter and sweep it. Read by scripts/make_crises."""

import textwrap

# Depth divided by k in the 5-minute bars of 8 to 12 and of 12 to 20 local standard deviations, median
# and 90th percentile: 1.75 (5.2) and 2.4 (8); log_sd = ln(p90/median)/1.2816. A window is no single
# bar: of the largest bars (6.1, p90 34) only 10 October has one, at its hour.
DEPTH_LARGE = ("{multiply: {median: 0.57, log_sd: 0.85}}",
               "[S] depth divided by 1.75 in 5-minute bars of 8 to 12 deviations, p90 5.2 "
               "(636 events); for the whole window [A]")
DEPTH_LARGEST = ("{multiply: {median: 0.42, log_sd: 0.94}}",
                 "[S] depth divided by 2.4 in 5-minute bars of 12 to 20 deviations, p90 8 "
                 "(636 events); for the whole window [A]")


def line(key, text, indent=4):
    """One key with a quoted text, folded at 100 columns."""
    return textwrap.fill(f'{key}: "{text}"', 100, initial_indent=" " * indent,
                         subsequent_indent=" " * (indent + 2), break_on_hyphens=False) + "\n"


def liquidity(depth, spread, source=None, hours=None, start="0h", refill=None):
    text, reason = (depth, source) if source else depth
    refill = f"    refill: {{multiply: {refill}}}\n" if refill else ""
    return (f"  - liquidity: perp_venue\n    depth: {text}\n{refill}"
            f"    spread: {{multiply: {spread}}}\n    start: {start}\n    duration: {hours}h\n"
            + line("source", f"{reason}; spread [A]"))


def surface(factor, hours, source, assets="[BTC, ETH, SOL]"):
    """Implied volatility climbs in `hours` and stays."""
    return (f"  - surface: {assets}\n    multiply: {factor}\n    shape: ramp\n"
            f"    duration: {hours}h\n" + line("source", source))


def oracle(delay, start, hours, source):
    return (f"  - oracle: all\n    delay: {delay}\n    start: {start}h\n    duration: {hours}h\n"
            + line("source", source))


def price(name, asset, move, start, hours, source, recover=""):
    return (f"  - name: {name}\n    price: [{asset}]\n    move: {move}\n    start: {start}\n"
            f"    duration: {hours}h\n{recover}    includes_feedback: false\n"
            + line("source", source))


USDC_BACK = "    recover: {fraction: 1, half_life: 10h}\n"

CRISES = (
    {"name": "march-2020", "start": "2020-03-12 00:00", "hours": 48, "step": "5m",
     "description": "12 and 13 March 2020, two legs into thin books",
     "figures": """\
[S] BTC 7,300 to 5,690 (10-11 UTC) and 5,800 to 3,900 (23:00-02:15), BitMEX's perpetual 3,596; ETH -43 %
[S] more than 1 bn USD liquidated in 24 h; gas 80-200 gwei; 36 % of Maker's auctions without a bid
[S] Maker's deficit 5.67 M DAI [W: 6.65 M too]; 10-day realised volatility 3.13""",
     "no_sol": True,
     "widen": 2.3,
     "fitted_here": "the range is widened to 2.3 instead of 2 times the bucket's, so that the deepest "
                    "fall of nine years lies within it: with 2, this crisis lies at the 97.7 % (fall) "
                    "and 99.1 % (volatility) quantiles of BTC's simulation",
     "shocks": surface(2.8, 36, "[S] 1 m at the money 1.84, 3 m 1.40 on 16 March; about 0.65 before [M]")
     + liquidity("{multiply: {median: 0.08, log_sd: 0.5}}", 200, "[S] about 20 M USD of bids left "
                 "on BitMEX, spreads of hundreds of bps to 1,000; times and refill [A]", 24, "10h", 0.3)
     + oracle("20m", 10, 24, "[S] gas at 80-200 gwei, keepers stuck; the delay itself [A]")},
    {"name": "may-2021", "start": "2021-05-19 00:00", "hours": 24, "step": "5m",
     "description": "19 May 2021, one day's fall by a third",
     "figures": """\
[S] BTC -32 %, ETH -46 % in less than 12 h, BTC 43.8 k to 29-30 k; the average coin open to low -41 %
[S] 8.6 bn USD liquidated; open interest -35 %; realised volatility 1.81 (BTC) and 2.53 (ETH)""",
     "shocks": surface(1.8, 12, "[A] no implied volatility of that day found")
     + liquidity(DEPTH_LARGEST, 20, None, 24)},
    {"name": "may-2022", "start": "2022-05-09 00:00", "hours": 120, "step": "15m",
     "description": "9 to 13 May 2022, the end of UST and LUNA",
     "figures": """\
[S] LUNA from more than 80 to 0.69 USD in 5 days; [W] UST's low 0.22, 0.13 or 0.044 by venue
[S] the Luna guard's 80,394 BTC sold; 40 bn USD gone; [W] Venus lost 11.2 M (13.5 M too), Blizz 8.3 M:
    LUNA's oracle stood at its floor of 0.107 while the market paid 0.01""",
     "market": "ust",
     "own_shocks": price("ust", "UST", "{uniform: [-0.956, -0.78]}", "{uniform: [0h, 12h]}", 84,
                         "[W] low 0.044, 0.13 or 0.22 by venue; LUNA -99 % meanwhile [S]; hours [A]"),
     "shocks": surface(1.9, 72, "[S] BTC 1 m at the money about 1.30 on 12 May; about 0.68 before [M]")
     + liquidity(DEPTH_LARGE, 10, None, 120)},
    {"name": "june-2022", "start": "2022-06-10 00:00", "hours": 240, "step": "15m",
     "description": "10 to 19 June 2022, Celsius and Three Arrows, ten days downwards",
     "figures": """\
[S] more than 1 bn USD liquidated on the 14th; Maker liquidated 53 M DAI in a day
[S] stETH/ETH 0.947; Curve's pool 4.5 bn to 620 M USD, 111 k ETH against 491 k stETH
[M] BTC's low about 17.6 k, ETH's about 880""",
     "shocks": surface(1.9, 120, "[S] BTC 1 m implied about 1.30 on 15 June, before it 0.70; later "
                       "again 0.70 to 1.00")
     + price("steth", "STETH", "-0.053", "72h", 72, "[S] stETH/ETH 0.947; [A] hours, and that it stays")
     + liquidity(DEPTH_LARGE, 10, None, 240)},
    {"name": "november-2022", "start": "2022-11-06 00:00", "hours": 144, "step": "15m",
     "description": "6 to 11 November 2022, the end of FTX",
     "published_fall": (0.244, "[S] BTC 20.5 to 15.5 k"),
     "figures": """\
[S] BTC 20.5 to 15.5 k, ETH to 1,075, SOL -53 % in the week, FTT -85 % and more
[S] more than 1.5 bn USD liquidated from the 6th to the 11th
[S] depth of BTC, ETH and 30 others 1.8 to 0.8 bn USD; ETH's DVOL above 150, BVIV's peak 105""",
     "sol": (-0.35, "[S] SOL -53 % in the week: what the common fall leaves of it"),
     "shocks": surface(1.9, 72, "[S] BVIV's peak 105, December's contracts 55 to 80; ETH's DVOL above "
                       "150: BTC's 0.55 to 1.05 for all [A]")
     + liquidity("{multiply: {median: 0.59, log_sd: 0.5}}", 10, "[S] BTC within 2 % of 18 venues "
                 "11,800 to 7,000 BTC, single venues -18 to -57 %", 144)},
    {"name": "march-2023", "start": "2023-03-09 00:00", "hours": 120, "step": "15m",
     "description": "9 to 13 March 2023, USDC below its peg over a weekend",
     "figures": """\
[S] USDC's low 0.87 to 0.88 on the 11th, back about the 13th; DAI 0.88
[S] 3.3 of about 40 bn USD of reserves at Silicon Valley Bank; Curve's record day, 6-7 bn USD
[S] more than 2 bn USD of loans repaid; Aave's insolvency about 550 k USD""",
     "shocks": price("usdc", "USDC", "{uniform: [-0.13, -0.12]}", "{uniform: [44h, 52h]}", 8,
                     "[S] low 0.87-0.88, back about 13 March; [A] hours and half-life", USDC_BACK)
     + liquidity(DEPTH_LARGE, 5, None, 120)},
    {"name": "august-2024", "start": "2024-08-04 00:00", "hours": 48, "step": "5m",
     "description": "4 and 5 August 2024, the yen carry trade unwound",
     "published_fall": (0.18, "[S] BTC -13 to -18 %; [W] 61 to 49 k in 4 h"),
     "figures": """\
[S] BTC -13 to -18 %, [W] 61 to 49 k in 4 h; ETH -20 to -26 %; stETH 0.983; open interest -15 %
[S] liquidated: Aave v3 253.4 M USD (WETH 146.7 M), DeFi 341 M, exchanges about 1.1 bn
    DVOL of that day was not found""",
     "shocks": surface(1.6, 24, "[A] no implied volatility of that day found")
     + price("steth", "STETH", "-0.017", "{uniform: [20h, 30h]}", 2, "[S] stETH 0.983; [A] hours",
             "    recover: {fraction: 0.9, half_life: 6h}\n")
     + liquidity(DEPTH_LARGEST, 20, None, 48)},
    {"name": "october-2025", "start": "2025-10-10 00:00", "hours": 48, "step": "5m",
     "description": "10 October 2025, the largest liquidation day by volume",
     "figures": """\
[S] BTC 116.5 to 102.7 k in 30 minutes, ETH -20, SOL -31 %, Binance's average coin -63 %
[S] 19.1-19.3 bn USD liquidated, 1.62 M traders, longs 84 %; 3.21 bn in the minute of 21:15
[S] Hyperliquid: ADL 2.103 bn USD; accounts below zero -23.2 M, -109.3 M or -126 M [W: datasets differ]
[S] Aave: 180 M USD liquidated, deficit about 400 k; USDe 0.65 on Binance; dYdX halted 8 h""",
     "sol": (-0.17, "[S] SOL -31 %: what the common fall leaves of it"),
     "shocks": surface(1.4, 24, "[V] OKX 31 October 135 k call 0.406 to 0.585 at the low; [S] BTC 1 w "
                       "0.52, ETH 0.83 on the 17th")
     + liquidity(DEPTH_LARGE, 10, None, 48)
     + liquidity("{multiply: {median: 0.28, log_sd: 0.8}}", 2, "[S] depth divided by 6.1 in the "
                 "largest bars, 0.28 x 0.57 = 0.16; snapshots -90 to -98 %; [V] Binance's asks to 1 % "
                 "360 to 57 M USD at 21:22, half back 20 minutes later", 1, "1250m")
     + oracle("1m", 20, 8, "[S] dYdX restarted on a stale oracle after 8 h; the delay itself [A]")},
    {"name": "february-2026", "start": "2026-02-05 00:00", "hours": 48, "step": "5m",
     "description": "5 and 6 February 2026, BTC down to 60,000",
     "figures": """\
[S] BTC -15 to -17 % to 60 k; BVIV 56 to about 100, close 88.55; 7-day implied above 1.00
[S] Aave: 193 M USD liquidated in seven days, deficit 30 k""",
     "shocks": surface(1.7, 24, "[S] BVIV 56 to about 100, close 88.55")
     + liquidity(DEPTH_LARGE, 10, None, 48)},
)
