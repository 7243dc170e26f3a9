"""An agent's local policy: what it does not do whatever a server that was taken over orders."""

import shutil
import time
import unittest

from harness import ROOT, Site, guest


class LocalPolicy(unittest.TestCase):
    def site(self, policy, guests=12):
        site = Site([guest(n) for n in range(1, guests + 1)])
        self.addCleanup(site.close)
        site.start_server()
        self.write(site, policy)
        site.start_agent()
        return site

    def write(self, site, policy):
        path = site.dir / "agent" / "policy.yaml"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(policy)
        path.chmod(0o600)

    def restart(self, site, policy):
        self.assertEqual(site.agent.stop(), 0)
        self.write(site, policy)
        site.start_agent()

    def export(self, site, *flags, code=0):
        return site.json("export", "run", "main", "--wait", "--settle", *flags, code=code)

    def rejection(self, site):
        """What the agent said last; waits for it."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            [integration] = site.json("agent", "get", "hotel-1")["integrations"]
            if "rejection" in integration:
                return integration["rejection"]
            time.sleep(0.1)
        raise AssertionError("nothing was rejected")

    def test_no_other_portal_gets_a_guest(self):
        site = self.site("portal_hosts: [localhost]\n")
        site.connect()
        self.assertEqual(self.export(site)["counters"]["added"], 12)
        # The same portal by a name that the hotel has not allowed.
        flags = site.connection_flags()
        flags[flags.index("--api-server") + 1] = "127.0.0.1"
        site.cli(*flags, code=None)
        self.assertEqual(self.rejection(site)["reason"], "POLICY_PORTAL_HOST_NOT_ALLOWED")
        text = site.cli("agent", "get", "hotel-1").stdout
        self.assertIn("127.0.0.1", text)
        # The last good settings stay in force.
        site.onec.post("/clients/edit", {"guid": guest(1)["Ref_Key"], "set": {"LastName": "Первый"}})
        run = self.export(site)
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertIn("POLICY_PORTAL_HOST_NOT_ALLOWED", [n["reason"] for n in run["notices"]])

    def test_who_is_erased_stays_away_whatever_was_rejected(self):
        site = self.site("portal_hosts: [localhost]\n", guests=3)
        site.connect()
        self.assertEqual(self.export(site)["counters"]["added"], 3)
        flags = site.connection_flags()
        flags[flags.index("--api-server") + 1] = "127.0.0.1"
        site.cli(*flags, code=None)
        self.rejection(site)
        site.agent.stop()
        shutil.copytree(site.dir / "agent", site.dir / "agent-before")
        site.start_agent()
        erased = guest(1)["Ref_Key"]
        receipt = site.json("clients", "forget", "main", erased, "--delete-contact")
        self.assertNotIn("LEFT_UNKNOWN_TO_SERVER", [left["reason"] for left in receipt["left"]])
        # That is a new revision: rejected, too, before its ledger is lost.
        told = site.json("agent", "get", "hotel-1")["integrations"][0]
        until = time.monotonic() + 30
        while told.get("rejectedRevision") != told.get("sentRevision") and time.monotonic() < until:
            time.sleep(0.1)
            told = site.json("agent", "get", "hotel-1")["integrations"][0]
        site.agent.stop()
        shutil.rmtree(site.dir / "agent" / "ledgers")
        site.start_agent()
        run = self.export(site, "--full")
        self.assertIn("LAST_GOOD_SETTINGS", [n["reason"] for n in run["notices"]])
        self.assertNotIn(erased, site.contacts())
        # What is rejected is not sent again to a data directory of before; who is erased, is.
        site.agent.stop()
        shutil.rmtree(site.dir / "agent")
        (site.dir / "agent-before").rename(site.dir / "agent")
        site.start_agent()
        run = self.export(site, "--full")
        self.assertIn("LAST_GOOD_SETTINGS", [n["reason"] for n in run["notices"]])
        self.assertNotIn(erased, site.contacts())

    def test_a_redirect_leads_nowhere(self):
        site = self.site("portal_hosts: [localhost]\n")
        site.connect()
        self.export(site)
        site.portal.post("/config", {"moved_from": "localhost", "moved_to": "127.0.0.1"})
        site.onec.post("/clients/edit", {"guid": guest(1)["Ref_Key"], "set": {"LastName": "Первый"}})
        run = self.export(site, code=None)
        self.assertEqual(run["state"], "FAILED", run)
        self.assertEqual(run["error"]["reason"], "POLICY_PORTAL_HOST_NOT_ALLOWED", run)
        self.assertEqual(run["error"]["parameters"]["host"], "127.0.0.1")

    def test_contacts_are_not_deleted_in_masses_and_a_person_may_allow_it(self):
        policy = "ceilings:\n  deletions: 3\n"
        site = self.site(policy)
        site.connect()
        self.export(site)
        for n in range(1, 13):
            site.onec.post("/clients/mark", {"guid": guest(n)["Ref_Key"], "deleted": True})
        site.cli("integration", "update", "main", "--on-deletion-mark", "delete", "--guard", "off")
        for _ in range(2):
            run = self.export(site, "--full", "--beyond-guard", code=None)
            self.assertEqual(run["state"], "FAILED", run)
            self.assertEqual(run["error"]["reason"], "POLICY_CEILING_DELETIONS", run)
            self.assertGreaterEqual(len(site.portal.get("/contacts")), 9)
        # Nor after a restart.
        self.restart(site, policy)
        self.export(site, "--full", code=None)
        self.assertGreaterEqual(len(site.portal.get("/contacts")), 9)
        self.restart(site, policy.replace("3", "12"))
        run = self.export(site, "--full")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertEqual(site.portal.get("/contacts"), [])

    def test_the_example_is_a_policy(self):
        site = self.site((ROOT / "deploy" / "agent-policy.example.yaml").read_text(), guests=0)
        site.cli("integration", "create", "main", "--type", "bitrix24")
        site.cli(*site.connection_flags(), code=None)
        self.assertTrue(self.rejection(site)["reason"].startswith("POLICY_"))

    def test_a_policy_that_is_wrong_keeps_the_agent_from_starting(self):
        site = Site([])
        self.addCleanup(site.close)
        site.start_server()
        self.write(site, "ceilings:\n  deletion: 3\n")
        agent = site.start_agent(connected=False)
        self.assertEqual(agent.wait(), 4)
        said = agent.stderr()
        for word in ("policy.yaml", "line 2", "ceilings.deletion", "creations, updates, deletions"):
            self.assertIn(word, said)


if __name__ == "__main__":
    unittest.main()
