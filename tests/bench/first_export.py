"""First export and delta of one hotel, real processes: what they cost, as ratios where a bound is known.

Absolute times say little on a shared machine; requests, commands and memory do not depend on it."""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Site, guest, sample_guests  # noqa: E402


def peak_kib(process):
    for line in open(f"/proc/{process.pid}/status", encoding="ascii"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def cpu_seconds(process):
    fields = open(f"/proc/{process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measure(site, name, fewest, *flags):
    before_cpu = cpu_seconds(site.agent)
    begun = time.monotonic()
    run = site.json("export", "run", "main", "--wait", *flags)
    wall = time.monotonic() - begun
    cpu = cpu_seconds(site.agent) - before_cpu
    portal, source, counters = run["portal"], run["source"], run["counters"]
    done = counters["added"] + counters["updated"] + counters["recreated"]
    print(f"{name}: {run['state']}, {counters['scanned']} clients, {done} written")
    print(f"  wall {wall:.1f} s, agent CPU {cpu:.2f} s, agent peak {peak_kib(site.agent) / 1024:.0f} MiB, "
          f"server peak {peak_kib(site.server) / 1024:.0f} MiB")
    print(f"  portal: {portal['httpRequests']} requests, {portal['commands']} commands, "
          f"throttled {portal['throttled']}, retried {portal['retried']}, waited {portal['waitSeconds']:.1f} s; "
          f"requests / fewest for the writes alone ({fewest}) = {portal['httpRequests'] / fewest:.2f}")
    print(f"  1C: {source['requests']} requests, {source['rows']} rows")
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guests", type=int, default=2000)
    arguments = parser.parse_args()
    rows = sample_guests(arguments.guests)
    rows += [guest(n) for n in range(len(rows) + 1, arguments.guests + 1)]
    with Site(rows) as site:
        site.start_server()
        site.start_agent()
        site.connect()
        print(f"idle agent: {peak_kib(site.agent) / 1024:.0f} MiB")
        run = measure(site, "first export", -(-len(rows) // 50))
        begun = time.monotonic()
        site.json("export", "run", "main", "--wait", "--wait-write-back")
        print(f"  write-back of {run['counters']['added']} IDs done {time.monotonic() - begun:.1f} s later")
        clients = list(site.clients().items())
        plain = [k for k, r in clients if r["LastName"] and not r["DeletionMark"] and not r["IsFolder"]]
        for key in plain[:10]:
            site.onec.post("/clients/edit", {"guid": key, "set": {"LastName": "Изменённый"}})
        site.onec.post("/clients/add", {"LastName": "Новый", "FirstName": "Гость"})
        site.portal.post("/contacts/delete", {"id": site.contacts()[plain[20]][0]["id"]})
        measure(site, "delta (10 edits, 1 new, 1 gone)", 1)


if __name__ == "__main__":
    main()
