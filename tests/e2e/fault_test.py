"""Faults of the network, the portal and 1C: each guest ends up as one contact, with its ID."""

import time
import unittest

from harness import Site, guest

COUNTERS = ("unchanged", "added", "updated", "recreated", "skipped", "failed", "deferred")
DAMAGE = {
    "reset before the work": {"kind": "reset", "method": "batch", "nth": 2},
    "reset after the work": {"kind": "reset", "method": "batch", "nth": 2, "commit": True},
    "dropped after 7 commands": {"kind": "drop", "method": "batch", "after": 7, "nth": 2},
    "carried out late": {"kind": "late_commit", "method": "batch", "ms": 1200, "nth": 2},
    "late and reset": {"kind": "late_commit", "method": "batch", "ms": 900, "nth": 2,
                       "body": "reset"},
    "a gateway's page before the work": {"kind": "html", "method": "batch", "status": 504,
                                         "nth": 2},
    "a gateway's page after the work": {"kind": "html", "method": "batch", "status": 504,
                                        "nth": 2, "commit": True},
    "a page with status 200": {"kind": "html", "method": "batch", "status": 200, "nth": 2},
    "internal error": {"kind": "error", "method": "batch", "nth": 2,
                       "error": "INTERNAL_SERVER_ERROR", "description": "x"},
    "internal error after the work": {"kind": "error", "method": "batch", "nth": 2,
                                      "error": "INTERNAL_SERVER_ERROR", "commit": True,
                                      "description": "x"},
    "half a JSON": {"kind": "truncate", "method": "batch", "nth": 2},
    "a body cut short": {"kind": "cut", "method": "batch", "nth": 2},
    "too fast": {"kind": "throttle", "method": "batch", "nth": 2},
    "an unclear error of a contact that was made": {"kind": "core_error",
                                                    "method": "crm.contact.add", "nth": 9},
}


class Faults(unittest.TestCase):
    GUESTS = 60

    def site(self, guests=GUESTS, **options):
        site = Site([guest(n) for n in range(1, guests + 1)], **options)
        self.addCleanup(site.close)
        site.start_server()
        site.start_agent()
        site.connect()
        return site

    def adds_up(self, run):
        counters = run["counters"]
        self.assertEqual(counters["scanned"], sum(counters[k] for k in COUNTERS), run)

    def one_contact_each(self, site):
        contacts, clients = site.contacts(), site.clients()
        self.assertEqual({k for k in contacts if k}, set(clients))
        for key, client in clients.items():
            [contact] = contacts[key]
            self.assertEqual(client["B24ContactID"], str(contact["id"]), key)
        self.assertEqual(site.portal.get("/counters")["duplicate_origins"], 0)

    def finish(self, site, code=0):
        run = site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back",
                        code=code)
        self.adds_up(run)
        self.assertEqual(run["writeBack"]["pending"], 0, run)
        self.assertEqual(run.get("doubts", 0), 0, run)
        return run

    def ended(self, site, run, seconds=100):
        deadline = time.monotonic() + seconds
        while True:
            state = site.json("run", "get", run)
            if state["state"] not in ("PENDING", "RUNNING"):
                return state
            self.assertLess(time.monotonic(), deadline, state)
            time.sleep(0.2)

    def wait_for_contacts(self, site, number, seconds=30):
        deadline = time.monotonic() + seconds
        while site.portal.get("/contacts/count")["count"] < number:
            self.assertLess(time.monotonic(), deadline, "the export does not move")
            time.sleep(0.02)


class OnTheWayToThePortal(Faults):
    """One site: each fault strikes the export of guests who have just arrived."""

    def test_each_fault(self):
        site = self.site()
        first = self.finish(site)
        self.assertEqual(first["counters"]["added"], self.GUESTS, first)
        number = self.GUESTS
        for name, fault in DAMAGE.items():
            with self.subTest(name):
                for _ in range(30):
                    number += 1
                    row = guest(number)
                    del row["Ref_Key"], row["DataVersion"]
                    site.onec.post("/clients/add", row)
                before = site.portal.get("/counters")["commands"].get("crm.contact.add", 0)
                site.portal.post("/faults", fault)
                begun = time.monotonic()
                run = self.finish(site)
                site.portal.delete("/faults")
                self.assertEqual(run["state"], "SUCCEEDED", run)
                self.assertEqual(run["counters"]["added"], 30, run)
                self.one_contact_each(site)
                again = self.finish(site)
                self.assertEqual(again["counters"]["added"] + again["counters"]["updated"], 0)
                print(f"  {name}: {time.monotonic() - begun:.1f} s, adds sent "
                      f"{site.portal.get('/counters')['commands']['crm.contact.add'] - before}")


if __name__ == "__main__":
    unittest.main()
