"""A chain's central deployment: twenty hotels, two servers on one PostgreSQL, nginx before them. Servers are
killed and the database is restarted while the schedules of all hotels fire and exports are under way."""

import concurrent.futures
import contextlib
import datetime
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import time
import unittest

import leavings
from harness import BIN, NAMES, SECRETS, Process, Result, Site, guest, make_certs
from nginx import Nginx
from postgresql import Cluster

HOTELS = 20
GUESTS = 8
# At a time: what a person or a script does to several hotels.
HANDS = 4
# Milliseconds, so that what strikes meets exports under way.
SLOW_PORTAL = {"*": 250}
UNAVAILABLE = 6
PATIENCE_SECONDS = 60
SETTLED_SECONDS = 240
FINAL = ("SUCCEEDED", "PARTIALLY_FAILED", "FAILED", "CANCELLED")


class Hotel(Site):
    """Base, portal and agent of one hotel; what it asks of the servers goes through nginx."""

    def __init__(self, fleet, number):
        self.fleet = fleet
        self.name = f"hotel-{number}"
        self.next_guest = number * 1000 + 1
        super().__init__([self.new_guest() for _ in range(GUESTS)], certs=fleet.certs)
        self.address = fleet.nginx.address

    def new_guest(self):
        self.next_guest += 1
        return guest(self.next_guest - 1)

    def cli(self, *arguments, code=0, **_):
        """Tries again what a person would: the servers are away, or the agent is at the other one."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            result = self.fleet.call(*arguments, folder=self.dir)
            again = result.code == UNAVAILABLE or "AGENT_AT_OTHER_SERVER" in result.stderr
            if not again or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        if code is not None and result.code != code:
            raise AssertionError(f"{self.name}: {' '.join(map(str, arguments))}\n{result}\n"
                                 f"{self.agent.stderr() if self.agent else ''}")
        return result

    def join(self):
        """`agent create`, the agent with its token, then the manual's steps."""
        self.cli("integration", "create", self.name, "--type", "bitrix24")
        token = self.dir / "join.token"
        self.cli("agent", "create", self.name, "--integration", self.name, "--out", token)
        self.run_agent()
        self.set_connection(self.name)
        for noun in ("fields", "events"):
            self.cli(noun, "load", self.name)
            self.cli(noun, "save", self.name)
        self.portal.post("/config", {"latency_ms": SLOW_PORTAL})

    def run_agent(self):
        self.agent = self._start(
            self.name, BIN / "guestbridge-agent", "--server", self.address, "--name", self.name,
            "--data-dir", self.dir / "agent", "--tls-ca", self.ca, "--portal-ca-file", self.ca,
            "--join-token-file", self.dir / "join.token")
        self.agent.wait_for_line(f"guestbridge-agent {self.name} connected to ")

    def fires_at(self, moment):
        self.cli("schedule", "set", self.name, "--cron", f"{moment.minute} {moment.hour} * * *",
                 "--timezone", "UTC")

    def runs(self):
        return self.json("run", "list", self.name)

    def scheduled(self):
        return [run for run in self.runs() if run["trigger"] == "SCHEDULE"]

    def unsettled(self):
        """What is not yet as it shall be, in words."""
        contacts, rows = self.contacts(), self.clients()
        for key, row in rows.items():
            if row["B24ContactID"] not in [str(c["id"]) for c in contacts.get(key, [])]:
                return f"{key} has {row['B24ContactID']!r}, the portal {contacts.get(key)}"
        for run in self.runs():
            if run["state"] not in FINAL:
                return f"{run['name']} is {run['state']}"
        return None


class Fleet:
    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="guestbridge-fleet-"))
        self.opened = []
        self.servers = {}
        self.hotels = []
        self.certs = self.dir / "certs"
        make_certs(self.certs)
        self.cluster = self.keep(Cluster())
        self.cluster.run("createdb", "guestbridge")
        self.database = ("--database", self.cluster.url("guestbridge"),
                         "--database-password-file", self.cluster.password_file)
        subprocess.run([BIN / "guestbridge-server", "migrate", *self.database], check=True,
                       stdout=subprocess.DEVNULL)
        self.key = self.dir / "secret.key"
        self.key.write_text(secrets.token_hex(32) + "\n")
        self.key.chmod(0o600)
        subprocess.run(  # As docs/operations.md has it.
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
             "-subj", "/CN=agents of the chain", "-days", "3650", "-keyout", self.dir / "agent-ca.key",
             "-out", self.dir / "agent-ca.pem"], check=True, stderr=subprocess.DEVNULL)
        self.addresses = {}
        for name in ("first", "second"):
            self.start(name)
        self.nginx = self.keep(Nginx(self.dir / "nginx", list(self.addresses.values())))

    def keep(self, opened):
        self.opened.append(opened)
        return opened

    def start(self, name):
        """Anew at the same address."""
        server = Process(name, [
            BIN / "guestbridge-server", "--listen", self.addresses.get(name, "127.0.0.1:0"),
            "--data-dir", self.dir / name, *self.database, "--key-file", self.key,
            "--tls-cert", self.certs / "cert.pem", "--tls-key", self.certs / "key.pem",
            "--agent-ca-cert", self.dir / "agent-ca.pem", "--agent-ca-key", self.dir / "agent-ca.key",
            "--allow-private-portals", "--portal-ca-file", self.certs / "ca.pem"], self.dir)
        self.servers[name] = server
        self.addresses[name] = server.wait_for_line("guestbridge-server listening on ")

    def call(self, *arguments, folder=None):
        done = subprocess.run(
            [str(part) for part in (
                BIN / "guestbridge", "--server", self.nginx.address, "--tls-ca", self.certs / "ca.pem",
                "--token-file", self.dir / "first" / "admin.token", "--lang", "en", *arguments)],
            capture_output=True, text=True, timeout=240, cwd=folder or self.dir, check=False)
        return Result(done.returncode, done.stdout, done.stderr)

    def each(self, what):
        """For all hotels, a few at a time; in their order."""
        with concurrent.futures.ThreadPoolExecutor(HANDS) as hands:
            return list(hands.map(what, self.hotels))

    def close(self):
        with contextlib.ExitStack() as closing:  # From the last to the first, whatever fails.
            closing.callback(shutil.rmtree, self.dir, ignore_errors=True)
            closing.callback(self.search_leavings)
            for server in self.servers.values():
                closing.callback(server.kill)
            for opened in (*self.opened, *reversed(self.hotels)):
                closing.callback(opened.close)

    def search_leavings(self):
        found = leavings.left_in_clear(self.dir, list(self.servers.values()), SECRETS, NAMES)
        if found:
            raise AssertionError("left in clear: " + "\n".join(found[:20]))


