"""What an operator copies: systemd takes the units and finds them tight; nginx takes its file; the example
configuration is read."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BIN, ROOT
from nginx import DEPLOYED, PROGRAM, STREAM_MODULE

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
                # In tenths.
                done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=25",
                                       "--no-pager", copy], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_run_their_program_as_a_user_of_its_own_with_the_example_configuration(self):
        for unit in UNITS:
            with self.subTest(unit.name):
                text = unit.read_text()
                program = unit.stem
                example = ROOT / "deploy" / "config" / f"{program.removeprefix('guestbridge-')}.toml"
                self.assertIn(f"ExecStart=/usr/bin/{program} --config /etc/guestbridge/{example.name} ", text)
                self.assertIn(f"\nUser={program}\n", text)
                self.assertTrue(example.exists())


@unittest.skipUnless(PROGRAM and STREAM_MODULE.exists(), "nginx with its stream module is not installed")
class LoadBalancer(unittest.TestCase):
    def test_is_a_file_that_nginx_takes_and_passes_tls_through(self):
        text = DEPLOYED.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            main = pathlib.Path(folder) / "nginx.conf"
            copy = pathlib.Path(folder) / DEPLOYED.name
            copy.write_text(text.replace("/var/log/nginx", folder), encoding="utf-8")
            main.write_text(f"load_module {STREAM_MODULE};\npid {folder}/pid;\nevents {{}}\ninclude {copy};\n")
            done = subprocess.run([PROGRAM, "-t", "-p", folder, "-e", f"{folder}/error.log", "-c", main],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("[warn]", done.stderr)
        settings = re.sub(r"#.*", "", text)
        for ends_tls in ("ssl", "http", "grpc_pass", "proxy_protocol"):
            self.assertNotIn(ends_tls, settings)


class Configuration(unittest.TestCase):
    def test_names_only_flags_that_exist(self):
        for program in ("server", "agent"):
            text = (ROOT / "deploy" / "config" / f"{program}.toml").read_text()
            shown = subprocess.run([BIN / f"guestbridge-{program}", "--help"], capture_output=True, text=True).stdout
            for flag in re.findall(r"^#? ?([a-z-]+) = ", text, re.M):
                self.assertIn(f"--{flag}", shown)


if __name__ == "__main__":
    unittest.main()
