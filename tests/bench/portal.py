"""The way to the portal: requests, time at the request limit, refusals, CPU and memory.

One run, one emulator, ratios. The agent's figures hold its whole way (rows of 1C, mapping, ledger,
portal, results) without the write-back; the SDK only sends contacts that it already has. Both limits
on virtual time are measured by agent_pace_test (see sync-agent/pace/README.md)."""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import BIN, Site, guest  # noqa: E402
from first_export import cpu_seconds, peak_kib  # noqa: E402

SDK = pathlib.Path(__file__).resolve().parents[1] / "emulators" / "conformance" / "bitrix24"
BURST, DRAIN, IMPORT_MOST, COMMANDS_MOST = 50, 2, 20 * 50, 50


def seconds_of(run):
    def moment(name):
        return datetime.datetime.fromisoformat(run[name].replace("Z", "+00:00"))
    return (moment("endTime") - moment("startTime")).total_seconds()


def export(rows, fewest, quick):
    """A first export; what it cost."""
    with Site(rows) as site:
        site.start_server()
        site.start_agent()
        # Write-back is left out: one write in ten seconds at most.
        site.connect(extra=("--write-back-rate", "0.1"))
        if quick:
            # Below what the portal charges, so that the request limit alone binds.
            site.portal.post("/config", {"cost_per_item": {"crm.item.batchimport": 0.004}})
        idle = peak_kib(site.agent)
        before = cpu_seconds(site.agent)
        run = site.json("export", "run", "main", "--wait")
        counters = site.portal.get("/counters")
        statuses = counters.get("statuses", {})
        assert run["counters"]["added"] == len(rows), run["counters"]
        return {
            "guests": len(rows), "requests": run["portal"]["httpRequests"], "fewest": fewest,
            "seconds": seconds_of(run), "cpu": cpu_seconds(site.agent) - before,
            "refusals": int(statuses.get("503", 0)) + int(statuses.get("429", 0))
            + counters["operating_blocked"],
            "throttled": run["portal"]["throttled"],
            "mib_above_idle": (peak_kib(site.agent) - idle) / 1024,
        }


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
    parser.add_argument("--guests", type=int, default=20000)
    parser.add_argument("--sdk-guests", type=int, default=2000)
    arguments = parser.parse_args()

    rows = [guest(n) for n in range(1, arguments.guests + 1)]
    bulk = export(rows, 1 + -(-(len(rows) - 1) // IMPORT_MOST), quick=True)
    with_address = [guest(n, Address="Невский пр., 1") for n in range(1, 5001)]
    paced = export(with_address, 1 + -(-(len(with_address) - 1) // COMMANDS_MOST), quick=False)
    bound = max(0, paced["requests"] - BURST) / DRAIN

    print(f"import, {bulk['guests']} guests: {bulk['requests']} requests, "
          f"of which {bulk['fewest']} at least for the contacts; 503 and 429: {bulk['refusals']}")
    print(f"  agent CPU {1e3 * bulk['cpu'] / bulk['guests']:.3f} ms a contact, peak "
          f"{bulk['mib_above_idle']:.0f} MiB above idle")
    print(f"one contact a command, {paced['guests']} guests: requests / fewest = "
          f"{paced['requests'] / paced['fewest']:.3f}; 503 and 429: {paced['refusals']}")
    print(f"  time / lower bound of the request limit on real time = {paced['seconds']:.1f} / "
          f"{bound:.1f} = {paced['seconds'] / bound:.3f}")

    if not (SDK / "node_modules" / ".package-lock.json").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=SDK,
                       check=True)
    batches, single = sdk(arguments.sdk_guests, False), sdk(min(arguments.sdk_guests, 100), True)
    for name, figures in (("in batches", batches), ("one call each", single)):
        ours = bulk["cpu"] / bulk["guests"]
        theirs = figures["cpu_seconds"] / figures["contacts"]
        print(f"SDK {name}: {1e3 * theirs:.3f} ms a contact, {figures['requests']} requests for "
              f"{figures['contacts']}; agent / SDK = {ours / theirs:.3f}")


if __name__ == "__main__":
    main()
