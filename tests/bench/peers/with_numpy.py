#!/usr/bin/python3
"""The book of tailrace-bench valued by numpy and scipy, for scripts/bench-peers.

As fast as numpy goes: contracts sorted, so that linear and inverse ones are slices; all that
does not depend on the path computed beforehand, signs of calls and puts and constants of the
normal density within it; blocks of paths by contracts, in place, in buffers that stay in the
cache. The shape of the blocks, and ndtr or erfc for the normal cdf, is what proves quickest.

With f = F, k = K for a linear and f = S, k = K S/F for an inverse option, as in
models/instrument/option.c, sd = sigma sqrt(T) and phi = 1 for a call, -1 for a put:
    phi d1 = phi ln(f/k) / sd + phi sd/2,  phi d2 = phi d1 - phi sd
    value = phi (f N(phi d1) - k N(phi d2))       delta = phi f/S N(phi d1)
    gamma = f/S n(d1) / (S sd)                    vega = f n(d1) sqrt(T)
    theta = -f n(d1) sd / (2 T)                   vanna = -f/S n(d1) d2 sqrt(T) / sd
    volga = vega d1 d2 sqrt(T) / sd               rho = T S delta, inverse phi T k N(phi d2)

usage: with_numpy.py FOLDER, then lines on stdin, one line of answer each:
    sums FIGURE          name=value ...: sums over all contracts and paths
    rate FIGURE SECONDS  valuations (paths: asset-steps) per second
FIGURE is greeks or value, for each option; totals or total, the same but only as sums over the
options, path by path, by matrix products; or paths, geometric Brownian motion of ten correlated
assets as in bench_paths.c, whose "sums" are the errors of its moments in standard errors.
"""

import sys
import time

import numpy as np
from scipy.special import erfc, ndtr

NAMES = ("value_usd", "delta_coin", "gamma", "vega_usd", "theta_usd", "vanna_coin", "volga_usd",
         "rho_usd")
N_WORK = 4  # buffers beside those of the results
CHECKED_PATHS = 65536  # twice the drift is then an error of more than five standard errors


def read_table(folder, name):
    return np.genfromtxt(f"{folder}/{name}.csv", delimiter=",", names=True)


class Factors:
    """Arrays that are cut to blocks by `piece`, one attribute each."""

    def piece(self, first, last):
        part = Factors()
        for name, values in vars(self).items():
            setattr(part, name, values[first:last])
        return part


def contract_factors(table, with_erfc):
    """What is the same on all paths. With erfc the rows of deviations are x = -phi d / sqrt(2)
    instead of phi d, since N(phi d) = erfc(x) / 2."""
    c = Factors()
    inverse, years = table["inverse"] != 0.0, table["years"]
    sign = np.where(table["call"] != 0.0, 1.0, -1.0)
    ratio, sd = np.exp(table["log_forward_ratio"]), table["volatility_sqrt_t"]
    f_per_spot = np.where(inverse, 1.0, ratio)
    k = np.where(inverse, table["strike_usd"] / ratio, table["strike_usd"])
    density, root_t = f_per_spot / np.sqrt(2.0 * np.pi), np.sqrt(years)
    scale, half = (-np.sqrt(0.5), 0.5) if with_erfc else (1.0, 1.0)

    c.per_sd = scale * sign / sd
    c.moneyness = scale * sign * np.log(f_per_spot / k) / sd
    c.half_sd = scale * 0.5 * sign * sd
    c.f, c.k = half * sign * f_per_spot, half * sign * k
    c.gamma, c.vega = density / sd, density * root_t
    c.theta = -density * sd / (2.0 * years)
    c.vanna = -sign * density * root_t / (sd * scale)
    c.volga = -sign * root_t / scale
    c.years = years
    # What a row of N(phi d1), N(phi d2), n(d1) and so on is multiplied by for the book's sums.
    c.of_n1 = np.column_stack([c.f, np.where(inverse, 0.0, c.f * years)])
    c.of_n2 = np.column_stack([c.k, np.where(inverse, c.k * years, 0.0)])
    c.of_density = np.column_stack([c.gamma, c.vega, c.theta])
    c.of_volga = c.vanna * c.volga
    return c


def path_factors(table):
    """What is the same for all contracts, as columns."""
    p = Factors()
    p.spot, p.factor = (table[name][:, None].copy() for name in table.dtype.names)
    p.per_factor = 1.0 / p.factor
    p.log_spot = np.log(p.spot) / p.factor
    p.spot_factor = p.spot * p.factor
    p.per_spot_factor = 1.0 / p.spot_factor
    return p


