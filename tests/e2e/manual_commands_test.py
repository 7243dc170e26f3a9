"""Every command that the manuals show, run as it stands there, in its order.

What a site calls otherwise than the manual does (hosts, secrets, numbers) stands in STAND_INS;
what cannot end with 0 there stands in EXPECTED, with its reason."""

import os
import re
import shlex
import subprocess
import unittest

from harness import BIN, CLI_SECONDS, ROOT, Site, guest

# The manual's steps, in its order (integration, connection, fields, events, clients, export, job).
STEPS = ("integration create", "connection set", "connection test", "fields load", "fields save",
         "events load", "events save", "clients match", "export run", "schedule set")

# Line (as the manual writes it) -> exit code and why it is not 0.
EXPECTED = {
    "guestbridge clients drop main CLIENT": (4, "the first guest was not refused"),
    "guestbridge clients drop main КЛИЕНТ": (4, "the first guest was not refused"),
    "guestbridge setup main": (130, "nobody is there to answer"),
    "guestbridge run cancel 12": (4, "run 12 has ended long since"),
    "guestbridge clients unlink main КЛИЕНТ --new": (4, "the guest is linked to its contact"),
    "guestbridge clients unlink main CLIENT --new": (4, "the guest is linked to its contact"),
}
# What is not run at all, and why.
LEFT_OUT = {
    "export": "variables of the shell; the test sets those of its own server",
    "guestbridge setup main < answers.txt": "setup_test gives setup its answers",
}
# Words that a command of the CLI begins with.
NOUNS = "setup|integration|connection|fields|events|clients|export|schedule|run|ledger|reconcile"


def blocks(text):
    """The code blocks, each as its command lines; a line that goes on is joined."""
    for block in re.findall(r"^```\n(.*?)^```$", text, re.S | re.M):
        lines = block.replace("\\\n", " ").splitlines()
        if any(line.startswith(("guestbridge", "export ")) for line in lines):
            yield lines


def inline(text):
    """Whole commands within the prose, also those that leave the program's name out."""
    prose = re.sub(r"^```\n.*?^```$", "", text, flags=re.S | re.M)
    found = re.findall(
        rf"`(guestbridge(?:-server)? [^`…]+|(?:{NOUNS}) [a-z]+ main[^`…]*|setup main[^`…]*"
        r"|status --check)`", prose)
    return [line if line.startswith("guestbridge") else f"guestbridge {line}"
            for line in found]


class ManualCommands(unittest.TestCase):
    def setUp(self):
        self.site = Site([guest(number) for number in (*range(1, 9), 123)])
        self.addCleanup(self.site.close)
        self.site.start_server()
        self.site.start_agent()
        (self.site.dir / "exchange").mkdir()
        self.plan = self.last_run = self.first = None

    def stand_ins(self):
        site = self.site
        return [
            ("--port 443", ""),
            ("--api-server test1chotel.bitrix24.ru",
             f"--api-server localhost --port {site.portal_port}"),
            ("http://1c-server/hotel", site.source_url),
            ("--source-user exchange", "--source-user Интеграция"),
            ("1c.secret", "password"), ("webhook.secret", "webhook"),
            ('--hotel "Ривьера"', "--hotel 000000001"), ("--hotel Riviera", "--hotel 000000001"),
            ("file:///var/lib/guestbridge-agent/exchange", f"file://{site.dir}/exchange"),
            ("--data-dir /var/lib/guestbridge", f"--data-dir {site.dir}/server"),
            ("--plan ПЛАН", f"--plan {self.plan}"), ("--plan PLAN", f"--plan {self.plan}"),
            ("run get 12", f"run get {self.last_run}"),
            ("run cancel 12", f"run cancel {self.last_run}"),
            (" ПОЛЕ ", " COMMENTS "), (" TARGET ", " COMMENTS "),
            *self.guest_and_contact(),
        ]

    def guest_and_contact(self):
        """Words that stand for a guest and a contact: the first one and what it became."""
        client = guest(1)["Ref_Key"]
        if contacts := self.site.contacts().get(client):
            self.first = client, str(contacts[0]["id"])
        if self.first is None:
            return []
        client, contact = self.first
        return [(" КЛИЕНТ", f" {client}"), (" CLIENT", f" {client}"),
                (" КОНТАКТ", f" {contact}"), (" CONTACT", f" {contact}")]

    def run_line(self, shown, lang):
        line = shown
        for written, real in self.stand_ins():
            line = line.replace(written, real)
        # The guests of files are a base of their own beside the other one.
        if "--source jsonl" in line:
            self.site.cli("integration", "create", "files", "--type", "bitrix24")
            line = line.replace(" main ", " files ")
        words = shlex.split(line, comments=True)
        words[0] = str(BIN / words[0])
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=CLI_SECONDS, cwd=self.site.dir,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "GUESTBRIDGE_SERVER": self.site.address,
                 "GUESTBRIDGE_PLAINTEXT": "1", "GUESTBRIDGE_LANG": lang})
        code, _ = EXPECTED.get(shown.strip(), (0, ""))
        self.assertEqual(done.returncode, code, f"{shown}\n{line}\n{done.stdout}{done.stderr}")
        if "--source jsonl" in line:
            self.site.cli("integration", "delete", "files")
        if plan := re.search(r"--plan ([0-9a-f]+)", done.stdout):
            self.plan = plan[1]
        if number := re.match(r"(?:Run|Запуск) (\d+)", done.stdout):
            self.last_run = number[1]

    def run_manual(self, lang):
        text = (ROOT / "docs" / f"manual.{lang}.md").read_text(encoding="utf-8")
        shown = [line for block in blocks(text) for line in block if line.strip()]
        for line in shown:
            if line.split()[0] in LEFT_OUT:
                continue
            with self.subTest(line):
                self.assertTrue(line.startswith("guestbridge"), "no command")
                self.run_line(line, lang)
        self.assertGreater(len(shown), 25)
        within = inline(text)
        self.assertGreater(len(within), 25)
        for line in within:
            if line in LEFT_OUT:
                continue
            with self.subTest(line):
                self.run_line(line, lang)
            # The manual takes a pair apart; this guest is to have its contact in the end.
            if line.startswith("guestbridge clients unlink main") and not line.endswith("--new"):
                self.site.cli("clients", "link", "main", *self.first)
        self.walks_in_order(shown)
        # The manual has done what it is for, and forgotten one guest.
        self.site.cli("export", "run", "main", "--wait", "--wait-write-back")
        contacts = self.site.contacts()
        clients = self.site.clients()
        clients.pop(guest(123)["Ref_Key"])
        self.assertNotIn(guest(123)["Ref_Key"], contacts)
        for key, client in clients.items():
            self.assertEqual(len(contacts.get(key, [])), 1, key)
            self.assertEqual(client["B24ContactID"], str(contacts[key][0]["id"]))

    def walks_in_order(self, shown):
        """The first command of each step stands after that of the step before."""
        places = [next(i for i, line in enumerate(shown) if line.startswith(f"guestbridge {step}"))
                  for step in STEPS]
        self.assertEqual(places, sorted(places), list(zip(STEPS, places)))

    def test_the_russian_manual(self):
        self.run_manual("ru")

    def test_the_english_manual(self):
        self.run_manual("en")

    def test_both_manuals_show_the_same_commands(self):
        names = []
        for lang in ("ru", "en"):
            text = (ROOT / "docs" / f"manual.{lang}.md").read_text(encoding="utf-8")
            names.append([" ".join(line.split()[:3]) for block in blocks(text) for line in block])
        self.assertEqual(*names)


if __name__ == "__main__":
    unittest.main()
