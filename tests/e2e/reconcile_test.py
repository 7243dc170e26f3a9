"""What differs between ledger, 1C and portal: found, told apart, and mended on request."""

import time
import unittest

from harness import Site, guest

KINDS = ("missing", "gone", "doubled", "orphaned", "changedOnPortal", "changedInSource",
         "writeBackMissing")
WRITES = ("crm.contact.add", "crm.contact.update", "crm.contact.delete", "crm.item.import",
          "crm.item.batchimport")
USERFIELDS = (("DAY", "date"), ("AT", "datetime"), ("YES", "boolean"), ("TEXT", "string"))


def key_of(number):
    return guest(number)["Ref_Key"]


class Reconcile(unittest.TestCase):
    def site(self, rows):
        site = Site(rows)
        self.addCleanup(site.close)
        site.start_server()
        site.start_agent()
        return site

    def export(self, site, *flags):
        return site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back", *flags)

    def reconcile(self, site, *flags):
        """What was found, and the kinds that are not zero."""
        run = site.json("reconcile", "run", "main", "--wait", *flags)
        self.assertEqual(run["kind"], "RECONCILE")
        counters = run["counters"]
        self.assertEqual(counters["scanned"], sum(counters.values()) - counters["scanned"], run)
        result = run["reconcile"]
        return run, {kind: result[kind] for kind in KINDS if result[kind]}

    def finding(self, run, kind):
        [finding] = [f for f in run["reconcile"]["findings"] if f["kind"] == kind]
        return finding

    def contact(self, site, number):
        [contact] = site.contacts()[key_of(number)]
        return contact

    def writes(self, site):
        commands = site.portal.get("/counters")["commands"]
        return sum(commands.get(method, 0) for method in WRITES)

    def test_nothing_differs_right_after_an_export_whatever_is_mapped(self):
        rows = []
        for number in range(1, 9):
            rows.append(guest(
                number, Phone=f"8 (916) 000-00-{number:02d}; +7 495 111-22-{number:02d} доб. 12",
                Fax=f"+7 812 333-44-{number:02d}", Address="ул. Морская, 1\nкв. 2", City="Сочи",
                Region="Краснодарский край", Remarks="<b>VIP</b>\r\nвид  на море &amp; сад",
                EMail=f"Guest{number}@Example.org; second{number}@example.org",
                CreateDate="2021-01-01T10:20:30",
                NoSMSDelivery=number % 2 == 0))
        rows.append(guest(9, Phone="", EMail="", DateOfBirth="0001-01-01T00:00:00", SecondName=""))
        site = self.site(rows)
        for name, kind in USERFIELDS:
            site.rest("crm.contact.userfield.add",
                      fields={"FIELD_NAME": name, "USER_TYPE_ID": kind})
        site.cli("integration", "create", "main", "--type", "bitrix24")
        site.set_connection()
        site.cli("fields", "load", "main")
        for line in (("DateOfBirth", "UF_CRM_DAY", "--transform", "date"),
                     ("NoSMSDelivery", "UF_CRM_YES"), ("Remarks", "UF_CRM_TEXT"),
                     ("Remarks", "COMMENTS"), ("City", "ADDRESS_CITY"), ("Region", "ADDRESS_REGION"),
                     ("CreateDate", "UF_CRM_AT")):
            site.cli("fields", "map", "main", *line)
        site.cli("fields", "save", "main")
        site.cli("events", "load", "main")
        site.cli("events", "save", "main")
        run = self.export(site)
        self.assertEqual(run["counters"]["added"], 9, run)
        before = self.writes(site)
        run, found = self.reconcile(site)
        self.assertEqual(found, {}, run)
        self.assertEqual(run["reconcile"]["contacts"], 9)
        # A manager moves the contact on, and touches nothing that is mapped.
        time.sleep(1.1)
        for number in range(1, 10):
            site.portal.post("/contacts/edit", {"id": self.contact(site, number)["id"],
                                                "fields": {"POST": "важный гость"}})
        run, found = self.reconcile(site)
        self.assertEqual(found, {}, run)
        self.assertEqual(self.writes(site), before)

    def test_each_difference_is_found_told_apart_and_mended(self):
        site = self.site([guest(n) for n in range(1, 21)])
        site.connect()
        self.export(site)
        gone = self.contact(site, 1)["id"]
        site.portal.post("/contacts/delete", {"id": gone})
        changed = self.contact(site, 2)["id"]
        site.portal.post("/contacts/edit", {"id": changed, "fields": {"LAST_NAME": "Замужняя"}})
        site.onec.post("/clients/edit", {"guid": key_of(3), "set": {"LastName": "Другова"}})
        site.onec.post("/clients/edit", {"guid": key_of(4), "set": {"B24ContactID": "0"}})
        site.onec.post("/clients/add", guest(30))
        twin = self.contact(site, 5)
        stamp = {name: twin["fields"][name]
                 for name in ("ORIGINATOR_ID", "ORIGIN_ID", "ORIGIN_VERSION")}
        site.portal.post("/contacts/add", {"fields": {"LAST_NAME": "Гостев5", **stamp}})
        expected = {"missing": 1, "gone": 1, "doubled": 1, "changedOnPortal": 1,
                    "changedInSource": 1, "writeBackMissing": 1}
        before = self.writes(site)
        for _ in range(2):  # nothing is written, so the second finds the same
            run, found = self.reconcile(site)
            self.assertEqual(found, expected, run)
            self.assertTrue(run["dryRun"])
        self.assertEqual(self.writes(site), before)
        self.assertEqual(self.finding(run, "MISSING")["client"], key_of(30))
        self.assertEqual(self.finding(run, "GONE")["contact"], str(gone))
        there = self.finding(run, "CHANGED_ON_PORTAL")
        self.assertEqual((there["client"], there["contact"], there["fields"]),
                         (key_of(2), str(changed), ["LAST_NAME"]))
        self.assertEqual(there["modifiedBy"], "1")
        self.assertIn("modifyTime", there)
        self.assertEqual(self.finding(run, "CHANGED_IN_SOURCE")["fields"], ["LAST_NAME"])
        self.assertNotIn("Замужняя", str(run))

        run, found = self.reconcile(site, "--apply")
        self.assertEqual(found, expected, run)
        counters = run["counters"]
        self.assertEqual([counters[k] for k in ("added", "recreated", "updated")], [1, 1, 2], run)
        self.export(site)  # the IDs reach 1C
        run, found = self.reconcile(site)
        self.assertEqual(found, {"doubled": 1}, run)
        contacts, clients = site.contacts(), site.clients()
        self.assertEqual(self.contact(site, 2)["fields"]["LAST_NAME"], "Гостев2")
        self.assertEqual(self.contact(site, 3)["fields"]["LAST_NAME"], "Другова")
        self.assertEqual(len(contacts[key_of(5)]), 2)
        for number in (*range(1, 21), 30):
            self.assertIn(clients[key_of(number)]["B24ContactID"],
                          [str(c["id"]) for c in contacts[key_of(number)]])
        text = site.cli("reconcile", "run", "main", "--wait").stdout
        self.assertTrue(text.startswith("Differences found: 1. Nothing was changed.\n"), text)
        self.assertIn("Merge the doubles", text.splitlines()[-1])

    def test_a_thousand_contacts_cost_a_handful_of_requests(self):
        site = self.site([guest(n) for n in range(1, 1001)])
        site.connect()
        self.export(site)
        run, found = self.reconcile(site)
        self.assertEqual(found, {}, run)
        self.assertEqual(run["reconcile"]["marked"], 1000)
        print("requests for 1,000 contacts:", run["portal"]["httpRequests"],
              "commands:", run["portal"]["commands"])
        self.assertLessEqual(run["portal"]["httpRequests"], 12, run)


if __name__ == "__main__":
    unittest.main()
