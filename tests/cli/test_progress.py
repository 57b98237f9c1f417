"""A bar with rate and time left on a terminal, and nothing of it anywhere else."""

import os
import pty
import unittest

from tailrace_case import DECIDED, LONG, SCENARIOS, TailraceCase


class Progress(TailraceCase):
    def stderr_on_a_terminal(self, *arguments, command="run"):
        ours, theirs = pty.openpty()
        with self.start(command, *arguments, stderr=theirs) as process:
            os.close(theirs)
            shown = b""
            while True:
                try:
                    part = os.read(ours, 65536)
                except OSError:  # how a terminal says that nobody writes any more
                    break
                if not part:
                    break
                shown += part
            os.close(ours)
            process.communicate(timeout=60)
        self.assertIn(process.returncode, DECIDED, shown)
        return shown.decode()

    def test_a_terminal_gets_a_bar_with_rate_and_time_left(self):
        shown = self.stderr_on_a_terminal(*LONG)
        bars = [line for line in shown.split("\r") if "paths/s" in line]
        self.assertGreater(len(bars), 2)
        for bar in bars[1:]:
            self.assertRegex(bar, r"\Acalm +\[#*-*\] +\d+ %  \d+ paths/s  \d+ s left ")
            self.assertTrue(bar.endswith("\x1b[K"))
            self.assertLess(len(bar), 80 + len("\x1b[K"))
        share = [int(bar.split("%")[0].split()[-1]) for bar in bars]
        self.assertEqual(share, sorted(share))
        # The bar is wiped at the end.
        self.assertRegex(shown, r"\r\x1b\[Ktailrace: peak memory [\d.]+ MB\r\n\Z")

    def test_quiet_shows_nothing_on_a_terminal(self):
        shown = self.stderr_on_a_terminal("small.yaml")
        self.assertIn("paths/s", shown)
        self.assertEqual(self.stderr_on_a_terminal("small.yaml", "--quiet"), "")

    def test_calibrate_says_what_it_fits(self):
        call = (SCENARIOS / "prices/made-up.csv", "--models", "gbm,merton", "--assets", "BTC")
        shown = self.stderr_on_a_terminal(*call, command="calibrate")
        lines = [line for line in shown.split("\r") if line.startswith("calibrate: ")]
        self.assertEqual(lines, [f"calibrate: BTC, {model} ({n} of 2 fits)\x1b[K"
                                 for n, model in enumerate(("gbm", "merton"), start=1)])
        self.assertTrue(shown.endswith("\r\x1b[K"), "the line is wiped at the end")
        self.assertEqual(self.stderr_on_a_terminal(*call, "--quiet", command="calibrate"), "")
        self.assertEqual(self.tailrace("calibrate", *call).stderr_text, "")

    def test_a_pipe_gets_no_bar(self):
        done = self.tailrace("run", "small.yaml")
        self.assertNotIn("\r", done.stdout_text + done.stderr_text)
        self.assertNotIn("paths/s", done.stdout_text + done.stderr_text)
        self.assertNotIn("\x1b", done.stdout_text + done.stderr_text)


if __name__ == "__main__":
    unittest.main()
