"""Oracles, marks, chains and what acts on them that cannot be meant: one sentence with file,
line and column, exit code 2; and what is right is read, echoed and read again."""

import unittest

from tailrace_case import BOOK, SCENARIO, TailraceCase

MARKET = """\
tailrace: 1
name: market
assets:
  BTC: {spot_usd: 66000, price: {model: gbm, volatility_annual: 0.45}}
  ETH: {spot_usd: 1950, price: {model: gbm, volatility_annual: 0.65}, oracle: {delay: 1h}}
  STETH: {spot_usd: 1950, price: {model: peg, anchor: ETH, basis_log_sd: 0.001, basis_half_life: 6h},
          oracle: {rate: true, floor_usd: 1}}
correlation: {BTC/ETH: 0.85, BTC/STETH: 0, ETH/STETH: 0}
chains:
  ethereum: {gas_price_gwei: 20, gas_per_liquidation: 450000, native: ETH, liquidations_per_s: 0.5}
venues:
  perp_venue:
    margin: {rule: cross}
    liquidity: square_root
    mark: median
    mark_half_life: 5m
    assets:
      BTC:
        tiers: [{from_usd: 0, maintenance_frac: 0.01}]
        liquidity: {impact_coefficient: 3.0, volatility_daily: 0.0233, permanent_frac: 0.3,
                    daily_volume_usd: 12.5e9, refill_half_life: 5m, half_spread_frac: 2e-5}
  lender:
    margin: {rule: cross}
    mark: oracle
    chain: ethereum
    liquidator_capital_usd: 2.0e6
    assets:
      ETH: {oracle: {heartbeat: 1h, twap: 30m, sources: 5, source_noise_frac: 0.001}}
"""
MARKET_ROWS = (
    ("unknown chain", "chain: ethereum", "chain: etherium",
     r"22:3: the market has no chain 'etherium': did you mean 'ethereum'\?"),
    ("negative gas", "gas_price_gwei: 20", "gas_price_gwei: -20",
     r"10:30: market\.chains\.ethereum\.gas_price_gwei = -20 is outside 0 \.\. "),
    ("no gas", "gas_price_gwei: 20, ", "", r"10:13: .* lacks 'gas_price_gwei'"),
    ("native", "native: ETH", "native: ETC", r"10:\d+: .* no asset 'ETC': did you mean"),
    ("no room", "0.5}", "-1}", r"10:\d+: .*liquidations_per_s = -1 is outside"),
    ("block", "0.5}", "0.5, block: 12}", r"10:\d+: .*block = 12 lacks its unit"),
    ("chains", "  ethereum: {", "  - {", r"10:3: market\.chains is a list"),
    ("capital", "2.0e6", "-1", r"26:29: .*liquidator_capital_usd = -1 is outside"),
    ("half-life", "    mark_half_life: 5m\n", "",
     r"12:3: venue perp_venue marks by an average premium: say over what time"),
    ("mark", "mark: median", "mark: mean", r"15:11: .*mark = mean is unknown: choose"),
    ("no oracle", "mark: median", "mark: oracle", r"12:3: venue perp_venue marks by the "
     r"oracle, but BTC has none"),
    ("no index", "mark: median", "mark: median\n    index: oracle",
     r"12:3: venue perp_venue marks by the oracle, but BTC has none"),
    ("key", "twap: 30m", "twop: 30m", r"28:\d+: market\.venues\.lender\.assets\.ETH\.oracle "
     r"has no key 'twop': did you mean 'twap'\?"),
    ("window", "twap: 30m", "twap: 30", r"28:\d+: .*oracle\.twap = 30 lacks its unit"),
    ("many sources", "sources: 5", "sources: 99", r"28:\d+: .*sources = 99 is outside 1 \.\."),
    ("no noise", ", source_noise_frac: 0.001", "",
     r"28:\d+: .*oracle\.sources = 5 all see the same: add source_noise_frac"),
    ("cap", "twap: 30m", "floor_usd: 2, cap_usd: 1",
     r"28:\d+: .*cap_usd = 1 is not above floor_usd = 2"),
    ("a rate's delay", "rate: true", "rate: true, delay: 5m",
     r"7:\d+: market\.assets\.STETH\.oracle: with rate .* leave delay out"),
    ("a rate of nothing", "{delay: 1h}", "{rate: true}", r"5:\d+: the oracle of ETH follows a "
     r"rate, but its price is not counted"),
    ("a rate without anchor", ", oracle: {delay: 1h}", "",
     r"7:\d+: the oracle of STETH follows that of ETH, which has none"),
)
SHOCK_ROWS = (
    ("halt of an unknown venue", "{halt: lendr, duration: 1h}",
     r"8:12: the market has no venue 'lendr': did you mean 'lender'\?"),
    ("halt that fades", "{halt: lender, recover: {half_life: 1h}}",
     r"8:20: shocks\[0\]: a halt does not fade: write its duration"),
    ("halt by degrees", "{halt: lender, shape: ramp, duration: 1h}", r"8:\d+: .* is no ramp"),
    ("size of a halt", "{halt: lender, multiply: 2}", r"8:20: .* has no key 'multiply'"),
    ("gas of an unknown chain", "{gas: etherum, price_gwei: 200}",
     r"8:11: the market has no chain 'etherum': did you mean 'ethereum'\?"),
    ("negative gas", "{gas: all, price_gwei: -200}", r"8:\d+: .*price_gwei = -200 is outside"),
    ("gas without a size", "{gas: all}", r"8:5: shocks\[0\] changes nothing: add price_gwei"),
    ("gas falls below 0", "{gas: all, price_gwei: {uniform: [-1, 5]}}", r"8:\d+: .*-1"),
    ("throughput", "{gas: all, throughput: 0.1}", r"8:\d+: .*throughput is no factor: write"),
    ("no throughput", "{gas: all, throughput: {multiply: 0}}", r"8:\d+: .*stay above 0"),
    ("rate's delay", "{oracle: STETH, delay: 1h}", r"8:14: .*STETH has no oracle to act on"),
)
SHOCKS = SCENARIO.split("  - ")[0]


