"""What a field mapping does beside joining two fields: transforms, policies, a filter, versions compared."""

import json
import ssl
import unittest
import urllib.request

from harness import Site, guest


class Mapping(unittest.TestCase):
    """One site; the tests are steps and run in order."""

    @classmethod
    def setUpClass(cls):
        cls.rows = {
            "kept": guest(1, LastName="ИВАНОВ-ПЕТРОВ", City="Тверь", Region="Тверская обл.", Position="Director"),
            "woman": guest(2, LastName="О'КОННОР", Sex="Female", Position="Manager"),
            "left-out": guest(3, LastName="ФОН НЕЙМАН", EMail=""),
        }
        cls.site = Site(list(cls.rows.values()))
        cls.site.start_server()
        cls.site.start_agent()
        cls.site.cli("integration", "create", "main", "--type", "bitrix24")
        cls.site.set_connection()
        cls.site.cli("fields", "load", "main")
        cls.site.cli("events", "load", "main")
        cls.site.cli("events", "save", "main")

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def key(self, name):
        return self.rows[name]["Ref_Key"]

    def contact(self, name):
        [contact] = self.site.contacts()[self.key(name)]
        return contact

    def edit(self, name, **attributes):
        self.site.onec.post("/clients/edit", {"guid": self.key(name), "set": attributes})

    def export(self, *flags):
        run = self.site.json("export", "run", "main", "--wait", *flags)
        self.assertEqual(run["state"], "SUCCEEDED", run)
        return run["counters"]

    def test_1_a_wrong_argument_or_filter_is_refused_with_how_it_is_written(self):
        site = self.site
        for transform in ("enum:a", "template:{Nick}", "country:de", "split:"):
            site.cli("fields", "map", "main", "City", "POST", "--transform", transform, code=4)
        told = site.cli("fields", "map", "main", "City", "POST", "--transform", "enum:a", code=4).stderr
        self.assertIn("enum:From=To", told)
        site.cli("fields", "filter", "main", "EMail is full", code=4)
        site.cli("fields", "filter", "main", "Nick is empty", code=4)

    def test_2_transforms_policies_and_the_filter_reach_the_portal(self):
        site = self.site
        site.cli("fields", "map", "main", "LastName", "LAST_NAME", "--transform", "name")
        site.cli("fields", "map", "main", "City", "SOURCE_DESCRIPTION",
                 "--transform", "all-of:Region,City", "--transform", "join:, ")
        site.cli("fields", "map", "main", "Position", "POST", "--policy", "fill-empty")
        site.cli("fields", "map", "main", "Remarks", "COMMENTS", "--when-empty", "keep")
        site.cli("fields", "map", "main", "SecondName", "SECOND_NAME", "--policy", "create-only")
        site.cli("fields", "filter", "main", "EMail is not empty")
        saved = site.json("fields", "save", "main")
        self.assertEqual(saved["filter"], "EMail is not empty")
        self.assertEqual(site.json("fields", "save", "main")["version"], saved["version"])
        self.assertIn("EMail is not empty", site.cli("fields", "list", "main").stdout)
        # A list is an array in JSON; the draft whole has its filter, also before it is saved.
        self.assertIsInstance(site.json("fields", "list", "main"), list)
        self.assertIn("EMail is not empty", site.json("fields", "filter", "main")["filter"])
        counters = self.export()
        self.assertEqual((counters["added"], counters["skipped"]), (2, 1))
        kept = self.contact("kept")["fields"]
        self.assertEqual(kept["LAST_NAME"], "Иванов-Петров")
        self.assertEqual(kept["SOURCE_DESCRIPTION"], "Тверская обл., Тверь")
        self.assertEqual(self.contact("woman")["fields"]["LAST_NAME"], "О'Коннор")
        # Suggested, value by value.
        self.assertEqual(kept["HONORIFIC"], "HNR_RU_1")
        self.assertEqual(self.contact("woman")["fields"]["HONORIFIC"], "HNR_RU_2")
        told = site.json("clients", "explain", "main", self.key("left-out"))
        self.assertEqual(told["summary"]["reason"], "FILTERED_OUT")

    def test_3_the_same_again_writes_nothing(self):
        counters = self.export("--full")
        self.assertEqual((counters["unchanged"], counters["skipped"]), (2, 1))

    def test_4_policies_hold_when_the_guest_changes(self):
        self.edit("kept", LastName="СИДОРОВ", SecondName="Ильич", Position="Owner", EMail="new@example.org")
        self.assertEqual(self.export()["updated"], 1)
        fields = self.contact("kept")["fields"]
        self.assertEqual(fields["LAST_NAME"], "Сидоров")
        self.assertEqual(fields["SECOND_NAME"], "Петрович")
        self.assertEqual(fields["POST"], "Director")
        self.assertEqual(self.export("--full")["unchanged"], 2)

    def test_5_a_guest_who_no_longer_passes_stays_and_one_who_does_now_comes(self):
        self.edit("kept", LastName="Другой", EMail="")
        self.edit("left-out", EMail="now@example.org")
        counters = self.export()
        self.assertEqual((counters["added"], counters["skipped"]), (1, 1))
        self.assertEqual(self.contact("kept")["fields"]["LAST_NAME"], "Сидоров")
        self.assertEqual(self.contact("left-out")["fields"]["LAST_NAME"], "фон Нейман")

    def test_6_versions_are_compared_and_restored_with_their_filter(self):
        site = self.site
        before = site.json("fields", "versions", "main")[0]["version"]
        site.cli("fields", "filter", "main", "--clear")
        site.cli("fields", "map", "main", "Position", "POST", "--policy", "overwrite")
        [change] = site.json("fields", "diff", "main", str(before))["changes"]
        self.assertEqual((change["kind"], change["after"]["policy"]), ("CHANGED", "OVERWRITE"))
        after = site.json("fields", "save", "main")["version"]
        diff = site.json("fields", "diff", "main", str(before), str(after))
        self.assertEqual((diff["filterBefore"], diff["filterAfter"]), ("EMail is not empty", ""))
        site.cli("fields", "diff", "main", "99", code=3)
        restored = site.json("fields", "restore", "main", str(before))
        self.assertEqual(restored["filter"], "EMail is not empty")

    def rest(self, method, **parameters):
        """Calls the portal as its administrator would."""
        request = urllib.request.Request(
            f"https://localhost:{self.site.portal_port}/rest/1/w3bh00kc0de12345/{method}",
            data=json.dumps(parameters).encode(), headers={"Content-Type": "application/json"})
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return json.load(answer)["result"]

    def test_7_a_field_that_the_portal_lost_stops_the_run_before_it_writes(self):
        site = self.site
        field = self.rest("crm.contact.userfield.add",
                          fields={"FIELD_NAME": "CLUB", "USER_TYPE_ID": "string", "LABEL": "Club"})
        site.cli("fields", "load", "main")
        site.cli("fields", "map", "main", "Region", "UF_CRM_CLUB")
        site.cli("fields", "save", "main")
        self.edit("left-out", Region="gold")
        self.assertEqual(self.export("--full")["failed"], 0)
        self.assertEqual(self.contact("left-out")["fields"]["UF_CRM_CLUB"], "gold")

        self.rest("crm.contact.userfield.delete", id=field)
        field = self.rest("crm.contact.userfield.add",
                          fields={"FIELD_NAME": "CLUB", "USER_TYPE_ID": "integer", "LABEL": "Club"})
        self.edit("left-out", Region="silver")
        for _ in range(2):
            run = site.json("export", "run", "main", "--wait", code=1)
            self.assertEqual(run["error"]["reason"], "MAPPED_FIELD_UNFIT")
            self.assertEqual(run["counters"]["scanned"], 0)
            # Another version mends nothing while it was saved for the field of before.
            site.cli("fields", "map", "main", "Region", "UF_CRM_CLUB", "--transform", "trim")
            site.cli("fields", "save", "main")

        self.rest("crm.contact.userfield.delete", id=field)
        run = site.json("export", "run", "main", "--wait", code=1)
        self.assertEqual(run["error"]["reason"], "MAPPED_FIELD_GONE")
        self.assertIn("UF_CRM_CLUB", run["error"]["message"])
        self.assertEqual(run["counters"]["scanned"], 0)
        # As the error says.
        site.cli("fields", "load", "main")
        site.cli("fields", "unmap", "main", "UF_CRM_CLUB")
        site.cli("fields", "save", "main")
        self.export()


class Consent(unittest.TestCase):
    def test_a_condition_on_a_look_up_asks_its_text(self):
        agreed = "c0de0000-0000-4000-8000-000000000112"
        with Site([guest(1, Citizenship_Key=agreed), guest(2)]) as site:
            site.onec.post("/items/rename", {"set": "Catalog_Countries", "guid": agreed, "description": "Согласие дано"})
            site.start_server()
            site.start_agent()
            site.connect()
            site.cli("fields", "filter", "main", "Citizenship_Key = 'согласие дано'")
            shown = site.cli("fields", "save", "main", "--dry-run").stdout
            self.assertIn("lets 1 of 2 guests through", shown)
            site.cli("fields", "save", "main")
            counters = site.json("export", "run", "main", "--wait")["counters"]
            self.assertEqual((counters["added"], counters["skipped"]), (1, 1))
            self.assertEqual(list(site.contacts()), [guest(1)["Ref_Key"]])


if __name__ == "__main__":
    unittest.main()
