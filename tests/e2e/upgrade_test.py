"""A rolling upgrade of a chain: `migrate`, then one of two servers after the other is replaced while exports
are under way, and between the two an agent.

There is one version of the programs here, so both sides of the upgrade are played by it. What is of the
version before is what it leaves in the database and what others see of its servers: the schema without the
migration that `migrate` applies, a key record that knows of no numbered seals, and for each server that is
not replaced yet a session with the one lock that such a server takes. So the servers that run at first keep
secrets as the version before does.

Not played: the older programs' own code, and with it the older side of the conversation between agents and
servers (tests/protocol plays its record), and an older server that is started on the newer schema
(server/store/postgresql/postgresql_store_test.cc has its refusal)."""

import concurrent.futures
import contextlib
import subprocess
import threading
import time
import unittest

from fleet_test import FINAL, SLOW_PORTAL, UNAVAILABLE, Hotel, OfAFleet, next_minute, sleep_until
from harness import BIN, wait_until

HOTELS = 3
SERVERS = {"first", "second"}
# Milliseconds: what began before a server is stopped has not ended when another has taken its place.
HELD_PORTAL = {"*": 2000}
# As in server/store/postgresql/older_servers.cc.
LOCK_OF_BEFORE = "SELECT pg_try_advisory_lock_shared(7167042)"
# The record's first field, the key's name, is all that the version before has.
KEY_RECORD_OF_BEFORE = ("UPDATE documents SET body = substring(body FROM 1 FOR 2 + get_byte(body, 1))"
                        " WHERE key = 'meta/key' AND get_byte(body, 0) = 10 RETURNING 1")
NO_NUMBERS = "DELETE FROM documents WHERE key LIKE 'seals/%'"
SCHEMA_OF_BEFORE = "DELETE FROM schema_migration WHERE number > 1"
# Two minutes after the last server of before has gone, and some seconds.
NUMBERED_SECONDS = 240


class Caller:
    """Asks the servers through nginx again and again; tries nothing again."""

    def __init__(self, fleet):
        self._fleet = fleet
        self._enough = threading.Event()
        self.calls = []  # (begun, ended, result)

    def ask(self):
        while not self._enough.wait(0.2):
            begun = time.monotonic()
            result = self._fleet.call("run", "list")
            self.calls.append((begun, time.monotonic(), result))

    def stop(self):
        self._enough.set()

    def answered_since(self, moment):
        return any(begun > moment and result.code == 0 for begun, _, result in list(self.calls))


