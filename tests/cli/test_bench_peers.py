"""scripts/bench-peers: its table, and that a peer that is wrong is not timed."""

import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from tailrace_case import ROOT

SCRIPT = ROOT / "scripts" / "bench-peers"


def installed():
    """Whether everything of `scripts/setup --peers` is there, which else the script installs."""
    text = (ROOT / "scripts" / "setup").read_text(encoding="utf-8")
    packages = re.search(r"^--peers\) packages\+=\((.*)\)", text, re.MULTILINE).group(1).split()
    if shutil.which("dpkg-query") is None:
        return False
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}\n", *packages],
                          text=True, capture_output=True, check=False)
    return done.stdout.split() == ["installed"] * len(packages)


def load(path):
    loader = importlib.machinery.SourceFileLoader("bench_peers", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_peers", loader))
    loader.exec_module(module)
    return module


@unittest.skipUnless(installed(), "QuantLib and scipy are not installed: scripts/setup --peers")
class BenchPeers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bench = load(SCRIPT)
        cls.bench.build()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tailrace-"))
        self.addCleanup(shutil.rmtree, self.folder)
        subprocess.run([self.bench.BENCH, "--book", self.folder], check=True)

    def change(self, table, row, column, factor):
        """Multiplies one number of the book."""
        path = self.folder / table
        lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
        lines[row][column] = repr(float(lines[row][column]) * factor)
        path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")

    def peers(self):
        made = {"quantlib": [self.bench.Peer([self.bench.QUANTLIB[0], str(self.folder)], 0)],
                "numpy": [self.bench.Peer([*self.bench.NUMPY[:2], str(self.folder)], 0)]}
        for group in made.values():
            self.addCleanup(group[0].close)
        return made

    def complaint(self):
        with self.assertRaises(SystemExit) as caught:
            self.bench.check_all(self.peers(), self.folder)
        return str(caught.exception)

    def test_prints_rates_and_ratios_of_every_comparison(self):
        done = subprocess.run([SCRIPT, "--rounds", "1", "--seconds", "0.01"], text=True,
                              capture_output=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for ours, _, _, _, who in self.bench.COMPARISONS:
            rows = re.findall(rf"^{re.escape(ours)} +(\d+) +([\d.]+) +([\d.]+) +([\d.]+)  "
                              rf"{re.escape(who)}$", done.stdout, re.MULTILINE)
            self.assertIn("1", [row[0] for row in rows], done.stdout)
            for _, tailrace, peer, ratio in rows:
                exact = float(tailrace) / float(peer)
                self.assertAlmostEqual(float(ratio), exact, delta=0.05 + 0.02 * exact)

    def test_a_peer_with_another_strike_stops(self):
        self.change("contracts.csv", 17, 2, 1.01)
        self.assertRegex(self.complaint(), r"\Abench-peers: QuantLib BlackCalculator: the book's "
                         r"value_usd is \S+, tailrace has \S+, so its time means nothing\Z")

    def test_every_sum_counts(self):
        names = (self.folder / "sums.csv").read_text(encoding="utf-8").split("\n")[0].split(",")
        self.assertEqual(set(names), set(self.bench.ALL))
        for column, name in enumerate(names):
            with self.subTest(sum=name):
                self.change("sums.csv", 1, column, 1.0 + 2e-9)
                answer = [f"{key}={value!r}" for key, value in
                          self.bench.read_sums(self.folder).items()]
                self.change("sums.csv", 1, column, 1.0 / (1.0 + 2e-9))
                with self.assertRaisesRegex(SystemExit, f"a peer: the book's {name} is"):
                    self.bench.check(self.bench.read_sums(self.folder), answer,
                                     self.bench.ALL, "a peer")

    def test_paths_with_another_volatility_stop(self):
        with self.assertRaisesRegex(SystemExit, "the sd of the paths is off by 7.1 standard"):
            self.bench.check({}, ["mean=1", "sd=7.1", "correlation=1"], self.bench.MOMENTS, "x")
        with self.assertRaisesRegex(SystemExit, "no sd to compare of x"):
            self.bench.check({}, ["mean=1", "correlation=1"], self.bench.MOMENTS, "x")

    def test_a_peer_that_dies_stops(self):
        peer = self.bench.Peer(["sh", "-c", "read line"], 0)
        self.addCleanup(peer.close)
        with self.assertRaisesRegex(SystemExit, "ended without an answer"):
            self.bench.ask_all([peer], "sums greeks")

    def test_wrong_usage(self):
        with contextlib.redirect_stderr(io.StringIO()):
            for arguments in (["--rounds", "0"], ["--seconds", "0"], ["--loud"]):
                done = subprocess.run([SCRIPT, *arguments], capture_output=True, check=False)
                self.assertEqual(done.returncode, 2)

    def test_a_book_that_cannot_be_written(self):
        done = subprocess.run([self.bench.BENCH, "--book", self.folder / "none"], text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Atailrace-bench: cannot write [^\n]*/none/contracts.csv: "
                         r"[^\n]+\n\Z")


if __name__ == "__main__":
    unittest.main()
