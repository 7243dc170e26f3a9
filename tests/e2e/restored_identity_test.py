"""An agent renews its certificate after a backup of the server's database was taken, and the database is set
back to that backup: the server does not know the certificate that the agent shows. The agent comes back by
the one before, without anybody's help, gets a new one, and goes on."""

import shutil
import subprocess
import unittest

from enrollment_test import EnrolledSite
from harness import BIN, guest, wait_until
from restore_test import Postgresql, Sqlite, key_of

NAME = "hotel-1"
# Renewed after somewhat more than half of it: what is left must do for the restore. The later ones are
# longer, so that the agent renews once between backup and restore and no more, however slow the machine is.
LIFE_BEFORE = "4m"
LIFE_AFTER = "30m"
RENEWAL_SECONDS = 400
FORGOTTEN = {"before": key_of(2), "after": key_of(3)}


class RestoredSite(EnrolledSite):
    def __init__(self, clients, database):
        self.flags = None
        super().__init__(clients)
        self.database = database(self)
        self.flags = self.database.flags
        if self.flags:
            self.flags += self.agents_ca()

    def agents_ca(self):
        """As docs/operations.md has it; with SQLite the server makes its own."""
        cert, key = self.dir / "agent-ca.pem", self.dir / "agent-ca.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
             "-subj", "/CN=agents of the chain", "-days", "3650", "-keyout", key, "-out", cert],
            check=True, stderr=subprocess.DEVNULL)
        return "--agent-ca-cert", cert, "--agent-ca-key", key

    def token(self, role):
        path = self.dir / f"{role}.token"
        if self.flags is not None and not path.exists():
            subprocess.run([BIN / "guestbridge-server", "token", "create", "--data-dir", self.data,
                            *self.database.flags, "--role", role, "--name", f"{role} of the test",
                            "--out", path], check=True)
        return path

    def start_with_life(self, life):
        self.start_server(*self.flags, "--agent-certificate-life", life)

    def back_up(self):
        kept = self.dir / "backup"
        shutil.copytree(self.data, kept, ignore=shutil.ignore_patterns("server.db*", "*.lock"))
        self.database.back_up(kept)

    def restore(self):
        kept = self.dir / "backup"
        shutil.rmtree(self.data)
        shutil.copytree(kept, self.data)
        self.database.restore(kept)

    def identity(self):
        return (self.dir / "agent" / "identity.pem").read_text()

    def applied_revision(self):
        """Of what the connected agent runs; 0 while it is not connected."""
        [agent] = self.json("agent", "list")
        return max([int(entry.get("appliedRevision", 0)) for entry in agent.get("integrations", [])
                    if agent.get("connected")], default=0)


class RestoredIdentity(unittest.TestCase):
    def test_of_sqlite(self):
        self.story(Sqlite)

    def test_of_postgresql(self):
        self.story(Postgresql)

    def export(self, *flags):
        run = self.site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back", *flags)
        self.assertEqual(run["state"], "SUCCEEDED", run)
        return run["counters"]

    def wait_until(self, seen, seconds=120):
        site = self.site
        wait_until(seen, lambda: f"{site.agent.stderr()}\n{site.server.stderr()}", seconds)

    def expect_one_contact_each(self):
        contacts = self.site.contacts()
        rows = {key: row for key, row in self.site.clients().items() if key not in FORGOTTEN.values()}
        self.assertEqual(contacts.keys() - {""}, rows.keys())
        for key, row in rows.items():
            [contact] = contacts[key]
            self.assertEqual(row["B24ContactID"], str(contact["id"]))
        self.assertEqual(self.site.portal.get("/counters")["duplicate_origins"], 0)

    def story(self, database):
        site = self.site = RestoredSite([guest(n, City="Тверь") for n in range(1, 7)], database)
        self.addCleanup(site.close)
        self.addCleanup(site.database.close)
        site.start_with_life(LIFE_BEFORE)
        token = site.create_agent()
        site.join()
        token.unlink()  # From here on nothing but its certificates lets it in.
        site.connect(extra=("--agent", NAME))
        self.assertEqual(self.export()["added"], 6)
        site.cli("clients", "forget", "main", FORGOTTEN["before"], "--delete-contact")
        # While the server stands nobody renews: the backup knows the certificate that the agent has.
        self.assertEqual(site.server.stop(), 0)
        known = site.identity()
        site.back_up()

        # What the backup will lack.
        site.start_with_life(LIFE_AFTER)
        self.wait_until(site.applied_revision)
        site.cli("fields", "map", "main", "City", "POST")
        site.cli("fields", "save", "main")
        site.cli("clients", "forget", "main", FORGOTTEN["after"], "--delete-contact")
        site.onec.post("/clients/add", guest(7))
        self.assertEqual(self.export()["added"], 1)
        self.wait_until(lambda: site.identity() != known, RENEWAL_SECONDS)
        unknown = site.identity()
        self.assertEqual(site.server.stop(), 0)
        given = site.database.numbers()["#revision"]

        site.restore()
        site.start_with_life(LIFE_AFTER)
        self.wait_until(lambda: site.identity() not in (known, unknown))
        [shown] = site.agent.logged("certificate_before_shown")
        self.assertIn("CERTIFICATE_UNKNOWN", str(shown))
        self.assertTrue(site.agent.running())
        self.wait_until(lambda: site.server.logged("database_behind_agent"))
        self.wait_until(lambda: site.applied_revision() > given)
        self.assertEqual(self.export()["added"], 0)
        self.expect_one_contact_each()

        # The server knows the new one, and the agent has no need of another.
        renewed = site.identity()
        self.assertEqual(site.agent.stop(), 0)
        site.join()
        self.wait_until(lambda: site.applied_revision() > given)
        self.assertEqual(len(site.agent.logged("certificate_before_shown")), 1)
        self.assertEqual(site.identity(), renewed)
        for key in FORGOTTEN.values():
            site.onec.post("/clients/edit", {"guid": key, "set": {"LastName": "Гостев-Новый"}})
        site.onec.post("/clients/add", guest(8))
        self.assertEqual(self.export("--full")["added"], 1)
        for key in FORGOTTEN.values():
            explained = site.json("clients", "explain", "main", key)
            self.assertEqual(explained["ledger"]["state"], "ERASED")
        self.expect_one_contact_each()


if __name__ == "__main__":
    unittest.main()
