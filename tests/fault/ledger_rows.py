"""The ledger and its disk: full, read-only, damaged, gone, old, doubled."""

import contextlib
import os
import resource
import shutil
import subprocess
import time

import oracle
from fault_site import IMPORT, FaultSite, guest
from registry import row

PAGE = 4096


def ledgers(site):
    return site.dir / "agent" / "ledgers"


def failed_run(site, *reasons):
    run = site.json("export", "run", "main", "--wait", code=1)
    oracle.expect(run["state"] == "FAILED", run)
    oracle.expect(run["error"]["reason"] in reasons, run["error"])
    oracle.expect(run["error"]["remedy"], run)
    return run


@contextlib.contextmanager
def small_disk(site, kilobytes, name="agent"):
    """A folder of the site, the agent's data directory, on a disk of its own; not everybody
    may mount one."""
    place = site.dir / name
    place.mkdir(mode=0o700, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0700", "tmpfs",
                              place], capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            for process in site.processes:
                process.kill()
            subprocess.run(["umount", place], check=True)


def mend_disk(site, *options):
    """Of a size that nobody is told of any more; tmpfs takes only what is used."""
    subprocess.run(["mount", "-o", ",".join(("remount", "size=4g", *options)),
                    site.dir / "agent"], check=True)


@row("disk full under the ledger (RLIMIT_FSIZE)", "FAILED with DATABASE_FULL; goes on")
def file_limit():
    with FaultSite(guests=200) as site:
        site.up()
        site.agent.stop()
        site.start_agent()
        room = max(p.stat().st_size for p in ledgers(site).iterdir())
        resource.prlimit(site.agent.pid, resource.RLIMIT_FSIZE,
                         (room + 20_000, resource.RLIM_INFINITY))
        failed_run(site, "DATABASE_FULL")
        oracle.expect(site.agent.running(), "the agent died of a full disk")
        resource.prlimit(site.agent.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        site.finish()
        return oracle.check(site)


@row("disk full under the ledger (a small file system)", "FAILED with DATABASE_FULL; goes on")
def full_disk():
    with FaultSite(guests=200) as site, small_disk(site, 4096) as mounted:
        if not mounted:
            return "left out: no right to mount"
        site.up()
        filler = site.dir / "agent" / "filler"
        with open(filler, "wb", buffering=0) as out, contextlib.suppress(OSError):
            while True:
                out.write(b"x" * 1024)
        failed_run(site, "DATABASE_FULL")
        filler.unlink()
        site.finish()
        mend_disk(site)
        site.agent.stop()
        site.start_agent()
        return oracle.check(site)


@row("read-only disk under the ledger", "the agent says so and ends with 4; goes on")
def read_only():
    with FaultSite() as site, small_disk(site, 8192) as mounted:
        if not mounted:
            return "left out: no right to mount"
        site.up()
        site.finish()
        site.arrive(10)
        oracle.expect(site.agent.stop() == 0, site.agent.stderr())
        place = site.dir / "agent"
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        site.start_agent(connected=False)
        oracle.expect(site.agent.wait() == 4, site.agent.stderr())
        oracle.expect("Read-only" in site.agent.stderr(), site.agent.stderr())
        mend_disk(site, "rw")
        site.start_agent()
        site.finish()
        return oracle.check(site)


@contextlib.contextmanager
def read_only_files(site):
    """The ledger's files, of an agent that does not run; false where nobody may do that."""
    files = list(ledgers(site).iterdir())
    made = []
    try:
        for file in files:
            if os.geteuid() != 0:
                file.chmod(0o400)
            elif subprocess.run(["chattr", "+i", file], capture_output=True).returncode != 0:
                break
            made.append(file)
        yield made == files
    finally:
        for file in made:
            if os.geteuid() == 0:
                subprocess.run(["chattr", "-i", file], check=True)
            file.chmod(0o600)


@row("read-only ledger file in a writable directory", "FAILED with reason; goes on")
def read_only_file():
    with FaultSite() as site:
        site.up()
        site.finish()
        site.arrive(10)
        site.agent.stop()
        with read_only_files(site) as made:
            if not made:
                return "left out: no right to make files immutable"
            site.start_agent()
            run = site.json("export", "run", "main", "--wait", code=1)
            oracle.expect(run["error"]["reason"] and run["error"]["remedy"], run)
            site.agent.stop()
        site.start_agent()
        site.finish()
        return oracle.check(site) or run["error"]["reason"]


def damage(site):
    """Pages in the middle of the ledger become noise."""
    [file] = [p for p in ledgers(site).iterdir() if p.suffix not in (".db-wal", ".db-shm")
              and not p.name.endswith(("-wal", "-shm"))]
    with open(file, "r+b") as out:
        for page in range(1, file.stat().st_size // PAGE):
            out.seek(page * PAGE)
            out.write(b"\xa5" * 512)


@row("corrupt ledger pages", "FAILED with LEDGER_CORRUPT and what to do, which works",
     fast=True)
def corrupt():
    with FaultSite() as site:
        site.up()
        site.finish()
        site.arrive(10)
        site.edit(10)
        site.agent.stop()
        damage(site)
        site.start_agent()
        failed_run(site, "LEDGER_CORRUPT")
        # As the error says: the file is moved aside.
        site.agent.stop()
        ledgers(site).rename(site.dir / "aside")
        site.start_agent()
        run = site.json("ledger", "rebuild", "main", "--wait")
        oracle.expect(run["state"] == "SUCCEEDED", run)
        site.finish("--full")
        return oracle.check(site)


@row("ledger deleted", "a cold start reads the portal before it adds", fast=True)
def deleted():
    with FaultSite() as site:
        site.up()
        site.finish()
        site.arrive(10)
        site.edit(10)
        site.agent.stop()
        shutil.rmtree(ledgers(site))
        site.start_agent()
        site.finish("--full")
        return oracle.check(site)


@row("ledger deleted while the agent runs", "no second contact")
def deleted_under_it():
    with FaultSite() as site:
        site.up()
        site.finish()
        site.arrive(10)
        for file in ledgers(site).iterdir():
            file.unlink()
        site.try_cli("export", "run", "main", "--wait", "--settle")
        site.restart_agent()
        site.finish("--full")
        return oracle.check(site)


@row("ledger restored from an old copy", "a cold start; nothing is added twice", fast=True)
def restored():
    with FaultSite(guests=30) as site:
        site.up()
        site.finish()
        site.agent.stop()
        shutil.copytree(ledgers(site), site.dir / "copy")
        site.start_agent()
        site.arrive(30)
        site.edit(10)
        site.finish()
        site.agent.stop()
        shutil.rmtree(ledgers(site))
        shutil.copytree(site.dir / "copy", ledgers(site))
        site.arrive(5)
        site.start_agent()
        site.finish("--full")
        return oracle.check(site)


@row("ledger restored from an old copy with doubts in it", "old doubts are settled anew")
def restored_with_doubts():
    with FaultSite(guests=30) as site:
        site.up()
        site.portal.post("/faults", {"kind": "late_commit", "method": IMPORT, "ms": 1500, "nth": 2})
        run = site.begin()
        site.ended(run)
        site.agent.kill()
        shutil.copytree(ledgers(site), site.dir / "copy")
        site.portal.delete("/faults")
        site.start_agent()
        site.finish()
        site.agent.stop()
        shutil.rmtree(ledgers(site))
        shutil.copytree(site.dir / "copy", ledgers(site))
        site.arrive(5)
        site.start_agent()
        site.finish("--full")
        return oracle.check(site, total=oracle.UNKNOWN)


@row("agent's data directory cloned, both run under one name", "one of them writes at a time",
     fast=True)
def cloned():
    with FaultSite() as site:
        site.up()
        site.finish()
        site.agent.stop()
        shutil.copytree(site.dir / "agent", site.dir / "clone")
        site.start_agent()
        first = site.agent
        second = site._start(
            "clone", *site._armed("guestbridge-agent-crash", None), "--server", site.address,
            "--name", "hotel-1", "--data-dir", site.dir / "clone", "--plaintext",
            "--portal-ca-file", site.ca)
        for mark in ("k", "l", "m"):
            site.arrive(10)
            site.edit(10, mark=mark)
            site.begin_anyhow()
            site.runs_ended()
        # The person finds out and ends one of them: the one that was there first.
        alive = [p for p in (first, second) if p.running()]
        oracle.expect(alive, "both agents are dead:", first.stderr(), second.stderr())
        first.kill()
        second.kill()
        time.sleep(0.5)
        site.start_agent()
        site.finish("--full")
        return oracle.check(site, total=oracle.UNKNOWN)


@row("agent's data directory moved to another name", "the lease is taken over, cold")
def moved():
    with FaultSite() as site:
        site.up()
        site.finish()
        site.agent.stop()
        shutil.rmtree(site.dir / "agent")
        site.arrive(5)
        site.start_agent(data_dir="agent-2")
        site.finish("--full")
        oracle.expect(len(site.contacts()[guest(1)["Ref_Key"]]) == 1, "two contacts")
        return oracle.check(site)
