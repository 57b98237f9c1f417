"""Inputs that are wrong: one sentence with file, line and column, exit code 2, and nothing
is written, whether by `check` or by `run`."""

import os
import unittest

from tailrace_case import BOOK, MARKET, SCENARIO, TailraceCase


def scenario(old, new):
    assert old in SCENARIO, old
    return SCENARIO.replace(old, new)


def book(old, new):
    assert old in BOOK, old
    return BOOK.replace(old, new)


def market(old, new):
    assert old in MARKET, old
    return MARKET.replace(old, new)


SCENARIO_ROWS = (
    ("empty", "", r"1:1: the file is empty"),
    ("binary", bytes(range(256)) * 8, r"1:1: byte 0x00"),
    ("HDF5", b"\x89HDF\r\n\x1a\n" + bytes(100), r"1:1: byte 0x89"),
    ("UTF-16", SCENARIO.encode("utf-16"), r"1:1: the file is UTF-16"),
    ("NaN", scenario("-0.2", ".nan"), r"8:31: .*= \.nan is not"),
    ("huge", scenario("-0.2", "1e308"), r"8:31: .*= 1e\+?308 is outside"),
    ("overflow", scenario("-0.2", "1e999"), r"8:31: .*= 1e999 is not a finite"),
    ("percent", scenario("-0.2", "-20%"), r"8:31: .* write the fraction -0\.2"),
    ("wrong unit", scenario("step: 1h", "step: 1 USD"), r"4:38: run\.step = 1 USD"),
    ("no unit", scenario("step: 1h", "step: 3600"), r"4:38: run\.step = 3600"),
    ("unknown key", scenario("seed", "sead"), r"4:42: .*'sead': did you mean 'seed'\?"),
    ("duplicate key", SCENARIO + "name: again\n", r"9:1: 'name' stands here a second time"),
    ("alias", SCENARIO + "severity: *x\n", r"9:11: an alias"),
    ("anchor", scenario("market: ", "market: &m "), r"5:9: an anchor"),
    ("tag", scenario("name: ", "name: !!str "), r"2:7: a tag"),
    ("two documents", SCENARIO + "---\n" + SCENARIO, r"9:1: a second document"),
    ("no YAML", scenario("]", ""), r"\d+:\d+: this is not YAML"),
    ("list", "- 1\n", r"1:1: a list where keys"),
    ("future", scenario("tailrace: 1", "tailrace: 2"), r"1:11: tailrace = 2"),
    ("missing key", scenario("horizon: 2d, ", ""), r"4:\d+: .*horizon"),
    ("missing file", scenario("book.csv", "none.csv"), r"6:12: cannot read 'none\.csv'"),
    ("folder", scenario("book.csv", "."), r"6:12: cannot read '\.': it is a folder"),
    ("asset", scenario("[BTC, ETH]", "[BTC, DOGE]"), r"8:19: .*DOGE"),
    ("limit", SCENARIO + "limits:\n  - {metric: portfolio.los, es: 0.9, max_usd: 1}\n",
     r"10:5: .*'portfolio\.los', which .* has portfolio\.loss, "),
    ("limit's unit", SCENARIO + "limits:\n  - {metric: portfolio.liquidated, es: 0.9, "
     "max_usd: 1}\n", r"10:5: .*not in USD; limit its probability"),
)
BOOK_ROWS = (
    ("empty", "", r"1:1: the file is empty"),
    ("binary", bytes(range(256)) * 8, r"1:1: byte 0x00"),
    ("NaN", book("44.01", "nan"), r"4:43: quantity = nan is not a finite"),
    ("huge", book("44.01", "1e308"), r"4:43: quantity = 1e308 is outside"),
    ("overflow", book("44.01", "1e999"), r"4:43: quantity = 1e999"),
    ("wrong unit", book("44.01", "44.01 BTC"), r"4:43: quantity = 44\.01 BTC is not"),
    ("missing column", "\n".join(line.rsplit(",", 2)[0] for line in BOOK.splitlines()),
     r"1:1: .*quantity"),
    ("unknown column", book("entry_price_usd", "entry_price"),
     r"1:55: .*did you mean 'entry_price_usd'\?"),
    ("double column", book("entry_price_usd", "quantity"), r"1:55: .*a second time"),
    ("short row", book("vault,custody,,", "vault,custody,"), r"5:1: 7 cells where"),
    ("double id", book("vault", "coins"), r"5:1: id 'coins' is that of line 3"),
    ("quote", book("vault", '"vault'), r"5:1: "),
    ("asset", book("spot,ETH", "spot,DOGE"), r"5:21: .*DOGE"),
)
CLAIM_HEADER = ("id,instrument,asset,quantity,expiry,power,volatility_annual,funding_period,"
                "lower_price_usd,upper_price_usd\n")
