"""Equal inputs give equal files, byte for byte: whatever the number of threads, the
compiler, the width of the vectors, the paths computed together or the number of paths."""

import os
import pathlib
import random
import re
import shutil
import subprocess
import unittest

from tailrace_case import DECIDED, PROGRAM, SCENARIOS, TailraceCase, make_folder

CRISIS = (str(SCENARIOS / "black-thursday.yaml"), "--set", "run.pilot_paths=32", "--quiet")
ODD_COUNTS = (1, 15, 17, 255, 257)
BOOK_MODE = ("--set", "run.revaluation=book", "--set", "portfolio=options.csv")

# Takes AVX-512 from the loader and all libraries, so that x86-64-v3 is the best there is.
NO_AVX512 = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F"}
WIDE = ("glibc-hwcaps", "x86-64-v4", "libtailrace.so")
# Options on margin whose volatility differs from path to path, every other claim on it.
SMILE = """\
tailrace: 1
name: smile
run: {paths: 300, horizon: 2d, step: 1h, report: 4h, seed: 3}
portfolio: smile.csv
market:
  assets:
    BTC:
      spot_usd: 95000
      price: {model: heston, volatility_annual: 0.5, long_volatility_annual: 0.6,
              reversion_per_year: 5, vol_of_variance: 1.5, spot_correlation: -0.5}
      surface:
        dynamics: sticky_delta
        level_beta: 0.7
        ssvi: {rho: -0.3, eta: 0.9, gamma: 0.5, slices: [
          {expiry: 7d, atm_volatility_annual: 0.6},
          {expiry: 30d, atm_volatility_annual: 0.62, basis_annual: 0.05},
          {expiry: 90d, theta: 0.12, rho: -0.2, phi: 1.5}]}
  venues:
    options_venue:
      margin: {rule: standard}
      liquidity: square_root
      assets:
        BTC: {liquidity: {impact_coefficient: 1, volatility_daily: 0.03,
                          daily_volume_usd: 1e9, half_spread_frac: 1e-4}}
shocks:
  - {surface: BTC, multiply: {uniform: [1.1, 1.6]}, skew_add: -0.1, term: 0.4, start: 3h,
     duration: 5h, shape: ramp, recover: {half_life: 9h}}
  - {price: BTC, move: -0.15, start: 6h, duration: 3h}
"""
SMILE_BOOK = """\
id,account,venue,instrument,asset,quantity,option_type,strike_usd,expiry,barrier_type,\
barrier_usd,rebate_usd,monitoring_interval,payout,entry_price_usd,settlement,\
power,volatility_annual,lower_price_usd,upper_price_usd,fee_apr_frac
cash,desk,options_venue,cash,,45000,,,,,,,,,,,,,,,
put,desk,options_venue,option,BTC,-3,put,85000,20d,,,,,,,,,,,,
call,desk,options_venue,option,BTC,2,call,99000,36h,,,,,,,,,,,,
far,custody,,option,BTC,1,put,70000,80d,,,,,,,,,,,,
in,custody,,barrier,BTC,1,put,94000,20d,down_in,85000,100,,,,,,,,,
out,custody,,barrier,BTC,-1,call,94000,40h,up_out,99000,500,4h,,,,,,,,
digital,custody,,digital,BTC,1,put,88000,20d,,,,,asset,,,,,,,
future,desk,options_venue,future,BTC,0.5,,,40h,,,,,,94000,linear,,,,,
coins,desk,options_venue,future,BTC,-50000,,,30d,,,,,,,inverse,,,,,
squared,custody,,power_perpetual,BTC,-1e-5,,,,,,,,,,,2,0.6,,,
pool,custody,,lp_constant_product,BTC,1e5,,,,,,,,,90000,,,,,,0.1
range,custody,,lp_range,BTC,1e5,,,,,,,,,,,,,90000,97000,0.1
"""

