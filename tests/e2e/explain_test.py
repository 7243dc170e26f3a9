"""Why a guest is, or is not, on the portal, and what becomes of one that was refused."""

import unittest

from harness import Site, guest


def key_of(number):
    return guest(number)["Ref_Key"]


class Explain(unittest.TestCase):
    def site(self, guests):
        site = Site(guests)
        self.addCleanup(site.close)
        site.start_server()
        site.start_agent()
        site.connect()
        return site

    def export(self, site, *flags, code=0):
        return site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back", *flags,
                         code=code)

    def explain(self, site, client, code=0):
        return site.json("clients", "explain", "main", client, code=code)

    def field(self, explained, target):
        return next(field for field in explained["fields"] if field["target"] == target)

    def test_a_guest_is_found_by_whatever_is_at_hand_and_shown_as_the_portal_has_it(self):
        guests = [guest(1, Phone="моб. 8 (916) 000-00-01", EMail="Anna@example.org"),
                  guest(2, Phone="8-916-000-00-02"), guest(3, Phone="+7 916 000 00 02")]
        site = self.site(guests)
        site.cli("schedule", "set", "main", "--cron", "0 3 * * *", "--timezone", "Europe/Moscow")

        new = self.explain(site, "000000001")
        self.assertEqual((new["decision"], new["foundBy"]), ("ADD", "CODE"))
        self.assertEqual(new["portal"]["state"], "NONE")
        self.assertEqual((new["next"]["reason"], new["timeZone"]), ("NEXT_IS_ADD", "Europe/Moscow"))
        self.assertIn("nextRunTime", new)
        text = site.cli("clients", "explain", "main", "000000001").stdout
        self.assertIn("The next run is due", text)
        self.assertIn("guestbridge export run main --wait", text.splitlines()[-1])

        self.export(site)
        [contact] = site.contacts()[key_of(1)]
        for named, found_by in ((f"contact:{contact['id']}", "CONTACT"), (str(contact["id"]), "CONTACT"),
                                ("+7 916 000-00-01", "PHONE"), ("89160000001", "PHONE"),
                                ("anna@example.org", "EMAIL"), (key_of(1), "KEY")):
            explained = self.explain(site, named)
            self.assertEqual((explained["client"], explained["foundBy"]), (key_of(1), found_by), named)
        several = site.cli("clients", "explain", "main", "+79160000002", code=4).stderr
        for part in ("SEVERAL_CLIENTS_FIT", key_of(2), "(000000002)", key_of(3)):
            self.assertIn(part, several)
        self.assertNotIn("Гостев", several)
        missed = site.cli("clients", "explain", "main", "+79169999999", code=3).stderr
        self.assertIn("PHONE_NOT_FOUND", missed)

        site.portal.post("/contacts/edit", {"id": contact["id"], "fields": {"LAST_NAME": "Правкина"}})
        edited = self.explain(site, "000000001")
        self.assertEqual(edited["decision"], "UNCHANGED")
        self.assertEqual(edited["portal"]["differingFields"], ["LAST_NAME"], edited["portal"])
        self.assertEqual(self.field(edited, "LAST_NAME")["portalValue"], "Правкина")
        self.assertEqual([entry["kind"] for entry in edited["history"]], ["ADDED"])
        shown = site.cli("clients", "explain", "main", "000000001", lang="ru").stdout
        self.assertIn("портал отличается: Правкина", " ".join(shown.split()))

        # Nothing of it stays on the server.
        for secret in ("Правкина", "9160000001", "anna@example.org"):
            self.assertNotIn(secret, site.server.stderr())

        site.portal.post("/config", {"users": [{"id": 1, "admin": True, "active": False}]})
        away = self.explain(site, "000000001")
        self.assertEqual((away["decision"], away["portal"]["state"]), ("UNCHANGED", "UNREAD"))
        self.assertTrue(away["portal"]["explanation"]["message"])

    def test_changes_that_1c_recorded_are_seen_once_an_export_has_read_them(self):
        site = self.site([guest(1), guest(2)])
        self.assertEqual(self.explain(site, "000000001").get("changes", []), [])
        self.export(site)
        for name in ("Первая", "Вторая"):
            site.onec.post("/clock", {"advance_s": 60})
            site.onec.post("/clients/edit", {"guid": key_of(1), "set": {"LastName": name}})
        periods = [row["Period"] for row in site.onec.get("/history") if row["Client_Key"] == key_of(1)]
        told = self.explain(site, "000000001")["changes"]
        self.assertEqual([change["time"] for change in told], sorted(periods, reverse=True)[:5])
        self.assertEqual([change.get("seen", False) for change in told[:2]], [False, False])
        text = site.cli("clients", "explain", "main", "000000001", lang="ru").stdout
        self.assertIn("Изменения, записанные в 1С", text)
        self.assertIn("после последней выгрузки", text)
        self.export(site)
        told = self.explain(site, "000000001")["changes"]
        self.assertTrue(all(change["seen"] for change in told), told)
        self.assertNotIn("after the last export", site.cli("clients", "explain", "main", "000000001").stdout)

        # Without a history the rest is told all the same.
        site.onec.post("/config", {"composition": {"InformationRegister_ClientChangeHistory": False}})
        told = self.explain(site, "000000001")
        self.assertEqual((told["decision"], told.get("changes", [])), ("UNCHANGED", []))
        self.assertNotIn("Changes that 1C", site.cli("clients", "explain", "main", "000000001").stdout)

    def test_what_the_portal_refused_is_grouped_dropped_taken_back_and_tried_again_by_itself(self):
        site = self.site([guest(n) for n in range(1, 4)])
        site.portal.post("/config", {"missing_methods": ["crm.item.batchimport"]})
        for name in ("Гостев1", "Гостев2"):
            site.portal.post("/faults", {"kind": "refuse", "method": "crm.contact.add",
                                         "field": "LAST_NAME", "value": name})
        self.assertEqual(self.export(site, code=7)["counters"]["failed"], 2)

        [group] = site.json("clients", "list", "main", "--state", "FAILED", "--by-reason")
        self.assertEqual((group["reason"], group["count"]), ("PORTAL_REFUSED", 2))
        self.assertEqual(group["clients"], [key_of(1), key_of(2)])
        self.assertTrue(group["parameters"]["code"], group)
        self.assertNotIn("…", group["message"])
        self.assertEqual(self.explain(site, "000000001")["next"]["reason"], "NEXT_IS_RETRY")
        text = site.cli("clients", "list", "main", "--state", "failed", "--by-reason").stdout
        self.assertIn("PORTAL_REFUSED", text)

        self.assertEqual(site.json("clients", "drop", "main", key_of(1))["dropped"], 1)
        site.cli("clients", "drop", "main", key_of(3), code=4)
        self.assertEqual(self.explain(site, "000000001")["summary"]["reason"], "CLIENT_DROPPED")
        run = self.export(site, "--full", code=7)
        self.assertEqual((run["counters"]["failed"], run["counters"]["skipped"]), (1, 1), run)
        [main] = site.json("status")["integrations"]
        self.assertEqual(main["missing"], 1, main)
        self.assertEqual(site.json("clients", "retry", "main", key_of(1))["queued"], 1)
        self.export(site, code=7)
        [group] = site.json("clients", "list", "main", "--state", "FAILED", "--by-reason")
        self.assertEqual(group["count"], 2)

        # A new version of the mapping is enough for both.
        site.cli("clients", "drop", "main", key_of(1))
        site.portal.delete("/faults")
        site.cli("fields", "unmap", "main", "COMMENTS")
        site.cli("fields", "save", "main")
        run = self.export(site)
        self.assertEqual((run["counters"]["added"], run["counters"]["failed"]), (2, 0), run)
        self.assertEqual({len(found) for found in site.contacts().values()}, {1})


if __name__ == "__main__":
    unittest.main()
