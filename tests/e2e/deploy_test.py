"""What an operator copies: systemd takes the units and finds them tight; the example configuration is read."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BIN, ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class Units(unittest.TestCase):
    def test_are_valid_and_exposed_little(self):
        self.assertEqual(len(UNITS), 2)
        for unit in UNITS:
            with self.subTest(unit.name), tempfile.TemporaryDirectory() as folder:
                copy = pathlib.Path(folder) / unit.name
                copy.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()))
                done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                done = subprocess.run(["systemd-analyze", "security", "--offline=true", copy],
                                      capture_output=True, text=True, check=True)
                exposure = float(re.search(r"exposure level .*: ([\d.]+)", done.stdout)[1])
                self.assertLessEqual(exposure, 2.5)


class Configuration(unittest.TestCase):
    def test_names_only_flags_that_exist(self):
        for program in ("server", "agent"):
            text = (ROOT / "deploy" / "config" / f"{program}.toml").read_text()
            shown = subprocess.run([BIN / f"guestbridge-{program}", "--help"], capture_output=True, text=True).stdout
            for flag in re.findall(r"^#? ?([a-z-]+) = ", text, re.M):
                self.assertIn(f"--{flag}", shown)


if __name__ == "__main__":
    unittest.main()
