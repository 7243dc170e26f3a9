"""Random mixes: everything from one seed, which a failure prints."""

import random
import resource
import shutil
import time

import answer_rows
import ledger_rows
import network_rows
import oracle
import portal_rows
from crash_rows import POINTS as AGENT_POINTS
from crash_rows import in_first_export, in_later_export
from fault_site import BIN, IMPORT, SLOW, Control, FaultSite

MOVING = [point for point, (scenario, _) in AGENT_POINTS.items()
          if scenario in (in_first_export, in_later_export)]
SERVER_MOVING = ["server.store.commit", "server.store.committed", "server.report.take",
                 "server.report.taken", "server.lease.grant", "server.lease.granted"]
SOURCE = [
    {"kind": "reset", "method": "GET"}, {"kind": "truncated", "method": "GET"},
    {"kind": "maintenance_html"}, {"kind": "lock", "method": "PATCH"},
    {"kind": "reset", "method": "PATCH", "after": True}, {"kind": "no_licence"},
    {"kind": "gateway"}]
# A 429 makes the agent wait for a minute on purpose: drawn once a mix (draw_limit).
PORTAL = [fault for name, (fault, _) in portal_rows.FAULTS.items() if "429" not in name]
# Of the answers to single commands.
ANSWERS = [fault for name, (fault, _) in {**portal_rows.PER_COMMAND,
                                          **answer_rows.SPOILT}.items() if "429" not in name]
ANSWERED = ("crm.contact.add", "crm.contact.update", "crm.contact.list", IMPORT)
RENEWALS = [{"kind": "reset"}, {"kind": "reset", "commit": True},
            {"kind": "html", "status": 502}]
CERTIFICATES = {"expired": ("--cert-expired", "--cert-name", network_rows.HOST),
                "of another host": ("--cert-name", "elsewhere.example"),
                "self-signed": ("--cert-self-signed", "--cert-name", network_rows.HOST)}


