"""Whose contact is it: IDs that 1C holds, matches, merges, triggers, lost and old ledgers."""

import shutil
import unittest

from harness import Site, guest

COUNTERS = ("unchanged", "added", "updated", "recreated", "skipped", "failed", "deferred")
WRITES = ("crm.contact.add", "crm.contact.update")


def key_of(number):
    return guest(number)["Ref_Key"]


class Links(unittest.TestCase):
    def site(self, rows, before=None):
        site = Site(rows)
        self.addCleanup(site.close)
        if before:
            before(site)
        site.start_server()
        site.start_agent()
        site.connect()
        return site

    def export(self, site, *flags, code=0):
        run = site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back",
                        *flags, code=code)
        counters = run["counters"]
        self.assertEqual(counters["scanned"], sum(counters[k] for k in COUNTERS), run)
        self.assertEqual(run["writeBack"]["pending"], 0, run)
        return run

    def expect(self, run, **counters):
        for name in COUNTERS:
            if name not in ("unchanged", "skipped") or name in counters:
                self.assertEqual(run["counters"][name], counters.get(name, 0), (name, run))

    def one_contact_each(self, site, keys=None):
        contacts, clients = site.contacts(), site.clients()
        self.assertEqual({k for k in contacts if k}, set(keys or clients))
        for key in keys or clients:
            [contact] = contacts[key]
            self.assertEqual(clients[key]["B24ContactID"], str(contact["id"]), key)
        self.assertEqual(site.portal.get("/counters")["duplicate_origins"], 0)

    def writes(self, site):
        commands = site.portal.get("/counters")["commands"]
        return sum(commands.get(method, 0) for method in WRITES)

    def add_contact(self, site, **fields):
        phone = fields.pop("phone", None)
        if phone:
            fields["PHONE"] = [{"VALUE": phone, "VALUE_TYPE": "WORK"}]
        answer = site.portal.post("/contacts/add", {"fields": fields})
        return answer.get("id") or answer["ids"][0]


class Stored(Links):
    def test_ids_that_1c_holds(self):
        ids = {}

        def before(site):
            # Right, somebody else's, gone, two clients with one.
            ids["right"] = self.add_contact(site, LAST_NAME="Гостев1", NAME="Иван", POST="VIP",
                                            phone="+79160000001")
            ids["other"] = self.add_contact(site, LAST_NAME="Чужой", NAME="Пётр",
                                            phone="+70000000000")
            ids["gone"] = self.add_contact(site, LAST_NAME="Гостев3")
            site.portal.post("/contacts/delete", {"id": ids["gone"]})
            ids["shared"] = self.add_contact(site, LAST_NAME="Гостев4", phone="+79160000004")
            for number, name in ((1, "right"), (2, "other"), (3, "gone"), (4, "shared"),
                                 (5, "shared")):
                site.onec.post("/clients/edit", {"guid": key_of(number),
                                                 "set": {"B24ContactID": str(ids[name])}})

        site = self.site([guest(n) for n in range(1, 11)], before)
        dry = site.json("export", "run", "main", "--wait", "--dry-run")
        self.assertEqual(self.writes(site), 0)
        self.assertEqual(dry["counters"]["scanned"], 10, dry)
        run = self.export(site)
        # 1 and 4 were adopted and brought up to date.
        self.expect(run, added=7, updated=2, recreated=1)
        self.one_contact_each(site)
        contacts = site.contacts()
        self.assertEqual(contacts[key_of(1)][0]["id"], ids["right"])
        self.assertEqual(contacts[key_of(1)][0]["fields"]["POST"], "VIP")
        self.assertEqual(contacts[key_of(4)][0]["id"], ids["shared"])
        other = site.portal.get(f"/contacts/{ids['other']}")
        self.assertEqual(other["fields"]["LAST_NAME"], "Чужой")
        self.assertFalse(other["fields"].get("ORIGIN_ID"))
        writes = self.writes(site)
        self.expect(self.export(site))
        self.expect(self.export(site, "--full"), unchanged=10)
        self.assertEqual(self.writes(site), writes)

    def test_a_switched_off_trigger_stops_ids_that_lead_nowhere_too(self):
        def before(site):
            site.onec.post("/clients/edit", {"guid": key_of(1), "set": {"B24ContactID": "77"}})

        site = self.site([guest(n) for n in range(1, 4)], before)
        for event in ("client-created", "contact-deleted"):
            site.cli("events", "disable", "main", event)
        site.cli("events", "save", "main")
        run = self.export(site)
        self.expect(run, skipped=3)
        self.assertEqual(site.portal.get("/contacts/count")["count"], 0)
        for event in ("client-created", "contact-deleted"):
            site.cli("events", "enable", "main", event)
        site.cli("events", "save", "main")
        self.expect(self.export(site), added=2, recreated=1)
        self.one_contact_each(site)


