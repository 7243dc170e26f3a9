"""Bad input: each gets a clear error with its exit code, and nothing is half-applied."""

import os
import subprocess
import time
import unittest

from harness import BIN, Site, guest


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site([guest(n) for n in range(1, 11)])
        cls.site.start_server()
        cls.site.start_agent()
        cls.site.connect()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def flags(self, **replaced):
        flags = self.site.connection_flags()
        for name, value in replaced.items():
            flag = "--" + name.replace("_", "-")
            if value is None:
                index = flags.index(flag)
                del flags[index:index + (1 if flag == "--ssl" else 2)]
            else:
                flags[flags.index(flag) + 1] = value
        return flags

    def refuse(self, code, *arguments, says=""):
        result = self.site.cli(*arguments, code=None)
        self.assertIn(result.code, code if isinstance(code, tuple) else (code,), result)
        self.assertEqual(result.stdout, "", result)
        self.assertTrue(result.stderr.strip(), "an error says nothing")
        self.assertIn(says, result.stderr)
        return result

    def test_api_server(self):
        before = self.site.json("connection", "get", "main")
        for host in ("https://test.bitrix24.ru", "test.bitrix24.ru/rest", "test.bitrix24.ru:443",
                     "test bitrix24.ru", "", "user@test.bitrix24.ru"):
            with self.subTest(host):
                self.refuse(4, *self.flags(api_server=host), says="test.bitrix24.ru" if "test" in host and " " not in host else "")
        self.assertEqual(self.site.json("connection", "get", "main"), before)

    def test_no_ssl(self):
        self.refuse(4, *self.flags(ssl=None), says="--ssl")

    def test_ports_urls_and_times(self):
        self.refuse((2, 4), *self.flags(port="0"))
        self.refuse((2, 4), *self.flags(port="70000"))
        self.refuse(4, *self.flags(source_url="ftp://localhost/hotel"))
        self.refuse(4, *self.flags(source_url="http://user:pass@localhost/hotel"))
        self.refuse(4, *self.flags(source_url="http://169.254.169.254/hotel"))
        self.refuse(4, *self.flags(settle_time="1s"))
        self.refuse((2, 4), *self.flags(source="excel"))

    def test_secret_files(self):
        empty = self.site.dir / "empty"
        empty.write_text("")
        large = self.site.dir / "large"
        large.write_text("x" * 5000)
        self.refuse(2, *self.flags(webhook_secret_file="no-such-file"))
        for path in (empty, large):
            self.assertIn(self.site.cli(*self.flags(webhook_secret_file=path), code=None).code, (2, 4))

    def test_a_wrong_webhook_secret_stores_nothing(self):
        wrong = self.site.dir / "wrong"
        wrong.write_text("nosuchcode123456")
        wrong.chmod(0o600)
        self.refuse(4, *self.flags(webhook_secret_file=wrong))
        run = self.site.json("export", "run", "main", "--wait", "--full")
        self.assertEqual(run["state"], "SUCCEEDED", run)

    def test_unknown_things(self):
        self.refuse(3, "integration", "get", "nobody")
        self.refuse(4, "integration", "create", "Bad_Name", "--type", "bitrix24")
        self.refuse((2, 4), "integration", "create", "other", "--type", "amocrm")
        self.refuse(4, "integration", "create", "main", "--type", "bitrix24")
        self.refuse(3, "run", "get", "999999")
        self.refuse(4, "schedule", "set", "main", "--cron", "61 * * * *", "--timezone", "Europe/Moscow")
        self.refuse(4, "schedule", "set", "main", "--cron", "0 3 * * *", "--timezone", "Mars/Base")
        self.refuse(4, "events", "enable", "main", "client-arrived")
        self.refuse(2, "export", "fly", "main")
        self.refuse(2, "export", "run")

    def test_mapping(self):
        self.refuse(4, "fields", "map", "main", "NoSuchAttribute", "POST")
        self.refuse(4, "fields", "map", "main", "Fax", "NO_SUCH_FIELD")
        self.refuse(4, "fields", "map", "main", "Fax", "ID")
        self.refuse(4, "fields", "map", "main", "Fax", "ORIGIN_ID")
        self.refuse(4, "fields", "map", "main", "Fax", "POST", "--transform", "no-such")
        self.refuse(4, "fields", "map", "main", "City", "LAST_NAME")
        self.refuse(4, "fields", "map", "main", "NoSMSDelivery", "BIRTHDATE")
        self.refuse(3, "fields", "restore", "main", "99")

    def test_a_second_integration_of_one_base_on_one_portal(self):
        self.site.cli("integration", "create", "twin", "--type", "bitrix24")
        self.refuse(4, *self.site.connection_flags("twin"), says="main")
        self.site.cli("integration", "delete", "twin")

    def test_a_second_run_while_one_is_running(self):
        self.site.portal.post("/config", {"latency_ms": {"crm.contact.list": 3000}})
        try:
            run = self.site.json("export", "run", "main")
            result = self.refuse(4, "export", "run", "main")
            self.assertIn(run["name"].rsplit("/", 1)[1], result.stderr)
            self.refuse(4, "integration", "delete", "main")
        finally:
            self.site.portal.post("/config", {"latency_ms": {}})
        self.site.cli("run", "watch", run["name"], code=None)

    def test_a_wrong_password_is_told_by_the_test_and_by_the_run(self):
        with Site([guest(1)]) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            site._secret("password", "wrong")
            site.set_connection()
            result = site.cli("connection", "test", "main", "--output", "json", code=1)
            self.assertIn("FAILED", [c["state"] for c in result.json()["checks"]])
            run = site.json("export", "run", "main", "--wait", code=1)
            self.assertEqual(run["error"]["reason"], "SOURCE_CREDENTIALS_REFUSED")

    def test_what_1c_and_the_portal_may_answer(self):
        with Site([guest(n) for n in range(1, 6)]) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            site.onec.post("/config", {"denied_read": {"Catalog_Clients": True}})
            run = site.json("export", "run", "main", "--wait", code=1)
            self.assertEqual(run["error"]["reason"], "SOURCE_RIGHT_MISSING")
            site.onec.post("/config", {"denied_read": {"Catalog_Clients": False}})
            site.portal.post("/faults", {"kind": "html", "method": "*", "status": 200})
            run = site.json("export", "run", "main", "--wait", code=1)
            self.assertIn("HTML", run["error"]["reason"])
            site.portal.delete("/faults")
            run = site.json("export", "run", "main", "--wait")
            self.assertEqual(run["counters"]["added"], 5, run)

    def test_a_mapped_attribute_that_1c_no_longer_has_ends_a_run_before_it_writes(self):
        with Site([guest(n) for n in range(1, 4)]) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            site.onec.post("/config", {"renamed": {"Catalog_Clients": {"LastName": "Surname"}}})
            for flags in ((), ("--dry-run",)):
                run = site.json("export", "run", "main", "--wait", *flags, code=1)
                self.assertEqual(run["error"]["reason"], "SOURCE_ATTRIBUTE_MISSING")
                self.assertIn("LastName", run["error"]["message"])
            self.assertEqual(site.contacts(), {})
            site.onec.post("/config", {"renamed": {"Catalog_Clients": {"LastName": "LastName"}}})
            run = site.json("export", "run", "main", "--wait")
            self.assertEqual(run["counters"]["added"], 3, run)

    def test_a_refused_guest_does_not_stop_the_others(self):
        with Site([guest(n) for n in range(1, 21)]) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            # The rule looks at the fields of one contact a command.
            site.portal.post("/config", {"missing_methods": ["crm.item.batchimport"]})
            site.portal.post("/faults", {"kind": "refuse", "method": "crm.contact.add",
                                         "field": "LAST_NAME", "value": "Гостев7"})
            run = site.json("export", "run", "main", "--wait", "--settle", code=7)
            self.assertEqual(run["state"], "PARTIALLY_FAILED")
            self.assertEqual(run["counters"]["added"], 19)
            [failure] = run["failures"]
            self.assertEqual(failure["client"], guest(7)["Ref_Key"])
            self.assertTrue(failure["remedy"])
            site.portal.delete("/faults")
            site.cli("clients", "retry", "main")
            run = site.json("export", "run", "main", "--wait")
            self.assertEqual(run["counters"]["added"], 1, run)

    def test_a_server_that_is_not_there(self):
        done = subprocess.run([BIN / "guestbridge", "--server", "127.0.0.1:1", "--plaintext",
                               "--timeout", "2s", "status"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 6, done)
        self.assertIn("127.0.0.1:1", done.stderr)

    def test_two_agents_of_one_name(self):
        other = self.site.start_agent(data_dir="agent-2", connected=False)
        self.assertEqual(other.wait(), 4)
        self.assertIn("hotel-1", other.stderr())

    def test_plaintext_beyond_loopback_and_unwritable_data(self):
        done = subprocess.run([BIN / "guestbridge-server", "--listen", "0.0.0.0:0", "--plaintext",
                               "--data-dir", self.site.dir / "x"], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        (self.site.dir / "file").write_text("")
        for program in ("guestbridge-server", "guestbridge-agent"):
            flags = ["--name", "x", "--server", self.site.address] if program.endswith("agent") else []
            done = subprocess.run([BIN / program, "--plaintext", "--data-dir", self.site.dir / "file" / "d", *flags],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 4, done)
            self.assertTrue(done.stderr.strip())

    def test_a_corrupt_ledger_fails_the_run_with_the_way_out(self):
        with Site([guest(n) for n in range(1, 6)]) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            site.json("export", "run", "main", "--wait")
            site.agent.stop()
            [ledger] = (site.dir / "agent" / "ledgers").glob("*.db")
            for extra in (site.dir / "agent" / "ledgers").glob("*-wal"):
                extra.unlink()
            with open(ledger, "r+b") as file:
                file.write(os.urandom(4096))
            site.start_agent()
            run = site.json("export", "run", "main", "--wait", code=1)
            self.assertEqual(run["error"]["reason"], "LEDGER_CORRUPT")
            self.assertTrue(run["error"]["remedy"])

    def test_an_export_without_an_agent_waits_for_one(self):
        with Site([guest(1)]) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            self.assertEqual(site.agent.stop(), 0)
            time.sleep(0.5)
            run = site.json("export", "run", "main")
            self.assertEqual(run["state"], "PENDING")
            self.assertTrue(run["notices"])
            site.start_agent()
            run = site.json("run", "watch", run["name"])
            self.assertEqual(run["state"], "SUCCEEDED")


if __name__ == "__main__":
    unittest.main()
