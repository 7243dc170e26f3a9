"""script/demo: works without a terminal, twice at once, and leaves nothing behind."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import BIN, ROOT

DEMO_SECONDS = 500


def processes_of(directory):
    """Numbers of the processes that work in the directory."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "cwd").startswith(str(directory)):
                found.append(int(entry.name))
        except OSError:  # It ended meanwhile, or is not ours.
            continue
    return found


class Demo(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="guestbridge-demo-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def demo(self, *flags):
        environment = {**os.environ, "GUESTBRIDGE_BIN": str(BIN), "LC_ALL": "C.UTF-8",
                       "GUESTBRIDGE_BUILD_DIR": str(self.dir)}
        child = subprocess.Popen(
            [ROOT / "script" / "demo", "--no-build", *flags], env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(child.kill)
        self.addCleanup(child.stdout.close)
        return child

    def finished(self, child):
        told, _ = child.communicate(timeout=DEMO_SECONDS)
        self.assertEqual(child.returncode, 0, told)
        return told

    def test_two_at_once_and_one_that_stays(self):
        passing, staying = self.demo(), self.demo("--keep")
        told = self.finished(passing)
        for step in ("integration create main", "connection set main", "fields save main",
                     "events save main", "clients match main", "export run main",
                     "run get", "guestbridge status"):
            self.assertIn(step, told)
        self.assertNotIn("NO ", told)
        kept = self.finished(staying)
        [left] = self.dir.glob("demo-*")
        self.assertEqual(len(processes_of(left)), 4)
        # As the last lines say.
        self.assertIn(f". {left}/env", kept)
        status = subprocess.run(["sh", "-c", f". {left}/env && guestbridge status --output json"],
                                stdout=subprocess.PIPE, text=True, check=True)
        self.assertIn('"agentConnected": true', status.stdout)
        subprocess.run([left / "stop"], check=True)
        self.assertEqual(processes_of(self.dir), [])
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_ctrl_c_ends_everything(self):
        child = self.demo()
        for line in child.stdout:
            if "fields load" in line:
                break
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=DEMO_SECONDS)
        self.assertEqual(child.returncode, 130, rest)
        self.assertEqual(processes_of(self.dir), [])
        self.assertEqual(list(self.dir.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
