"""The demo: the manual's steps on one machine, with emulators of 1C and the portal.

Shows every command as a person would type it. Ends everything it started, also on Ctrl-C."""

import argparse
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

from programs import Failed, Program, shown, write_stop_script

GUESTS = pathlib.Path(__file__).resolve().parents[1] / "e2e" / "data" / "clients.jsonl"
WEBHOOK = "invented0webhook"
PASSWORD = "invented-password"
LOGIN = "guestbridge"
WIDTH = 60


def say(text=""):
    print(text, flush=True)


def chapter(title):
    say(f"\n=== {title}")


def typed(*words):
    """Shows a command line, broken before flags where it is too long for a screen."""
    lines = ["$"]
    for word in map(shlex.quote, words):
        if word.startswith("--") and len(lines[-1]) + len(word) > WIDTH:
            lines.append("   ")
        lines[-1] += " " + word
    say(" \\\n".join(lines))


def ask(url, body=None):
    """One call to an emulator's control endpoint."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(url, data, timeout=60) as answer:
        return json.load(answer)


class Demo:
    def __init__(self, binaries, work_dir):
        self.bin = binaries
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="demo-", dir=work_dir))
        self.programs = []
        self.variables = {}

    # --- what it starts ---
    def start(self, name, binary, *flags):
        program = Program(name, [self.bin / binary, *flags], self.dir)
        self.programs.append(program)
        return program

    def secret(self, name, value):
        path = self.dir / name
        path.write_text(value + "\n")
        path.chmod(0o600)

    def start_stand_ins(self):
        subprocess.run([self.bin / "guestbridge-emulator-bitrix24", "--make-cert",
                        self.dir / "portal-tls"], check=True, stdout=subprocess.DEVNULL)
        portal = self.start(
            "portal", "guestbridge-emulator-bitrix24", "--listen", "127.0.0.1:0",
            "--control-listen", "127.0.0.1:0", "--oauth-listen", "127.0.0.1:0",
            "--tls-cert", self.dir / "portal-tls" / "cert.pem",
            "--tls-key", self.dir / "portal-tls" / "key.pem", "--webhook", f"1:{WEBHOOK}")
        onec = self.start(
            "1c", "guestbridge-emulator-onec", "--listen", "127.0.0.1:0",
            "--control-listen", "127.0.0.1:0", "--base", "hotel", "--user", LOGIN,
            "--password", PASSWORD, "--data", GUESTS)
        self.portal_port = portal.said("emulator-bitrix24 portal ").rsplit(":", 1)[1]
        self.portal = portal.said("emulator-bitrix24 control ")
        self.source = onec.said("emulator-onec source ")
        self.onec = onec.said("emulator-onec control ")
        portal.said("emulator-bitrix24 ready")
        onec.said("emulator-onec ready")
        say(f"portal     https://localhost:{self.portal_port}  (emulator)")
        say(f"1C:Hotel   {self.source}  (emulator, 2,000 invented guests)")

    def make_token(self, role, name):
        command = ["guestbridge-server", "token", "create", "--data-dir", "server",
                   "--role", role, "--out", name]
        typed(*command)
        subprocess.run([self.bin / command[0], *command[1:]], cwd=self.dir, check=True)

    def start_programs(self):
        typed("cd", shown(self.dir))
        self.make_token("external-systems-integration", "my.token")
        self.make_token("agent", "agent.token")
        flags = ["--listen", "127.0.0.1:0", "--data-dir", "server", "--portal-ca-file",
                 "portal-tls/ca.pem", "--allow-private-portals"]
        typed("guestbridge-server", *flags)
        address = self.start("server", "guestbridge-server", *flags).said(
            "guestbridge-server listening on ")
        flags = ["--server", address, "--name", "hotel-1", "--data-dir", "agent", "--tls-ca",
                 "server/ca.pem", "--token-file", "agent.token", "--portal-ca-file",
                 "portal-tls/ca.pem"]
        typed("guestbridge-agent", *flags)
        self.start("agent", "guestbridge-agent", *flags).said("guestbridge-agent hotel-1 ")
        self.variables = {"GUESTBRIDGE_SERVER": address,
                          "GUESTBRIDGE_TLS_CA": str(self.dir / "server" / "ca.pem"),
                          "GUESTBRIDGE_TOKEN_FILE": str(self.dir / "my.token")}
        say(f"$ export GUESTBRIDGE_SERVER={address}")
        say("$ export GUESTBRIDGE_TLS_CA=server/ca.pem GUESTBRIDGE_TOKEN_FILE=my.token")

    # --- the command line ---
    def _run(self, arguments, **options):
        environment = {"GUESTBRIDGE_LANG": "en", **os.environ, **self.variables}
        return subprocess.run([self.bin / "guestbridge", *arguments], cwd=self.dir,
                              env=environment, stdin=subprocess.DEVNULL, **options)

    def guestbridge(self, *arguments):
        say()
        typed("guestbridge", *arguments)
        code = self._run(arguments).returncode
        if code != 0:
            raise Failed(f"guestbridge {shlex.join(arguments)} ended with {code}")

    def told(self, *arguments):
        """The answer as JSON, without showing the command."""
        done = self._run([*arguments, "--output", "json"], check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    # --- the manual ---
    def configure(self):
        chapter("Integrations > Create: name, type, active")
        self.guestbridge("integration", "create", "main", "--type", "bitrix24",
                         "--display-name", "Hotel Riviera")
        chapter("Connection settings: hotel, portal, 1C; save (secrets come from files)")
        self.secret("webhook.secret", WEBHOOK)
        self.secret("1c.secret", PASSWORD)
        self.guestbridge(
            "connection", "set", "main", "--hotel", "000000001", "--api-server", "localhost",
            "--port", self.portal_port, "--ssl", "--webhook-user", "1",
            "--webhook-secret-file", "webhook.secret", "--source", "onec-odata",
            "--source-url", self.source, "--source-user", LOGIN,
            "--source-password-file", "1c.secret")
        self.guestbridge("connection", "test", "main")
        chapter("Fields: load and match; save to finish")
        self.guestbridge("fields", "load", "main")
        self.guestbridge("fields", "save", "main")
        chapter("Events: load; save")
        self.guestbridge("events", "load", "main")
        self.guestbridge("events", "save", "main")
        chapter("Clients: load and match")
        self.guestbridge("clients", "match", "main", "--wait")

    def export(self):
        """The finished run's number."""
        self.guestbridge("export", "run", "main", "--wait", "--wait-write-back")
        runs = self.told("run", "list", "main")
        newest = next(run for run in runs if run["kind"] == "EXPORT")
        return newest["name"].rsplit("/", 1)[1]

    def contacts(self):
        """The portal's contacts by the key of their client in 1C."""
        return {c["fields"]["ORIGIN_ID"]: c for c in ask(self.portal + "/contacts")
                if c["fields"].get("ORIGIN_ID")}

    def live_a_day(self):
        """An edit, a new guest, a deleted contact; the keys of edited and deleted."""
        ours = sorted(self.contacts())
        edited, orphaned = ours[10], ours[20]
        ask(self.onec + "/clients/edit", {"guid": edited, "set": {"LastName": "Changed"}})
        say(f"1C      client {edited} has a new last name")
        ask(self.onec + "/clients/add", {
            "LastName": "Newcomer", "FirstName": "Nora", "Phone": "8 (916) 555-01-23",
            "EMail": "nora@example.org"})
        say("1C      a new guest")
        gone = self.contacts()[orphaned]["id"]
        ask(self.portal + "/contacts/delete", {"id": gone})
        say(f"portal  a manager deleted contact {gone} of client {orphaned}")
        return edited, orphaned, gone

    def check(self, edited, orphaned, gone):
        """Both sides, not what the programs say of themselves."""
        contacts = self.contacts()
        clients = {c["Ref_Key"]: c for c in ask(self.onec + "/clients")}
        [newcomer] = [k for k, c in clients.items() if c["LastName"] == "Newcomer"]
        facts = {
            "one contact for each guest": ask(self.portal + "/contacts/count")["count"]
                                          == len(contacts),
            "the edited guest's contact has the new name":
                contacts[edited]["fields"]["LAST_NAME"] == "Changed",
            "the new guest has a contact": newcomer in contacts,
            "the deleted contact was made again": contacts[orphaned]["id"] != gone,
            "each guest in 1C holds the ID of the own contact": all(
                clients[key]["B24ContactID"] == str(c["id"]) for key, c in contacts.items()),
        }
        say(f"portal: {len(contacts)} contacts; 1C: {len(clients)} clients, of which a folder, a "
            "guest marked\nfor deletion and one without name, phone and e-mail stay here")
        for fact, holds in facts.items():
            say(f"  {'yes' if holds else 'NO '}  {fact}")
        if not all(facts.values()):
            raise Failed("the two sides do not agree")

    def play(self):
        chapter("Two stand-ins for what no test machine can reach")
        self.start_stand_ins()
        chapter("Server and agent, over TLS; tokens with roles")
        self.start_programs()
        self.configure()
        chapter("Export changes: the first time everybody")
        first = self.export()
        chapter("A day in the hotel")
        day = self.live_a_day()
        chapter("Export changes: from now on only what changed")
        second = self.export()
        chapter("What the two runs did")
        self.guestbridge("run", "get", first)
        self.guestbridge("run", "get", second)
        chapter("How everything stands")
        self.guestbridge("status")
        chapter("Seen from outside")
        self.check(*day)
        say("\nTo look around:")
        for command in ("guestbridge status", "guestbridge run list main",
                        "guestbridge clients list main --state SKIPPED",
                        f"guestbridge clients explain main {day[0]}",
                        "guestbridge fields list main", "guestbridge schedule get main",
                        "guestbridge agent list", "guestbridge --help"):
            say(f"  {command}")

    # --- the end ---
    def keep(self):
        lines = [f"export {n}={shlex.quote(v)}\n" for n, v in self.variables.items()]
        (self.dir / "env").write_text(
            "".join(lines) + f"export PATH={shlex.quote(str(self.bin))}:\"$PATH\"\n")
        write_stop_script(self.dir / "stop", self.programs, self.dir)
        say(f"\nEverything is still running. In any shell:\n  . {shlex.quote(str(self.dir / 'env'))}")
        say("Play the reception desk and the manager (tests/emulators/*/README.md):")
        say(f"  curl {self.onec}/clients/add -d '{{\"LastName\":\"Second\",\"FirstName\":\"Sam\"}}'")
        say(f"  curl {self.portal}/contacts/count")
        say(f"Stop and remove everything:\n  {shlex.quote(str(self.dir / 'stop'))}")

    def end(self):
        for program in reversed(self.programs):
            program.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def logs(self):
        return "".join(f"--- {p.name}\n{p.log_tail()}\n" for p in self.programs
                       if p.name in ("server", "agent"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--work-dir", type=pathlib.Path, required=True)
    parser.add_argument("--keep", action="store_true")
    flags = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    demo = Demo(flags.bin.resolve(), flags.work_dir.resolve())
    kept = False
    try:
        demo.play()
        if flags.keep:
            demo.keep()
            kept = True
        return 0
    except KeyboardInterrupt:
        say("\nInterrupted; ending everything.")
        return 130
    except (Failed, OSError, subprocess.CalledProcessError) as error:
        print(f"\nscript/demo: {error}\n{demo.logs()}", file=sys.stderr)
        return 1
    finally:
        if not kept:
            # A second Ctrl-C must not leave anything behind.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            demo.end()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
