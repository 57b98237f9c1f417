"""What a run prints, stores and returns: exit codes of limits, single paths, JSON, show."""

import json
import math
import unittest

from tailrace_case import DECIDED, SCENARIO, SCENARIOS, TailraceCase

PASS = "{metric: portfolio.loss, var: 0.9, max_usd: 1.0e9}"
BROKEN = "{metric: portfolio.loss, mean: true, max_usd: 1.0}"
UNDECIDED = "{metric: portfolio.loss, es: 0.999, max_usd: 1.7e6}"
RARE = "{metric: protocol.perp_venue.bad_debt, probability_above_usd: 1.0e6, max: 0.001}"


def same(number, value):
    """A JSON number against a double: null stands for what is not finite."""
    return not math.isfinite(value) if number is None else number == value


class Results(TailraceCase):
    def limited(self, *limits):
        lines = "".join(f"  - {limit}\n" for limit in limits)
        return self.write("limited.yaml", f"{SCENARIO}limits:\n{lines}")

    def open(self, name):
        import h5py

        file = h5py.File(self.folder / name, "r")
        self.addCleanup(file.close)
        return file

    def test_limits_decide_the_exit_code(self):
        rows = (((PASS,), 0, ["pass"]), ((BROKEN,), 3, ["FAIL"]),
                ((UNDECIDED,), 4, ["undecided"]), ((PASS, RARE), 4, ["pass", "undecided"]),
                ((UNDECIDED, BROKEN, PASS), 3, ["undecided", "FAIL", "pass"]))
        for limits, code, verdicts in rows:
            with self.subTest(limits=limits):
                name = self.limited(*limits)
                done = self.tailrace("run", name, "-o", "limited.h5", code=code)
                printed = [line.split()[-1] for line in done.stdout_text.splitlines()
                           if line.startswith(("ES ", "VaR ", "mean of", "P("))]
                self.assertEqual(printed, verdicts)
                stored = self.open("limited.h5")["small/limits/verdict"][:]
                self.assertEqual([text.decode() for text in stored], verdicts)
                self.tailrace("run", name, "--quiet", "-o", "limited.h5", code=code)
                self.tailrace("show", "limited.h5")

    def test_show_repeats_the_run(self):
        run = ("run", self.limited(BROKEN, UNDECIDED), "-o", "limited.h5")
        tables = self.tailrace(*run, code=3).stdout_text
        self.assertEqual(self.tailrace("show", "limited.h5").stdout_text, tables)
        figures = self.tailrace(*run, "--json", code=3).stdout_text
        self.assertEqual(self.tailrace("show", "limited.h5", "--json").stdout_text, figures)
        self.assertIn("portfolio.loss", tables)
        self.assertIn("[undecided]", tables)

    def test_json_agrees_with_the_file(self):
        name = self.limited(BROKEN, UNDECIDED, RARE)
        done = self.tailrace("run", name, "-o", "limited.h5", "--json", code=3)
        root = json.loads(done.stdout_text)
        file = self.open("limited.h5")["small"]
        self.assertEqual(root["file"], "limited.h5")
        (cell,) = root["cells"]
        for key in ("paths", "seed", "horizon_s", "step_s", "description"):
            self.assertEqual(cell[key], file.attrs[key])
        risk = file["risk"]
        self.assertEqual([row["name"].encode() for row in cell["metrics"]],
                         list(risk["metric"][:]))
        for i, row in enumerate(cell["metrics"]):
            for key in ("mean_usd", "mean_se_usd", "probability_positive", "tail_index",
                        "probability_positive_lower", "probability_positive_upper"):
                self.assertTrue(same(row[key], risk[key][i]), (row["name"], key))
            for k, level in enumerate(row["levels"]):
                for key, value in level.items():
                    stored = risk[key][k] if key == "level" else risk[key][i, k]
                    self.assertTrue(same(value, stored), (row["name"], key, value, stored))
        position = file["position"]
        *assets, total = cell["greeks"]
        self.assertEqual([row["asset"].encode() for row in assets],
                         list(position["asset"][:]))
        for i, row in enumerate(cell["greeks"]):
            for key, value in row.items():
                if key != "asset":
                    stored = (position[f"total_{key}"][()] if row is total
                              else position[f"asset_{key}"][i])
                    self.assertTrue(same(value, stored), key)
        for i, limit in enumerate(cell["limits"]):
            for key in ("max", "confidence", "value", "lower", "upper", "tail_paths"):
                self.assertTrue(same(limit[key], file["limits"][key][i]), key)
            self.assertEqual(limit["verdict"],
                             file["limits/verdict"][i].decode().lower())

    def test_one_path_alone_equals_the_file_bit_for_bit(self):
        crisis = (str(SCENARIOS / "black-thursday.yaml"), "--paths", "40", "--set",
                  "run.pilot_paths=16")
        for run, cell, paths in ((("small.yaml",), "small", (0, 3, 699)),
                                 (crisis, "black-thursday", (0, 21))):
            self.tailrace("run", *run, "--quiet", "-o", "all.h5", code=DECIDED)
            stored = self.open("all.h5")[f"{cell}/path"]
            before = self.files()
            for path in paths:
                with self.subTest(cell=cell, path=path):
                    text = self.tailrace("run", *run, "--path", path).stdout_text
                    self.compare_path(text, stored, cell, path)
            self.assertEqual(self.files(), before)
            stored.file.close()

    def compare_path(self, text, stored, cell, path):
        head, *lines = text.splitlines()
        self.assertEqual(head, f"# {cell}, path {path}")
        printed = {}
        for line in lines:
            name, element, value, unit = line.split()
            self.assertEqual(stored[name].attrs["units"], unit)
            printed.setdefault(name, []).append((element, float(value).hex()))
        scales = {"path", "weight", "asset", "account", "protocol", "part", "mechanism",
                  "stop"}
        self.assertEqual(set(printed), set(stored) - scales)
        for name, values in printed.items():
            row = stored[name][path]
            row = [row] if stored[name].ndim == 1 else list(row)
            self.assertEqual([value for _, value in values],
                             [float(x).hex() for x in row], name)
            if stored[name].ndim == 2:
                axis = stored[name].dims[1].values()[0][:]
                self.assertEqual([element.encode() for element, _ in values], list(axis))

    def test_a_suite_is_one_file_with_a_group_for_each_cell(self):
        self.write("second.yaml", "tailrace: 1\nname: second\nextends: small.yaml\n"
                   "run: {seed: 8}\n")
        self.write("suite.yaml", "tailrace: 1\nsuite: both\n"
                   "scenarios: [small.yaml, second.yaml]\n")
        done = self.tailrace("run", "suite.yaml", "--paths", "300")
        file = self.open("both.h5")
        self.assertEqual(set(file), {"inputs", "small", "second"})
        self.assertEqual(done.stdout_text,
                         self.tailrace("show", "both.h5").stdout_text)
        self.tailrace("run", "small.yaml", "second.yaml", "--paths", "300", "-o", "list.h5",
                      "--quiet")
        for cell in ("small", "second"):
            self.tailrace("run", f"{cell}.yaml", "--paths", "300", "--quiet")
            for other in (self.open(f"{cell}.h5"), self.open("list.h5")):
                for name, values in file[f"{cell}/path"].items():
                    if values.dtype.kind != "O":
                        self.assertEqual(values[:].tobytes(),
                                         other[f"{cell}/path/{name}"][:].tobytes(), name)

    def test_quiet_prints_nothing(self):
        done = self.tailrace("run", "small.yaml", "--quiet")
        self.assertEqual(done.stdout_text + done.stderr_text, "")

    def test_the_build_file_holds_what_may_differ(self):
        self.tailrace("run", "small.yaml", "--quiet")
        build = json.loads((self.folder / "small.h5.build.json").read_text())
        self.assertEqual(set(build), {"version", "compiler", "lanes", "machine", "finished",
                                      "seconds", "peak_memory_bytes"})
        self.assertIn(f"tailrace {build['version']} (",
                      self.tailrace("--version").stdout_text)

    def test_show_of_what_is_no_result(self):
        self.tailrace("run", "small.yaml", "--quiet")
        whole = (self.folder / "small.h5").read_bytes()
        rows = [("empty", b""), ("text", b"tailrace: 1\n"), ("cut", whole[:-1]),
                ("half", whole[:len(whole) // 2]), ("head", whole[:200]),
                ("zeros", whole[:2000] + bytes(len(whole) - 2000))]
        for label, content in rows:
            with self.subTest(label):
                self.write("bad.h5", content)
                done = self.tailrace("show", "bad.h5", code=1)
                self.assert_one_sentence(done, r"bad\.h5")
        for name, pattern in (("none.h5", "No such file"), (".", "not an HDF5 file")):
            self.assert_one_sentence(self.tailrace("show", name, code=1), pattern)

    def test_show_of_a_file_with_flipped_bytes_never_crashes(self):
        self.tailrace("run", "small.yaml", "--paths", "100", "--quiet")
        whole = (self.folder / "small.h5").read_bytes()
        for at in range(8, len(whole), len(whole) // 60):
            data = bytearray(whole)
            data[at:at + 8] = bytes(byte ^ 0xff for byte in data[at:at + 8])
            self.write("bad.h5", bytes(data))
            done = self.tailrace("show", "bad.h5", code=(0, 1))
            with self.subTest(byte=at):
                if done.returncode == 1:
                    self.assert_one_sentence(done, r"bad\.h5")


if __name__ == "__main__":
    unittest.main()
