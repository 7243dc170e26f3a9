"""A hotel whose programs can be ended at a crash point, and the steps that every row takes."""

import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from harness import BIN, CLIENT_SECRET, PASSWORD, WEBHOOK, Control, Process, Site, guest  # noqa: E402

TEST_BIN = BIN.parent / "test-bin"
KILLED = 137
SETTLE = "2s"
# Milliseconds that creations take, so that something strikes while they are under way. The
# emulator wants these names in lower case.
SLOW = {"crm.contact.add": 10, "crm.item.batchimport": 300}
# What a first export creates contacts with; the first such call sends one guest alone.
IMPORT = "crm.item.batchImport"
FINAL = ("SUCCEEDED", "PARTIALLY_FAILED", "FAILED", "CANCELLED")


class FaultSite(Site):
    """A Site of the programs with armed crash points (which nothing trips by itself)."""

    def __init__(self, guests=60, oauth=False, emulator_flags=(), agent_wrapper=(), generate=0):
        self.emulator_flags = emulator_flags
        self.agent_wrapper = agent_wrapper
        self.agents = {}
        self.refresh_tokens = []
        self.removed = set()  # clients that shall not be on the portal
        self.keeps_register = False  # 1C keeps records of exports too
        self.clock_shift = None
        super().__init__([guest(n) for n in range(1, guests + 1)], oauth=oauth,
                         generate=generate)
        self.next_guest = guests + 1

    # --- processes ---
    def _armed(self, program, crash, stop=None):
        parts = []
        if crash:
            parts.append(f"GUESTBRIDGE_CRASH_AT={crash}")
        if stop:
            parts.append(f"GUESTBRIDGE_STOP_AT={stop}")
        if self.clock_shift is not None:
            parts.append(f"GUESTBRIDGE_CLOCK_SHIFT_FILE={self.clock_shift}")
        return (["/usr/bin/env", *parts] if parts else []) + [TEST_BIN / program]

    def _start(self, name, *command):
        if name == "portal" and self.emulator_flags:
            command = (*command, *self.emulator_flags)
        return super()._start(name, *command)

    def start_server(self, crash=None, ready=True):
        self.server = self._start(
            "server", *self._armed("guestbridge-server-crash", crash), "--listen",
            getattr(self, "address", "127.0.0.1:0"), "--data-dir", self.dir / "server",
            "--plaintext", "--allow-private-portals", "--portal-ca-file", self.ca,
            "--oauth-url", self.oauth_url)
        if ready:
            self.address = self.server.wait_for_line("guestbridge-server listening on ")

    def start_doomed_server(self, crash):
        """With a crash point that may be one of its start: it is started again then, to live."""
        self.start_server(crash=crash, ready=False)
        try:
            self.address = self.server.wait_for_line("guestbridge-server listening on ")
        except AssertionError:
            if self.server.running():
                raise
            self.await_death(self.server)
            self.start_server()

    def start_agent(self, name="hotel-1", data_dir="agent", connected=True, crash=None,
                    stop=None):
        agent = self._start(
            name, *self.agent_wrapper, *self._armed("guestbridge-agent-crash", crash, stop),
            "--server", self.address, "--name", name, "--data-dir", self.dir / data_dir,
            "--plaintext", "--portal-ca-file", self.ca)
        if connected:
            agent.wait_for_line(f"guestbridge-agent {name} connected to ")
        self.agent = self.agents[name] = agent
        return agent

    def up(self):
        """Everything runs and the manual's steps are done."""
        self.start_server()
        self.start_agent()
        self.connect(settle=SETTLE)
        return self

    def await_death(self, process, seconds=120):
        """Until the process has ended at its crash point."""
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{process.name} never passed its crash point; its stderr:\n"
                                 f"{process.stderr()}") from None
        if code != KILLED:
            raise AssertionError(f"{process.name} ended with {code}:\n{process.stderr()}")

    def await_stop(self, process, seconds=120):
        """Until all of the process stands still at its stop point."""
        stat = pathlib.Path(f"/proc/{process.pid}/stat")
        deadline = time.monotonic() + seconds
        while stat.read_text().rsplit(")", 1)[1].split()[0] != "T":
            if time.monotonic() > deadline or not process.running():
                raise AssertionError(f"{process.name} never passed its stop point; its stderr:\n"
                                     f"{process.stderr()}")
            time.sleep(0.05)

    def restart_agent(self):
        self.agent.kill()
        self.start_agent()

    def restart_server(self):
        self.server.kill()
        self.start_server()

    # --- the reception desk ---
    def arrive(self, count):
        """New guests in 1C; their numbers."""
        numbers = range(self.next_guest, self.next_guest + count)
        self.next_guest += count
        for number in numbers:
            row = guest(number)
            del row["Ref_Key"], row["DataVersion"]
            self.onec.post("/clients/add", row)
        return list(numbers)

    def edit(self, count, first=1, mark="x"):
        """Other names and phones of guests `first` and following."""
        for number in range(first, first + count):
            self.onec.post("/clients/edit", {"guid": guest(number)["Ref_Key"], "set": {
                "FirstName": f"Иван{mark}", "Phone": f"+7926{mark_digits(mark)}{number:05d}"}})

    # --- runs ---
    def try_cli(self, *arguments, seconds=240):
        """A command whose failure is part of the story; its exit code."""
        return self.cli(*arguments, code=None, seconds=seconds).code

    def begin(self, *flags):
        """Starts an export that goes on by itself; its name."""
        return self.started("export", "run", "main", *flags).json()["name"]

    def started(self, *command):
        """A command that starts a run, once nothing else runs: the schedule or the agent's own
        settling may be quicker."""
        for _ in range(10):
            result = self.cli(*command, "--output", "json", code=None)
            if "RUN_IN_PROGRESS" not in result.stderr:
                break
            self.runs_ended()
        if result.code != 0:
            raise AssertionError(f"{command}: {result}\n{self.agent.stderr()}")
        return result

    def begin_anyhow(self, *flags, kind="export"):
        """The same while a process may die under the call."""
        words = {"export": ("export", "run", "main"), "rebuild": ("ledger", "rebuild", "main"),
                 "match": ("clients", "match", "main", "--apply")}[kind]
        self.try_cli(*words, *flags, "--timeout", "3s")

    def ended(self, run, seconds=120):
        deadline = time.monotonic() + seconds
        while True:
            state = self.json("run", "get", run)
            if state["state"] in FINAL:
                return state
            if time.monotonic() > deadline:
                raise AssertionError(f"the run does not end: {state}\n{self.agent.stderr()}")
            time.sleep(0.1)

    def runs_ended(self, seconds=240):
        """All runs, once none is under way."""
        deadline = time.monotonic() + seconds
        while True:
            runs = self.json("run", "list", "main")
            if all(run["state"] in FINAL for run in runs):
                return runs
            if time.monotonic() > deadline:
                raise AssertionError(f"runs that do not end: "
                                     f"{[r for r in runs if r['state'] not in FINAL]}\n"
                                     f"{self.agent.stderr()}")
            time.sleep(0.1)

    def finish(self, *flags, retry=False):
        """What a person does when all is mended: one more export, waited for to the last ID.
        `retry`: guests or IDs were parked on purpose. Elsewhere a fault must park nobody, and
        trying again would hide it."""
        self.runs_ended()
        if retry:
            self.try_cli("clients", "retry", "main")
        run = self.started("export", "run", "main", "--wait", "--settle", "--wait-write-back",
                           *flags).json()
        if run["state"] != "SUCCEEDED":
            raise AssertionError(f"the run after the fault: {run}")
        if run["counters"]["failed"] != 0 or run["writeBack"]["parked"] != 0:
            raise AssertionError(f"guests or IDs are parked: {run}\n{self.agent.stderr()}")
        return run

    def portal_secrets(self):
        """Everything that no log may hold."""
        secrets = {WEBHOOK, PASSWORD, CLIENT_SECRET}
        last = self.portal.get("/oauth/tokens").get("last_refresh_token")
        if last:
            secrets.add(last)
        return secrets

    def shift_clock(self, seconds):
        """From now on the restarted programs' wall clock is wrong by so much; adjustable."""
        if self.clock_shift is None:
            self.clock_shift = self.dir / "clock-shift"
        draft = self.dir / "clock-shift.new"
        draft.write_text(f"{seconds}\n")
        draft.rename(self.clock_shift)


def mark_digits(mark):
    """Two digits that stand for an edit, so that each edit gives other phones."""
    return f"{sum(mark.encode()) % 90 + 10}"


__all__ = ["BIN", "CLIENT_SECRET", "Control", "FaultSite", "Process", "TEST_BIN", "WEBHOOK", "guest",
           "json"]
