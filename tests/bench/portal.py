"""The way to the portal, against its limits and against the official SDK: one run, ratios.

The agent's figures hold its whole way (rows of 1C, mapping, ledger, portal, results) without the
write-back; the SDK only sends contacts that it already has. Virtual time: agent_pace_test, whose model
has both limits exactly. Real time: the emulator; the operating-bound case takes eleven minutes and is
left out unless --operating is given. Ends with exit code 1 when a target is not met."""

import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import BIN, Site, guest  # noqa: E402
from first_export import cpu_seconds, peak_kib  # noqa: E402
from source_base import MANY, Table  # noqa: E402

SDK = pathlib.Path(__file__).resolve().parents[1] / "emulators" / "conformance" / "bitrix24"
BURST, DRAIN, IMPORT_MOST, COMMANDS_MOST = 50, 2, 20 * 50, 50
# Beyond, the SDK's batches take longer than anybody waits for.
SDK_MOST = 20_000
# Below, what a run begins with (a first contact alone, requests that grow) counts for more than the limit.
BUCKET_MANY = {"bucket 50/2": 20_000, "bucket 250/5": 100_000}


def seconds_of(run):
    def moment(name):
        return datetime.datetime.fromisoformat(run[name].replace("Z", "+00:00"))
    return (moment("endTime") - moment("startTime")).total_seconds()


def export(rows, fewest, cost=None):
    """A first export; what it cost. `cost`: seconds of an imported contact, if not the emulator's."""
    with Site(rows) as site:
        site.start_server()
        site.start_agent()
        # Write-back is left out: one write in ten seconds at most.
        site.connect(extra=("--write-back-rate", "0.1"))
        if cost is not None:
            site.portal.post("/config", {"cost_per_item": {"crm.item.batchimport": cost}})
        idle = peak_kib(site.agent)
        before = cpu_seconds(site.agent)
        run = site.json("export", "run", "main", "--wait", seconds=3600)
        counters = site.portal.get("/counters")
        statuses = counters.get("statuses", {})
        assert run["counters"]["added"] == len(rows), run["counters"]
        return {
            "guests": len(rows), "requests": run["portal"]["httpRequests"], "fewest": fewest,
            "seconds": seconds_of(run), "cpu": cpu_seconds(site.agent) - before,
            "refusals": int(statuses.get("503", 0)) + int(statuses.get("429", 0))
            + counters["operating_blocked"] + run["portal"]["throttled"],
            "mib_above_idle": (peak_kib(site.agent) - idle) / 1024,
        }


def virtual():
    """Time and requests on the exact model, as the test prints them."""
    test = BIN.parent / "test-bin" / "agent_pace_test"
    done = subprocess.run([test, "--gtest_filter=PacerLimits.*"], capture_output=True, text=True,
                          check=True)
    found = re.findall(r"^(.+?) {2,}time taken / least: mean ([0-9.]+), worst ([0-9.]+); "
                       r"requests / fewest ([0-9.]+)$", done.stdout, re.M)
    # Whole windows are steps; what counts in the long run is the flow.
    return [row for row in found if "(windows)" not in row[0]]


