"""A disk that is full or a folder that is closed: one sentence, exit code 1, nothing under
the final name, and a run that can go on when there is room again."""

import os
import resource
import shutil
import signal
import subprocess
import unittest

from tailrace_case import PROGRAM, TailraceCase, size_of

NOBODY = 65534


def largest_file(size):
    """Before the program starts: no file grows beyond the size, as on a full disk."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return {"preexec_fn": limit, "restore_signals": False}


class FullDisk(TailraceCase):
    RUN = ("run", "small.yaml", "--quiet", "-o", "run.h5")

    def setUp(self):
        super().setUp()
        self.tailrace("run", "small.yaml", "--quiet", "-o", "whole.h5")

    def goes_on(self):
        self.tailrace(*self.RUN, "--resume")
        self.assert_equal_files("whole.h5", "run.h5")
        self.assertNotIn("run.h5.ckpt", self.files())
        (self.folder / "run.h5").unlink()

    def test_no_room_at_any_size(self):
        size = size_of(self.folder / "whole.h5")
        for most in (0, 50, 88, 5000, 100000, size // 2, size - 5000, size - 1):
            with self.subTest(room=most):
                done = self.tailrace(*self.RUN, code=1, **largest_file(most))
                self.assert_one_sentence(done, r"run\.h5(\.ckpt|\.part)?: .*File too large")
                self.assertNotIn("run.h5", self.files())
                self.assertNotIn("run.h5.part", self.files())
                self.goes_on()

    def test_an_older_result_survives(self):
        self.write("run.h5", "older")
        for most in (50, 100000):
            self.tailrace(*self.RUN, "--resume", code=1, **largest_file(most))
            self.assertEqual((self.folder / "run.h5").read_text(), "older")

    def test_a_device_that_is_full(self):
        (self.folder / "run.h5.part").symlink_to("/dev/full")
        done = self.tailrace(*self.RUN, code=1)
        self.assert_one_sentence(done, "No space left on device")
        self.assertNotIn("run.h5", self.files())
        self.goes_on()

    def test_a_small_disk(self):
        """A file system of 200 KiB of its own; not everybody may mount one."""
        disk = self.folder / "disk"
        disk.mkdir()
        script = ('mount -t tmpfs -o size=200k tmpfs disk && { "$@"; code=$?; ls disk; '
                  "exit $code; }")
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", script, "sh", PROGRAM, "run", "small.yaml",
             "--quiet", "-o", "disk/run.h5"], cwd=self.folder, capture_output=True,
            text=True, check=False, timeout=60)
        if "tailrace:" not in done.stderr:
            self.skipTest(f"no file system of one's own: {done.stderr.strip()}")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"\Atailrace: .*No space left on device.*\n\Z")
        self.assertNotIn("run.h5", done.stdout.split())
        self.assertNotIn("run.h5.part", done.stdout.split())

    def closed_folder(self):
        """Options under which the folder `closed` cannot be written."""
        closed = self.folder / "closed"
        closed.mkdir()
        closed.chmod(0o555)
        self.folder.chmod(0o755)
        if os.geteuid() != 0:
            return {}
        try:  # root may write everywhere
            subprocess.run([PROGRAM, "--version"], user=NOBODY, check=True,
                           capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            self.skipTest(f"root cannot be shut out, and nobody cannot run it: {error}")
        return {"user": NOBODY}

    def test_a_folder_that_is_closed(self):
        options = self.closed_folder()
        run = ("run", "small.yaml", "--quiet", "-o", "closed/run.h5")
        done = self.tailrace(*run, code=1, **options)
        self.assert_one_sentence(done, r"closed/run\.h5\.ckpt: .*Permission denied")
        self.assertEqual(list((self.folder / "closed").iterdir()), [])

    def test_a_folder_that_is_not_there(self):
        done = self.tailrace("run", "small.yaml", "--quiet", "-o", "none/run.h5", code=1)
        self.assert_one_sentence(done, r"none/run\.h5\.ckpt: .*No such file or directory")
        self.assertNotIn("none", self.files())

    def test_a_folder_that_is_removed_meanwhile(self):
        (self.folder / "gone").mkdir()
        run = ("run", "small.yaml", "--set", "run.step=1m", "--paths", "4000", "--quiet",
               "-o", "gone/run.h5")
        with self.start(*run) as process:
            self.wait_for(process, (self.folder / "gone/run.h5.part").exists, "the start")
            shutil.rmtree(self.folder / "gone")
            process.stdout_text, process.stderr_text = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assert_one_sentence(process, r"gone/run\.h5")


if __name__ == "__main__":
    unittest.main()
