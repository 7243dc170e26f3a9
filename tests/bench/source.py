"""What reading 1C costs, and whether it grows with the base: one run, ratios.

The connector alone (source_reading.cc says why) reads a small base and one of --clients: everything,
every version, a night's 1,000 changes, then everything again, which is the plain way of the manual's loop. A whole
agent with --exported guests on a portal without limits adds ledger, rebuild and a night's export.

A comparison by DataVersion is the connector's alone: an agent makes one by itself once a week, and
`export run` has no flag for it."""

import argparse
import base64
import json
import pathlib
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import BIN, Site  # noqa: E402
from first_export import cpu_seconds, peak_kib  # noqa: E402

USER, PASSWORD = "Интеграция", "1c-pass-word"
CLIENTS, HISTORY = "Catalog_Clients", "InformationRegister_ClientChangeHistory"
# What the connector asks for at once: full rows, versions, history, rows by key.
PAGE, COMPARE_PAGE, HISTORY_PAGE, KEYS = 200, 5000, 1000, 20
CHANGES = 1000
LOADED_VERSION = "AAAAAAAAAAU="  # of a seeded client that load_ids() wrote once
# From here on the few requests of every reading (marks, look-ups) do not count.
MANY = 100_000


def odata(site, path, **options):
    """An answer of 1C, as the connector would ask for it."""
    query = {f"${name}": value for name, value in options.items()} | {"$format": "json"}
    request = urllib.request.Request(
        f"{site.source_url}/odata/standard.odata/{path}?"
        + urllib.parse.urlencode(query, quote_via=urllib.parse.quote),
        headers={"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def pages_of_keys(site, size=5000):
    """Ref_Key of every client that is not a folder, a page at a time."""
    last = 0
    while True:
        rows = odata(site, CLIENTS, filter=f"IsFolder eq false and Code gt '{last:09d}'", orderby="Code",
                     top=size, select="Ref_Key,Code")["value"]
        if not rows:
            return
        last = int(rows[-1]["Code"])
        yield [row["Ref_Key"] for row in rows]


def load_ids(site, ids=None):
    """Puts contact IDs into 1C as a write-back of long ago: no history tells of them."""
    keys = []
    for page in pages_of_keys(site):
        site.onec.post("/clients/load", {key: {"B24ContactID": str(ids[key] if ids else len(keys) + i + 1)}
                                         for i, key in enumerate(page) if ids is None or key in ids})
        keys += page
    return keys


def edit(site, keys):
    """A day of the reception desk: CHANGES guests all over the base, some of them twice."""
    chosen = keys[::max(1, len(keys) // CHANGES)][:CHANGES]
    for number, key in enumerate(chosen):
        site.onec.post("/clients/edit", {"guid": key, "set": {"City": "Омск"}})
        if number % 10 == 0:
            site.onec.post("/clients/edit", {"guid": key, "set": {"Phone": f"+7901{number:07d}"}})
            # Else all of them would share a few seconds, and a page begins with a whole second.
            site.onec.post("/clock", {"advance_s": 2})
    return len(chosen)


def rows_read(site):
    return site.onec.get("/counters")["rows_by_set"]


def history_rows_since(site, moment):
    return int(odata(site, f"{HISTORY}/$count", filter=f"Period ge datetime'{moment}'"))


def read(site, *what):
    done = subprocess.run([BIN / "guestbridge-bench-source-reading", f"{site.source_url}/odata/standard.odata",
                           USER, PASSWORD, *what], capture_output=True, text=True, timeout=7200)
    if done.returncode != 0:
        raise SystemExit(f"reading failed: {done.stderr}")
    return json.loads(done.stdout)


def reading(clients, line):
    """The connector alone."""
    name = f"{clients:,} clients"
    with Site(generate=clients) as site:
        site.onec.delete("/journal")
        full = read(site, "full")
        full_bytes = site.onec.get("/counters")["bytes"]
        fewest = -(-full["clients"] // PAGE)
        line(f"{name}: full read: requests / fewest", f"{full['requests'] / fewest:.3f}",
             "1.05" if clients >= MANY else "")
        line(f"{name}: full read: rows / clients", f"{full['rows'] / full['clients']:.3f}")
        line(f"{name}: full read: CPU a 1,000,000 clients, s",
             f"{1e6 * full['cpu_seconds'] / full['clients']:.0f}")
        line(f"{name}: full read: peak (above idle), MiB",
             f"{full['peak_kib'] / 1024:.0f} ({(full['peak_kib'] - full['idle_kib']) / 1024:.1f})", "96")

        keys = load_ids(site)

        def compare(differences):
            site.onec.delete("/journal")
            found = read(site, "compare", LOADED_VERSION)
            assert found["clients"] == differences, found
            what = f"{name}: comparison with {differences:,} differences"
            fewest = -(-len(keys) // COMPARE_PAGE) + -(-differences // KEYS)
            line(f"{what}: requests / fewest", f"{found['requests'] / fewest:.3f}",
                 "1.05" if clients >= 10 * MANY else "")
            line(f"{what}: rows / (clients + differences)",
                 f"{rows_read(site)[CLIENTS] / (len(keys) + differences):.3f}")
            line(f"{what}: CPU a 1,000,000 clients, s", f"{1e6 * found['cpu_seconds'] / len(keys):.0f}", "60")
            line(f"{what}: bytes / the full read's",
                 f"{site.onec.get('/counters')['bytes'] / full_bytes:.3f}")
            line(f"{what}: peak, MiB", f"{found['peak_kib'] / 1024:.0f}", "96")
            return site.onec.get("/counters")["with_skip"]

        skips = compare(0)
        now = site.onec.get("/health")["now"]
        edited = edit(site, keys)
        window = history_rows_since(site, now)
        site.onec.delete("/journal")
        delta = read(site, "changes", full["watermark"])
        rows = rows_read(site)
        line(f"{name}: {CHANGES:,} changes: rows / (history rows + clients named)",
             f"{(rows[HISTORY] + rows[CLIENTS]) / (window + edited):.3f}", "1.1")
        fewest = -(-window // HISTORY_PAGE) + -(-edited // KEYS)
        line(f"{name}: {CHANGES:,} changes: requests / fewest", f"{delta['requests'] / fewest:.3f}")
        assert delta["clients"] >= edited, (delta, edited)
        skips += site.onec.get("/counters")["with_skip"] + compare(edited)
        plain = read(site, "full")
        for what in ("rows", "requests", "cpu_seconds"):
            line(f"{name}: {CHANGES:,} changes: {what} / the plain way's", f"{delta[what] / plain[what]:.4f}")
        skips += site.onec.get("/counters")["with_skip"]
        line(f"{name}: requests with $skip", skips, "0")
        line(f"{name}: the emulator's peak, MiB", f"{peak_kib(site.base) / 1024:.0f}")
        return full


class Cost:
    """What a run of the agent took: CPU, rows and requests."""

    def __init__(self, site, *command):
        site.onec.delete("/journal")
        before = cpu_seconds(site.agent)
        self.run = site.json(*command, "--wait", seconds=7200)
        assert self.run["state"] == "SUCCEEDED", self.run
        self.cpu = cpu_seconds(site.agent) - before
        self.rows = rows_read(site)
        self.requests = site.onec.get("/counters")["by_kind"].get("list", 0)


def agent(guests, line):
    """The whole agent: first export, lost ledger, a night's changes, the plain way."""
    name = f"agent, {guests:,} guests"
    with Site(generate=guests) as site:
        site.portal.post("/config", {"box": True})  # no limits: this is about the source
        site.start_server()
        site.start_agent()
        # Write-back is left out, one write in ten seconds at most: IDs are loaded below.
        site.connect(extra=("--write-back-rate", "0.1"))
        idle = peak_kib(site.agent)

        def memory(what):
            peak = peak_kib(site.agent)
            line(f"{name}: {what}: peak (above idle), MiB", f"{peak / 1024:.0f} ({(peak - idle) / 1024:.0f})",
                 "96")

        first = Cost(site, "export", "run", "main")
        counters = first.run["counters"]
        line(f"{name}: first export: 1C requests / fewest",
             f"{first.requests / -(-counters['scanned'] // PAGE):.3f}", "1.05" if guests >= MANY else "")
        line(f"{name}: first export: CPU a 1,000,000 guests, s", f"{1e6 * first.cpu / counters['scanned']:.0f}")
        memory("first export")
        keys = load_ids(site, site.portal.get("/contacts/ids"))

        assert site.agent.stop() == 0
        shutil.rmtree(site.dir / "agent" / "ledgers")
        site.start_agent()
        rebuild = Cost(site, "ledger", "rebuild", "main")
        line(f"{name}: ledger rebuild: CPU a 1,000,000 guests, s", f"{1e6 * rebuild.cpu / len(keys):.0f}")
        line(f"{name}: ledger rebuild: rows of 1C", sum(rebuild.rows.values()))
        memory("ledger rebuild")
        again = Cost(site, "export", "run", "main")
        line(f"{name}: export after it: contacts written twice", again.run["counters"]["added"], "0")

        now = site.onec.get("/health")["now"]
        edited = edit(site, keys)
        window = history_rows_since(site, now)
        delta = Cost(site, "export", "run", "main")
        rows = delta.rows.get(HISTORY, 0) + delta.rows.get(CLIENTS, 0)
        line(f"{name}: {CHANGES:,} changes: rows / (history rows + clients named)",
             f"{rows / (window + edited):.3f}", "1.1")
        plain = Cost(site, "export", "run", "main", "--full")
        line(f"{name}: {CHANGES:,} changes: rows / the plain way's",
             f"{rows / sum(plain.rows.values()):.4f}")
        line(f"{name}: {CHANGES:,} changes: CPU / the plain way's", f"{delta.cpu / plain.cpu:.3f}")
        line(f"{name}: the plain way: CPU a 1,000,000 guests, s", f"{1e6 * plain.cpu / len(keys):.0f}")
        memory("the plain way")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100_000, help="of the large base; 1000000 takes a while")
    parser.add_argument("--small", type=int, default=10_000, help="of the base that it is compared with")
    parser.add_argument("--exported", type=int, default=10_000, help="guests of the whole agent; 0: none")
    arguments = parser.parse_args()

    table = []

    def line(what, figure, target=""):
        table.append((what, figure, target))

    small = reading(arguments.small, line)
    large = reading(arguments.clients, line)
    line(f"peak of a full read, {arguments.clients:,} / {arguments.small:,}",
         f"{large['peak_kib'] / small['peak_kib']:.3f}", "1.1")
    if arguments.exported:
        agent(arguments.exported, line)

    width = max(len(what) for what, _, _ in table)
    print(f"{'':{width}}  {'figure':>15}  at most")
    for what, figure, target in table:
        print(f"{what:{width}}  {figure!s:>15}  {target}")


if __name__ == "__main__":
    main()
