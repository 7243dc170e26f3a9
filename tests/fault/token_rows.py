"""OAuth: tokens that end in the middle, refresh answers that get lost, refusals."""

import oracle
from fault_site import IMPORT, SETTLE, SLOW, FaultSite
from registry import row


def expire(site):
    site.portal.post("/oauth/tokens", {"expire": "access", "issue": False})


def expired_in_mid(fault, guests=60):
    with FaultSite(guests=guests, oauth=True) as site:
        site.up()
        site.portal.post("/faults", fault)
        run = site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back")
        oracle.expect(run["state"] == "SUCCEEDED", run)
        oracle.expect(site.portal.get("/faults")[0]["fired"] > 0, "it never struck")
        site.portal.delete("/faults")
        site.finish()
        return oracle.check(site)


@row("token expired for a whole request", "renewed once, sent again", fast=True)
def whole():
    return expired_in_mid({"kind": "expired_token", "method": IMPORT, "nth": 2})


@row("token expired in mid-batch", "definite for the commands that it struck")
def in_mid_batch():
    # The sixth import is one of several commands in a batch.
    return expired_in_mid({"kind": "expired_token", "method": IMPORT, "nth": 6}, guests=200)


@row("tokens expire again and again", "each renewal once; the run ends well")
def again():
    with FaultSite(oauth=True) as site:
        site.up()
        site.portal.post("/config", {"latency_ms": SLOW})
        run = site.begin()
        for number in (2, 20, 40):
            while site.portal.get("/contacts/count")["count"] < number:
                pass
            expire(site)
        oracle.expect(site.ended(run)["state"] == "SUCCEEDED", site.json("run", "get", run))
        site.finish()
        return oracle.check(site)


def renewal(fault, survives):
    """Tokens are renewed under a fault of the token host."""
    with FaultSite(oauth=True) as site:
        site.up()
        site.finish()
        site.arrive(10)
        site.portal.post("/faults", {**fault, "method": "oauth/token"})
        expire(site)
        run = site.json("export", "run", "main", "--wait", "--settle", code=None)
        site.portal.delete("/faults")
        if run["state"] == "FAILED":
            oracle.expect(not survives, run)
            oracle.expect(run["error"]["reason"] and run["error"]["remedy"], run)
            oracle.expect(site.cli("status", "--check", code=1).code == 1, "nobody is asked")
            site.set_connection(settle=SETTLE)
        else:
            oracle.expect(survives, "nobody was asked", run)
        site.finish()
        return oracle.check(site) or run.get("error", {}).get("reason", "")


@row("refresh answer lost, refresh not done", "tried once more, goes on")
def lost_before():
    return renewal({"kind": "reset", "nth": 1}, survives=True)


@row("refresh answer lost, refresh done", "FAILED: a new authorisation is asked for", fast=True)
def lost_after():
    return renewal({"kind": "reset", "nth": 1, "commit": True}, survives=False)


@row("token host away for one call", "goes on by itself")
def token_host():
    return renewal({"kind": "html", "status": 502, "nth": 1}, survives=True)


@row("refresh token revoked", "FAILED with reason and remedy; goes on after `connection set`")
def revoked():
    with FaultSite(oauth=True) as site:
        site.up()
        site.finish()
        site.arrive(10)
        site.edit(10)
        site.portal.post("/oauth/tokens", {"revoke": "all", "issue": False})
        run = site.json("export", "run", "main", "--wait", code=1)
        oracle.expect(run["state"] == "FAILED" and run["error"]["remedy"], run)
        site.set_connection(settle=SETTLE)
        site.finish()
        return oracle.check(site) or run["error"]["reason"]


@row("application without the scope in mid-run", "FAILED with reason; goes on when it is back")
def scope():
    with FaultSite(oauth=True) as site:
        site.up()
        site.finish()
        site.arrive(10)
        site.portal.post("/faults", {"kind": "error", "method": "batch", "status": 403,
                                     "error": "insufficient_scope", "description": "x"})
        run = site.json("export", "run", "main", "--wait", code=1)
        oracle.expect(run["state"] == "FAILED" and run["error"]["remedy"], run)
        site.portal.delete("/faults")
        site.finish()
        return oracle.check(site) or run["error"]["reason"]
