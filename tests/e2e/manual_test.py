"""The manual's steps (M4 to M21), in its order, through the CLI; then both sides value by value."""

import re
import unittest

from harness import Site, guest, sample_guests


def counters(run):
    return run["counters"]


def adds_up(run):
    c = counters(run)
    return c["scanned"] == sum(c[k] for k in (
        "unchanged", "added", "updated", "recreated", "skipped", "failed", "deferred"))


def phones(contact, kind="PHONE"):
    return [m["value"] for m in contact["multifields"] if m["type_id"] == kind]


class OneGuest(unittest.TestCase):
    def test_reaches_the_portal_and_gets_its_id(self):
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


class Manual(unittest.TestCase):
    """One site for the whole manual; the tests are its chapters and run in order."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site(sample_guests(300))
        cls.site.start_server()
        cls.site.start_agent()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_01_m4_an_integration_is_created_and_active(self):
        self.site.cli("integration", "create", "main", "--type", "bitrix24",
                      "--display-name", "Hotel")
        [integration] = self.site.json("integration", "list")
        self.assertEqual(integration["name"], "integrations/main")
        self.assertTrue(integration["active"])
        schedule = self.site.json("schedule", "get", "main")
        self.assertTrue(schedule["paused"])
        self.assertEqual(schedule["jobName"], "SyncBitrix24")

    def test_02_m5_to_m8_the_connection_is_saved_with_its_token_state(self):
        connection = self.site.json(*self.site.connection_flags())
        self.assertEqual(connection["apiServer"], "localhost")
        self.assertTrue(connection["ssl"])
        self.assertTrue(connection["tokenState"]["valid"])
        self.assertIn("crm", connection["tokenState"]["scopes"])
        text = self.site.cli("connection", "get", "main", "--output", "json").stdout
        self.assertNotIn("w3bh00kc0de12345", text)
        self.assertNotIn("1c-pass-word", text)
        self.assertFalse(self.site.json("schedule", "get", "main")["paused"])

    def test_03_m1_m2_the_connection_is_tested(self):
        result = self.site.json("connection", "test", "main")
        states = {check["name"]: check["state"] for check in result["checks"]}
        self.assertNotIn("FAILED", states.values(), result)
        for name in ("portal", "tls", "token", "scopes", "rights", "source", "entities",
                     "identity", "hotel", "version"):
            self.assertIn(name, states)

    def test_04_m9_m10_fields_are_matched_and_frozen(self):
        draft = self.site.json("fields", "load", "main")
        pairs = {(e["source"], e["target"]) for e in draft["entries"]}
        self.assertLessEqual({
            ("LastName", "LAST_NAME"), ("FirstName", "NAME"), ("SecondName", "SECOND_NAME"),
            ("DateOfBirth", "BIRTHDATE"), ("Phone", "PHONE"), ("EMail", "EMAIL"),
            ("Address", "ADDRESS"), ("Remarks", "COMMENTS")}, pairs)
        first = self.site.json("fields", "save", "main")
        self.assertEqual(first["version"], 1)
        self.assertEqual(self.site.json("fields", "save", "main")["version"], 1)
        self.assertEqual(len(self.site.json("fields", "versions", "main")), 1)

    def test_05_m11_m12_events_are_loaded_and_saved(self):
        self.site.cli("events", "load", "main")
        self.site.cli("events", "save", "main")
        events = {e["id"]: e["enabled"] for e in self.site.json("events", "list", "main")}
        self.assertTrue(events.pop("schedule"))
        self.assertFalse(events.pop("contact-changed"))
        self.assertTrue(all(events.values()), events)

    def test_06_m13_clients_are_matched(self):
        run = self.site.json("clients", "match", "main", "--wait")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertTrue(adds_up(run), run)

    def test_07_m14_to_m17_the_first_export_brings_everybody(self):
        run = self.site.json("export", "run", "main", "--wait", "--wait-write-back")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertTrue(adds_up(run), run)
        self.assertEqual(run["writeBack"]["pending"], 0)
        contacts = self.site.contacts()
        clients = self.site.clients()
        exported = 0
        for key, row in clients.items():
            meant = not row["DeletionMark"] and not row["IsFolder"] and any(
                row[a] for a in ("LastName", "FirstName", "SecondName", "Phone", "EMail"))
            if not meant:
                self.assertNotIn(key, contacts)
                continue
            exported += 1
            [contact] = contacts[key]
            self.assertEqual(row["B24ContactID"], str(contact["id"]), key)
            fields = contact["fields"]
            clean = lambda text: re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text).strip()
            self.assertEqual(fields.get("LAST_NAME") or "", clean(row["LastName"])[:50].strip())
            self.assertEqual(fields.get("NAME") or "", clean(row["FirstName"])[:50])
            self.assertEqual(fields.get("COMMENTS") or "", clean(row["Remarks"]))
            born = row["DateOfBirth"][:10]
            self.assertEqual(fields.get("BIRTHDATE") or "", "" if born == "0001-01-01" else born)
        self.assertEqual(counters(run)["added"], exported)
        self.assertEqual(self.site.portal.get("/counters")["duplicate_origins"], 0)

    def test_08_m18_a_second_run_changes_nothing(self):
        writes = self.site.portal.get("/counters")["commands"]
        run = self.site.json("export", "run", "main", "--wait")
        self.assertEqual(counters(run)["added"] + counters(run)["updated"], 0, run)
        now = self.site.portal.get("/counters")["commands"]
        for method in ("crm.contact.add", "crm.contact.update"):
            self.assertEqual(now.get(method, 0), writes.get(method, 0))

    def test_09_m18_m20_changes_new_guests_and_deleted_contacts(self):
        site = self.site
        by_key = [k for k, row in site.clients().items()
                  if not row["DeletionMark"] and not row["IsFolder"] and row["LastName"]]
        edited, deleted = by_key[3], by_key[5]
        site.onec.post("/clients/edit", {"guid": edited, "set": {"LastName": "Новая-Фамилия"}})
        site.onec.post("/clients/add", {"LastName": "Приезжий", "FirstName": "Олег",
                                        "Phone": "8 (916) 555-01-23"})
        [gone] = site.contacts()[deleted]
        site.portal.post("/contacts/delete", {"id": gone["id"]})
        run = site.json("export", "run", "main", "--wait", "--wait-write-back")
        self.assertEqual(counters(run)["added"], 1, run)
        self.assertEqual(counters(run)["updated"], 1, run)
        self.assertEqual(counters(run)["recreated"], 1, run)
        self.assertTrue(adds_up(run), run)
        contacts, clients = site.contacts(), site.clients()
        self.assertEqual(contacts[edited][0]["fields"]["LAST_NAME"], "Новая-Фамилия")
        [again] = contacts[deleted]
        self.assertNotEqual(again["id"], gone["id"])
        self.assertEqual(clients[deleted]["B24ContactID"], str(again["id"]))
        [new] = [k for k, row in clients.items() if row["LastName"] == "Приезжий"]
        self.assertEqual(phones(contacts[new][0]), ["+79165550123"])

    def test_10_an_update_leaves_the_managers_values_alone(self):
        site = self.site
        key, row = next((k, r) for k, r in site.clients().items()
                        if r["Phone"] and not r["DeletionMark"] and not r["IsFolder"]
                        and "," not in r["Phone"])
        [contact] = site.contacts()[key]
        site.portal.post("/contacts/edit", {"id": contact["id"], "fields": {
            "POST": "VIP", "PHONE": [{"VALUE": "+70001112233", "VALUE_TYPE": "WORK"}]}})
        site.onec.post("/clients/edit", {"guid": key, "set": {"Phone": "+7 916 777-88-99"}})
        run = site.json("export", "run", "main", "--wait")
        self.assertEqual(counters(run)["updated"], 1, run)
        [contact] = site.contacts()[key]
        self.assertEqual(contact["fields"]["POST"], "VIP")
        self.assertEqual(sorted(phones(contact)), ["+70001112233", "+79167778899"])

    def test_11_an_unmapped_attribute_exports_nothing(self):
        key = next(iter(self.site.clients()))
        self.site.onec.post("/clients/edit", {"guid": key, "set": {"PlaceOfBirth": "Тула"}})
        run = self.site.json("export", "run", "main", "--wait")
        self.assertEqual(counters(run)["updated"], 0, run)

    def test_12_explain_says_why(self):
        site = self.site
        marked = next(k for k, r in site.clients().items() if r["DeletionMark"])
        told = site.json("clients", "explain", "main", marked)
        self.assertEqual(told["decision"], "SKIP")
        self.assertEqual(told["summary"]["reason"], "MARKED_FOR_DELETION")
        russian = site.cli("clients", "explain", "main", marked, lang="ru").stdout
        self.assertRegex(russian, "[а-я]")
        site.cli("clients", "explain", "main", "00000000-0000-4000-8000-00000000dead", code=3)

    def test_13_m21_the_schedule(self):
        schedule = self.site.json("schedule", "set", "main", "--cron", "30 4 * * mon-fri",
                                  "--timezone", "Asia/Yekaterinburg")
        self.assertEqual(schedule["timeZone"], "Asia/Yekaterinburg")
        self.assertRegex(schedule["nextTime"], r"T23:30:00Z$")
        self.assertTrue(self.site.json("schedule", "pause", "main")["paused"])
        self.assertFalse(self.site.json("schedule", "resume", "main")["paused"])

    def test_14_dry_run_writes_nothing(self):
        before = self.site.portal.get("/contacts/count")
        self.site.onec.post("/clients/add", {"LastName": "Пробный", "FirstName": "Пётр"})
        run = self.site.json("export", "run", "main", "--wait", "--dry-run")
        self.assertEqual(counters(run)["added"], 1, run)
        self.assertEqual(self.site.portal.get("/contacts/count"), before)
        run = self.site.json("export", "run", "main", "--wait")
        self.assertEqual(counters(run)["added"], 1, run)

    def test_15_an_inactive_integration_never_exports(self):
        self.site.cli("integration", "deactivate", "main")
        self.site.cli("export", "run", "main", code=4)
        self.site.cli("integration", "activate", "main")

    def test_16_the_ledger_is_rebuilt_from_the_portal(self):
        run = self.site.json("ledger", "rebuild", "main", "--wait")
        self.assertEqual(run["kind"], "REBUILD")
        self.assertEqual(run["state"], "SUCCEEDED", run)

    def test_17_status_runs_and_agents_are_shown(self):
        status = self.site.cli("status").stdout
        self.assertIn("main", status)
        for line in status.splitlines():
            self.assertLessEqual(len(line), 80, line)
        runs = self.site.json("run", "list", "main")
        self.assertGreater(len(runs), 5)
        self.assertEqual(self.site.json("run", "get", runs[0]["name"])["name"], runs[0]["name"])
        [agent] = self.site.json("agent", "list")
        self.assertTrue(agent["connected"])

    def test_18_no_guest_and_no_secret_is_in_logs_or_the_servers_database(self):
        site = self.site
        values = ["Новая-Фамилия", "Приезжий", "w3bh00kc0de12345", "1c-pass-word",
                  "79165550123"]
        haystacks = [site.dir / f"{p.name}.stderr" for p in site.processes
                     if p.name in ("server", "hotel-1")]
        haystacks += [p for p in (site.dir / "server").rglob("*") if p.is_file()]
        haystacks += [p for p in (site.dir / "agent").rglob("*") if p.is_file()]
        for path in haystacks:
            content = path.read_bytes()
            for value in values:
                self.assertNotIn(value.encode(), content, f"{value} in {path}")


class OAuth(unittest.TestCase):
    def test_an_application_refreshes_its_tokens_and_exports(self):
        with Site([guest(n) for n in range(1, 31)], oauth=True) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            state = site.json("connection", "get", "main")["tokenState"]
            self.assertTrue(state["valid"])
            self.assertIn("expireTime", state)
            site.portal.post("/oauth/tokens", {"expire": "access", "issue": False})
            run = site.json("export", "run", "main", "--wait")
            self.assertEqual(counters(run)["added"], 30, run)


if __name__ == "__main__":
    unittest.main(failfast=True)
