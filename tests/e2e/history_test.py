"""What was done about one guest: told by `clients history` with the real programs."""

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
        self.assertIn("unlinked by a person", text)
        for value in ("Новый", "new@example.org", "Гостев1"):
            self.assertNotIn(value, text)
        self.assertIn("связь снята", site.cli("clients", "history", "main", key_of(1), lang="ru").stdout)
        site.cli("clients", "history", "main", "nobody", code=3)


if __name__ == "__main__":
    unittest.main()
