"""Commands and what they print, as a person sees them in a terminal.

A guide (docs/*.md) holds blocks of the form

    <!-- transcript: NAME -->
    ```console
    $ guestbridge status
    ...
    ```

A story plays each NAME with the real programs and compares. Words around the blocks are the
guide's own. GUESTBRIDGE_UPDATE_GUIDES=1 writes the blocks anew instead of comparing."""

import difflib
import os
import re
import shlex
import unicodedata

from harness import ROOT

UPDATES = os.environ.get("GUESTBRIDGE_UPDATE_GUIDES") == "1"
COLUMNS = 80

_BLOCK = re.compile(r"<!-- transcript: ([a-z0-9-]+) -->\n```console\n(.*?)```\n", re.S)

# What differs from one time to the next, and what stands for it.
VARYING = (
    (re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"), "2026-03-01 12:00:00"),
    (re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}(?!:)"), "2026-03-01 12:00"),
    # A revision, behind the time when an agent was last seen.
    (re.compile(r"(?<=12:00  main )\d+"), "100"),
    (re.compile(r"\((?:\d+ (?:min|мин) )?[\d.]+ ([sс])\)"), r"(1.5 \1)"),
    # For the limit of requests: the quicker the programs, the longer.
    (re.compile(r"((?:waited|ожидание)\s+)\d+\.\d (?=[sс])"), r"\g<1>0.0 "),
)


def width(text):
    """Columns of a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF"
               else 1 for c in text)


class Transcript:
    """What was typed and printed on one site, in one language."""

    def __init__(self, site, lang, stand_ins=()):
        self._site = site
        self._lang = lang
        self._stand_ins = list(stand_ins)   # (what is really there, what the guide shows)
        self.blocks = {}
        self._name = None

    def stand_in(self, actual, shown):
        self._stand_ins.append((actual, shown))

    def begin(self, name):
        self._name = name
        self.blocks[name] = ""

    def run(self, line, code=0):
        """Runs `line` as it is typed, stand-ins for what this site really has; its output joins the
        block."""
        real = line
        for actual, shown in self._stand_ins:
            real = real.replace(shown, actual)
        result = self._site.cli(*shlex.split(real)[1:], code=code, lang=self._lang)
        # The progress of a run that is waited for is left out: it differs from time to time.
        said = result.stdout or result.stderr
        self.blocks[self._name] += f"$ {line}\n" + self.normal(said)
        return result

    def normal(self, text):
        for actual, shown in self._stand_ins:
            text = text.replace(actual, shown)
        for pattern, stand_in in VARYING:
            text = pattern.sub(stand_in, text)
        return text


def check(test, path, blocks):
    """Compares the guide's blocks with those that were played, or writes them."""
    guide = ROOT / path
    text = guide.read_text(encoding="utf-8")
    kept = dict(_BLOCK.findall(text))
    test.assertEqual(sorted(kept), sorted(blocks), f"{path}: other situations than were played")
    if UPDATES:
        guide.write_text(_BLOCK.sub(
            lambda m: f"<!-- transcript: {m[1]} -->\n```console\n{blocks[m[1]]}```\n", text),
            encoding="utf-8")
        return
    for name, played in blocks.items():
        with test.subTest(f"{path}: {name}"):
            if kept[name] != played:
                test.fail("\n" + "".join(difflib.unified_diff(
                    kept[name].splitlines(True), played.splitlines(True), path, "played")) +
                    "\nIf this is what should be said: GUESTBRIDGE_UPDATE_GUIDES=1")
            for line in played.splitlines():
                if not line.startswith("$ "):
                    test.assertLessEqual(width(line), COLUMNS, line)
