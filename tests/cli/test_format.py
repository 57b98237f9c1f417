"""The result file opens in every reader and is what output/FORMAT.md says."""

import re
import subprocess
import unittest

from tailrace_case import PROGRAM, ROOT, SCENARIOS, TailraceCase, make_folder

FORMAT = ROOT / "output" / "FORMAT.md"
METRIC_GROUPS = ("path", "time")
GROUPS = {"path", "position", "time", "greeks", "explanation", "cascade", "feedback",
          "revaluation", "risk", "limits"}
LIMITED = f"""\
tailrace: 1
name: limited
extends: {SCENARIOS / "black-thursday.yaml"}
run: {{paths: 600, pilot_paths: 16, revaluation: auto, position_pnl: true}}
limits:
  - {{metric: portfolio.loss, es: 0.9, max_usd: 1.0e6}}
  - {{metric: protocol.perp_venue.bad_debt, probability_above_usd: 1.0e6, max: 0.5}}
"""


def tables():
    """The tables of FORMAT.md by their first heading: lists of rows of cells."""
    found, table = {}, None
    for line in FORMAT.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            table = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if table is None:
            table = found.setdefault(cells[0], [])
        elif not set(line) <= set("|-"):
            table.append(cells)
    return found


def quoted(cell):
    return re.findall(r"`([^`]*)`", cell)


def greeks():
    """(group, dataset) -> (dimensions, units, meaning) of every family of Greeks"""
    found = {}
    for group, begin, dimensions, which, _ in tables()["family"]:
        for greek, unit, meaning in tables()["Greek"]:
            name, unit = quoted(greek)[0], quoted(unit)[0]
            if "in USD" in which and unit != "USD":
                continue
            if "not the exchange's" in which and "exchange" in name:
                continue
            found[quoted(group)[0], "".join(quoted(begin)) + name] = (
                tuple(quoted(dimensions)), unit, meaning.replace("`", ""))
    return found


def documented():
    """(group, dataset) -> (dimensions, units)"""
    listed = {
        (quoted(row[0])[0], quoted(row[1])[0]): (tuple(quoted(row[2])), quoted(row[3])[0])
        for row in tables()["group"]
    }
    return listed | {key: value[:2] for key, value in greeks().items()}


def unit_of_metric(name):
    for row in tables()["end of the name"]:
        end = quoted(row[0])
        if not end or name.endswith(end[0]):
            return quoted(row[1])[0]
    raise AssertionError(name)