def next_minute(ahead):
    """The first whole minute that is so many seconds ahead."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=ahead + 60)
    return moment.replace(second=0, microsecond=0)


def sleep_until(moment):
    time.sleep(max(0.0, moment.timestamp() - time.time()))


class OfAFleet(unittest.TestCase):
    def open(self, hotels):
        self.fleet = Fleet()
        self.addCleanup(self.fleet.close)
        for number in range(1, hotels + 1):
            self.fleet.hotels.append(Hotel(self.fleet, number))

    def all_fire_at(self, moment):
        self.fleet.each(lambda hotel: hotel.fires_at(moment))
        self.assertLess(time.time(), moment.timestamp() - 1, "schedules were set too slowly")
        return moment

    def wait_for_runs(self, count):
        """Until schedules have started so many, of all hotels together; the last are under way then."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            listed = self.fleet.call("run", "list", "--output", "json")
            started = [] if listed.code else [r for r in listed.json() if r["trigger"] == "SCHEDULE"]
            if len(started) >= count:
                self.assertTrue([run for run in started if run["state"] not in FINAL], "all have ended already")
                return
            self.assertLess(time.monotonic(), deadline, f"{len(started)} runs, not {count}\n{listed}")
            time.sleep(0.1)

    def expect_all_settled(self, firings):
        deadline = time.monotonic() + SETTLED_SECONDS
        while True:
            unsettled = {hotel.name: why for hotel, why in
                         zip(self.fleet.hotels, self.fleet.each(Hotel.unsettled)) if why}
            if not unsettled:
                break
            if time.monotonic() > deadline:
                name = next(iter(unsettled))
                [hotel] = [h for h in self.fleet.hotels if h.name == name]
                self.fail(f"{unsettled}\n{hotel.agent.stderr()}")
            time.sleep(1)
        for hotel, scheduled in zip(self.fleet.hotels, self.fleet.each(Hotel.scheduled)):
            with self.subTest(hotel.name):
                self.assertEqual([run["state"] for run in scheduled], ["SUCCEEDED"] * firings, scheduled)
                self.assertTrue(hotel.agent.running(), hotel.agent.stderr())
                contacts = hotel.contacts()
                self.assertEqual(contacts.keys(), hotel.clients().keys())
                self.assertEqual([key for key, found in contacts.items() if len(found) != 1], [])
                self.assertEqual(hotel.portal.get("/counters")["duplicate_origins"], 0)


class OfTwentyHotels(OfAFleet):
    def test_each_guest_gets_one_contact_and_each_schedule_fires_once_whatever_dies(self):
        self.open(HOTELS)
        self.fleet.each(Hotel.join)

        # A first export of everybody. A server dies when the schedules have begun to fire, then the database.
        at = self.all_fire_at(next_minute(10))
        sleep_until(at)
        self.wait_for_runs(HOTELS // 4)
        self.fleet.servers["first"].kill()
        self.wait_for_runs(HOTELS // 2)
        self.restart_database(away=2)
        self.fleet.start("first")
        self.expect_all_settled(firings=1)
        # Agents were at the server that died, and stayed there.
        stayed = [seconds for server, seconds in self.fleet.nginx.sessions()
                  if server == self.fleet.addresses["first"] and seconds > 10]
        self.assertGreaterEqual(len(stayed), HOTELS // 4)

        # Changes. The schedules are due while the database is away; the other server dies when it is back.
        for hotel in self.fleet.hotels:
            hotel.onec.post("/clients/add", hotel.new_guest())
            hotel.onec.post("/clients/edit", {"guid": next(iter(hotel.clients())),
                                              "set": {"FirstName": "Пётр"}})
        at = self.all_fire_at(next_minute(10))
        sleep_until(at - datetime.timedelta(seconds=1))
        self.restart_database(away=4)
        self.wait_for_runs(HOTELS + HOTELS // 4)
        self.fleet.servers["second"].kill()
        self.fleet.start("second")
        self.expect_all_settled(firings=2)
        for hotel in self.fleet.hotels:
            [changed] = hotel.contacts()[next(iter(hotel.clients()))]
            self.assertEqual(changed["fields"]["NAME"], "Пётр", hotel.name)

    def restart_database(self, away):
        self.fleet.cluster.stop()
        time.sleep(away)
        self.fleet.cluster.start()


if __name__ == "__main__":
    unittest.main()
