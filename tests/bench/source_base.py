"""What both halves of source.py need: 1C as the connector asks for it, the reception desk, a table."""

import base64
import datetime
import json
import urllib.parse
import urllib.request

USER, PASSWORD = "Интеграция", "1c-pass-word"
CLIENTS, HISTORY = "Catalog_Clients", "InformationRegister_ClientChangeHistory"
# What the connector asks for at once: full rows, versions, history, rows by key.
PAGE, COMPARE_PAGE, HISTORY_PAGE, KEYS = 200, 5000, 1000, 20
CHANGES = 1000
# Of the history's window, s: rows of a transaction that was committed late.
OVERLAP = 120
# Beside them a delta needs the list of new clients and that of clients without an ID; and a process
# asks once what the base has: its attributes, and twice whether pages go by code.
LISTS, LOOKS = 2, 3

# From here on the few requests of every reading (marks, look-ups) do not count.
MANY = 100_000


def odata(site, path, **options):
    """An answer of 1C, as the connector would ask for it."""
    query = {f"${name}": value for name, value in options.items()} | {"$format": "json"}
    request = urllib.request.Request(
        f"{site.source_url}/odata/standard.odata/{path}?"
        + urllib.parse.urlencode(query, quote_via=urllib.parse.quote),
        headers={"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def pages_of_keys(site, size=5000):
    """Ref_Key of every client that is not a folder, a page at a time."""
    last = 0
    while True:
        rows = odata(site, CLIENTS, filter=f"IsFolder eq false and Code gt '{last:09d}'", orderby="Code",
                     top=size, select="Ref_Key,Code")["value"]
        if not rows:
            return
        last = int(rows[-1]["Code"])
        yield [row["Ref_Key"] for row in rows]


def load_ids(site, ids=None):
    """Puts contact IDs into 1C as a write-back of long ago: no history tells of them."""
    keys = []
    for page in pages_of_keys(site):
        site.onec.post("/clients/load", {key: {"B24ContactID": str(ids[key] if ids else len(keys) + i + 1)}
                                         for i, key in enumerate(page) if ids is None or key in ids})
        keys += page
    return keys


def edit(site, keys):
    """A day of the reception desk: CHANGES guests all over the base, some of them twice."""
    chosen = keys[::max(1, len(keys) // CHANGES)][:CHANGES]
    for number, key in enumerate(chosen):
        site.onec.post("/clients/edit", {"guid": key, "set": {"City": "Омск"}})
        if number % 10 == 0:
            site.onec.post("/clients/edit", {"guid": key, "set": {"Phone": f"+7901{number:07d}"}})
            # Else all of them would share a few seconds, and a page begins with a whole second.
            site.onec.post("/clock", {"advance_s": 2})
    return len(chosen)


def rows_read(site):
    return site.onec.get("/counters")["rows_by_set"]


def newest_history(site):
    """Where the next delta's window begins, an overlap later."""
    return odata(site, HISTORY, orderby="Period desc", top=1, select="Period")["value"][0]["Period"]


def history_since(site, moment):
    """Rows of the change history from an overlap before `moment` on, which a delta must read, and the clients
    that they name."""
    begin = datetime.datetime.fromisoformat(moment) - datetime.timedelta(seconds=OVERLAP)
    rows = odata(site, HISTORY, filter=f"Period ge datetime'{begin.isoformat()}'", select="Client_Key")["value"]
    return len(rows), len({row["Client_Key"] for row in rows})


class Table:
    """Figures, most of them ratios within one run, against what they may be at most."""

    def __init__(self):
        self.lines = []

    def line(self, what, figure, at_most=""):
        """`figure`: a number, which more may follow."""
        met = "" if at_most == "" else float(str(figure).split()[0]) <= float(at_most)
        self.lines.append((what, str(figure), str(at_most), {"": "", True: "met", False: "NOT MET"}[met]))
        print(f"  {what}: {figure}", flush=True)

    def show(self):
        head = ("", "figure", "at most", "")
        widths = [max(len(line[i]) for line in [head, *self.lines]) for i in range(3)]
        for what, figure, at_most, met in [head, *self.lines]:
            print(f"{what:{widths[0]}}  {figure:>{widths[1]}}  {at_most:>{widths[2]}}  {met}".rstrip())
        return all(line[3] != "NOT MET" for line in self.lines)
