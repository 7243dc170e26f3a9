"""What needs a person is said, and nothing waits for ever: rights in 1C, pairs, doubts, agents."""

import json
import time
import unittest

from harness import Site, guest


class Attention(unittest.TestCase):
    def site(self, guests=3, **options):
        site = Site([guest(n) for n in range(1, guests + 1)], **options)
        self.addCleanup(site.close)
        site.start_server()
        site.start_agent()
        site.connect()
        return site

    def status(self, site, code):
        [main] = site.json("status", "--check", code=code)["integrations"]
        return main

    def reasons(self, status):
        return [item["reason"] for item in status["attention"]]

    def test_a_write_right_that_is_missing_in_1c_is_said_and_does_not_wait_for_ever(self):
        site = self.site()
        site.onec.post("/config", {"denied_write": {"Catalog_Clients": True}})
        run = site.json("export", "run", "main", "--wait", "--wait-write-back")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertEqual((run["writeBack"]["pending"], run["writeBack"]["parked"]), (0, 3), run)
        self.assertIn("SOURCE_RIGHT_MISSING", [n["reason"] for n in run["notices"]], run)
        site.cli("run", "watch", "1", "--wait-write-back")
        status = self.status(site, code=1)
        self.assertEqual(status["writeBack"]["parked"], 3, status)
        self.assertEqual(self.reasons(status),
                         ["ATTENTION_WRITE_BACK_PARKED", "SOURCE_RIGHT_MISSING"])
        self.assertIn("Catalog_Clients", site.cli("status").stdout)
        clients = site.json("clients", "list", "main")
        self.assertEqual([c["reason"] for c in clients], ["SOURCE_RIGHT_MISSING"] * 3)
        explained = site.json("clients", "explain", "main", clients[0]["client"])
        self.assertEqual(explained["ledger"]["reason"], "SOURCE_RIGHT_MISSING", explained)

        # Mended: the same connection, saved again, is enough.
        site.onec.post("/config", {"denied_write": {"Catalog_Clients": False}})
        site.set_connection()
        self.wait_for_ids(site)
        self.eventually_fine(site)

        # And so is a retry.
        site.onec.post("/config", {"denied_write": {"Catalog_Clients": True}})
        row = guest(4)
        del row["Ref_Key"], row["DataVersion"]
        site.onec.post("/clients/add", row)
        site.cli("export", "run", "main", "--wait", "--wait-write-back")
        site.onec.post("/config", {"denied_write": {"Catalog_Clients": False}})
        self.assertEqual(site.json("clients", "retry", "main")["queued"], 1)
        self.wait_for_ids(site)

    def wait_for_ids(self, site, seconds=60):
        deadline = time.monotonic() + seconds
        while any(row["B24ContactID"] == "0" for row in site.clients().values()):
            self.assertLess(time.monotonic(), deadline, site.clients())
            time.sleep(0.2)

    def eventually_fine(self, site, seconds=30):
        deadline = time.monotonic() + seconds
        while site.cli("status", "--check", code=None).code != 0:
            self.assertLess(time.monotonic(), deadline, site.cli("status"))
            time.sleep(0.3)

    def checks(self, site):
        found = site.json("connection", "get", "main").get("lastChecks", [])
        return {check["name"]: check for check in found}

    def test_what_a_test_found_is_kept_until_it_is_mended_or_disproved(self):
        site = self.site()
        self.assertEqual(self.checks(site), {})
        site.onec.post("/config", {"denied_read": {"Catalog_Clients": True}})
        tested = site.json("connection", "test", "main", code=1)["checks"]
        kept = self.checks(site)
        self.assertEqual({c["name"]: c["state"] for c in tested},
                         {name: c["state"] for name, c in kept.items()})
        failed = [c for c in kept.values() if c["state"] == "FAILED"]
        self.assertEqual({c["side"] for c in failed}, {"SOURCE"}, failed)
        for check in failed:
            self.assertTrue(check["reason"] and check["remedy"] and check["checkTime"], check)
        status = self.status(site, code=1)
        self.assertIn(failed[0]["reason"], self.reasons(status))
        self.assertIn(failed[0]["name"], [f["name"] for f in status["findings"]])
        shown = site.cli("connection", "get", "main", lang="ru").stdout
        self.assertIn("ОШИБКА", shown)
        self.assertNotIn("1c-pass-word", json.dumps(kept))

        # An export that ends well disproves it.
        site.onec.post("/config", {"denied_read": {"Catalog_Clients": False}})
        site.cli("export", "run", "main", "--wait", "--wait-write-back")
        self.eventually_fine(site)
        # The agent had tried 1C by itself before it, the first of this base.
        self.assertEqual([c for c in self.checks(site).values() if c["state"] == "FAILED"], [])
        site.set_connection()
        self.assertEqual(self.checks(site), {})

    def test_before_its_first_export_an_agent_tells_what_1c_is(self):
        site = self.site()
        site.cli("export", "run", "main", "--wait")
        kept = self.checks(site)
        self.assertEqual({c["side"] for c in kept.values()}, {"SOURCE"}, kept)
        self.assertEqual(kept["entities"]["state"], "OK", kept)

    def test_pairs_that_wait_for_a_decision_need_a_person(self):
        site = self.site()
        site.portal.post("/contacts/add", {"fields": {"NAME": "Иван", "LAST_NAME": "Гостев1",
                                       "PHONE": [{"VALUE": "+79160000001", "VALUE_TYPE": "WORK"}]}})
        site.cli("clients", "match", "main", "--wait")
        site.cli("export", "run", "main", "--wait")
        status = self.status(site, code=1)
        self.assertEqual(self.reasons(status), ["ATTENTION_PAIRS_PROPOSED"])
        self.assertEqual(status["missing"], 1, status)
        self.assertEqual([(g["reason"], g["count"]) for g in status["missingReasons"]],
                         [("AWAITING_MATCH_REVIEW", 1)])
        self.assertEqual(site.json("clients", "retry", "main")["queued"], 0)
        text = site.cli("clients", "match", "main", "--apply", "--wait").stdout
        self.assertIn("guestbridge export run main", text)
        site.cli("export", "run", "main", "--wait")
        self.assertEqual(self.status(site, code=0)["missing"], 0)

    def test_an_agent_that_said_goodbye_is_followed_by_the_only_other_one(self):
        site = self.site()
        self.assertEqual(site.json("connection", "get", "main")["assignedAgent"], "hotel-1")
        self.assertEqual(site.agent.stop(), 0)
        site.start_agent("hotel-2", "agent-2")
        self.assertEqual(site.json("connection", "get", "main")["assignedAgent"], "hotel-2")
        self.assertIn("hotel-2", site.cli("connection", "get", "main").stdout)
        run = site.json("export", "run", "main", "--wait", "--wait-write-back")
        self.assertEqual((run["state"], run["agent"]), ("SUCCEEDED", "hotel-2"), run)

    def test_a_pending_run_names_both_agents(self):
        site = self.site()
        site.agent.kill()
        site.start_agent("hotel-2", "agent-2")
        run = site.json("export", "run", "main")
        [notice] = run["notices"]
        self.assertIn("hotel-1", notice["message"])
        self.assertIn("--agent hotel-2", notice["remedy"])

    def test_a_cron_that_never_fires_is_refused(self):
        site = self.site(guests=1)
        refused = site.cli("schedule", "set", "main", "--cron", "0 3 30 2 *", "--timezone",
                           "Europe/Moscow", code=4)
        self.assertIn("CRON_INVALID", refused.stderr)

    def test_a_version_in_use_is_not_said_to_be_restored(self):
        site = self.site(guests=1)
        self.assertNotIn("Version 0", site.cli("fields", "restore", "main", "1").stdout)


if __name__ == "__main__":
    unittest.main()
