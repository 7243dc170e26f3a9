"""What must be true after any fault: the portal against 1C, value by value, and the journal."""

import json
import re
import urllib.parse

COUNTERS = ("unchanged", "added", "updated", "recreated", "skipped", "failed", "deferred")
CREATES = re.compile(r"(?i)crm\.(contact\.add|item\.add|item\.batchImport|item\.import)\b")
READS = re.compile(r"(?i)crm\.(contact|item)\.list\b")
ORIGIN = re.compile(r"(?i)(?:\[ORIGIN_ID\]|\[originId\]|\"ORIGIN_ID\"|\"originId\")"
                    r"(?:=|:\s*\")([0-9a-f-]{36})")
# Errors that precede execution; the agent may send again without a look.
DEFINITE = {"QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT", "expired_token", "invalid_token",
            "NO_AUTH_FOUND", "INVALID_CREDENTIALS", "insufficient_scope", "ACCESS_DENIED",
            "ERROR_METHOD_NOT_FOUND", "PORTAL_DELETED", "OVERLOAD_LIMIT", "ERROR_OAUTH",
            "user_access_error", "application_not_found", "verification_needed"}
SETTLE_SECONDS = 2.0
CANARIES = ("Гостев", "+7916", "+7926", "@example.org", "guest1", "%2B7916", "Петрович")


class Wrong(AssertionError):
    pass


def expect(condition, *what):
    if not condition:
        raise Wrong(" ".join(str(part) for part in what))


def meant_contact(row):
    """The contact of a guest of this suite, by the standard mapping."""
    return {"LAST_NAME": row["LastName"], "NAME": row["FirstName"],
            "SECOND_NAME": row["SecondName"], "BIRTHDATE": row["DateOfBirth"][:10],
            "PHONE": [row["Phone"]], "EMAIL": [row["EMail"]]}


def held_contact(contact):
    fields = contact["fields"]
    held = {name: fields.get(name) or ""
            for name in ("LAST_NAME", "NAME", "SECOND_NAME", "BIRTHDATE")}
    for kind in ("PHONE", "EMAIL"):
        held[kind] = sorted(m["value"] for m in contact["multifields"] if m["type_id"] == kind)
    return held


def one_contact_each(site):
    contacts, clients = site.contacts(), site.clients()
    contacts.pop("", None)
    wanted = {key: row for key, row in clients.items() if key not in site.removed}
    lost = set(wanted) - set(contacts)
    expect(not lost, len(lost), "guests have no contact:", sorted(lost)[:3])
    strange = set(contacts) - set(wanted)
    expect(not strange, "contacts of nobody:", sorted(strange)[:3])
    bases = set()
    for key, row in wanted.items():
        expect(len(contacts[key]) == 1, len(contacts[key]), "contacts of", key)
        contact = contacts[key][0]
        expect(held_contact(contact) == meant_contact(row), key, "has", held_contact(contact),
               "instead of", meant_contact(row))
        expect(row["B24ContactID"] == str(contact["id"]), key, "has the ID",
               row["B24ContactID"], "instead of", contact["id"])
        bases.add(contact["fields"].get("ORIGINATOR_ID"))
    expect(len(bases) <= 1, "contacts of several bases", bases)


def register_tells_the_same(site):
    """1C's register of external codes names each guest's contact, once."""
    told = sorted((row["ObjectRef"], row["ObjectExternalCode"])
                  for row in site.onec.get("/mappings"))
    held = sorted((key, row["B24ContactID"]) for key, row in site.clients().items()
                  if key not in site.removed)
    expect(told == held, "the register names", len(told), "contacts,",
           [pair for pair in told if pair not in held][:3], "of nobody")


EXACT, AT_MOST, UNKNOWN = "exact", "at most", "unknown"


