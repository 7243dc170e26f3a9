"""Programs that are started, found ready, and ended.

Their output goes to files, so that they may outlive the program that started them."""

import os
import pathlib
import shlex
import signal
import subprocess
import time

READY_SECONDS = 60
STOP_SECONDS = 35


class Failed(Exception):
    """What went wrong, for a person."""


class Program:
    """One process in a session of its own: Ctrl-C reaches it through us alone, in order."""

    def __init__(self, name, command, directory):
        self.name = name
        self.command = [str(part) for part in command]
        self._stdout = directory / f"{name}.stdout"
        self.log = directory / f"{name}.log"
        with open(self._stdout, "wb") as out, open(self.log, "wb") as log:
            self._child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                cwd=directory, start_new_session=True)

    @property
    def pid(self):
        return self._child.pid

    def said(self, prefix):
        """The rest of the line that begins with prefix; waits for it."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            # Only whole lines: the last one may still be growing.
            text = self._stdout.read_text(errors="replace")
            for line in text.splitlines(keepends=True):
                if line.startswith(prefix) and line.endswith("\n"):
                    return line[len(prefix):].strip()
            if self._child.poll() is not None:
                raise Failed(f"{self.name} ended with {self._child.returncode}:\n"
                             f"{self.log_tail()}")
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} did not say {prefix!r}:\n{self.log_tail()}")
            time.sleep(0.02)

    def log_tail(self):
        return self.log.read_text(errors="replace")[-3000:]

    def stop(self):
        """SIGTERM, then patience, then SIGKILL."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()


STOP_SCRIPT = """#!/bin/sh
# Ends the programs of this demo, the last started first, and removes its folder.
end() {
  # Only if that number still is that program.
  [ "$(readlink "/proc/$1/exe")" = "$2" ] || return 0
  kill "$1"
  for _ in $(seq 350); do
    [ -e "/proc/$1/exe" ] || return 0
    sleep 0.1
  done
  kill -9 "$1"
}
"""


def write_stop_script(path, programs, directory):
    lines = [STOP_SCRIPT]
    for program in reversed(programs):
        executable = os.readlink(f"/proc/{program.pid}/exe")
        lines.append(f"end {program.pid} {shlex.quote(executable)}\n")
    lines.append(f"cd / && rm -rf {shlex.quote(str(directory))}\n")
    path.write_text("".join(lines))
    path.chmod(0o700)


def shown(path):
    """A path as short as it can be said from here."""
    try:
        return str(pathlib.Path(path).relative_to(pathlib.Path.cwd()))
    except ValueError:
        return str(path)
