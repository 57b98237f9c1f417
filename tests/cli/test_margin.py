"""tailrace margin: requirements under every rule and where accounts die."""

import json
import os
import pty
import unittest

from tailrace_case import PROGRAM, SCENARIOS, TailraceCase

LOAN_MARKET = """\
tailrace: 1
name: loans
assets:
  ETH: {spot_usd: 2000, price: {model: gbm, volatility_annual: 0.6}}
  USDC: {spot_usd: 1, price: {model: peg, basis_log_sd: 0.0003, basis_half_life: 4h}}
correlation: {ETH/USDC: 0}
venues: {}
"""
LOAN_BOOK = """\
id,account,instrument,asset,quantity
collateral,vault,spot,ETH,3
debt,vault,spot,USDC,-2000
vested,idle,spot,ETH,1
"""
DESK = ("book.csv", "--market", "small.yaml")


class Margin(TailraceCase):
    def setUp(self):
        super().setUp()
        self.write("loans.yaml", LOAN_MARKET)
        self.write("loans.csv", LOAN_BOOK)

    def json(self, *arguments):
        return json.loads(self.tailrace("margin", *arguments, "--json").stdout_text)

    def rules(self, *arguments):
        """(account, rule) -> what is said"""
        return {(account["account"], line["rule"]): line
                for account in self.json(*arguments)["accounts"] for line in account["rules"]}

    def test_cross_margin_by_hand(self):
        """1 % of 44.01 BTC at 66,000; equity 1.3 M + 30 BTC + the profit since 64,050 falls
        to it where 1.3e6 + 30 p + 44.01 (p - 64,050) = 0.01 x 44.01 p."""
        line = self.rules(*DESK)["desk", "cross"]
        self.assertAlmostEqual(line["maintenance_usd"], 0.01 * 44.01 * 66000, places=6)
        self.assertEqual(line["parameters"], "perp_venue")
        self.assertIsNone(line["initial_usd"])
        price = (44.01 * 64050 - 1.3e6) / (30 + 44.01 * 0.99)
        self.assertAlmostEqual(line["dies_down_frac"], price / 66000 - 1, places=10)
        self.assertIsNone(line["dies_up_frac"])

    def test_a_market_a_scenario_and_a_scenarios_own_positions_agree(self):
        one = self.json("book.csv", "--market", "market.yaml")
        self.assertEqual(one, self.json("book.csv", "--market", "small.yaml"))
        self.assertEqual(one, self.json("small.yaml"))

    def test_all_rules_are_those_of_list(self):
        listed = self.tailrace("list").stdout_text.split("margin rules\n")[1].split("\n\n")[0]
        names = [line.split()[0] for line in listed.splitlines()]
        shown = [rule for account, rule in self.rules(*DESK) if account == "desk"]
        loans = ["health_factor", "collateral_ratio"]
        self.assertEqual(shown, [name for name in names if name not in loans])
        for name in names:
            self.assertEqual(list(self.rules(*DESK, "--rule", name)), [("desk", name)])

    def test_scenarios_and_their_worst(self):
        for rule, n in (("deribit_portfolio", 35), ("derive_portfolio", 33),
                        ("derive_portfolio_legacy", 23)):
            line = self.rules(*DESK, "--rule", rule)["desk", rule]
            pnl = [scenario["pnl_usd"] for scenario in line["scenarios"]]
            self.assertEqual(len(pnl), n)
            self.assertEqual(line["worst_scenario"], pnl.index(min(pnl)))
            self.assertEqual(line["scenarios_of"], "BTC")
            self.assertGreater(line["initial_usd"], line["maintenance_usd"])

    def test_a_vault_dies_at_its_ratio(self):
        """3 ETH at 2,000 for 2,000 USDC: at 1.5 it dies at 1,000; USDC keeps its peg."""
        report = self.json("loans.csv", "--market", "loans.yaml", "--rule",
                           "collateral_ratio")
        self.assertEqual(report["moves"], ["ETH"])
        vault, idle = report["accounts"]
        line = vault["rules"][0]
        self.assertAlmostEqual(line["maintenance_usd"], 2000)
        self.assertAlmostEqual(line["dies_down_frac"], -0.5)
        self.assertEqual(idle["rules"], [])
        contracts = self.rules(*DESK, "--rule", "health_factor")["desk", "health_factor"]
        self.assertEqual(contracts["refused"], "has contracts, and the rule is of loans")

    def test_a_venue_says_what_each_asset_counts(self):
        """3 ETH at 2,000, of which 0.8 covers 2,000 USDC: it dies at 2,000 / 2.4."""
        self.write("loans.yaml", LOAN_MARKET.replace("venues: {}", """\
venues:
  pool:
    margin: {rule: health_factor}
    assets:
      ETH: {margin: {liquidation_threshold_frac: 0.8, loan_to_value_frac: 0.75}}
      USDC: {}
"""))
        line = self.rules("loans.csv", "--market", "loans.yaml")["vault", "health_factor"]
        self.assertEqual(line["parameters"], "pool")
        self.assertAlmostEqual(line["maintenance_usd"], 0.2 * 6000)
        self.assertAlmostEqual(line["initial_usd"], 0.25 * 6000)
        self.assertAlmostEqual(line["dies_down_frac"], 2000 / 2400 / 2 - 1)
        for key, value, why in (("liquidation_threshold_frac", 1.1, "is outside 0 .. 1"),
                                ("loan_to_value_frac", 0.9, "could be open to liquidation")):
            wrong = self.tailrace(
                "margin", "loans.csv", "--market", "loans.yaml", "--set",
                f"market.venues.pool.assets.ETH.margin.{key}={value}", code=2)
            self.assert_one_sentence(wrong, why)

    def test_options_and_what_no_rule_margins(self):
        market = ("--market", SCENARIOS / "markets/majors.yaml")
        rules = self.rules(SCENARIOS / "portfolios/quickstart.csv", *market)
        self.assertEqual(rules["desk-options", "isolated"]["refused"],
                         "has options, which the rule does not admit")
        for rule in ("standard", "deribit_portfolio", "derive_portfolio"):
            self.assertGreater(rules["desk-options", rule]["maintenance_usd"], 0)
        report = self.json(SCENARIOS / "portfolios/defi.csv", *market)
        self.assertEqual([account["left_out"] for account in report["accounts"]],
                         [["borrowed"], ["looped"], ["calls", "puts"]])

    def test_the_plain_text_has_the_numbers_of_the_json(self):
        lines = self.tailrace("margin", *DESK).stdout_text.splitlines()
        head = lines[0].split("\t")
        rows = [dict(zip(head, line.split("\t"))) for line in lines[1:]]
        rules = self.rules(*DESK)
        self.assertEqual([(row["account"], row["rule"]) for row in rows],
                         [*rules, ("custody", "")])
        for row in rows[:-1]:
            line = rules[row["account"], row["rule"]]
            for key in ("maintenance_usd", "initial_usd", "dies_down_frac", "dies_up_frac"):
                number = float(row[key]) if row[key] else None
                self.assertEqual(number, line[key], (row["rule"], key))
        self.assertEqual(float(rows[-1]["equity_usd"]), 900 * 1950)

    def test_a_terminal_gets_a_table(self):
        master, slave = pty.openpty()
        process = self.start("margin", *DESK, stdout=slave)
        os.close(slave)
        text = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        os.close(master)
        self.assertEqual(process.wait(timeout=60), 0)
        process.stderr.close()
        table = text.decode().replace("\r\n", "\n")
        self.assertRegex(table, r"(?m)^desk at perp_venue: equity 3\.366 M, notional 2\.905 M$")
        self.assertRegex(table, r"(?m)^  cross \* +29\.05 k +- +1 %")
        self.assertRegex(table, r"(?m)^  nothing that needs margin$")

    def test_a_rule_that_cannot_be_followed_is_refused_by_check(self):
        self.write("crowd.csv", "account,asset,quantity,entry_price_usd,collateral_usd\n"
                   "a1,BTC,1.5,64000,12000\n")
        crowd = ["--set", "accounts={perp_venue: crowd.csv}"]
        rows = (("isolated", [], r"book\.csv:2:.*isolated margins every position by itself"),
                ("collateral_ratio", [], r"book\.csv:2:.*is of loans"),
                ("deribit_portfolio", ["--set", "portfolio=null", *crowd],
                 r"crowd\.csv:2:.*the portfolio's accounts alone"))
        for rule, more, pattern in rows:
            override = f"market.venues.perp_venue.margin={{rule: {rule}}}"
            for command in ("check", "run"):
                done = self.tailrace(command, "small.yaml", "--set", override, *more, code=2)
                self.assert_one_sentence(done, pattern + ".*see tailrace margin")

    def test_a_run_follows_a_portfolio_rule(self):
        """At the start the smallest buffer of the desk is what margin says; the account is
        closed where the rule is strict."""
        import h5py

        for rule in ("deribit_portfolio", "derive_portfolio"):
            override = ("--set", f"market.venues.perp_venue.margin={{rule: {rule}}}")
            report = self.json("small.yaml", *override)
            desk = report["accounts"][0]
            buffer = (desk["equity_usd"] - next(
                line["maintenance_usd"] for line in desk["rules"] if line["rule"] == rule))
            quiet = ("small.yaml", "--quiet", "--set", "shocks=[]",
                     "--set", "run.horizon=1h", "--set", "market.assets.BTC.price="
                     "{model: gbm, volatility_annual: 0}", *override)
            self.tailrace("run", *quiet)
            with h5py.File(self.folder / "small.h5") as file:
                lowest = file["small/path/min_margin_buffer_usd"][:]
            self.assertAlmostEqual(lowest.max() / buffer, 1, places=9)
            dies = {line["rule"]: line["dies_down_frac"] for line in desk["rules"]}
            shock = (f"shocks[0].move={(dies[rule] + dies['cross']) / 2}", "--set",
                     "market.assets.BTC.price={model: gbm, volatility_annual: 0.01}")
            liquidated = []
            for rules in ((), override):
                self.tailrace("run", "small.yaml", "--quiet", *rules, "--set", *shock)
                with h5py.File(self.folder / "small.h5") as file:
                    liquidated.append(file["small/path/liquidated"][:].mean())
            self.assertEqual(liquidated, [0, 1], dies)

    def test_parameters_are_those_of_a_venue_that_has_the_rule(self):
        for ratio in (0.8, 0.5):
            override = ("market.venues.perp_venue.margin={rule: deribit_portfolio, "
                        f"maintenance_ratio: {ratio}}}")
            line = self.rules("small.yaml", "--set", override)["desk", "deribit_portfolio"]
            self.assertAlmostEqual(line["maintenance_usd"], ratio * line["initial_usd"])

    def test_mistakes_are_one_sentence(self):
        self.write("empty.csv", "id,instrument,asset,quantity\n")
        self.write("bad.csv", "id,instrument,asset,quantity\na,perpetual,XRP,3\n")
        rows = (
            (["book.csv"], "book.csv holds no prices: add --market FILE"),
            (["small.yaml", "--market", "market.yaml"], "small.yaml is a scenario, it has a"),
            (["small.yaml", "--rule", "crosss"], "no margin rule 'crosss': did you mean 'cross'"),
            (["book.csv", "small.yaml"], "give one file, not 'book.csv' and 'small.yaml'"),
            (["small.yaml", "--set", "x"], "margin: --set x: write --set KEY=VALUE"),
            (["empty.csv", "--market", "market.yaml"], "empty.csv"),
            (["bad.csv", "--market", "market.yaml"], r"bad\.csv:2:.*XRP"),
            (["none.csv", "--market", "market.yaml"], "none.csv"),
        )
        for arguments, pattern in rows:
            with self.subTest(arguments=arguments):
                done = self.tailrace("margin", *arguments, code=2)
                self.assert_one_sentence(done, pattern)

    def test_describe_names_what_a_venue_says_of_an_asset(self):
        text = self.tailrace("describe", "health_factor").stdout_text
        self.assertRegex(text, r"of each asset at the venue:\n  liquidation_threshold_frac ")


if __name__ == "__main__":
    unittest.main()