class Book:
    """Figures greeks and value: generators of the results of one block after the other, which
    last until the next one. Figures totals and total: generators of one result per path."""

    SHAPES = [(paths, contracts, with_erfc) for with_erfc in (True, False)
              for contracts in (512, 1024, 2048, 4096) for paths in (1, 2, 4, 8, 16, 32)
              if 2048 <= paths * contracts <= 65536]

    def __init__(self, folder):
        table = read_table(folder, "contracts")
        self.table = table[np.argsort(table["inverse"], kind="stable")]
        self.paths = path_factors(read_table(folder, "paths"))
        self.n_linear = int(np.count_nonzero(table["inverse"] == 0.0))
        self.n_item = self.table.size * self.paths.spot.size

    def shape(self, n_path, n_contract, with_erfc):
        """Cuts the work into blocks of this shape and makes the buffers."""
        c, self.cdf = contract_factors(self.table, with_erfc), erfc if with_erfc else ndtr
        self.density_scale = -1.0 if with_erfc else -0.5  # n(d1) is exp of this x square
        memory = np.empty((N_WORK + len(NAMES), n_path * n_contract + 8))  # no common sets
        self.blocks, self.rows = [], []
        for first in range(0, self.table.size, n_contract):
            contracts = c.piece(first, first + n_contract)
            n_linear = min(max(self.n_linear - first, 0), contracts.years.size)
            for row in range(0, self.paths.spot.size, n_path):
                paths = self.paths.piece(row, row + n_path)
                self.rows.append(slice(row, row + n_path))
                sizes = paths.spot.size, contracts.years.size
                buffers = [flat[: sizes[0] * sizes[1]].reshape(sizes) for flat in memory]
                self.blocks.append((contracts, paths, n_linear, buffers[:N_WORK],
                                    buffers[N_WORK:]))

    @staticmethod
    def deviations(c, p, d1, d2, work):
        np.multiply(c.per_sd, p.log_spot, out=d1)
        np.multiply(c.moneyness, p.per_factor, out=work)
        np.add(d1, work, out=d1)
        np.multiply(c.half_sd, p.factor, out=work)
        np.subtract(d1, work, out=d2)
        np.add(d1, work, out=d1)

    def values(self, c, p, d1, d2, strike_part, value, delta):
        """strike_part: phi k N(phi d2)"""
        self.cdf(d1, out=delta)
        np.multiply(delta, c.f, out=delta)
        self.cdf(d2, out=strike_part)
        np.multiply(strike_part, c.k, out=strike_part)
        np.multiply(delta, p.spot, out=value)
        np.subtract(value, strike_part, out=value)

    def value(self):
        for c, p, _, (d1, d2, work, _), (value, delta, *_) in self.blocks:
            self.deviations(c, p, d1, d2, work)
            self.values(c, p, d1, d2, work, value, delta)
            yield (value,)

    def greeks(self):
        for c, p, n_linear, (d1, d2, work, density), out in self.blocks:
            value, delta, gamma, vega, theta, vanna, volga, rho = out
            self.deviations(c, p, d1, d2, work)
            self.values(c, p, d1, d2, work, value, delta)
            np.multiply(delta[:, :n_linear], p.spot, out=rho[:, :n_linear])
            rho[:, n_linear:] = work[:, n_linear:]
            np.multiply(rho, c.years, out=rho)
            np.multiply(d1, d1, out=density)
            np.multiply(density, self.density_scale, out=density)
            np.exp(density, out=density)
            np.multiply(density, c.gamma, out=gamma)
            np.multiply(gamma, p.per_spot_factor, out=gamma)
            np.multiply(density, c.vega, out=vega)
            np.multiply(vega, p.spot, out=vega)
            np.multiply(density, c.theta, out=theta)
            np.multiply(theta, p.spot_factor, out=theta)
            np.multiply(density, c.vanna, out=vanna)
            np.multiply(vanna, d2, out=vanna)
            np.multiply(vanna, p.per_factor, out=vanna)
            np.multiply(vanna, d1, out=volga)
            np.multiply(volga, c.volga, out=volga)
            np.multiply(volga, p.spot, out=volga)
            yield out

    def total(self):
        total = np.zeros(self.paths.spot.size)
        for row, (c, p, _, (d1, d2, work, _), _) in zip(self.rows, self.blocks):
            self.deviations(c, p, d1, d2, work)
            self.cdf(d1, out=work)
            total[row] += (work @ c.f) * p.spot[:, 0]
            self.cdf(d2, out=work)
            total[row] -= work @ c.k
        yield (total,)

    def totals(self):
        """The sums over the book, path by path, for which nothing per option is kept."""
        total = np.zeros((self.paths.spot.size, len(NAMES)))
        for row, (c, p, _, (d1, d2, work, density), _) in zip(self.rows, self.blocks):
            self.deviations(c, p, d1, d2, work)
            self.cdf(d1, out=work)
            by_spot = work @ c.of_n1
            self.cdf(d2, out=work)
            on_strike = work @ c.of_n2
            np.multiply(d1, d1, out=density)
            np.multiply(density, self.density_scale, out=density)
            np.exp(density, out=density)
            by_density = density @ c.of_density
            np.multiply(density, d2, out=density)
            vanna = density @ c.vanna
            np.multiply(density, d1, out=density)
            volga = density @ c.of_volga
            spot, per_factor = p.spot[:, 0], p.per_factor[:, 0]
            total[row] += np.column_stack(
                [by_spot[:, 0] * spot - on_strike[:, 0], by_spot[:, 0],
                 by_density[:, 0] * p.per_spot_factor[:, 0], by_density[:, 1] * spot,
                 by_density[:, 2] * p.spot_factor[:, 0], vanna * per_factor,
                 volga * per_factor * spot, by_spot[:, 1] * spot + on_strike[:, 1]])
        yield total.T

    def sums(self, figure):
        total = sum(np.array([row.sum() for row in out]) for out in getattr(self, figure)())
        return dict(zip(NAMES, total))


