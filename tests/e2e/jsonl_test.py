"""A hotel whose 1C has no publication: files in a folder, both ways, whatever is killed."""

import json
import time
import unittest

from harness import Site, guest


class Files(unittest.TestCase):
    def setUp(self):
        self.site = Site([])
        self.addCleanup(self.site.close)
        self.folder = self.site.dir / "exchange with 1C"
        self.folder.mkdir()
        self.site.start_server()
        self.site.start_agent()

    def write(self, name, rows):
        """As 1C's job does: under another name first."""
        draft = self.folder / f"{name}.tmp"
        with open(draft, "w", encoding="utf-8") as out:
            for row in rows:
                out.write((row if isinstance(row, str) else
                           json.dumps(row, ensure_ascii=False)) + "\n")
        draft.rename(self.folder / name)

    def names(self, place="."):
        return sorted(p.name for p in (self.folder / place).glob("*.jsonl"))

    def connect(self):
        site = self.site
        site.cli("integration", "create", "main", "--type", "bitrix24")
        url = "file://" + str(self.folder).replace(" ", "%20") + "/"
        flags = site.connection_flags()
        source = flags.index("--source")
        self.flags = [*flags[:source], "--source", "jsonl", "--source-url", url,
                      "--settle-time", "2s"]
        site.cli(*self.flags)
        site.cli("fields", "load", "main")
        site.cli("fields", "save", "main")
        site.cli("events", "load", "main")
        site.cli("events", "save", "main")

    def finish(self, *flags):
        return self.site.json("export", "run", "main", "--wait", "--settle",
                              "--wait-write-back", *flags)

    def take_ids(self, seconds=20, wanted=None):
        """What 1C's job finds: whole files, taken away."""
        ids = {}
        deadline = time.monotonic() + seconds
        while True:
            for name in self.names("contact-ids"):
                path = self.folder / "contact-ids" / name
                for line in path.read_text(encoding="utf-8").splitlines():
                    entry = json.loads(line)
                    ids[entry["Ref_Key"]] = entry["B24ContactID"]
                path.unlink()
            if wanted is None or set(wanted) <= set(ids):
                return ids
            self.assertLess(time.monotonic(), deadline, f"IDs of {set(wanted) - set(ids)}")
            time.sleep(0.2)

    def one_contact_each(self, guests):
        contacts = self.site.contacts()
        self.assertEqual({k for k in contacts if k}, {g["Ref_Key"] for g in guests})
        for row in guests:
            [contact] = contacts[row["Ref_Key"]]
            self.assertEqual(contact["fields"]["LAST_NAME"], row["LastName"])
        self.assertEqual(self.site.portal.get("/counters")["duplicate_origins"], 0)
        return {key: found[0]["id"] for key, found in contacts.items() if key}


