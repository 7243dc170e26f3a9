"""A PostgreSQL of a test's own, as tests/testing/postgresql_cluster.h has it for C++."""

import contextlib
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import leavings
from harness import NAMES, SECRETS

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
PASSWORD = "planted-database-password"
START_SECONDS = 60
PR_SET_PDEATHSIG = 1


class Cluster:
    """In a temporary folder, reached through a Unix socket in it. Runs as `nobody` when the test is
    root, as PostgreSQL does not run as root. Its one role is `owner`."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="guestbridge-postgresql-"))
        self.password_file = self.dir / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.password_file.chmod(0o600)
        self._who = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (self.dir, self.password_file):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
            self._who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._log = open(self.dir / "log", "ab")
        self._server = None
        try:
            self._make()
            self.start()
        except BaseException:
            self.close(search=False)
            raise

    def _make(self):
        data = self.dir / "data"
        subprocess.run(
            [PROGRAMS / "initdb", "--pgdata", data, "--username=owner", "--auth=scram-sha-256",
             "--pwfile", self.password_file, "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"],
            check=True, cwd="/", stdout=self._log, stderr=self._log, **self._who)
        with open(data / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(f"listen_addresses = ''\nunix_socket_directories = '{self.dir}'\n"
                           "fsync = off\nfull_page_writes = off\nshared_buffers = 16MB\n")

    def start(self):
        self._server = subprocess.Popen(
            [PROGRAMS / "postgres", "-D", self.dir / "data"], cwd="/", stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=self._log, preexec_fn=_end_with_the_test, **self._who)
        deadline = time.monotonic() + START_SECONDS
        while subprocess.run([PROGRAMS / "pg_isready", "--quiet", "--host", self.dir],
                             check=False).returncode != 0:
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.dir / "log").read_text(errors="replace"))
            time.sleep(0.05)

    def stop(self, how=signal.SIGQUIT):
        """SIGQUIT: at once, as a crash; SIGINT: in good order."""
        self._server.send_signal(how)
        self._server.wait()

    def url(self, database):
        """Without the password."""
        return f"postgresql://owner@/{database}?host={self.dir}"

    def run(self, program, *arguments):
        """What one of PostgreSQL's programs says, run as `owner`."""
        return subprocess.run(
            [PROGRAMS / program, *arguments], check=True, stdout=subprocess.PIPE, text=True,
            env=self._as_owner()).stdout

    def _as_owner(self):
        return {**os.environ, "PGPASSWORD": PASSWORD, "PGHOST": str(self.dir), "PGUSER": "owner"}

    def sql(self, database, statement):
        """Lines with their columns parted by '|'."""
        return self.run("psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-At", "-d", database,
                        "-c", statement).splitlines()

    @contextlib.contextmanager
    def session(self, database, statement):
        """A session of its own that has run `statement`, with the line that it gave."""
        with subprocess.Popen(
                [PROGRAMS / "psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-At", "-d", database],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._as_owner()) as psql:
            psql.stdin.write(statement + ";\n")
            psql.stdin.flush()
            yield psql.stdout.readline().strip()

    def close(self, search=True):
        """Fails when a secret or a guest of the harness is in the database."""
        found = []
        try:
            if self._server is not None and self._server.poll() is None:
                if search:
                    found += self._search([("dump", self.run("pg_dumpall").encode())])
                self.stop(signal.SIGINT)
            self._log.close()
            if search:
                found += self._search(leavings.contents(leavings.files(self.dir)))
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)
        if found:
            raise AssertionError("left in clear: " + "\n".join(found[:20]))

    def _search(self, places):
        return leavings.Search({*SECRETS, *NAMES}).found(places)


def _end_with_the_test():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
