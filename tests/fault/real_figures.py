"""One story with the real figures: settle time 120 s, a request cut at 60 s that goes on."""

import oracle
from fault_site import IMPORT, FaultSite


def play():
    with FaultSite() as site:
        site.start_server()
        site.start_agent()
        site.connect(settle="120s")
        # The portal cuts the request after its 60 s and goes on with it for 50 s.
        site.portal.post("/faults", [
            {"kind": "delay", "method": IMPORT, "nth": 2, "before_ms": 60_000},
            {"kind": "late_commit", "method": IMPORT, "nth": 2, "ms": 50_000}])
        run = site.begin()
        state = site.ended(run, seconds=420)
        oracle.expect(state["state"] == "SUCCEEDED", state)
        oracle.expect(sum(r["fired"] for r in site.portal.get("/faults")) == 2, "it never struck")
        site.portal.delete("/faults")
        site.finish()
        oracle.no_blind_resend(site.portal.get("/journal"), settle=120)
        return oracle.check(site, resends=False)
