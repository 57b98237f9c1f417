"""A run that was interrupted or killed, at whatever moment and however often, ends in the
bytes of an uninterrupted one; until then nothing stands under the final name."""

import random
import shutil
import signal
import subprocess
import time
import unittest

from tailrace_case import (DECIDED, LONG, PROGRAM, RECORDS_OF_LONG, SCENARIOS, TailraceCase,
                           make_folder, size_of)

# At least one pilot unit per round and thread, so that a signal lands in the pilot.
PILOT = (str(SCENARIOS / "black-thursday.yaml"), "--paths", "200", "--set",
         "run.pilot_paths=256", "--quiet")
SEED = 20200312
KILLS = 10
HEADER = 88  # bytes of the checkpoint before its first record
RECORD_MARK = b"CKTRUNIT"


class Interrupted(TailraceCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = make_folder(cls.addClassCleanup)
        begin = time.monotonic()
        subprocess.call([PROGRAM, "run", *LONG, "--quiet", "-o", cls.shared / "whole.h5"],
                        timeout=120)
        cls.duration_s = time.monotonic() - begin

    def setUp(self):
        super().setUp()
        shutil.copy(self.shared / "whole.h5", self.folder)
        self.checkpoint = self.folder / "run.h5.ckpt"

    def start_run(self, *arguments, run=LONG):
        return self.start("run", *run, "--quiet", "-o", "run.h5", *arguments)

    def records(self):
        """How many records the checkpoint holds, the last one perhaps not whole."""
        if size_of(self.checkpoint) < 0:
            return -1
        return self.checkpoint.read_bytes().count(RECORD_MARK)

    def wait_for_records(self, process, count):
        self.wait_for(process, lambda: self.records() >= count, f"{count} records")

    def interrupt(self, number, records=2):
        """Starts a run and stops it by the signal after some records."""
        with self.start_run() as process:
            self.wait_for_records(process, records)
            process.send_signal(number)
            process.stdout_text, process.stderr_text = process.communicate(timeout=60)
        return process

    def finish(self, *arguments, run=LONG, whole="whole.h5"):
        self.tailrace("run", *run, "--quiet", "-o", "run.h5", *arguments,
                      code=DECIDED)
        self.assert_equal_files(whole, "run.h5")
        self.assertFalse(self.checkpoint.exists())
        self.assertFalse((self.folder / "run.h5.part").exists())

    def test_signals_keep_the_checkpoint(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(signal=number.name):
                process = self.interrupt(number)
                self.assertEqual(process.returncode, code)
                self.assert_one_sentence(process, r"interrupted; run\.h5\.ckpt keeps what "
                                         r"is done: go on with --resume")
                self.assertNotIn("run.h5", self.files())
                self.assertNotIn("run.h5.part", self.files())
                self.finish("--resume")
                (self.folder / "run.h5").unlink()

    def test_an_older_result_stays_until_the_new_one_is_complete(self):
        self.write("run.h5", "older")
        self.assertEqual(self.interrupt(signal.SIGINT).returncode, 130)
        self.assertEqual((self.folder / "run.h5").read_text(), "older")
        self.finish("--resume")

    def test_a_signal_during_the_pilot(self):
        self.tailrace("run", *PILOT, "-o", "pilot.h5", code=DECIDED)
        with self.start_run(run=PILOT) as process:
            self.wait_for(process, lambda: size_of(self.checkpoint) == HEADER, "checkpoint")
            process.send_signal(signal.SIGTERM)
            self.assertIn("interrupted", process.communicate(timeout=60)[1])
        self.assertEqual(process.returncode, 143)
        self.assertEqual(size_of(self.checkpoint), HEADER)
        self.finish("--resume", run=PILOT, whole="pilot.h5")

    def test_killed_at_random_moments(self):
        """The moments follow the duration of the whole run, so that all of it is hit."""
        moments, kills = random.Random(SEED), 0
        for _ in range(KILLS):
            with self.start_run("--resume") as process:
                try:
                    process.wait(moments.uniform(0.0, self.duration_s / 5.0))
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
            kills += process.returncode == -signal.SIGKILL
            self.assertNotIn("run.h5", self.files())
        self.assertGreater(kills, KILLS // 2)
        self.finish("--resume")

    def test_killed_when_all_paths_are_done(self):
        """The last record is there, the result is not; on a busy machine it may be."""
        for _ in range(5):
            with self.start_run() as process:
                while process.poll() is None and self.records() < RECORDS_OF_LONG:
                    time.sleep(0.001)
                process.kill()
            if self.checkpoint.exists():
                break
        else:
            self.skipTest("the run was always complete before it was killed")
        self.assertNotIn("run.h5", self.files())
        self.finish("--resume")

    def test_a_torn_or_overwritten_end_is_dropped(self):
        self.interrupt(signal.SIGKILL)
        whole = self.checkpoint.read_bytes()
        for label, data in (("cut", whole[:-13]),
                            ("only the head of a record", whole[:HEADER + 24]),
                            ("garbage", whole + bytes(range(256)) * 9),
                            ("zeros, as after a power cut", whole[:-4096] + bytes(4096))):
            with self.subTest(label):
                self.checkpoint.write_bytes(data)
                self.finish("--resume")

    def refused(self, pattern, *arguments, run=LONG):
        before = self.checkpoint.read_bytes()
        done = self.tailrace("run", *run, "--quiet", "-o", "run.h5", *arguments, code=1)
        self.assert_one_sentence(done, pattern)
        self.assertEqual(self.checkpoint.read_bytes(), before)
        self.assertNotIn("run.h5", self.files())
        self.assertNotIn("run.h5.part", self.files())

    def test_a_checkpoint_that_does_not_fit_is_refused_and_kept(self):
        self.interrupt(signal.SIGTERM, records=3)
        self.refused(r"run\.h5\.ckpt: .*--resume")
        for other in (["--paths", "3001"], ["--set", "run.seed=5"],
                      ["--set", "portfolio=book.csv"]):
            self.refused("written with other inputs", "--resume", *other)
        self.refused("written with other inputs", "--resume", run=("small.yaml",))
        data = bytearray(self.checkpoint.read_bytes())
        data[HEADER + 5000] ^= 1  # in the first record, and whole ones follow
        self.checkpoint.write_bytes(data)
        self.refused(r"run\.h5\.ckpt is damaged at byte 88, with whole records", "--resume")
        for junk in (b"", b"notes\n", bytes(5000)):
            self.checkpoint.write_bytes(junk)
            self.refused("is not a checkpoint of this program", "--resume")

    def test_two_runs_at_once(self):
        with self.start_run() as process:
            self.wait_for_records(process, 1)
            for arguments in ([], ["--resume"]):
                done = self.tailrace("run", *LONG, "--quiet", "-o", "run.h5", *arguments,
                                     code=1)
                self.assert_one_sentence(done, r"run\.h5\.ckpt is in use by another run")
            self.assertIn(process.wait(60), DECIDED)
        self.assert_equal_files("whole.h5", "run.h5")

    def test_resume_without_a_checkpoint_begins(self):
        self.finish("--resume")

    def test_a_suite_goes_on_in_its_second_scenario(self):
        self.write("second.yaml", "tailrace: 1\nname: second\nextends: small.yaml\n")
        self.write("suite.yaml",
                   "tailrace: 1\nsuite: two\nscenarios: [small.yaml, second.yaml]\n")
        suite = ("suite.yaml", "--set", "run.step=1m", "--paths", "2000")
        self.tailrace("run", *suite, "--quiet", "-o", "two.h5")
        for records in (3, 11):  # of 8 in each
            with self.start_run("--resume", run=suite) as process:
                self.wait_for_records(process, records)
                process.kill()
            self.assertNotIn("run.h5", self.files())
        self.finish("--resume", run=suite, whole="two.h5")


if __name__ == "__main__":
    unittest.main()