class RollingUpgrade(OfAFleet):
    def test_nothing_is_lost_or_done_twice_and_somebody_always_answers(self):
        self.open(HOTELS)
        fleet = self.fleet
        self.absences = []
        newest = self.go_back_to_the_version_before()
        fleet.each(Hotel.join)

        subprocess.run([BIN / "guestbridge-server", "migrate", *fleet.database], check=True,
                       stdout=subprocess.DEVNULL)
        self.assertEqual(self.schema(), newest)
        with self.asking():
            first = self.server_of(fleet.hotels[0])
            [second] = SERVERS - {first}
            told = self.count_logged("older_servers_run")
            self.fire_and_replace(first, firings=1)
            wait_until(lambda: self.count_logged("older_servers_run")[first] > told[first], self.logs)
            refused = fleet.call("secrets", "rotate")
            self.assertEqual(refused.code, 4, refused)
            self.assertIn("OLDER_SERVERS_RUN", refused.stderr)
            self.restart_agent(fleet.hotels[0])
            for hotel in fleet.hotels:
                hotel.onec.post("/clients/add", hotel.new_guest())
                hotel.onec.post("/clients/edit", {"guid": next(iter(hotel.clients())),
                                                  "set": {"FirstName": "Пётр"}})
            numbered = self.count_logged("seals_numbered")
            self.fire_and_replace(second, firings=2)

            # Now that nobody of before is left.
            wait_until(lambda: all(count > numbered[name] for name, count in
                                   self.count_logged("seals_numbered").items()), self.logs, NUMBERED_SECONDS)
            wait_until(lambda: any(self.count_logged("secrets_resealed").values()), self.logs)
            wait_until(lambda: fleet.hotels[0].json("secrets", "status")["waiting"] == 0, self.logs)
        self.expect_calls_failed_only_beside_an_absence()

        # With the secrets as they are sealed now.
        for hotel in fleet.hotels:
            checks = {check["name"]: check["state"] for check in
                      hotel.json("connection", "test", hotel.name, code=None)["checks"]}
            self.assertNotIn("FAILED", (checks["token"], checks["source"]), checks)
            hotel.onec.post("/clients/add", hotel.new_guest())
            hotel.json("export", "run", hotel.name, "--wait")
        self.expect_all_settled(firings=2)
        for hotel in fleet.hotels:
            [changed] = hotel.contacts()[next(iter(hotel.clients()))]
            self.assertEqual(changed["fields"]["NAME"], "Пётр", hotel.name)
        verified = fleet.call("audit", "verify")
        self.assertEqual(verified.code, 0, verified)

    # --- what is of the version before ---
    def go_back_to_the_version_before(self):
        """The newest schema's number."""
        cluster = self.fleet.cluster
        newest = self.schema()
        self.of_before = {}  # What others see of each server.
        for name in SERVERS:
            self.of_before[name] = contextlib.ExitStack()
            self.addCleanup(self.of_before[name].close)
            taken = self.of_before[name].enter_context(cluster.session("guestbridge", LOCK_OF_BEFORE))
            self.assertEqual(taken, "t")
        # A server that has known the record whole takes it for put back.
        for server in self.fleet.servers.values():
            self.assertEqual(server.stop(), 0)
        self.assertEqual(cluster.sql("guestbridge", KEY_RECORD_OF_BEFORE)[0], "1")
        cluster.sql("guestbridge", NO_NUMBERS)
        for name in sorted(SERVERS):
            self.fleet.start(name)
        wait_until(lambda: all(self.count_logged("seals_for_older_servers").values()), self.logs)
        cluster.sql("guestbridge", SCHEMA_OF_BEFORE)
        self.assertLess(self.schema(), newest)
        return newest

    def schema(self):
        [number] = self.fleet.cluster.sql("guestbridge", "SELECT max(number) FROM schema_migration")
        return int(number)

    # --- the upgrade ---
    def fire_and_replace(self, name, firings):
        """All hotels' schedules fire, and the server goes while their exports are under way."""
        self.set_latency(HELD_PORTAL)
        sleep_until(self.all_fire_at(next_minute(10)))
        self.wait_for_runs(HOTELS * firings)
        there = [hotel for hotel in self.fleet.hotels if self.server_of(hotel) == name]
        self.assertTrue(there, "no agent is connected to the server that goes")
        wait_until(lambda: all(self.export_of(hotel) == "RUNNING" for hotel in there), self.logs)
        self.replace(name, there)
        self.set_latency(SLOW_PORTAL)
        self.expect_all_settled(firings)

    def replace(self, name, there):
        begun = time.monotonic()
        self.assertEqual(self.fleet.servers[name].stop(), 0)
        self.of_before[name].close()
        gone = time.monotonic()
        for hotel in there:
            self.assertNotEqual(self.export_of(hotel), "ended")
        wait_until(lambda: self.caller.answered_since(gone), self.logs)
        self.fleet.start(name)
        self.absences.append((begun, time.monotonic()))

    def restart_agent(self, hotel):
        self.set_latency(HELD_PORTAL)
        hotel.onec.post("/clients/add", hotel.new_guest())
        run = hotel.json("export", "run", hotel.name)["name"]
        wait_until(lambda: self.export_of(hotel) == "RUNNING", self.logs)
        self.assertEqual(hotel.agent.stop(), 0)
        self.assertNotEqual(self.export_of(hotel), "ended")
        hotel.run_agent()
        self.set_latency(SLOW_PORTAL)
        self.expect_all_settled(firings=1)
        ended = hotel.json("run", "get", run)
        self.assertEqual(ended["state"], "SUCCEEDED", ended)

    def set_latency(self, latency):
        for hotel in self.fleet.hotels:
            hotel.portal.post("/config", {"latency_ms": latency})

    # --- what is seen ---
    @contextlib.contextmanager
    def asking(self):
        self.caller = Caller(self.fleet)
        with concurrent.futures.ThreadPoolExecutor(1) as hand:
            asked = hand.submit(self.caller.ask)
            try:
                yield
            finally:
                self.caller.stop()
        asked.result()

    def expect_calls_failed_only_beside_an_absence(self):
        for begun, ended, result in self.caller.calls:
            if result.code != 0:
                self.assertEqual(result.code, UNAVAILABLE, result)
                self.assertTrue(any(begun < back and gone < ended for gone, back in self.absences), result)

    def server_of(self, hotel):
        """The server that greeted the hotel's agent last."""
        _, name = max((entry["time"], name) for name, server in self.fleet.servers.items()
                      for entry in server.logged("agent_hello") if entry["agent"] == hotel.name)
        return name

    def export_of(self, hotel):
        """The state of the one that is under way."""
        states = [run["state"] for run in hotel.runs() if run["kind"] == "EXPORT" and run["state"] not in FINAL]
        return states[0] if states else "ended"

    def count_logged(self, event):
        return {name: len(server.logged(event)) for name, server in self.fleet.servers.items()}

    def logs(self):
        return "\n".join(f"{server.name}: {server.stderr()}" for server in self.fleet.servers.values())


if __name__ == "__main__":
    unittest.main()
