"""tailrace calibrate: from recorded prices to a market file that runs."""

import hashlib
import json
import math
import random
import resource
import unittest

from tailrace_case import DECIDED, ROOT, SCENARIOS, TailraceCase

DATA = ROOT.parent / "shared/data"
DAY = 86400
START = 1577836800  # 2020-01-01
MADE_UP = str(SCENARIOS / "prices/made-up.csv")

SCENARIO = """\
tailrace: 1
name: calibrated
run: {paths: 256, horizon: 2d, step: 1h, seed: 3}
market: found.yaml
portfolio: book.csv
"""
BOOK = """\
id,account,venue,instrument,asset,settlement,quantity,entry_price_usd
coins,desk,,spot,BTC,,30,
"""


def walk(n, sd=0.03, seed=3, start=100.0):
    rng, price = random.Random(seed), start
    for _ in range(n):
        yield price
        price *= math.exp(rng.gauss(0.0, sd))


def series(prices, step=DAY, start=START):
    return [(start + i * step, price) for i, price in enumerate(prices)]


def text_of(rows, head="time_s,BTC", end="\n"):
    return head + end + "".join(f"{t},{p}{end}" for t, p in rows)


class Calibrate(TailraceCase):
    def calibrate(self, text, *arguments, code=0, name="prices.csv"):
        self.write(name, text)
        return self.tailrace("calibrate", name, "--models", "gbm", *arguments, code=code)

    def found(self, text, *arguments):
        return json.loads(self.calibrate(text, "--json", *arguments).stdout_text)

    # ---- what comes out ----

    def test_the_market_runs(self):
        self.write("book.csv", BOOK)
        self.write("calibrated.yaml", SCENARIO)
        for options in (("--assets", "BTC"), ("--models", "gbm", "--choose", "kou"),
                        ("--models", "gbm", "--choose", "merton", "--drift", "zero"),
                        ("--models", "gbm", "--choose", "garch"),
                        ("--models", "gbm", "--choose", "regime", "--assets", "BTC,SOL"),
                        ("--models", "gbm", "--choose", "hawkes", "--assets", "BTC")):
            with self.subTest(options=options):
                done = self.tailrace("calibrate", MADE_UP, "-o", "found.yaml", "--force",
                                     *options)
                self.assertTrue(done.stdout_text.endswith("found.yaml\n"))
                self.tailrace("check", "calibrated.yaml", "--quiet")
                for parameters in ("estimates", "sampled"):
                    self.tailrace("run", "calibrated.yaml", "--quiet", "-o", "out.h5",
                                  "--set", f"run.parameters={parameters}", code=DECIDED)
                market = (self.folder / "found.yaml").read_text()
                if "--drift" in options:
                    self.assertEqual(market.count("drift_annual: 0,"), 3)
                    self.assertNotIn("parameters: [drift", market)

    def test_the_file_says_from_what(self):
        rows = series(walk(300))
        text = text_of(rows[:100] + rows[103:200] + [rows[199]] + rows[200:])
        self.calibrate(text, "-o", "found.yaml")
        market = (self.folder / "found.yaml").read_text()
        for part in (hashlib.sha256(text.encode()).hexdigest(), "prices.csv, 297 rows",
                     "2020-01-01 00:00 to 2020-10-26 00:00", "295 returns over 1d",
                     "gaps: 1,", "2020-04-09 00:00 to 2020-04-13 00:00", "1 duplicate row",
                     "command: tailrace calibrate prices.csv --models gbm\n", "AIC", "BIC",
                     "volatility_annual 0.", " +- "):
            self.assertIn(part, market)
        self.assertNotIn("\t", market)
        for line in market.splitlines():
            self.assertEqual(line, line.rstrip())
        last = f"spot_usd: {rows[-1][1]!r}"
        self.assertIn(last, market)

    def test_equal_inputs_give_equal_bytes(self):
        for name in ("one.yaml", "other.yaml"):
            self.tailrace("calibrate", MADE_UP, "-o", name, "--quiet", "--name", "same",
                          "--assets", "ETH,SOL", "--models", "gbm,kou,garch,regime")
        self.assert_equal_files("one.yaml", "other.yaml")

    def test_gbm_is_what_theory_says(self):
        prices = list(walk(400, sd=0.02))
        fit = self.found(text_of(series(prices)))["assets"][0]["fits"][0]
        returns = [math.log(b / a) for a, b in zip(prices, prices[1:])]
        mean = sum(returns) / len(returns)
        variance = sum((r - mean) ** 2 for r in returns) / len(returns)
        value = {p["key"]: p["value"] for p in fit["parameters"]}
        self.assertAlmostEqual(value["volatility_annual"], math.sqrt(365 * variance), places=6)
        self.assertAlmostEqual(value["drift_annual"], 365 * (mean + variance / 2), places=6)
        volatility = fit["parameters"][1] # its error is value / sqrt(2 n), made on the logarithm
        for end, sign in (("lower", -1), ("upper", 1)):
            expected = volatility["value"] * math.exp(sign * 1.959964 / math.sqrt(2 * 399))
            self.assertAlmostEqual(volatility[end], expected, places=6)
        self.assertAlmostEqual(fit["aic"], 4 - 2 * fit["log_likelihood"], places=6)
        self.assertAlmostEqual(fit["bic"], 2 * math.log(399) - 2 * fit["log_likelihood"],
                               places=6)

    def test_the_least_criterion_is_chosen(self):
        for rule in ("bic", "aic"):
            found = json.loads(self.tailrace("calibrate", MADE_UP, "--choose", rule, "--json",
                                             "--models", "gbm,merton,garch").stdout_text)
            for asset in found["assets"]:
                fits = [f for f in asset["fits"] if f.get("converged")]
                best = min(fits, key=lambda fit: fit[rule])
                self.assertEqual(asset["chosen"], best["model"], asset["name"])
        self.assertEqual(len(found["assets"][0]["fits"]), 3)
        self.assertEqual(len(found["correlation"]), 3)

    # ---- what is left out ----

    def test_no_return_spans_a_gap(self):
        rows = series(walk(300))
        jump = [(t, p * (1.0 if t < START + 150 * DAY else 50.0)) for t, p in rows]
        asset = self.found(text_of(jump[:140] + jump[160:]))["assets"][0]
        self.assertEqual((asset["returns"], asset["gaps"]), (278, 1))
        self.assertLess(asset["largest_log_return"], 0.2)
        empty = [(t, "" if 140 <= i < 160 else p) for i, (t, p) in enumerate(jump)]
        self.assertEqual(self.found(text_of(empty))["assets"][0], asset)

    def test_a_stuck_feed_is_left_out(self):
        prices = list(walk(400))
        for length, stuck in ((1, 0), (2, 0), (4, 3), (20, 19)):
            with self.subTest(length=length):
                held = prices[:]
                held[100:100 + length] = length * [prices[100]]
                asset = self.found(text_of(series(held)))["assets"][0]
                self.assertEqual(asset["stuck_prices"], stuck)
                if stuck:
                    self.assertEqual(asset["longest_stuck"]["from"], "2020-04-10T00:00:00Z")
                    # the returns inside and the one out of it
                    self.assertEqual(asset["returns"], 399 - length)
        rng = random.Random(7)  # a coarse tick repeats prices, but no more than chance
        coarse = [100 + rng.choice((0, 0, 1, -1)) for _ in range(2000)]
        self.assertEqual(self.found(text_of(series(coarse)))["assets"][0]["stuck_prices"], 0)
        coarse[500:560] = 60 * [101]
        asset = self.found(text_of(series(coarse)))["assets"][0]
        self.assertGreaterEqual(asset["stuck_prices"], 59)
        self.assertEqual(asset["stuck_places"], 1)

    def test_clocks(self):
        rows = series(walk(300))
        plain = self.found(text_of(rows))["assets"][0]
        shifted = self.found(text_of([(t + 2 * 3600, p) for t, p in rows]),
                             "--utc-offset", "2")["assets"][0]
        self.assertEqual(shifted, plain)
        summer = [(t - (3600 if 90 < i < 200 else 0), p) for i, (t, p) in enumerate(rows)]
        asset = self.found(text_of(summer))["assets"][0]
        self.assertEqual((asset["returns"], asset["uneven_steps"]), (299, 2))

    def test_windows_and_steps(self):
        rows = series(walk(2400, sd=0.005), step=3600)
        text = text_of(rows)
        asset = self.found(text, "--from", "2020-02-01", "--to", "2020-02-29")["assets"][0]
        self.assertEqual((asset["from"], asset["to"]),
                         ("2020-02-01T01:00:00Z", "2020-03-01T00:00:00Z"))
        self.assertEqual(asset["returns"] + 1 + asset["outside_window"], 2400)
        asset = self.found(text, "--step", "1d")["assets"][0]
        self.assertEqual((asset["step_s"], asset["returns"]), (DAY, 99))
        daily = self.found(text_of(rows[::24]))["assets"][0]
        self.assertEqual(daily["fits"], asset["fits"])
        minute = [(t + 7, p) for t, p in rows]  # a clock seven seconds late
        self.assertEqual(self.found(text_of(minute))["assets"][0]["returns"], 2399)

    def test_marks_and_line_ends_do_not_matter(self):
        rows = series(walk(100))
        plain = self.found(text_of(rows))["assets"]
        self.assertEqual(self.found("\ufeff" + text_of(rows))["assets"], plain)
        self.assertEqual(self.found(text_of(rows, end="\r\n"))["assets"], plain)
        self.assertEqual(self.found(text_of(rows, head="time_s,btc_close"))["assets"], plain)
        bars = "date,open,close,volume\n" + "".join(
            f"{2020 + i // 300}-{1 + i % 300 // 28:02}-{1 + i % 28:02},{p},{p},0\n"
            for i, (_, p) in enumerate(rows[:28 * 3]))
        self.assert_one_sentence(self.calibrate(bars, code=2), "--assets BTC=close")
        renamed = self.found(bars, "--assets", "BTC=close")["assets"][0]
        self.assertEqual((renamed["name"], renamed["gaps"]), ("BTC", 2))
        twice = [row for row in rows for _ in range(2)]
        found = self.found(text_of(twice))
        self.assertEqual((found["assets"], found["duplicate_rows"]), (plain, 100))

    # ---- bad input ----

    def test_bad_prices_are_one_sentence(self):
        rows = series(walk(300))

        def with_price(price):
            return text_of([(t, price if i == 100 else p) for i, (t, p) in enumerate(rows)])

        days = series(walk(200))
        hours = series(walk(300), step=3600, start=days[-1][0] + 3600)
        table = (
            (with_price(0), r"prices\.csv:102:\d+: BTC = 0 is not a price"),
            (with_price(-5), r"prices\.csv:102:\d+: BTC = -5 is not a price"),
            (with_price("nan"), r"prices\.csv:102:\d+: BTC = 'nan' is not a price"),
            (with_price("inf"), r"prices\.csv:102:\d+: BTC = 'inf' is not a price"),
            (with_price("1e308"), r"prices\.csv:102:\d+: BTC = 1e308 is not a price"),
            (with_price("abc"), r"prices\.csv:102:\d+: BTC = 'abc' is not a price"),
            (with_price(rows[100][1] * 1e9), r"gbm: volatility_annual comes out as 10 or more: .* wrong price"),
            (text_of(rows[:1]), "the file has 1 time"),
            (text_of(rows[:2]), "BTC has 1 return over 1d, fewer than 20"),
            (text_of(rows[:20]), "BTC has 19 returns over 1d, fewer than 20"),
            (text_of([]), "the file has 0 times"),
            ("", "the file is empty"),
            (bytes(range(256)) * 20, "not a binary one"),
            (text_of([(t, 7.5) for t, _ in rows]), r"BTC: all 300 prices are 7\.5"),
            (text_of([(t, "") for t, _ in rows]), "column 'BTC' has no price"),
            (text_of(rows[:50] + rows[60:70] + rows[50:60] + rows[70:]), "goes back"),
            (text_of(rows[:50] + [(rows[49][0], 1.0)] + rows[50:]), "two prices at"),
            (text_of(days + hours), "BTC: mixed frequencies: most prices are 1h apart, but "
                                    "those about 2020-01-1. 00:00 are 1d apart"),
            (text_of([(t + int(40000 * math.sin(i) ** 2), p)
                      for i, (t, p) in enumerate(rows)]), "BTC: mixed frequencies"),
            (text_of(rows, head="time_s,B T/C"), "'B T/C' cannot name an asset"),
            (text_of(rows, head="x,BTC"), "there is no column of times"),
        )
        for text, pattern in table:
            with self.subTest(pattern=pattern):
                done = self.calibrate(text, "-o", "found.yaml", code=2)
                self.assert_one_sentence(done, pattern)
        self.assertNotIn("found.yaml", self.files())

    def test_prices_beyond_every_model_are_refused_by_all(self):
        self.write("wild.csv", text_of(series([1e12 if i % 2 else 1e-12 for i in range(300)])))
        done = self.tailrace("calibrate", "wild.csv", code=2)
        self.assert_one_sentence(done, "gbm: volatility_annual comes out as 10 or more")

    def test_opposite_prices_keep_their_correlation(self):
        lines = [f"{t},{p},{1e4 / p}" for t, p in series(walk(300))]
        self.calibrate("time_s,BTC,INV\n" + "\n".join(lines) + "\n", "-o", "found.yaml")
        self.assertIn("BTC/INV: -0.9999", (self.folder / "found.yaml").read_text())

    def test_assets_at_different_frequencies(self):
        rows = [(t, p, p if i % 24 == 0 else "") for i, (t, p) in
                enumerate(series(walk(2400), step=3600))]
        text = "time_s,BTC,ETH\n" + "".join(f"{t},{b},{e}\n" for t, b, e in rows)
        self.assert_one_sentence(self.calibrate(text, code=2),
                                 "mixed frequencies: prices of BTC are 1h apart, those of ETH "
                                 "1d")
        self.calibrate(text, "--step", "1d")

    def test_bad_calls_are_one_sentence(self):
        self.write("good.csv", text_of(series(walk(100))))
        self.write("there.yaml", "mine")
        (self.folder / "folder").mkdir()
        table = (
            (["none.csv"], "none.csv:1:1: cannot be read: No such file"),
            (["folder"], "it is a folder"),
            (["good.csv", "--assets", "ETH"], "has no column of prices 'ETH': it has BTC"),
            (["good.csv", "--assets", "BTC,BTC"], "BTC is named twice"),
            (["good.csv", "--models", "gmb"], "did you mean 'gbm'"),
            (["good.csv", "--choose", "gmb"], "did you mean 'gbm'"),
            (["good.csv", "--choose", "heston"], "--choose heston needs --chain"),
            (["good.csv", "--surface", "sabr"], "--surface sabr: write ssvi or svi"),
            (["good.csv", "--from", "2030-01-01"], "BTC has 0 prices in this stretch"),
            (["good.csv", "--step", "1h"], "--step 1h is shorter than the distance"),
            (["good.csv", "--chain", "none.csv"], "none.csv:1:1: cannot be read"),
            (["good.csv", "--chain", "good.csv"], "good.csv:1:1: column 'strike' is missing"),
            (["good.csv", "-o", "folder"], "-o folder is a folder"),
            (["good.csv", "-o", "there.yaml"], "there.yaml exists and is not overwritten"),
        )
        for arguments, sentence in table:
            with self.subTest(arguments=arguments):
                done = self.tailrace("calibrate", *arguments, code=2)
                self.assert_one_sentence(done)
                self.assertIn(sentence, done.stderr_text)
        self.assertEqual((self.folder / "there.yaml").read_text(), "mine")

    def test_a_file_that_cannot_be_written(self):
        self.write("good.csv", text_of(series(walk(100))))
        call = ("calibrate", "good.csv", "--models", "gbm")
        done = self.tailrace(*call, "-o", "none/found.yaml", code=1)
        self.assert_one_sentence(done, r"none/found\.yaml\.part: .*No such file or directory")
        (self.folder / "found.yaml.part").symlink_to("/dev/full")
        done = self.tailrace(*call, "-o", "found.yaml", code=1)
        self.assert_one_sentence(done, "No space left on device")
        self.assertFalse({"found.yaml", "found.yaml.part"} & set(self.files()))

    # ---- options ----

    def test_pegs(self):
        rng = random.Random(5)
        ether, basis, staked, depeg, lines = 3000.0, 0.0, 0.0, 0.0, ["time_s,BTC,USDC,STETH"]
        for i in range(1000):
            ether *= math.exp(rng.gauss(0.0, 0.03))
            basis = 0.7 * basis + rng.gauss(0.0, 0.0005)
            staked = 0.8 * staked + rng.gauss(0.0, 0.001)
            depeg = 0.6 * depeg + (0.05 if i in (200, 600) else 0.0)
            lines.append(f"{START + i * DAY},{ether},{math.exp(basis - depeg)},"
                         f"{ether * math.exp(staked + 0.03 * i / 365)}")
        text = "\n".join(lines) + "\n"
        found = self.found(text, "--peg", "USDC", "--peg", "STETH:BTC", "-o", "found.yaml")
        self.assertEqual([a["name"] for a in found["assets"]], ["BTC"])
        usdc, steth = ({p["key"]: p["value"] for p in peg["parameters"]}
                       for peg in found["pegs"])
        self.assertAlmostEqual(usdc["parity"], 1.0, delta=3e-4)
        self.assertAlmostEqual(usdc["depegs_per_year"], 2 * 365 / 1000, delta=0.02)
        self.assertAlmostEqual(usdc["depeg_median_log"], 0.05, delta=0.005)
        self.assertAlmostEqual(steth["drift_annual"], 0.03, delta=0.003)
        market = (self.folder / "found.yaml").read_text()
        self.assertRegex(market, r"anchor: BTC, parity: 1\.08")  # as it stands today
        self.write("book.csv", BOOK)
        self.write("calibrated.yaml", SCENARIO)
        self.tailrace("check", "calibrated.yaml", "--quiet")
        self.tailrace("run", "calibrated.yaml", "--quiet", "-o", "out.h5")
        for arguments, sentence in (
                (("--peg", "USDC:ETH"), "ETH is not among the assets"),
                (("--peg", "USDT"), "has no column of prices 'USDT'"),
                (("--assets", "USDC", "--peg", "USDC"), "nothing but pegs")):
            self.assert_one_sentence(self.calibrate(text, *arguments, code=2), sentence)

    def test_tails_that_come_together(self):
        rng, prices, lines = random.Random(11), [100.0, 50.0], ["time_s,BTC,ETH"]
        for i in range(1200):
            lines.append(f"{START + i * DAY},{prices[0]},{prices[1]}")
            scale = 0.02 * math.sqrt(4 / rng.gammavariate(2.0, 2.0))
            one, other = rng.gauss(0, 1), rng.gauss(0, 1)
            prices[0] *= math.exp(scale * one)
            prices[1] *= math.exp(scale * (0.6 * one + 0.8 * other))
        text = "\n".join(lines) + "\n"
        copula = self.found(text, "-o", "found.yaml")["copula"]
        self.assertTrue(copula["lower"] < 4.0 < copula["upper"], copula)
        market = (self.folder / "found.yaml").read_text()
        self.assertRegex(market, r"(?m)^copula: \{degrees_of_freedom: [46]\}$")
        self.tailrace("calibrate", "prices.csv", "--models", "garch", "-o", "found.yaml",
                      "--force", "--quiet")
        market = (self.folder / "found.yaml").read_text()
        self.assertEqual(market.count("group: shared"), 2)  # carries the tails by itself
        self.assertNotIn("\ncopula:", market)
        self.tailrace("calibrate", "prices.csv", "--models", "merton", "-o", "found.yaml",
                      "--force", "--quiet")
        correlation = (self.folder / "found.yaml").read_text().split("\ncorrelation:")[1]
        self.assertGreater(float(correlation.split()[1]), 0.65)  # above that of returns

    # ---- real data ----

    @unittest.skipUnless(DATA.is_dir(), "no recorded prices here")
    def test_recorded_daily_prices(self):
        self.write("book.csv", BOOK)
        self.write("calibrated.yaml", SCENARIO)
        self.tailrace("calibrate", DATA / "prices_daily.csv", "--assets", "BTC,ETH",
                      "--models", "gbm,merton,garch", "-o", "found.yaml", "--quiet")
        market = (self.folder / "found.yaml").read_text()
        self.assertIn("2022-11-05 00:00 to 2022-11-16 00:00", market)
        self.assertIn("-39.5 % in the step to 2020-03-13", market)
        self.assertNotIn("{model: gbm", market)  # far from the best
        self.tailrace("check", "calibrated.yaml", "--quiet")
        self.tailrace("run", "calibrated.yaml", "--quiet", "-o", "out.h5")

    @unittest.skipUnless(DATA.is_dir(), "no recorded prices here")
    def test_recorded_hourly_prices(self):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        done = self.tailrace("calibrate", DATA / "prices_hourly_btc_eth.csv", "--models",
                             "gbm,garch", "--json")
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, 60.0)
        found = json.loads(done.stdout_text)
        self.assertEqual([a["name"] for a in found["assets"]], ["BTC", "ETH"])
        for asset in found["assets"]:
            self.assertEqual(asset["step_s"], 3600)
            self.assertGreater(asset["returns"], 75000)
            self.assertGreaterEqual(asset["gaps"], 3)


if __name__ == "__main__":
    unittest.main()
