"""1C, the portal, tokens or the disk fail for a while, or the agent dies meanwhile."""

import resource
import threading
import time
import unittest

from fault_test import Faults
from harness import guest

HTML = {"kind": "maintenance_html"}


class Away(Faults):
    def in_background(self, seconds, work):
        timer = threading.Timer(seconds, work)
        timer.start()
        self.addCleanup(timer.join)

    def guests(self, site, first, count):
        for number in range(first, first + count):
            row = guest(number)
            del row["Ref_Key"], row["DataVersion"]
            site.onec.post("/clients/add", row)


class Base(Away):
    def test_1c_fails_and_comes_back(self):
        site = self.site()
        faults = {
            "maintenance for 5 s": ({"kind": "maintenance_html"}, 5),
            "maintenance text for 3 s": ({"kind": "maintenance_text"}, 3),
            "a page with status 200 for 3 s": ({"kind": "html_ok"}, 3),
            "half an answer": ({"kind": "truncated", "method": "GET", "nth": 2}, None),
            "a cut answer of clients": ({"kind": "truncated", "url": "Catalog_Clients",
                                         "method": "GET", "nth": 1}, None),
            "reset": ({"kind": "reset", "method": "GET", "nth": 3}, None),
            "no licence for 2 s": ({"kind": "no_licence"}, 2),
            "gateway": ({"kind": "gateway", "nth": 2}, None),
            "lock conflicts on writes": ({"kind": "lock", "method": "PATCH", "nth": 1,
                                          "count": 2}, None),
            "a write that was carried out without a word": (
                {"kind": "reset", "method": "PATCH", "nth": 2, "after": True}, None),
        }
        number = self.GUESTS + 1
        for name, (fault, seconds) in faults.items():
            with self.subTest(name):
                begun = time.monotonic()
                if number > self.GUESTS + 1:
                    self.guests(site, number, 5)
                site.onec.post("/faults", fault)
                if seconds:
                    self.in_background(seconds, lambda: site.onec.delete("/faults"))
                run = self.finish(site)
                self.assertEqual(run["state"], "SUCCEEDED", run)
                site.onec.delete("/faults")
                self.one_contact_each(site)
                self.assertEqual(run["writeBack"]["parked"], 0, run)
                number += 5
                print(f"  {name}: {time.monotonic() - begun:.1f} s")

    def test_ids_that_1c_refuses_are_parked_visibly_and_tried_again(self):
        site = self.site(10)
        lost, refused = guest(3)["Ref_Key"], guest(5)["Ref_Key"]
        site.onec.post("/config", {"refused": {refused: "Карточка занята"}})
        site.onec.post("/faults", {"kind": "silent_loss", "url": lost, "method": "PATCH"})
        run = self.finish(site)
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertEqual((run["writeBack"]["done"], run["writeBack"]["parked"]), (8, 2), run)
        told = {c["client"]: c for c in site.json("clients", "list", "main")}
        for key in (lost, refused):
            self.assertFalse(told[key]["writtenBack"])
            self.assertTrue(told[key].get("reason"), told[key])
        self.assertEqual(site.cli("status", "--check", code=1).code, 1)
        site.onec.post("/config", {"refused": {refused: None}})
        site.onec.delete("/faults")
        site.cli("clients", "retry", "main")
        run = self.finish(site)
        self.assertEqual(run["counters"]["added"] + run["counters"]["updated"], 0, run)
        self.assertEqual(run["writeBack"]["parked"], 0, run)
        self.one_contact_each(site)

    def test_a_guest_whose_card_stays_locked_holds_nobody_up(self):
        site = self.site(12)
        locked = guest(1)["Ref_Key"]
        site.onec.post("/faults", {"kind": "lock", "url": locked, "method": "PATCH"})
        run = site.json("export", "run", "main", "--wait", "--settle")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        deadline = time.monotonic() + 20
        while sum(r["B24ContactID"] != "0" for r in site.onec.get("/clients")) < 11:
            self.assertLess(time.monotonic(), deadline, "one card holds up the others")
            time.sleep(0.2)
        site.onec.delete("/faults")
        self.finish(site)
        self.one_contact_each(site)


    def test_once_the_last_id_is_in_1c_nothing_is_said_of_an_outage_any_more(self):
        site = self.site(12)
        site.onec.post("/faults", {"kind": "maintenance_html", "method": "PATCH"})
        run = site.json("export", "run", "main", "--wait")["name"]
        deadline = time.monotonic() + 60
        while not site.json("agent", "get", "hotel-1").get("problems"):
            self.assertLess(time.monotonic(), deadline, "the outage is not told")
            time.sleep(0.2)
        site.cli("status", "--check", code=1)
        site.onec.delete("/faults")
        site.cli("run", "watch", run, "--wait-write-back")
        site.cli("status", "--check")


