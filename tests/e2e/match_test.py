"""Who is already on the portal: an installation of 1C's own integration, proposals, values of nobody."""

import unittest

from harness import Site, guest

COUNTERS = ("unchanged", "added", "updated", "recreated", "skipped", "failed", "deferred")
CREATES = ("crm.contact.add", "crm.item.add", "crm.item.import", "crm.item.batchimport")


def key_of(number):
    return guest(number)["Ref_Key"]


def written_by_hand(number):
    """The phone of guest `number` as a manager writes it."""
    digits = f"916{number:07d}"
    return f"8 ({digits[:3]}) {digits[3:6]}-{digits[6:8]}-{digits[8:]}"


class Matches(unittest.TestCase):
    def site(self, rows, before):
        site = Site(rows)
        self.addCleanup(site.close)
        before(site)
        site.start_server()
        site.start_agent()
        site.connect()
        return site

    def contact(self, site, phone=None, email=None, **fields):
        for name, value in (("PHONE", phone), ("EMAIL", email)):
            if value:
                fields[name] = [{"VALUE": value, "VALUE_TYPE": "WORK"}]
        answer = site.portal.post("/contacts/add", {"fields": fields})
        return answer.get("id") or answer["ids"][0]

    def creates(self, site):
        commands = site.portal.get("/counters")["commands"]
        return sum(commands.get(method, 0) for method in CREATES)

    def export(self, site, *flags):
        run = site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back", *flags)
        counters = run["counters"]
        self.assertEqual(counters["scanned"], sum(counters[k] for k in COUNTERS), run)
        return run

    def match(self, site, *flags):
        run = site.json("clients", "match", "main", "--wait", *flags)
        counters = run["counters"]
        self.assertEqual(counters["scanned"], sum(counters[k] for k in COUNTERS), run)
        return run

    def test_an_installation_of_1cs_own_integration_is_adopted_without_a_duplicate(self):
        count = 60
        ids = {}

        def before(site):
            # What it left behind: contacts without our mark, their IDs in 1C; a manager has changed
            # one name and one phone since.
            for number in range(1, count + 1):
                ids[number] = self.contact(
                    site, LAST_NAME="Замужняя" if number == 7 else f"Гостев{number}", NAME="Иван",
                    phone="+79990000000" if number == 8 else written_by_hand(number))
                site.onec.post("/clients/edit", {"guid": key_of(number),
                                                 "set": {"B24ContactID": str(ids[number])}})
            # Contacts that are nobody's here.
            for number in range(200, 230):
                self.contact(site, LAST_NAME=f"Покупатель{number}", phone=f"+7926{number:07d}")

        site = self.site([guest(n) for n in range(1, count + 1)], before)
        total = site.portal.get("/contacts/count")["count"]
        run = self.match(site)
        self.assertEqual([run["match"][k] for k in ("matched", "ambiguous", "unmatched")],
                         [count, 0, 0], run)
        run = self.export(site)
        self.assertEqual(run["counters"]["added"], 0, run)
        self.assertEqual(run["counters"]["deferred"], 0, run)
        self.assertEqual(run["counters"]["updated"] + run["counters"]["unchanged"], count, run)
        self.assertEqual(self.creates(site), 0)
        self.assertEqual(site.portal.get("/contacts/count")["count"], total)
        contacts, clients = site.contacts(), site.clients()
        for number in range(1, count + 1):
            [contact] = contacts[key_of(number)]
            self.assertEqual(contact["id"], ids[number])
            self.assertEqual(clients[key_of(number)]["B24ContactID"], str(ids[number]))
        self.assertEqual(len(contacts[""]), 30)
        self.assertEqual(self.export(site, "--full")["counters"]["unchanged"], count)

    def test_proposals_wait_until_they_are_applied(self):
        def before(site):
            self.contact(site, LAST_NAME="ГОСТЕВ1", NAME="иван", phone=written_by_hand(1))     # phone
            self.contact(site, LAST_NAME="Гостев2", NAME="Иван", email="Guest2@Example.org")  # e-mail
            self.contact(site, LAST_NAME="Гостев3", NAME="Пётр", phone=written_by_hand(3))    # a relative
            for _ in range(2):                                                                # twins
                self.contact(site, LAST_NAME="Гостев4", NAME="Иван", phone=written_by_hand(4))
            # Values that many carry, and a role's.
            for number in range(20, 26):
                self.contact(site, LAST_NAME=f"Турист{number}", NAME="Олег", phone="+74951112233")
            self.contact(site, LAST_NAME="Портье", NAME="Анна", email="info@agency.ru")

        rows = [guest(n) for n in range(1, 5)] + [
            guest(5, Phone="8 495 111-22-33"), guest(6, EMail="info@agency.ru", Phone=""), guest(7)]
        site = self.site(rows, before)
        run = self.match(site)
        self.assertEqual([run["match"][k] for k in ("matched", "ambiguous", "unmatched")],
                         [2, 2, 3], run)
        proposed = site.json("clients", "list", "main", "--state", "PROPOSED")
        self.assertEqual({c["client"]: c["proposedContact"] for c in proposed},
                         {key_of(1): "1", key_of(2): "2"})
        self.assertEqual({c["reason"] for c in proposed}, {"AWAITING_MATCH_REVIEW"})
        self.assertEqual([c["parameters"]["found_by"] for c in proposed],
                         ["MATCHED_BY_PHONE_NAME", "MATCHED_BY_EMAIL_NAME"])
        ambiguous = site.json("clients", "list", "main", "--state", "AMBIGUOUS")
        self.assertEqual([c["client"] for c in ambiguous], [key_of(3), key_of(4)])
        self.assertEqual([c["parameters"]["candidates"] for c in ambiguous], ["3", "4 5"])
        # An export adds the new ones, and nobody that waits; not even when it is told to read all.
        total = site.portal.get("/contacts/count")["count"]
        for flags in ((), ("--full",)):
            run = self.export(site, *flags)
            self.assertEqual(run["counters"]["deferred"], 4, run)
        self.assertEqual(site.portal.get("/contacts/count")["count"], total + 3)
        for client, reason in ((key_of(1), "AWAITING_MATCH_REVIEW"), (key_of(4), "AMBIGUOUS_MATCH")):
            said = site.json("clients", "explain", "main", client)
            self.assertEqual((said["decision"], said["summary"]["reason"]), ("DEFER", reason), said)

        run = self.match(site, "--apply")
        self.assertEqual((run["match"]["applied"], run["match"]["linked"]), (2, 3), run)
        run = self.export(site)
        self.assertEqual(run["counters"]["added"], 0, run)
        contacts = site.contacts()
        self.assertEqual([contacts[key_of(n)][0]["id"] for n in (1, 2)], [1, 2])
        self.assertEqual(site.portal.get("/contacts/count")["count"], total + 3)
        self.assertEqual(site.portal.get("/counters")["duplicate_origins"], 0)

    def test_what_a_match_said_of_each_client_is_listed(self):
        def before(site):
            stored = self.contact(site, LAST_NAME="Гостев1", NAME="Иван")                     # 1: the ID in 1C
            site.onec.post("/clients/edit", {"guid": key_of(1), "set": {"B24ContactID": str(stored)}})
            self.contact(site, LAST_NAME="Гостев2", NAME="Иван", phone=written_by_hand(2))   # 2: phone
            self.contact(site, LAST_NAME="Гостев3", NAME="Пётр", phone=written_by_hand(3))   # 3: a relative

        site = self.site([guest(n) for n in range(1, 6)], before)

        def told(said, *flags):
            return site.json("clients", "list", "main", "--match", said, *flags)

        self.assertEqual(told("all"), [])
        run = self.match(site)
        self.assertEqual([run["match"][k] for k in ("matched", "ambiguous", "unmatched")],
                         [2, 1, 2], run)
        matched = told("matched")
        self.assertEqual([(c["client"], c["state"], c["proposedContact"], c["foundBy"], c["certainty"])
                          for c in matched],
                         [(key_of(1), "QUEUED", "1", "MATCHED_BY_STORED_ID", "CERTAIN"),
                          (key_of(2), "PROPOSED", "2", "MATCHED_BY_PHONE_NAME", "LIKELY")])
        [ambiguous] = told("ambiguous")
        self.assertEqual((ambiguous["client"], ambiguous["candidateContacts"]), (key_of(3), ["3"]))
        self.assertEqual([(c["client"], c["state"]) for c in told("new")],
                         [(key_of(4), "QUEUED"), (key_of(5), "QUEUED")])
        self.assertEqual([c["client"] for c in told("all")], [key_of(n) for n in range(1, 6)])
        text = site.cli("clients", "list", "main", "--match", "matched").stdout
        self.assertTrue(text.startswith("Clients of main (last match: matched): 2\n"), text)
        self.assertIn("(certain)", text)
        self.assertTrue(text.endswith("clients match main --apply --wait\n"), text)

        self.export(site)
        self.assertEqual([(c["client"], c["state"]) for c in told("matched")],
                         [(key_of(1), "EXPORTED"), (key_of(2), "PROPOSED")])
        self.assertEqual(told("matched", "--state", "EXPORTED")[0]["contact"], "1")
        self.assertEqual([c["state"] for c in told("new")], ["EXPORTED", "EXPORTED"])
        self.assertEqual([c["client"] for c in told("all", "--state", "AMBIGUOUS")], [key_of(3)])
        # An erasure is to leave nothing of its guest.
        site.cli("clients", "forget", "main", key_of(5))
        self.assertEqual(told("all"), [])

    def test_ambiguous_pairs_are_a_persons_decision(self):
        def before(site):
            for _ in range(2):  # 1, 2: twins of guest 1
                self.contact(site, LAST_NAME="Гостев1", NAME="Иван", phone=written_by_hand(1))
            # 3: a relative of guest 2
            self.contact(site, LAST_NAME="Гостев2", NAME="Пётр", phone=written_by_hand(2))
            self.contact(site, LAST_NAME="Гостев3", NAME="Иван", phone=written_by_hand(3))  # 4

        site = self.site([guest(n) for n in range(1, 4)], before)
        self.match(site)
        [proposed] = site.json("clients", "list", "main", "--state", "PROPOSED")
        self.assertEqual((proposed["foundBy"], proposed["certainty"], proposed["proposedContact"]),
                         ("MATCHED_BY_PHONE_NAME", "LIKELY", "4"))
        self.assertEqual(proposed["foundByMessage"], "Phone and name are the same.")
        ambiguous = site.json("clients", "list", "main", "--state", "AMBIGUOUS")
        self.assertEqual([(c["client"], c["candidateContacts"]) for c in ambiguous],
                         [(key_of(1), ["1", "2"]), (key_of(2), ["3"])])
        text = site.cli("clients", "list", "main", "--state", "AMBIGUOUS").stdout
        self.assertIn("1, 2 ?", text)

        # What can't be linked.
        for contact, code in (("999", 3), ("0", 4), ("x", 4)):
            site.cli("clients", "link", "main", key_of(1), contact, code=code)
        linked = site.json("clients", "link", "main", key_of(1), "2")
        self.assertEqual((linked["contact"], linked["foundBy"]), ("2", "LINKED_BY_HAND"))
        again = site.json("clients", "link", "main", key_of(1), "2")
        self.assertEqual(again["contact"], "2")
        site.cli("clients", "link", "main", key_of(1), "1", code=4)
        site.cli("clients", "link", "main", key_of(2), "2", code=4)  # another client's
        # None of them: a new one.
        site.cli("clients", "unlink", "main", key_of(3), code=4)     # is linked to nobody
        site.cli("clients", "unlink", "main", key_of(2), "--new")
        site.cli("clients", "match", "main", "--apply", "--wait")
        run = self.export(site)
        self.assertEqual(site.contacts()[key_of(1)][0]["id"], 2)

        # Taken apart again: it waits, nothing is written, nobody is doubled.
        writes = site.portal.get("/counters")["commands"].get("crm.contact.update", 0)
        total = site.portal.get("/contacts/count")["count"]
        unlinked = site.json("clients", "unlink", "main", key_of(1))
        self.assertEqual((unlinked["state"], unlinked["reason"]), ("AMBIGUOUS", "CLIENT_UNLINKED"))
        for flags in ((), ("--full",)):
            run = self.export(site, *flags)
            self.assertEqual(run["counters"]["added"], 0, run)
        self.match(site, "--apply")
        self.assertEqual(site.portal.get("/contacts/count")["count"], total)
        self.assertEqual(site.portal.get("/counters")["commands"].get("crm.contact.update", 0), writes)
        # Linked to the other twin: the first loses the mark, there is one contact of this guest.
        site.cli("clients", "link", "main", key_of(1), "1")
        self.export(site)
        [contact] = site.contacts()[key_of(1)]
        self.assertEqual(contact["id"], 1)
        self.assertEqual(site.clients()[key_of(1)]["B24ContactID"], "1")
        # And to none: a new contact, once.
        site.cli("clients", "unlink", "main", key_of(1))
        site.cli("clients", "unlink", "main", key_of(1), "--new")
        run = self.export(site)
        self.assertEqual(run["counters"]["added"], 1, run)
        [contact] = site.contacts()[key_of(1)]
        self.assertNotIn(contact["id"], (1, 2, 3, 4))
        self.assertEqual(site.portal.get("/counters")["duplicate_origins"], 0)


if __name__ == "__main__":
    unittest.main()
