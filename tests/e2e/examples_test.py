"""Another service's view: the examples of docs/examples, from the .proto files alone."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import ROOT, Site, guest

EXAMPLES = ROOT / "docs" / "examples"


class Examples:
    """What every example does; the languages follow."""

    @classmethod
    def setUpClass(cls):
        cls.command = cls.prepare()
        cls.site = Site([guest(1), guest(2), guest(3, LastName="", FirstName="", SecondName="",
                                                   FullName="", Phone="", EMail="")])
        cls.addClassCleanup(cls.site.close)
        cls.site.start_server()

    def example(self, *arguments):
        return subprocess.run(
            [*self.command, "--server", self.site.address, "--plaintext", *arguments],
            capture_output=True, text=True, timeout=120)

    def test_1_an_error_tells_reason_and_remedy(self):
        done = self.example("nobody")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("INTEGRATION_NOT_FOUND", done.stderr)
        self.assertIn("guestbridge integration list", done.stderr)
        russian = self.example("nobody", "--lang", "ru")
        self.assertRegex(russian.stderr, "[а-я]{4}")

    def test_2_what_is_not_ready_is_refused_with_the_next_step(self):
        self.site.cli("integration", "create", "idle", "--type", "bitrix24", "--inactive")
        done = self.example("idle")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("INTEGRATION_INACTIVE", done.stderr)
        self.assertIn("guestbridge integration activate idle", done.stderr)

    def test_3_an_export_is_started_watched_and_read(self):
        self.site.start_agent()
        self.site.connect()
        done = self.example("main")
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads(done.stdout)
        self.assertEqual(run["state"], "SUCCEEDED")
        self.assertEqual(run["counters"]["scanned"], 3)
        self.assertEqual(run["counters"]["added"], 2)
        self.assertEqual(run["counters"]["skipped"], 1)
        self.assertEqual(run["failures"], [])
        self.assertIn(run["name"], done.stderr)
        self.assertEqual(self.site.portal.get("/contacts/count")["count"], 2)

    def test_4_a_run_with_a_refused_client_is_told_by_the_exit_code(self):
        self.site.portal.post("/faults", {
            "kind": "refuse", "method": "crm.contact.add", "field": "LAST_NAME",
            "value": "Refused"})
        self.site.onec.post("/clients/add", {"LastName": "Refused", "FirstName": "Rita"})
        # An answered error is settled, then tried once more, alone.
        deadline = time.monotonic() + 60
        done = self.example("main")
        while json.loads(done.stdout)["counters"]["deferred"] and time.monotonic() < deadline:
            done = self.example("main")
        self.assertEqual(done.returncode, 7, done.stdout)
        [failure] = json.loads(done.stdout)["failures"]
        self.assertTrue(failure["reason"] and failure["message"] and failure["remedy"])

    def test_5_a_server_that_is_not_there(self):
        self.site.server.stop()
        done = self.example("main")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("UNAVAILABLE", done.stderr)


class Python(Examples, unittest.TestCase):
    @classmethod
    def prepare(cls):
        return ["/usr/bin/python3", EXAMPLES / "python" / "export.py"]


class Node(Examples, unittest.TestCase):
    @classmethod
    def prepare(cls):
        # In a folder of its own, as a stranger would: what npm leaves stays out of the tree.
        folder = pathlib.Path(tempfile.mkdtemp(prefix="guestbridge-example-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        for name in ("export.mjs", "package.json", "package-lock.json"):
            shutil.copy(EXAMPLES / "node" / name, folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
                        "--loglevel=error"], cwd=folder, check=True)
        return ["node", folder / "export.mjs", "--proto", ROOT / "proto"]


if __name__ == "__main__":
    unittest.main()