class Matches(Links):
    def test_proposals_and_their_acceptance(self):
        def before(site):
            self.add_contact(site, LAST_NAME="Гостев1", NAME="Иван", phone="8 916 000-00-01")
            self.add_contact(site, LAST_NAME="Гостев2", phone="+79160000002")
            self.add_contact(site, LAST_NAME="Гостев2", phone="+79160000002")

        site = self.site([guest(n) for n in range(1, 6)], before)
        run = site.json("clients", "match", "main", "--wait")
        self.assertEqual([run["match"][k] for k in ("matched", "ambiguous", "unmatched")],
                         [1, 1, 3], run)
        self.assertEqual(self.writes(site), 0)
        run = self.export(site)
        self.expect(run, added=3, deferred=2)
        run = site.json("clients", "match", "main", "--apply", "--wait")
        self.assertEqual(run["match"]["applied"], 1, run)
        self.assertEqual(run["match"]["linked"], 3, run)
        counters = run["counters"]
        self.assertEqual(counters["scanned"], 5, run)
        self.assertEqual((counters["unchanged"], counters["skipped"]), (3, 0), run)
        self.export(site)
        contacts = site.contacts()
        self.assertEqual(contacts[key_of(1)][0]["id"], 1)
        self.assertNotIn(key_of(2), contacts)
        self.assertEqual(len(contacts[""]), 2)
        writes = self.writes(site)
        run = site.json("clients", "match", "main", "--apply", "--wait")
        self.assertEqual(run["counters"]["unchanged"], 4, run)
        self.expect(self.export(site, "--full"), unchanged=4, deferred=1)
        self.assertEqual(self.writes(site), writes)
        # The twin is merged away: the next match is clear.
        site.portal.post("/contacts/merge", {"main": 2, "ids": [3]})
        run = site.json("clients", "match", "main", "--apply", "--wait")
        self.assertEqual(run["match"]["applied"], 1, run)
        self.export(site)
        self.one_contact_each(site)