# Forced sales through order books and pools of one asset, under stress.
VENUES = """\
tailrace: 1
name: venues
run: {paths: 300, horizon: 12h, step: 5m, seed: 9}
accounts: {exchange: venues.csv}
market:
  assets:
    ETH:
      spot_usd: 2385.25
      price: {model: heston, volatility_annual: 0.9, long_volatility_annual: 0.8,
              reversion_per_year: 9, vol_of_variance: 2.5, spot_correlation: -0.4}
  venues:
    exchange:
      margin: {rule: cross}
      liquidity: square_root
      insurance_fund_usd: 1.0e6
      assets:
        ETH: {tiers: [{from_usd: 0, maintenance_frac: 0.01}], depth_volatility_power: 0.4,
              liquidity: {volatility_daily: 0.04, daily_volume_usd: 4.0e8,
                          permanent_frac: 0.1}}
    small:
      margin: {rule: cross}
      liquidity: square_root
      assets:
        ETH: {liquidity: {volatility_daily: 0.04, daily_volume_usd: 6.0e7,
                          half_spread_frac: 4.0e-4}}
    pool:
      margin: {rule: cross}
      liquidity: constant_product
      arbitrage_half_life: 24s
      assets:
        ETH: {liquidity: {reserve_usd: 4.0e7}}
    ranges:
      margin: {rule: cross}
      liquidity: concentrated
      assets:
        ETH: {liquidity: {tick_price_usd: [1200, 2000, 2350, 2420, 2900],
                          tick_liquidity: [2.0e4, 9.0e4, 6.0e5, 9.0e4, 0],
                          beyond: nothing}}
shocks:
  - {price: ETH, move: {uniform: [-0.2, -0.05]}, start: 1h, duration: 2h}
  - {liquidity: [exchange, pool], depth: {multiply: {uniform: [0.1, 0.4]}}, start: 2h,
     duration: 4h}
"""


def venue_accounts():
    """Longs and shorts at 2 to 25 times their collateral."""
    chance = random.Random(2385)
    rows = ["account,asset,quantity,entry_price_usd,collateral_usd"]
    for i in range(600):
        coins = 40.0 * chance.random() ** 3 * (1 if chance.random() < 0.7 else -1)
        leverage = 2.0 + 23.0 * chance.random()
        rows.append(f"a{i},ETH,{coins!r},2385.25,{abs(coins) * 2385.25 / leverage!r}")
    return "\n".join(rows) + "\n"


# The example of a price model, below an asset that it may lean on.
MODEL = """\
tailrace: 1
name: model
run: {{paths: 601, horizon: 2d, step: 1h, seed: 7}}
market:
  tailrace: 1
  name: two
  correlation: {{ETH/BTC: 0.5}}
  copula: {{degrees_of_freedom: 4}}
  assets:
    ETH: {{spot_usd: 2000, price: {{model: gbm, volatility_annual: 0.7}}}}
    BTC: {{spot_usd: 100, price: {example}}}
shocks:
  - {{volatility: all, multiply: 1.5, start: 6h}}
"""


