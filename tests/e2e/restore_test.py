"""The backup and restore drill of docs/operations.md: the server's database is set back to a backup under
two agents that know more. Nothing is given twice, nobody comes back, nobody comes double."""

import base64
import json
import shutil
import sqlite3
import unittest
import urllib.request

from harness import BIN, Control, Site, guest, wait_until
from postgresql import Cluster

AGENTS = {"main": "hotel-1", "annex": "hotel-2"}


def key_of(number):
    return guest(number)["Ref_Key"]


def set_base_identity(source, value):
    """Emulated bases are born with one; another hotel's base has another."""
    constant = f"{source}/odata/standard.odata/Constant_InfoBaseUUID"
    credentials = base64.b64encode("Интеграция:1c-pass-word".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}

    def call(url, **more):
        request = urllib.request.Request(f"{url}?$format=json", headers=headers, **more)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    key = json.loads(call(constant))["value"][0]["SurrogateKey"]
    call(f"{constant}({key})", data=json.dumps({"Value": value}).encode(), method="PATCH")


class Sqlite:
    """The server's own database in its data directory."""

    flags = ()

    def __init__(self, site):
        self.file = site.dir / "server" / "server.db"

    def back_up(self, folder):
        """As `sqlite3 server.db ".backup …"` does."""
        source, target = sqlite3.connect(self.file), sqlite3.connect(folder / self.file.name)
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()

    def restore(self, folder):
        """It came with the data directory."""

    def numbers(self):
        database = sqlite3.connect(self.file)
        try:
            return dict(database.execute("SELECT name, value FROM sequences"))
        finally:
            database.close()

    def close(self):
        pass


class Postgresql:
    def __init__(self, _):
        self.cluster = Cluster()
        self.cluster.run("createdb", "guestbridge")
        self.flags = ("--database", self.cluster.url("guestbridge"),
                      "--database-password-file", self.cluster.password_file)

    def back_up(self, folder):
        (folder / "guestbridge.sql").write_text(self.cluster.run("pg_dump", "guestbridge"))

    def restore(self, folder):
        self.cluster.run("dropdb", "guestbridge")
        self.cluster.run("createdb", "guestbridge")
        self.cluster.run("psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "--quiet",
                         "-d", "guestbridge", "-f", folder / "guestbridge.sql")

    def numbers(self):
        rows = self.cluster.sql("guestbridge", "SELECT name, value FROM sequences")
        return {name: int(value) for name, value in (row.rsplit("|", 1) for row in rows)}

    def close(self):
        self.cluster.close()