class Portal(Away):
    def test_the_portal_is_away_for_5_seconds_and_the_agent_is_killed(self):
        site = self.site()
        site.portal.post("/faults", {"kind": "reset", "method": "*"})
        run = site.json("export", "run", "main")["name"]
        time.sleep(2)
        site.agent.kill()
        site.start_agent()
        time.sleep(3)
        site.portal.delete("/faults")
        self.assertEqual(self.ended(site, run)["state"], "SUCCEEDED")
        self.finish(site)
        self.one_contact_each(site)

    def test_writes_are_cut_off_while_the_agent_is_killed(self):
        site = self.site(200)
        # The first two batches ask, and send one guest to see what the portal can do.
        site.portal.post("/faults", [
            {"kind": "drop", "method": "batch", "after": 7, "nth": 3, "body": "silence"},
            {"kind": "late_commit", "method": "batch", "ms": 800, "every": 4}])
        run = site.json("export", "run", "main")["name"]
        self.wait_for_contacts(site, 20)
        site.agent.kill()
        made = site.portal.get("/contacts/count")["count"]
        self.assertLess(made, 200, "the writes were not cut off")
        site.start_agent()
        site.agent.kill()
        site.start_agent()
        time.sleep(3)
        site.portal.delete("/faults")
        ended = self.ended(site, run)
        self.assertEqual(ended["state"], "SUCCEEDED", ended)
        self.adds_up(ended)
        self.assertEqual(ended["counters"]["scanned"], 200, ended)
        self.finish(site)
        self.one_contact_each(site)

    def test_nothing_in_flight_is_called_doubtful(self):
        site = self.site(160)
        site.portal.post("/config", {"latency_ms": {"crm.contact.add": 25, "crm.item.batchimport": 500}})
        run = site.json("export", "run", "main")["name"]
        seen = []
        while True:
            state = site.json("run", "get", run)
            seen.append(state.get("doubts", 0))
            if state["state"] not in ("PENDING", "RUNNING"):
                break
        self.assertEqual(set(seen), {0})

    def test_cancelled_and_begun_anew(self):
        site = self.site(300)
        site.portal.post("/config", {"latency_ms": {"crm.contact.add": 20, "crm.item.batchimport": 400}})
        run = site.json("export", "run", "main")["name"]
        self.wait_for_contacts(site, 60)
        site.cli("run", "cancel", run)
        ended = self.ended(site, run)
        self.assertEqual(ended["state"], "CANCELLED", ended)
        self.adds_up(ended)
        there = site.portal.get("/contacts/count")["count"]
        self.assertEqual(ended["counters"]["added"], there, ended)
        again = self.finish(site)
        self.assertEqual(again["counters"]["added"], 300 - there, again)
        self.one_contact_each(site)

    def test_deactivated_in_the_middle(self):
        site = self.site(300)
        site.portal.post("/config", {"latency_ms": {"crm.contact.add": 20, "crm.item.batchimport": 400}})
        run = site.json("export", "run", "main")["name"]
        self.wait_for_contacts(site, 60)
        site.cli("integration", "deactivate", "main")
        ended = self.ended(site, run)
        self.adds_up(ended)
        site.cli("integration", "activate", "main")
        self.finish(site)
        self.one_contact_each(site)


class Tokens(Away):
    def test_expired_in_the_middle_then_revoked(self):
        site = self.site(200, oauth=True)
        site.portal.post("/config", {"latency_ms": {"crm.contact.add": 20, "crm.item.batchimport": 400}})
        run = site.json("export", "run", "main")["name"]
        for number in (20, 100):
            self.wait_for_contacts(site, number)
            site.portal.post("/oauth/tokens", {"expire": "access", "issue": False})
        ended = self.ended(site, run)
        self.assertEqual(ended["state"], "SUCCEEDED", ended)
        self.assertEqual(ended["counters"]["added"], 200, ended)
        self.finish(site)
        self.one_contact_each(site)
        self.guests(site, 201, 5)
        site.portal.post("/oauth/tokens", {"revoke": "all", "issue": False})
        failed = site.json("export", "run", "main", "--wait", code=1)
        self.assertEqual(failed["state"], "FAILED", failed)
        self.assertTrue(failed["error"]["reason"], failed)
        self.assertTrue(failed["error"]["remedy"], failed)
        print("  revoked:", failed["error"]["reason"])
        site.set_connection()
        run = self.finish(site)
        self.assertEqual(run["counters"]["added"], 5, run)
        self.one_contact_each(site)


class Disk(Away):
    def test_full_then_free(self):
        site = self.site(400)
        self.assertEqual(site.agent.stop(), 0)
        site.start_agent()
        room = max(p.stat().st_size for p in (site.dir / "agent" / "ledgers").iterdir())
        resource.prlimit(site.agent.pid, resource.RLIMIT_FSIZE,
                         (room + 40_000, resource.RLIM_INFINITY))
        failed = site.json("export", "run", "main", "--wait", code=1)
        # A quota's EFBIG and a full disk's ENOSPC are different words of SQLite.
        self.assertEqual(failed["error"]["reason"], "DATABASE_FULL", failed)
        self.assertTrue(failed["error"]["remedy"], failed)
        self.assertTrue(site.agent.running())
        # Whoever waited for the end of a run sees at once what it met, and what is mended.
        self.assertIn("DATABASE_FULL", str(site.json("agent", "get", "hotel-1")["problems"]))
        site.cli("status", "--check", code=1)
        resource.prlimit(site.agent.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        run = self.finish(site)
        self.assertEqual(run["state"], "SUCCEEDED", run)
        site.cli("status", "--check")
        self.one_contact_each(site)


del Away, Faults

if __name__ == "__main__":
    unittest.main()
