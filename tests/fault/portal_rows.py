"""What lies between us and the portal's word: resets, late work, gateways, broken bodies."""

import time

import oracle
from fault_site import IMPORT, FaultSite
from registry import add_row, row

BATCH = {"method": "batch"}
# name -> (fault, what becomes of the commands). Each strikes one request of a delta of new
# and edited guests; where it is repeated, the first request, then the second.
FAULTS = {
    "reset before commit": ({"kind": "reset"}, "doubt, complete miss, sent again"),
    "reset after commit": ({"kind": "reset", "commit": True}, "doubt, found by origin"),
    "batch cut after 0 commands": ({"kind": "drop", "after": 0}, "nothing there: sent again"),
    "batch cut after 1 command": ({"kind": "drop", "after": 1}, "one found, the rest sent"),
    "batch cut after 7 commands": ({"kind": "drop", "after": 7}, "seven found, the rest sent"),
    "batch cut after 19 commands": ({"kind": "drop", "after": 19}, "all but one found"),
    "late commit after 0.5 s": ({"kind": "late_commit", "ms": 500}, "waited for, found"),
    "late commit after 1.5 s": ({"kind": "late_commit", "ms": 1500}, "waited for, found"),
    "late commit after a reset": ({"kind": "late_commit", "ms": 900, "body": "reset"},
                                  "waited for, found"),
    "502 page before commit": ({"kind": "html", "status": 502}, "doubt, miss, sent again"),
    "502 page after commit": ({"kind": "html", "status": 502, "commit": True}, "doubt, found"),
    "504 page before commit": ({"kind": "html", "status": 504}, "doubt, miss, sent again"),
    "504 page after commit": ({"kind": "html", "status": 504, "commit": True}, "doubt, found"),
    "503 page": ({"kind": "html", "status": 503}, "doubt, unlike a 503 in JSON"),
    "500 JSON before commit": ({"kind": "error", "error": "INTERNAL_SERVER_ERROR",
                                "description": "x"}, "doubt, miss, sent again"),
    "500 JSON after commit": ({"kind": "error", "error": "INTERNAL_SERVER_ERROR",
                               "description": "x", "commit": True}, "doubt, found"),
    "truncated JSON": ({"kind": "truncate"}, "doubt, found"),
    "cut body": ({"kind": "cut"}, "doubt, found"),
    "slow drip": ({"kind": "drip", "bytes": 400, "ms": 20}, "read to its end"),
    "200 with HTML before commit": ({"kind": "html", "status": 200}, "doubt, miss, sent again"),
    "200 with HTML after commit": ({"kind": "html", "status": 200, "commit": True},
                                   "doubt, found"),
    "200 with an unclear error": ({"kind": "ok_error", "error": "ERROR_CORE",
                                   "description": "x"}, "doubt, miss, sent again"),
    "200 with an unclear error after commit": ({"kind": "ok_error", "error": "ERROR_CORE",
                                                "description": "x", "commit": True},
                                               "doubt, found"),
    "503 too many requests": ({"kind": "throttle"}, "definite: sent again after a pause"),
    "429 for the whole request": ({"kind": "operating"}, "definite: waits for the reset"),
}
PER_COMMAND = {
    "429 for single commands": ({"kind": "operating", "nth": 5},
                                "definite for that command alone"),
    "an unclear error of a contact that was made": ({"kind": "core_error", "nth": 9},
                                                    "doubt of one command, found"),
    "an unclear error of a contact that was not made": (
        {"kind": "error", "status": 400, "error": "ERROR_CORE", "description": "x", "nth": 3},
        "doubt of one command, tried once more alone"),
}
SHORT = {"reset after commit", "batch cut after 7 commands", "late commit after 1.5 s",
         "504 page after commit", "200 with an unclear error"}


def delta(site, mark):
    site.arrive(20)
    site.edit(20, mark=mark)


def strike(site, fault, mark):
    delta(site, mark)
    site.portal.post("/faults", fault)
    site.try_cli("export", "run", "main", "--wait", "--settle")
    struck = sum(rule["fired"] for rule in site.portal.get("/faults"))
    site.portal.delete("/faults")
    site.finish()
    return struck


def play_request(fault):
    with FaultSite(guests=30) as site:
        site.up()
        site.finish()
        struck = sum(strike(site, {**fault, **BATCH, "nth": nth}, f"m{nth}") for nth in (1, 2))
        oracle.expect(struck == 2, "the fault struck", struck, "times")
        return oracle.check(site)


def play_command(fault, method="crm.contact.add"):
    with FaultSite(guests=30) as site:
        site.up()
        site.finish()
        oracle.expect(strike(site, {**fault, "method": method}, "c") == 1, "it never struck")
        return oracle.check(site)


def play_first_export(fault):
    with FaultSite() as site:
        site.up()
        site.portal.post("/faults", {**fault, "method": IMPORT, "nth": 2})
        site.try_cli("export", "run", "main", "--wait", "--settle")
        oracle.expect(site.portal.get("/faults")[0]["fired"] == 1, "the fault never struck")
        site.portal.delete("/faults")
        site.finish()
        return oracle.check(site)


for name, (fault, expected) in FAULTS.items():
    add_row(name, "portal_rows.py", expected, lambda f=fault: play_request(f), fast=name in SHORT)
for name, (fault, expected) in PER_COMMAND.items():
    add_row(name, "portal_rows.py", expected, lambda f=fault: play_command(f), fast=name in SHORT)
for name in ("reset after commit", "late commit after 1.5 s", "504 page before commit"):
    add_row(f"{name}, in the first export", "portal_rows.py", FAULTS[name][1],
            lambda f=FAULTS[name][0]: play_first_export(f))


add_row("slow drip past the deadline, in the first export", "portal_rows.py",
        "cut after 120 s: doubt, found",
        lambda: play_first_export({"kind": "drip", "bytes": 1, "ms": 2000}))


@row("late commit after the settle time", "two contacts, and a run says so", fast=True)
def too_late():
    """Assumption A1 is broken: what is promised then is that somebody is told."""
    with FaultSite(guests=30) as site:
        site.up()
        site.finish()
        [number] = site.arrive(1)
        site.portal.post("/faults", {"kind": "late_commit", "ms": 8000, "nth": 1,
                                     "method": "crm.contact.add"})
        run = site.json("export", "run", "main", "--wait", "--settle")
        oracle.expect(run["state"] == "SUCCEEDED" and run["counters"]["added"] == 1, run)
        deadline = time.monotonic() + 60
        while site.portal.get("/counters")["duplicate_origins"] == 0:
            oracle.expect(time.monotonic() < deadline, "it was never carried out")
            time.sleep(0.2)
        run = site.json("export", "run", "main", "--wait", "--wait-write-back")
        told = [n for n in run["notices"] if n["reason"] == "TWO_CONTACTS_OF_ONE_CLIENT"]
        [key] = [key for key, held in site.contacts().items() if len(held) == 2]
        oracle.expect(len(told) == 1 and told[0]["parameters"]["client"] == key, run)
        linked = site.clients()[key]["B24ContactID"]
        [other] = [c["id"] for c in site.contacts()[key] if str(c["id"]) != linked]
        site.portal.post("/contacts/delete", {"id": other})
        site.finish()
        oracle.one_contact_each(site)
        oracle.quiet_logs(site)
        return f"guest {number} had two"
