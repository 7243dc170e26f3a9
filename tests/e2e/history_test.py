"""What was done about one guest, and how a guest is forgotten, with the real programs."""

import shutil
import unittest

from harness import Site, guest


def key_of(number):
    return guest(number)["Ref_Key"]


class History(unittest.TestCase):
    def export(self, site, *flags):
        return site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back", *flags)

    def history(self, site, number=1):
        return site.json("clients", "history", "main", key_of(number))

    def test_a_guests_exports_are_told_newest_first(self):
        site = Site([guest(n) for n in range(1, 4)])
        self.addCleanup(site.close)
        site.start_server()
        site.start_agent()
        site.connect()
        self.assertEqual(self.history(site), [])
        self.export(site)
        [contact] = site.contacts()[key_of(1)]
        site.onec.post("/clients/edit", {"guid": key_of(1), "set": {
            "LastName": "Новый", "EMail": "new@example.org"}})
        self.export(site)
        site.portal.post("/contacts/delete", {"id": contact["id"]})
        self.export(site)

        told = self.history(site)
        self.assertEqual([entry["kind"] for entry in told], ["RECREATED", "UPDATED", "ADDED"])
        self.assertEqual([entry["run"].rsplit("/", 1)[1] for entry in told], ["3", "2", "1"])
        self.assertIn("LAST_NAME", told[1]["fields"])
        self.assertIn("EMAIL", told[1]["fields"])
        self.assertNotIn("PHONE", told[1]["fields"])
        self.assertEqual(told[2]["contact"], str(contact["id"]))
        self.assertEqual({entry["mappingVersion"] for entry in told}, {1})
        self.assertEqual([entry["kind"] for entry in self.history(site, 2)], ["ADDED"])

        # Decisions of people, a restart in between, a code instead of the Ref_Key.
        site.cli("clients", "unlink", "main", key_of(1))
        site.agent.stop()
        site.start_agent()
        self.assertEqual(self.history(site)[0]["kind"], "UNLINKED")
        text = site.cli("clients", "history", "main", "000000001").stdout
        self.assertIn("4, newest first", text.splitlines()[0])
        self.assertIn("unlinked by hand", text)
        for value in ("Новый", "new@example.org", "Гостев1"):
            self.assertNotIn(value, text)
        self.assertIn("связь снята", site.cli("clients", "history", "main", key_of(1), lang="ru").stdout)
        site.cli("clients", "history", "main", "nobody", code=3)

    def test_a_guest_who_is_forgotten_stays_away_and_the_receipt_tells_the_rest(self):
        site = Site([guest(n) for n in range(1, 4)])
        self.addCleanup(site.close)
        site.start_server()
        site.start_agent()
        site.connect()
        site.cli("clients", "forget", "main", key_of(3))  # before the first export
        run = self.export(site)
        self.assertEqual((run["counters"]["added"], run["counters"]["skipped"]), (2, 1), run)
        [first], [second] = site.contacts()[key_of(1)], site.contacts()[key_of(2)]
        site.agent.stop()
        before = site.dir / "ledgers-before"
        shutil.copytree(site.dir / "agent" / "ledgers", before)
        site.start_agent()

        text = site.cli("clients", "forget", "main", "000000001").stdout
        self.assertIn("never exported again", text.splitlines()[0])
        self.assertIn(f"Contact {first['id']} on the portal still holds", text)
        self.assertNotIn(key_of(1), text)
        receipt = site.json("clients", "forget", "main", key_of(2), "--delete-contact")
        self.assertEqual(receipt["deletedContacts"], [str(second["id"])])
        self.assertEqual((receipt["ledgerRecords"], receipt["historyEntries"]), (1, 1))
        self.assertIn("LEFT_IN_RECYCLE_BIN", [left["reason"] for left in receipt["left"]])
        self.assertNotIn("LEFT_UNKNOWN_TO_SERVER", [left["reason"] for left in receipt["left"]])
        self.assertNotIn(key_of(2), str(receipt))
        self.assertNotIn(key_of(2), site.contacts())

        # Edited, read whole, matched, rebuilt, retried, restarted: nobody comes back.
        for number in (1, 2, 3):
            site.onec.post("/clients/edit", {"guid": key_of(number), "set": {"LastName": "Новый"}})
        self.export(site)
        self.export(site, "--full")
        site.cli("clients", "match", "main", "--apply", "--wait")
        site.cli("ledger", "rebuild", "main", "--wait")
        site.cli("clients", "retry", "main")
        site.cli("clients", "link", "main", key_of(1), str(first["id"]), code=3)
        site.agent.stop()
        site.start_agent()
        self.export(site, "--full")
        self.assertEqual(site.contacts().keys() - {""}, {key_of(1)})
        self.assertEqual(site.contacts()[key_of(1)][0]["fields"]["LAST_NAME"], "Гостев1")
        for number in (1, 2, 3):
            explained = site.json("clients", "explain", "main", key_of(number))
            self.assertEqual(explained["ledger"]["state"], "ERASED")
            self.assertEqual(explained["summary"]["reason"], "CLIENT_ERASED")
        self.assertEqual(self.history(site), [])
        self.assertEqual(site.json("clients", "list", "main"), [])

        # The server tells a ledger that is new, and one from before the erasures.
        for kept in (None, before):
            site.agent.stop()
            shutil.rmtree(site.dir / "agent" / "ledgers")
            if kept is not None:
                shutil.copytree(kept, site.dir / "agent" / "ledgers")
            site.start_agent()
            run = self.export(site, "--full")
            self.assertEqual((run["counters"]["added"], run["counters"]["updated"]), (0, 0), run)
            self.assertEqual(site.contacts().keys() - {""}, {key_of(1)})
            self.assertEqual(site.contacts()[key_of(1)][0]["fields"]["LAST_NAME"], "Гостев1")
            for number in (1, 2, 3):
                explained = site.json("clients", "explain", "main", key_of(number))
                self.assertEqual(explained["ledger"]["state"], "ERASED")

        # The contact may go later; once more to no harm.
        for _ in range(2):
            site.cli("clients", "forget", "main", key_of(1), "--delete-contact")
        self.assertEqual(site.contacts().keys() - {""}, set())
        site.agent.stop()
        for path in (site.dir / "agent" / "ledgers").iterdir():
            for number in (1, 2, 3):
                self.assertFalse(key_of(number).encode() in path.read_bytes(), path)


if __name__ == "__main__":
    unittest.main()
