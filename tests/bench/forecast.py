"""What a dry run says of time and requests, against what the run then takes; runs of more than a minute.

Real time: a quarter of an hour, most of it spent waiting. The operating-bound case takes another half an
hour and is left out unless --operating is given."""

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


def case(table, what, count, pause, cost=None):
    # An address makes each contact a command of its own.
    with Site([guest(n, Address=f"Невский пр., {n}") for n in range(1, count + 1)]) as site:
        site.start_server()
        site.start_agent()
        # Write-back is left out: one write in ten seconds at most.
        site.connect(extra=("--write-back-rate", "0.1"))
        if cost is not None:
            site.portal.post("/config", {"cost": {"crm.contact.add": cost, "crm.contact.update": cost}})
        told = plan(site)
        compare(table, f"{what}, first export of {count:,}", told, run(site))
        time.sleep(pause)
        rename(site, count, "Новый")
        told = plan(site, "--full")
        compare(table, f"{what}, {count:,} updates", told, run(site, "--full"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guests", type=int, default=12_000)
    parser.add_argument("--operating", action="store_true", help="the operating-bound case too")
    arguments = parser.parse_args()
    table = Table()
    case(table, "bucket-bound", arguments.guests, FULL_BUCKET_DRAINS)
    if arguments.operating:
        # 800 s of work for each method: more than a window holds.
        case(table, "operating-bound", 1000, WINDOW, cost=0.8)
    sys.exit(0 if table.show() else 1)


if __name__ == "__main__":
    main()