def counters_add_up(site, total=EXACT):
    """`total`: how many of the portal's new contacts the runs told of. A contact that one run
    found and changed counts there as updated alone; a lost ledger takes its counts along."""
    runs = site.json("run", "list", "main")
    for run in runs:
        counters = run["counters"]
        expect(counters["scanned"] == sum(counters[name] for name in COUNTERS), "counters of",
               run)
    if total == UNKNOWN:
        return
    created = site.portal.get("/counters")["contacts_created"]
    told = sum(run["counters"]["added"] + run["counters"]["recreated"] for run in runs)
    expect(told == created or (total == AT_MOST and told < created), "the runs told of", told,
           "new contacts, the portal made", created,
           [(r["name"], r["kind"], r["state"], r["counters"]) for r in runs])


def commands_of(entry):
    """(method, text) of each command that a request carried."""
    params = entry["params"] or {}
    if entry["method"] != "batch":
        return [(entry["method"], json.dumps(params, ensure_ascii=False))]
    commands = params.get("cmd") or {}
    values = commands.values() if isinstance(commands, dict) else commands
    return [(text.split("?", 1)[0], urllib.parse.unquote_plus(text)) for text in values]


def command_errors(journal):
    """Errors of a batch's commands by (request, key)."""
    return {(e["request"], e["batch_key"]): e["error"] for e in journal if e["batch_key"]}


def definitely_not_done(entry, key, errors):
    """Whether the answer that the agent got proves that the command was not carried out."""
    if entry["delivery"] not in ("sent", "drip", ""):
        return False
    if entry["error"]:
        return entry["error"] in DEFINITE and 200 <= entry["status"] < 504
    return errors.get((entry["request"], key), "") in DEFINITE


def no_blind_resend(journal, settle=SETTLE_SECONDS):
    """Between two creations of one origin the portal was asked, late enough."""
    requests = [e for e in journal if not e["batch_key"] and e["method"] != "oauth/token"]
    errors = command_errors(journal)
    reads = [e["time"] for e in requests if any(READS.match(m) for m, _ in commands_of(e))]
    last = {}
    resends = 0
    for entry in requests:
        keys = list((entry["params"] or {}).get("cmd") or {}) if entry["method"] == "batch" else [""]
        for key, (method, text) in zip(keys, commands_of(entry)):
            if not CREATES.match(method):
                continue
            for origin in ORIGIN.findall(text):
                before = last.get(origin)
                if before is not None:
                    resends += 1
                    asked = any(before["time"] + settle - 0.05 <= at <= entry["time"]
                                for at in reads)
                    expect(asked or before["settled"], "blind resend of", origin, "by request",
                           entry["request"], "after", before)
                last[origin] = {"time": entry["time"], "request": entry["request"],
                                "settled": definitely_not_done(entry, key, errors)}
    return resends


def quiet_logs(site):
    secrets = site.portal_secrets()
    for path in site.dir.glob("*.stderr"):
        if path.name in ("portal.stderr", "onec.stderr"):
            continue
        text = path.read_text(errors="replace")
        for word in (*secrets, *CANARIES):
            expect(word not in text, f"{path.name} holds {word[:4]}…:",
                   [line for line in text.splitlines() if word in line][:1])
        for word in ("AddressSanitizer", "terminate called", "Assertion"):
            expect(word not in text, path.name, "tells of", word)


def check(site, total=EXACT, resends=True):
    """Everything, after finish(). Returns what is worth telling."""
    one_contact_each(site)
    counters_add_up(site, total)
    if site.keeps_register:
        register_tells_the_same(site)
    journal = site.portal.get("/journal")
    again = no_blind_resend(journal) if resends else 0
    expect(site.portal.get("/counters")["duplicate_origins"] == 0, "an origin was added twice")
    quiet_logs(site)
    expect(site.server.running(), "the server is dead:", site.server.stderr())
    expect(site.agent.running(), "the agent is dead:", site.agent.stderr())
    status = site.cli("status", "--check", code=None)
    expect(status.code == 0, "somebody is wanted:", status.stdout)
    return f"{again} sent again" if again else ""
