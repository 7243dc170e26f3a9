"""Starts the real programs and the two emulators, and talks to them as a person would.

A Site is one hotel: server, agent, portal and 1C, each a process of its own, in a temporary
directory. Everything is reached through the public ways only: the CLI, and the emulators'
control endpoints, which play the manager and the reception desk."""

import json
import os
import pathlib
import select
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.request

import leavings

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("GUESTBRIDGE_BIN", ROOT / "build" / "bin"))
DATA = pathlib.Path(__file__).resolve().parent / "data" / "clients.jsonl"

READY_SECONDS = 30
CLI_SECONDS = 300

# Planted: at its end each test is searched for them (leavings.py).
WEBHOOK = "w3bh00kc0de12345"
PASSWORD = "1c-pass-word"
CLIENT_SECRET = "app-s3cret-of-the-site"
SECRETS = {WEBHOOK, PASSWORD, CLIENT_SECRET}
NAMES = ("Гостев", "@example.org")  # Of every guest().
SCHEDULE_AHEAD = 1800  # seconds; no test is played for longer


class Process:
    """A program with its stdout read line by line; stderr goes to a file."""

    def __init__(self, name, command, directory):
        self.name = name
        command = [str(part) for part in command]
        self.program = next((pathlib.Path(part).name for part in command
                             if pathlib.Path(part).name.startswith("guestbridge")), name)
        self.data_dir = (pathlib.Path(directory, command[command.index("--data-dir") + 1])
                         if "--data-dir" in command else None)
        if not self.program.startswith(leavings.EMULATORS):
            expect_no_secret("the arguments", " ".join(command))
        self.stderr_path = directory / f"{name}.stderr"
        self._stderr = open(self.stderr_path, "ab")
        self._child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._stderr,
            stdin=subprocess.DEVNULL, cwd=directory)
        self._buffer = b""

    @property
    def pid(self):
        return self._child.pid

    def wait_for_line(self, prefix, seconds=READY_SECONDS):
        """The rest of the first stdout line that starts with prefix."""
        deadline = time.monotonic() + seconds
        while True:
            while b"\n" in self._buffer:
                line, self._buffer = self._buffer.split(b"\n", 1)
                text = line.decode(errors="replace")
                if text.startswith(prefix):
                    return text[len(prefix):].strip()
            left = deadline - time.monotonic()
            ended = self._child.poll() is not None
            readable, _, _ = select.select([self._child.stdout], [], [], max(min(left, 0.5), 0))
            said = os.read(self._child.stdout.fileno(), 65536) if readable else b""
            # One that has ended may have said it before.
            if not said and (ended or left <= 0):
                raise AssertionError(
                    f"{self.name} did not say {prefix!r}; its stderr:\n{self.stderr()}")
            self._buffer += said

    def stderr(self):
        return self.stderr_path.read_text(errors="replace")[-6000:]

    def logged(self, event):
        """Its log's entries of that event, those of its earlier lives under this name first."""
        lines = self.stderr_path.read_text(errors="replace").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [entry for entry in entries if entry.get("event") == event]

    def running(self):
        return self._child.poll() is None

    def kill(self):
        """kill -9."""
        if self.running():
            self._child.send_signal(signal.SIGKILL)
        self._child.wait()
        self._child.stdout.close()
        self._stderr.close()

    def stop(self, seconds=35):
        """SIGTERM; the exit code."""
        if self.running():
            self._child.send_signal(signal.SIGTERM)
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end on SIGTERM:\n{self.stderr()}")

    def wait(self, seconds=READY_SECONDS):
        return self._child.wait(seconds)


