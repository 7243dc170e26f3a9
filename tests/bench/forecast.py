"""What a dry run says of time and requests, against what the run then takes; runs of more than a minute.

Real time: five minutes, most of it spent waiting. The operating-bound case takes another twenty and is left
out unless --operating is given. A portal that is operating-bound is foretold from what its methods were
measured to cost; before that a forecast says only what the request limit allows, and that it is not
measured."""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Site, guest  # noqa: E402
from portal import seconds_of  # noqa: E402
from source_base import Table  # noqa: E402

LONGEST = 3600  # seconds that a run may take
FULL_BUCKET_DRAINS = 30
WINDOW = 600  # of operating time


def plan(site, *flags):
    return site.json("export", "run", "main", "--dry-run", "--wait", *flags, seconds=LONGEST)["forecast"]


def run(site, *flags):
    return site.json("export", "run", "main", "--wait", *flags, seconds=LONGEST)


def off_by(said, was):
    return max(said, was) / min(said, was) - 1


def compare(table, what, forecast, done):
    seconds = seconds_of(done)
    assert seconds > 60, f"{what}: {seconds} s are no proof"
    table.line(f"{what}: seconds taken", round(seconds))
    table.line(f"{what}: forecast of them, off by", f"{off_by(forecast['seconds'], seconds):.3f}", 0.15)
    table.line(f"{what}: forecast of requests that write, off by",
               f"{off_by(forecast['httpRequests'], done['portal']['httpRequests']):.3f}", 0.15)


def rename(site, count, name):
    for first in range(1, count + 1, 1000):
        site.onec.post("/clients/load", {
            guest(n)["Ref_Key"]: {"LastName": f"{name}{n}"}
            for n in range(first, min(count, first + 999) + 1)})


def site_of(count):
    # An address makes each contact a command of its own.
    return Site([guest(n, Address=f"Невский пр., {n}") for n in range(1, count + 1)])


def start(site):
    site.start_server()
    site.start_agent()
    # Write-back is left out: one write in ten seconds at most.
    site.connect(extra=("--write-back-rate", "0.1"))


def bucket_bound(table, count):
    with site_of(count) as site:
        start(site)
        told = plan(site)
        compare(table, f"bucket-bound, first export of {count:,}", told, run(site))
        time.sleep(FULL_BUCKET_DRAINS)
        rename(site, count, "Новый")
        told = plan(site, "--full")
        compare(table, f"bucket-bound, {count:,} updates", told, run(site, "--full"))


def operating_bound(table, count, cost):
    """What an update costs there must have been measured: by a few of them."""
    with site_of(count) as site:
        start(site)
        run(site)
        site.portal.post("/config", {"cost": {"crm.contact.update": cost}})
        rename(site, 20, "Первый")
        run(site)
        time.sleep(WINDOW)
        rename(site, count, "Новый")
        told = plan(site, "--full")
        assert told.get("measured"), told
        compare(table, f"operating-bound, {count:,} updates", told, run(site, "--full"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guests", type=int, default=12_000)
    parser.add_argument("--operating", action="store_true", help="the operating-bound case too")
    arguments = parser.parse_args()
    table = Table()
    if arguments.guests > 0:
        bucket_bound(table, arguments.guests)
    if arguments.operating:
        # 800 s of work: more than a window of ten minutes holds.
        operating_bound(table, 1000, 0.8)
    sys.exit(0 if table.show() else 1)


if __name__ == "__main__":
    main()
