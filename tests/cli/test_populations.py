"""Populations that are drawn, scaled, or made of published data, through the program and the
script."""

import csv
import os
import pathlib
import re
import subprocess
import unittest

from tailrace_case import ROOT, SCENARIOS, TailraceCase

DATA = ROOT.parent / "shared/data"
AAVE = [DATA / name for name in ("aave_v3_eth_top1000_accounts_20251202.csv",
                                 "aave_v3_eth_top1000_debt_positions_20251202.csv",
                                 "aave_v3_risk_params_20260822.csv")]
SCRIPT = ROOT / "scripts/make_population"
BOOK = ("liquidity: {impact_coefficient: 2, volatility_daily: 0.03, daily_volume_usd: 8.7e9, "
        "half_spread_frac: 5.0e-5, refill_half_life: 5m, permanent_frac: 0.3}")
MARKET = f"""\
tailrace: 1
assets:
  BTC: {{spot_usd: 66000, price: {{model: gbm, volatility_annual: 0.6}}}}
  ETH: {{spot_usd: 1950, price: {{model: gbm, volatility_annual: 0.8}}}}
  SOL: {{spot_usd: 84, price: {{model: gbm, volatility_annual: 0.9}}}}
  STETH: {{spot_usd: 1948, price: {{model: peg, anchor: ETH, parity: 0.999,
                                  basis_log_sd: 0.0005, basis_half_life: 6h}}}}
  USDC: {{spot_usd: 1, price: {{model: peg, parity: 1, basis_log_sd: 0.0003,
                              basis_half_life: 4h}}}}
correlation: {{BTC/ETH: 0.8, BTC/SOL: 0.6, ETH/SOL: 0.6, BTC/STETH: 0, ETH/STETH: 0,
              SOL/STETH: 0, BTC/USDC: 0, ETH/USDC: 0, SOL/USDC: 0, STETH/USDC: 0}}
venues:
  perp_venue:
    margin: {{rule: cross}}
    liquidity: square_root
    assets:
      BTC: {{{BOOK}}}
      ETH: {{{BOOK}}}
      SOL: {{{BOOK}}}
      STETH: {{{BOOK}}}
      USDC: {{{BOOK}}}
  lending:
    margin: {{rule: health_factor}}
    assets:
      BTC: {{margin: {{liquidation_threshold_frac: 0.78}}}}
      ETH: {{margin: {{liquidation_threshold_frac: 0.83}}}}
      STETH: {{margin: {{liquidation_threshold_frac: 0.81}}}}
      USDC: {{margin: {{liquidation_threshold_frac: 0.78}}}}
    categories:
      ether: {{STETH: {{margin: {{liquidation_threshold_frac: 0.95}}}}}}
      dollars: {{USDC: {{margin: {{liquidation_threshold_frac: 0.95}}}}}}
"""
SCENARIO = """\
tailrace: 1
name: drawn
run: {paths: 64, horizon: 4h, step: 1h}
market: market.yaml
accounts: {perp_venue: perps.yaml, lending: lending.yaml}
"""


