"""The default mode: TLS with the server's own CA, callers with tokens, one role each."""

import ssl
import socket
import subprocess
import time
import unittest

from harness import BIN, Process, Result, Site, guest

ROLES = ("viewer", "operator", "external-systems-integration", "admin", "agent")


class TlsSite(Site):
    """A site whose server was started without --plaintext."""

    def __init__(self, clients=None):
        super().__init__(clients)
        self.data = self.dir / "server"
        self.token("admin")  # Before the first start.

    def token(self, role):
        path = self.dir / f"{role}.token"
        if not path.exists():
            subprocess.run([BIN / "guestbridge-server", "token", "create", "--data-dir", self.data,
                            "--role", role, "--name", f"{role} of the test", "--out", path],
                           check=True)
        return path

    def start_server(self, *flags, listen=None):
        self.server = self._start(
            "server", BIN / "guestbridge-server", "--listen",
            listen or getattr(self, "address", "127.0.0.1:0"), "--data-dir", self.data,
            "--allow-private-portals", "--portal-ca-file", self.ca, *flags)
        self.address = self.server.wait_for_line("guestbridge-server listening on ")
        for role in ROLES:  # While it runs.
            self.token(role)

    def agent_command(self, name="hotel-1", role="agent", data_dir="agent", ca=None):
        return [BIN / "guestbridge-agent", "--server", self.address, "--name", name, "--data-dir",
                self.dir / data_dir, "--tls-ca", ca or self.data / "ca.pem", "--token-file",
                self.token(role), "--portal-ca-file", self.ca]

    def start_agent(self, name="hotel-1", data_dir="agent", connected=True, **more):
        self.agent = self._start(name, *self.agent_command(name, data_dir=data_dir, **more))
        if connected:
            self.agent.wait_for_line(f"guestbridge-agent {name} connected to ")
        return self.agent

    def call(self, role, *arguments, code=0, server=None, ca=None):
        command = [BIN / "guestbridge", "--server", server or self.address, "--tls-ca",
                   ca or self.data / "ca.pem", "--lang", "en", *arguments]
        if role is not None:
            command += ["--token-file", self.token(role)]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              timeout=120, cwd=self.dir)
        result = Result(done.returncode, done.stdout, done.stderr)
        if code is not None and done.returncode != code:
            raise AssertionError(f"{role}: {' '.join(map(str, arguments))}\n{result}\n"
                                 f"--- server\n{self.server.stderr()}")
        return result

    def cli(self, *arguments, code=0, **_):
        return self.call("admin", *arguments, code=code)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = TlsSite([guest(n) for n in range(1, 6)])
        cls.site.start_server()
        cls.site.start_agent()
        cls.site.connect()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_data_directory_is_the_owners_alone(self):
        self.assertEqual(self.site.data.stat().st_mode & 0o777, 0o700)
        for name in ("secret.key", "server.key", "ca.key", "server.db"):
            self.assertEqual((self.site.data / name).stat().st_mode & 0o077, 0, name)
        self.assertEqual(self.site.token("viewer").stat().st_mode & 0o777, 0o600)

    def test_an_export_end_to_end(self):
        run = self.site.json("export", "run", "main", "--wait", "--wait-write-back", "--full")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertEqual(len(self.site.contacts()), 5)
        self.assertTrue(all(row["B24ContactID"] != "0" for row in self.site.clients().values()))

    def test_each_role_does_what_it_is_for(self):
        get = ("integration", "get", "main")
        run = ("export", "run", "main", "--dry-run", "--wait")
        # (command, roles that may)
        table = [
            (get, {"viewer", "operator", "external-systems-integration", "admin"}),
            (("run", "list"), {"viewer", "operator", "external-systems-integration", "admin"}),
            (("status",), {"viewer", "operator", "external-systems-integration", "admin"}),
            (("connection", "get", "main"), {"viewer", "operator", "external-systems-integration", "admin"}),
            (run, {"operator", "external-systems-integration", "admin"}),
            (("connection", "test", "main"), {"operator", "external-systems-integration", "admin"}),
            (("clients", "explain", "main", guest(1)["Ref_Key"]),
             {"operator", "external-systems-integration", "admin"}),
            (("clients", "retry", "main"), {"operator", "external-systems-integration", "admin"}),
            (("integration", "update", "main", "--display-name", "Ривьера"),
             {"external-systems-integration", "admin"}),
            (("fields", "save", "main"), {"external-systems-integration", "admin"}),
            (("events", "save", "main"), {"external-systems-integration", "admin"}),
            (("schedule", "pause", "main"), {"external-systems-integration", "admin"}),
            (tuple(self.site.connection_flags()), {"external-systems-integration", "admin"}),
        ]
        for command, allowed in table:
            for role in ROLES:
                with self.subTest(f"{role}: {' '.join(command[:2])}"):
                    result = self.site.call(role, *command, code=0 if role in allowed else 5)
                    if role not in allowed:
                        self.assertEqual(result.stdout, "")
                        self.assertIn("ROLE_MISSING", result.stderr)
                        self.assertIn(role, result.stderr)

    def test_a_viewer_creates_nothing(self):
        self.site.call("viewer", "integration", "create", "other", "--type", "bitrix24", code=5)
        self.site.call("operator", "integration", "create", "other", "--type", "bitrix24", code=5)
        self.site.call("admin", "integration", "get", "other", code=3)
        made = ("integration", "create", "other", "--type", "bitrix24")
        self.site.call("external-systems-integration", *made)
        self.site.call("external-systems-integration", "integration", "delete", "other")

    def test_without_or_with_a_foreign_token(self):
        self.assertIn("TOKEN_MISSING", self.site.call(None, "status", code=5).stderr)
        foreign = self.site.dir / "foreign.token"
        foreign.write_text("gbt_" + "a" * 52 + "\n")
        foreign.chmod(0o600)
        result = self.site.call(None, "status", "--token-file", foreign, code=5)
        self.assertIn("TOKEN_UNKNOWN", result.stderr)
        self.assertNotIn("aaaaaaaa", result.stderr + self.site.server.stderr())
        result = self.site.call(None, "status", "--token-file", "no-such-file", code=2)
        self.assertIn("no-such-file", result.stderr)

    def test_only_the_right_ca_is_trusted(self):
        result = self.site.call("viewer", "status", ca=self.site.ca, code=6)
        self.assertTrue(result.stderr.strip())
        command = [BIN / "guestbridge", "--server", self.site.address, "--timeout", "5s", "status"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 6, done)
        done = subprocess.run([*command, "--plaintext"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 6, done)
        self.site.call("viewer", "status", ca=self.site.dir / "no-such-ca", code=2)

    def test_localhost_is_a_name_of_the_certificate(self):
        self.site.call("viewer", "status", server=self.site.address.replace("127.0.0.1", "localhost"))

    def test_old_tls_is_refused(self):
        host, port = self.site.address.rsplit(":", 1)
        context = ssl.create_default_context(cafile=self.site.data / "ca.pem")
        context.set_alpn_protocols(["h2"])
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            with context.wrap_socket(raw, server_hostname=host) as tls:
                self.assertIn(tls.version(), ("TLSv1.2", "TLSv1.3"))

    def test_an_agent_needs_a_token_of_its_role(self):
        agent = self.site._start("wrong-role", *self.site.agent_command(
            "hotel-9", role="viewer", data_dir="agent-9"))
        time.sleep(2)
        if agent.running():
            self.assertNotIn("hotel-9", self.site.cli("agent", "list", "--output", "json").stdout)
            self.assertEqual(agent.stop(), 0)
        else:
            self.assertEqual(agent.wait(), 5)
        self.assertTrue(agent.stderr().strip())

    def test_tokens_are_stored_hashed(self):
        token = self.site.token("admin").read_text().strip().encode()
        for file in self.site.data.iterdir():
            if file.is_file():
                self.assertNotIn(token, file.read_bytes(), file)

    def test_secrets_are_not_stored_readable(self):
        for file in self.site.data.iterdir():
            if file.is_file():
                content = file.read_bytes()
                self.assertNotIn(b"w3bh00kc0de12345", content, file)
                self.assertNotIn(b"1c-pass-word", content, file)


class FirstStart(unittest.TestCase):
    def test_it_says_once_where_the_admin_token_and_the_ca_are(self):
        with Site([]) as site:
            data = site.dir / "fresh"
            command = [BIN / "guestbridge-server", "--listen", "127.0.0.1:0", "--data-dir", data]
            first = site._start("first", *command)
            address = first.wait_for_line("guestbridge-server listening on ")
            self.assertEqual(first.stderr().count(str(data / "admin.token")), 1, first.stderr())
            self.assertIn("ca.pem", first.stderr())
            subprocess.run([BIN / "guestbridge", "--server", address, "--tls-ca", data / "ca.pem",
                            "--token-file", data / "admin.token", "integration", "create", "main",
                            "--type", "bitrix24"], check=True, capture_output=True, timeout=60)
            self.assertEqual(first.stop(), 0)
            again = site._start("again", *command)
            again.wait_for_line("guestbridge-server listening on ")
            self.assertNotIn("admin.token", again.stderr())
            self.assertEqual(again.stop(), 0)


class OwnCertificate(unittest.TestCase):
    def test_a_given_certificate_is_used_and_the_ca_survives_a_restart(self):
        with TlsSite([]) as site:
            site.start_server()
            ca = (site.data / "ca.pem").read_bytes()
            self.assertEqual(site.server.stop(), 0)
            site.start_server()
            self.assertEqual((site.data / "ca.pem").read_bytes(), ca)
            site.call("viewer", "status")
            self.assertEqual(site.server.stop(), 0)
            certs = site.ca.parent
            site.start_server("--tls-cert", certs / "cert.pem", "--tls-key", certs / "key.pem")
            site.call("viewer", "status", ca=site.ca, server=site.address.replace("127.0.0.1", "localhost"))
            site.call("viewer", "status", code=6)

    def test_every_address_may_be_listened_on_with_tls(self):
        with TlsSite([]) as site:
            site.start_server(listen="0.0.0.0:0")
            port = site.address.rsplit(":", 1)[1]
            site.call("viewer", "status", server=f"127.0.0.1:{port}")


class Stopping(unittest.TestCase):
    def test_sigterm_ends_within_30_seconds_also_with_open_watches(self):
        with TlsSite([guest(1)]) as site:
            site.start_server()
            site.start_agent()
            site.connect(extra=("--agent", "hotel-1"))
            site.agent.stop()
            run = site.json("export", "run", "main")
            self.assertEqual(run["state"], "PENDING")
            watch = Process("watch", [
                BIN / "guestbridge", "--server", site.address, "--tls-ca", site.data / "ca.pem",
                "--token-file", site.token("viewer"), "run", "watch", run["name"]], site.dir)
            site.processes.append(watch)
            site.start_agent("hotel-2", "agent-2")
            time.sleep(1)
            self.assertTrue(watch.running())
            self.assertEqual(site.server.stop(30), 0)
            self.assertTrue(watch.running(), "the watch ended: " + watch.stderr())
            site.start_server()
            site.start_agent()
            self.assertEqual(watch.wait(60), 0)

    def test_an_agent_stops_while_its_server_is_away(self):
        with TlsSite([]) as site:
            site.start_server()
            site.start_agent()
            site.server.kill()
            time.sleep(0.5)
            self.assertEqual(site.agent.stop(30), 0)


if __name__ == "__main__":
    unittest.main()
