"""kill -9 of the agent at every named step: armed, ended there, started again, finished."""

import shutil

import oracle
from fault_site import IMPORT, SETTLE, FaultSite, guest
from registry import add_row


# Each gets everything ready, arms the agent, and begins the work that passes the point.
# What it returns is done after the agent's restart.
def at_first_start(site, crash):
    site.start_server()
    site.cli("integration", "create", "main", "--type", "bitrix24")
    site.set_connection(settle=SETTLE)
    site.start_agent(crash=crash, connected=False)

    def the_rest():
        site.cli("fields", "load", "main")
        site.cli("fields", "save", "main")
        site.cli("events", "load", "main")
        site.cli("events", "save", "main")
    return the_rest


def armed(site, crash):
    site.agent.kill()
    site.start_agent(crash=crash, connected=False)


def in_first_export(site, crash):
    site.up()
    armed(site, crash)
    site.begin_anyhow()


def in_export_with_register(site, crash):
    """1C keeps records of exports in its own register of external codes."""
    (site.dir / "profile.yaml").write_text("extends: 1c-hotel\nmessages: {mode: mapping}\n")
    site.keeps_register = True
    site.start_server()
    site.start_agent()
    site.connect(settle=SETTLE, extra=["--source-profile", "profile.yaml"])
    armed(site, crash)
    site.begin_anyhow()


def in_later_export(site, crash):
    site.up()
    site.finish()
    site.arrive(20)
    site.edit(20)
    armed(site, crash)
    site.begin_anyhow()


def while_settling(site, crash):
    site.up()
    site.portal.post("/faults", [
        {"kind": "late_commit", "method": IMPORT, "ms": 700, "nth": 2},
        {"kind": "reset", "method": IMPORT, "nth": 3}])
    armed(site, crash)
    site.begin_anyhow()


def after_contacts_were_deleted(site, crash):
    site.up()
    site.finish()
    for number in range(1, 6):
        [contact] = site.contacts()[guest(number)["Ref_Key"]]
        site.portal.post("/contacts/delete", {"id": contact["id"]})
    armed(site, crash)
    site.begin_anyhow("--full")


def in_scheduled_export(site, crash):
    """Contacts were deleted, and the portal's events tell of it to a run nobody waits for."""
    site.shift_clock(0)  # of the server
    site.start_server()
    site.clock_shift, shift = None, site.clock_shift
    site.start_agent()
    site.connect(settle=SETTLE)
    site.finish()
    for number in range(1, 6):
        [contact] = site.contacts()[guest(number)["Ref_Key"]]
        site.portal.post("/contacts/delete", {"id": contact["id"]})
    armed(site, crash)
    site.cli("schedule", "set", "main", "--cron", "0 3 * * *", "--timezone", "Europe/Moscow")
    site.clock_shift = shift
    site.shift_clock(86400)


in_scheduled_export.oauth = True


def without_ledger(site):
    site.up()
    site.finish()
    site.agent.kill()
    shutil.rmtree(site.dir / "agent" / "ledgers")


def in_rebuild(site, crash):
    without_ledger(site)
    site.start_agent(crash=crash, connected=False)
    site.begin_anyhow(kind="rebuild")


def in_cold_export(site, crash):
    without_ledger(site)
    site.arrive(10)
    site.start_agent(crash=crash, connected=False)
    site.begin_anyhow()


def known_by_hand(site, count=12):
    """Contacts that a manager typed; their IDs by guest."""
    ids = {}
    for number in range(1, count + 1):
        row = guest(number)
        ids[row["Ref_Key"]] = site.portal.post("/contacts/add", {"fields": {
            "LAST_NAME": row["LastName"], "NAME": row["FirstName"],
            "PHONE": [{"VALUE": row["Phone"], "VALUE_TYPE": "WORK"}],
            "EMAIL": [{"VALUE": row["EMail"], "VALUE_TYPE": "WORK"}]}})["id"]
    return ids


def in_match(site, crash):
    site.up()
    known_by_hand(site)
    armed(site, crash)
    site.begin_anyhow(kind="match")


def in_adoption(site, crash):
    site.up()
    for key, contact in known_by_hand(site).items():
        site.onec.post("/clients/edit", {"guid": key, "set": {"B24ContactID": str(contact)}})
    armed(site, crash)
    site.begin_anyhow()


def a_pair_taken_apart(site, crash):
    """Guest 1, unlinked from its contact; the agent is connected and armed."""
    site.up()
    site.finish()
    key = guest(1)["Ref_Key"]
    site.cli("clients", "unlink", "main", key)
    site.agent.kill()
    site.start_agent(crash=crash)
    return key


