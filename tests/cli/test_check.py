"""`check` prints the scenario with all its defaults, as a file that says the same."""

import shutil
import unittest

from tailrace_case import SCENARIO, SCENARIOS, TailraceCase

SHIPPED = ("calm.yaml", "october-2025.yaml", "black-thursday.yaml")


class Check(TailraceCase):
    def fed_back(self, name, *arguments):
        """The output of check as a new file, in the folder its paths are relative to."""
        first = self.tailrace("check", name, *arguments).stdout_text
        self.write("again.yaml", first)
        self.assertEqual(self.tailrace("check", "again.yaml").stdout_text, first)
        return first

    def test_output_of_check_is_a_scenario(self):
        text = self.fed_back("small.yaml")
        self.assertRegex(text, r"\A# small: 2 assets, 48 steps, 4 positions in 2 accounts ")
        self.assertIn("\n  paths: 700\n", text)
        self.assertIn("\n  pilot_paths: 1024\n", text)

    def test_output_of_check_on_the_shipped_scenarios_is_a_scenario(self):
        shutil.copytree(SCENARIOS, self.folder / "scenarios")
        for name in SHIPPED:
            with self.subTest(name):
                self.fed_back(f"scenarios/{name}")

    def test_every_kind_of_value_survives(self):
        self.write("small.yaml", SCENARIO.split("shocks:")[0] + """\
shocks:
  - {price: all, move: {median: -0.3, log_sd: 0.1}, start: {uniform: [1h, 90m]},
     duration: 3h, shape: pulse, recover: {fraction: 0.4, half_life: 2h}, source: "a: b"}
  - {volatility: [BTC], multiply: {uniform: [1.5, 3]}, start: 3h}
  - {liquidity: perp_venue, depth: {multiply: 0.1}, refill: {multiply: 0.3333333333333333},
     spread: {multiply: 1.0e1}, start: 0s}
  - {correlation: all, set: 0.95, weight: {uniform: [0.1, 0.9]}}
  - {funding: [ETH], add: -1.0e-17}
limits:
  - {metric: portfolio.loss, es: 0.99, max_usd: 5.0e6, confidence: 0.9}
  - {metric: portfolio.loss, mean: true, max_usd: 0.1}
  - {metric: protocol.perp_venue.bad_debt, probability_above_usd: 1.0e6, max: 0.001}
""")
        first = self.fed_back("small.yaml", "--set", "run.seed=18446744073709551615")
        for part in ("0.3333333333333333", "-1e-17", "18446744073709551615",
                     "{uniform: [1h, 90m]}", '"a: b"'):
            self.assertIn(part, first)

    def test_a_run_of_the_output_gives_the_same_paths(self):
        import h5py

        self.fed_back("small.yaml", "--set", "run.step=20m")
        self.tailrace("run", "small.yaml", "--set", "run.step=20m", "--quiet", "-o", "1.h5")
        self.tailrace("run", "again.yaml", "--quiet", "-o", "2.h5")
        with h5py.File(self.folder / "1.h5") as one, h5py.File(self.folder / "2.h5") as two:
            self.assertEqual(one["inputs/resolved"][0], two["inputs/resolved"][0])
            for group in ("path", "risk"):
                for name, values in one["small"][group].items():
                    other = two["small"][group][name]
                    if values.dtype.kind == "O":
                        self.assertEqual(list(values[:]), list(other[:]))
                    else:
                        self.assertEqual(values[:].tobytes(), other[:].tobytes(), name)

    def test_the_resolved_scenario_in_the_file_is_that_of_check(self):
        import h5py

        text = self.fed_back("small.yaml")
        self.tailrace("run", "small.yaml", "--quiet")
        with h5py.File(self.folder / "small.h5") as file:
            self.assertEqual("".join(text.splitlines(True)[1:]),
                             file["inputs/resolved"][0].decode())

    def test_a_suite_prints_every_cell(self):
        text = self.tailrace("check", str(SCENARIOS / "quickstart.yaml")).stdout_text
        heads = [line.split(":")[0] for line in text.splitlines() if line[:2] == "# "]
        self.assertEqual(heads, ["# calm", "# october-2025", "# black-thursday"])

    def test_quiet_says_nothing_if_all_is_well(self):
        done = self.tailrace("check", "small.yaml", "--quiet")
        self.assertEqual(done.stdout_text + done.stderr_text, "")

    def test_warnings_are_on_stderr_and_do_not_matter_to_the_exit_code(self):
        self.write("crowd.csv", "account,asset,quantity,entry_price_usd,collateral_usd\n"
                   "a1,BTC,1.5,64000,12000\na2,BTC,0.5,,5300\n")
        crowd = ("small.yaml", "--set", "accounts={perp_venue: crowd.csv}")
        for command in ("check", "run"):
            done = self.tailrace(command, *crowd)
            self.assertRegex(done.stderr_text,
                         r"\Atailrace: warning: crowd\.csv: .+\n(tailrace: peak memory .+\n)?\Z")
        self.assertEqual(self.tailrace("run", *crowd, "--quiet").stderr_text, "")


if __name__ == "__main__":
    unittest.main()
