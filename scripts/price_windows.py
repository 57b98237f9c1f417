"""Windows of recorded hourly prices and what happened in them; the moving-block bootstrap of the
severe ones. Shared by scripts/make_ladders, scripts/make_crises and tests/cli/test_crises.py.

A window is H consecutive hours without a gap; every hour starts one. Its three statistics are
  fall        largest fall from a high to a later low, 1 - low/high. The high is that of the hours
              before (or the open of the same hour), since the order within one hour is unknown
  duration    hours from that high to that low
  volatility  root of the mean squared log-return of hourly closes (the first return from the
              first open), times sqrt(8760)
A window is the more severe the larger its fall; its percentile is its rank among all windows of
the same length and asset.
"""

import csv
import datetime
import math
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
HOURLY = DATA / "prices_hourly_btc_eth.csv"
DAILY = DATA / "prices_daily.csv"
HOUR_S = 3600
LABELS = (("neutral", 0.50), ("adverse", 0.90), ("severe", 0.975), ("very-severe", 0.995))


def seconds(text):
    """Seconds since 1970 of "2020-03-12" or "2020-03-12 07:00", UTC."""
    return int(datetime.datetime.fromisoformat(text)
               .replace(tzinfo=datetime.timezone.utc).timestamp())


class Prices:
    """Hourly open, high, low and close per asset on a grid without holes; NaN where missing."""

    def __init__(self, path=HOURLY):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        when = np.array([seconds(row["time_utc"]) for row in rows])
        self.first_s = when[0]
        self.hour = np.arange(when[0], when[-1] + HOUR_S, HOUR_S)
        self.n_row, self.from_utc, self.to_utc = len(rows), rows[0]["time_utc"], rows[-1]["time_utc"]
        self.field = {}
        for asset in ("BTC", "ETH"):
            for what in ("open", "high", "low", "close"):
                grid = np.full(len(self.hour), np.nan)
                grid[(when - when[0]) // HOUR_S] = [
                    float(row[f"{asset.lower()}_{what}"] or "nan") for row in rows]
                self.field[asset, what] = grid

    def bars(self, asset, start_s, hours):
        """Open, high, low, close of one window."""
        at = (start_s - self.first_s) // HOUR_S
        return [self.field[asset, what][at:at + hours]
                for what in ("open", "high", "low", "close")]


def bar_statistics(bars):
    """fall, duration in hours, volatility of rows of bars [4][n][hours] (logarithms)."""
    first, high, low, close = bars
    before = first.copy()
    before[:, 1:] = np.maximum(first[:, 1:], high[:, :-1])
    peak = np.maximum.accumulate(before, axis=1)
    hour = np.arange(first.shape[1])
    peak_hour = np.maximum.accumulate(np.where(before >= peak, hour, 0), axis=1)
    depth = peak - low
    at = depth.argmax(axis=1)
    row = np.arange(len(at))
    # an extreme lies somewhere within its hour: half an hour for a fall within one
    duration = np.maximum(at - peak_hour[row, at], 0.5)
    returns = np.concatenate([close[:, :1] - first[:, :1], np.diff(close, axis=1)], axis=1)
    volatility = np.sqrt((returns ** 2).mean(axis=1) * 8760.0)
    return 1.0 - np.exp(-depth[row, at]), duration, volatility


class Windows:
    """All windows of one asset and length."""

    def __init__(self, prices, asset, hours):
        view = np.lib.stride_tricks.sliding_window_view
        bars = [view(np.log(prices.field[asset, what]), hours)
                for what in ("open", "high", "low", "close")]
        gap = np.concatenate([[0], np.cumsum(np.isnan(prices.field[asset, "close"]))])
        whole = np.flatnonzero(gap[hours:] == gap[:-hours])
        parts = [bar_statistics([b[part] for b in bars])
                 for part in np.array_split(whole, max(len(whole) * hours // 200_000, 1))]
        self.hours = hours
        self.start_s = prices.hour[whole]
        self.fall, self.duration, self.volatility = (np.concatenate(x) for x in zip(*parts))

    def percentile(self, fall):
        return float((self.fall < fall).mean())

    def threshold(self, percentile):
        return float(np.quantile(self.fall, percentile))

    def at(self, start_s):
        """Index of the window that starts then; None where the data lack it."""
        found = np.flatnonzero(self.start_s == start_s)
        return int(found[0]) if len(found) else None

    def bucket(self, percentile, without_s=None):
        """Mask of the windows at least that severe; those that share an hour with the window
        starting at without_s are left out."""
        mask = self.fall >= self.threshold(percentile)
        if without_s is not None:
            mask &= np.abs(self.start_s - without_s) >= self.hours * HOUR_S
        return mask

    def events(self, mask):
        """Starts of the deepest window of each cluster of windows that overlap."""
        index = np.flatnonzero(mask)
        if len(index) == 0:
            return []
        cuts = np.flatnonzero(np.diff(self.start_s[index]) >= self.hours * HOUR_S) + 1
        return [int(part[self.fall[part].argmax()]) for part in np.split(index, cuts)]

    def statistics(self, mask):
        return np.column_stack([self.fall[mask], self.duration[mask], self.volatility[mask]])