class Format(TailraceCase):
    @classmethod
    def setUpClass(cls):
        folder = make_folder(cls.addClassCleanup)
        (folder / "limited.yaml").write_text(LIMITED, encoding="utf-8")
        cls.result = folder / "result.h5"
        cls.code = subprocess.call([PROGRAM, "run", "limited.yaml", "small.yaml", "--quiet",
                                    "-o", cls.result], cwd=folder, timeout=120)

    def setUp(self):
        import h5py

        super().setUp()
        self.assertEqual(self.code, 3)
        self.file = h5py.File(self.result, "r")
        self.addCleanup(self.file.close)
        self.cells = [name for name in self.file if name != "inputs"]
        self.groups = ["inputs"] + [
            f"{cell}/{part}" for cell in self.cells for part in self.file[cell]
        ]

    def test_every_kind_of_group_is_there(self):
        self.assertEqual(set(self.file["limited"]), GROUPS)
        self.assertEqual(set(self.file["small"]), GROUPS - {"cascade", "feedback", "revaluation", "limits"})

    def test_every_dataset_is_documented_with_its_dimensions_and_unit(self):
        import h5py

        known = documented()
        for group in self.groups:
            part = group.split("/")[-1]
            for name, dataset in self.file[group].items():
                with self.subTest(dataset=f"{group}/{name}"):
                    dims = (name,)
                    if not h5py.h5ds.is_scale(dataset.id):
                        dims = tuple(dim.values()[0].name.split("/")[-1]
                                     for dim in dataset.dims)
                    self.assertTrue(dataset.attrs["long_name"])
                    units = dataset.attrs["units"]
                    if (part, name) in known:
                        self.assertEqual((dims, units), known[part, name])
                    else:
                        self.assertIn(part, METRIC_GROUPS, "not in FORMAT.md")
                        self.assertEqual(units, unit_of_metric(name))
                        first = ("path",) if part == "path" else ("time", "quantile")
                        self.assertEqual(dims[: len(first)], first)
                        self.assertLessEqual(len(dims), len(first) + 1)

    def test_every_documented_dataset_is_there(self):
        optional = {"asset", "account", "protocol", "mechanism", "stop", "position_pnl_usd"}
        for (part, name) in documented():
            if name in optional or (part, name) == ("path", "position") or (part == "position" and name.startswith("es_")):
                continue
            for group in self.groups:
                if group.split("/")[-1] == part:
                    self.assertIn(name, self.file[group], group)

    def test_greeks_mean_what_the_page_says(self):
        known = greeks()
        for group in self.groups:
            for (part, name), (_, _, meaning) in known.items():
                if group.split("/")[-1] == part:
                    dataset = self.file[group][name]
                    self.assertEqual(dataset.attrs["long_name"], meaning, name)

    def test_fans_of_the_book_are_quantiles_of_its_paths(self):
        import numpy

        for cell in self.cells:
            file, greeks = self.file[cell], self.file[cell]["greeks"]
            n = int(greeks.attrs["paths"])
            start = file["position/total_value_usd"][()]
            value = numpy.sort(start + file["path/pnl_usd"][:n])
            for k, level in enumerate(greeks["quantile"][:]):
                rank = int(numpy.ceil(level * n * (1 - 1e-12)))
                self.assertAlmostEqual(greeks["total_value_usd"][-1, k], value[rank - 1],
                                       delta=1e-9 * abs(start))
        eth = list(self.file["small/greeks/asset"][:]).index(b"ETH")  # 900 coins, no account
        numpy.testing.assert_allclose(
            self.file["small/greeks/asset_delta_coin"][:, :, eth], 900.0, rtol=1e-14)

    def test_every_attribute_is_documented(self):
        known = {(quoted(row[0])[0], quoted(row[1])[0]) for row in tables()["object"]}
        self.assertEqual({("/", name) for name in self.file.attrs},
                         {pair for pair in known if pair[0] == "/"})
        for cell in self.cells:
            for path in [cell] + [f"{cell}/{part}" for part in self.file[cell]]:
                generic = "/" + "/".join(["<scenario>"] + path.split("/")[1:])
                for name in self.file[path].attrs:
                    self.assertIn((generic, name), known)
            self.assertEqual(self.file[cell].attrs["status"], "complete")

    def test_xarray_opens_every_group_with_both_engines(self):
        import xarray

        for group in self.groups:
            with xarray.open_dataset(self.result, group=group, engine="h5netcdf") as a, \
                    xarray.open_dataset(self.result, group=group, engine="netcdf4") as b:
                names = set(self.file[group])
                self.assertEqual(set(a.variables), names, group)
                self.assertEqual(set(b.variables), names, group)
                for name in names:
                    self.assertEqual(a[name].dims, b[name].dims, f"{group}/{name}")
                    self.assertTrue(a[name].identical(b[name]), f"{group}/{name}")
                    self.assertNotIn("timedelta", str(a[name].dtype))

    def test_ncdump_prints_the_header(self):
        done = subprocess.run(["ncdump", "-h", self.result], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for cell in self.cells:
            self.assertIn(f"group: {cell} ", done.stdout)
        self.assertNotIn("phony_dim", done.stdout)

    def test_figures_agree_with_the_paths(self):
        import numpy

        for cell in self.cells:
            if "risk" not in self.file[cell] or "pnl_usd" not in self.file[cell]["path"]:
                continue
            loss = numpy.sort(-self.file[cell]["path/pnl_usd"][:])
            risk = self.file[cell]["risk"]
            names = [name.decode() for name in risk["metric"][:]]
            if "portfolio.loss" not in names:
                continue
            row = names.index("portfolio.loss")
            self.assertAlmostEqual(risk["mean_usd"][row], loss.mean(),
                                   delta=1e-9 * numpy.abs(loss).max())
            for k, level in enumerate(risk["level"][:]):
                rank = int(numpy.ceil(level * len(loss) * (1 - 1e-12)))
                mass = len(loss) * (1 - level)
                value_at_risk = loss[rank - 1]
                shortfall = value_at_risk + (loss[rank:] - value_at_risk).sum() / mass
                self.assertEqual(risk["var_usd"][row, k], value_at_risk)
                self.assertAlmostEqual(risk["es_usd"][row, k], shortfall,
                                       delta=1e-9 * abs(shortfall))


if __name__ == "__main__":
    unittest.main()