class Control:
    """An emulator's control endpoint."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def get(self, path, seconds=60):
        with urllib.request.urlopen(self.url + path, timeout=seconds) as answer:
            return json.load(answer)

    def post(self, path, body=None):
        request = urllib.request.Request(
            self.url + path, data=json.dumps(body or {}).encode(), method="POST",
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def delete(self, path):
        request = urllib.request.Request(self.url + path, method="DELETE")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


class Result:
    def __init__(self, code, stdout, stderr):
        expect_no_secret("what a command said", stdout + stderr)
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    def json(self):
        return json.loads(self.stdout)

    def __str__(self):
        return f"exit {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


class Site:
    """One hotel with everything that belongs to it. `generate`: so many seeded guests in 1C.
    `certs`: a folder of --make-cert that several sites share; else it makes one of its own."""

    def __init__(self, clients=None, oauth=False, generate=0, certs=None):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="guestbridge-e2e-"))
        self.processes = []
        self.planted = set(SECRETS)
        self.guests = set(NAMES) | leavings.guests_values(clients or [])
        self.oauth = oauth
        self.clients_file = self.dir / "clients.jsonl"
        with open(self.clients_file, "w", encoding="utf-8") as out:
            for row in clients if clients is not None else []:
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._secret("webhook", WEBHOOK)
        self._secret("password", PASSWORD)
        self._certs = certs
        self._start_emulators(generate)
        self.server = None
        self.agent = None

    def _secret(self, name, value):
        path = self.dir / name
        path.write_text(value + "\n")
        path.chmod(0o600)
        self.planted.add(value)

    def _start(self, name, *command):
        process = Process(name, command, self.dir)
        self.processes.append(process)
        return process

    def _start_emulators(self, generate):
        certs = self._certs
        if certs is None:
            certs = self.dir / "certs"
            make_certs(certs)
        self.ca = certs / "ca.pem"
        portal = self._start(
            "portal", BIN / "guestbridge-emulator-bitrix24", "--listen", "127.0.0.1:0",
            "--tls-cert", certs / "cert.pem", "--tls-key", certs / "key.pem",
            "--control-listen", "127.0.0.1:0", "--oauth-listen", "127.0.0.1:0",
            "--webhook", f"1:{WEBHOOK}", "--client-id", "app.test",
            "--client-secret", CLIENT_SECRET)
        self.portal_port = portal.wait_for_line("emulator-bitrix24 portal ").rsplit(":", 1)[1]
        self.portal = Control(portal.wait_for_line("emulator-bitrix24 control "))
        self.oauth_url = portal.wait_for_line("emulator-bitrix24 oauth ")
        portal.wait_for_line("emulator-bitrix24 ready")
        base = self._start(
            "onec", BIN / "guestbridge-emulator-onec", "--listen", "127.0.0.1:0",
            "--control-listen", "127.0.0.1:0", "--base", "hotel", "--user", "Интеграция",
            "--password", PASSWORD, "--data", self.clients_file,
            "--generate", generate, "--seed", 7)
        self.source_url = base.wait_for_line("emulator-onec source ")
        self.base = base
        self.onec = Control(base.wait_for_line("emulator-onec control "))
        base.wait_for_line("emulator-onec ready")

    # --- programs ---
    def start_server(self, *flags):
        self.server = self._start(
            "server", BIN / "guestbridge-server", "--listen",
            getattr(self, "address", "127.0.0.1:0"), "--data-dir", self.dir / "server",
            "--plaintext", "--allow-private-portals", "--portal-ca-file", self.ca,
            "--oauth-url", self.oauth_url, *flags)
        self.address = self.server.wait_for_line("guestbridge-server listening on ")

    def start_agent(self, name="hotel-1", data_dir="agent", connected=True, flags=()):
        agent = self._start(
            name, BIN / "guestbridge-agent", "--server", self.address, "--name", name,
            "--data-dir", self.dir / data_dir, "--plaintext", "--portal-ca-file", self.ca,
            *flags)
        if connected:
            agent.wait_for_line(f"guestbridge-agent {name} connected to ")
        self.agent = agent
        return agent

    def cli(self, *arguments, code=0, lang="en", seconds=CLI_SECONDS, stdin=None):
        """Runs the CLI; fails when it does not exit with `code` (None: any)."""
        command = [str(BIN / "guestbridge"), "--server", self.address, "--plaintext",
                   "--lang", lang, *[str(a) for a in arguments]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds,
                              input=stdin, cwd=self.dir)
        result = Result(done.returncode, done.stdout, done.stderr)
        if code is not None and done.returncode != code:
            raise AssertionError(f"guestbridge {' '.join(command[5:])}\n{result}\n"
                                 f"--- agent\n{self.agent.stderr() if self.agent else ''}\n"
                                 f"--- server\n{self.server.stderr() if self.server else ''}")
        return result

    def json(self, *arguments, code=0, seconds=CLI_SECONDS):
        return self.cli(*arguments, "--output", "json", code=code, seconds=seconds).json()

    # --- the manual's steps ---
    def connect(self, integration="main", settle="2s", extra=()):
        """M4 to M12: from the new integration to saved events."""
        self.cli("integration", "create", integration, "--type", "bitrix24")
        self.set_connection(integration, settle, extra)
        self.cli("fields", "load", integration)
        self.cli("fields", "save", integration)
        self.cli("events", "load", integration)
        # The default schedule is 03:00 in Moscow, which is midnight UTC: no run of its own
        # shall come into a test.
        if -time.time() % 86400 < SCHEDULE_AHEAD:
            self.cli("schedule", "set", integration, "--cron", "0 15 * * *", "--timezone",
                     "Europe/Moscow")
        self.cli("events", "save", integration)

    def connection_flags(self, integration="main", settle="2s"):
        if self.oauth:
            token = self.portal.post("/oauth/tokens", {"user_id": 1})
            self._secret("client-secret", CLIENT_SECRET)
            self._secret("refresh-token", token["refresh_token"])
            auth = ["--client-id", "app.test", "--client-secret-file", "client-secret",
                    "--refresh-token-file", "refresh-token"]
        else:
            auth = ["--webhook-user", "1", "--webhook-secret-file", "webhook"]
        return ["connection", "set", integration, "--hotel", "000000001", "--api-server",
                "localhost", "--port", self.portal_port, "--ssl", *auth, "--source",
                "onec-odata", "--source-url", self.source_url, "--source-user",
                "Интеграция", "--source-password-file", "password", "--settle-time", settle]

    def set_connection(self, integration="main", settle="2s", extra=()):
        return self.cli(*self.connection_flags(integration, settle), *extra)

    # --- what both sides hold ---
    def contacts(self):
        """The portal's contacts by ORIGIN_ID."""
        found = {}
        for contact in self.portal.get("/contacts"):
            origin = contact["fields"].get("ORIGIN_ID") or ""
            found.setdefault(origin, []).append(contact)
        return found

    def rest(self, method, **parameters):
        """Calls the portal as its administrator would."""
        request = urllib.request.Request(
            f"https://localhost:{self.portal_port}/rest/1/{WEBHOOK}/{method}",
            data=json.dumps(parameters).encode(), headers={"Content-Type": "application/json"})
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return json.load(answer)["result"]

    def clients(self):
        """1C's clients by Ref_Key."""
        return {row["Ref_Key"]: row for row in self.onec.get("/clients")}

    def close(self, search=True):
        """Fails when a secret or a guest was left in clear."""
        try:
            if search and self.oauth:
                self.note_issued_tokens()
            for process in reversed(self.processes):
                process.kill()
            if search:
                found = leavings.left_in_clear(self.dir, self.processes, self.planted, self.guests)
                if found:
                    raise AssertionError("left in clear: " + "\n".join(found[:20]))
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    def note_issued_tokens(self):
        """What the portal gave in exchange is as secret as what was typed."""
        try:
            self.planted |= set(self.portal.get("/oauth/tokens", seconds=5)["issued"])
        except OSError:  # The test has ended the portal.
            pass

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        self.close(search=failure is None)


