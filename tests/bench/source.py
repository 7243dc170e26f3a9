"""What reading 1C costs, and whether it grows with the base: one run, ratios.

The connector alone (source_reading.cc says why) reads a small base and one of --clients: everything,
every version, a night's 1,000 changes, then everything again, which is the plain way of the manual's loop.
Then the whole agent (source_agent.py), with --exported guests each."""

import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import BIN, Site  # noqa: E402
from first_export import peak_kib  # noqa: E402
from source_agent import measure_agent  # noqa: E402
from source_base import (CHANGES, CLIENTS, COMPARE_PAGE, HISTORY, HISTORY_PAGE, KEYS, LISTS, LOOKS,  # noqa: E402
                         MANY, PAGE, PASSWORD, USER, Table, edit, history_since, load_ids, newest_history, rows_read)

LOADED_VERSION = "AAAAAAAAAAU="  # of a seeded client that load_ids() wrote once

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
        newest = newest_history(site)
        edited = edit(site, keys)
        window, named = history_since(site, newest)
        site.onec.delete("/journal")
        delta = read(site, "changes", full["watermark"])
        rows = rows_read(site)
        line(f"{name}: {CHANGES:,} changes: rows / (history rows + clients named)",
             f"{(rows[HISTORY] + rows[CLIENTS]) / (window + named):.3f}", "1.1")
        fewest = -(-window // HISTORY_PAGE) + -(-named // KEYS) + LISTS + LOOKS
        line(f"{name}: {CHANGES:,} changes: requests / fewest", f"{delta['requests'] / fewest:.3f}",
             "1.05" if clients >= MANY else "")
        assert delta["clients"] >= edited, (delta, edited)
        skips += site.onec.get("/counters")["with_skip"] + compare(edited)
        plain = read(site, "full")
        for what in ("rows", "requests", "cpu_seconds"):
            line(f"{name}: {CHANGES:,} changes: {what} / the plain way's", f"{delta[what] / plain[what]:.4f}")
        skips += site.onec.get("/counters")["with_skip"]
        line(f"{name}: requests with $skip", skips, "0")
        line(f"{name}: the emulator's peak, MiB", f"{peak_kib(site.base) / 1024:.0f}")
        return full


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100_000,
                        help="of the large base; 1000000 takes a while, 0: the agent alone")
    parser.add_argument("--small", type=int, default=10_000, help="of the base that it is compared with")
    parser.add_argument("--exported", type=int, nargs="*", default=[10_000, 100_000],
                        help="guests of the whole agent; 1000000 takes a quarter of an hour or more; none: no agent")
    arguments = parser.parse_args()
    table = Table()
    if arguments.clients:
        small = reading(arguments.small, table.line)
        large = reading(arguments.clients, table.line)
        table.line(f"peak of a full read, {arguments.clients:,} / {arguments.small:,}",
                   f"{large['peak_kib'] / small['peak_kib']:.3f}", "1.1")
    peaks = {guests: measure_agent(guests, table.line) for guests in arguments.exported}
    if len(peaks) > 1:
        least, most = min(peaks), max(peaks)
        # The ledger's page cache, 8 MiB, is not full with the smaller one.
        table.line(f"agent: highest peak, {most:,} / {least:,} guests", f"{peaks[most] / peaks[least]:.3f}", "1.2")
    return 0 if table.show() else 1


if __name__ == "__main__":
    sys.exit(main())
