"""40 secrets and 100 guests are planted; nothing that the programs leave behind shows one."""

import os
import pathlib
import signal
import subprocess
import time
import unittest

from harness import BIN, Site
from planting import Planted, free_port, planted_guests


class SecretsTest(Planted, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.guests = planted_guests()
        cls.site = Site(cls.guests)
        cls.addClassCleanup(cls.site.close)
        cls.metrics = [f"127.0.0.1:{free_port()}"]
        site = cls.site
        site.start_server("--metrics-listen", cls.metrics[0])
        site.start_agent()
        site.connect()
        site.cli("export", "run", "main", "--wait", "--settle")
        cls.plant()
        # What nobody typed: a token for callers.
        subprocess.run([BIN / "guestbridge-server", "token", "create", "--data-dir",
                        site.dir / "server", "--role", "viewer", "--out", site.dir / "planted.token"],
                       check=True)
        cls.ask_everything()

    def everything(self):
        return [*self.left_behind(), ("what the CLI said", "\n".join(self.said).encode())]

    def test_no_secret_is_left_in_clear(self):
        places = self.everything()
        self.assertIn(str(self.site.dir / "server" / "server.db"), [name for name, _ in places])
        self.assert_no_secret(places)

    def test_no_guest_is_left(self):
        self.assert_no_guest(self.left_behind())

    def test_z_a_rotation_stops_nothing_and_the_old_key_may_go(self):
        site = self.site
        before = site.json("secrets", "status")
        self.assertEqual([key["number"] for key in before["keys"]], [1])
        self.run_cli("secrets", "rotate")
        deadline = time.monotonic() + 60
        while True:
            status = site.json("secrets", "status")
            if status["waiting"] == 0 and len(status["keys"]) == 2:
                break
            self.assertLess(time.monotonic(), deadline, status)
            time.sleep(0.2)
        old, new = status["keys"]
        self.assertEqual((old["secrets"], old["retirable"], old["current"]), (0, True, False))
        self.assertEqual((new["secrets"], new["current"]), (status["secrets"], True))
        self.assert_no_secret(self.everything())
        old_key = site.dir / "server" / "secret.key"
        site.planted.add(old_key.read_text().strip())
        self.assertEqual(site.server.stop(), 0)
        old_key.unlink()
        site.start_server("--metrics-listen", self.metrics[0])
        checks = {check["name"]: check for check in self.site.json(
            "connection", "test", "main", code=None)["checks"]}
        self.assertNotEqual(checks["token"]["state"], "FAILED", checks["token"])
        self.run_cli("export", "run", "main", "--wait")
        self.assert_no_secret(self.everything())

    def test_zz_a_crash_leaves_no_dump(self):
        self.assert_no_core_dumps()
        for process in self.programs():
            os.kill(process.pid, signal.SIGABRT)
            self.assertEqual(process.wait(), -signal.SIGABRT)
        self.assertEqual([str(file) for file in pathlib.Path(self.site.dir).rglob("core*")], [])


if __name__ == "__main__":
    unittest.main()
