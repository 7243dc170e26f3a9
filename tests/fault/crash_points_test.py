"""Every crash point that is declared stands in the code once, and a row ends a process there."""

import pathlib
import re
import subprocess
import unittest

import crash_rows
import jsonl_rows
import server_crash_rows
from fault_site import BIN, TEST_BIN

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = ROOT / "common" / "crash_point" / "names.h"
ROOMS = ("common", "server", "sync-agent")


def declared():
    """The names of the header's arrays, by array."""
    text = HEADER.read_text()
    return {array: re.findall(r'"([^"]+)"', body)
            for array, body in re.findall(r"k(\w+)CrashPoints\[\] = \{(.*?)\};", text, re.S)}


def used():
    names = []
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.cc"):
            names += re.findall(r'CrashPoint\(\s*"([^"]+)"', file.read_text())
    return names


class CrashPoints(unittest.TestCase):
    def test_each_declared_name_stands_in_the_code_once_and_no_other(self):
        names = [name for array in declared().values() for name in array]
        self.assertEqual(sorted(names), sorted(used()))
        self.assertEqual(len(names), len(set(names)))

    def test_each_one_is_passed_by_a_row(self):
        arrays = declared()
        self.assertEqual(set(arrays), {"Shared", "Agent", "Server"})
        self.assertEqual(set(arrays["Agent"]) - set(crash_rows.POINTS) - set(jsonl_rows.POINTS),
                         set())
        self.assertEqual(set(arrays["Server"]) - set(server_crash_rows.POINTS), set())
        played = (set(crash_rows.POINTS) | set(jsonl_rows.POINTS)
                  | set(server_crash_rows.POINTS))
        self.assertEqual(set(arrays["Shared"]) - played, set())
        self.assertEqual(played - {n for array in arrays.values() for n in array}, set())

    def test_only_the_armed_programs_read_the_order(self):
        for program in ("agent", "server"):
            armed = (TEST_BIN / f"guestbridge-{program}-crash").read_bytes()
            self.assertIn(b"GUESTBRIDGE_CRASH_AT", armed)
            released = (BIN / f"guestbridge-{program}").read_bytes()
            self.assertNotIn(b"GUESTBRIDGE_CRASH_AT", released)
            self.assertNotIn(b"GUESTBRIDGE_CLOCK_SHIFT_FILE", released)

    def test_a_name_that_nobody_knows_is_refused(self):
        for order in ("agent.add.nothing", "agent.add.intent:0", "agent.add.intent:x"):
            done = subprocess.run(
                [TEST_BIN / "guestbridge-agent-crash", "--version"], capture_output=True,
                env={"GUESTBRIDGE_CRASH_AT": order})
            self.assertEqual(done.returncode, 2, order)


class Readme(unittest.TestCase):
    def test_its_table_names_every_row(self):
        import run_rows
        text = (pathlib.Path(__file__).parent / "README.md").read_text()
        for row in run_rows.ROWS:
            self.assertIn(f"| {row.name} |", text)


if __name__ == "__main__":
    unittest.main()
