"""Books of thousands of options: what their contributions add up to, what memory they take."""

import json
import math
import unittest

from option_book import FLAT, HEAD, options, scenario
from tailrace_case import TailraceCase

LEVEL = 0.99  # of the contributions
# What an own account loses besides its positions' value: it is closed on some paths.
ON_MARGIN = ("coins,margin,options_venue,spot,BTC,,{coins},,,\n"
             "ether,margin,options_venue,spot,ETH,,{ether},,,\n")


class LargeBook(TailraceCase):
    def setUp(self):
        super().setUp()
        self.write("market.yaml", FLAT)

    def open(self, name):
        import h5py

        file = h5py.File(self.folder / name, "r")
        self.addCleanup(file.close)
        return file

    def run_book(self, name, paths, rows, **how):
        self.write("book.csv", HEAD + "".join(rows))
        self.write(f"{name}.yaml", scenario(name, paths, **how))
        self.tailrace("run", f"{name}.yaml", "--quiet")
        return self.open(f"{name}.h5")[name]

    def margin_book(self):
        """A desk without margin, and an account of written options that some paths close."""
        return (ON_MARGIN.format(coins=26, ether=700),
                *options(60), *options(60, "margin,options_venue", seed=5, written=0.9))

    def tail(self, loss):
        """(number of paths that carry the shortfall, their order by loss, weights of all)"""
        import numpy

        carried = (1.0 - LEVEL) * len(loss)
        count = math.ceil(carried - 1e-9)
        order = numpy.lexsort((numpy.arange(len(loss)), -loss))
        weight = numpy.zeros(len(loss))
        weight[order[:count]] = numpy.minimum(1.0, carried - numpy.arange(count)) / carried
        return count, order, weight

    def test_contributions_add_up_to_the_shortfall(self):
        import numpy

        for mode in ("full", "book"):
            with self.subTest(revaluation=mode):
                cell = self.run_book(f"euler-{mode}", 4000, self.margin_book(),
                                     run=f", revaluation: {mode}, position_pnl: true")
                path, position = cell["path"], cell["position"]
                loss = -path["pnl_usd"][:]
                count, order, weight = self.tail(loss)
                shortfall = (weight * loss).sum()

                parts = list(position["es_contribution_usd"][:])
                forced = position["es_contribution_liquidation_usd"][()]
                tables = 0.0
                if mode == "book":
                    tables = position["es_contribution_interpolation_usd"][()]
                    self.assertNotEqual(tables, 0.0)
                    self.assertAlmostEqual(tables, shortfall - sum(parts) - forced,
                                           delta=1e-4 * abs(tables))
                else:
                    self.assertNotIn("es_contribution_interpolation_usd", position)
                self.assertAlmostEqual(position.attrs["es_contribution_level"], LEVEL)
                self.assertAlmostEqual(sum(parts) + forced + tables, shortfall,
                                       delta=1e-9 * abs(shortfall))
                risk = cell["risk"]
                row = [name.decode() for name in risk["metric"][:]].index("portfolio.loss")
                for level, figure in zip(risk["level"][:], risk["es_usd"][row]):
                    if abs(level - LEVEL) < 1e-12:
                        self.assertAlmostEqual(figure, shortfall, delta=1e-9 * abs(figure))

                closed = numpy.isfinite(path["first_liquidation_s"][:])
                self.assertGreater(closed[order[:count]].sum(), 0, "no liquidation in the tail")
                self.assertLess(closed.sum(), len(loss))
                self.assertGreater(forced, 0.0)
                pnl = path["position_pnl_usd"][:]
                for number, part in enumerate(parts):
                    mean = -(weight * pnl[:, number]).sum()
                    self.assertAlmostEqual(part, mean, delta=1e-9 * abs(shortfall))

    def test_explanation_and_errors_are_means_over_the_paths(self):
        """8,150 paths: 82 carry the tail, the last of them with half its weight. Rare jumps
        leave the range of the 4,096 paths that the tables are laid out for."""
        import numpy

        self.write("market.yaml", FLAT.replace("jumps_per_year: 35", "jumps_per_year: 0.15")
                   .replace("jump_log_sd: 0.046", "jump_log_sd: 0.5"))
        for paths in (8000, 8150):
            with self.subTest(paths):
                cell = self.run_book(f"means-{paths}", paths, self.margin_book(),
                                     run=", revaluation: book")
                path, explanation = cell["path"], cell["explanation"]
                loss, parts = -path["pnl_usd"][:], path["explained_usd"][:]
                count, _, weight = self.tail(loss)
                shortfall = (weight * loss).sum()
                self.assertEqual(explanation.attrs["tail_paths"], count)
                for name, expected in (("mean_usd", parts.mean(axis=0)),
                                       ("tail_mean_usd", weight @ parts)):
                    numpy.testing.assert_allclose(explanation[name][:], expected, rtol=1e-12,
                                                  atol=1e-12 * abs(shortfall))

                error, tables = path["revaluation_error_usd"][:], cell["revaluation"]
                error = error[~numpy.isnan(error)]
                worst = abs(error).max()
                self.assertEqual(tables["checked_paths"][()], len(error))
                outside = path["revaluation_outside"][:].sum()
                self.assertEqual(tables["outside"][()], outside)
                self.assertGreater(outside, 0)
                self.assertEqual(tables["max_error_usd"][()], worst)
                self.assertAlmostEqual(
                    tables["rms_error_usd"][()] / math.sqrt((error ** 2).mean()), 1.0)
                self.assertAlmostEqual(
                    tables["max_error_es_frac"][()] / (worst / shortfall), 1.0)

    def test_positions_add_up_to_the_book_on_every_path(self):
        import numpy

        cell = self.run_book("kept", 1000, self.margin_book(), run=", position_pnl: true")
        path = cell["path"]
        pnl = path["position_pnl_usd"][:]
        names = list(cell["position/position"][:])
        self.assertEqual(pnl.shape, (1000, len(names)))
        self.assertEqual(list(path["position"][:]), names)
        whole = pnl.sum(axis=1) - path["own_liquidation_cost_usd"][:]
        scale = numpy.abs(pnl).sum(axis=1)
        self.assertLess((numpy.abs(whole - path["pnl_usd"][:]) / scale).max(), 1e-12)
        self.assertGreater(numpy.isfinite(path["first_liquidation_s"][:]).sum(), 0)
        other = self.run_book("left-out", 1000, self.margin_book())
        self.assertNotIn("position_pnl_usd", other["path"])
        self.assertNotIn("position", other["path"])
        for name in ("pnl_usd", "account_pnl_usd"):
            self.assertEqual(other["path"][name][:].tobytes(), path[name][:].tobytes())

    def test_more_positions_than_memory_are_refused_before_the_run(self):
        with open("/proc/meminfo", encoding="utf-8") as file:
            memory = 1024 * int(file.readline().split()[1])
        count = 4000
        paths = int(1.01 * memory / (8 * count))
        self.write("book.csv", HEAD + "".join(options(count)))
        self.write("many.yaml", scenario("many", paths, run=", position_pnl: true"))
        before = self.files()
        done = self.tailrace("run", "many.yaml", code=1)
        self.assert_one_sentence(
            done, rf"many: run.position_pnl needs [\d.]+ GB of memory for {count} positions on "
                  rf"{paths} paths, and this machine has [\d.]+ GB: use fewer paths, or leave")
        self.assertEqual(self.files(), before)

    def peak(self, paths, rows):
        name = f"peak-{paths}"
        cell = self.run_book(name, paths, rows, run=", revaluation: book")
        build = json.loads((self.folder / f"{name}.h5.build.json").read_text())
        return build["peak_memory_bytes"], self.columns(cell)

    def columns(self, cell):
        """Numbers that a run keeps of a path: all metrics by path, and those over time."""
        from h5py.h5ds import is_scale

        kept = 0
        for name, dataset in cell["path"].items():
            if not is_scale(dataset.id) and name not in ("weight", "position_pnl_usd"):
                kept += math.prod(dataset.shape[1:])
        for dataset in cell["time"].values():
            if not is_scale(dataset.id):
                kept += math.prod(dataset.shape) // len(cell["time/quantile"])
        return kept

    def test_memory_grows_by_the_columns_alone(self):
        """Besides its columns a path takes some numbers while the figures are found and
        written: its losses sorted, its number and its weight, with its rank in the tail; a
        fifth of the columns leaves room for that and for what the allocator keeps. The tail
        is a hundredth of the paths, and up to a bound it has a number per position. All
        paths would have as many numbers as there are positions."""
        rows = list(options(2500))
        few, many = 40000, 100000  # whose columns fill chunks of their own
        (least, columns), (most, _) = self.peak(few, rows), self.peak(many, rows)
        growth = (most - least) / (many - few) / 8  # numbers of a path
        print(f"\n{len(rows)} options: {1e-6 * least:.4g} MB at {few} paths, {1e-6 * most:.4g} "
              f"MB at {many}: {growth:.1f} numbers of a path, {columns} of them columns")
        self.assertGreater(growth, 0.9 * columns)
        self.assertLess(growth, 1.2 * columns + 0.01 * len(rows))

    def test_the_peak_is_printed(self):
        self.write("book.csv", HEAD + "".join(options(10)))
        self.write("tiny.yaml", scenario("tiny", 300))
        done = self.tailrace("run", "tiny.yaml")
        build = json.loads((self.folder / "tiny.h5.build.json").read_text())
        (line,) = [line for line in done.stderr_text.splitlines() if "memory" in line]
        self.assertEqual(line, f"tailrace: peak memory {1e-6 * build['peak_memory_bytes']:.4g} MB")
        self.assertLess(1e6, build["peak_memory_bytes"])
        self.assertNotIn("memory", done.stdout_text)


if __name__ == "__main__":
    unittest.main()
