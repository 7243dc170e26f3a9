"""Random mixes: everything from one seed, which a failure prints."""

import random
import time

import oracle
import portal_rows
from crash_rows import POINTS as AGENT_POINTS
from crash_rows import in_first_export, in_later_export
from fault_site import SLOW, FaultSite

MOVING = [point for point, (scenario, _) in AGENT_POINTS.items()
          if scenario in (in_first_export, in_later_export)]
SERVER_MOVING = ["server.store.commit", "server.store.committed", "server.report.take",
                 "server.report.taken", "server.lease.grant", "server.lease.granted"]
SOURCE = [
    {"kind": "reset", "method": "GET"}, {"kind": "truncated", "method": "GET"},
    {"kind": "maintenance_html"}, {"kind": "lock", "method": "PATCH"},
    {"kind": "reset", "method": "PATCH", "after": True}, {"kind": "no_licence"},
    {"kind": "gateway"}]
# Kinds that make the agent wait for minutes on purpose stay out.
PORTAL = [fault for name, (fault, _) in portal_rows.FAULTS.items() if "429" not in name]


class Mix:
    def __init__(self, seed, faults, guests=60):
        self.random = random.Random(seed)
        self.faults = faults
        self.guests = guests
        self.told = []

    def tell(self, *what):
        self.told.append(" ".join(str(part) for part in what))

    def draw_portal(self, site):
        fault = dict(self.random.choice(PORTAL))
        fault["method"] = self.random.choice(("batch", "batch", "*", "crm.contact.*", "crm.item.*"))
        fault["nth"] = self.random.randint(1, 6)
        if fault["kind"] == "drop":
            fault.update(method="batch", after=self.random.randint(0, 30))
        if fault["kind"] == "late_commit":
            fault["ms"] = self.random.randint(300, 1500)
        self.tell("portal", fault)
        site.portal.post("/faults", fault)

    def draw_source(self, site):
        fault = {**self.random.choice(SOURCE), "nth": self.random.randint(1, 30),
                 "count": self.random.randint(1, 3)}
        self.tell("1C", fault)
        site.onec.post("/faults", fault)

    def draw_agent(self, site):
        if self.random.random() < 0.5:
            crash = None
            self.tell("kill -9 of the agent")
            site.agent.kill()
        else:
            crash = f"{self.random.choice(MOVING)}:{self.random.randint(1, 6)}"
            self.tell("agent armed with", crash)
            site.agent.kill()
        site.start_agent(crash=crash, connected=False)

    def draw_server(self, site):
        crash = None
        if self.random.random() < 0.5:
            crash = f"{self.random.choice(SERVER_MOVING)}:{self.random.randint(1, 12)}"
        self.tell("server killed, then armed with", crash)
        site.server.kill()
        site.start_server(crash=crash)

    def draw_token(self, site):
        self.tell("access tokens expire")
        site.portal.post("/oauth/tokens", {"expire": "access", "issue": False})

    def draw_desk(self, site):
        self.tell("guests arrive and change")
        site.arrive(self.random.randint(1, 8))
        site.edit(self.random.randint(1, 15), first=self.random.randint(1, 40),
                  mark=f"r{self.random.randint(0, 99)}")

    def draw_clock(self, site):
        shift = self.random.choice((-3600, 3600, 86400, -86400, 0))
        self.tell("clocks off by", shift)
        site.shift_clock(shift)

    def draw_pause(self, _site):
        time.sleep(self.random.uniform(0.05, 1.2))

    def raise_the_dead(self, site):
        if not site.server.running():
            site.start_server()
        if not site.agent.running():
            site.start_agent(connected=False)

    def heal(self, site):
        site.portal.delete("/faults")
        site.onec.delete("/faults")
        site.shift_clock(0)
        site.server.kill()
        site.start_server()
        site.agent.kill()
        site.start_agent()

    def play(self):
        oauth = self.random.random() < 0.3
        draws = [self.draw_portal] * 5 + [self.draw_source] * 2 + [self.draw_agent] * 3 + \
            [self.draw_server, self.draw_desk, self.draw_clock] + [self.draw_token] * oauth
        with FaultSite(guests=self.guests, oauth=oauth) as site:
            site.shift_clock(0)
            site.up()
            site.portal.post("/config", {"latency_ms": SLOW})
            if self.random.random() < 0.5:
                site.finish()
                self.draw_desk(site)
            done = 0
            while done < self.faults:
                self.raise_the_dead(site)
                site.begin_anyhow()
                for _ in range(self.random.randint(1, 4)):
                    self.random.choice(draws)(site)
                    done += 1
                    self.draw_pause(site)
            self.heal(site)
            if oauth and not site.json("connection", "get", "main")["tokenState"]["valid"]:
                self.tell("a person renews the authorisation")
                site.set_connection(settle="2s")
            # Two unclear answers to one guest park him, and a mix may draw them.
            site.finish("--full", retry=True)
            return oracle.check(site, total=oracle.AT_MOST)
