"""Loans and loops that cannot be: one sentence with file, line and column, exit code 2."""

import unittest

from tailrace_case import TailraceCase

HEADER = ("id,instrument,asset,quantity,debt_quantity,debt_asset,target_leverage,"
          "loan_to_value_frac,liquidation_threshold_frac\n")
GOOD = HEADER + "l,loan,BTC,10,400000,,,,0.8\nx,loop,BTC,10,,ETH,9,0.9,0.93\n"
ROWS = (
    ("no size", "l,loan,BTC,0,400000,,,,0.8", r"2: loan 'l' has quantity = 0: "),
    ("short", "l,loan,BTC,-1,400000,,,,0.8", r"2:12: quantity = -1 is outside 0 "),
    ("no debt", "l,loan,BTC,10,0,,,,0.8", r"2: loan 'l' has debt_quantity = 0: "),
    ("empty debt", "l,loan,BTC,10,,,,,0.8", r"2:15: debt_quantity"),
    ("no threshold", "l,loan,BTC,10,400000,,,,", r"2:25: liquidation_threshold_frac"),
    ("threshold in percent", "l,loan,BTC,10,400000,,,,80",
     r"2:25: liquidation_threshold_frac = 80 is outside"),
    ("leverage of a loan", "l,loan,BTC,10,400000,,3,,0.8",
     r"2:23: target_leverage = 3: loan takes none"),
    ("no such asset", "l,loan,BTC,10,400000,DOGE,,,0.8", r"2:1: position l owes DOGE, "
     "which is not in the market"),
    ("owes itself", "l,loan,BTC,10,400000,BTC,,,0.8", r"2:1: position l owes BTC, which "
     "is its own collateral"),
    ("under water in USD", "l,loan,BTC,10,900000,,,,0.8",
     r"2:1: loan 'l' has debt_quantity = 900000 and owes more than its liquidation threshold "
     r"allows at the start: lower debt_quantity below \d{6}\b"),
    ("under water in coins", "l,loan,BTC,10,400000,ETH,,,0.8",
     r"2:1: loan 'l' has debt_quantity = 400000 and owes more than its liquidation threshold "),
    ("leverage", "x,loop,BTC,10,,ETH,10.5,0.9,0.93",
     r"2: loop 'x' has target_leverage = 10.5, but borrowing 0.9 of each deposit for ever "
     r"comes to 1 / \(1 - 0.9\) = 10: "),
    ("leverage below 1", "x,loop,BTC,10,,ETH,0.5,0.9,0.93",
     r"2:20: target_leverage = 0.5 is outside 1 "),
    ("threshold below", "x,loop,BTC,10,,ETH,5,0.9,0.85",
     r"2: loop 'x' has liquidation_threshold_frac = 0.85 below loan_to_value_frac = 0.9: "),
    ("no equity", "x,loop,BTC,0,,ETH,5,0.9,0.93", r"2: loop 'x' has quantity = 0: "),
)


class BadLending(TailraceCase):
    def test_good_ones_pass(self):
        self.write("book.csv", GOOD)
        self.tailrace("check", "small.yaml")
        self.tailrace("run", "small.yaml", "--quiet", code=(0, 3, 4))

    def test_bad_ones_are_refused(self):
        self.assert_refused_rows(HEADER, ROWS)

    def test_at_a_venue(self):
        self.assert_refused_rows(HEADER.replace("id,", "id,venue,"), (
            ("at a venue", "l,perp_venue,loan,BTC,10,400000,,,,0.8",
             r"2:1: a position of kind loan cannot stand on margin at venue perp_venue: "),))


if __name__ == "__main__":
    unittest.main()