def decided_again(site, key, *decision):
    """Until the decision is made once more the client waits, whatever runs."""
    def the_rest():
        [client] = site.json("clients", "list", "main", "--state", "AMBIGUOUS")
        oracle.expect((client["client"], client["reason"]) == (key, "CLIENT_UNLINKED"), client)
        for flags in ((), ("--full",)):
            run = site.json("export", "run", "main", "--wait", *flags)
            oracle.expect(run["counters"]["added"] == 0, run)
        oracle.expect(len(site.contacts().get(key, ())) <= 1, "two contacts of", key)
        site.cli("clients", *decision)
    return the_rest


def while_a_new_contact_is_allowed(site, crash):
    key = a_pair_taken_apart(site, crash)
    decision = ("unlink", "main", key, "--new")
    site.try_cli("clients", *decision, "--timeout", "3s")
    return decided_again(site, key, *decision)


def while_another_contact_is_linked(site, crash):
    key = a_pair_taken_apart(site, crash)
    other = known_by_hand(site, 1)[key]
    decision = ("link", "main", key, other)
    site.try_cli("clients", *decision, "--timeout", "3s")
    return decided_again(site, key, *decision)


def while_a_guest_is_forgotten(site, crash):
    """With its contact. Until the command is repeated the guest is not exported, whatever runs."""
    site.up()
    site.finish()
    key = guest(1)["Ref_Key"]
    before = site.contacts()[key][0]["fields"]
    site.agent.kill()
    site.start_agent(crash=crash)
    command = ("clients", "forget", "main", key, "--delete-contact")
    site.try_cli(*command, "--timeout", "3s")

    def the_rest():
        site.edit(1)
        for flags in ((), ("--full",)):
            run = site.json("export", "run", "main", "--wait", *flags)
            oracle.expect(run["counters"]["added"] + run["counters"]["updated"]
                          + run["counters"]["recreated"] == 0, run)
        for contact in site.contacts().get(key, ()):
            oracle.expect(contact["fields"] == before, "written to:", contact)
        site.cli(*command)
        explained = site.json("clients", "explain", "main", key)
        oracle.expect(explained["ledger"]["state"] == "ERASED", explained["ledger"])
        site.removed.add(key)
    return the_rest


def while_a_marked_guests_contact_is_deleted(site, crash):
    """Until the deletion is settled; then it is not on the portal, and comes back without the mark."""
    site.up()
    site.finish()
    key = guest(1)["Ref_Key"]
    site.cli("integration", "update", "main", "--on-deletion-mark", "delete")
    site.onec.post("/clients/mark", {"guid": key, "deleted": True})
    armed(site, crash)
    site.begin_anyhow()

    def the_rest():
        site.finish()
        oracle.expect(key not in site.contacts(), "still there:", site.contacts().get(key))
        explained = site.json("clients", "explain", "main", key)
        oracle.expect(explained["summary"]["reason"] == "MARKED_CONTACT_GONE", explained)
        site.onec.post("/clients/mark", {"guid": key, "deleted": False})
        run = site.json("export", "run", "main", "--wait", "--settle")
        oracle.expect(run["counters"]["recreated"] == 1, run)
    return the_rest