class Restore(unittest.TestCase):
    def test_of_sqlite(self):
        self.story(Sqlite)

    def test_of_postgresql(self):
        self.story(Postgresql)

    # --- the site: one portal, two hotels, each with its base and its agent ---
    def open(self, database):
        site = self.site = Site([guest(n, City="Тверь", Region="Тверская обл.") for n in range(1, 9)])
        self.addCleanup(site.close)
        self.database = database(site)
        self.addCleanup(self.database.close)
        site.start_server(*self.database.flags)
        self.bases = {"main": (site.source_url, site.onec), "annex": self.second_base()}
        self.agents = {}
        for integration, (source, _) in self.bases.items():
            self.start_agent(integration)
            site.source_url = source
            site.connect(integration, extra=("--agent", AGENTS[integration]))

    def second_base(self):
        rows = self.site.dir / "annex.jsonl"
        rows.write_text("".join(json.dumps(guest(n), ensure_ascii=False) + "\n"
                                for n in range(101, 106)), encoding="utf-8")
        base = self.site._start(
            "annex", BIN / "guestbridge-emulator-onec", "--listen", "127.0.0.1:0",
            "--control-listen", "127.0.0.1:0", "--base", "annex", "--user", "Интеграция",
            "--password", "1c-pass-word", "--data", rows, "--generate", 0, "--seed", 8)
        source = base.wait_for_line("emulator-onec source ")
        set_base_identity(source, "0b0e1f00-7e57-4a5e-9d00-000000000002")
        control = Control(base.wait_for_line("emulator-onec control "))
        base.wait_for_line("emulator-onec ready")
        return source, control

    def start_agent(self, integration):
        name = AGENTS[integration]
        self.agents[integration] = self.site.start_agent(name, name)

    # --- what a person does ---
    def export(self, integration, *flags):
        run = self.site.json("export", "run", integration, "--wait", "--settle", "--wait-write-back",
                             *flags)
        self.assertEqual(run["state"], "SUCCEEDED", run)
        return run

    def map_and_save(self, attribute):
        self.site.cli("fields", "map", "main", attribute, "POST")
        return self.site.json("fields", "save", "main")["version"]

    def lose_the_ledger(self, integration):
        """The lease goes to another ledger; the epoch that it gets."""
        self.assertEqual(self.agents[integration].stop(), 0)
        shutil.rmtree(self.site.dir / AGENTS[integration] / "ledgers")
        self.start_agent(integration)
        self.assertEqual(self.export(integration)["counters"]["added"], 0)
        return self.logged("lease_taken_over")[-1]["epoch"]

    def back_up(self):
        """The server runs meanwhile."""
        kept = self.site.dir / "backup"
        shutil.copytree(self.site.dir / "server", kept,
                        ignore=shutil.ignore_patterns("server.db*", "*.lock"))
        self.database.back_up(kept)

    def restore(self):
        kept, place = self.site.dir / "backup", self.site.dir / "server"
        shutil.rmtree(place)
        shutil.copytree(kept, place)
        self.database.restore(kept)

    # --- what is seen ---
    def logged(self, event):
        return self.site.server.logged(event)

    def revisions(self):
        """Of what the agents run; nothing of those that are not connected."""
        return {entry["integration"].removeprefix("integrations/"): int(entry["appliedRevision"])
                for agent in self.site.json("agent", "list") if agent.get("connected")
                for entry in agent.get("integrations", []) if "appliedRevision" in entry}

    def wait_until(self, seen):
        wait_until(seen, self.site.server.stderr)

    def expect_one_contact_each(self, away=()):
        contacts = self.site.contacts()
        meant = set()
        for _, base in self.bases.values():
            for row in base.get("/clients"):
                if row["Ref_Key"] in away:
                    continue
                meant.add(row["Ref_Key"])
                [contact] = contacts[row["Ref_Key"]]
                self.assertEqual(row["B24ContactID"], str(contact["id"]))
        self.assertEqual(contacts.keys() - {""}, meant)
        self.assertEqual(self.site.portal.get("/counters")["duplicate_origins"], 0)

    def story(self, database):
        self.open(database)
        site, (_, hotel), (_, annex) = self.site, self.bases["main"], self.bases["annex"]
        self.assertEqual(self.export("main")["counters"]["added"], 8)
        self.assertEqual(self.export("annex")["counters"]["added"], 5)
        self.back_up()

        # What the backup will lack.
        lost_version = self.map_and_save("City")
        site.cli("integration", "create", "later", "--type", "bitrix24")
        site.cli("clients", "forget", "main", key_of(2), "--delete-contact")
        erased_there = next(iter(site.contacts().keys() & {row["Ref_Key"] for row in annex.get("/clients")}))
        site.cli("clients", "forget", "annex", erased_there, "--delete-contact")
        hotel.post("/clients/add", guest(9))
        annex.post("/clients/add", guest(106))
        self.export("main")
        self.export("annex")
        lost_epoch = self.lose_the_ledger("annex")
        for number in range(10, 40):
            hotel.post("/clients/add", guest(number))
        site.portal.post("/config", {"latency_ms": {"*": 200}})
        lost_run = site.json("export", "run", "main")["name"]  # nobody will know it
        self.wait_until(lambda: site.json("run", "get", lost_run)["state"] != "PENDING")
        self.assertEqual(self.revisions().keys(), AGENTS.keys())
        self.assertEqual(site.server.stop(), 0)
        given = self.database.numbers()

        self.restore()
        site.start_server(*self.database.flags)

        # The agents say that they are ahead, and begin anew with higher revisions.
        self.wait_until(lambda: self.logged("database_behind_agent"))
        self.wait_until(lambda: self.revisions().keys() == AGENTS.keys() and
                        min(self.revisions().values()) > given["#revision"])
        self.assertEqual({entry["name"] for entry in site.json("integration", "list")},
                         {"integrations/annex", "integrations/main"})
        site.cli("run", "get", lost_run, code=3)
        site.portal.post("/config", {"latency_ms": {}})

        # Exports go on. The numbers of what was lost are nobody else's.
        number = self.export("main")["name"].rsplit("/", 1)[1]
        self.assertGreater(int(number), int(lost_run.rsplit("/", 1)[1]) + 1000)
        self.export("annex")
        self.expect_one_contact_each(away={key_of(2), erased_there})
        version = self.map_and_save("Region")
        self.assertGreater(version, lost_version)
        self.assertGreater(self.lose_the_ledger("annex"), lost_epoch)

        # Whoever was erased stays away, and what is changed here reaches the agents.
        hotel.post("/clients/edit", {"guid": key_of(2), "set": {"LastName": "Новый"}})
        run = self.export("main", "--full")
        self.assertEqual(run["mappingVersion"], version)
        self.assertEqual(site.json("clients", "explain", "main", key_of(2))["ledger"]["state"], "ERASED")
        annex.post("/clients/add", guest(107))
        self.assertEqual(self.export("annex")["counters"]["added"], 1)
        self.expect_one_contact_each(away={key_of(2), erased_there})
        [contact] = site.contacts()[key_of(1)]
        self.assertEqual(contact["fields"]["POST"], "Тверская обл.")

        # Of every counter the server keeps, also where no person sees it.
        self.assertEqual(site.server.stop(), 0)
        after = self.database.numbers()
        for name, value in given.items():
            if name.startswith(("#tag/", "#writer/")) or name == "#generation":
                continue
            self.assertGreater(after.get(name, after["#generation"]), value, name)


if __name__ == "__main__":
    unittest.main()
