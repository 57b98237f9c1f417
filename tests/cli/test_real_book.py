"""10 October 2025 over a real book: one of every option that Deribit listed on 6 February 2026.

The chain and the book come from market data that do not belong to the program; without them
the test is skipped. TAILRACE names the program.

    TAILRACE=build/release/tailrace /usr/bin/python3 -m unittest tests/cli/test_real_book.py
"""

import csv
import math
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHAIN = ROOT.parent / "shared" / "data" / "deribit_chain_20260206T0430_postcrash.csv"
PROGRAM = os.environ.get("TAILRACE", str(ROOT / "build" / "release" / "tailrace"))
PATHS = 300
LEVEL = 0.99  # of the contributions

SCENARIO = """tailrace: 1
name: real-book
extends: {base}
run: {{paths: {paths}}}
market:
  time_utc: {time}
  assets:
    BTC: {{spot_usd: {btc}, surface: {{chain: {chain}, iv_unit: fraction}}}}
    ETH: {{spot_usd: {eth}, surface: {{chain: {chain}, iv_unit: fraction}}}}
portfolio: positions.csv
"""
# Rows are bought without margin and written on margin in turn; the collateral of the written
# ones is such that some paths close them.
HEAD = """id,account,venue,instrument,asset,settlement,quantity,option_type,strike_usd,expiry
collateral-btc,written,options_venue,spot,BTC,,400,,,
collateral-eth,written,options_venue,spot,ETH,,400,,,
"""


def index(rows, currency):
    return statistics.median(
        float(row["index_price"]) for row in rows if row["currency"] == currency)


def write_book(folder, rows):
    (folder / "scenario.yaml").write_text(SCENARIO.format(
        base=ROOT / "scenarios" / "october-2025.yaml", paths=PATHS, chain=CHAIN,
        time=rows[0]["time_utc"], btc=index(rows, "BTC"), eth=index(rows, "ETH")))
    with open(folder / "positions.csv", "w", encoding="utf-8") as file:
        file.write(HEAD)
        for number, row in enumerate(rows):
            where = "written,options_venue" if number % 2 else "bought,"
            file.write(f"{row['instrument_name']},{where},option,{row['currency']},inverse,"
                       f"{-1 if number % 2 else 1},{row['option_type']},{row['strike']},"
                       f"{row['expiry_utc']}\n")


@unittest.skipUnless(CHAIN.is_file(), f"no market data at {CHAIN}")
class RealBook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import h5py

        with open(CHAIN, encoding="utf-8") as file:
            cls.rows = list(csv.DictReader(file))
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        write_book(pathlib.Path(folder.name), cls.rows)
        begin = time.monotonic()
        run = subprocess.run(
            [PROGRAM, "run", f"{folder.name}/scenario.yaml", "-o", f"{folder.name}/a.h5",
             "--quiet"], capture_output=True, text=True, check=False)
        print(f"\n{len(cls.rows)} options, {PATHS} paths: {time.monotonic() - begin:.1f} s")
        assert run.returncode in (0, 3, 4), run.stderr
        file = h5py.File(f"{folder.name}/a.h5", "r")
        cls.addClassCleanup(file.close)
        cls.cell = file["real-book"]

    def sums_to(self, parts, whole, scale, what):
        self.assertAlmostEqual(sum(parts), whole, delta=1e-9 * scale, msg=what)

    def test_every_value_is_finite(self):
        import numpy

        # Times and ratios of what never happened, and the margin of an account that has none.
        may_be_nan = {"account_min_buffer_usd", "branching_ratio"}
        for group in ("path", "time", "position"):
            for name, dataset in self.cell[group].items():
                if dataset.dtype.kind != "f" or name in may_be_nan or name.endswith("_s"):
                    continue
                self.assertTrue(numpy.isfinite(dataset[...]).all(), f"{group}/{name}")

    def test_positions_add_up_to_their_assets(self):
        position = self.cell["position"]
        names = [name.decode() for name in position["asset"][...]]
        of = [name.decode() for name in position["position_asset"][...]]
        for what in ("value_usd", "delta_coin", "delta_usd", "gamma_usd_per_pct",
                     "vega_usd_per_point", "theta_usd_per_day"):
            values, sums = position[what][...], position["asset_" + what][...]
            for name, whole in zip(names, sums):
                parts = [v for v, asset in zip(values, of) if asset == name]
                self.sums_to(parts, whole, sum(map(abs, parts)) + 1.0, f"{name} {what}")

    def test_positions_are_worth_the_exchanges_marks(self):
        """At the start, one instant and one forward per expiry: bound and reason in
        tests/golden/test_real_chain.c."""
        values = self.cell["position"]["value_usd"][2:]
        errors = sorted(
            abs(abs(value) / index(self.rows, row["currency"]) - float(row["mark_price"]))
            for value, row in zip(values, self.rows))
        self.assertLess(errors[len(errors) // 2], 1.25e-5)
        self.assertLess(errors[int(0.95 * len(errors))], 2.65e-4)

    def test_accounts_add_up_to_the_book(self):
        path = self.cell["path"]
        for total, parts in zip(path["pnl_usd"][...], path["account_pnl_usd"][...]):
            self.sums_to(parts, total, sum(map(abs, parts)) + 1.0, "P&L")

    def test_contributions_add_up_to_the_shortfall(self):
        position = self.cell["position"]
        losses = sorted(-self.cell["path"]["pnl_usd"][...], reverse=True)
        carried = (1.0 - LEVEL) * PATHS
        count = math.ceil(carried - 1e-9)
        shortfall = sum(loss * min(1.0, carried - i)
                        for i, loss in enumerate(losses[:count])) / carried
        parts = list(position["es_contribution_usd"][...])
        parts.append(position["es_contribution_liquidation_usd"][()])
        self.assertAlmostEqual(position.attrs["es_contribution_level"], LEVEL)
        self.sums_to(parts, shortfall, sum(map(abs, parts)), "ES")

    def test_the_written_account_is_closed_on_some_paths(self):
        names = [name.decode() for name in self.cell["path"]["account"][...]]
        closed = self.cell["path"]["account_liquidation_s"][:, names.index("written")]
        count = sum(1 for at in closed if not math.isnan(at))
        self.assertGreater(count, 0)
        self.assertLess(count, PATHS)


if __name__ == "__main__":
    unittest.main()