class Populations(TailraceCase):
    def setUp(self):
        super().setUp()
        self.write("market.yaml", MARKET)
        self.write("drawn.yaml", SCENARIO)
        for ours, shipped in (("perps", "perp-october-2025"), ("lending", "lending-venue")):
            text = (SCENARIOS / f"populations/{shipped}.yaml").read_text(encoding="utf-8")
            self.write(f"{ours}.yaml", re.sub(r"accounts: \d+", "accounts: 2000", text))

    def figures(self, *arguments):
        text = self.tailrace("check", "drawn.yaml", *arguments).stdout_text
        return [line for line in text.splitlines() if line.startswith("##")], text

    def test_check_prints_both_in_figures_and_the_output_is_a_scenario(self):
        lines, text = self.figures()
        self.assertRegex(lines[0], r"^## perp_venue: 2000 accounts, long 2.63e\+10, short "
                                   r"2.5774e\+10 USD of contracts, hold .*; the 10 largest ")
        self.assertRegex(lines[1], r"leverage of accounts at 10, 50, 90, 99 %: .*; adverse "
                                   r"move that liquidates, by exposure, at 1, 10, 50, 90 %: ")
        self.assertEqual(lines[2], "##   liquidatable at the start and left out: 0 accounts, "
                                   "0 USD")
        self.assertRegex(lines[3], r"^## lending: 2000 accounts, hold .*, owe 1.373e\+10 USD;")
        self.write("again.yaml", text)
        self.assertEqual(self.tailrace("check", "again.yaml").stdout_text, text)

    def test_scaling_is_printed_and_resolved(self):
        lines, text = self.figures("--set", "accounts.lending.covers_frac=0.3")
        self.assertEqual(lines[-1], "##   given: 0.3 of the venue; each account is 4 replicas "
                                    "of weight 0.8333")
        self.assertIn("owe 4.57667e+10 USD", lines[3])
        self.assertIn("    covers_frac: 0.3\n    replicas: 4\n", text)

    def test_shipped_populations_draw_no_warning(self):
        self.tailrace("run", "drawn.yaml", "--quiet", "-o", "a.h5")
        process = self.tailrace("check", "drawn.yaml")
        self.assertEqual(process.stderr_text, "")

    def test_equal_runs_are_equal_files_for_every_build(self):
        self.tailrace("run", "drawn.yaml", "--quiet", "-o", "a.h5")
        programs = [None] + os.environ.get("TAILRACE_VARIANTS", "").split() + \
            [p for p in [os.environ.get("TAILRACE_CLANG")] if p]
        for program in programs:
            with self.subTest(program):
                options = {"program": program} if program else {}
                self.tailrace("run", "drawn.yaml", "--quiet", "-o", "b.h5", **options)
                self.assert_equal_files("a.h5", "b.h5")
                (self.folder / "b.h5").unlink()

    def test_a_million_accounts(self):
        lines, _ = self.figures("--set", "accounts.perp_venue.generate.accounts=1000000")
        self.assertIn("## perp_venue: 1000000 accounts, long 2.63e+10", lines[0])

    def test_a_name_without_venue_is_refused(self):
        process = self.tailrace("check", "drawn.yaml", "--set", "accounts=perps.yaml", code=2)
        self.assert_one_sentence(process, "does not say its venue: write accounts: {VENUE")

    def script(self, *arguments, code=0):
        process = subprocess.run([SCRIPT, *map(str, arguments)], cwd=self.folder, text=True,
                                 capture_output=True, check=False)
        self.assertEqual(process.returncode, code, process.stderr)
        return process

    def test_borrowers_of_aave(self):
        if not all(path.is_file() for path in AAVE):
            self.skipTest("the published data are not here")
        process = self.script("aave", *AAVE, "--market", SCENARIOS / "markets/majors.yaml",
                              "-o", "aave.csv")
        self.assertRegex(process.stdout, "988 accounts, 272 e-mode, 12 without collateral, 6 "
                                         "under water, 281 below 1 by base thresholds")
        with open(self.folder / "aave.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        spot = {"BTC": 66000.0, "ETH": 1950.0, "STETH": 1948.0, "USDC": 1.0}
        usd = [float(row["quantity"]) * spot[row["asset"]] for row in rows]
        with open(AAVE[0], encoding="utf-8", newline="") as file:
            source = [row for row in csv.DictReader(file)
                      if float(row["total_collateral_usd"]) > 0.0]
        for sign, column in ((1.0, "total_collateral_usd"), (-1.0, "total_debt_usd")):
            total = sum(float(row[column]) for row in source)
            ours = sum(max(sign * value, 0.0) for value in usd)
            self.assertAlmostEqual(ours / total, 1.0, delta=1e-9)
        # The program leaves out as many as the script says are under water.
        lines, _ = self.figures("--set", "accounts.lending=aave.csv")
        self.assertIn("## lending: 982 accounts", lines[3])
        self.assertIn("left out: 6 accounts, 6.96397e+07 USD", lines[5])

    def test_the_health_factor_is_the_recorded_one(self):
        self.write("a.csv", "account_id,total_debt_usd,total_collateral_usd,health_factor\n"
                            "1,600,1000,1.35\n2,900,1000,0.9\n3,990,1000,0.8\n4,5,0,\n"
                            "5,790,1000,0.99\n")
        self.write("p.csv", "account_id,symbol,amount_usd\n1,USDT,400\n2,WETH,900\n5,DAI,700\n")
        self.write("r.csv", "network,symbol,liquidation_threshold\nethereum,WETH,0.83\n"
                            "ethereum,WBTC,0.78\n")
        process = self.script("aave", "a.csv", "p.csv", "r.csv", "--market",
                              SCENARIOS / "markets/majors.yaml", "-o", "out.csv")
        self.assertIn("4 accounts, 3 e-mode, 1 without collateral, 1 under water, 4 below 1",
                      process.stdout)
        rows = list(csv.reader((self.folder / "out.csv").read_text().splitlines()))
        of = {(row[0], row[1]): float(row[2]) for row in rows[1:] if float(row[2]) > 0.0}
        # 1.35 x 600 / 1000 = 0.81 = 0.6 x 0.83 + 0.4 x 0.78
        self.assertAlmostEqual(of["aave-1", "ETH"] * 1950.0, 600.0, places=6)
        self.assertAlmostEqual(of["aave-1", "BTC"] * 66000.0, 400.0, places=6)
        self.assertAlmostEqual(of["aave-2", "STETH"] * 1948.0, 1000.0, places=6)
        self.assertEqual([row[4] for row in rows if row[0] == "aave-5"], ["dollars"] * 2)

    def test_open_interest_into_a_generator(self):
        self.write("BTCUSDT-metrics.csv",
                   "create_time,symbol,sum_open_interest_value,count_long_short_ratio\n"
                   "x,BTCUSDT,9e9,1.5\ny,BTCUSDT,8e9,3\n")
        self.write("hyperliquid.json",
                   '[{"universe": [{"name": "ETH"}, {"name": "XYZ"}]}, '
                   '[{"openInterest": "1000000", "markPx": "2000"}, '
                   '{"openInterest": "5", "markPx": "1"}]]')
        self.script("perps", "BTCUSDT-metrics.csv", "hyperliquid.json", "--assets", "BTC,ETH",
                    "--accounts", 1500, "-o", "perps.yaml")
        lines, text = self.figures()
        self.assertIn("## perp_venue: 1500 accounts, long 1e+10, short 1e+10 USD", lines[0])
        self.assertIn("long_share: 0.75\n", text)
        self.assertIn("share: 0.2\n", text)

    def test_bad_published_data_are_refused(self):
        self.write("a.csv", "account_id,total_debt_usd\n1,5\n")
        self.script("aave", "a.csv", "a.csv", "a.csv", "-o", "x", code=2)
        market = ("--market", SCENARIOS / "markets/majors.yaml", "-o", "x")
        self.write("r.csv", "network,symbol,liquidation_threshold\nethereum,WETH,0.83\n"
                            "ethereum,WBTC,0.78\n")
        process = self.script("aave", "a.csv", "a.csv", "r.csv", *market, code=2)
        self.assertIn("there is no column 'total_collateral_usd'", process.stderr)
        self.write("a.csv", "account_id,total_debt_usd,total_collateral_usd,health_factor\n"
                            "1,5,-3,1\n")
        self.write("p.csv", "account_id,symbol,amount_usd\n1,USDT,4\n")
        process = self.script("aave", "a.csv", "p.csv", "r.csv", *market, code=2)
        self.assertIn("account 1 owes 5 USD against -3", process.stderr)
        self.script("perps", pathlib.Path("none.csv"), "-o", "x", code=2)


if __name__ == "__main__":
    unittest.main()