def model_files(folder):
    """A scenario per price model that the program lists, and their prices.csv."""
    listed = subprocess.run([PROGRAM, "list"], capture_output=True, text=True, check=True)
    models = [line.split()[0] for line in
              listed.stdout.split("price models\n")[1].split("\n\n")[0].splitlines()
              if line.strip()]
    chance = random.Random(2385)
    btc, eth, rows = 100.0, 2000.0, ["time_s,BTC,ETH"]
    for hour in range(200 * 24):
        btc *= 1.0 + 0.01 * (chance.random() - 0.5)
        eth *= 1.0 + 0.015 * (chance.random() - 0.5)
        rows.append(f"{1600000000 + 3600 * hour},{btc!r},{eth!r}")
    (folder / "prices.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for model in models:
        about = subprocess.run([PROGRAM, "describe", model], capture_output=True, text=True,
                               check=True).stdout
        example = about.split("example: ")[1].strip()
        (folder / f"model-{model}.yaml").write_text(MODEL.format(example=example),
                                                    encoding="utf-8")
    return models


def machine_has_avx512():
    """Whether the program's loader looks into glibc-hwcaps/x86-64-v4."""
    loader = re.search(r"interpreter: ([^\]]+)\]", subprocess.run(
        ["readelf", "-l", PROGRAM], capture_output=True, text=True, check=True).stdout)[1]
    said = subprocess.run([loader, "--help"], capture_output=True, text=True).stdout
    return "x86-64-v4 (supported" in said


class SameBits(TailraceCase):
    @classmethod
    def setUpClass(cls):
        """The runs that the other programs are compared with."""
        cls.shared = make_folder(cls.addClassCleanup)
        runs = [(*CRISIS, "--paths", "601", "-o", "601.h5")]
        runs += [("small.yaml", "--quiet", "--paths", str(count), "-o", f"{count}.h5")
                 for count in ODD_COUNTS]
        cls.models = model_files(cls.shared)
        runs += [(f"model-{model}.yaml", "--quiet", "-o", f"{model}.h5")
                 for model in cls.models]
        (cls.shared / "smile.yaml").write_text(SMILE, encoding="utf-8")
        (cls.shared / "smile.csv").write_text(SMILE_BOOK, encoding="utf-8")
        options = [row for row in SMILE_BOOK.splitlines()
                   if not re.search(",(barrier|digital),", row)]
        (cls.shared / "options.csv").write_text("\n".join(options) + "\n", encoding="utf-8")
        (cls.shared / "venues.yaml").write_text(VENUES, encoding="utf-8")
        (cls.shared / "venues.csv").write_text(venue_accounts(), encoding="utf-8")
        runs += [("venues.yaml", "--quiet", "-o", "venues.h5"),
                 ("smile.yaml", "--quiet", "-o", "smile.h5"),
                 ("smile.yaml", "--quiet", *BOOK_MODE, "-o", "book.h5")]
        for run in runs:
            subprocess.call([PROGRAM, "run", *run], cwd=cls.shared, timeout=120)

    def crisis(self, file, paths, *arguments, **options):
        self.tailrace("run", *CRISIS, "--paths", paths, "-o", file, *arguments,
                      code=DECIDED, **options)

    def test_threads(self):
        self.crisis("1.h5", 600, "--threads", 1)
        self.crisis("2.h5", 600, env={"OMP_NUM_THREADS": "2"})
        self.crisis("3.h5", 600, "--threads", 3, env={"OMP_NUM_THREADS": "1"})
        self.crisis("7.h5", 600, env={"OMP_NUM_THREADS": "7", "OMP_SCHEDULE": "static"})
        for other in ("2.h5", "3.h5", "7.h5"):
            self.assert_equal_files("1.h5", other)

    def test_threads_of_a_run_without_a_pilot(self):
        for threads in (1, 2, 3, 7):
            self.tailrace("run", "small.yaml", "--paths", 1801, "--quiet", "--threads",
                          threads, "-o", f"option-{threads}.h5")
            self.tailrace("run", "small.yaml", "--paths", 1801, "--quiet", "-o",
                          f"variable-{threads}.h5", env={"OMP_NUM_THREADS": str(threads)})
            self.assert_equal_files("option-1.h5", f"option-{threads}.h5")
            self.assert_equal_files("option-1.h5", f"variable-{threads}.h5")

    def same_as(self, program, **options):
        """Whether the other program, or the same one in another environment, agrees."""
        self.crisis("other.h5", 601, program=program, **options)
        self.assert_equal_files(self.shared / "601.h5", "other.h5")
        for name in ("smile.yaml", "smile.csv", "options.csv", "venues.yaml", "venues.csv"):
            shutil.copy(self.shared / name, self.folder)
        self.tailrace("run", "smile.yaml", "--quiet", "-o", "other.h5", program=program,
                      **options)
        self.assert_equal_files(self.shared / "smile.h5", "other.h5")
        self.tailrace("run", "venues.yaml", "--quiet", "-o", "other.h5", program=program,
                      **options)
        self.assert_equal_files(self.shared / "venues.h5", "other.h5")
        self.tailrace("run", "smile.yaml", "--quiet", *BOOK_MODE, "-o", "other.h5",
                      program=program, **options)
        self.assert_equal_files(self.shared / "book.h5", "other.h5")
        for count in ODD_COUNTS:
            with self.subTest(paths=count):
                self.tailrace("run", "small.yaml", "--quiet", "--paths", count, "-o",
                              "other.h5", program=program, **options)
                self.assert_equal_files(self.shared / f"{count}.h5", "other.h5")
        shutil.copy(self.shared / "prices.csv", self.folder)
        for model in self.models:
            with self.subTest(model=model):
                scenario = shutil.copy(self.shared / f"model-{model}.yaml", self.folder)
                self.tailrace("run", pathlib.Path(scenario).name, "--quiet", "-o", "other.h5",
                              program=program, **options)
                self.assert_equal_files(self.shared / f"{model}.h5", "other.h5")

    def test_clang(self):
        other = os.environ.get("TAILRACE_CLANG")
        if not other:
            self.skipTest("TAILRACE_CLANG names no program")
        self.assertIn("lang", self.tailrace("--version", program=other).stdout_text)
        self.assertNotIn("lang", self.tailrace("--version").stdout_text)
        self.same_as(other)

    def test_lanes(self):
        others = os.environ.get("TAILRACE_VARIANTS", "").split()
        if not others:
            self.skipTest("TAILRACE_VARIANTS names no program")
        versions = {self.tailrace("--version").stdout_text}
        for other in others:
            versions.add(self.tailrace("--version", program=other).stdout_text)
            with self.subTest(program=other):
                self.same_as(other)
        self.assertEqual(len(versions), 1 + len(others), versions)

    def hashes(self, program, **environment):
        """What the program's tailrace-bits prints: one line per function and model."""
        done = subprocess.run([pathlib.Path(program).with_name("tailrace-bits")], text=True,
                              capture_output=True, env={**os.environ, **environment})
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.splitlines()

    def test_functions_and_kernels(self):
        expected = self.hashes(PROGRAM)
        others = os.environ.get("TAILRACE_VARIANTS", "").split()
        others += filter(None, [os.environ.get("TAILRACE_CLANG")])
        for other in others:
            with self.subTest(program=other):
                self.assertEqual(self.hashes(other), expected)
        with self.subTest(program="without AVX-512"):
            self.assertEqual(self.hashes(PROGRAM, **NO_AVX512), expected)

    def library(self, program=PROGRAM, **environment):
        """The library that the loader picks."""
        done = subprocess.run([program], capture_output=True, text=True, check=True,
                              env={**os.environ, **environment,
                                   "LD_TRACE_LOADED_OBJECTS": "1"})
        lines = [line for line in done.stdout.splitlines() if "libtailrace.so" in line]
        return pathlib.Path(lines[0].split()[2]).resolve()

    def library_of_run(self, file, program=PROGRAM, **environment):
        """The library that a run of smile.yaml did load, by the loader's own account."""
        for name in ("smile.yaml", "smile.csv", "options.csv"):
            shutil.copy(self.shared / name, self.folder)
        log = self.folder / "loader"
        self.tailrace("run", "smile.yaml", "--quiet", "-o", file, program=program,
                      env={**environment, "LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": str(log)})
        used = set()
        for part in self.folder.glob("loader.*"):
            used |= set(re.findall(r"calling init: (\S*libtailrace\.so)", part.read_text()))
            part.unlink()
        self.assertEqual(len(used), 1, used)
        return pathlib.Path(used.pop()).resolve()

    def need_avx512(self):
        if not machine_has_avx512():
            self.skipTest("this machine or its loader has no AVX-512 (x86-64-v4), so there "
                          "is one library only and nothing to compare")

    def test_avx512(self):
        self.need_avx512()
        wide = self.library()
        self.assertEqual(wide.parts[-3:], WIDE, "the library that the loader picks")
        portable = wide.parents[2] / wide.name
        self.assertEqual(self.library(**NO_AVX512), portable)
        self.assertEqual(self.library_of_run("wide.h5"), wide)
        self.assertEqual(self.library_of_run("portable.h5", **NO_AVX512), portable)
        self.assert_equal_files("wide.h5", "portable.h5")
        self.assert_equal_files(self.shared / "smile.h5", "portable.h5")
        self.same_as(PROGRAM, env=NO_AVX512)

    def test_the_portable_library_alone(self):
        self.need_avx512()
        wide = self.library()
        (self.folder / "alone").mkdir()
        alone = pathlib.Path(shutil.copy(wide.parents[2] / wide.name, self.folder / "alone"))
        used = self.library_of_run("alone.h5", LD_LIBRARY_PATH=str(alone.parent))
        self.assertEqual(used, alone.resolve())
        self.assert_equal_files(self.shared / "smile.h5", "alone.h5")

    def test_an_installation_serves_both_kinds_of_machine(self):
        self.need_avx512()
        prefix = self.folder / "first"
        subprocess.run(["cmake", "--install", str(pathlib.Path(PROGRAM).parent), "--prefix",
                        str(prefix)], check=True, capture_output=True, text=True)
        prefix = prefix.rename(self.folder / "moved") # it is looked up beside the program
        program = str(prefix / "bin/tailrace")
        library = (prefix / "lib/libtailrace.so").resolve()
        self.assertEqual(self.library_of_run("wide.h5", program=program),
                         library.parent.joinpath(*WIDE[:2], library.name))
        self.assertEqual(self.library_of_run("portable.h5", program=program, **NO_AVX512),
                         library)
        self.assert_equal_files("wide.h5", "portable.h5")
        self.assert_equal_files(self.shared / "smile.h5", "wide.h5")

    def test_more_paths_leave_the_first_ones_alone(self):
        import h5py
        import numpy

        self.tailrace("run", "small.yaml", "--paths", 601, "--quiet", "-o", "more.h5")
        for count in ODD_COUNTS:
            self.tailrace("run", "small.yaml", "--paths", count, "--quiet", "-o", "few.h5")
            with h5py.File(self.folder / "few.h5") as few, \
                    h5py.File(self.folder / "more.h5") as more:
                for name, values in few["small/path"].items():
                    if name not in ("asset", "account", "protocol", "part"):
                        numpy.testing.assert_array_equal(
                            values[:], more["small/path"][name][:count], name)

    def test_a_second_run_replaces_the_file_by_the_same_bytes(self):
        self.tailrace("run", "small.yaml", "--quiet")
        shutil.copy(self.folder / "small.h5", self.folder / "first.h5")
        self.tailrace("run", "small.yaml", "--quiet", "--json")
        self.assert_equal_files("first.h5", "small.h5")
        self.assertEqual(self.files(), ["book.csv", "first.h5", "market.yaml", "small.h5",
                                        "small.h5.build.json", "small.yaml"])


if __name__ == "__main__":
    unittest.main()
