"""A second agent takes over from one that is stopped, and that wakes up when all is done."""

import os
import re
import signal
import time

import oracle
from fault_site import SETTLE, FaultSite, guest
from registry import add_row

# Seconds. A standby takes over from who is silent for a minute, and the server sees after
# 40 at the latest that a stream is dead; where its store did not answer in between, the
# minute begins anew.
TAKEOVER = 300
# How long the first one's creations and the other one's lie apart, at least.
APART = 50
AWAKE = 5

# After the look at the lease, before the first byte; before that look, the intents durable;
# after the answer, before its result is kept. Creations stop at the second pass: the first
# one is one guest, sent alone.
CREATIONS = {
    "agent.creation.leaves:2": "the creation in its hand is not sent",
    "agent.add.intended:2": "what it meant to create is not sent",
    "agent.add.result:2": "what it created is found, not made again",
}
UPDATES = {
    "agent.creation.leaves:1": "the change in its hand, older than its standby's, is not sent",
    "agent.update.intended:1": "the change that it meant, older than its standby's, is not sent",
    "agent.update.result:1": "the standby's later change stays",
}
CHANGES = re.compile(r"(?i)crm\.(contact|item)\.(add|import|batchImport|update)\b")


def writes(site, what):
    """When each request that writes contacts came."""
    return sorted(entry["time"] for entry in site.portal.get("/journal")
                  if not entry["batch_key"] and entry["method"] != "oauth/token"
                  and any(what.match(method) for method, _ in oracle.commands_of(entry)))


def until(what, told, seconds, log=lambda: ""):
    deadline = time.monotonic() + seconds
    while not told():
        oracle.expect(time.monotonic() < deadline, "in vain:", what, log())
        time.sleep(0.5)


def is_connected(site, agent):
    return any(a["name"] == f"agents/{agent}" and a["connected"]
               for a in site.json("agent", "list"))


def with_standby(site, stop):
    """The first agent, which stops at `stop` in the run that begins now, and its standby."""
    site.agent.kill()
    first = site.start_agent(stop=stop)
    second = site.start_agent("hotel-2", data_dir="agent-2")
    site.cli("integration", "update", "main", "--standby", "hotel-2")
    site.agent = first
    site.begin_anyhow()
    site.await_stop(first)
    return first, second


def taken_over(site, second, desk):
    """The standby has exported all, also what the desk did meanwhile."""
    until("the standby takes over",
          lambda: site.json("integration", "get", "main")["standbyAgent"] == "hotel-1",
          TAKEOVER, log=site.server.stderr)
    site.agent = second
    desk()
    site.runs_ended()
    site.finish("--full")
    oracle.one_contact_each(site)


def wakes_and_writes_nothing(site, first):
    made = writes(site, CHANGES)
    os.kill(first.pid, signal.SIGCONT)
    until("the first one is back", lambda: is_connected(site, "hotel-1"), 60)
    time.sleep(AWAKE)
    oracle.expect(first.running(), "it died when it woke up:", first.stderr())
    oracle.expect(writes(site, CHANGES) == made, "it wrote contacts when it woke up")
    oracle.one_contact_each(site)
    integration = site.json("integration", "get", "main")
    oracle.expect(integration["standbyAgent"] == "hotel-1", integration)

    site.arrive(5)
    site.edit(5, mark="z")
    site.finish()
    # The first one's run went on under the other: its counts are that one's.
    return oracle.check(site, total=oracle.UNKNOWN)


def creations_stopped_at(stop):
    with FaultSite() as site:
        site.start_server()
        site.start_agent()
        site.connect(settle=SETTLE)
        # The standby never served while this one was known.
        erased = guest(2)["Ref_Key"]
        site.cli("clients", "forget", "main", erased)
        site.removed.add(erased)
        first, second = with_standby(site, stop)
        taken_over(site, second, lambda: site.arrive(5))
        made = writes(site, oracle.CREATES)
        oracle.expect(len(made) >= 2 and max(b - a for a, b in zip(made, made[1:])) >= APART,
                      "the agents' creations are not apart:", made)
        return wakes_and_writes_nothing(site, first)


def updates_stopped_at(stop):
    with FaultSite() as site:
        site.up()
        site.finish()
        site.edit(20, mark="first")
        first, second = with_standby(site, stop)
        # Of these guests the first one has older names and phones in its hand.
        taken_over(site, second, lambda: site.edit(10, mark="later"))
        return wakes_and_writes_nothing(site, first)


for stops, play in ((CREATIONS, creations_stopped_at), (UPDATES, updates_stopped_at)):
    for point, expected in stops.items():
        add_row(f"agent stopped at {point}, its standby takes over", "standby_rows.py", expected,
                lambda p=play, s=point: p(s))
