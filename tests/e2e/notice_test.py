"""What needs a person is told to the operator's command: once a change, and the recovery."""

import json
import time
import unittest

from harness import Site, guest

SECONDS = 180


class Notices(unittest.TestCase):
    def told(self):
        path = self.site.dir / "told"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def wait_for(self, count):
        deadline = time.monotonic() + SECONDS
        while len(self.told()) < count:
            self.assertLess(time.monotonic(), deadline, self.told())
            time.sleep(0.5)
        return self.told()

    def test_an_agent_that_stays_away_is_told_once_and_its_return_too(self):
        self.site = Site([guest(1)])
        self.addCleanup(self.site.close)
        command = self.site.dir / "notice"
        command.write_text(f"#!/bin/sh\ncat >> '{self.site.dir}/told'\n")
        command.chmod(0o700)
        self.site.start_server("--notice-command", command)
        agent = self.site.start_agent()
        self.site.connect()
        self.site.cli("export", "run", "main", "--wait")
        agent.stop()
        [notice] = self.wait_for(1)
        self.assertEqual(notice["state"], "ATTENTION")
        self.assertEqual(notice["integration"], "integrations/main")
        self.assertTrue(notice["attention"][0]["remedy"]["ru"])
        self.assertNotIn(guest(1)["LastName"], json.dumps(notice, ensure_ascii=False))
        self.site.start_agent()
        _, notice = self.wait_for(2)
        self.assertEqual(notice["state"], "RECOVERED")
        self.assertEqual(notice["attention"], [])


if __name__ == "__main__":
    unittest.main()