class Paths:
    """Figure paths: one day in steps of five minutes."""

    N_ASSET, N_STEP, STEP_YEARS = 10, 288, 5.0 / (365.0 * 24.0 * 60.0)
    VOLATILITY, CORRELATION = 0.8, 0.6  # no drift
    SHAPES = [(n_path, with_blas) for n_path in (256, 1024, 4096) for with_blas in (0, 1)]

    def __init__(self, _):
        n = self.N_ASSET
        correlation = np.full((n, n), self.CORRELATION) + (1.0 - self.CORRELATION) * np.eye(n)
        sd = self.VOLATILITY * np.sqrt(self.STEP_YEARS)
        self.mix = sd * np.linalg.cholesky(correlation)
        self.drift = -0.5 * self.VOLATILITY**2 * self.STEP_YEARS
        self.rng = np.random.Generator(np.random.SFC64(20200312))  # numpy's quickest

    def shape(self, n_path, with_blas):
        self.normal, self.move, self.spot = (np.empty((self.N_ASSET, n_path)) for _ in range(3))
        self.with_blas = with_blas
        self.n_item = self.N_ASSET * self.N_STEP * n_path

    def paths(self):
        self.spot.fill(100.0)
        for _ in range(self.N_STEP):
            self.rng.standard_normal(out=self.normal)
            if self.with_blas:
                np.dot(self.mix, self.normal, out=self.move)
            else:
                np.einsum("ij,jk->ik", self.mix, self.normal, out=self.move)
            np.add(self.move, self.drift, out=self.move)
            np.exp(self.move, out=self.move)
            np.multiply(self.spot, self.move, out=self.spot)
        yield self.spot

    def sums(self, _):
        """The largest error of a mean, a standard deviation and a correlation over the day,
        each in its standard errors."""
        blocks = []
        for _ in range(CHECKED_PATHS // self.spot.shape[1]):
            for spot in self.paths():
                blocks.append(np.log(spot / 100.0))
        returns, sd = np.hstack(blocks), self.VOLATILITY * np.sqrt(1.0 / 365.0)
        root_n = np.sqrt(returns.shape[1])
        cross = np.corrcoef(returns)[np.triu_indices(self.N_ASSET, 1)] - self.CORRELATION
        errors = {"mean": (returns.mean(axis=1) + 0.5 * sd * sd) / sd * root_n,
                  "sd": (returns.std(axis=1) / sd - 1.0) * np.sqrt(2.0) * root_n,
                  "correlation": cross / (1.0 - self.CORRELATION**2) * root_n}
        return {name: np.abs(error).max() for name, error in errors.items()}


FIGURES = {"greeks": Book, "value": Book, "totals": Book, "total": Book, "paths": Paths}


def rate(work, figure, least_s):
    items, elapsed_s, begin = 0, 0.0, time.perf_counter()
    while items == 0 or elapsed_s < least_s:
        for _ in getattr(work, figure)():
            pass
        items += work.n_item
        elapsed_s = time.perf_counter() - begin
    return items / elapsed_s


def tuned(folder, figure):
    """The work cut to the quickest of its shapes, the best of three tries each."""
    work = FIGURES[figure](folder)

    def quickness(shape):
        work.shape(*shape)
        return max(rate(work, figure, 0.0) for _ in range(3))

    work.shape(*max(work.SHAPES, key=quickness))
    return work


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: with_numpy.py FOLDER")
    works = {}
    for line in sys.stdin:
        what, figure, *rest = line.split()
        if figure not in works:
            works[figure] = tuned(sys.argv[1], figure)
        if what == "sums":
            print(*(f"{name}={value:.17g}" for name, value in
                    works[figure].sums(figure).items()), flush=True)
        else:
            print(f"{rate(works[figure], figure, float(rest[0])):.17g}", flush=True)


if __name__ == "__main__":
    main()