def sdk(guests, singly):
    """CPU of the official SDK for sending as many contacts, in batches or one by one."""
    certificates = SDK / "node_modules" / ".bench-certificates"
    subprocess.run([BIN / "guestbridge-emulator-bitrix24", "--make-cert", certificates],
                   check=True, stdout=subprocess.DEVNULL)
    environment = dict(os.environ, EMULATOR_BITRIX24=str(BIN / "guestbridge-emulator-bitrix24"),
                       CERTIFICATES=str(certificates),
                       NODE_EXTRA_CA_CERTS=str(certificates / "ca.pem"))
    done = subprocess.run(["node", SDK / "send_contacts.mjs", str(guests), "1" if singly else "0"],
                          env=environment, capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        raise SystemExit(f"the SDK failed:\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guests", type=int, nargs="+", default=[5_000, 20_000, 100_000])
    parser.add_argument("--pairs", type=int, default=5,
                        help="exports and runs of the SDK by turns, whose median counts")
    parser.add_argument("--operating", action="store_true",
                        help="the operating-bound case on real time too")
    arguments = parser.parse_args()

    table = Table()
    line = table.line

    for name, mean, worst, requests in virtual():
        many = next((n for limit, n in BUCKET_MANY.items() if name.startswith(limit)), None)
        large = many is None or int(re.search(r"(\d+) units", name)[1]) >= many
        line(f"virtual time: {name}: requests / fewest", requests, "1.02" if many and large else "")
        line(f"virtual time: {name}: time / least, mean (worst)", f"{mean} ({worst})", "1.05" if large else "")

    # Three minutes; with less, what a run begins with counts for more than the limit.
    with_address = [guest(n, Address="Невский пр., 1") for n in range(1, 20_001)]
    paced = export(with_address, 1 + -(-(len(with_address) - 1) // COMMANDS_MOST))
    bound = max(0, paced["requests"] - BURST) / DRAIN
    line("real time, bucket-bound, 20,000 guests: requests / fewest",
         f"{paced['requests'] / paced['fewest']:.3f}", "1.02")
    line("real time, bucket-bound: time / least", f"{paced['seconds'] / bound:.3f}", "1.05")
    line("real time, bucket-bound: 503 and 429", paced["refusals"], "0")

    if arguments.operating:
        # 880 s of work: the second window begins 600 s after the first.
        many, cost = 1100, 0.8
        slow = export([guest(n) for n in range(1, many + 1)], -(-int(many * cost) // 20), cost)
        line(f"real time, operating-bound, {many} guests: requests / fewest of 20 s each",
             f"{slow['requests'] / slow['fewest']:.3f}")
        # The last window's work needs no waiting for the next.
        least = 600 * (-(-int(many * cost) // 480) - 1)
        line("real time, operating-bound: time / least", f"{slow['seconds'] / least:.3f}", "1.05")
        line("real time, operating-bound: 503 and 429", slow["refusals"], "0")

    if not (SDK / "node_modules" / ".package-lock.json").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=SDK,
                       check=True)
    for count in arguments.guests:
        rows = [guest(n) for n in range(1, count + 1)]
        compared = count <= SDK_MOST
        exports, theirs = [], []
        for _ in range(arguments.pairs if compared else 1):
            # Below what the portal charges, so that the request limit alone binds.
            exports.append(export(rows, 1 + -(-(len(rows) - 1) // IMPORT_MOST), cost=0.004))
            if compared:
                theirs.append(sdk(count, False)["cpu_seconds"])
        bulk = exports[0]
        line(f"import of {count:,} guests: requests / fewest", f"{bulk['requests'] / bulk['fewest']:.3f}",
             "1.02" if count >= MANY else "")
        bound = max(0, bulk["requests"] - BURST) / DRAIN
        if bound > 0:
            line(f"import of {count:,} guests: time / least", f"{bulk['seconds'] / bound:.3f}")
        ours = [run["cpu"] for run in exports]
        line(f"import of {count:,} guests: agent's CPU a contact, ms",
             f"{1e3 * statistics.median(ours) / count:.3f}")
        line(f"import of {count:,} guests: peak above idle, MiB",
             f"{max(run['mib_above_idle'] for run in exports):.0f}", "64")
        line(f"import of {count:,} guests: 503 and 429", sum(run["refusals"] for run in exports), "0")
        if compared:
            line(f"SDK, {count:,} contacts in batches: CPU a contact, ms",
                 f"{1e3 * statistics.median(theirs) / count:.3f}")
            # Each with the one right after it: what the machine does meanwhile hits both alike.
            ratios = sorted(mine / its for mine, its in zip(ours, theirs))
            line(f"SDK, {count:,} contacts in batches: the agent's / its, median of {len(ratios)}",
                 f"{statistics.median(ratios):.3f}", "0.5")
            line(f"SDK, {count:,} contacts in batches: least and most",
                 f"{ratios[0]:.3f} to {ratios[-1]:.3f}")

    single = sdk(100, True)
    line("SDK, one call each: CPU a contact, ms",
         f"{1e3 * single['cpu_seconds'] / single['contacts']:.3f}")

    return 0 if table.show() else 1


if __name__ == "__main__":
    sys.exit(main())
