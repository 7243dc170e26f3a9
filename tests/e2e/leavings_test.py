"""The search of what tests leave behind finds what is there, in whatever spelling."""

import base64
import pathlib
import tempfile
import types
import unittest
import urllib.parse

import leavings
from harness import SECRETS, Process, Result, Site

VALUES = ("w3bh00kc0de12345", "pa/ss+w0rd\"&", "Гостев17", "+79161234567")


class Spellings(unittest.TestCase):
    def found(self, data, value):
        return leavings.Search(VALUES).found_in(data) == [value]

    def test_each_spelling_of_each_value_is_found_amid_other_things(self):
        for value in VALUES:
            raw = value.encode()
            hidden = {
                "plain": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode(),
                "UTF-16": value.encode("utf-16"), "UTF-16-BE": value.encode("utf-16-be"),
                "URL": urllib.parse.quote(value, safe="").encode(),
                "form": urllib.parse.urlencode({"a": value}).encode(),
                "url": urllib.parse.quote(value, safe="").lower().encode() if raw.isascii() else raw,
                "JSON": ascii(value).strip("'").replace('"', '\\"').encode()}
            for shift in range(3):
                for encode in (base64.b64encode, base64.urlsafe_b64encode):
                    hidden[f"{encode.__name__} {shift}"] = encode(b"\xfb" * shift + raw + b"tail")
            for name, data in hidden.items():
                with self.subTest(f"{value} as {name}"):
                    self.assertTrue(self.found(b"\0before " + data + b" after\xff", value))

    def test_other_values_are_not_found(self):
        text = "w3bh00kc0de1234 Гостева +7916 1234567 pa/ss"
        for data in (text.encode(), text.encode("utf-16"), base64.b64encode(text.encode())):
            self.assertEqual(leavings.Search(("Гостев17", *VALUES)).found_in(data), [])
        self.assertEqual(leavings.Search(("ab", "")).found_in(b"ab"), [], "too short to say")


class Leavings(unittest.TestCase):
    """A folder as a site leaves it, with one thing in it that should not be there."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="guestbridge-leavings-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        for name in ("server", "agent/ledgers"):
            (self.dir / name).mkdir(parents=True)
        self.processes = [
            types.SimpleNamespace(program=program, data_dir=data and self.dir / data,
                                  stderr_path=self.dir / f"{name}.stderr")
            for name, program, data in (
                ("server", "guestbridge-server", "server"), ("hotel-1", "guestbridge-agent", "agent"),
                ("portal", "guestbridge-emulator-bitrix24", None))]
        for process in self.processes:
            process.stderr_path.write_text("{}\n")
        self.write("portal.stderr", b"the portal knows sup3rs3cret and +79160000001")
        self.write("password", b"sup3rs3cret\n")
        self.write("clients.jsonl", '{"Phone": "+79160000001"}'.encode())
        self.write("agent/ledgers/a.db", b"\0digest\0")
        self.write("server/secret.key", b"ab" * 32 + b"\n")

    def write(self, name, data):
        (self.dir / name).write_bytes(data)

    def left(self):
        return leavings.left_in_clear(self.dir, self.processes, {"sup3rs3cret"}, {"+79160000001"})

    def test_what_may_be_there_is_not_told(self):
        self.assertEqual(self.left(), [])

    def test_a_secret_is_found_wherever_it_is(self):
        for name in ("server/server.db", "server/server.db-wal", "server.stderr", "hotel-1.stderr",
                     "agent/ledgers/a.db", "agent/configuration", "backup.sql", "told"):
            with self.subTest(name):
                before = (self.dir / name).read_bytes() if (self.dir / name).exists() else b""
                self.write(name, before + b"x" + b"sup3rs3cret".hex().encode() + b"x")
                self.assertEqual(self.left(), [f"'sup3rs3cret' in {self.dir / name}"])
                self.write(name, before)

    def test_a_guest_is_found_in_whatever_the_programs_wrote(self):
        for name in ("server/server.db", "server.stderr", "hotel-1.stderr", "agent/configuration",
                     "agent/ledgers/a.db"):
            with self.subTest(name):
                self.write(name, b"tel=%2B79160000001")
                self.assertEqual(self.left(), [f"'+79160000001' in {self.dir / name}"])
                self.write(name, b"")

    def test_a_key_that_nobody_typed_is_found_as_text_and_as_bytes(self):
        self.write("server/server.db", b"\0" + b"\xab" * 32)
        self.assertEqual(len(self.left()), 1)
        self.write("server/server.db", b"ab" * 32)
        self.assertEqual(len(self.left()), 2)

    def test_a_core_dump_is_found(self):
        self.write("core.123", b"")
        self.assertEqual(self.left(), [f"a core dump: {self.dir / 'core.123'}"])


class Harness(unittest.TestCase):
    def test_a_site_fails_when_something_was_left(self):
        site = Site([])
        site.processes.append(types.SimpleNamespace(
            program="guestbridge-server", data_dir=site.dir / "server", kill=lambda: None,
            stderr_path=site.dir / "server.stderr"))
        (site.dir / "server").mkdir()
        (site.dir / "server.stderr").write_text("phone of Гостев12")
        with self.assertRaisesRegex(AssertionError, "Гостев"):
            site.close()
        self.assertFalse(site.dir.exists())

    def test_a_secret_that_a_command_says_or_is_given_fails_at_once(self):
        for secret in SECRETS:
            with self.assertRaises(AssertionError):
                Result(1, "", f"https://portal/rest/1/{secret}/profile")
            with tempfile.TemporaryDirectory() as folder, self.assertRaises(AssertionError):
                Process("server", ["guestbridge-server", "--password", secret], pathlib.Path(folder))


if __name__ == "__main__":
    unittest.main()
