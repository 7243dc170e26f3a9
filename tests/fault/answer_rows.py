"""Answers that are true but spoilt, or well formed and wrong; doors that the portal shuts."""

import collections

import oracle
import portal_rows
from fault_site import IMPORT, FaultSite
from registry import add_row

# Each strikes one answer, once for each of STRIKES. Of a write the work is done.
SPOILT = {
    "10 MB of padding": ({"kind": "huge"}, "read to its end"),
    "100,000 nested lists": ({"kind": "deep"}, "no answer: doubt, found"),
    "a result that comes twice": ({"kind": "duplicate_keys"}, "no answer: doubt, found"),
    "text that is not UTF-8": ({"kind": "invalid_utf8"}, "no answer: doubt, found"),
    "values of other types": ({"kind": "wrong_types"}, "doubt of what is unclear, found"),
    "no ID": ({"kind": "missing_keys", "field": "ID"}, "no contact is taken for gone"),
    "IDs of other contacts": ({"kind": "wrong_ids"}, "not believed: doubt, found by origin"),
    "a packed answer": ({"kind": "gzip"}, "read as it is"),
    "an answer without length": ({"kind": "chunked"}, "read as it is"),
    "a connection that ends after it": ({"kind": "close"}, "another one is opened"),
    "headers in another case": ({"kind": "header_case"}, "read as it is"),
}
# Method and which call of it; lists are: the newest contacts, the sweep, what is read before a
# write.
STRIKES = (("crm.contact.add", 1), ("crm.contact.update", 1), ("crm.contact.list", 1),
           ("crm.contact.list", 2), ("crm.contact.list", 3))
# Of whole batches: the first and the second of a run.
SPOILT_BATCHES = {
    "a batch without results": ({"kind": "missing_keys", "field": "result"},
                                "no answer: doubt, found"),
}
SHORT = {"IDs of other contacts", "100,000 nested lists"}


def play_spoilt(fault):
    with FaultSite(guests=30) as site:
        site.up()
        site.finish()
        for number, (method, nth) in enumerate(STRIKES):
            struck = portal_rows.strike(site, {**fault, "method": method, "nth": nth},
                                        f"m{number}")
            oracle.expect(struck == 1, method, nth, "was struck", struck, "times")
        return oracle.check(site)


for name, (fault, expected) in SPOILT.items():
    add_row(f"answer: {name}", "answer_rows.py", expected, lambda f=fault: play_spoilt(f),
            fast=name in SHORT)
for name, (fault, expected) in SPOILT_BATCHES.items():
    add_row(f"answer: {name}", "answer_rows.py", expected,
            lambda f=fault: portal_rows.play_request(f))


# Of a first export's second import, which carries all guests but one.
SPOILT_IMPORTS = {
    "values of other types": ({"kind": "wrong_types"}, "shown and linked, or in doubt and found"),
    "no ID": ({"kind": "missing_keys", "field": "id"}, "shown and linked, or in doubt and found"),
    "no word about the contacts": ({"kind": "missing_keys", "field": "items"},
                                   "shown and linked, or in doubt and found"),
    # Each guest is told the next one's: in order, and new. The last one's gives it away.
    "IDs of other contacts": ({"kind": "wrong_ids"},
                              "none believed: shown and linked, or in doubt and found"),
    "a result that comes twice": ({"kind": "duplicate_keys"}, "no answer: doubt, found"),
    "text that is not UTF-8": ({"kind": "invalid_utf8"}, "no answer: doubt, found"),
    "100,000 nested lists": ({"kind": "deep"}, "no answer: doubt, found"),
}
for name, (fault, expected) in SPOILT_IMPORTS.items():
    add_row(f"answer to an import: {name}", "answer_rows.py", expected,
            lambda f=fault: portal_rows.play_first_export(f))


def ids_one_too_high():
    """The last one's is of none: nothing but the look behind the additions gives them away."""
    with FaultSite(guests=5) as site:  # the second import is the last one
        site.up()
        site.portal.post("/faults", {"kind": "next_ids", "method": IMPORT, "nth": 2})
        run = site.json("export", "run", "main", "--wait", "--settle", "--wait-write-back")
        oracle.expect(site.portal.get("/faults")[0]["fired"] == 1, "the fault never struck")
        oracle.expect(run["counters"]["added"] == len(site.clients()), run["counters"])
        contacts = site.contacts()
        for key, row in site.clients().items():
            held = [str(contact["id"]) for contact in contacts[key]]
            oracle.expect(held == [row["B24ContactID"]], key, held, row["B24ContactID"])
        site.portal.delete("/faults")
        site.finish()
        return oracle.check(site)