CLAIM_ROWS = (
    ("no size", "future,BTC,0,30d,,,,,", r"2: future 'p' has quantity 0"),
    ("no expiry", "future,BTC,1,,,,,,", r"2:16: .*expiry"),
    ("a future's power", "future,BTC,1,30d,2,,,,", r"2:20: power = 2: future takes none"),
    ("no volatility", "power_perpetual,BTC,1,,2,,,,", r"2:\d+: .*volatility_annual"),
    ("power", "power_perpetual,BTC,1,,9,0.8,,,", r"2:26: power = 9 is outside"),
    ("no power", "power_perpetual,BTC,1,,0,0.8,,,", r"2: power perpetual 'p' has power 0"),
    ("no mark", "power_perpetual,BTC,1,,3,4,14d,,", r"2: .*has no price.*shorten"),
    ("short pool", "lp_constant_product,BTC,-1,,,,,,",
     r"2:\d+: quantity = -1 is outside 0 "),
    ("empty pool", "lp_constant_product,BTC,0,,,,,,",
     r"2: lp_constant_product 'p' has quantity 0: give the dollars"),
    ("no range", "lp_range,BTC,1,,,,,90,90", r"2: lp_range 'p' has upper_price_usd = 90"),
    ("no end", "lp_range,BTC,1,,,,,90,", r"2:\d+: .*upper_price_usd"),
)
MARKET_ROWS = (
    ("NaN", market("66000", ".nan"), r"4:19: .*= \.nan is not"),
    ("huge", market("66000", "1e308"), r"4:19: .*= 1e\+?308 is outside"),
    ("model", market("gbm", "gmb"), r"4:41: .*gmb.*gbm"),
    ("correlation", market("0.85", "1.5"), r"7:\d+: .*1\.5"),
)


class BadInputs(TailraceCase):
    def refused(self, file, pattern, *arguments):
        before = self.files()
        for command in (["check"], ["run", "-o", "out.h5"]):
            done = self.tailrace(*command, *arguments, code=2)
            self.assert_one_sentence(done, rf"\Atailrace: {file}:{pattern}")
        self.assertEqual(self.files(), before)

    def test_scenarios(self):
        for label, content, pattern in SCENARIO_ROWS:
            with self.subTest(label):
                self.write("bad.yaml", content)
                self.refused(r"bad\.yaml", pattern, "bad.yaml")

    def test_positions(self):
        for label, content, pattern in BOOK_ROWS:
            with self.subTest(label):
                self.write("book.csv", content)
                self.refused(r"book\.csv", pattern, "small.yaml")

    def test_claims(self):
        for label, row, pattern in CLAIM_ROWS:
            with self.subTest(label):
                self.write("book.csv", CLAIM_HEADER + "p," + row + "\n")
                self.refused(r"book\.csv", pattern, "small.yaml")

    def test_pools_and_powers_stand_at_no_venue(self):
        for row in ("power_perpetual,BTC,1,,2,0.8,,,,", "lp_constant_product,BTC,1,,,,,,,",
                    "lp_range,BTC,1,,,,,90,91,"):
            with self.subTest(row):
                self.write("book.csv", CLAIM_HEADER.replace("\n", ",venue\n") + "p," + row +
                           "perp_venue\n")
                self.refused(r"book\.csv", r"2:1: .*cannot stand on margin", "small.yaml")

    def test_markets(self):
        for label, content, pattern in MARKET_ROWS:
            with self.subTest(label):
                self.write("market.yaml", content)
                self.refused(r"market\.yaml", pattern, "small.yaml")

    def test_a_file_that_is_none(self):
        self.refused(r"\.", "1:1: cannot be read: it is a folder", ".")
        self.refused(r"none\.yaml", "1:1: cannot be read: No such file", "none.yaml")
        self.refused("/dev/zero", "1:1: the file is larger than 16 MiB", "/dev/zero")
        if os.geteuid() != 0:
            (self.folder / "small.yaml").chmod(0)
            self.refused(r"small\.yaml", "1:1: cannot be read: Permission", "small.yaml")

    def test_an_override_is_checked_like_a_line(self):
        self.refused("--set", "1:11: run.paths = x is not", "small.yaml", "--set",
                     "run.paths=x")
        self.refused("--set", "1:16: .* is outside", "small.yaml", "--set",
                     "shocks[0].move=-7")
        self.refused("--set", r"1:1: ", "small.yaml", "--set", "shocks[9].move=-0.1")

    def test_the_second_file_is_checked_before_the_first_is_run(self):
        self.write("bad.yaml", scenario("-0.2", "x").replace("name: small", "name: bad"))
        done = self.tailrace("run", "small.yaml", "bad.yaml", code=2)
        self.assert_one_sentence(done, r"bad\.yaml:8:31: ")
        checked = self.tailrace("check", "small.yaml", "bad.yaml", code=2)
        self.assertEqual(checked.stderr_text, done.stderr_text)
        self.assertNotIn("small.h5.ckpt", self.files())

    def test_line_ends_and_byte_order_mark_do_not_matter(self):
        mark = b"\xef\xbb\xbf"
        plain = self.tailrace("check", "small.yaml").stdout_text
        for name, text in (("small.yaml", SCENARIO), ("book.csv", BOOK),
                           ("market.yaml", MARKET)):
            self.write(name, mark + text.replace("\n", "\r\n").encode())
        self.assertEqual(self.tailrace("check", "small.yaml").stdout_text, plain)
        self.tailrace("run", "small.yaml", "--quiet")

    def test_more_paths_than_memory(self):
        done = self.tailrace("run", "small.yaml", "--paths", "1e9", code=1)
        self.assert_one_sentence(done, r"run\.paths = 1000000000 needs \d+ GB")
        self.assertEqual(self.files(), ["book.csv", "market.yaml", "small.yaml"])


if __name__ == "__main__":
    unittest.main()
