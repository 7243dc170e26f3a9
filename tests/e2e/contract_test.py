"""What the programs promise to those who script them: flags, forms of output, exit codes."""

import os
import re
import subprocess
import tempfile
import pathlib
import time
import unittest

from harness import BIN, CLIENT_SECRET, Process, Site, guest

# A resource pattern, `integrations/{integration}`, is meant so.
PLACEHOLDER = re.compile(r"(?<!/)\{[a-z_]+\}")


class Programs(unittest.TestCase):
    """Flags, variables and files of guestbridge-server and guestbridge-agent."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="guestbridge-contract-")
        self.dir = pathlib.Path(self.scratch.name)
        self.processes = []

    def tearDown(self):
        for process in self.processes:
            process.kill()
        self.scratch.cleanup()

    def start(self, *flags, program="guestbridge-server", **variables):
        environment = dict(os.environ, **variables)
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            process = Process(f"p{len(self.processes)}", [BIN / program, *flags], self.dir)
        finally:
            os.environ.clear()
            os.environ.update(before)
        self.processes.append(process)
        return process

    def listening(self, process):
        return process.wait_for_line("guestbridge-server listening on ")

    def refused(self, *flags, code, says="", program="guestbridge-server", **variables):
        done = subprocess.run([str(BIN / program), *map(str, flags)], capture_output=True, text=True,
                              timeout=60, cwd=self.dir, env=dict(os.environ, **variables))
        self.assertEqual(done.returncode, code, done)
        self.assertEqual(done.stdout, "", done)
        self.assertIn(says, done.stderr)
        self.assertNotRegex(done.stderr, PLACEHOLDER)
        return done

    PLAIN = ("--plaintext", "--listen", "127.0.0.1:0", "--data-dir", "data")

    def test_sigterm_ends_the_server_with_0(self):
        server = self.start(*self.PLAIN)
        self.assertRegex(self.listening(server), r"^127\.0\.0\.1:[1-9][0-9]*$")
        self.assertEqual((self.dir / "data").stat().st_mode & 0o777, 0o700)
        self.assertIn("everything", server.stderr())
        self.assertEqual(server.stop(30), 0)

    def test_a_data_directory_of_others_is_refused_and_left_as_it_is(self):
        shared = self.dir / "shared"
        shared.mkdir()
        shared.chmod(0o755)
        (shared / "letter.txt").write_text("not ours")
        self.refused("--plaintext", "--listen", "127.0.0.1:0", "--data-dir", shared, code=4,
                     says="other files")
        self.assertEqual(shared.stat().st_mode & 0o777, 0o755)
        (shared / "letter.txt").unlink()
        server = self.start("--plaintext", "--listen", "127.0.0.1:0", "--data-dir", shared)
        self.listening(server)
        self.assertEqual(shared.stat().st_mode & 0o777, 0o700)

    def test_plaintext_excludes_certificates(self):
        self.refused(*self.PLAIN, "--tls-cert", "c.pem", "--tls-key", "k.pem", code=2,
                     says="--plaintext excludes")

    def test_a_token_may_be_written_to_standard_output(self):
        done = subprocess.run(
            [str(BIN / "guestbridge-server"), "token", "create", "--data-dir", "data", "--role",
             "viewer", "--out", "-"], capture_output=True, text=True, timeout=60, cwd=self.dir)
        self.assertEqual(done.returncode, 0, done)
        self.assertRegex(done.stdout, r"^\S{20,}\n$")
        self.assertFalse((self.dir / "-").exists())

    def test_variables_stand_for_flags(self):
        server = self.start(
            GUESTBRIDGE_SERVER_LISTEN="127.0.0.1:0", GUESTBRIDGE_SERVER_PLAINTEXT="1",
            GUESTBRIDGE_SERVER_DATA_DIR=str(self.dir / "by-variable"),
            GUESTBRIDGE_SERVER_DATABASE=f"sqlite:{self.dir}/other.db",
            GUESTBRIDGE_SERVER_ALLOW_PRIVATE_PORTALS="true",
            GUESTBRIDGE_SERVER_OAUTH_URL="http://127.0.0.1:9",
            GUESTBRIDGE_SERVER_METRICS_LISTEN="127.0.0.1:0")
        address = self.listening(server)
        self.assertTrue((self.dir / "by-variable" / "secret.key").exists())
        self.assertTrue((self.dir / "other.db").exists())
        agent = self.start(program="guestbridge-agent", GUESTBRIDGE_AGENT_SERVER=address,
                           GUESTBRIDGE_AGENT_NAME="by-variable", GUESTBRIDGE_AGENT_PLAINTEXT="1",
                           GUESTBRIDGE_AGENT_DATA_DIR=str(self.dir / "agent"))
        self.assertEqual(agent.wait_for_line("guestbridge-agent by-variable connected to "), address)
        self.assertEqual(agent.stop(30), 0)
        self.assertEqual(server.stop(30), 0)

    def test_a_file_stands_for_flags(self):
        file = self.dir / "server.conf"
        file.write_text('listen="127.0.0.1:0"\nplaintext=true\ndata-dir="by-file"\n'
                        'allow-private-portals=true\noauth-url="http://127.0.0.1:9"\n')
        server = self.start("--config", "server.conf")
        address = self.listening(server)
        self.assertTrue((self.dir / "by-file" / "server.db").exists())
        (self.dir / "agent.conf").write_text(
            f'server="{address}"\nname="by-file"\nplaintext=true\ndata-dir="agent"\n')
        agent = self.start("--config", "agent.conf", program="guestbridge-agent")
        agent.wait_for_line("guestbridge-agent by-file connected to ")
        self.assertEqual(agent.stop(30), 0)
        self.assertEqual(server.stop(30), 0)
        again = self.start(GUESTBRIDGE_SERVER_CONFIG="server.conf")
        self.listening(again)
        self.assertFalse((self.dir / "guestbridge-data").exists())

    def test_a_file_that_is_not_there_or_has_an_unknown_line_is_said(self):
        self.refused("--config", "missing.conf", code=2, says="missing.conf")
        self.refused(code=2, says="missing.conf", GUESTBRIDGE_SERVER_CONFIG="missing.conf")
        (self.dir / "typo.conf").write_text("alow-private-portals=true\n")
        self.refused("--config", "typo.conf", *self.PLAIN, code=2, says="alow-private-portals")

    def test_garbage_flags(self):
        self.refused("--nonsense", code=2, says="--nonsense")
        self.refused("serve", code=2, says="serve")
        self.refused("--plaintext=perhaps", code=2)
        self.refused("--listen", code=2)
        self.refused("--listen", "127.0.0.1", "--plaintext", code=4, says="127.0.0.1")
        self.refused("--listen", "127.0.0.1:70000", "--plaintext", code=4)
        self.refused("--oauth-url", "ftp://x", *self.PLAIN, code=4, says="ftp://x")
        self.refused("--database", "mysql://x", *self.PLAIN, code=4, says="mysql")
        self.refused("--portal-ca-file", "no-such.pem", *self.PLAIN, code=4, says="no-such.pem")
        (self.dir / "not.pem").write_text("hello\n")
        self.refused("--portal-ca-file", "not.pem", *self.PLAIN, code=4, says="not.pem")
        self.refused("--tls-cert", "x.pem", "--listen", "127.0.0.1:0", code=4, says="--tls-key")
        for program in ("guestbridge-agent",):
            self.refused("--server", "127.0.0.1:1", code=2, says="--name", program=program)
            self.refused("--name", "x", code=2, says="--server", program=program)
            self.refused("--server", "h:1", "--name", "two words", code=2, program=program)
            self.refused("--nonsense", code=2, program=program)
            named = ("--server-name", "bridge.example", "--name", "x")
            self.refused(*named, "--server", "h:1", "--plaintext", code=2, says="--plaintext", program=program)
            self.refused(*named, "--server", "unix:/s", code=2, says="unix:", program=program)
            self.refused("--server", "ipv4:bridge.example:1", "--name", "x", code=2, says="in numbers",
                         program=program)
            for name in ("bridge.example:7443", "*.example", "https://bridge.example", ""):
                self.refused("--server", "h:1", "--name", "x", "--server-name", name, code=2,
                             says="--server-name", program=program)

    def test_plaintext_is_for_loopback_only(self):
        for listen in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            self.refused("--plaintext", "--listen", listen, "--data-dir", "d", code=4, says=listen)

    def test_a_port_in_use_and_a_directory_in_use(self):
        address = self.listening(self.start(*self.PLAIN))
        done = self.refused("--plaintext", "--listen", address, "--data-dir", "other", code=4, says=address)
        self.assertNotIn("chttp2", done.stderr)
        self.refused(*self.PLAIN, code=4, says="another server")

    def test_a_wrong_or_missing_key_file_is_told_at_the_start(self):
        server = self.start(*self.PLAIN)
        self.listening(server)
        server.stop()
        key = self.dir / "data" / "secret.key"
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        good = key.read_text()
        key.write_text("f" * 64 + "\n")
        self.refused(*self.PLAIN, code=4)
        key.unlink()
        self.refused(*self.PLAIN, code=4, says="secret.key")
        key.write_text(good)
        key.chmod(0o600)
        self.listening(self.start(*self.PLAIN))

    def test_token_create(self):
        make = ("token", "create", "--data-dir", "data", "--role")
        self.refused(*make, "king", "--out", "t", code=4, says="king")
        self.refused(*make, "viewer", code=2, says="--out")
        self.refused("token", "create", "--data-dir", "data", "--out", "t", code=2, says="--role")
        self.refused("token", code=2)
        self.refused(*make, "viewer", "--out", "no/such/place", code=4, says="no/such/place")
        for role in ("viewer", "operator", "external-systems-integration", "admin", "agent"):
            done = subprocess.run([BIN / "guestbridge-server", *make, role, "--name", "Анна", "--out", role],
                                  cwd=self.dir, capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done)
            self.assertEqual((self.dir / role).stat().st_mode & 0o777, 0o600)
            self.assertEqual(len((self.dir / role).read_text().splitlines()), 1)
        done = subprocess.run(
            [BIN / "guestbridge-server", "token", "create"], cwd=self.dir, timeout=60,
            env=dict(os.environ, GUESTBRIDGE_SERVER_DATA_DIR="data", GUESTBRIDGE_SERVER_TOKEN_ROLE="viewer",
                     GUESTBRIDGE_SERVER_TOKEN_OUT="by-variable"))
        self.assertEqual(done.returncode, 0)
        self.assertTrue((self.dir / "by-variable").exists())


class Contract(unittest.TestCase):
    """The command line against one running hotel."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site([guest(n) for n in range(1, 6)])
        cls.site.start_server()
        cls.site.start_agent()
        cls.site.connect()
        cls.run_done = cls.site.json("export", "run", "main", "--wait", "--wait-write-back")

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def refused(self, *arguments, code, says="", **more):
        result = self.site.cli(*arguments, code=code, **more)
        self.assertEqual(result.stdout, "", result)
        self.assertIn(says, result.stderr)
        self.assertNotRegex(result.stderr, PLACEHOLDER)
        return result

    def flags(self, **replaced):
        flags = self.site.connection_flags()
        for name, value in replaced.items():
            flag = "--" + name.replace("_", "-")
            index = flags.index(flag)
            flags[index:index + 2] = [] if value is None else [flag, value]
        return flags

    def secret(self, name, content, mode=0o600):
        path = self.site.dir / name
        path.write_bytes(content)
        path.chmod(mode)
        return path

    # --- forms ---
    def check_run(self, run):
        integers = {
            "counters": ("scanned", "unchanged", "added", "updated", "recreated", "skipped",
                         "failed", "deferred"),
            "portal": ("httpRequests", "commands", "throttled", "retried"),
            "source": ("requests", "rows"),
            "writeBack": ("pending", "done", "parked")}
        for message, fields in integers.items():
            for field in fields:
                self.assertIs(type(run[message][field]), int, (message, field))
        self.assertIn(type(run["portal"]["waitSeconds"]), (int, float))
        counters = dict(run["counters"])
        self.assertEqual(counters.pop("scanned"), sum(counters.values()))
        self.assertRegex(run["name"], r"^integrations/main/runs/[0-9]+$")
        self.assertEqual(run["integration"], "integrations/main")
        self.assertIn(run["kind"], ("EXPORT", "MATCH", "REBUILD", "SETTLE"))
        self.assertIsInstance(run["failures"], list)
        self.assertRegex(run["createTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        if run["state"] in ("SUCCEEDED", "PARTIALLY_FAILED"):
            self.assertIn("startTime", run)
            self.assertIn("endTime", run)
            self.assertNotIn("error", run)

    def test_runs_in_json(self):
        self.check_run(self.run_done)
        number = self.run_done["name"].rsplit("/", 1)[1]
        self.assertEqual(self.site.json("run", "get", number), self.site.json("run", "get", self.run_done["name"]))
        runs = self.site.json("run", "list")
        self.assertIsInstance(runs, list)
        for run in runs:
            self.check_run(run)
        self.assertEqual([r["name"] for r in self.site.json("run", "list", "integrations/main")],
                         [r["name"] for r in self.site.json("run", "list", "main")])

    def test_schedule_in_json(self):
        schedule = self.site.json("schedule", "set", "main", "--cron", "0 3 * * *", "--timezone", "Europe/Moscow")
        self.assertEqual({k: schedule[k] for k in ("cron", "timeZone", "paused", "jobName")},
                         {"cron": "0 3 * * *", "timeZone": "Europe/Moscow", "paused": False,
                          "jobName": "SyncBitrix24"})
        self.assertRegex(schedule["nextTime"], r"T00:00:00Z$")
        paused = self.site.json("schedule", "pause", "main")
        self.assertTrue(paused["paused"])
        self.assertNotIn("nextTime", paused)
        self.assertIn("nextTime", self.site.json("schedule", "resume", "main"))

    def test_connection_in_json(self):
        connection = self.site.json("connection", "get", "main")
        self.assertEqual(connection["apiServer"], "localhost")
        self.assertEqual(connection["port"], int(self.site.portal_port))
        self.assertIs(connection["ssl"], True)
        self.assertEqual(connection["hotel"], "000000001")
        self.assertIs(connection["tokenState"]["valid"], True)
        self.assertIn("crm", connection["tokenState"]["scopes"])
        self.assertNotIn("expireTime", connection["tokenState"])
        text = self.site.cli("connection", "get", "main", "--output", "yaml").stdout
        for secret in ("w3bh00kc0de12345", "1c-pass-word"):
            self.assertNotIn(secret, text + str(connection))

    def test_lists_are_arrays_and_all_forms_come(self):
        for command in (("integration", "list"), ("fields", "list", "main"), ("fields", "versions", "main"),
                        ("events", "list", "main"), ("clients", "list", "main"), ("run", "list"),
                        ("agent", "list")):
            with self.subTest(command):
                rows = self.site.json(*command)
                self.assertIsInstance(rows, list)
                self.assertTrue(rows)
                self.assertTrue(self.site.cli(*command, "--output", "yaml").stdout.startswith("- "))
                for line in self.site.cli(*command).stdout.splitlines():
                    self.assertLessEqual(len(line), 80, line)

    def test_single_resources_are_objects(self):
        for command in (("integration", "get", "main"), ("connection", "get", "main"),
                        ("connection", "test", "main"), ("schedule", "get", "main"),
                        ("clients", "explain", "main", guest(1)["Ref_Key"]), ("agent", "get", "hotel-1"),
                        ("status",)):
            with self.subTest(command):
                self.assertIsInstance(self.site.json(*command), dict)
                self.assertTrue(self.site.cli(*command, "--output", "yaml").stdout.startswith('"'))
                self.assertTrue(self.site.cli(*command).stdout)

    def test_connection_test_checks(self):
        checks = self.site.json("connection", "test", "main")["checks"]
        for check in checks:
            self.assertIn(check["state"], ("OK", "WARNING", "FAILED"))
            self.assertTrue(check["message"], check)
            self.assertEqual(bool(check["remedy"]), check["state"] != "OK", check)
            self.assertNotRegex(check["message"] + check["remedy"], PLACEHOLDER)
        names = {check["name"] for check in checks}
        self.assertLessEqual({"portal", "tls", "token", "scopes", "rights", "source", "entities", "write-right",
                              "version", "identity", "hotel", "built-in-job"}, names)

    # --- words ---
    def test_ids_in_both_forms(self):
        for form in ("main", "integrations/main"):
            self.assertEqual(self.site.json("integration", "get", form)["name"], "integrations/main")
            self.assertEqual(self.site.json("schedule", "get", form)["name"], "integrations/main/schedule")
        made = self.site.json("integration", "create", "integrations/second", "--type", "bitrix24", "--inactive")
        self.assertEqual((made["name"], made["active"]), ("integrations/second", False))
        self.site.cli("integration", "delete", "integrations/second")

    def test_global_flags_before_and_after(self):
        before = self.site.cli("--output", "json", "integration", "list").stdout
        self.assertEqual(before, self.site.cli("integration", "list", "--output=json").stdout)
        self.assertEqual(before, self.site.cli("--output", "yaml", "integration", "--no-color", "list",
                                               "--timeout", "20s", "--output", "json").stdout)

    def variables(self, *arguments, **variables):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
        return subprocess.run([BIN / "guestbridge", *arguments], capture_output=True, text=True, timeout=60,
                              env=dict(environment, GUESTBRIDGE_SERVER=self.site.address,
                                       GUESTBRIDGE_PLAINTEXT="1", **variables))

    def test_variables_of_the_command_line(self):
        self.assertTrue(self.variables("integration", "list", GUESTBRIDGE_OUTPUT="json").stdout.startswith("["))
        self.assertIn("Интеграции", self.variables("integration", "get", "x", GUESTBRIDGE_LANG="ru").stderr)
        self.assertIn("Интеграции", self.variables("integration", "get", "x", LANG="ru_RU.UTF-8").stderr)
        self.assertIn("There is no", self.variables("integration", "get", "x", LANG="C").stderr)
        self.assertEqual(self.variables("status", GUESTBRIDGE_OUTPUT="xml").returncode, 2)

    # --- exit codes ---
    def test_exit_codes(self):
        self.refused("integration", "get", "nobody", code=3, says="nobody")
        self.refused("connection", "get", "nobody", code=3)
        self.refused("run", "get", "integrations/main/runs/999", code=3)
        self.refused("agent", "get", "nobody", code=3)
        self.refused("fields", "restore", "main", "99", code=3)
        self.refused("clients", "explain", "main", guest(99)["Ref_Key"], code=3)
        self.refused("integration", "get", "Not An Id", code=4)
        self.refused("integration", "create", "main", "--type", "bitrix24", code=4)
        self.refused("run", "cancel", self.run_done["name"], code=4)
        self.refused("schedule", "set", "main", "--cron", "every day", "--timezone", "Europe/Moscow", code=4)
        self.refused("events", "disable", "main", "nothing", code=4)
        for line in ((), ("export",), ("export", "run"), ("export", "run", "main", "--nonsense"),
                     ("integration", "create", "x"), ("status", "--output", "xml"), ("status", "more"),
                     ("run", "get", "first"), ("status", "--timeout", "soon"), ("status", "--lang", "de")):
            self.refused(*line, code=2)

    def test_without_settings_it_is_a_precondition(self):
        self.site.cli("integration", "create", "bare", "--type", "bitrix24")
        self.refused("connection", "get", "bare", code=3, says="CONNECTION_NOT_SET")
        for line in (("export", "run"), ("fields", "load"), ("events", "load"), ("clients", "match"),
                     ("clients", "list"), ("ledger", "rebuild")):
            self.refused(*line, "bare", code=4, says="CONNECTION_NOT_SET")
        self.assertEqual(self.site.json("connection", "test", "bare", code=1)["checks"][0]["state"], "FAILED")
        self.site.cli("status", "--check", code=1)
        self.site.cli("integration", "delete", "bare")
        self.site.cli("status", "--check", code=0)

    # --- secrets ---
    def test_secret_files(self):
        good = b"w3bh00kc0de12345"
        for content in (good, good + b"\n", good + b"\r\n"):
            self.site.cli(*self.flags(webhook_secret_file=self.secret("s", content)))
        self.assertIn("chmod 600", self.site.cli(
            *self.flags(webhook_secret_file=self.secret("open", good, 0o644))).stderr)
        for content in (b"", b"\n", b"x" * 4097, b"\xff\xfe\n", b"a\0b\n"):
            self.refused(*self.flags(webhook_secret_file=self.secret("s", content)), code=2)
        self.refused(*self.flags(webhook_secret_file="no-such-file"), code=2, says="no-such-file")
        self.refused(*self.flags(webhook_secret_file=str(self.site.dir)), code=2)
        self.site.cli(*self.flags(webhook_secret_file="-"), stdin=good.decode() + "\n")
        self.refused(*self.flags(webhook_secret_file="-"), code=2, stdin="")
        self.refused(*self.flags(webhook_secret_file="-", source_password_file="-"), code=2, stdin="x\n")

    def test_a_secret_stays_with_the_address_that_it_was_given_for(self):
        absent = {"webhook_secret_file": None, "source_password_file": None}
        before = self.site.json("connection", "get", "main")
        self.site.cli(*self.flags(**absent))
        self.refused(*self.flags(api_server="127.0.0.1", **absent), code=4, says="SECRET_REQUIRED")
        self.refused(*self.flags(port="444", **absent), code=4, says="SECRET_REQUIRED")
        self.refused(*self.flags(source_url="http://127.0.0.1:1/hotel", **absent), code=4, says="SECRET_REQUIRED")
        after = self.site.json("connection", "get", "main")
        # What a test found was found of the settings before.
        for volatile in ("etag", "updateTime", "lastChecks"):
            before.pop(volatile, None)
            after.pop(volatile, None)
        self.assertEqual(before, after)

    def test_every_wrong_setting_says_what_to_write(self):
        for lang in ("en", "ru"):
            for flag, value in (("api_server", "https://a.example"), ("api_server", "тест.рф"), ("api_server", ""),
                                ("api_server", "a b"), ("source_url", "ftp://x"), ("source", "excel"),
                                ("source_url", "http://169.254.169.254/x"), ("settle_time", "1s"),
                                ("hotel", " ")):
                with self.subTest(f"{lang} {flag} {value}"):
                    self.refused(*self.flags(**{flag: value}), code=4, lang=lang)

    # --- runs ---
    def test_settle_waits(self):
        run = self.site.json("export", "run", "main", "--settle")
        self.assertEqual(run["state"], "SUCCEEDED")

    def test_json_of_a_waited_run_is_printed_once_and_progress_goes_to_stderr(self):
        result = self.site.cli("export", "run", "main", "--wait", "--output", "json")
        self.assertEqual(result.json()["state"], "SUCCEEDED")
        self.assertTrue(result.stderr.strip())

    def test_pending_run_and_the_second_one(self):
        with Site([guest(1)]) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            self.assertEqual(site.agent.stop(), 0)
            run = site.json("export", "run", "main")
            self.check_run(run)
            self.assertEqual(run["state"], "PENDING")
            self.assertNotIn("startTime", run)
            self.assertNotIn("endTime", run)
            for line in (("export", "run"), ("clients", "match"), ("ledger", "rebuild")):
                second = site.cli(*line, "main", code=4)
                self.assertIn(run["name"], second.stderr)
            site.cli("status", "--check", code=1)
            self.assertEqual(site.cli("run", "cancel", run["name"]).code, 0)
            self.assertEqual(site.json("run", "get", run["name"])["state"], "CANCELLED")
            site.cli("run", "watch", run["name"], code=1)
            site.cli("integration", "deactivate", "main")
            self.assertIn("INTEGRATION_INACTIVE", site.cli("export", "run", "main", code=4).stderr)

    def test_a_wait_outlives_a_restart_of_the_server(self):
        with Site([guest(1)]) as site:
            site.start_server()
            site.start_agent()
            site.connect()
            site.agent.stop()
            wait = Process("wait", [BIN / "guestbridge", "--server", site.address, "--plaintext", "export", "run",
                                    "main", "--wait", "--timeout", "5"], site.dir)
            site.processes.append(wait)
            time.sleep(1)
            self.assertEqual(site.server.stop(30), 0)
            site.start_server()
            site.start_agent()
            self.assertEqual(wait.wait(60), 0)


class OAuth(unittest.TestCase):
    def test_a_failed_refresh_stores_nothing_and_a_good_one_tells_the_token_state(self):
        with Site([guest(1)], oauth=True) as site:
            site.start_server()
            site.cli("integration", "create", "main", "--type", "bitrix24")
            good = site.connection_flags()
            site._secret("bad", "no-such-token")
            for flag in ("--refresh-token-file", "--client-secret-file"):
                bad = list(good)
                bad[bad.index(flag) + 1] = "bad"
                refused = site.cli(*bad, code=4)
                self.assertEqual(refused.stdout, "")
                self.assertNotRegex(refused.stderr, PLACEHOLDER)
                site.cli("connection", "get", "main", code=3)
                self.assertTrue(site.json("schedule", "get", "main")["paused"])
            state = site.json(*good)["tokenState"]
            self.assertIs(state["valid"], True)
            self.assertIn("crm", state["scopes"])
            self.assertRegex(state["expireTime"], r"Z$")
            before = site.json("connection", "get", "main")
            bad = list(good)
            bad[bad.index("--refresh-token-file") + 1] = "bad"
            bad[bad.index("--hotel") + 1] = "000000002"
            site.cli(*bad, code=4)
            self.assertEqual(site.json("connection", "get", "main"), before)
            for name in (CLIENT_SECRET, (site.dir / "refresh-token").read_text().strip()):
                for file in (site.dir / "server").iterdir():
                    self.assertNotIn(name.encode(), file.read_bytes(), file)


if __name__ == "__main__":
    unittest.main()
