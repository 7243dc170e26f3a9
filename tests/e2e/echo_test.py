"""Our own write-backs are no changes, whichever way changes are found; a guest's edit is one."""

import unittest

from fault_test import Faults
from harness import Site, guest

EXTENDS = "extends: 1c-hotel\n"
# How changes are found: a profile, switches of 1C, and how a guest comes in.
HISTORY, CREATED, WITHOUT_ID, VERSIONS, PLAN = (
    "change history", "date of creation", "clients without an ID", "versions", "exchange plan")
PROFILES = {
    VERSIONS: EXTENDS + "history: null\n",
    PLAN: EXTENDS + "exchange_plan: {set: ExchangePlan_GuestBridge, node: GB}\n",
}
# A write-back that writes no history is no echo there; the other ways may still meet it.
SILENT = {"contact_id_adds_history": False, "history_on_create": False}
SWITCHES = {
    HISTORY: {"contact_id_adds_history": True},
    CREATED: SILENT,
    WITHOUT_ID: SILENT,
    VERSIONS: SILENT,
    PLAN: {"composition": {"ExchangePlan_GuestBridge": True}},
}


class EchoSite(Faults):
    GUESTS = 70

    def site_with(self, strategy):
        site = Site([guest(n) for n in range(1, self.GUESTS + 1)])
        self.addCleanup(site.close)
        site.onec.post("/config", SWITCHES[strategy])
        site.start_server()
        site.start_agent()
        extra = []
        if strategy in PROFILES:
            (site.dir / "profile.yaml").write_text(PROFILES[strategy])
            extra = ["--source-profile", "profile.yaml"]
        site.connect(extra=extra)
        return site

    def arrive(self, site, strategy, number):
        row = guest(number)
        key = row.pop("Ref_Key")
        del row["DataVersion"]
        if strategy == CREATED:
            del row["CreateDate"]
        if strategy == WITHOUT_ID:
            site.onec.post("/clients/import", {"clients": [dict(row, Ref_Key=key)]})
        else:
            site.onec.post("/clients/add", dict(row, Ref_Key=key))
        return key

    def calls(self, site, part=""):
        return [call for call in site.onec.get("/journal?since=0") if part in call["target"]]

    def wide(self, site):
        """Requests for whole rows of clients, of which a write-back's own look is none."""
        return [call["target"] for call in self.calls(site, "/Catalog_Clients?")
                if "LastName" in call["target"]]

    def updates(self, site):
        commands = site.portal.get("/counters")["commands"]
        return sum(count for name, count in commands.items() if "update" in name)

    def changed(self, run):
        return {name: run["counters"][name] for name in ("added", "updated", "recreated", "failed")
                if run["counters"][name]}


