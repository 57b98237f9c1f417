"""Parameters drawn per batch, scenarios under several models."""

import json
import math
import unittest

from tailrace_case import MARKET, SCENARIO, TailraceCase

CERTAIN = "volatility_annual: 0.45}}"
UNCERTAIN = ("volatility_annual: 0.45}, uncertainty: {parameters: [volatility_annual, "
             "drift_annual], standard_error: [0.08, 0.6], correlation: [[1, 0.1], [0.1, 1]]}}")


class Parameters(TailraceCase):
    def setUp(self):
        super().setUp()
        self.write("market.yaml", MARKET.replace(CERTAIN, UNCERTAIN))
        self.write("sampled.yaml", SCENARIO.replace("name: small", "name: sampled").replace(
            "paths: 700", "paths: 5120, parameters: sampled, batch: 512"))

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def test_contributions_add_up_and_a_path_is_replayed(self):
        import h5py

        self.tailrace("run", "sampled.yaml", "--quiet")
        with h5py.File(self.folder / "sampled.h5") as file:
            cell = file["sampled"]
            es = cell["risk/es_usd"][0, list(cell["risk/level"]).index(0.95)]
            level = cell["position"].attrs["es_contribution_level"]
            loss = sorted(-cell["path/pnl_usd"][:], reverse=True)
            pnl = cell["path/pnl_usd"][4000]
            parts = (cell["position/es_contribution_usd"][:].sum()
                     + cell["position/es_contribution_liquidation_usd"][()])
        self.assertGreater(es, 0)
        tail = (1 - level) * len(loss)
        whole = int(tail + 1e-9)
        expected = (sum(loss[:whole]) + (tail - whole) * loss[whole]) / tail
        self.assertAlmostEqual(parts / expected, 1, delta=1e-9)
        text = self.tailrace("run", "sampled.yaml", "--path", "4000").stdout_text
        line = next(line for line in text.splitlines() if line.startswith("pnl_usd book"))
        self.assertEqual(float(line.split()[2]), pnl)

    def test_summary_and_file_show_the_parameters_part(self):
        done = self.tailrace("run", "sampled.yaml", "--json")
        row = json.loads(done.stdout_text)["cells"][0]["metrics"][0]
        self.assertGreater(row["mean_parameter_sd_usd"], 0)
        self.assertLess(row["mean_parameter_sd_lower_usd"], row["mean_parameter_sd_usd"])
        self.assertGreater(row["levels"][0]["es_parameter_sd_upper_usd"], 0)
        self.assertIn("10 parameter sets", done.stderr_text)
        shown = self.tailrace("show", "sampled.h5").stdout_text
        self.assertIn("sd over parameter sets", shown)
        self.assertNotIn("sd over parameter sets",
                         self.tailrace("run", "small.yaml").stdout_text)

    def test_three_markets_show_the_models_part(self):
        self.write("wild.yaml", MARKET.replace("0.45", "0.9"))
        self.write("calm.yaml", MARKET.replace("0.45", "0.2"))
        self.write("suite.yaml",
                   "tailrace: 1\nsuite: three\nscenarios: [small.yaml, sampled.yaml]\n"
                   "set: {run.paths: 2048, run.parameters: estimates}\n"
                   "markets: {base: market.yaml, wild: wild.yaml, calm: calm.yaml}\n")
        summary = json.loads(self.tailrace("run", "suite.yaml", "--json").stdout_text)
        self.assertEqual([m["scenario"] for m in summary["models"]], ["small", "sampled"])
        table = summary["models"][0]
        self.assertEqual(table["models"], ["small--base", "small--wild", "small--calm"])
        es = []
        for cell in summary["cells"][:3]:
            es.append(cell["metrics"][0]["levels"][0]["es_usd"])
        figure = table["metrics"][0]["es"]
        mean = sum(es) / 3
        self.assertAlmostEqual(figure["mean_usd"], mean, delta=1e-6)
        self.assertEqual((figure["least_usd"], figure["most_usd"]), (min(es), max(es)))
        self.assertAlmostEqual(figure["model_sd_usd"],
                               math.sqrt(sum((x - mean) ** 2 for x in es) / 2), delta=1e-6)
        self.assertIsNone(figure["parameter_sd_usd"])
        shown = json.loads(self.tailrace("show", "three.h5", "--json").stdout_text)
        self.assertEqual(shown["models"], summary["models"])
        self.assertIn("small under 3 models: small--base small--wild small--calm",
                      self.tailrace("show", "three.h5").stdout_text)

    def test_what_is_wrong_is_one_sentence(self):
        rows = (
            ("{parameters: [volatility], standard_error: [1]}", "has no number 'volatility'"),
            ("{standard_error: [1]}", "lacks 'parameters'"),
            ("{parameters: [], standard_error: [1]}", "lacks 'parameters'"),
            ("{parameters: [drift_annual, drift_annual], standard_error: [1, 1]}", "twice"),
            ("{parameters: [drift_annual], standard_error: [1, 2]}", "has 2 numbers for 1"),
            ("{parameters: [drift_annual], standard_error: [-1]}", "outside 0 .."),
            ("{parameters: [drift_annual], standard_error: [x]}", "not a number"),
            ("{parameters: [drift_annual]}", "give either"),
            ("{parameters: [drift_annual], standard_error: [1], sets: a.csv}", "give either"),
            ("{parameters: [drift_annual], sets: none.csv}", "none.csv"),
            ("{parameters: [drift_annual], sets: bad.csv}", "bad.csv:2"),
            ("{parameters: [drift_annual], sets: empty.csv}", "no parameter set"),
            ("{parameters: [drift_annual], standard_error: [1], correlation: [[2]]}",
             "outside -1 .. 1"),
            ("{parameters: [drift_annual], standard_error: [1], correlation: [[0.5]]}",
             "ones on its diagonal"),
            ("{parameters: [drift_annual], standard_error: [1], correlation: [[1, 0]]}",
             "no 1 x 1 matrix"),
            ("{parameters: [drift_annual, volatility_annual], standard_error: [1, 1], "
             "correlation: [[1, 0.3], [0.2, 1]]}", "symmetric"),
            ("{parameter: [drift_annual], standard_error: [1]}", "did you mean 'parameters'"),
        )
        self.write("bad.csv", "drift_annual\nmuch\n")
        self.write("empty.csv", "drift_annual\n")
        for text, sentence in rows:
            with self.subTest(text=text):
                self.write("market.yaml", MARKET.replace(
                    CERTAIN, f"volatility_annual: 0.45}}, uncertainty: {text}}}"))
                done = self.tailrace("check", "sampled.yaml", code=2)
                self.assert_one_sentence(done)
                self.assertIn(sentence, done.stderr_text)

    def test_sampling_without_errors_or_with_odd_batches_is_refused(self):
        done = self.tailrace("check", "sampled.yaml", "--set", "run.batch=300", code=2)
        self.assertIn("run.batch = 300 is no multiple of 256: write 512", done.stderr_text)
        done = self.tailrace("check", "sampled.yaml", "--set", "run.paths=1000000000",
                             code=2)
        self.assertIn("more than 10000 parameter sets: write batch: 100096",
                      done.stderr_text)
        self.write("market.yaml", MARKET)
        done = self.tailrace("check", "sampled.yaml", code=2)
        self.assertIn("no asset of the market states an 'uncertainty'", done.stderr_text)


if __name__ == "__main__":
    unittest.main()
