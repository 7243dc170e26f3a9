"""kill -9 of the server at every named step."""

import time

import oracle
from fault_site import SETTLE, FaultSite
from registry import add_row


def patiently(site, *arguments, seconds=60):
    """A person repeats a step whose server died under it. What was done stays done."""
    deadline = time.monotonic() + seconds
    while True:
        result = site.cli(*arguments, code=None)
        if result.code == 0 or "INTEGRATION_EXISTS" in result.stderr:
            return
        if not site.server.running():
            site.await_death(site.server)
            site.start_server()
        if time.monotonic() > deadline:
            raise AssertionError(f"{arguments}\n{result}")
        time.sleep(0.2)


def while_set_up(site, crash):
    site.start_doomed_server(crash)
    site.start_agent(connected=False)
    patiently(site, "integration", "create", "main", "--type", "bitrix24")
    patiently(site, *site.connection_flags("main", SETTLE))
    for step in (("fields", "load"), ("fields", "save"), ("events", "load"), ("events", "save")):
        patiently(site, *step, "main")


def armed(site, crash):
    site.server.kill()
    site.start_server(crash=crash)


def in_first_export(site, crash):
    site.up()
    armed(site, crash)
    site.begin_anyhow()
    site.await_death(site.server)
    site.start_server()


def while_tokens_are_refreshed(site, crash):
    site.up()
    armed(site, crash)
    site.portal.post("/oauth/tokens", {"expire": "access", "issue": False})
    site.begin_anyhow()
    site.await_death(site.server)
    site.start_server()
    run = site.runs_ended()
    if any(r["state"] == "FAILED" for r in run):
        # The answer with the new refresh token died with the server: a person is asked.
        state = site.json("connection", "get", "main")["tokenState"]
        if state["valid"]:
            raise AssertionError(f"a failed run and a valid token: {run} {state}")
        site.set_connection(settle=SETTLE)


def at_a_schedule(site, crash):
    site.up()
    site.cli("schedule", "set", "main", "--cron", "* * * * *", "--timezone", "Europe/Moscow")
    # Four seconds before the minute.
    site.shift_clock(56 - time.time() % 60)
    armed(site, crash)
    site.await_death(site.server, seconds=30)
    # The same minute is still to come: it is fired once.
    site.start_server()
    deadline = time.monotonic() + 20
    while not site.json("run", "list", "main"):
        if time.monotonic() > deadline:
            raise AssertionError("the schedule's run never began")
        time.sleep(0.2)
    site.cli("schedule", "pause", "main")
    runs = [r for r in site.runs_ended() if r["kind"] == "EXPORT"]
    if len(runs) != 1:
        raise AssertionError(f"one firing, {len(runs)} runs")


POINTS = {
    "sql.migration.record": (while_set_up, (1,)),
    "sql.migration.committed": (while_set_up, (1,)),
    "server.store.commit": (while_set_up, (1, 2, 3, 4, 5, 6, 8)),
    "server.store.committed": (while_set_up, (1, 2, 3, 4, 5, 6, 8)),
    "server.connection.saved": (while_set_up, (1,)),
    "server.configuration.leaves": (while_set_up, (1, 2)),
    "http.request.half-written": (while_set_up, (1,)),
    "http.request.answered": (while_set_up, (1,)),
    "server.run.started": (in_first_export, (1,)),
    "server.lease.grant": (in_first_export, (1,)),
    "server.lease.granted": (in_first_export, (1,)),
    "server.report.take": (in_first_export, (1, 2, 3)),
    "server.report.taken": (in_first_export, (1, 2, 3)),
    "server.token.noted": (while_tokens_are_refreshed, (1,)),
    "server.token.granted": (while_tokens_are_refreshed, (1,)),
    "server.token.saved": (while_tokens_are_refreshed, (1,)),
    "server.schedule.fire": (at_a_schedule, (1,)),
    "server.schedule.started": (at_a_schedule, (1,)),
    "server.schedule.fired": (at_a_schedule, (1,)),
}

SHORT = {"server.report.take:2", "server.store.commit:3"}


def play(scenario, crash):
    with FaultSite(oauth=scenario is while_tokens_are_refreshed) as site:
        scenario(site, crash)
        # Whatever the step, the server has died at it once by now.
        deaths = [p for p in site.processes if p.name == "server" and not p.running()]
        if not deaths:
            raise AssertionError("the server never passed its crash point")
        site.finish()
        return oracle.check(site)


for point, (scenario, passes) in POINTS.items():
    for number in passes:
        crash = f"{point}:{number}"
        add_row(f"server dies at {crash}", "server_crash_rows.py",
                f"{scenario.__name__.replace('_', ' ')}; the next process goes on",
                lambda s=scenario, c=crash: play(s, c), fast=crash in SHORT)
