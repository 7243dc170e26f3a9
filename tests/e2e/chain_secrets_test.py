"""The same for a chain: two servers on PostgreSQL, agents with certificates, keys from a command and
from the environment. The database, its files, its log and its dump are searched too."""

import os
import secrets
import signal
import subprocess
import unittest
from unittest import mock

import leavings
import postgresql
from harness import BIN, Result, Site
from planting import Planted, free_port, planted_guests

# Raw files hold little that the dump does not, and a search takes time.
GUESTS_IN_RAW_FILES = 5
AGENTS = ("hotel-1", "hotel-2")


class ChainSite(Site):
    """Two servers and two agents. Calls go to the servers in turn."""

    def __init__(self, clients):
        super().__init__(clients, oauth=True)
        self.cluster = postgresql.Cluster()
        self.cluster.run("createdb", "guestbridge")
        self.database = ("--database", self.cluster.url("guestbridge"),
                         "--database-password-file", self.cluster.password_file)
        subprocess.run([BIN / "guestbridge-server", "migrate", *self.database], check=True,
                       stdout=subprocess.DEVNULL)
        # An operator may have the database write down each statement with its values.
        for setting in ("log_statement = 'all'", "log_parameter_max_length = -1"):
            self.cluster.sql("guestbridge", f"ALTER SYSTEM SET {setting}")
        self.cluster.sql("guestbridge", "SELECT pg_reload_conf()")
        certs = self.ca.parent
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
             "-subj", "/CN=agents of the chain", "-days", "30", "-keyout", self.dir / "agent-ca.key",
             "-out", self.dir / "agent-ca.pem"], check=True, stderr=subprocess.DEVNULL)
        self.server_flags = (
            *self.database, "--tls-cert", certs / "cert.pem", "--tls-key", certs / "key.pem",
            "--agent-ca-cert", self.dir / "agent-ca.pem", "--agent-ca-key", self.dir / "agent-ca.key",
            "--allow-private-portals", "--portal-ca-file", self.ca, "--oauth-url", self.oauth_url,
            "--notice-command", self._script("notice", f"cat >> '{self.dir}/told'"))
        self._write_key(secrets.token_hex(32))
        self.addresses = []
        self.servers = []

    def _script(self, name, body):
        path = self.dir / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o700)
        return path

    def _write_key(self, key):
        self.key_file = self.dir / "of-the-kms.key"
        self.key_file.write_text(key + "\n")
        self.key_file.chmod(0o600)
        self.key_command = self._script("kms", f"cat '{self.key_file}'")

    def start_servers(self, metrics):
        """The first asks a command for its key, the second has it in its environment."""
        def start(name, metrics, *flags):
            server = self._start(name, BIN / "guestbridge-server", "--listen", "127.0.0.1:0", "--data-dir",
                                 self.dir / name, "--metrics-listen", metrics, *self.server_flags, *flags)
            self.addresses.append(server.wait_for_line("guestbridge-server listening on "))
            self.servers.append(server)

        start("first", metrics[0], "--key-command", self.key_command)
        key = self.key_file.read_text().strip()
        with mock.patch.dict(os.environ, {"GUESTBRIDGE_SERVER_KEY": key}):
            start("second", metrics[1])
        self.server = self.servers[0]

    def cli(self, *arguments, code=0, lang="en", **_):
        for _ in self.addresses:  # An agent is at one of the two.
            self.addresses.reverse()
            done = subprocess.run(
                [str(part) for part in (
                    BIN / "guestbridge", "--server", self.addresses[0], "--tls-ca", self.ca,
                    "--token-file", self.dir / "first" / "admin.token", "--lang", lang, *arguments)],
                capture_output=True, text=True, timeout=240, cwd=self.dir, check=False)
            result = Result(done.returncode, done.stdout, done.stderr)
            if "AGENT_AT_OTHER_SERVER" not in result.stderr:
                break
        if code is not None and result.code != code:
            raise AssertionError(f"{' '.join(map(str, arguments))}\n{result}\n"
                                 + "\n".join(process.stderr() for process in self.servers))
        return result

    def join(self, name, address, metrics):
        token = self.dir / f"{name}.join"
        self.cli("agent", "create", name, "--out", token)
        agent = self._start(
            name, BIN / "guestbridge-agent", "--server", address, "--name", name, "--data-dir",
            self.dir / name, "--tls-ca", self.ca, "--portal-ca-file", self.ca, "--join-token-file", token,
            "--metrics-listen", metrics)
        agent.wait_for_line(f"guestbridge-agent {name} connected to ")
        self.agent = agent

    def close(self, search=True):
        try:
            super().close(search)
        finally:
            self.cluster.close(search)