class Echo(EchoSite):
    def story(self, strategy):
        site = self.site_with(strategy)
        self.assertEqual(self.changed(self.finish(site)), {"added": self.GUESTS})

        # Who came and was written back …
        came = self.arrive(site, strategy, 900)
        self.assertEqual(self.changed(self.finish(site)), {"added": 1})
        if strategy == PLAN:
            self.assertTrue(self.calls(site, "MessageNo=1"))
        # … is not exported again, and neither are the others.
        site.onec.delete("/journal")
        updates = self.updates(site)
        run = self.finish(site)
        self.assertEqual(self.changed(run), {}, run)
        self.assertEqual(self.wide(site), [])
        self.assertEqual(self.updates(site), updates)

        edit = {"guid": came, "set": {"FirstName": "Пётр"}}
        site.onec.post("/clients/edit", edit)
        # An edit of who was written back long ago.
        old = guest(1)["Ref_Key"]
        site.onec.post("/clients/edit", {"guid": old, "set": {"FirstName": "Семён"}})
        self.assertEqual(self.changed(self.finish(site)), {"updated": 2})
        contacts = site.contacts()
        self.assertEqual(contacts[came][0]["fields"]["NAME"], "Пётр")
        self.assertEqual(contacts[old][0]["fields"]["NAME"], "Семён")
        site.onec.delete("/journal")
        self.assertEqual(self.changed(self.finish(site)), {})
        self.one_contact_each(site)
        return site

    def test_change_history(self):
        self.story(HISTORY)

    def test_date_of_creation(self):
        self.story(CREATED)

    def test_clients_without_an_id(self):
        self.story(WITHOUT_ID)

    def test_versions(self):
        self.story(VERSIONS)

    def test_exchange_plan(self):
        site = self.story(PLAN)
        # What the edit's run selected was acknowledged by the run after it, once.
        acknowledged = self.calls(site, "NotifyChangesReceived")
        self.assertEqual(len(acknowledged), 1)
        self.finish(site)
        self.assertEqual(site.onec.get("/changes"), [])

    def test_an_exchange_plan_is_acknowledged_only_after_the_export(self):
        site = self.site_with(PLAN)
        self.finish(site)
        self.finish(site)
        self.finish(site)
        self.assertEqual(site.onec.get("/changes"), [])
        key = guest(7)["Ref_Key"]
        site.onec.post("/clients/edit", {"guid": key, "set": {"FirstName": "Пётр"}})
        # The run ends before it has dealt with what it selected.
        site.onec.post("/faults", {"kind": "error", "url": "FirstName", "status": 400,
                                   "code": "14"})
        site.onec.delete("/journal")
        run = site.json("export", "run", "main", "--wait", code=None)
        self.assertEqual(run["state"], "FAILED", run)
        self.assertTrue(self.calls(site, "SelectChanges"))
        self.assertFalse(self.calls(site, "NotifyChangesReceived"))
        self.assertEqual(len(site.onec.get("/changes")), 1)
        site.onec.delete("/faults")
        self.assertEqual(self.changed(self.finish(site)), {"updated": 1})
        self.assertFalse(self.calls(site, "NotifyChangesReceived"))
        self.finish(site)
        self.assertTrue(self.calls(site, "NotifyChangesReceived"))
        self.assertEqual(site.onec.get("/changes"), [])


class Content(EchoSite):
    def test_what_a_handler_changes_with_our_write_is_exported(self):
        site = self.site_with(HISTORY)
        self.finish(site)
        site.onec.post("/config", {"handler_sets": {"SecondName": "Обработчикович"}})
        came = self.arrive(site, HISTORY, 900)
        self.assertEqual(self.changed(self.finish(site)), {"added": 1})
        self.assertEqual(site.clients()[came]["SecondName"], "Обработчикович")
        self.assertEqual(self.changed(self.finish(site)), {"updated": 1})
        [contact] = site.contacts()[came]
        self.assertEqual(contact["fields"]["SECOND_NAME"], "Обработчикович")

    def test_another_region_and_a_renamed_country_reach_everybody(self):
        country = "c0de0000-0000-4000-8000-000000000112"
        site = Site([guest(n, Citizenship_Key=country, Phone=f"916123{n:04d}")
                     for n in range(1, 6)])
        self.addCleanup(site.close)
        site.start_server()
        site.start_agent()
        site.connect()
        site.cli("fields", "unmap", "main", "COMMENTS", code=None)
        site.cli("fields", "map", "main", "Citizenship_Key", "COMMENTS")
        site.cli("fields", "save", "main")
        self.assertEqual(self.changed(self.finish(site)), {"added": 5})
        self.assertEqual(self.changed(self.finish(site)), {})
        site.set_connection(extra=["--default-region", "US"])
        self.assertEqual(self.changed(self.finish(site)), {"updated": 5})
        site.onec.post("/items/rename", {"set": "Catalog_Countries", "guid": country,
                                         "description": "РЕСПУБЛИКА БЕЛАРУСЬ"})
        # Texts of look-ups are read once an hour; a new process reads them now.
        site.agent.stop()
        site.start_agent()
        self.assertEqual(self.changed(self.finish(site)), {"updated": 5})
        self.assertEqual(self.changed(self.finish(site)), {})
        for [contact] in site.contacts().values():
            self.assertEqual(contact["fields"]["COMMENTS"], "РЕСПУБЛИКА БЕЛАРУСЬ")


if __name__ == "__main__":
    unittest.main()
