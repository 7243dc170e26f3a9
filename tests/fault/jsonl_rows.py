"""Files in a folder as the source: kill -9 at each step of theirs, and what 1C's job and the
folder's disk do to them."""

import contextlib
import json
import shutil
import subprocess
import time

import oracle
from crash_rows import armed
from fault_site import SETTLE, FaultSite, guest
from ledger_rows import failed_run, small_disk
from registry import add_row, row

# More lines than the agent takes in at once.
BLANKS = ["  "] * 2000
BAD = '{"Ref_Key":"Гостев"}'


class FilesSite(FaultSite):
    """A hotel without a publication. What 1C holds is what its files say, and the contacts'
    IDs that lie ready for it."""

    def __init__(self):
        super().__init__(guests=0)
        self.folder = self.dir / "exchange"
        self.folder.mkdir()
        self.rows = {}
        self.bad = {}  # numbers of the lines that are none, by file

    def connection_flags(self, integration="main", settle=SETTLE):
        flags = super().connection_flags(integration, settle)
        source = flags.index("--source")
        return [*flags[:source], "--source", "jsonl", "--source-url", f"file://{self.folder}",
                "--settle-time", settle]

    # --- 1C's job ---
    def text_of(self, name, lines):
        """A file's bytes; `lines`: guests, and lines as they are."""
        text = []
        held = self.given()
        for number, line in enumerate(lines, 1):
            if isinstance(line, str):
                if line.strip():
                    self.bad.setdefault(name, []).append(number)
                text.append(line)
                continue
            contacts = held.get(line["Ref_Key"], [0])
            text.append(json.dumps({**line, "B24ContactID": str(contacts[-1])},
                                   ensure_ascii=False))
            self.rows[line["Ref_Key"]] = line
        return "".join(line + "\n" for line in text).encode()

    def write(self, name, lines):
        draft = self.folder / f"{name}.tmp"
        draft.write_bytes(self.text_of(name, lines))
        draft.rename(self.folder / name)

    def given(self):
        """The IDs that 1C finds, in the order of the files, by guest."""
        ids = {}
        for path in sorted((self.folder / "contact-ids").glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                ids.setdefault(entry["Ref_Key"], []).append(entry["B24ContactID"])
        return ids

    def clients(self):
        """Once every ID lies ready: that takes about a second more than the write-back."""
        deadline = time.monotonic() + 20
        while set(self.given()) < set(self.rows) and time.monotonic() < deadline:
            time.sleep(0.1)
        ids = self.given()
        return {key: {**line, "B24ContactID": str(ids.get(key, [0])[-1])}
                for key, line in self.rows.items()}

    def names(self, place="."):
        return sorted(path.name for path in (self.folder / place).glob("*"))

    def deliver(self):
        """Two files of sixty guests in three pieces, a bad line in each piece."""
        first = [guest(n) for n in range(1, 41)] + [BAD] + BLANKS
        first += [guest(n) for n in range(41, 51)] + [BAD]
        self.write("20260101-0300.full.jsonl", first)
        self.write("20260102-0300.jsonl", [BAD, guest(1, FirstName="Пётр"),
                                           *(guest(n) for n in range(51, 61))])

    def deliver_later(self):
        """Ten guests changed, ten are new."""
        lines = [guest(n, FirstName="Пётр") for n in range(1, 11)] + [BAD]
        self.write("20260103-0300.jsonl", lines + [guest(n) for n in range(61, 71)])


def check(site, total=oracle.EXACT, given_at_most=1):
    """Everything, after finish(). `given_at_most`: lines with one guest's ID."""
    told = oracle.check(site, total)
    files = {name for name in site.names() if name.endswith(".jsonl")} | set(site.names("done"))
    # The next run acknowledges what this one dealt with.
    site.finish()
    oracle.expect(not [n for n in site.names() if n.endswith(".jsonl")], "still in the folder:",
                  site.names())
    oracle.expect(set(site.names("done")) >= files, "in done/:", site.names("done"))
    rejected = {}
    for name in site.names("rejected"):
        lines = (site.folder / "rejected" / name).read_text(encoding="utf-8").splitlines()
        rejected[name] = [json.loads(line)["line"] for line in lines]
    oracle.expect(rejected == site.bad, "rejected", rejected, "instead of", site.bad)
    for key, ids in site.given().items():
        oracle.expect(len(set(ids)) == 1, key, "was given several IDs:", ids)
        oracle.expect(len(ids) <= given_at_most, key, "was given its ID", len(ids), "times")
    deadline = time.monotonic() + 15  # the last IDs are published when no more come
    while not all(name.endswith(".jsonl") for name in site.names("contact-ids")):
        oracle.expect(time.monotonic() < deadline, "unpublished:", site.names("contact-ids"))
        time.sleep(0.2)
    oracle.one_contact_each(site)
    return told


# --- kill -9 ---
def in_first_export(site, crash):
    site.up()
    site.deliver()
    armed(site, crash)
    site.begin_anyhow()


def in_later_export(site, crash):
    site.up()
    site.deliver()
    site.finish()
    site.clients()
    site.deliver_later()
    armed(site, crash)
    site.begin_anyhow()


def without_store(site, crash):
    site.up()
    site.deliver()
    site.finish()
    site.finish()
    site.clients()
    site.agent.kill()
    shutil.rmtree(site.folder / "state")
    site.deliver_later()
    site.start_agent(crash=crash, connected=False)
    site.begin_anyhow()


# point -> (where, passes to die at)
POINTS = {
    "sql.migration.record": (in_first_export, (1,)),
    "sql.migration.committed": (in_first_export, (1,)),
    "agent.file.begin": (in_first_export, (1, 2, 3)),
    "agent.file.begun": (in_first_export, (1, 2, 3)),
    "agent.file.half-rejected": (in_first_export, (1, 2, 3)),
    "agent.file.rejected": (in_first_export, (1, 2, 3)),
    "agent.file.take-in": (in_first_export, (1, 2, 3)),
    "agent.file.taken-in": (in_first_export, (1, 2, 3)),
    "agent.file.restore": (without_store, (1,)),
    "agent.file.restored": (without_store, (1,)),
    "agent.file.acknowledge": (in_later_export, (1,)),
    "agent.file.dealt": (in_later_export, (1,)),
    "agent.file.move": (in_later_export, (1, 2)),
    "agent.file.moved": (in_later_export, (1, 2)),
    "agent.file.acknowledged": (in_later_export, (1, 2)),
    "agent.contact-id.write": (in_first_export, (1, 20)),
    "agent.contact-id.half-written": (in_first_export, (1, 20)),
    "agent.contact-id.written": (in_first_export, (1, 20)),
    "agent.contact-id.noted": (in_first_export, (1, 20)),
    "agent.contact-id.publish": (in_first_export, (1,)),
    "agent.contact-id.published": (in_first_export, (1,)),
}
SHORT = {"agent.file.rejected:2", "agent.file.moved:1", "agent.contact-id.written:20"}


def play(scenario, crash):
    with FilesSite() as site:
        scenario(site, crash)
        site.await_death(site.agent)
        site.start_agent()
        site.finish()
        # Whether the line before the kill was kept is not known: it is written again.
        return check(site, given_at_most=2)


for point, (scenario, passes) in POINTS.items():
    for number in passes:
        crash = f"{point}:{number}"
        add_row(f"agent dies at {crash}, files", "jsonl_rows.py",
                f"{scenario.__name__.replace('_', ' ')}; the next process goes on",
                lambda s=scenario, c=crash: play(s, c), fast=crash in SHORT)


# --- the job of 1C ---
@row("a file that grows while it is read, files", "read anew; half a line is no bad line")
def in_place():
    with FilesSite() as site:
        site.up()
        name = "20260101-0300.jsonl"
        text = site.text_of(name, [guest(1), BAD, *(guest(n) for n in range(2, 41))])
        with open(site.folder / name, "wb") as out:
            out.write(text[:len(text) // 2])
            out.flush()
            site.json("export", "run", "main", "--wait")
            out.write(text[len(text) // 2:-100])
            out.flush()
            site.json("export", "run", "main", "--wait")
            out.write(text[-100:])
        site.finish()
        return check(site)


@row("a name that comes again, files", "each file is read, and kept in done/")
def same_name():
    with FilesSite() as site:
        site.up()
        name = "clients.jsonl"
        site.write(name, [guest(n) for n in range(1, 11)])
        site.finish()
        site.clients()
        # The first one is dealt with, and was not acknowledged yet.
        site.write(name, [guest(n, FirstName="Пётр") for n in range(6, 21)])
        site.finish()
        site.finish()
        site.clients()
        site.write(name, [guest(n, FirstName="Фёдор") for n in range(16, 31)])
        site.finish()
        site.finish()
        oracle.expect(site.names("done") == [name, "clients~000001.jsonl"], site.names("done"))
        return check(site)


@row("the same file twice, files", "the second time changes nothing", fast=True)
def same_file():
    with FilesSite() as site:
        site.up()
        site.deliver()
        site.finish()
        site.clients()
        lines = [guest(n) for n in range(2, 41)]
        site.write("20260103-0300.jsonl", lines)
        site.finish()
        text = (site.folder / "20260103-0300.jsonl").read_bytes()
        (site.folder / "20260104-0300.jsonl").write_bytes(text)
        run = site.finish()
        oracle.expect(run["counters"]["scanned"] == 0, run)
        return check(site)


@row("one guest in two files, files", "one contact, as the later name says")
def same_guest():
    with FilesSite() as site:
        site.up()
        site.write("1.jsonl", [guest(n) for n in range(1, 31)])
        site.write("2.jsonl", [guest(n, FirstName="Пётр") for n in range(21, 41)])
        run = site.finish()
        oracle.expect(run["counters"]["added"] == 40, run)
        return check(site)


@row("1C takes the IDs while they are written, files", "each ID in a whole file, once")
def taken_meanwhile():
    with FilesSite() as site:
        site.up()
        site.deliver()
        run = site.begin()
        ids, kept = site.folder / "contact-ids", site.dir / "taken"
        kept.mkdir()
        deadline = time.monotonic() + 120
        while len(list(kept.iterdir())) < 1 or site.json("run", "get", run)["state"] == "RUNNING":
            oracle.expect(time.monotonic() < deadline, "no IDs came")
            for path in list(ids.glob("*.jsonl")):
                path.rename(kept / path.name)
            time.sleep(0.05)
        site.finish()
        for path in kept.iterdir():
            path.rename(ids / path.name)
        return check(site)


# --- the folder ---
@row("the folder is away for 4 s, files", "the run waits and ends well")
def away():
    with FilesSite() as site:
        site.up()
        site.deliver()
        hidden = site.folder.with_name("away")
        site.folder.rename(hidden)
        run = site.begin()
        time.sleep(4)
        oracle.expect(not site.folder.exists(), "made in its place")
        hidden.rename(site.folder)
        oracle.expect(site.ended(run)["state"] == "SUCCEEDED", site.ended(run))
        site.finish()
        return check(site)


@row("the store is lost, files", "done/ is read once more; nobody is added twice")
def lost_store():
    with FilesSite() as site:
        site.up()
        site.deliver()
        site.finish()
        site.finish()
        site.clients()
        site.restart_agent()
        shutil.rmtree(site.folder / "state")
        site.deliver_later()
        site.finish()
        # The old files say that 1C holds no ID.
        return check(site, given_at_most=2)


def fill(place):
    filler = place / "filler"
    with open(filler, "wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(b"x" * 1024)
    return filler


@row("disk full under the folder, files", "FAILED with reason; goes on")
def full_disk():
    with FilesSite() as site, small_disk(site, 4096, "exchange") as mounted:
        if not mounted:
            return "left out: no right to mount"
        site.up()
        site.deliver()
        filler = fill(site.folder)
        failed_run(site, "DATABASE_FULL", "SOURCE_FOLDER_FULL")
        filler.unlink()
        site.finish()
        return check(site)


@row("disk full under the contacts' IDs, files", "the contacts are made; the IDs wait")
def full_for_ids():
    with FilesSite() as site, small_disk(site, 4096, "exchange") as mounted:
        if not mounted:
            return "left out: no right to mount"
        site.up()
        site.deliver()
        site.cli("clients", "explain", "main", "000000001", code=None)  # Takes the files in.
        filler = fill(site.folder)
        run = site.json("export", "run", "main", "--wait")
        oracle.expect(run["counters"]["added"] == 60, run)
        oracle.expect(run["writeBack"]["done"] == 0, run)
        filler.unlink()
        site.finish()
        return check(site)


@row("read-only folder, files", "FAILED with SOURCE_FOLDER_RIGHT_MISSING; goes on")
def read_only():
    with FilesSite() as site, small_disk(site, 4096, "exchange") as mounted:
        if not mounted:
            return "left out: no right to mount"
        site.up()
        site.deliver()
        subprocess.run(["mount", "-o", "remount,ro", site.folder], check=True)
        failed_run(site, "SOURCE_FOLDER_RIGHT_MISSING")
        subprocess.run(["mount", "-o", "remount,rw", site.folder], check=True)
        site.finish()
        site.clients()
        # And a folder that the store is already in.
        site.deliver_later()
        oracle.expect(site.agent.stop() == 0, site.agent.stderr())
        subprocess.run(["mount", "-o", "remount,ro", site.folder], check=True)
        site.start_agent()
        failed_run(site, "SOURCE_FOLDER_RIGHT_MISSING", "DATABASE_UNWRITABLE")
        subprocess.run(["mount", "-o", "remount,rw", site.folder], check=True)
        site.finish()
        return check(site)
