"""Before a run: what it would do, how long that would take; and a run that does just that, or nothing."""

import unittest

from harness import Site, guest


class Plan(unittest.TestCase):
    def setUp(self):
        rows = [guest(n) for n in range(1, 41)]
        rows[4]["DeletionMark"] = True
        self.site = Site(rows)
        self.addCleanup(self.site.close)
        self.site.start_server()
        self.site.start_agent()
        self.site.connect()

    def plan(self):
        run = self.site.json("export", "run", "main", "--dry-run", "--wait")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        return run

    def client(self, n):
        return guest(n)["Ref_Key"]

    def edit(self, n, **values):
        self.site.onec.post("/clients/edit", {"guid": self.client(n), "set": values})

    def test_a_plan_is_told_kept_and_carried_out_exactly(self):
        plan = self.plan()
        forecast = plan["forecast"]
        self.assertEqual(forecast["counters"], plan["counters"])
        self.assertEqual(plan["counters"]["added"], 39)
        [reason] = forecast["reasons"]
        self.assertEqual((reason["outcome"], reason["clients"]), ("SKIPPED", 1))
        self.assertEqual(reason["explanation"]["reason"], "MARKED_FOR_DELETION")
        self.assertTrue(reason["explanation"]["message"])
        self.assertGreaterEqual(forecast["httpRequests"], 1)
        self.assertIn(self.client(5), [s["client"] for s in forecast["samples"]])
        self.assertEqual(self.site.portal.get("/contacts/count")["count"], 0)
        # Some of them with what they would get, which is kept nowhere.
        samples = self.site.json("run", "samples", plan["name"])["samples"]
        self.assertEqual({s["outcome"] for s in samples}, {"ADDED"})
        self.assertIn({"target": "LAST_NAME", "before": "", "after": guest(1)["LastName"]}, samples[0]["fields"])
        self.assertNotIn(guest(1)["LastName"], str(plan))
        # The same plan as long as nothing moves.
        self.assertEqual(self.plan()["plan"], plan["plan"])

        run = self.site.json("export", "run", "main", "--plan", plan["plan"], "--wait")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertEqual(run["counters"]["added"], 39)
        self.assertEqual(run["plan"], plan["plan"])
        # What was forecast stays beside what came of it.
        self.assertEqual(run["forecast"]["counters"]["added"], 39)
        self.assertTrue(run["forecast"]["dryRun"].endswith("/runs/2"), run["forecast"])
        self.assertNotIn(self.client(5), str(run["forecast"]))

    def test_a_plan_that_the_data_have_moved_past_is_refused_and_nothing_is_written(self):
        self.site.json("export", "run", "main", "--wait", "--wait-write-back")
        self.edit(7, City="Тула")
        plan = self.plan()
        self.assertEqual(plan["counters"]["updated"], 1)
        self.assertEqual([f["target"] for f in plan["forecast"]["fields"]], ["ADDRESS_CITY"])
        [contact] = self.site.contacts()[self.client(7)]
        [sample] = self.site.json("run", "samples", plan["name"])["samples"]
        change = {"target": "ADDRESS_CITY", "before": guest(7)["City"], "after": "Тула"}
        self.assertEqual((sample["fields"], int(sample["contact"])), ([change], contact["id"]))
        self.edit(8, City="Орёл")
        writes = self.site.portal.get("/counters")["commands"]
        run = self.site.json("export", "run", "main", "--plan", plan["plan"], "--wait", code=1)
        self.assertEqual(run["state"], "FAILED", run)
        self.assertEqual(run["error"]["reason"], "PLAN_CHANGED")
        self.assertEqual(run["error"]["parameters"]["updated"], "2")
        after = self.site.portal.get("/counters")["commands"]
        for method in ("crm.contact.update", "crm.contact.add", "crm.item.batchimport"):
            self.assertEqual(after.get(method), writes.get(method), method)
        again = self.plan()
        run = self.site.json("export", "run", "main", "--plan", again["plan"], "--wait")
        self.assertEqual(run["counters"]["updated"], 2, run)

    def test_a_plan_that_nobody_made_is_refused(self):
        refused = self.site.cli("export", "run", "main", "--plan", "0123456789abcdef", code=4)
        self.assertIn("--dry-run", refused.stderr)

    def writes(self):
        counted = self.site.portal.get("/counters")["commands"]
        return [counted.get(m, 0) for m in ("crm.contact.update", "crm.contact.add", "crm.item.batchimport")]

    def comments(self, n):
        [contact] = self.site.contacts()[self.client(n)]
        return contact["fields"].get("COMMENTS")

    def test_a_draft_is_tried_before_it_is_saved(self):
        site = self.site
        site.json("export", "run", "main", "--wait")
        site.cli("fields", "unmap", "main", "COMMENTS")
        site.cli("fields", "map", "main", "Code", "COMMENTS")
        before = self.writes()
        run = site.json("fields", "save", "main", "--dry-run")
        self.assertEqual((run["state"], run["dryRun"], run["draftMapping"]), ("SUCCEEDED", True, True))
        self.assertEqual((run["mappingVersion"], run["counters"]["updated"]), (2, 39))
        self.assertEqual([f["target"] for f in run["forecast"]["fields"]], ["COMMENTS"])
        self.assertEqual(self.writes(), before)
        self.assertEqual(len(site.json("fields", "versions", "main")), 1)
        # A run goes on with what is saved.
        self.assertEqual(site.json("export", "run", "main", "--wait")["counters"]["updated"], 0)
        shown = site.cli("fields", "save", "main", "--dry-run")
        self.assertIn("Nothing is saved", shown.stderr)
        self.assertRegex(shown.stdout, r"COMMENTS: .* → " + guest(1)["Code"].strip())
        self.assertTrue(shown.stdout.rstrip().endswith("guestbridge fields save main"), shown.stdout)
        # Saved, its plan can be carried out.
        saved = site.cli("fields", "save", "main").stdout
        self.assertIn("the first export with this version", " ".join(saved.split()))
        run = site.json("export", "run", "main", "--plan", run["plan"], "--wait")
        self.assertEqual(run["counters"]["updated"], 39, run)

    def test_a_version_says_what_becomes_of_those_who_are_exported(self):
        site = self.site
        site.json("export", "run", "main", "--wait", "--wait-write-back")
        site.json("export", "run", "main", "--wait")  # The cards hold their IDs, and that is known.
        site.cli("fields", "unmap", "main", "COMMENTS")
        site.cli("fields", "map", "main", "Code", "COMMENTS")
        site.cli("fields", "save", "main", "--resend", "none")
        run = site.json("export", "run", "main", "--wait")
        # Changes of the last two minutes are read twice: the first guest's, perhaps.
        twice = run["counters"]["updated"]
        self.assertLessEqual(twice, 1)
        self.assertEqual(run["mappingVersion"], 2)
        self.edit(7, City="Тула")
        self.assertEqual(site.json("export", "run", "main", "--wait")["counters"]["updated"], 1)
        self.assertTrue(self.comments(7))
        self.assertFalse(self.comments(8))
        # To all: the rest of them, and what a manager changed.
        [contact] = site.contacts()[self.client(7)]
        site.portal.post("/contacts/edit", {"id": contact["id"], "fields": {"COMMENTS": "By hand"}})
        site.cli("fields", "save", "main", "--resend", "all")
        run = site.json("export", "run", "main", "--wait")
        self.assertEqual((run["counters"]["updated"], run["mappingVersion"]), (39 - twice, 3), run)
        self.assertNotEqual(self.comments(7), "By hand")
        self.assertTrue(self.comments(8))
        self.assertEqual(site.json("export", "run", "main", "--wait")["counters"]["updated"], 0)

    def test_a_guard_stops_what_would_change_too_many_until_a_person_agrees(self):
        site = self.site
        site.json("export", "run", "main", "--wait")
        site.cli("integration", "update", "main", "--guard-contacts", "10", "--guard-percent", "5")
        site.cli("fields", "unmap", "main", "COMMENTS")
        site.cli("fields", "map", "main", "Code", "COMMENTS")
        site.cli("fields", "save", "main")
        before = self.writes()
        run = site.json("export", "run", "main", "--wait", code=1)
        self.assertEqual(run["error"]["reason"], "GUARD_REFUSED")
        self.assertEqual(run["error"]["parameters"]["updated"], "39")
        self.assertEqual(self.writes(), before)
        plan = self.plan()
        self.assertIn("GUARD_WOULD_STOP", [notice["reason"] for notice in plan["notices"]])
        run = site.json("export", "run", "main", "--plan", plan["plan"], "--wait")
        self.assertEqual(run["counters"]["updated"], 39)
        # Midway: changes are not counted beforehand.
        for n in range(6, 40):
            self.edit(n, City="Тверь")
        run = site.json("export", "run", "main", "--wait", code=1)
        self.assertEqual(run["error"]["reason"], "GUARD_STOPPED")
        before = self.writes()
        self.assertEqual(site.json("export", "run", "main", "--wait", code=1)["error"]["reason"], "GUARD_STOPPED")
        self.assertEqual(self.writes(), before)
        run = site.json("export", "run", "main", "--beyond-guard", "--wait")
        self.assertEqual(run["state"], "SUCCEEDED")
        self.edit(9, City="Рязань")
        self.assertEqual(site.json("export", "run", "main", "--wait")["counters"]["updated"], 1)
        # And without a guard.
        for n in range(6, 40):
            self.edit(n, City="Псков")
        shown = site.cli("integration", "update", "main", "--guard", "off").stdout
        self.assertIn("off", shown)
        self.assertEqual(site.json("export", "run", "main", "--wait")["counters"]["updated"], 34)

    def test_people_see_who_would_go_who_would_not_and_how_long_it_takes(self):
        shown = self.site.cli("export", "run", "main", "--dry-run", "--wait").stdout
        for wanted in ("at least", "MARKED_FOR_DELETION", self.client(5), "--plan"):
            self.assertIn(wanted, shown)
        russian = self.site.cli("run", "get", "1", lang="ru").stdout
        for wanted in ("Прогноз", "Не будут отправлены", "Дальше: guestbridge export run main --plan"):
            self.assertIn(wanted, russian)
        self.assertLessEqual(max(map(len, shown.splitlines())), 80)
        self.assertLessEqual(max(map(len, russian.splitlines())), 80)
        # Once the portal was heard, its pace is known.
        self.site.json("export", "run", "main", "--wait")
        self.edit(9, City="Тверь")
        self.plan()
        self.site.json("export", "run", "main", "--wait")
        self.edit(9, City="Рязань")
        self.assertTrue(self.plan()["forecast"]["measured"])


if __name__ == "__main__":
    unittest.main()