class OfAChain(Planted, unittest.TestCase):
    extra = ("--agent", "hotel-2")

    @classmethod
    def setUpClass(cls):
        cls.guests = planted_guests()
        cls.site = site = ChainSite(cls.guests)
        cls.addClassCleanup(site.close)
        cls.metrics = [f"127.0.0.1:{free_port()}" for _ in range(4)]
        site.start_servers(cls.metrics[:2])
        for name, address, metrics in zip(AGENTS, tuple(site.addresses), cls.metrics[2:]):
            site.join(name, address, metrics)
        site.cli("token", "create", "desk", "--role", "viewer", "--out", "desk.token")
        site.connect(extra=("--agent", "hotel-1"))
        site.cli("export", "run", "main", "--wait", "--settle")
        # Tokens that the portal gives in exchange.
        site.portal.post("/oauth/tokens", {"expire": "access", "issue": False})
        site.cli("export", "run", "main", "--wait", "--full")
        cls.plant()
        cls.ask_everything()
        site.cli("audit", "export", "--out", "audit.jsonl")
        site.cli("token", "rotate", "desk", "--out", "desk-2.token", code=None)

    def dump(self):
        return [("dump", self.site.cluster.run("pg_dumpall").encode())]

    def raw_files(self):
        """Of the database as it lies on the disk; what no test wrote there is left out."""
        cluster = self.site.cluster
        cluster.sql("guestbridge", "CHECKPOINT")
        [number] = cluster.sql("guestbridge", "SELECT oid FROM pg_database WHERE datname = 'guestbridge'")
        data = cluster.dir / "data"
        folders = [data / "base" / number, data / "base" / "pgsql_tmp", data / "global", data / "pg_wal"]
        paths = [path for folder in folders if folder.exists() for path in leavings.files(folder)]
        places = list(leavings.contents([*paths, cluster.dir / "log"]))
        self.assertGreater(sum(len(data) for _, data in places), 1 << 20)
        return [(name, data.strip(b"\0")) for name, data in places]

    def others(self):
        site = self.site
        return [*leavings.contents(path for path in (site.dir / "audit.jsonl", site.dir / "told")
                                   if path.exists())]

    def test_no_secret_is_left_in_clear(self):
        said = ("what the CLI said", "\n".join(self.said).encode())
        places = [*self.left_behind(), *self.others(), *self.dump(), *self.raw_files(), said]
        self.site.planted.add(postgresql.PASSWORD)
        self.assert_no_secret(places)

    def test_each_kind_of_secret_is_looked_for(self):
        held = self.secrets()
        files = {path.name for path in leavings.files(self.site.dir) if path.suffix in leavings.HOLDERS}
        self.assertLessEqual({"of-the-kms.key", "agent-ca.key", "identity.pem", "admin.token", "desk.token",
                              "hotel-1.join", "hotel-2.join"}, files)
        issued = self.site.portal.get("/oauth/tokens")["issued"]
        self.assertGreaterEqual(len(issued), 6, "typed, and given for it")
        self.assertLessEqual(set(issued), held)

    def test_no_guest_is_left(self):
        places = [*self.left_behind(), *self.others(), *self.dump()]
        self.assert_no_guest(places)
        few = leavings.guests_values(self.guests, GUESTS_IN_RAW_FILES)
        self.assertEqual(leavings.Search(few).found(self.raw_files()), [])

    def test_z_a_copy_of_the_database_and_what_stopped_servers_leave(self):
        site = self.site
        self.assert_no_core_dumps()
        for server in site.servers:
            self.assertEqual(server.stop(), 0)
        copy = site.dir / "copy.db"
        subprocess.run([BIN / "guestbridge-server", "copy", "--from", site.cluster.url("guestbridge"),
                        "--from-password-file", site.cluster.password_file, "--to", f"sqlite:{copy}"],
                       check=True, stdout=subprocess.DEVNULL)
        site.cluster.stop(signal.SIGINT)
        data = site.cluster.dir / "data"
        places = list(leavings.contents([copy, *leavings.files(data / "pg_wal"), site.cluster.dir / "log"]))
        self.assert_no_secret(places)
        few = leavings.guests_values(self.guests, GUESTS_IN_RAW_FILES)
        self.assertEqual(leavings.Search(few).found(places), [])
        site.cluster.start()


if __name__ == "__main__":
    unittest.main()