class Mix:
    def __init__(self, seed, faults, guests=60):
        self.random = random.Random(seed)
        self.faults = faults
        self.guests = guests
        self.told = []
        self.impostors = {}  # certificate -> (address, control)
        self.revoked = False
        self.limited = False
        self.total = oracle.AT_MOST

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

    def draw_answer(self, site):
        if self.random.random() < 0.2:
            fault = {"kind": "repeat_page", "method": "crm.contact.list",
                     "times": self.random.randint(1, 4)}
        else:
            fault = {**self.random.choice(ANSWERS), "method": self.random.choice(ANSWERED),
                     "nth": self.random.randint(1, 6)}
        self.tell("portal", fault)
        site.portal.post("/faults", fault)

    def draw_limit(self, site):
        if self.limited:
            return self.draw_portal(site)
        self.limited = True
        fault = {"kind": "operating", "nth": self.random.randint(1, 6),
                 "method": self.random.choice(("batch", *ANSWERED))}
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
        if crash:
            site.start_doomed_server(crash)
        else:
            site.start_server()

    def draw_token(self, site):
        self.tell("access tokens expire")
        site.portal.post("/oauth/tokens", {"expire": "access", "issue": False})

    def draw_renewal(self, site):
        if self.random.random() < 0.3:
            self.tell("the authorisation is taken back")
            self.revoked = True
            site.portal.post("/oauth/tokens", {"revoke": "all", "issue": False})
            return
        fault = {**self.random.choice(RENEWALS), "method": "oauth/token", "nth": 1}
        self.tell("token host", fault)
        site.portal.post("/faults", fault)
        site.portal.post("/oauth/tokens", {"expire": "access", "issue": False})

    def draw_ledger(self, site):
        what = self.random.choice(("lost", "corrupt", "read-only", "old"))
        self.tell("ledger", what)
        place, copy = ledger_rows.ledgers(site), site.dir / "copy"
        if not any(place.glob("*.db")):
            return
        site.agent.kill()
        if what == "lost":
            shutil.rmtree(place)
        elif what == "old" and copy.exists():
            # What it has in doubt was counted since.
            self.total = oracle.UNKNOWN
            shutil.rmtree(place)
            shutil.copytree(copy, place)
        elif what == "old":
            shutil.copytree(place, copy)
        elif what == "read-only":
            with ledger_rows.read_only_files(site):
                self.fail_for_a_while(site)
        else:
            ledger_rows.damage(site)
            self.fail_for_a_while(site)
            # A person does as the error says.
            shutil.rmtree(place)
        site.start_agent(connected=False)

    def fail_for_a_while(self, site):
        site.start_agent(connected=False)
        site.begin_anyhow()
        self.draw_pause(site)
        site.agent.kill()

    def draw_disk(self, site):
        self.tell("the agent's disk is full for a moment")
        room = max((p.stat().st_size for p in ledger_rows.ledgers(site).glob("*")), default=0)
        self.limit_files(site, room + self.random.randint(0, 20_000))
        self.draw_pause(site)
        self.limit_files(site, resource.RLIM_INFINITY)

    @staticmethod
    def limit_files(site, size):
        try:
            resource.prlimit(site.agent.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        except ProcessLookupError:
            pass  # It died at its crash point.

    def draw_name(self, site):
        """The portal's name leads nowhere, or to somebody with a certificate that is not right."""
        certificate = self.random.choice((None, *CERTIFICATES))
        self.tell("the portal's name", f"leads to a certificate {certificate}"
                  if certificate else "does not resolve")
        if certificate:
            site.resolve(True, address=self.impostor(site, certificate))
        else:
            site.resolve(False)
        self.draw_pause(site)
        site.resolve(True)

    def impostor(self, site, certificate):
        if certificate not in self.impostors:
            address = f"127.0.0.{2 + len(self.impostors)}"
            place = site.dir / f"impostor-{address}"
            network_rows.make_certificate(place, *CERTIFICATES[certificate])
            process = site._start(
                "impostor", BIN / "guestbridge-emulator-bitrix24", "--listen",
                f"{address}:{site.portal_port}", "--tls-cert", place / "cert.pem", "--tls-key",
                place / "key.pem", "--control-listen", "127.0.0.1:0", "--oauth-listen",
                "127.0.0.1:0")
            control = Control(process.wait_for_line("emulator-bitrix24 control "))
            process.wait_for_line("emulator-bitrix24 ready")
            self.impostors[certificate] = (address, control)
        return self.impostors[certificate][0]

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
        for certificate, (_, control) in self.impostors.items():
            oracle.expect(control.get("/counters")["http_requests"] == 0,
                          "somebody was spoken to behind a certificate", certificate)
        site.portal.delete("/faults")
        site.onec.delete("/faults")
        site.shift_clock(0)
        site.server.kill()
        site.start_server()
        site.agent.kill()
        site.start_agent()

    def play(self):
        oauth = self.random.random() < 0.3
        draws = [self.draw_portal] * 5 + [self.draw_answer] * 2 + [self.draw_source] * 2 + \
            [self.draw_agent] * 3 + [self.draw_server, self.draw_desk, self.draw_clock,
                                     self.draw_ledger, self.draw_disk, self.draw_limit] + \
            [self.draw_token, self.draw_renewal] * oauth
        # An application's tokens belong to a portal that is not to be started anew.
        named = not oauth and self.random.random() < 0.5 and network_rows.can_hide_hosts()
        if named:
            draws += [self.draw_name] * 2
        with (network_rows.NamedSite if named else FaultSite)(
                guests=self.guests, oauth=oauth) as site:
            site.shift_clock(0)
            if named:
                network_rows.make_certificate(site.dir / "certs", "--cert-name",
                                              network_rows.HOST)
                network_rows.restart_portal(site, site.dir / "certs")
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
            if self.revoked or (
                    oauth and not site.json("connection", "get", "main")["tokenState"]["valid"]):
                self.tell("a person renews the authorisation")
                site.set_connection(settle="2s")
            # Two unclear answers to one guest park him, and a mix may draw them.
            site.finish("--full", retry=True)
            return oracle.check(site, total=self.total)
