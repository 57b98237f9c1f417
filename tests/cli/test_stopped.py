"""Signals where no path of the run itself is under way, and runs that end before their first
unit of paths: what they leave lets the next run begin or go on."""

import signal
import time
import unittest

from option_book import CHAIN, FLAT, HEAD, SHOCK, options, scenario
from tailrace_case import TailraceCase, size_of

PROMPTLY_S = 3.0
HEADER = 88  # bytes of the checkpoint before its first record
RECORD_MARK = b"CKTRUNIT"
UNITS = 8
FAILING = """\
tailrace: 1
name: failing
run: {paths: 64, horizon: 4h, step: 1h}
market:
  tailrace: 1
  name: one
  assets:
    BTC: {spot_usd: 100, price: {model: gbm, volatility_annual: 0},
          surface: {flat_volatility_annual: 0.8}}
portfolio: power.csv
shocks:
  - {surface: BTC, multiply: FACTOR, start: 2h}
"""
POWER = "id,instrument,asset,quantity,power,normalisation,funding_period,volatility_annual\n" \
        "p,power_perpetual,BTC,-3,2,100,7d,0.8\n"


class Stopped(TailraceCase):
    def setUp(self):
        super().setUp()
        self.checkpoint = self.folder / "run.h5.ckpt"

    def write_book(self, market, count, run, shocks=""):
        self.write("market.yaml", market)
        self.write("book.csv", HEAD + "".join(options(count)))
        self.write("large.yaml", scenario("large", 256 * UNITS, run, shocks))

    def start_run(self, *arguments):
        return self.start("run", "large.yaml", "--quiet", "-o", "run.h5", *arguments)

    def stop(self, process):
        """Seconds from the signal to the end."""
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130, error)
        self.assertRegex(error, r"\Atailrace: interrupted; run\.h5\.ckpt keeps what is done")
        self.assertNotIn("run.h5", self.files())
        self.assertNotIn("run.h5.part", self.files())
        return time.monotonic() - begin

    def test_while_tables_are_built(self):
        """Tables of a surface with kinks take minutes; the header alone is kept, and the run
        begins again without being asked to resume."""
        self.write_book(CHAIN, 4000, ", revaluation: book", SHOCK)
        with self.start_run() as process:
            self.wait_for(process, lambda: size_of(self.checkpoint) == HEADER, "checkpoint")
            time.sleep(2.0)
            self.assertLess(self.stop(process), PROMPTLY_S)
        self.assertEqual(size_of(self.checkpoint), HEADER)
        with self.start_run() as process:
            time.sleep(0.5)
            self.stop(process)

    def records(self):
        if size_of(self.checkpoint) < 0:
            return -1
        return self.checkpoint.read_bytes().count(RECORD_MARK)

    def test_when_all_paths_are_done(self):
        """First in the second pass over the tail, then while Greeks are computed again."""
        self.write_book(FLAT, 12000, f", revaluation: full, greek_paths: {256 * UNITS}")
        begin = time.monotonic()
        self.tailrace("run", "large.yaml", "--quiet", "-o", "whole.h5")
        whole_s = time.monotonic() - begin
        with self.start_run() as process:
            self.wait_for(process, lambda: self.records() == UNITS, "all records")
            time.sleep(0.05)
            self.stop(process)
        with self.start_run("--resume") as process:
            self.wait_for(process, (self.folder / "run.h5.part").exists, "file of the result")
            time.sleep(0.1)
            self.assertLess(self.stop(process), 0.4 * whole_s)
        self.assertEqual(self.records(), UNITS)
        self.tailrace("run", "large.yaml", "--quiet", "-o", "run.h5", "--resume")
        self.assert_equal_files("whole.h5", "run.h5")

    def test_a_run_that_fails_at_once_does_not_block_the_next(self):
        self.write("power.csv", POWER)
        self.write("failing.yaml", FAILING.replace("FACTOR", "10"))
        done = self.tailrace("run", "failing.yaml", "--quiet", "-o", "run.h5", code=1)
        self.assert_one_sentence(done, "is not finite")
        self.assertFalse(self.checkpoint.exists())
        self.write("failing.yaml", FAILING.replace("FACTOR", "1.5"))
        self.tailrace("run", "failing.yaml", "--quiet", "-o", "run.h5")

    def test_a_run_that_fails_later_keeps_what_is_done(self):
        """Both cells have one unit; the second cannot be computed."""
        self.write("power.csv", POWER)
        self.write("good.yaml", FAILING.replace("FACTOR", "1.5").replace("failing", "good"))
        self.write("failing.yaml", FAILING.replace("FACTOR", "10"))
        files = ("good.yaml", "failing.yaml", "--quiet", "-o", "run.h5")
        for arguments in ([], ["--resume"]):
            self.tailrace("run", *files, *arguments, code=1)
            self.assertEqual(self.records(), 1)
        done = self.tailrace("run", *files, code=1)
        self.assert_one_sentence(done, "an interrupted run left this checkpoint")


if __name__ == "__main__":
    unittest.main()
