"""A whole agent between both emulators: what a first export, the nights after it and a lost ledger cost.

The programs are those of tests/fault, whose clock can be set: an agent compares all versions once a week
by itself, and no flag asks for it."""

import datetime
import itertools
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))

from fault_site import FINAL, FaultSite  # noqa: E402
from first_export import cpu_seconds, peak_kib  # noqa: E402
from source_base import (CHANGES, CLIENTS, COMPARE_PAGE, HISTORY, HISTORY_PAGE, KEYS, LISTS, LOOKS,  # noqa: E402
                         MANY, PAGE, edit, history_since, load_ids, newest_history, rows_read)

# Up to here every ID is written back, one call of 1C each; beyond, they are put there at once.
WRITTEN = 20_000
MIB = 96


def resident_kib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def seconds_of(run):
    def moment(name):
        return datetime.datetime.fromisoformat(run[name].replace("Z", "+00:00"))
    return (moment("endTime") - moment("startTime")).total_seconds()


class Cost:
    """What a run took of 1C and of the agent. `start` begins it and returns it when it has ended."""

    def __init__(self, site, start):
        site.onec.delete("/journal")
        pathlib.Path(f"/proc/{site.agent.pid}/clear_refs").write_text("5")  # The peak begins anew.
        before = cpu_seconds(site.agent)
        self.run = start()
        assert self.run["state"] == "SUCCEEDED", self.run
        self.cpu = cpu_seconds(site.agent) - before
        self.peak = peak_kib(site.agent)
        rows = rows_read(site)
        self.history = rows.get(HISTORY, 0)
        self.rows = sum(rows.values())
        self.requests = site.onec.get("/counters")["by_kind"].get("list", 0)
        self.narrow = self.full = self.without_id = 0
        for entry in site.onec.get(f"/journal?since=0&url={CLIENTS}", seconds=600):
            if entry["set"] != CLIENTS:
                continue
            if "LastName" in entry["url"]:
                self.full += entry["rows"]
            else:
                self.narrow += entry["rows"]
                self.without_id += entry["rows"] if "B24ContactID eq 0" in entry["url"] else 0

    @property
    def scanned(self):
        return self.run["counters"]["scanned"]


def by_hand(site, *command):
    return Cost(site, lambda: site.json(*command, "--wait", seconds=7200))


def scheduled(site, days):
    """The run of the night `days` later."""
    known = {run["name"] for run in site.json("run", "list", "main")}

    def start():
        site.shift_clock(days * 86400)
        while True:
            new = [run for run in site.json("run", "list", "main") if run["name"] not in known]
            if new and new[0]["state"] in FINAL:
                return new[0]
            time.sleep(0.5)
    return Cost(site, start)


def await_writes(site, count):
    """Until so many IDs were written back."""
    before, patience = -1, 0
    while (written := site.onec.get("/counters")["writes"]) < count:
        patience = patience + 1 if written == before else 0
        assert patience < 60, f"{written} of {count} written"
        before = written
        time.sleep(1)


