"""kill -9 in the middle of a first export of 2,000 guests: one contact each, nobody lost."""

import subprocess
import time
import unittest

from harness import Site, sample_guests


class Kill(unittest.TestCase):
    def setUp(self):
        self.site = Site(sample_guests())
        self.site.start_server()
        self.site.start_agent()
        self.site.connect()
        # Requests are in flight most of the time.
        self.site.portal.post("/config", {"latency_ms": {"crm.contact.add": 20, "crm.item.batchimport": 400}})
        self.addCleanup(self.site.close)

    def wait_for_contacts(self, number, seconds=120):
        deadline = time.monotonic() + seconds
        while self.site.portal.get("/contacts/count")["count"] < number:
            self.assertLess(time.monotonic(), deadline, "the export does not move")
            time.sleep(0.05)

    def wait_for_end(self, run, seconds=240):
        deadline = time.monotonic() + seconds
        while True:
            state = self.site.json("run", "get", run)
            if state["state"] not in ("PENDING", "RUNNING"):
                return state
            self.assertLess(time.monotonic(), deadline, state)
            time.sleep(0.2)

    def expect_one_contact_each(self):
        site = self.site
        site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back")
        contacts, clients = site.contacts(), site.clients()
        meant = {k for k, r in clients.items()
                 if not r["DeletionMark"] and not r["IsFolder"] and any(
                     r[a] for a in ("LastName", "FirstName", "SecondName", "Phone", "EMail"))}
        self.assertEqual({k for k in contacts if k}, meant)
        for key in meant:
            [contact] = contacts[key]
            self.assertEqual(clients[key]["B24ContactID"], str(contact["id"]))
        self.assertEqual(site.portal.get("/counters")["duplicate_origins"], 0)

    def test_of_the_agent_while_requests_are_in_flight(self):
        run = self.site.json("export", "run", "main")["name"]
        for number in (150, 600, 1300):
            self.wait_for_contacts(number)
            self.site.agent.kill()
            self.assertEqual(self.site.json("run", "get", run)["state"], "RUNNING")
            self.site.start_agent()
        ended = self.wait_for_end(run)
        self.assertEqual(ended["state"], "SUCCEEDED", ended)
        self.expect_one_contact_each()

    def test_of_the_server_while_requests_are_in_flight(self):
        run = self.site.json("export", "run", "main")["name"]
        for number in (150, 900):
            self.wait_for_contacts(number)
            self.site.server.kill()
            time.sleep(0.5)
            self.site.start_server()
        ended = self.wait_for_end(run)
        self.assertEqual(ended["state"], "SUCCEEDED", ended)
        self.expect_one_contact_each()

    def test_sigterm_of_the_agent_stops_at_a_safe_point(self):
        run = self.site.json("export", "run", "main")["name"]
        self.wait_for_contacts(150)
        self.assertEqual(self.site.agent.stop(), 0)
        self.assertEqual(self.site.json("run", "get", run)["state"], "RUNNING")
        self.site.start_agent()
        self.assertEqual(self.wait_for_end(run)["state"], "SUCCEEDED")
        self.expect_one_contact_each()

    def test_a_lost_ledger_makes_no_second_contact(self):
        self.site.json("export", "run", "main", "--wait", "--settle")
        self.assertEqual(self.site.agent.stop(), 0)
        subprocess.run(["rm", "-rf", str(self.site.dir / "agent" / "ledgers")], check=True)
        self.site.start_agent()
        run = self.site.json("export", "run", "main", "--wait", "--settle")
        self.assertEqual(run["counters"]["added"], 0, run)
        self.expect_one_contact_each()


if __name__ == "__main__":
    unittest.main()
