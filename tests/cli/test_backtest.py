"""tailrace backtest: forecasts without a look ahead, verdicts, bad input."""

import json
import math
import random
import unittest

from tailrace_case import ROOT, TailraceCase

DAILY = ROOT.parent / "shared/data/prices_daily.csv"
DAY = 86400
QUICK = ("--window", "100d", "--draws", "1024", "--models", "gbm,garch")


def prices(n, step=DAY, seed=1, missing=()):
    """A random walk whose volatility changes; rows of `missing` are left out."""
    draw = random.Random(seed)
    text, price = "time_s,BTC\n", 100.0
    for i in range(n):
        price *= math.exp((0.06 if i // 50 % 2 else 0.02) * draw.gauss(0, 1)
                          * math.sqrt(step / DAY))
        if i not in missing:
            text += f"{1600000000 + i * step},{price:.10g}\n"
    return text


class Backtest(TailraceCase):
    def backtest(self, text, *options, code=0):
        (self.folder / "prices.csv").write_text(text, encoding="utf-8")
        return self.tailrace("backtest", "prices.csv", *QUICK, *options, code=code)

    def series(self, name="b.h5"):
        import h5py

        file = h5py.File(self.folder / name)
        self.addCleanup(file.close)
        return file["backtest"]

    def test_what_comes_later_changes_no_forecast(self):
        whole, cut = prices(260), prices(230)
        self.backtest(whole, "-o", "b.h5", "--quiet")
        self.backtest(cut, "-o", "c.h5", "--quiet")
        a, b = self.series()["BTC-1d"], self.series("c.h5")["BTC-1d"]
        n = len(b["time"])
        self.assertEqual((len(a["time"]), n), (159, 129))
        for name in ("time", "loss_frac"):
            self.assertEqual(a[name][:n].tolist(), b[name][:].tolist())
        for name in ("var_frac", "es_frac"):
            self.assertEqual(a[name][:, :, :n].tolist(), b[name][:].tolist())
            self.assertGreater((a[name][1][:, 1:] != a[name][1][:, :-1]).mean(), 0.9)

    def test_the_loss_that_comes_changes_no_forecast_of_it(self):
        text = prices(230)
        time, price = text.splitlines()[-1].split(",")
        self.backtest(text, "-o", "b.h5", "--quiet")
        self.backtest(text.replace(f"{time},{price}", f"{time},{2 * float(price)}"),
                      "-o", "c.h5", "--quiet")
        a, b = self.series()["BTC-1d"], self.series("c.h5")["BTC-1d"]
        self.assertNotEqual(a["loss_frac"][-1], b["loss_frac"][-1])
        for name in ("var_frac", "es_frac"):
            self.assertEqual(a[name][:].tolist(), b[name][:].tolist())

    def test_no_window_and_no_horizon_spans_a_gap(self):
        self.backtest(prices(300, missing={120, 121}), "-o", "b.h5", "--quiet")
        times = (self.series()["BTC-1d/time"][:] - 1600000000) / DAY
        # 119 returns before the gap, 177 behind it; the first 100 of each are a window.
        self.assertEqual(times.tolist(), list(range(101, 120)) + list(range(223, 300)))

    def test_a_day_of_hourly_prices_is_one_forecast(self):
        self.backtest(prices(24 * 130, step=3600), "-o", "b.h5", "--quiet", "--models",
                      "gbm", "--every", "100d")
        group = self.series()
        self.assertEqual(sorted(group), ["BTC-1d", "BTC-1h"])
        hours, days = group["BTC-1h/time"][:], group["BTC-1d/time"][:]
        self.assertEqual(len(hours), 24 * 30 - 1)
        self.assertTrue((days[1:] - days[:-1] == DAY).all())
        var = group["BTC-1d/var_frac"][0, 0].mean() / group["BTC-1h/var_frac"][0, 0].mean()
        self.assertTrue(4 < var < 6, var)

    def test_figures_agree_with_the_forecasts_and_equal_runs_are_equal(self):
        text = prices(400)
        figures = json.loads(self.backtest(text, "-o", "b.h5", "--json").stdout_text)
        group = self.series()["BTC-1d"]
        for m, model in enumerate(figures["series"][0]["models"]):
            for l, level in enumerate(model["levels"]):
                exceeded = (group["loss_frac"][:] > group["var_frac"][m, l]).sum()
                self.assertEqual(level["exceeded"], exceeded)
                self.assertEqual(group["exceeded"][m, l], exceeded)
                ratio = (group["loss_frac"][:] / group["es_frac"][m, l])[
                    group["loss_frac"][:] > group["var_frac"][m, l]].sum()
                expected = ratio / (1 - level["level"]) / len(group["time"]) - 1
                self.assertAlmostEqual(level["z2"], expected, delta=1e-9)
        self.backtest(text, "-o", "c.h5", "--quiet", "--threads", "1")
        self.assertEqual((self.folder / "b.h5").read_bytes(),
                         (self.folder / "c.h5").read_bytes())
        table = self.backtest(text).stdout_text
        self.assertRegex(table, r"(?m)^gbm +95 %.* (FAILS|survives)$")

    def test_the_file_opens_in_xarray(self):
        import xarray

        self.backtest(prices(260), "-o", "b.h5", "--quiet")
        for engine in ("h5netcdf", "netcdf4"):
            data = xarray.open_dataset(self.folder / "b.h5", group="backtest/BTC-1d",
                                       engine=engine)
            self.assertEqual(dict(data.sizes), {"model": 2, "level": 3, "time": 159})
            self.assertEqual(data.var_frac.sel(model="gbm", level=0.99).dims, ("time",))
            data.close()

    def test_what_is_wrong_is_one_sentence(self):
        good = prices(150)
        rows = (
            (good, ("--models", "gmb"), "no estimator of 'gmb'"),
            (good, ("--assets", "ETH"), "ETH"),
            (good, ("--assets", "BTC,BTC"), "--assets names 'BTC' twice"),
            (good, ("--models", "gbm,kou,gbm"), "--models names 'gbm' twice"),
            (good, ("--window", "200d"), "no stretch of 200d without a gap"),
            (good, ("--window", "200"), "--window 200 is not a duration"),
            (good, ("--levels", "95"), "--levels 95 is not a level"),
            (good, ("--levels", ""), "empty name"),
            (good, ("--draws", "1000"), "--draws 1000 is not a whole number from 1024"),
            (good, ("--draws", "1025"), "no multiple of 64"),
            (good, ("--significance", "2"), "--significance 2 is not a number"),
            (good, ("-o", "."), "folder"),
            ("", (), "prices.csv"),
            ("time_s,BTC\n1,1\n", (), "prices.csv"),
            (good.replace(",100", ",-100", 1) if ",100" in good else "time_s,BTC\n1,-1\n2,1\n",
             (), "prices.csv"),
            ("time_s,BTC\n" + "".join(f"{86400 * i},5\n" for i in range(150)), (), "BTC"),
        )
        for text, options, sentence in rows:
            with self.subTest(options=options, text=text[:30]):
                done = self.backtest(text, *options, code=2)
                self.assert_one_sentence(done)
                self.assertIn(sentence, done.stderr_text)
        done = self.tailrace("backtest", code=2)
        self.assertIn("give a price file", done.stderr_text)
        self.backtest(good, "-o", "b.h5", "--quiet")
        done = self.backtest(good, "-o", "b.h5", "--quiet", code=2)
        self.assertIn("b.h5", done.stderr_text)

    def test_on_recorded_prices_gbm_fails_and_garch_survives(self):
        if not DAILY.exists():
            self.skipTest("shared/data is not there")
        done = self.tailrace("backtest", str(DAILY), "--assets", "BTC", "--models",
                             "gbm,garch", "--json")
        (series,) = json.loads(done.stdout_text)["series"]
        self.assertEqual(series["forecasts"], 1600)
        self.assertEqual([m["fails"] for m in series["models"]], [True, False])


if __name__ == "__main__":
    unittest.main()