class Changes(Links):
    def test_triggers_mapping_merges_and_dry_runs(self):
        site = self.site([guest(n) for n in range(1, 21)])
        self.expect(self.export(site), added=20)
        # Triggers off, then on again.
        for event in ("client-created", "client-changed", "contact-deleted"):
            site.cli("events", "disable", "main", event)
        site.cli("events", "save", "main")
        site.onec.post("/clients/edit", {"guid": key_of(1), "set": {"LastName": "Новая"}})
        site.onec.post("/clients/add", {"LastName": "Приезжий"})
        gone = site.contacts()[key_of(2)][0]["id"]
        site.portal.post("/contacts/delete", {"id": gone})
        writes = self.writes(site)
        for _ in range(2):
            self.expect(self.export(site), skipped=3)
        self.assertEqual(self.writes(site), writes)
        for event in ("client-created", "client-changed", "contact-deleted"):
            site.cli("events", "enable", "main", event)
        site.cli("events", "save", "main")
        dry = site.json("export", "run", "main", "--wait", "--dry-run")
        self.expect(dry, added=1, updated=1, recreated=1)
        self.expect(self.export(site), added=1, updated=1, recreated=1)
        self.one_contact_each(site)
        # A dry run tells of a contact that is gone, in both ways of reading.
        gone = site.contacts()[key_of(3)][0]["id"]
        site.portal.post("/contacts/delete", {"id": gone})
        for flags in ((), ("--full",)):
            dry = site.json("export", "run", "main", "--wait", "--dry-run", *flags)
            self.expect(dry, recreated=1)
        self.expect(self.export(site), recreated=1)
        # A client that is marked and whose contact is gone counts once.
        site.onec.post("/clients/mark", {"guid": key_of(4), "deleted": True})
        self.export(site)
        gone = site.contacts()[key_of(4)][0]["id"]
        site.portal.post("/contacts/delete", {"id": gone})
        for flags in ((), ("--full",)):
            run = self.export(site, *flags)
        self.assertEqual(run["counters"]["scanned"], 21, run)
        self.expect(run, skipped=1, unchanged=20)
        # A new mapping: all compared, what differs is sent.
        site.onec.post("/clients/edit", {"guid": key_of(5), "set": {"City": "Тула"}})
        site.cli("fields", "map", "main", "City", "POST")
        site.cli("fields", "save", "main")
        run = self.export(site)
        self.expect(run, updated=1, unchanged=19, skipped=1)
        self.assertEqual(site.contacts()[key_of(5)][0]["fields"]["POST"], "Тула")
        # Two of our contacts are merged: the loser's guest gets one again.
        contacts = site.contacts()
        main, loser = contacts[key_of(6)][0]["id"], contacts[key_of(7)][0]["id"]
        site.portal.post("/contacts/merge", {"main": main, "ids": [loser]})
        self.expect(self.export(site), recreated=1)
        keys = [k for k in site.clients() if k != key_of(4)]
        self.one_contact_each(site, keys)
        writes = self.writes(site)
        self.expect(self.export(site, "--full"), unchanged=20, skipped=1)
        self.assertEqual(self.writes(site), writes)


class Ledgers(Links):
    def ledgers(self, site):
        return site.dir / "agent" / "ledgers"

    def test_an_older_copy_starts_cold(self):
        site = self.site([guest(n) for n in range(1, 41)])
        self.expect(self.export(site), added=40)
        self.assertEqual(site.agent.stop(), 0)
        shutil.copytree(self.ledgers(site), site.dir / "copy")
        site.start_agent()
        for number in range(41, 61):
            row = guest(number)
            del row["Ref_Key"], row["DataVersion"]
            site.onec.post("/clients/add", row)
        gone = site.contacts()[key_of(9)][0]["id"]
        site.portal.post("/contacts/delete", {"id": gone})
        self.expect(self.export(site), added=20, recreated=1)
        self.assertEqual(site.agent.stop(), 0)
        shutil.rmtree(self.ledgers(site))
        shutil.copytree(site.dir / "copy", self.ledgers(site))
        site.onec.post("/clients/add", {"LastName": "Последний"})
        site.start_agent()
        run = self.export(site)
        self.assertEqual(run["counters"]["added"], 1, run)
        self.assertEqual(run["counters"]["recreated"], 0, run)
        self.one_contact_each(site)

    def test_a_lost_ledger_is_rebuilt_and_nobody_is_doubled(self):
        site = self.site([guest(n) for n in range(1, 31)])
        self.expect(self.export(site), added=30)
        for rebuild in (True, False):
            self.assertEqual(site.agent.stop(), 0)
            shutil.rmtree(self.ledgers(site))
            site.start_agent()
            if rebuild:
                run = site.json("ledger", "rebuild", "main", "--wait")
                self.assertEqual(run["state"], "SUCCEEDED", run)
            writes = self.writes(site)
            run = self.export(site)
            self.assertEqual(run["counters"]["added"], 0, run)
            self.assertEqual(self.writes(site), writes)
            self.one_contact_each(site)


if __name__ == "__main__":
    unittest.main()