add_row("answer to an import: IDs that are one too high", "answer_rows.py",
        "none believed: shown, linked at once", ids_one_too_high, fast=True)


def lists_that_never_move_on():
    """While each list shows its first page, whatever is asked, nothing is made of an absence."""
    with FaultSite(guests=60) as site:
        site.up()
        site.finish()
        before = site.portal.get("/contacts/count")["count"]
        site.edit(10)
        site.portal.post("/faults", {"kind": "repeat_page", "method": "crm.contact.list"})
        site.try_cli("export", "run", "main", "--wait")
        oracle.expect(site.portal.get("/faults")[0]["fired"] > 0, "it never struck")
        oracle.expect(site.portal.get("/contacts/count")["count"] == before, "one was made")
        site.portal.delete("/faults")
        site.finish()
        return oracle.check(site)


def doubts_while_lists_never_move_on():
    """A lost answer is not settled by a look-up that sees one page again and again."""
    with FaultSite(guests=60) as site:
        site.up()
        site.finish()
        site.arrive(20)
        site.portal.post("/faults", [
            {"kind": "reset", "commit": True, "method": "crm.contact.add", "nth": 20},
            {"kind": "repeat_page", "method": "crm.contact.list", "times": 6}])
        site.try_cli("export", "run", "main", "--wait")
        site.portal.delete("/faults")
        site.finish()
        return oracle.check(site)


add_row("answer: lists that show one page for ever", "answer_rows.py",
        "no contact is taken for gone; goes on", lists_that_never_move_on)
add_row("answer: lists that show one page for ever, in doubt", "answer_rows.py",
        "no look-up counts; found when they move on", doubts_while_lists_never_move_on)


def cut_imports(site):
    """Of each batch of imports that was not carried out whole: (commands done, commands)."""
    journal = site.portal.get("/journal")
    done = collections.Counter(e["request"] for e in journal if e["batch_key"] and e["executed"])
    cut = []
    for entry in journal:
        if entry["batch_key"] or entry["method"] != "batch":
            continue
        methods = [method for method, _ in oracle.commands_of(entry)]
        if IMPORT in methods and done[entry["request"]] < len(methods):
            cut.append((done[entry["request"]], len(methods)))
    return cut


def import_cut(nth):
    """A first export's batch of several imports is cut after the run's nth import."""
    with FaultSite(guests=200) as site:
        site.up()
        site.portal.post("/faults", {"kind": "reset", "commit": True, "method": IMPORT,
                                     "nth": nth})
        site.try_cli("export", "run", "main", "--wait", "--settle")
        site.portal.delete("/faults")
        cut = cut_imports(site)
        oracle.expect(len(cut) == 1 and cut[0][0] > 0, "cut import batches:", cut)
        site.finish()
        return oracle.check(site)


for nth, word in ((3, "third"), (6, "sixth")):
    add_row(f"import batch cut after the {word} import", "answer_rows.py",
            "what was done is found, the rest sent", lambda n=nth: import_cut(n), fast=nth == 6)


# name -> (how the door is shut, how it is opened, reason)
WEBHOOK = {"user": 1, "code": "w3bh00kc0de12345"}
DOORS = {
    "a plan without REST": ({"rest_in_plan": False}, {"rest_in_plan": True},
                            "PORTAL_PLAN_WITHOUT_REST"),
    "a portal that is blocked": ({"overloaded": True}, {"overloaded": False}, "PORTAL_BLOCKED"),
    "a portal that is closed": ({"portal_deleted": True}, {"portal_deleted": False},
                                "PORTAL_CLOSED"),
    "a webhook that lost its scope": ({"webhooks": [{**WEBHOOK, "scopes": ["user"]}]},
                                      {"webhooks": [{**WEBHOOK, "scopes": ["crm", "user"]}]},
                                      "SCOPE_MISSING"),
}


def behind_door(shut, opened, reason):
    with FaultSite(guests=30) as site:
        site.up()
        site.finish()
        site.arrive(10)
        site.edit(10)
        site.portal.post("/config", shut)
        run = site.json("export", "run", "main", "--wait", code=1)
        oracle.expect(run["state"] == "FAILED", run)
        oracle.expect(run["error"]["reason"] == reason and run["error"]["remedy"], run["error"])
        site.portal.post("/config", opened)
        # Nothing is set anew: the next run goes on by itself.
        site.finish()
        return oracle.check(site)


for name, (shut, opened, reason) in DOORS.items():
    add_row(name, "answer_rows.py", f"FAILED with {reason}; the next run goes on",
            lambda s=shut, o=opened, r=reason: behind_door(s, o, r),
            fast=reason == "PORTAL_PLAN_WITHOUT_REST")
