"""1C away, in maintenance, locked, deaf, or another base than it was."""

import base64
import json
import threading
import urllib.request

import oracle
from fault_site import FaultSite, guest
from registry import row

OTHER_BASE = "0b0e1f00-7e57-4a5e-9d00-0000000000ff"


def for_a_while(site, fault, seconds):
    site.onec.post("/faults", fault)
    timer = threading.Timer(seconds, lambda: site.onec.delete("/faults"))
    timer.start()
    return timer


def through(fault, seconds=None, guests=60):
    """A first export under a fault of 1C that lasts `seconds`, or that strikes by itself."""
    with FaultSite(guests=guests) as site:
        site.up()
        timer = for_a_while(site, fault, seconds) if seconds else site.onec.post("/faults", fault)
        run = site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back")
        if seconds:
            timer.join()
        oracle.expect(run["state"] == "SUCCEEDED", run)
        oracle.expect(run["writeBack"]["parked"] == 0, run)
        oracle.expect(sum(rule["struck"] for rule in site.onec.get("/faults")) > 0
                      or seconds, "the fault never struck")
        site.onec.delete("/faults")
        site.finish()
        return oracle.check(site)


@row("1C away for 4 s", "the run waits and ends well", fast=True)
def away():
    return through({"kind": "reset"}, seconds=4)


@row("1C in maintenance for 4 s", "the run waits and ends well")
def maintenance():
    return through({"kind": "maintenance_html"}, seconds=4)


@row("1C in maintenance with status 200 for 3 s", "no page is taken for an empty base")
def maintenance_200():
    return through({"kind": "html_ok"}, seconds=3)


@row("1C out of licences for 2 s", "the run waits and ends well")
def licences():
    return through({"kind": "no_licence"}, seconds=2)


@row("1C answers half a page", "the page is read again")
def half_a_page():
    return through({"kind": "truncated", "url": "Catalog_Clients", "method": "GET", "nth": 1})


@row("1C in maintenance during write-back", "IDs wait and arrive")
def maintenance_of_writes():
    return through({"kind": "maintenance_html", "method": "PATCH", "nth": 3, "count": 2},
                   guests=20)


@row("lock conflicts on write-back", "the guest's ID waits behind the others", fast=True)
def locks():
    return through({"kind": "lock", "method": "PATCH", "nth": 2, "count": 2}, guests=20)


@row("1C carries a write out and resets", "written again, to no harm")
def reset_after_write():
    return through({"kind": "reset", "method": "PATCH", "nth": 2, "after": True}, guests=20)


@row("1C answers 200 to a write that it did not keep", "parked with WRITE_NOT_KEPT, retried",
     fast=True)
def not_kept():
    with FaultSite(guests=20) as site:
        site.up()
        deaf = guest(7)["Ref_Key"]
        site.onec.post("/faults", {"kind": "silent_loss", "url": deaf, "method": "PATCH"})
        run = site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back")
        oracle.expect(run["writeBack"]["parked"] == 1, run)
        [told] = [c for c in site.json("clients", "list", "main") if c["client"] == deaf]
        oracle.expect(told.get("reason") == "WRITE_NOT_KEPT", told)
        oracle.expect(site.cli("status", "--check", code=1).code == 1, "nobody is asked")
        site.onec.delete("/faults")
        site.finish(retry=True)
        return oracle.check(site)


def set_base_identity(site, value):
    credentials = base64.b64encode("Интеграция:1c-pass-word".encode()).decode()
    request = urllib.request.Request(
        f"{site.source_url}/odata/standard.odata/Constant_InfoBaseUUID?$format=json",
        headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        key = json.load(answer)["value"][0]["SurrogateKey"]
    request = urllib.request.Request(
        f"{site.source_url}/odata/standard.odata/Constant_InfoBaseUUID({key})?$format=json",
        data=json.dumps({"Value": value}).encode(), method="PATCH",
        headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=30).close()


@row("a test copy of the 1C base", "FAILED with BASE_CHANGED before the first write", fast=True)
def test_copy():
    with FaultSite() as site:
        site.up()
        site.finish()
        before = site.portal.get("/contacts")
        site.edit(10)
        site.arrive(5)
        set_base_identity(site, OTHER_BASE)
        run = site.json("export", "run", "main", "--wait", code=1)
        oracle.expect(run["state"] == "FAILED", run)
        oracle.expect(run["error"]["reason"] == "BASE_CHANGED" and run["error"]["remedy"], run)
        oracle.expect(site.portal.get("/contacts") == before, "the copy wrote to the portal")
        set_base_identity(site, "0b0e1f00-7e57-4a5e-9d00-000000000001")
        site.finish()
        return oracle.check(site)


@row("1C restored from a backup", "IDs are written again, nobody is doubled")
def restored():
    with FaultSite() as site:
        site.up()
        site.onec.post("/backup")
        site.finish()
        site.onec.post("/restore")
        site.finish("--full")
        return oracle.check(site)
