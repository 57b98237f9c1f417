"""Every ```sh block of README.md runs as it stands, in a copy of the tree.

The program there is a wrapper that adds a few options to `run`, last so that they win: the
commands are those of the README, only with few paths. Building is left out (`cmake` does
nothing), and so is scripts/test, which runs this very test.
"""

import os
import re
import shutil
import subprocess
import textwrap
import unittest

from tailrace_case import DECIDED, PROGRAM, ROOT, TailraceCase

WRAPPER = """\
#!/bin/bash
if [[ $1 == run ]]; then
    exec {program} "$@" --paths 256 --set run.pilot_paths=16
fi
exec {program} "$@"
"""
NOTHING = "#!/bin/sh\nexit 0\n"
CAT = "#!/bin/sh\nexec cat\n"
# Every command of a block that fails is noted with its exit code.
HEAD = "set -o pipefail -o errtrace\ntrap 'echo \"$? $BASH_COMMAND\" >>failures' ERR\n"


README = (ROOT / "README.md").read_text(encoding="utf-8")


# What the venues of the text stand in.
VENUES = """\
tailrace: 1
name: venues
run: {paths: 1, horizon: 1h, step: 5m}
market:
  assets:
    ETH: {spot_usd: 2000, price: {model: gbm, volatility_annual: 0.8}}
"""


def blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.M | re.S)
    return [text for name, text in found if name == language]


class Readme(TailraceCase):
    def script(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def setUp(self):
        super().setUp()
        for name in ("scenarios", "scripts", "output"):
            shutil.copytree(ROOT / name, self.folder / name)
        self.script("build/release/tailrace", WRAPPER.format(program=PROGRAM))
        self.script("scripts/test", NOTHING)
        self.script("stubs/cmake", NOTHING)
        if shutil.which("less") is None:
            self.script("stubs/less", CAT)
        self.path = f"{self.folder / 'stubs'}:{os.environ['PATH']}"

    def run_block(self, block):
        """(what it printed, the commands that failed)"""
        done = subprocess.run(["bash", "-c", HEAD + block], cwd=self.folder, text=True,
                              env={**os.environ, "PATH": self.path}, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)
        failures = self.folder / "failures"
        noted = failures.read_text().splitlines() if failures.exists() else []
        failures.unlink(missing_ok=True)
        return done.stdout, noted

    def test_every_block_runs(self):
        found = blocks("sh")
        self.assertGreater(len(found), 8)
        for block in found:
            with self.subTest(block=block):
                text, failures = self.run_block(block)
                # On few paths limits are undecided.
                failures = [line for line in failures
                            if not re.match(r"[34] .*(tailrace |scripts/)run\b", line)]
                self.assertEqual(failures, [], text)
                if "exit code $?" in block:
                    self.assertRegex(text, r"(?m)^exit code [34]$")
                if "echo identical" in block:
                    self.assertIn("identical", text)
        for name in re.findall(r"-o (results/[\w.-]+)", "".join(found)):
            self.assertTrue((self.folder / name).exists(), name)

    def test_the_scenario_in_the_text_is_right(self):
        (scenario, venues), tables = blocks("yaml"), blocks("")
        self.write("scenarios/text.yaml", scenario)
        self.tailrace("check", "scenarios/text.yaml", "--quiet")
        self.write("scenarios/venues.yaml", VENUES + textwrap.indent(venues, "  "))
        self.tailrace("check", "scenarios/venues.yaml", "--quiet")
        positions, accounts = (next(t for t in tables if t.startswith(head))
                               for head in ("id,", "account,"))
        self.write("scenarios/portfolios/quickstart.csv", positions)
        self.write("scenarios/populations/perp-venue.csv", accounts)
        self.tailrace("check", "scenarios/text.yaml", "--quiet")
        self.tailrace("run", "scenarios/text.yaml", "--paths", 64, "--set",
                      "run.pilot_paths=16", "--quiet", code=DECIDED)

    def test_files_and_folders_that_are_named_exist(self):
        folders = "scenarios|scripts|output|sim|models|tests"
        for name in set(re.findall(rf"`((?:{folders})/[^` ]*)`", README)):
            self.assertTrue((ROOT / name).exists(), name)


if __name__ == "__main__":
    unittest.main()
