"""Help, wrong usage, list and describe."""

import unittest

from tailrace_case import TailraceCase

COMMANDS = ("run", "check", "list", "describe", "show", "calibrate", "backtest",
            "margin")


class Usage(TailraceCase):
    def test_help_is_on_stdout(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                done = self.tailrace(command, "--help")
                self.assertTrue(done.stdout_text.startswith(f"usage: tailrace {command} "))
                self.assertIn("--help", done.stdout_text)
                self.assertEqual(done.stderr_text, "")
        for word in ("--help", "help"):
            done = self.tailrace(word)
            for command in COMMANDS:
                self.assertRegex(done.stdout_text, rf"(?m)^  {command} +\S")
            self.assertEqual(done.stderr_text, "")

    def test_help_comes_before_anything_else(self):
        done = self.tailrace("run", "none.yaml", "--help", "--bogus")
        self.assertIn("usage: tailrace run", done.stdout_text)

    def test_version_names_compiler_and_lanes(self):
        done = self.tailrace("--version")
        self.assertRegex(done.stdout_text, r"\Atailrace \d+\.\d+\.\d+ \(.+, \d+ lanes\)\n")

    def test_no_command_prints_the_help_on_stderr(self):
        done = self.tailrace(code=2)
        self.assertEqual(done.stdout_text, "")
        self.assertIn("usage: tailrace COMMAND", done.stderr_text)

    def test_wrong_usage_is_one_sentence_that_names_the_word(self):
        rows = (
            (["rum"], "unknown command rum: see tailrace --help"),
            ([""], "unknown command : see tailrace --help"),
            (["run"], "run: give a scenario or suite file"),
            (["run", "--bogus", "small.yaml"], "run: unknown option --bogus: see"),
            (["run", "small.yaml", "-x"], "run: unknown option -x: see"),
            (["run", "small.yaml", "-o"], "run: -o needs a value: FILE.h5"),
            (["run", "small.yaml", "--set"], "run: --set needs a value: KEY=VALUE"),
            (["run", "small.yaml", "--set", "paths"], "run: --set paths: write --set KEY="),
            (["run", "small.yaml", "--set", "=5"], "run: --set =5: write --set KEY=VALUE"),
            (["run", "small.yaml", "--set", "run.path=5"], "no key 'path'"),
            (["run", "small.yaml", "--paths", "0"], "run.paths = 0 is outside"),
            (["run", "small.yaml", "--paths", "many"], "run.paths = many is not a number"),
            (["run", "small.yaml", "--paths", "1.5"], "run.paths = 1.5"),
            (["run", "small.yaml", "--threads", "0"], "--threads 0 is not a number from 1"),
            (["run", "small.yaml", "--threads", "4097"], "--threads 4097 is not"),
            (["run", "small.yaml", "--threads", "2x"], "--threads 2x is not"),
            (["run", "small.yaml", "--path", "-1"], "--path -1 is not the number of"),
            (["run", "small.yaml", "--path", "9" * 30], "is not the number of a path"),
            (["run", "small.yaml", "small.yaml"], "two cells are called small"),
            (["run", "small.yaml", "-o", ""], "run: -o '' names no file"),
            (["run", "small.yaml", "-o", "out/"], "run: -o 'out/' names no file"),
            (["run", "small.yaml", "-o", "."], "run: -o . is a folder"),
            (["run", "small.yaml", "-o", "/dev/null"], "run: -o /dev/null is a device"),
            (["run"] + 65 * ["small.yaml"], "run: more than 64 files"),
            (["run", "small.yaml"] + 257 * ["--paths", "9"], "more than 256 overrides"),
            (["check"], "check: give a scenario or suite file"),
            (["check", "--bogus", "small.yaml"], "check: unknown option --bogus"),
            (["check", "small.yaml", "--set"], "check: --set needs a value"),
            (["check", "small.yaml", "--set", "a", "--set", "b"], "check: --set a: write"),
            (["check"] + 65 * ["small.yaml"], "check: more than 64 files"),
            (["list", "price"], "list takes no operands"),
            (["list", "--bogus"], "list: unknown option --bogus"),
            (["describe"], "describe takes a name: see tailrace list"),
            (["describe", "gbm", "merton"], "describe takes one name"),
            (["describe", "--bogus"], "describe: unknown option --bogus"),
            (["describe", "brownian"], "nothing is called brownian: see tailrace list"),
            (["margin"], "margin: give POSITIONS.csv or a scenario"),
            (["margin", "a.csv", "--bogus"], "margin: unknown option --bogus"),
            (["margin", "a.csv", "--rule"], "margin: --rule needs a value: NAME|all"),
            (["margin"] + 257 * ["--set", "run.paths=9"], "margin: more than 256 overrides"),
            (["calibrate"], "calibrate: give a price file"),
            (["calibrate", "a.csv", "b.csv"], "calibrate: give one price file"),
            (["calibrate", "a.csv", "--bogus"], "calibrate: unknown option --bogus"),
            (["calibrate", "a.csv", "-o"], "calibrate: -o needs a value: FILE.yaml"),
            (["calibrate", "a.csv", "-o", "out/"], "calibrate: -o 'out/' names no file"),
            (["calibrate", "a.csv", "-o", "/dev/null"], "-o /dev/null is a device"),
            (["calibrate", "a.csv", "--assets", "A,,B"], "--assets 'A,,B' has an empty name"),
            (["calibrate", "a.csv", "--models", ""], "--models '' has an empty name"),
            (["calibrate", "a.csv", "--assets", ",".join(65 * "A")], "names more than 64"),
            (["calibrate", "a.csv", "--from", "2024-02-30"], "--from 2024-02-30 is not a date"),
            (["calibrate", "a.csv", "--to", "now"], "--to now is not a date: write"),
            (["calibrate", "a.csv", "--step", "0h"], "--step 0h is not a duration: write 1h"),
            (["calibrate", "a.csv", "--utc-offset", "25"], "--utc-offset 25 is not a number"),
            (["calibrate", "a.csv", "--drift", "none"], "--drift none: write estimated or"),
            (["calibrate", "a.csv", "--chain-unit", "bp"], "--chain-unit bp: write fraction"),
            (["calibrate", "a.csv", "--seed", "-1"], "--seed -1 is not a whole number"),
            (["show"], "show: give a result file"),
            (["show", "a.h5", "b.h5"], "show: give one result file"),
            (["show", "--bogus", "a.h5"], "show: unknown option --bogus"),
        )
        before = self.files()
        for arguments, sentence in rows:
            with self.subTest(arguments=arguments[:6]):
                done = self.tailrace(*arguments, code=2)
                self.assert_one_sentence(done)
                self.assertIn(sentence, done.stderr_text)
        self.assertEqual(self.files(), before)

    def test_output_that_is_lost_is_an_error(self):
        self.tailrace("run", "small.yaml", "--quiet")
        for arguments in (["--help"], ["list"], ["describe", "gbm"],
                          ["check", "small.yaml"], ["show", "small.h5"],
                          ["show", "small.h5", "--json"], ["run", "small.yaml"],
                          ["margin", "small.yaml"], ["margin", "small.yaml", "--json"],
                          ["run", "small.yaml", "--path", "3"]):
            with self.subTest(arguments=arguments), open("/dev/full", "w") as full:
                done = self.start(*arguments, stdout=full)
                self.assertIn("cannot", done.communicate(timeout=60)[1])
                self.assertEqual(done.returncode, 1)

    def test_every_name_of_the_list_is_described(self):
        listed = self.tailrace("list").stdout_text
        names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
        self.assertGreater(len(names), 20)
        self.assertIn("square_root", names)
        self.assertEqual(len(names), len(set(names)))
        for name in names:
            with self.subTest(name=name):
                text = self.tailrace("describe", name).stdout_text
                self.assertEqual(text.split()[0], name)
                for line in text.splitlines()[2:]:
                    if line.startswith("example: {") or line == "of each asset at the venue:":
                        continue
                    self.assertRegex(line, r"^  \S+ +\S.* \[\S.*; (required|may be (empty|absent)|default \S+)")


if __name__ == "__main__":
    unittest.main()
