"""10,000 options on two assets, 100,000 paths, 24 reporting times, by tables of the whole book.

A study of minutes: runs where TAILRACE_SLOW is set and prints what it finds. The book is made
with a fixed seed. Paths are the same by number, so the valuation in full of the first ones
is compared with those of the large run.
"""

import os
import re
import time
import unittest

from option_book import CHAIN, FLAT, HEAD, SHOCK, options, scenario
from tailrace_case import TailraceCase

SLOW = bool(os.environ.get("TAILRACE_SLOW"))
OPTIONS, PATHS, SAMPLE = 10000, 100000, 1024
SECONDS = 60.0  # on two cores
ERROR, ERROR_ES = 1e-6, 1e-3  # of the book's gross value; of ES
IDLE = 0.5  # load of others, in cores, below which the time is judged


def load():
    """Processes of others that want to run: (running now - this one) over the last minute."""
    return os.getloadavg()[0]


@unittest.skipUnless(SLOW, "a study of 10,000 options: set TAILRACE_SLOW")
class BigBook(TailraceCase):
    def open(self, name):
        import h5py

        file = h5py.File(self.folder / f"{name}.h5", "r")
        self.addCleanup(file.close)
        return file[name]

    def run_mode(self, name, paths, mode, shocks=""):
        """(the cell, seconds, the lines about tables)"""
        self.write(f"{name}.yaml", scenario(name, paths, f", revaluation: {mode}", shocks))
        with self.start("run", f"{name}.yaml", "--threads", 2) as process:
            begin = time.monotonic()
            out, err = process.communicate(timeout=1800)
            seconds = time.monotonic() - begin
        self.assertEqual(process.returncode, 0, err)
        said = [line for line in out.splitlines() if re.match("claims on|tables against", line)]
        return self.open(name), seconds, said + err.splitlines()

    def compare(self, name, market, mode, paths, shocks=""):
        """Runs the large book; (seconds, the load before, the cell)."""
        import numpy

        self.write("market.yaml", market)
        self.write("book.csv", HEAD + "".join(options(OPTIONS)))
        before = load()
        cell, seconds, said = self.run_mode(name, paths, mode, shocks)
        full, full_seconds, _ = self.run_mode(f"{name}-full", SAMPLE, "full", shocks)
        gross = numpy.abs(cell["position/value_usd"][:]).sum()
        largest = 0.0
        for column in ("pnl_usd", "max_drawdown_usd"):
            by_tables = cell["path"][column][:SAMPLE]
            largest = max(largest, numpy.abs(by_tables - full["path"][column][:]).max())
        measured = cell["revaluation/max_error_usd"][()]
        risk = cell["risk"]
        row = [text.decode() for text in risk["metric"][:]].index("portfolio.loss")
        print(f"\n{name}: {OPTIONS} options, {paths} paths, {len(cell['time/time'])} times, "
              f"{mode}: {seconds:.1f} s, load before {before:.1f}; in full {SAMPLE} paths took "
              f"{full_seconds:.1f} s")
        print("\n".join(said))
        print(f"gross value {gross:.5g} USD; largest error against full {largest:.3g} on "
              f"{SAMPLE} paths, measured by the run {measured:.3g}: {measured / gross:.2g} of gross")
        for level, es in zip(risk["level"][:], risk["es_usd"][row]):
            print(f"ES {100 * level:g} %: {es:.6g} USD, error {measured / abs(es):.2g} of it")
            self.assertLess(measured, ERROR_ES * abs(es))
        self.assertGreater(cell["revaluation/checked_paths"][()], 0)
        self.assertLess(measured, ERROR * gross)
        self.assertLess(largest, ERROR * gross)
        self.assertLess(cell["revaluation/max_error_es_frac"][()], ERROR_ES)
        parts = (cell["position/es_contribution_usd"][:].sum()
                 + cell["position/es_contribution_liquidation_usd"][()]
                 + cell["position/es_contribution_interpolation_usd"][()])
        level = list(numpy.round(risk["level"][:], 9)).index(0.99)
        es = risk["es_usd"][row, level]
        print(f"contributions miss ES by {abs(parts / es - 1.0):.2g} of it")
        self.assertAlmostEqual(parts, es, delta=1e-9 * abs(es))
        return seconds, before, cell

    def test_book_mode_takes_less_than_a_minute(self):
        seconds, before, cell = self.compare("big-book", FLAT, "book", PATHS)
        self.assertEqual(list(cell["revaluation/full"][:]), [0, 0])
        self.assertEqual(list(cell["revaluation/dimensions"][:]), [1, 1])
        if before > IDLE:
            print(f"time not judged against {SECONDS:g} s: the machine's load was {before:.1f}")
        else:
            self.assertLess(seconds, SECONDS)

    def test_listed_surface_that_moves_and_a_random_shock(self):
        """Which tables auto builds is printed; what it does not hold is valued in full."""
        _, _, cell = self.compare("big-book-shock", CHAIN, "auto", PATHS // 10, SHOCK)
        tables, full = (cell[f"revaluation/{name}"][:] for name in ("tables", "full"))
        self.assertEqual(list(tables + full), [24, 24])


if __name__ == "__main__":
    unittest.main()