# point -> (where, passes to die at); the first pass of a fast point is in the short suite.
POINTS = {
    "sql.migration.record": (at_first_start, (1,)),
    "sql.migration.committed": (at_first_start, (1,)),
    "agent.installation.drafted": (at_first_start, (1,)),
    "agent.ledger.migrated": (at_first_start, (1,)),
    "agent.configuration.apply": (at_first_start, (1,)),
    "agent.configuration.applied": (at_first_start, (1,)),
    "agent.configuration.drafted": (at_first_start, (1,)),
    "agent.configuration.kept": (at_first_start, (1,)),
    "agent.configuration.acknowledged": (at_first_start, (1,)),
    "http.request.half-written": (in_first_export, (1, 2, 3, 4, 5, 6, 9)),
    "http.request.written": (in_first_export, (1, 2, 3, 4, 5, 6, 9)),
    "http.request.answered": (in_first_export, (1, 2, 3, 4, 5, 6, 9)),
    "agent.ledger.commit": (in_later_export, (1, 2, 3, 5, 8, 13, 21)),
    "agent.ledger.committed": (in_later_export, (1, 2, 3, 5, 8, 13, 21)),
    "agent.run.begun": (in_first_export, (1,)),
    "agent.lease.answered": (in_first_export, (1,)),
    "agent.identity.noted": (in_first_export, (1,)),
    "agent.watermark.note": (in_first_export, (1,)),
    "agent.watermark.noted": (in_first_export, (1,)),
    "agent.watermark.mapping-noted": (in_first_export, (1,)),
    "agent.cold.clear": (in_cold_export, (1,)),
    "agent.cold.cleared": (in_cold_export, (1,)),
    "agent.run.ended": (in_first_export, (1,)),
    "agent.run.noted": (in_first_export, (1,)),
    "agent.run.untold": (in_first_export, (1,)),
    "agent.run.told": (in_first_export, (1,)),
    "agent.report.leaves": (in_first_export, (1, 2)),
    "agent.report.answered": (in_first_export, (1, 2)),
    "agent.add.intent": (in_first_export, (1, 2)),
    "agent.add.intended": (in_first_export, (1, 2)),
    "agent.add.result": (in_first_export, (1, 2)),
    "agent.add.settled": (in_first_export, (1, 2)),
    "agent.update.intent": (in_later_export, (1,)),
    "agent.update.intended": (in_later_export, (1,)),
    "agent.update.result": (in_later_export, (1,)),
    "agent.update.settled": (in_later_export, (1,)),
    "agent.delete.intent": (while_a_marked_guests_contact_is_deleted, (1,)),
    "agent.delete.intended": (while_a_marked_guests_contact_is_deleted, (1,)),
    "agent.delete.result": (while_a_marked_guests_contact_is_deleted, (1,)),
    "agent.delete.settled": (while_a_marked_guests_contact_is_deleted, (1,)),
    "agent.creation.leaves": (in_first_export, (1, 2)),
    "agent.request.leaves": (in_first_export, (1, 2, 3)),
    "agent.request.answered": (in_first_export, (1, 2, 3)),
    "agent.doubt.settle": (while_settling, (1, 2)),
    "agent.doubt.settled": (while_settling, (1, 2)),
    "agent.events.unvouched": (in_scheduled_export, (1,)),
    "agent.events.heard": (in_scheduled_export, (1,)),
    "agent.sweep.mark": (after_contacts_were_deleted, (1, 3)),
    "agent.sweep.marked": (after_contacts_were_deleted, (1, 3)),
    "agent.rebuild.link": (in_rebuild, (1, 30)),
    "agent.rebuild.linked": (in_rebuild, (1, 30)),
    "agent.match.link": (in_match, (1, 5)),
    "agent.match.linked": (in_match, (1, 5)),
    "agent.adopt.link": (in_adoption, (1, 5)),
    "agent.adopt.linked": (in_adoption, (1, 5)),
    "agent.mark.take-off": (while_a_new_contact_is_allowed, (1,)),
    "agent.mark.taken-off": (while_another_contact_is_linked, (1,)),
    "agent.erasure.delete": (while_a_guest_is_forgotten, (1,)),
    "agent.erasure.deleted": (while_a_guest_is_forgotten, (1,)),
    "agent.erasure.forget": (while_a_guest_is_forgotten, (1,)),
    "agent.erasure.forgotten": (while_a_guest_is_forgotten, (1,)),
    "agent.write-back.begin": (in_first_export, (1, 20)),
    "agent.write-back.written": (in_first_export, (1, 20)),
    "agent.write-back.noted": (in_first_export, (1, 20)),
    "agent.message.record": (in_export_with_register, (1, 20)),
    "agent.message.recorded": (in_export_with_register, (1, 20)),
}

SHORT = {"agent.add.intent:1", "agent.add.intended:2", "http.request.half-written:5",
         "agent.request.answered:3", "agent.add.settled:2", "agent.update.intended:1",
         "agent.write-back.written:1"}
# The server dies at the same moment.
WITH_SERVER = {"agent.add.intended:2", "agent.request.answered:3", "agent.add.settled:2",
               "agent.run.noted:1", "agent.report.answered:2", "agent.update.result:1",
               "agent.configuration.apply:1", "agent.watermark.noted:1"}


def told_by(scenario):
    """A ledger that is lost takes along which contacts its runs had told of; what managers
    typed no run told of."""
    known = scenario not in (in_rebuild, in_cold_export, in_match, in_adoption,
                             while_another_contact_is_linked)
    return oracle.EXACT if known else oracle.UNKNOWN


def play(scenario, crash, with_server=False):
    with FaultSite(oauth=getattr(scenario, "oauth", False)) as site:
        afterwards = scenario(site, crash)
        site.await_death(site.agent)
        if with_server:
            site.server.kill()
            site.start_server()
        site.start_agent()
        if afterwards:
            afterwards()
        site.finish()
        return oracle.check(site, total=told_by(scenario))


for point, (scenario, passes) in POINTS.items():
    for number in passes:
        crash = f"{point}:{number}"
        add_row(f"agent dies at {crash}", "crash_rows.py",
                f"{scenario.__name__.replace('_', ' ')}; the next process goes on",
                lambda s=scenario, c=crash: play(s, c), fast=crash in SHORT)
        if crash in WITH_SERVER:
            add_row(f"agent and server die at {crash}", "crash_rows.py",
                    f"{scenario.__name__.replace('_', ' ')}; both go on",
                    lambda s=scenario, c=crash: play(s, c, True),
                    fast=crash == "agent.add.intended:2")
