"""A portal that was renamed: followed, said, remembered, and still the same portal."""

import unittest

from harness import Site, guest


class Moved(unittest.TestCase):
    def export(self, *flags):
        run = self.site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back",
                             *flags)
        self.assertEqual(run["state"], "SUCCEEDED", run)
        return run

    def host(self):
        return self.site.json("connection", "get", "main")["apiServer"]

    def edit(self, number, name):
        self.site.onec.post("/clients/edit", {"guid": guest(number)["Ref_Key"],
                                              "set": {"LastName": name}})

    def test_a_renamed_portal_is_followed_and_stays_the_portal_that_is_known(self):
        self.story(dry=False)

    def test_a_dry_run_that_meets_the_new_name_is_no_worse(self):
        self.story(dry=True)

    def story(self, dry):
        with Site([guest(n) for n in range(1, 31)]) as site:
            self.site = site
            site.start_server()
            site.start_agent()
            site.connect()
            self.export()
            site.portal.post("/config", {"moved_from": "localhost", "moved_to": "127.0.0.1"})
            self.edit(1, "Первый")
            # A look is enough: it is the look that meets the new name.
            run = self.export("--dry-run") if dry else self.export()
            self.assertEqual(run["counters"]["updated"], 1, run)
            self.assertIn("PORTAL_MOVED", [notice["reason"] for notice in run["notices"]])
            self.assertEqual(self.host(), "127.0.0.1")

            # Known by its new name: nothing is looked for again, nothing is made again.
            self.edit(2, "Вторая")
            run = self.export()
            self.assertEqual(run["counters"]["updated"], 2 if dry else 1, run)
            self.assertNotIn("portal_changed", site.agent.stderr())
            self.assertEqual(len(site.portal.get("/contacts")), 30)
            names = {key: contact["fields"]["LAST_NAME"]
                     for key, [contact] in site.contacts().items()}
            self.assertEqual(names[guest(1)["Ref_Key"]], "Первый")
            self.assertEqual(names[guest(2)["Ref_Key"]], "Вторая")


if __name__ == "__main__":
    unittest.main()
