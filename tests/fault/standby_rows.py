"""A second agent takes over from one that is stopped, and that wakes up when all is done."""

import os
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
# after the answer, before its result is kept. At the second pass: the first creation is one
# guest, sent alone.
STOPS = {
    "agent.creation.leaves:2": "the creation in its hand is not sent",
    "agent.add.intended:2": "what it meant to create is not sent",
    "agent.add.result:2": "what it created is found, not made again",
}


def creations(site):
    """When each request that creates contacts came."""
    return sorted(entry["time"] for entry in site.portal.get("/journal")
                  if not entry["batch_key"] and entry["method"] != "oauth/token"
                  and any(oracle.CREATES.match(method) for method, _ in oracle.commands_of(entry)))


def until(what, told, seconds, log=lambda: ""):
    deadline = time.monotonic() + seconds
    while not told():
        oracle.expect(time.monotonic() < deadline, "in vain:", what, log())
        time.sleep(0.5)


def is_connected(site, agent):
    return any(a["name"] == f"agents/{agent}" and a["connected"]
               for a in site.json("agent", "list"))


def stopped_at(stop):
    with FaultSite() as site:
        site.start_server()
        first = site.start_agent()
        site.connect(settle=SETTLE)
        # The standby never served while this one was known.
        erased = guest(2)["Ref_Key"]
        site.cli("clients", "forget", "main", erased)
        site.removed.add(erased)
        first.kill()
        first = site.start_agent(stop=stop)
        second = site.start_agent("hotel-2", data_dir="agent-2")
        site.cli("integration", "update", "main", "--standby", "hotel-2")
        site.agent = first
        site.begin_anyhow()
        site.await_stop(first)

        until("the standby takes over",
              lambda: site.json("integration", "get", "main")["standbyAgent"] == "hotel-1",
              TAKEOVER, log=site.server.stderr)
        site.agent = second
        site.arrive(5)
        site.runs_ended()
        site.finish("--full")
        oracle.one_contact_each(site)
        made = creations(site)
        oracle.expect(len(made) >= 2 and max(b - a for a, b in zip(made, made[1:])) >= APART,
                      "the agents' creations are not apart:", made)

        os.kill(first.pid, signal.SIGCONT)
        until("the first one is back", lambda: is_connected(site, "hotel-1"), 60)
        time.sleep(AWAKE)
        oracle.expect(first.running(), "it died when it woke up:", first.stderr())
        oracle.expect(creations(site) == made, "it created contacts when it woke up")
        integration = site.json("integration", "get", "main")
        oracle.expect(integration["standbyAgent"] == "hotel-1", integration)

        site.arrive(5)
        site.edit(5)
        site.finish()
        # The first one's run went on under the other: its counts are that one's.
        return oracle.check(site, total=oracle.UNKNOWN)


for point, expected in STOPS.items():
    name = f"agent stopped at {point}, its standby takes over"
    add_row(name, "standby_rows.py", expected, lambda s=point: stopped_at(s))