def measure_agent(guests, line):
    """Returns the highest peak, KiB."""
    name = f"agent, {guests:,} guests"
    peaks = []
    really = guests <= WRITTEN
    with FaultSite(guests=0, generate=guests) as site:
        site.portal.post("/config", {"box": True})  # No limits: this is about the source.
        site.shift_clock(0)
        site.start_server()
        site.start_agent()
        # Where IDs are loaded below, the agent writes one in ten seconds at most.
        site.connect(extra=("--write-back-rate", "1000" if really else "0.1"))
        site.cli("schedule", "pause", "main")  # Days go by below.
        idle = resident_kib(site.agent)

        def memory(what, cost):
            peaks.append(cost.peak)
            line(f"{name}: {what}: peak (above idle), MiB",
                 f"{cost.peak / 1024:.0f} ({(cost.peak - idle) / 1024:.0f})", MIB)

        def cpu(what, cost, at_most=""):
            line(f"{name}: {what}: CPU a 1,000,000 guests, s", f"{1e6 * cost.cpu / guests:.0f}", at_most)

        def requests(what, cost, fewest, at_most):
            line(f"{name}: {what}: requests / fewest", f"{cost.requests / fewest:.3f}",
                 at_most if guests >= MANY else "")

        what = "first export"
        first = by_hand(site, "export", "run", "main")
        requests(what, first, -(-first.scanned // PAGE), "1.05")
        cpu(what, first)
        line(f"{name}: {what}: contacts a portal request",
             f"{first.run['counters']['added'] / first.run['portal']['httpRequests']:.0f}")
        memory(what, first)

        if really:
            what = "echo of a mass write-back"
            await_writes(site, first.run["counters"]["added"])
            keys = list(site.portal.get("/contacts/ids", seconds=600))
            echo = by_hand(site, "export", "run", "main")
            line(f"{name}: {what}: whole rows", echo.full, 0)
            line(f"{name}: {what}: versions / IDs written", f"{echo.narrow / len(keys):.3f}", "1.1")
            line(f"{name}: {what}: history rows / IDs written", f"{echo.history / len(keys):.3f}")
            line(f"{name}: {what}: requests a 1,000 IDs", f"{1e3 * echo.requests / len(keys):.1f}")
            line(f"{name}: {what}: contacts written", echo.run["counters"]["updated"], 0)
            memory(what, echo)
        else:
            keys = load_ids(site, site.portal.get("/contacts/ids", seconds=600))

        # Another day begins: the history is read from a while before the mark on, and the mark is the
        # newest row that a reading saw. For both sides: a 1C that is a day ahead is compared whole.
        days = itertools.count(1)

        def next_day():
            site.onec.post("/clock", {"advance_s": 86400})
            site.shift_clock(next(days) * 86400)

        next_day()
        site.onec.post("/clients/edit", {"guid": keys[1], "set": {"City": "Тула"}})
        what = "the plain way"
        plain = by_hand(site, "export", "run", "main", "--full")
        cpu(what, plain)
        memory(what, plain)

        what = f"{CHANGES:,} changes"
        next_day()
        newest = newest_history(site)
        edited = edit(site, keys)
        window, named = history_since(site, newest)
        delta = by_hand(site, "export", "run", "main")
        rows = delta.history + delta.narrow + delta.full
        # Of a small base all versions are read: fewer requests than to look for each client that was named.
        most = "1.1" if guests >= MANY else ""
        line(f"{name}: {what}: rows / (history rows + clients named)", f"{rows / (window + named):.3f}", most)
        line(f"{name}: {what}: the same but for clients without an ID, which every run looks at",
             f"{(rows - delta.without_id) / (window + named):.3f}", most)
        line(f"{name}: {what}: whole rows / clients named", f"{delta.full / edited:.3f}", "1.1")
        requests(what, delta, -(-window // HISTORY_PAGE) + -(-named // KEYS) + LISTS + LOOKS, "1.05")
        line(f"{name}: {what}: rows / the plain way's", f"{rows / plain.rows:.4f}")
        line(f"{name}: {what}: requests / the plain way's", f"{delta.requests / plain.requests:.4f}")
        line(f"{name}: {what}: CPU / the plain way's", f"{delta.cpu / plain.cpu:.3f}")
        memory(what, delta)

        site.cli("schedule", "set", "main", "--cron", "0 3 * * *", "--timezone", "Europe/Moscow")
        for week, differences in enumerate((0, CHANGES), 1):
            if differences:
                # In load mode, of which the history does not tell.
                chosen = keys[::max(1, len(keys) // CHANGES)][:CHANGES]
                differences = len(chosen)
                site.onec.post("/clients/load", {key: {"City": "Тверь"} for key in chosen})
            what = f"comparison with {differences:,} differences"
            compared = scheduled(site, 8 * week)
            line(f"{name}: {what}: versions / clients", f"{compared.narrow / guests:.3f}", "1.05")
            if differences:
                line(f"{name}: {what}: whole rows / differences", f"{compared.full / differences:.3f}", "1.1")
            else:
                # Clients that wait for a day to come, or were refused, are looked at by every run.
                line(f"{name}: {what}: whole rows / clients", f"{compared.full / guests:.6f}", "0.0001")
            requests(what, compared, -(-guests // COMPARE_PAGE) + -(-differences // KEYS), "")
            cpu(what, compared, 60 if guests >= MANY else "")
            memory(what, compared)
        skips = site.onec.get("/counters")["with_skip"]

        what = "ledger rebuild"
        assert site.agent.stop() == 0
        shutil.rmtree(site.dir / "agent" / "ledgers")
        site.start_agent()
        rebuild = by_hand(site, "ledger", "rebuild", "main")
        portal = rebuild.run["portal"]
        line(f"{name}: {what}: seconds", f"{seconds_of(rebuild.run):.0f}")
        line(f"{name}: {what}: contacts a portal request (command)",
             f"{len(keys) / portal['httpRequests']:.0f} ({len(keys) / portal['commands']:.0f})")
        line(f"{name}: {what}: rows of 1C", rebuild.rows)
        cpu(what, rebuild)
        memory(what, rebuild)
        again = by_hand(site, "export", "run", "main")
        line(f"{name}: export after it: contacts made twice", again.run["counters"]["added"], 0)
        memory("export after it", again)
        line(f"{name}: requests with $skip", skips + site.onec.get("/counters")["with_skip"], 0)
    return max(peaks)