def expect_no_secret(where, text):
    found = leavings.Search(SECRETS).found([(where, text.encode())])
    if found:
        raise AssertionError("; ".join(found))


def wait_until(seen, failure, seconds=120):
    """`failure()` says what is seen instead."""
    deadline = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > deadline:
            raise AssertionError(failure())
        time.sleep(0.3)


def make_certs(folder):
    """ca.pem, cert.pem and key.pem in `folder`, for localhost and 127.0.0.1."""
    subprocess.run([BIN / "guestbridge-emulator-bitrix24", "--make-cert", folder],
                   check=True, stdout=subprocess.DEVNULL)


def guest(number, **attributes):
    """An invented guest as 1C's OData sends it."""
    row = {
        "Ref_Key": f"00000000-0000-4000-8000-{number:012d}", "DataVersion": "AAAAAAAAAAE=",
        "DeletionMark": False, "Parent_Key": "00000000-0000-0000-0000-000000000000",
        "IsFolder": False, "Code": f"{number:09d}   ", "Description": f"Гость {number}",
        "LastName": f"Гостев{number}", "FirstName": "Иван", "SecondName": "Петрович",
        "FullName": f"Гостев{number} Иван Петрович", "Phone": f"+7916{number:07d}", "Fax": "",
        "EMail": f"guest{number}@example.org", "EMailAdditional": "", "Address": "",
        "City": "", "Region": "", "Sex": "Male", "DateOfBirth": "1980-05-17T00:00:00",
        "Citizenship_Key": "00000000-0000-0000-0000-000000000000",
        "Language_Key": "00000000-0000-0000-0000-000000000000", "NoSMSDelivery": False,
        "IsInBlackList": False, "CreateDate": "2021-01-01T00:00:00", "B24ContactID": "0",
        "Remarks": ""}
    row.update(attributes)
    return row


def sample_guests(limit=None):
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    return rows[:limit]
