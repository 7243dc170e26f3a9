"""The manual's steps, in its order, through the CLI; then both sides value by value."""

import unittest

from harness import Site, guest


def counters(run):
    return run["counters"]


def adds_up(run):
    c = counters(run)
    return c["scanned"] == sum(c[k] for k in (
        "unchanged", "added", "updated", "recreated", "skipped", "failed", "deferred"))


class Manual(unittest.TestCase):
    def test_one_guest_reaches_the_portal_and_gets_its_id(self):
        with Site([guest(1)]) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            run = site.json("export", "run", "main", "--wait", "--wait-write-back")
            self.assertEqual(run["state"], "SUCCEEDED")
            self.assertEqual(run["kind"], "EXPORT")
            self.assertEqual(counters(run)["added"], 1)
            self.assertTrue(adds_up(run), run)
            key = guest(1)["Ref_Key"]
            [contact] = site.contacts()[key]
            self.assertEqual(contact["fields"]["LAST_NAME"], "Гостев1")
            self.assertEqual(contact["fields"]["NAME"], "Иван")
            self.assertTrue(contact["fields"]["ORIGINATOR_ID"].startswith("guestbridge:"))
            self.assertEqual(site.clients()[key]["B24ContactID"], str(contact["id"]))


if __name__ == "__main__":
    unittest.main()