class Story(Files):
    def test_first_export_changes_ids_and_a_bad_line(self):
        site = self.site
        guests = [guest(n) for n in range(1, 41)]
        self.write("20260101-0300.full.jsonl", [*guests, '{"Ref_Key":"Тайный"}'])
        self.connect()
        test = site.json("connection", "test", "main")
        states = {c["name"]: c["state"] for c in test["checks"]}
        self.assertEqual(states["source"], "OK", test)
        self.assertEqual(states["write-right"], "OK", test)
        for name in ("version", "identity", "hotel"):
            self.assertEqual(states[name], "WARNING", test)
        self.assertFalse((self.folder / "state").exists(), "a test writes nothing")

        run = self.finish()
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertEqual(run["counters"]["added"], 40, run)
        contacts = self.one_contact_each(guests)
        ids = self.take_ids(wanted=contacts)
        self.assertEqual(ids, contacts)
        [rejected] = (self.folder / "rejected" / "20260101-0300.full.jsonl").read_text(
            encoding="utf-8").splitlines()
        self.assertEqual(json.loads(rejected)["line"], 41)
        self.assertEqual(json.loads(rejected)["reason"], "LINE_KEY_INVALID")
        self.assertNotIn("Тайный", site.agent.stderr())

        # 1C took the IDs, two guests changed, one is new, one is marked for deletion.
        for row in guests:
            row["B24ContactID"] = str(ids[row["Ref_Key"]])
        guests[0]["LastName"] = "Новая"
        guests[1]["LastName"] = "Другая"
        guests.append(guest(41))
        gone = guest(42, DeletionMark=True)
        self.write("20260102-0300.jsonl", [*guests[:2], guests[-1], gone])
        run = self.finish()
        self.assertEqual(run["counters"]["updated"], 2, run)
        self.assertEqual(run["counters"]["added"], 1, run)
        self.assertEqual(run["counters"]["skipped"], 1, run)
        self.assertEqual(run["counters"]["scanned"], 4, run)
        self.one_contact_each(guests)
        self.assertEqual(self.names("done"), ["20260101-0300.full.jsonl"])
        self.assertEqual(self.names(), ["20260102-0300.jsonl"])
        self.assertEqual(set(self.take_ids(wanted=[guest(41)["Ref_Key"]])),
                         {guest(41)["Ref_Key"]})

        # The whole base again, as it is: nothing to do. And it may be asked for.
        self.write("20260103-0300.full.jsonl", guests)
        run = self.finish()
        self.assertEqual(run["counters"]["updated"] + run["counters"]["added"], 0, run)
        self.assertLessEqual(run["counters"]["scanned"], 40, run)
        run = self.finish("--full")
        self.assertEqual(run["counters"]["unchanged"], 41, run)
        self.one_contact_each(guests)

        told = site.json("clients", "explain", "main", "000000041")
        self.assertIn(guest(41)["Ref_Key"], json.dumps(told))

    def test_a_contact_that_is_gone_is_made_again_from_an_old_file(self):
        guests = [guest(n) for n in range(1, 11)]
        self.write("1.jsonl", guests)
        self.connect()
        self.finish()
        ids = self.take_ids(wanted=[g["Ref_Key"] for g in guests])
        self.write("2.jsonl", [guest(11)])
        guests.append(guest(11))
        self.site.portal.post("/contacts/delete", {"id": ids[guests[3]["Ref_Key"]]})
        run = self.finish()
        self.assertEqual(run["counters"]["recreated"], 1, run)
        self.assertEqual(run["counters"]["added"], 1, run)
        self.one_contact_each(guests)

    def test_the_agent_is_killed_again_and_again(self):
        site = self.site
        guests = [guest(n) for n in range(1, 201)]
        self.write("1.jsonl", guests[:120])
        self.connect()
        site.portal.post("/config", {"latency_ms": {"crm.contact.add": 20,
                                                    "crm.item.batchimport": 400}})
        site.json("export", "run", "main")
        ids = {}
        for number, row in enumerate((10, 50, 90)):
            deadline = time.monotonic() + 60
            while site.portal.get("/contacts/count")["count"] < row:
                self.assertLess(time.monotonic(), deadline, "the export does not move")
                time.sleep(0.02)
            site.agent.kill()
            ids.update(self.take_ids())
            self.write(f"{number + 2}.jsonl", guests[120 + 20 * number:140 + 20 * number])
            site.start_agent()
        deadline = time.monotonic() + 100
        while any(r["state"] in ("PENDING", "RUNNING")
                  for r in site.json("run", "list", "main")):
            self.assertLess(time.monotonic(), deadline, "a run does not end")
            time.sleep(0.3)
        self.write("9.jsonl", guests[180:])
        run = self.finish()
        self.assertEqual(run["state"], "SUCCEEDED", run)
        contacts = self.one_contact_each(guests)
        # Of IDs that were given twice both lines say the same.
        ids.update(self.take_ids(wanted=set(contacts) - set(ids)))
        self.assertEqual(ids, contacts)

    def test_what_is_configured_wrongly_is_said(self):
        site = self.site
        self.connect()
        refused = site.cli(*[f if not f.startswith("file:") else "file:///a/../b"
                             for f in self.flags], code=4)
        self.assertIn("file:///ABSOLUTE/PATH", refused.stderr)
        site.cli(*[f if f != "jsonl" else "onec-odata" for f in self.flags], code=2)
        self.folder.rename(self.folder.with_name("away"))
        test = site.json("connection", "test", "main", code=1)
        failed = [c for c in test["checks"] if c["state"] == "FAILED"]
        self.assertEqual([c["reason"] for c in failed], ["SOURCE_FOLDER_MISSING"], test)
        self.assertLessEqual({"jsonl", "onec-odata"},
                             set(site.json("agent", "get", "hotel-1")["capabilities"]))
        self.assertTrue(failed[0]["remedy"], test)
        self.folder.with_name("away").rename(self.folder)
        (self.folder / "identity").write_text("0A0B0C0D-1111-4000-8000-00000000000F\n")
        self.write("1.jsonl", [guest(1)])
        run = self.finish()
        self.assertEqual(run["counters"]["added"], 1, run)
        [contact] = site.contacts()[guest(1)["Ref_Key"]]
        self.assertEqual(contact["fields"]["ORIGINATOR_ID"],
                         "guestbridge:0a0b0c0d-1111-4000-8000-00000000000f")


del Files

if __name__ == "__main__":
    unittest.main()
