"""`guestbridge setup`: the manual's steps as a conversation, on the real programs."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
import unittest

from harness import BIN, Site, guest

SECONDS = 60


def steps(site):
    """The right answers, step by step; a step that was not finished is asked anew."""
    return [
        ["Отель «Ривьера»"],
        ["000000001", "localhost", site.portal_port, "1", "1", "webhook", "1",
         site.source_url, "Интеграция", "password"],
        ["да"],
        ["yes"],
        ["yes"],
        ["04:30", "Asia/Omsk"],
    ]


def setup(site, answers, code, lang="en"):
    text = "".join(f"{answer}\n" for answer in answers)
    return site.cli("setup", "main", stdin=text, code=code, lang=lang)


def everything(site):
    return [answer for step in steps(site) for answer in step]


class Terminal:
    """The CLI on a terminal of its own."""

    def __init__(self, site, *arguments):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.text = ""
        slave = self.slave

        def take_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.child = subprocess.Popen(
            [BIN / "guestbridge", "--server", site.address, "--plaintext", "--lang", "en",
             *arguments], stdin=slave, stdout=slave, stderr=slave, cwd=site.dir,
            preexec_fn=take_terminal)

    def read_until(self, words):
        """What was shown up to and with `words`."""
        deadline = time.monotonic() + SECONDS
        while words not in self.text:
            if time.monotonic() > deadline:
                raise AssertionError(f"no {words!r} in:\n{self.text}")
            readable, _, _ = select.select([self.master], [], [], 0.5)
            if readable:
                self.text += os.read(self.master, 65536).decode(errors="replace")
        shown, self.text = self.text.split(words, 1)
        return shown + words

    def type(self, text):
        os.write(self.master, text.encode())

    def close(self):
        code = self.child.wait(SECONDS)
        after = termios.tcgetattr(self.slave)
        os.close(self.slave)
        os.close(self.master)
        return code, after


class SetUp(unittest.TestCase):
    def site(self, guests):
        site = Site(guests)
        self.addCleanup(site.close)
        site.start_server()
        return site

    def check_done(self, site, guests):
        contacts, clients = site.contacts(), site.clients()
        for row in guests:
            [contact] = contacts[row["Ref_Key"]]
            self.assertEqual(contact["fields"]["LAST_NAME"], row["LastName"])
        site.cli("export", "run", "main", "--wait", "--wait-write-back")
        clients = site.clients()
        for row in guests:
            [contact] = contacts[row["Ref_Key"]]
            self.assertEqual(clients[row["Ref_Key"]]["B24ContactID"], str(contact["id"]))
        schedule = site.json("schedule", "get", "main")
        self.assertFalse(schedule["paused"])
        self.assertEqual(schedule["cron"], "30 4 * * *")
        self.assertEqual(schedule["timeZone"], "Asia/Omsk")
        for secret in ("w3bh00kc0de12345", "1c-pass-word"):
            self.assertNotIn(secret, site.server.stderr())

    def test_the_first_time_from_nothing_to_the_background_job(self):
        guests = [guest(n) for n in range(1, 4)]
        site = self.site(guests)
        site.start_agent()
        result = setup(site, everything(site), code=0)
        self.assertIn("Step 7 of 7", result.stderr)
        self.assertNotIn("w3bh00kc0de12345", result.stdout + result.stderr)
        self.check_done(site, guests)
        # A second time nothing is left to be asked.
        runs = len(site.json("run", "list", "main"))
        again = setup(site, [], code=0, lang="ru")
        self.assertIn("настройка закончена", again.stdout)
        self.assertEqual(len(site.json("run", "list", "main")), runs)

    def test_stopped_at_each_question_it_goes_on_there(self):
        guests = [guest(1), guest(2)]
        site = self.site(guests)
        site.start_agent()
        for step in steps(site):
            for answered in range(len(step)):
                stopped = setup(site, step[:answered], code=130)
                self.assertIn("guestbridge setup main", stopped.stderr.splitlines()[-1])
            last = step == steps(site)[-1]
            setup(site, step, code=0 if last else 130)
        kinds = [(run["kind"], run["dryRun"]) for run in site.json("run", "list", "main")
                 if run["kind"] != "SETTLE"]
        self.assertEqual(kinds, [("EXPORT", False), ("EXPORT", True), ("MATCH", False)])
        self.check_done(site, guests)

    def test_nothing_is_exported_before_a_yes(self):
        site = self.site([guest(1)])
        site.start_agent()
        answers = [answer for step in steps(site)[:4] for answer in step]
        result = setup(site, [*answers, "no"], code=0)
        self.assertIn("guestbridge setup main", result.stderr)
        self.assertEqual(site.contacts(), {})
        self.assertTrue(site.json("schedule", "get", "main")["paused"])

    def test_proposed_pairs_are_taken_over_on_a_yes_only(self):
        guests = [guest(1), guest(2)]
        site = self.site(guests)
        site.start_agent()
        site.portal.post("/contacts/add", {"fields": {
            "LAST_NAME": guests[0]["LastName"], "NAME": "Иван",
            "PHONE": [{"VALUE": guests[0]["Phone"], "VALUE_TYPE": "WORK"}]}})
        answers = everything(site)
        where = len([answer for step in steps(site)[:4] for answer in step])
        setup(site, [*answers[:where], ""], code=130)
        self.assertNotIn(guests[0]["Ref_Key"], site.contacts())
        setup(site, ["yes", *answers[where:]], code=0)
        self.check_done(site, guests)
        self.assertEqual(len(site.portal.get("/contacts")), 2)

    def test_the_yes_to_the_dry_run_lets_it_through_the_guard(self):
        guests = [guest(n) for n in range(1, 4)]
        site = self.site(guests)
        site.start_agent()
        for row in guests:  # what 1C's own integration left behind
            answer = site.portal.post("/contacts/add", {"fields": {
                "LAST_NAME": row["LastName"], "NAME": row["FirstName"]}})
            site.onec.post("/clients/edit", {"guid": row["Ref_Key"], "set": {
                "B24ContactID": str(answer.get("id") or answer["ids"][0])}})
        site.cli("integration", "create", "main", "--type", "bitrix24")
        site.cli("integration", "update", "main", "--guard-contacts", "1", "--guard-percent", "1")
        answers = [answer for step in steps(site)[1:] for answer in step]
        result = setup(site, answers, code=0)
        self.assertIn("Guests whose contact is known: 3", " ".join(result.stderr.split()))
        self.assertNotIn("by phone or e-mail", result.stderr)
        self.check_done(site, guests)

    def test_wrong_answers_are_corrected_as_it_goes(self):
        guests = [guest(1)]
        site = self.site(guests)
        site.start_agent()
        site._secret("wrong", "no-such-code")
        answers = [
            "Hotel",
            "No such hotel", "https://localhost", site.portal_port, "1", "1", "wrong", "1",
            site.source_url, "Интеграция", "webhook",
            "localhost",          # API_SERVER_INVALID names the setting
            "6", "webhook",       # WEBHOOK_REFUSED: chosen from the list
            "1 10", "000000001", "password",  # the test: the hotel, and 1C's password
        ]
        answers += [answer for step in steps(site)[2:] for answer in step]
        result = setup(site, answers, code=0)
        for words in ("API_SERVER_INVALID", "Which to correct?"):
            self.assertIn(words, result.stderr)
        self.check_done(site, guests)

    def test_on_a_terminal_secrets_are_not_shown_and_ctrl_c_stops_in_good_order(self):
        site = self.site([guest(1)])
        terminal = Terminal(site, "setup", "main")
        terminal.read_until("for people")
        terminal.type("Hotel\n")
        for words, answer in (
                ("Hotel: its code or name in 1C: ", "000000001"),
                ("test1chotel.bitrix24.ru: ", "localhost"), ("Port [443]: ", site.portal_port),
                ("Number [1]: ", "1"), ("/rest/USER/CODE/) [1]: ", "1"),
                ("or Enter to type it: ", "")):
            terminal.read_until(words)
            terminal.type(f"{answer}\n")
        terminal.read_until("(is not shown): ")
        terminal.type("w3bh00kc0de12345\n")
        shown = terminal.read_until("Where do the guests come from?")
        self.assertNotIn("w3bh00kc0de12345", shown)
        terminal.type("\x03")
        shown = terminal.read_until("To go on: guestbridge setup main")
        self.assertIn("INTERRUPTED", shown)
        self.assert_interrupted(terminal)

    def at_the_secret(self):
        site = self.site([guest(1)])
        site.cli("integration", "create", "main", "--type", "bitrix24")
        terminal = Terminal(site, "setup", "main")
        for answer in ("000000001", "localhost", site.portal_port, "1", "1", ""):
            terminal.type(f"{answer}\n")
        terminal.read_until("(is not shown): ")
        return terminal

    def assert_interrupted(self, terminal):
        code, after = terminal.close()
        self.assertEqual(code, 130)
        self.assertEqual(after[3], terminal.before[3], "the terminal shows what is typed again")

    def test_ctrl_c_at_the_secret_shows_what_is_typed_again(self):
        terminal = self.at_the_secret()
        terminal.type("\x03")
        terminal.read_until("To go on: guestbridge setup main")
        self.assert_interrupted(terminal)

    def test_ctrl_c_after_half_a_secret_does_so_too(self):
        terminal = self.at_the_secret()
        # Ctrl-D hands over what stands there, without an end of line: the answer goes on.
        terminal.type("half\x04")
        until = time.monotonic() + SECONDS
        while terminal.child.poll() is None and time.monotonic() < until:
            terminal.type("\x03")
            time.sleep(0.2)
        self.assert_interrupted(terminal)


if __name__ == "__main__":
    unittest.main()
