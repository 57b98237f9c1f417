"""Cascades: their metrics, the summary's block, and the events of one path as a table."""

import csv
import json
import math
import re

import unittest

from tailrace_case import SCENARIO, TailraceCase

ACCOUNTS = "account,asset,quantity,entry_price_usd,collateral_usd,weight\n" + "".join(
    f'"whale ""{i}"", BTC",BTC,{300 + 40 * i},66000,{(300 + 40 * i) * 66000 * (0.02 + 0.005 * i)},{1 + i % 3}\n'
    for i in range(60))
LEVERED = SCENARIO + "accounts: {perp_venue: accounts.csv}\n"

SUMS = {"liquidated": "liquidated_usd", "fee": "liquidation_fees_usd", "fund": "fund_drawn_usd",
        "shortfall": "gross_shortfall_usd", "bad_debt": "bad_debt_usd",
        "returned": "returned_usd"}


class Cascades(TailraceCase):
    def setUp(self):
        super().setUp()
        self.write("accounts.csv", ACCOUNTS)
        self.write("levered.yaml", LEVERED)

    def replay(self, path):
        """(metrics of the path, its events)"""
        done = self.tailrace("run", "levered.yaml", "--path", path, "--events", "events.csv")
        metrics = {}
        for line in done.stdout_text.splitlines()[1:]:
            name, element, value, _ = line.split()
            metrics[name, element] = float(value)
        with open(self.folder / "events.csv", encoding="utf-8", newline="") as file:
            return metrics, list(csv.DictReader(file))

    def test_events_add_up_to_the_metrics_of_the_path(self):
        metrics, events = self.replay(3)
        self.assertGreater(metrics["liquidated_accounts", "perp_venue"], 10)
        for event, metric in SUMS.items():
            total = 0.0
            for row in events:
                if row["event"] == event:
                    total += float(row["usd"])
            self.assertEqual(total, metrics[metric, "perp_venue"], metric)
        closed = sum(float(row["accounts"]) for row in events if row["event"] == "liquidation")
        self.assertEqual(closed, metrics["liquidated_accounts", "perp_venue"])
        by_sales = sum(float(row["usd"]) for row in events
                       if row["event"] == "liquidated" and row["cause"] == "cascade")
        self.assertAlmostEqual(by_sales / metrics["liquidated_usd", "perp_venue"],
                               metrics["branching_ratio", "perp_venue"], delta=1e-12)
        self.assertGreater(metrics["branching_ratio", "perp_venue"], 0.0)

    def test_events_name_accounts_as_their_file_does(self):
        _, events = self.replay(3)
        names = {row["account"] for row in events if row["own"] == "0"}
        self.assertTrue(names)
        self.assertLessEqual(names, {f'whale "{i}", BTC' for i in range(60)})
        self.assertLessEqual({row["account"] for row in events if row["own"] == "1"}, {"desk"})
        order = [(float(row["time_s"]), int(row["round"])) for row in events]
        self.assertEqual(order, sorted(order))
        for row in events:
            self.assertEqual(row["venue"], "perp_venue")
            self.assertIn(row["cause"], ("market", "cascade"))
            if row["event"] == "trade":
                self.assertAlmostEqual(float(row["coins"]) * float(row["price_usd"]),
                                       float(row["usd"]), delta=1e-9 * abs(float(row["usd"])))

    def test_a_tape_changes_nothing(self):
        metrics, _ = self.replay(3)
        alone = self.tailrace("run", "levered.yaml", "--path", 3).stdout_text
        for (name, element), value in metrics.items():
            line = re.search(rf"(?m)^{name} {element} (\S+)", alone)
            self.assertTrue(float(line[1]) == value or math.isnan(value), name)

    def test_wrong_usage_of_events(self):
        self.write("other.yaml", SCENARIO.replace("name: small", "name: other"))
        rows = ((["levered.yaml", "--events", "a.csv"], "--events goes with --path N"),
                (["levered.yaml", "other.yaml", "--path", "1", "--events", "a.csv"],
                 "--events takes one scenario"),
                (["levered.yaml", "--path", "1", "--events", "."], "is a folder"),
                (["levered.yaml", "--path", "1", "--events"], "--events needs a value"))
        for words, pattern in rows:
            with self.subTest(words):
                done = self.tailrace("run", *words, code=2)
                self.assert_one_sentence(done, pattern)
                self.assertNotIn("a.csv", self.files())

    def test_summary_and_show_print_the_cascades(self):
        run = ("run", "levered.yaml", "-o", "levered.h5")
        tables = self.tailrace(*run).stdout_text
        self.assertRegex(tables, r"(?m)^cascades, median \[95 %\] +accounts closed +bad debt")
        self.assertRegex(tables, r"(?m)^perp_venue +\d\S* \[.*\] +\S.* \[.*\] +0\.\d+ \[")
        self.assertEqual(self.tailrace("show", "levered.h5").stdout_text, tables)
        figures = self.tailrace("show", "levered.h5", "--json").stdout_text
        self.assertEqual(self.tailrace(*run, "--json").stdout_text, figures)
        self.assertNotIn("cascades", self.tailrace("run", "small.yaml").stdout_text)

    def test_quantiles_are_those_of_the_paths(self):
        import h5py
        import numpy

        figures = self.tailrace("run", "levered.yaml", "-o", "levered.h5",
                                "--json").stdout_text
        row = json.loads(figures)["cells"][0]["cascades"][0]
        with h5py.File(self.folder / "levered.h5") as file:
            path, cascade = file["small/path"], file["small/cascade"]
            sold = path["liquidated_usd"][:, 0]
            ratio = path["branching_ratio"][:, 0]
            self.assertEqual(row["paths"], (sold > 0).sum())
            numpy.testing.assert_array_equal(numpy.isnan(ratio), sold == 0)
            for name in ("liquidated_accounts", "liquidated_usd", "bad_debt_usd",
                         "branching_ratio"):
                values = numpy.sort(path[name][:, 0])
                values = values[~numpy.isnan(values)]
                for k, key in enumerate(("lower", "median", "upper")):
                    level = cascade["quantile"][k]
                    rank = int(numpy.ceil(level * len(values) * (1 - 1e-12)))
                    self.assertEqual(cascade[name][0, k], values[rank - 1], name)
                    self.assertEqual(row[name][key], values[rank - 1], name)
            numpy.testing.assert_allclose(path["bad_debt_by_usd"][:].sum(axis=1),
                                          path["bad_debt_usd"][:].sum(axis=1), rtol=1e-9)
            self.assertEqual([name.decode() for name in path["mechanism"][:]],
                             ["insolvent", "waiting", "mark", "incentive", "slippage"])
            filled = list(path["stop"][:]).index(b"filled")
            numpy.testing.assert_array_equal(path["attempts"][:, filled],
                                             path["liquidated_accounts"][:].sum(axis=1))
            numpy.testing.assert_array_equal(file["small/time/liquidated_accounts"][-1, 3],
                                             cascade["liquidated_accounts"][:, 1])
            self.assertTrue((file["small/time/impact_frac"][:] <= 1.0).all())

    def test_the_check_of_triggers_changes_no_figure(self):
        plain = self.tailrace("run", "levered.yaml", "-o", "a.h5").stdout_text
        checked = self.tailrace("run", "levered.yaml", "--set", "run.check_triggers=true",
                                "-o", "a.h5").stdout_text
        self.assertEqual(plain, checked)


if __name__ == "__main__":
    unittest.main()