class BadVenues(TailraceCase):
    def setUp(self):
        super().setUp()
        self.write("market.yaml", MARKET)
        self.write("book.csv", BOOK)

    def refused(self, file, pattern):
        for command in (["check"], ["run", "-o", "out.h5"]):
            done = self.tailrace(*command, "small.yaml", code=2)
            self.assert_one_sentence(done, rf"\Atailrace: {file}:{pattern}")

    def test_markets(self):
        for label, old, new, pattern in MARKET_ROWS:
            with self.subTest(label):
                self.assertEqual(MARKET.count(old), 1)
                self.write("market.yaml", MARKET.replace(old, new))
                self.refused(r"market\.yaml", pattern)

    def test_shocks(self):
        for label, row, pattern in SHOCK_ROWS:
            with self.subTest(label):
                self.write("small.yaml", SHOCKS + "  - " + row + "\n")
                self.refused(r"small\.yaml", pattern)

    def test_gas_and_halts_without_chains_and_venues(self):
        self.write("market.yaml", MARKET.split("chains:")[0])
        self.write("small.yaml", SHOCKS.replace("portfolio: book.csv\n", "") +
                   "  - {gas: ethereum, price_gwei: 9}\n")
        self.refused(r"small\.yaml", r"7:11: the market has no chains, so none is called")
        self.write("small.yaml", SHOCKS.replace("portfolio: book.csv\n", "") +
                   "  - {halt: lender}\n")
        self.refused(r"small\.yaml", r"7:12: the market has no venues, so none is called")

    def test_what_is_right_survives(self):
        self.write("small.yaml", SHOCKS + """\
  - {halt: [lender], start: {uniform: [3h, 4h]}, duration: 1h}
  - {halt: all, start: 40h}
  - {gas: ethereum, price_gwei: {uniform: [80, 200]}, throughput: {multiply: {median: 0.1, log_sd: 0.4}},
     start: 3h, duration: 1d, recover: {half_life: 4h}}
  - {gas: all, price_gwei: 0, start: 40h}
  - {oracle: ETH, delay: 5m}
""")
        text = self.tailrace("check", "small.yaml").stdout_text
        for part in ("halt: [lender], shape: pulse", "price_gwei: {uniform: [80, 200]}",
                     "throughput: {multiply: {median: 0.1", "twap: 30m", "sources: 5",
                     "chain: ethereum", "liquidator_capital_usd: 2000000", "block: 12s",
                     "rate: true\n        floor_usd: 1", "mark: median"):
            self.assertIn(part, text)
        self.write("again.yaml", text)
        self.assertEqual(self.tailrace("check", "again.yaml").stdout_text, text)
        self.tailrace("run", "small.yaml", "--quiet", "-o", "1.h5", "--paths", "64")
        self.tailrace("run", "again.yaml", "--quiet", "-o", "2.h5", "--paths", "64")

    def test_a_chain_is_set_by_its_name(self):
        key = "market.chains.ethereum.gas_price_gwei=30"
        text = self.tailrace("check", "small.yaml", "--set", key).stdout_text
        self.assertIn("gas_price_gwei: 30", text)
        done = self.tailrace("check", "small.yaml", "--set", key.replace("ethe", "eth"), code=2)
        self.assert_one_sentence(done, "did you mean 'ethereum'")


if __name__ == "__main__":
    unittest.main()
