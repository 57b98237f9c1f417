"""The market of the crisis and ladder scenarios in numpy, without accounts, and the search for its
parameters. Shared by scripts/make_ladders and scripts/make_crises.

The log-price of one asset on one path is
    x(t) = f W(t) - f^2 t/2 + S g_S(t) + G g_G(t)      (+ E g_E(t) for assets other than BTC)
  f    calm volatility x a factor per path for all assets, its logarithm uniform on stress -+ stress_half
  S    slide: a ramp of `slide_part` of the horizon by ln(1 + move), uniform start
  G    gap: a ramp of GAP_H by ln(1 + move) uniform on (gap, gap + gap_width), a fraction GAP_RECOVER
       of it back with half-life GAP_HALF_LIFE_H, uniform start
  E    a further slide of fixed size
as the shocks of the scenario files have it. Prices are looked at every quarter of an hour, in windows
longer than 48 h every half.
"""

import numpy as np

CALM = {"BTC": 0.56, "ETH": 0.75, "SOL": 0.95} # as in scenarios/crises/market/diffusion.yaml
GAP_H, GAP_RECOVER, GAP_HALF_LIFE_H = 1.0, 0.6, 1.0 # [A]: an hour, most of it back in a few


def steps_per_hour(hours):
    return 4 if hours <= 48 else 2


def path_statistics(x, per_hour):
    """fall, duration in hours, volatility of log-prices [n][1 + step]; as in price_windows."""
    peak = np.maximum.accumulate(x, axis=1)
    step, row = np.arange(x.shape[1]), np.arange(len(x))
    peak_step = np.maximum.accumulate(np.where(x >= peak, step, 0), axis=1)
    depth = peak - x
    at = depth.argmax(axis=1)
    duration = (at - peak_step[row, at]) / per_hour
    returns = np.diff(x[:, ::per_hour], axis=1)
    return np.column_stack([1.0 - np.exp(-depth[row, at]),
                            np.maximum(duration, 1.0 / per_hour),
                            np.sqrt((returns ** 2).mean(axis=1) * 8760.0)])


def quantiles(statistics):
    return np.log(np.quantile(statistics, [0.05, 0.5, 0.95], axis=0))


class Draws:
    """Common random numbers of all trials."""

    def __init__(self, hours, n_path, seed=1):
        draw = np.random.Generator(np.random.PCG64(seed))
        self.hours, self.per_hour = hours, steps_per_hour(hours)
        step = hours * self.per_hour
        self.hour = np.arange(1, step + 1) / self.per_hour
        self.years = self.hour / 8760.0
        self.wiener = np.cumsum(draw.standard_normal((n_path, step)), axis=1) \
            * np.sqrt(1.0 / self.per_hour / 8760.0)
        self.stress, self.gap, self.slide_start, self.gap_start, self.extra_start = \
            draw.random((5, n_path, 1))

    def profile(self, start, length, recover=0.0, half_life=1.0):
        since = self.hour - start
        kept = 1.0 - recover * (1.0 - np.exp2(-np.maximum(since - length, 0.0) / half_life))
        return np.clip(since / length, 0.0, 1.0) * kept


def simulate(draws, calm, stress, stress_half, slide, slide_part, gap, gap_width, extra=0.0):
    """Log-prices [n][1 + step]; stress, slide, gap and extra are logarithms."""
    volatility = calm * np.exp(stress + stress_half * (2.0 * draws.stress - 1.0))
    length = slide_part * draws.hours
    x = volatility * draws.wiener - 0.5 * volatility ** 2 * draws.years
    x += slide * draws.profile(draws.slide_start * (draws.hours - length), length)
    x += (gap + gap_width * draws.gap) * draws.profile(
        draws.gap_start * (draws.hours - GAP_H), GAP_H, GAP_RECOVER, GAP_HALF_LIFE_H)
    if extra != 0.0:
        x += extra * draws.profile(draws.extra_start * (draws.hours - length), length)
    return np.concatenate([np.zeros((len(x), 1)), x], axis=1)


def search(loss, start, step, low, high, finest=0.008):
    """Compass search: one coordinate at a time, steps halved where none helps."""
    best_at, step = np.array(start, dtype=float), np.array(step, dtype=float)
    best = loss(best_at)
    while step.max() > finest:
        better = False
        for i in range(len(best_at)):
            for sign in (1.0, -1.0):
                trial = best_at.copy()
                trial[i] = min(max(trial[i] + sign * step[i], low[i]), high[i])
                value = loss(trial)
                if value < best - 1e-5:
                    best_at, best, better = trial, value, True
                    break
        if not better:
            step *= 0.5
    return best_at, best


# Rows 5, 50 and 95 %, columns fall, duration, volatility. The deep end of the falls counts most.
WEIGHT = np.array([[1.5, 0.6, 0.8], [2.0, 0.5, 2.0], [4.0, 0.6, 1.2]])
STARTS = ((0.8, 1.0, -0.10, 0.4, -0.20, 0.20), (0.8, 1.0, -0.05, 0.4, -0.10, 0.10),
          (1.2, 1.5, -0.20, 0.4, -0.40, 0.35), (1.2, 0.8, -0.15, 0.1, -0.05, 0.03))
STEP = (0.3, 0.3, 0.1, 0.15, 0.1, 0.1)
# A gap only falls; stress lies between half and 16 times the calm volatility [A].
LEAST_STRESS, MOST_STRESS = np.log(0.5), np.log(16.0)
LOW = (-1.0, 0.05, -1.0, 0.05, -0.8, 0.01)
HIGH = (2.5, 2.5, 0.0, 0.85, -0.01, 0.8)


def distance(draws, calm, parameters, target):
    found = quantiles(path_statistics(simulate(draws, calm, *parameters), draws.per_hour))
    stress, half, gap, width = parameters[0], parameters[1], parameters[4], parameters[5]
    outside = max(gap + width, 0.0) + max(LEAST_STRESS - stress + half, 0.0) \
        + max(stress + half - MOST_STRESS, 0.0)
    return float((WEIGHT * (found - target) ** 2).sum()) + 1e3 * outside


def fit(draws, target):
    """The six parameters whose quantiles come nearest to the target for BTC."""
    return min((search(lambda p: distance(draws, CALM["BTC"], p, target), start, STEP, LOW, HIGH)
                for start in STARTS), key=lambda found: found[1])


def fit_other(draws, asset, parameters, target):
    """ln of a further factor on volatility and the further slide of another asset."""
    def loss(p):
        return distance(draws, CALM[asset] * np.exp(p[0]), [*parameters, p[1]], target)
    return search(loss, (0.0, -0.05), (0.2, 0.05), (-1.0, -1.0), (1.0, 0.0))
