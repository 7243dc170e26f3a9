"""What a hotel may choose: deletion marks, gone contacts, robots, nameless guests."""

import unittest

from harness import Site, guest


def key_of(number):
    return guest(number)["Ref_Key"]


class Policies(unittest.TestCase):
    def site(self, rows, **options):
        site = Site(rows, **options)
        self.addCleanup(site.close)
        site.start_server()
        site.start_agent()
        site.connect()
        return site

    def choose(self, site, *flags):
        return site.json("integration", "update", "main", *flags)

    def export(self, site, *flags, **counters):
        """A run, and that a dry run right before it tells its counters."""
        told = site.json("export", "run", "main", "--wait", "--dry-run", *flags)["counters"]
        run = site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back", *flags)
        self.assertEqual(told, run["counters"], run)
        for name, count in counters.items():
            self.assertEqual(run["counters"][name], count, (name, run))
        return run

    def explain(self, site, number):
        told = site.json("clients", "explain", "main", key_of(number))
        return told["decision"], told["summary"]["reason"]

    def delete(self, site, number):
        [contact] = site.contacts()[key_of(number)]
        site.portal.post("/contacts/delete", {"id": contact["id"]})
        return contact["id"]

    def test_they_are_set_shown_and_refused(self):
        site = Site([])
        self.addCleanup(site.close)
        site.start_server()
        made = site.json("integration", "create", "main", "--type", "bitrix24", "--robots", "never")
        self.assertEqual([made[k] for k in ("deletionMarkPolicy", "goneContactPolicy",
                                            "robotsPolicy", "namelessPolicy")],
                         ["IGNORE", "RECREATE", "ROBOTS_NEVER", "SKIP"])
        changed = self.choose(site, "--on-deletion-mark", "delete", "--on-gone-contact", "ask",
                              "--nameless", "export")
        self.assertEqual(changed, site.json("integration", "get", "main"))
        self.assertEqual([changed[k] for k in ("deletionMarkPolicy", "goneContactPolicy",
                                               "robotsPolicy", "namelessPolicy", "displayName")],
                         ["DELETE", "ASK", "ROBOTS_NEVER", "EXPORT", "main"])
        text = site.cli("integration", "get", "main").stdout
        for word in ("delete", "ask", "never", "export"):
            self.assertIn(word, text)
        self.assertIn("Пометка удаления", site.cli("integration", "get", "main", lang="ru").stdout)
        site.cli("integration", "update", "main", "--on-deletion-mark", "keep", code=2)
        site.cli("integration", "update", "main", code=2)
        site.cli("integration", "update", "main", "--display-name", "Riviera")
        self.assertEqual(site.json("integration", "get", "main")["goneContactPolicy"], "ASK")

    def test_a_deletion_mark_takes_the_contact_away_and_off_it_brings_it_back(self):
        site = self.site([guest(n) for n in range(1, 6)])
        self.export(site, added=5)
        [contact] = site.contacts()[key_of(1)]
        site.onec.post("/clients/mark", {"guid": key_of(1), "deleted": True})
        site.onec.post("/clients/mark", {"guid": key_of(2), "deleted": True})
        # Somebody took our mark off the second one: it is not ours to delete.
        [other] = site.contacts()[key_of(2)]
        site.portal.post("/contacts/edit", {"id": other["id"], "fields": {"ORIGIN_ID": ""}})
        self.export(site, skipped=2)
        self.assertIn(key_of(1), site.contacts())

        # The marks are there already: the new policy looks at everybody once.
        self.choose(site, "--on-deletion-mark", "delete")
        self.assertEqual(self.explain(site, 1), ("DELETE", "MARKED_CONTACT_TO_DELETE"))
        forecast = site.json("export", "run", "main", "--wait", "--dry-run")["forecast"]
        self.assertIn("MARKED_CONTACT_TO_DELETE",
                      [one["explanation"]["reason"] for one in forecast["reasons"]])
        self.assertIn(key_of(1), site.contacts())
        self.export(site, skipped=2, unchanged=3)
        self.assertNotIn(key_of(1), site.contacts())
        self.assertIn(contact["id"], [one["id"] for one in site.portal.get("/bin")])
        self.assertEqual(site.portal.get(f"/contacts/{other['id']}")["id"], other["id"])
        self.assertEqual(self.explain(site, 1), ("SKIP", "MARKED_CONTACT_GONE"))
        [told, *_] = site.json("clients", "history", "main", key_of(1))
        self.assertEqual((told["kind"], told["contact"]), ("DELETED", str(contact["id"])))
        states = {c["client"]: c["state"] for c in site.json("clients", "list", "main")}
        self.assertEqual(states[key_of(1)], "SKIPPED")
        deletions = site.portal.get("/counters")["commands"]["crm.contact.delete"]
        self.export(site, "--full", skipped=2, unchanged=3)
        self.assertEqual(site.portal.get("/counters")["commands"]["crm.contact.delete"], deletions)
        site.cli("status", "--check")

        site.onec.post("/clients/mark", {"guid": key_of(1), "deleted": False})
        self.export(site, recreated=1)
        [again] = site.contacts()[key_of(1)]
        self.assertEqual(site.clients()[key_of(1)]["B24ContactID"], str(again["id"]))
        self.assertNotEqual(again["id"], contact["id"])

    def test_a_deletion_mark_that_is_a_value_reaches_the_contact(self):
        site = self.site([guest(n) for n in range(1, 5)])
        [named] = [f for f in site.json("fields", "load", "main")["sourceFields"]
                   if f["name"] == "DeletionMark"]
        self.assertEqual(named["type"], "Edm.Boolean")
        self.export(site, added=4)
        contacts = {n: site.contacts()[key_of(n)][0]["id"] for n in range(1, 5)}
        site.onec.post("/clients/mark", {"guid": key_of(1), "deleted": True})
        told = site.cli("integration", "update", "main", "--on-deletion-mark", "mark").stdout
        self.assertIn("guestbridge fields load main", told.splitlines()[-1])

        def notices():
            return [n["reason"] for n in site.json("fields", "save", "main").get("notices", [])
                    if n["reason"].startswith("DELETION_MARK")]

        self.assertEqual(notices(), ["DELETION_MARK_NO_FIELD"])
        # Nothing says it yet, and nothing of the contact changes.
        self.export(site, unchanged=4, skipped=0)
        site.rest("crm.contact.userfield.add",
                  fields={"FIELD_NAME": "MARK", "USER_TYPE_ID": "boolean"})
        site.cli("fields", "load", "main")
        warned = " ".join(site.cli("fields", "list", "main").stdout.split())
        command = "fields map main DeletionMark UF_CRM_MARK --transform yes-no"
        self.assertIn(f"guestbridge {command}", warned)
        site.cli(*command.split())
        self.assertEqual(notices(), [])

        def marks():
            return {n: site.portal.get(f"/contacts/{c}")["fields"].get("UF_CRM_MARK")
                    for n, c in contacts.items()}

        def on(number):
            return marks()[number] in ("1", "Y", True, 1)

        self.assertEqual(self.explain(site, 1)[0], "UPDATE")
        self.export(site, skipped=0)
        self.assertTrue(on(1), marks())
        self.assertFalse(on(2), marks())
        site.onec.post("/clients/mark", {"guid": key_of(2), "deleted": True})
        site.onec.post("/clients/edit", {"guid": key_of(1), "set": {"LastName": "Новая"}})
        self.export(site, updated=2, skipped=0)
        self.assertTrue(on(2), marks())
        self.assertEqual(site.portal.get(f"/contacts/{contacts[1]}")["fields"]["LAST_NAME"], "Новая")
        [rule] = [r for r in site.json("clients", "explain", "main", key_of(1))["rules"]
                  if r["rule"] == "deletion-mark"]
        self.assertEqual(rule["explanation"]["reason"], "MARKED_CONTACT_KEPT")

        # Who has no contact gets none while the mark stands.
        site.onec.post("/clients/mark", {"guid": key_of(3), "deleted": True})
        self.delete(site, 3)
        self.export(site, recreated=0, added=0, skipped=1)
        self.assertNotIn(key_of(3), site.contacts())
        self.assertEqual(self.explain(site, 3), ("SKIP", "MARKED_CONTACT_GONE"))
        site.cli("status", "--check")
        for number in (1, 2, 3):
            site.onec.post("/clients/mark", {"guid": key_of(number), "deleted": False})
        self.export(site, updated=2, recreated=1)
        contacts[3] = site.contacts()[key_of(3)][0]["id"]
        self.assertFalse(on(1), marks())
        self.assertEqual(len(site.contacts()[key_of(3)]), 1)
        self.export(site, "--full", unchanged=4)

    def test_a_gone_contact_is_dealt_with_as_the_hotel_wants(self):
        site = self.site([guest(n) for n in range(1, 6)])
        self.export(site, added=5)
        self.choose(site, "--on-gone-contact", "never")
        self.delete(site, 1)
        self.export(site, skipped=1)
        self.assertEqual(self.explain(site, 1), ("SKIP", "CONTACT_GONE_NEVER"))
        self.choose(site, "--on-gone-contact", "relink")
        self.export(site, skipped=1)
        self.assertEqual(self.explain(site, 1), ("SKIP", "CONTACT_GONE_RELINK"))
        # The recycle bin gives it back under another ID, with our mark.
        gone = self.delete(site, 2)
        restored = site.portal.post("/contacts/restore", {"id": gone})["id"]
        self.export(site, recreated=0)
        self.assertEqual(site.contacts()[key_of(2)][0]["id"], restored)

        self.choose(site, "--on-gone-contact", "ask")
        self.export(site, deferred=1, recreated=0)
        self.delete(site, 3)
        self.export(site, deferred=2)
        waiting = site.json("clients", "list", "main", "--state", "AMBIGUOUS")
        self.assertEqual({c["client"]: c["reason"] for c in waiting},
                         {key_of(1): "CONTACT_GONE_ASK", key_of(3): "CONTACT_GONE_ASK"})
        [main] = site.json("status", "--check", code=1)["integrations"]
        self.assertIn("ATTENTION_CONTACTS_GONE", [one["reason"] for one in main["attention"]])
        self.assertIn("--new", site.cli("clients", "list", "main", "--state", "AMBIGUOUS").stdout
                      + site.cli("status").stdout)
        site.cli("clients", "unlink", "main", key_of(1), "--new")
        other = site.portal.post("/contacts/add", {"fields": {"LAST_NAME": "Гостев3"}})
        other = other.get("id") or other["ids"][0]
        site.cli("clients", "link", "main", key_of(3), other)
        self.export(site, deferred=0)
        self.assertEqual(len(site.contacts()[key_of(1)]), 1)
        self.assertEqual(site.contacts()[key_of(3)][0]["id"], other)
        site.cli("status", "--check")
        self.export(site, "--full", unchanged=5)

    def test_robots_and_nameless_guests(self):
        nameless = dict(LastName="", FirstName="", SecondName="", FullName="", Phone="", EMail="")
        site = self.site([guest(n) for n in range(1, 4)]
                         + [guest(4, Remarks="Группа", **nameless), guest(5, Sex="", DateOfBirth="0001-01-01T00:00:00", **nameless)])
        site.portal.post("/config", {"automation": {"SOURCE_DESCRIPTION": "by robot"}})

        def greeted():
            return {origin for origin, [contact] in site.contacts().items()
                    if contact["fields"].get("SOURCE_DESCRIPTION") == "by robot"}

        self.export(site, added=3, skipped=2)
        self.assertEqual(greeted(), set())
        self.choose(site, "--robots", "never", "--nameless", "export")
        self.assertEqual(self.explain(site, 4)[0], "ADD")
        self.assertEqual(self.explain(site, 5), ("SKIP", "NO_NAME_NO_PHONE_NO_EMAIL"))
        self.export(site, added=1)
        self.assertEqual(len(site.contacts()[key_of(4)]), 1)
        self.assertEqual(greeted(), set())
        self.choose(site, "--robots", "always")
        self.delete(site, 1)
        self.export(site, recreated=1)
        self.assertEqual(greeted(), {key_of(1)})


if __name__ == "__main__":
    unittest.main()
