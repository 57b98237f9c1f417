"""What the command-line tests share: a temporary folder with a small scenario, and ways to
call the program there.

TAILRACE names the program (default: that of build/release), TAILRACE_CLANG one built by
clang, TAILRACE_VARIANTS further ones, separated by spaces.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"
PROGRAM = os.environ.get("TAILRACE", str(ROOT / "build/release/tailrace"))

MARKET = """\
tailrace: 1
name: small-market
assets:
  BTC: {spot_usd: 66000, price: {model: gbm, volatility_annual: 0.45}}
  ETH: {spot_usd: 1950, price: {model: merton, volatility_annual: 0.65, jumps_per_year: 35,
                                jump_log_mean: 0, jump_log_sd: 0.046}}
correlation: {BTC/ETH: 0.85}
venues:
  perp_venue:
    margin: {rule: cross}
    liquidity: square_root
    insurance_fund_usd: 1.0e6
    assets:
      BTC:
        tiers: [{from_usd: 0, maintenance_frac: 0.01}]
        liquidity: {impact_coefficient: 3.0, volatility_daily: 0.0233, permanent_frac: 0.3,
                    daily_volume_usd: 12.5e9, refill_half_life: 5m, half_spread_frac: 2e-5}
"""
BOOK = """\
id,account,venue,instrument,asset,settlement,quantity,entry_price_usd
cash,desk,perp_venue,cash,,,1300000,
coins,desk,perp_venue,spot,BTC,,30,
long,desk,perp_venue,perpetual,BTC,linear,44.01,64050
vault,custody,,spot,ETH,,900,
"""
SCENARIO = """\
tailrace: 1
name: small
description: Two coins, four positions
run: {paths: 700, horizon: 2d, step: 1h, seed: 7}
market: market.yaml
portfolio: book.csv
shocks:
  - {price: [BTC, ETH], move: -0.2, start: 3h, duration: 1h}
"""

DECIDED = (0, 3, 4)  # exit codes of a run that is complete: limits pass, fail, undecided

# Long enough to be interrupted, about two seconds on two cores.
LONG = (str(SCENARIOS / "calm.yaml"), "--paths", "3000")
RECORDS_OF_LONG = 12


def make_folder(add_cleanup):
    """A temporary folder that holds small.yaml and its inputs."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tailrace-"))
    add_cleanup(shutil.rmtree, folder)
    for name, text in (("market.yaml", MARKET), ("book.csv", BOOK),
                       ("small.yaml", SCENARIO)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


class TailraceCase(unittest.TestCase):
    """A test in a folder of its own."""

    maxDiff = None

    def setUp(self):
        self.folder = make_folder(self.addCleanup)

    def write(self, name, content):
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        return name

    def start(self, *arguments, program=PROGRAM, env=None, **options):
        """The running program, both outputs piped."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   "stdin": subprocess.DEVNULL, "text": True, **options}
        return subprocess.Popen([program, *map(str, arguments)], cwd=self.folder,
                                env={**os.environ, **(env or {})}, **options)

    def tailrace(self, *arguments, code=0, **options):
        """The finished program; its exit code must be `code`, or one of them."""
        with self.start(*arguments, **options) as process:
            process.stdout_text, process.stderr_text = process.communicate(timeout=120)
        self.assertIn(process.returncode, code if isinstance(code, tuple) else (code,),
                      f"tailrace {' '.join(map(str, arguments))}\n"
                      f"{process.stdout_text}{process.stderr_text}")
        return process

    def assert_one_sentence(self, process, pattern="."):
        """Exactly one line on stderr, from the program itself, nothing on stdout."""
        text = process.stderr_text
        self.assertEqual(process.stdout_text, "")
        self.assertRegex(text, r"\Atailrace: [^\n]+\n\Z")
        self.assertRegex(text, pattern)
        self.assertLess(len(text), 1024)

    def assert_refused_rows(self, header, rows):
        """Each (label, row, pattern) is a book whose one row is refused; the pattern goes on
        from the file's name and a colon."""
        for label, row, pattern in rows:
            with self.subTest(label):
                self.write("book.csv", header + row + "\n")
                done = self.tailrace("check", "small.yaml", code=2)
                self.assert_one_sentence(done, rf"\Atailrace: book\.csv:{pattern}")

    def assert_equal_files(self, one, other):
        a, b = ((self.folder / name).read_bytes() for name in (one, other))
        self.assertEqual(len(a), len(b), f"{one} and {other} differ in size")
        if a != b:
            at = next(i for i, pair in enumerate(zip(a, b)) if pair[0] != pair[1])
            self.fail(f"{one} and {other} differ first at byte {at} of {len(a)}")

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def wait_for(self, process, condition, what):
        """Waits until the condition holds; the process must live that long."""
        end = time.monotonic() + 60.0
        while not condition():
            if process.poll() is not None:
                self.fail(f"the program ended before {what}: {process.communicate()}")
            self.assertLess(time.monotonic(), end, f"no {what} within a minute")
            time.sleep(0.002)


def size_of(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
