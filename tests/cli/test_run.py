"""What a stranger meets on the command line: messages, exit codes, files left behind.

    TAILRACE=build/release/tailrace /usr/bin/python3 -m unittest tests/cli/test_run.py
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

TAILRACE = os.environ.get("TAILRACE")
SCENARIO = """tailrace: 1
name: small
run: {paths: 64, horizon: 4h, step: 1h}
market:
  tailrace: 1
  name: m
  assets:
    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0.8}}
portfolio: positions.csv
"""
POSITIONS = "id,account,venue,instrument,asset,quantity\ns,vault,,spot,BTC,1\n"


@unittest.skipUnless(TAILRACE, "TAILRACE names no program")
class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.write(SCENARIO)
        (self.folder / "positions.csv").write_text(POSITIONS)

    def write(self, text):
        (self.folder / "small.yaml").write_text(text)

    def tailrace(self, *words):
        return subprocess.run([os.path.abspath(TAILRACE), *words], cwd=self.folder,
                              capture_output=True, text=True, check=False)

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_a_limit_on_an_unknown_metric_is_refused_before_the_run(self):
        before = self.files()
        self.write(SCENARIO + "limits:\n"
                   "  - {metric: portfolio.los, es: 0.99, max_usd: 5}\n")
        for command in ("check", "run"):
            done = self.tailrace(command, "small.yaml")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("small.yaml:11:5", done.stderr)
            self.assertIn("portfolio.loss", done.stderr)
        self.assertEqual(self.files(), before)

    def test_a_path_that_is_not_finite_names_the_command_that_replays_it(self):
        rise = "  - {price: all, move: 1000, start: 1h}\n"
        self.write(SCENARIO + "shocks:\n" + 120 * rise)
        done = self.tailrace("run", "small.yaml")
        self.assertEqual(done.returncode, 1, done.stderr)
        command = done.stderr.strip().rpartition("with: tailrace ")[2]
        replayed = self.tailrace(*command.split())
        self.assertEqual(replayed.returncode, 1)
        self.assertIn("final_spot_usd BTC inf", replayed.stdout)

    def test_more_paths_than_memory_are_refused_before_the_run(self):
        before = self.files()
        self.write(SCENARIO.replace("4h, step: 1h", "3650d, step: 1d, report: 1d"))
        done = self.tailrace("run", "small.yaml", "--paths", "1000000000")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("GB of memory", done.stderr)
        self.assertEqual(self.files(), before)

    def test_describe_names_the_columns_that_positions_have(self):
        (self.folder / "positions.csv").write_text(
            "id,account,venue,instrument,asset,settlement,quantity,entry_price_usd,"
            "option_type,strike_usd,expiry,settlement_window\ns,vault,,spot,BTC,,1,,,,,\n")
        self.assertEqual(self.tailrace("check", "small.yaml").returncode, 0)
        known = (self.folder / "positions.csv").read_text().split("\n")[0].split(",")
        for name in ("cash", "spot", "perpetual", "option"):
            done = self.tailrace("describe", name)
            columns = [line.split()[0] for line in done.stdout.splitlines()[2:]
                       if not line.startswith("example:")]
            self.assertIn("quantity", columns)
            self.assertEqual([c for c in columns if c not in known], [], name)

    def test_an_account_without_collateral_is_named(self):
        venues = ("  venues:\n    v:\n      margin: {rule: cross}\n"
                  "      liquidity: square_root\n      assets: {BTC: {liquidity: "
                  "{volatility_daily: 0.04, daily_volume_usd: 1e9}}}\nportfolio")
        self.write(SCENARIO.replace("portfolio", venues))
        (self.folder / "positions.csv").write_text(
            "id,account,venue,instrument,asset,quantity\np,desk,v,perpetual,BTC,1\n")
        done = self.tailrace("check", "small.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("account desk starts with 0 USD of equity and needs 5", done.stderr)


if __name__ == "__main__":
    unittest.main()
