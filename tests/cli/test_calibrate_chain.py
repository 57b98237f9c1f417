"""tailrace calibrate: surfaces and Heston's model from an option chain."""

import hashlib
import json
import unittest

from tailrace_case import SCENARIOS, TailraceCase
from test_calibrate import BOOK, MADE_UP, SCENARIO


class CalibrateChain(TailraceCase):
    def test_an_option_chain(self):
        chain = SCENARIOS / "markets/majors-chain.csv"
        done = self.tailrace("calibrate", MADE_UP, "--models", "gbm", "--chain", chain, "-o",
                             "found.yaml", "--json")
        by_name = {a["name"]: a for a in json.loads(done.stdout_text)["assets"]}
        self.assertNotIn("options", by_name["SOL"])
        for name in ("BTC", "ETH"):
            options = by_name[name]["options"]
            self.assertEqual(len(options["slices"]), 10)
            # the chain that ships is an SSVI itself
            self.assertLess(options["rms_volatility"], 0.002)
            heston = {p["key"]: p["value"] for p in options["heston"]["parameters"]}
            self.assertLess(options["heston"]["rms_vol_points"], 1.5)
            self.assertLess(heston["spot_correlation"], 0.0)
        market = (self.folder / "found.yaml").read_text()
        self.assertEqual((market.count("ssvi:"), market.count("    # price: {model: heston")),
                         (2, 2))
        self.assertIn(hashlib.sha256(chain.read_bytes()).hexdigest(),
                      (self.folder / "found.yaml").read_text())

    def test_a_surface_of_raw_svi(self):
        chain = SCENARIOS / "markets/majors-chain.csv"
        done = self.tailrace("calibrate", MADE_UP, "--assets", "BTC", "--models", "gbm",
                             "--chain", chain, "--surface", "svi", "-o", "found.yaml")
        self.assertIn("raw SVI, which is written: RMS error", done.stdout_text)
        market = (self.folder / "found.yaml").read_text()
        self.assertEqual((market.count("ssvi:"), market.count("      svi:"),
                          market.count("sigma: ")), (0, 1, 10))
        self.write("small.yaml", "tailrace: 1\nname: small\nmarket: found.yaml\n"
                                 "run: {horizon: 1d, paths: 16}\n")
        self.tailrace("check", "small.yaml", "--quiet")

    def test_hestons_model_can_be_chosen(self):
        self.write("book.csv", BOOK)
        self.write("calibrated.yaml", SCENARIO)
        self.tailrace("calibrate", MADE_UP, "--models", "gbm", "--chain",
                      SCENARIOS / "markets/majors-chain.csv", "-o", "found.yaml", "--quiet",
                      "--choose", "heston")
        market = (self.folder / "found.yaml").read_text()
        self.assertEqual((market.count("price: {model: heston"),
                          market.count("price: {model: gbm")), (2, 1))
        self.tailrace("check", "calibrated.yaml", "--quiet")
        self.tailrace("run", "calibrated.yaml", "--quiet", "-o", "out.h5")

    def test_a_chain_without_currency(self):
        lines = (SCENARIOS / "markets/majors-chain.csv").read_text().splitlines()
        rows = [line.split(",", 1)[1] for line in lines
                if line.startswith(("currency,", "BTC,"))]
        self.write("chain.csv", "\n".join(rows) + "\n")
        call = ("calibrate", MADE_UP, "--models", "gbm", "--chain", "chain.csv")
        self.assert_one_sentence(self.tailrace(*call, code=2), "no column 'currency'")
        self.tailrace(*call, "--assets", "BTC")


if __name__ == "__main__":
    unittest.main()
