"""Option vaults that cannot be: one sentence with file, line and column, exit code 2."""

import unittest

from tailrace_case import MARKET, TailraceCase

HEADER = "id,venue,instrument,asset,quantity,strike_delta,tenor,spread_frac\n"
GOOD = HEADER + "c,,covered_call_vault,BTC,10,0.1,7d,0.05\np,,put_vault,BTC,1e6,0.1,7d,\n"
ROWS = (
    ("no coins", "c,,covered_call_vault,BTC,0,0.1,7d,",
     r"2: covered_call_vault 'c' has quantity = 0: "),
    ("no cash", "p,,put_vault,BTC,0,0.1,7d,", r"2: put_vault 'p' has quantity = 0: "),
    ("delta in percent", "c,,covered_call_vault,BTC,1,10,7d,",
     r"2:29: strike_delta = 10 is outside"),
    ("signed delta", "p,,put_vault,BTC,1,-0.1,7d,", r"2:20: strike_delta = -0\.1 is outside"),
    ("no delta", "p,,put_vault,BTC,1,,7d,", r"2:20: strike_delta"),
    ("no tenor", "p,,put_vault,BTC,1,0.1,,", r"2:24: tenor"),
    ("tenor without unit", "p,,put_vault,BTC,1,0.1,7,", r"2:24: tenor = 7"),
    ("spread", "p,,put_vault,BTC,1,0.1,7d,5", r"2:27: spread_frac = 5 is outside"),
    ("tenor below a step", "c,,covered_call_vault,BTC,1,0.1,1m,",
     r"2:1: position c writes options every 60 s, which is no multiple of run.step = \d+ s, "),
    ("tenor between steps", "p,,put_vault,BTC,1,0.1,10001m,",
     r"2:1: position p writes options every 600060 s, which is no multiple of run.step = "),
    ("no surface", "c,,covered_call_vault,ETH,1,0.1,7d,",
     r"2:1: a position of kind covered_call_vault on ETH, but .* surface: "),
    ("at a venue", "c,perp_venue,put_vault,BTC,1,0.1,7d,",
     r"2:1: a position of kind put_vault cannot stand on margin at venue perp_venue: "),
)


class BadVaults(TailraceCase):
    def setUp(self):
        super().setUp()
        old = "volatility_annual: 0.45}}"
        assert old in MARKET
        self.write("market.yaml", MARKET.replace(
            old, "volatility_annual: 0.45}, surface: {flat_volatility_annual: 0.5}}"))

    def test_good_ones_pass(self):
        self.write("book.csv", GOOD)
        self.tailrace("check", "small.yaml")
        self.tailrace("run", "small.yaml", "--quiet")

    def test_bad_ones_are_refused(self):
        self.assert_refused_rows(HEADER, ROWS)


if __name__ == "__main__":
    unittest.main()
