"""Wall clocks that jump both ways, in the middle of doubts, leases and token lives."""

import time

import oracle
from fault_site import IMPORT, SLOW, FaultSite
from registry import add_row

DAY = 86400
JUMPS = {"an hour ahead": 3600, "an hour back": -3600, "a day ahead": DAY, "a day back": -DAY,
         "ten years ahead": 3650 * DAY, "back to 1971": 366 * DAY - time.time()}


def jump(seconds, who, oauth=False):
    with FaultSite(oauth=oauth) as site:
        # Both programs have the hook from the start; only `who` is set wrong later.
        right = site.dir / "right"
        right.write_text("0\n")
        site.shift_clock(0)
        shifted = site.clock_shift
        site.clock_shift = shifted if "server" in who else right
        site.start_server()
        site.clock_shift = shifted if "agent" in who else right
        site.start_agent()
        site.connect(settle="2s")
        site.clock_shift = shifted
        site.portal.post("/config", {"latency_ms": SLOW})
        site.portal.post("/faults", [
            {"kind": "late_commit", "method": IMPORT, "ms": 1500, "nth": 2},
            {"kind": "reset", "method": IMPORT, "nth": 3}])
        run = site.begin()
        time.sleep(0.6)
        site.shift_clock(seconds)
        time.sleep(1)
        site.portal.delete("/faults")
        state = site.ended(run, seconds=150)
        oracle.expect(state["state"] == "SUCCEEDED", state)
        # Back again, with work to do.
        site.arrive(10)
        site.edit(10)
        run = site.begin()
        time.sleep(0.2)
        site.shift_clock(0)
        oracle.expect(site.ended(run, seconds=150)["state"] == "SUCCEEDED",
                      site.json("run", "get", run))
        site.finish()
        # A difference that was reported meanwhile stands until the next report.
        deadline = time.monotonic() + 60
        while site.try_cli("status", "--check") != 0 and time.monotonic() < deadline:
            time.sleep(1)
        # Guests in doubt are edited here.
        return oracle.check(site, total=oracle.AT_MOST)


for name, seconds in JUMPS.items():
    add_row(f"agent's clock {name}", "clock_rows.py", "no settle time is shortened, nothing waits",
            lambda s=seconds: jump(s, ("agent",)), fast=name == "a day back")
for name in ("an hour ahead", "an hour back", "a day ahead", "a day back"):
    add_row(f"server's clock {name}", "clock_rows.py", "leases stay one writer's; nothing waits",
            lambda s=JUMPS[name]: jump(s, ("server",)))
add_row("both clocks a day back", "clock_rows.py", "nothing waits",
        lambda: jump(-DAY, ("server", "agent")))
add_row("server's clock an hour ahead, OAuth", "clock_rows.py", "tokens are renewed too early",
        lambda: jump(3600, ("server",), oauth=True))
