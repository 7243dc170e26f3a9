"""Searches what programs leave behind for values that may not stand there: secrets, guests."""

import base64
import json
import pathlib
import re
import urllib.parse

# Files that are there to hold a secret: keys, and tokens that somebody gave out.
HOLDERS = (".key", ".pem", ".token", ".join")
EMULATORS = "guestbridge-emulator"
PEM_LINE = 64


def spellings(value):
    """The ways in which a value may stand somewhere without being hidden."""
    raw = value if isinstance(value, bytes) else value.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for before in range(3):  # How it may lie between the groups of three bytes.
        text = base64.b64encode(bytes(before) + raw)
        text = text[(before * 8 + 5) // 6:(before + len(raw)) * 8 // 6]
        found |= {text, text.replace(b"+", b"-").replace(b"/", b"_")}
    return found if isinstance(value, bytes) else found | spellings_of_text(value)


def spellings_of_text(value):
    escaped = json.dumps(value)[1:-1]
    quoted = urllib.parse.quote(value, safe="")
    return {value.encode("utf-16-le"), value.encode("utf-16-be"), value.encode("cp1251", "ignore"),
            escaped.encode(), escaped.replace("/", "\\/").encode(), quoted.encode(),
            urllib.parse.quote_plus(value, safe="").encode(),
            re.sub("%..", lambda byte: byte[0].lower(), quoted).encode(),
            re.sub(r"\\u....", lambda sign: "\\u" + sign[0][2:].upper(), escaped).encode()}


class Search:
    """For values, text or bytes, of at least six signs; shorter ones stand anywhere by chance."""

    def __init__(self, values):
        self.forms = {value: sorted(spellings(value)) for value in set(values)
                      if len(value) >= 6}

    def found_in(self, data):
        return [value for value, forms in self.forms.items() if any(form in data for form in forms)]

    def found(self, places):
        """`places`: pairs of a name and bytes. What was found where, in words."""
        return [f"{value!r} in {name}" for name, data in places for value in self.found_in(data)]


def files(folder):
    """Every file below a folder, sockets and the like left out."""
    return [path for path in sorted(pathlib.Path(folder).rglob("*"))
            if path.is_file() and not path.is_symlink()]


def contents(paths):
    for path in paths:
        try:
            yield str(path), path.read_bytes()
        except FileNotFoundError:  # A temporary file of a program that still runs.
            pass


def secrets_of(path):
    """What a file that is there to hold a secret holds, as text and as bytes."""
    text = path.read_text(errors="replace")
    if "-----BEGIN" in text:
        keys = re.findall(r"-----BEGIN (?:\w+ )*PRIVATE KEY-----(.*?)-----END", text, re.DOTALL)
        return [part for key in keys for part in private_parts("".join(key.split()))]
    lines = [line for line in text.split() if len(line) >= 16]
    return lines + [bytes.fromhex(line) for line in lines if re.fullmatch("[0-9a-fA-F]{64}", line)]


def private_parts(body):
    """Of a key on an elliptic curve: its number, and the signs in PEM's lines that stand for it. The
    rest of such a file is the public key."""
    number = re.search(rb"\x02\x01\x01\x04\x20(.{32})", base64.b64decode(body), re.DOTALL)
    if number is None:
        return []
    begin, end = (number.start(1) * 8 + 5) // 6, number.end(1) * 8 // 6
    lines = [body[max(begin, line):min(end, line + PEM_LINE)] for line in range(0, end, PEM_LINE)]
    return [number[1], *(signs for signs in lines if len(signs) >= 16)]


def all_secrets(folder):
    return {secret for path in files(folder) if path.suffix in HOLDERS
            for secret in secrets_of(path)}


def holds_one_alone(data, secrets):
    """A file with a secret and nothing else is where somebody put it, not where it got to."""
    return data.decode(errors="replace").strip() in secrets


def guests_values(rows, most=20):
    """Of the first rows what tells who somebody is."""
    return {row[field] for row in rows[:most] for field in ("LastName", "EMail", "Phone", "Remarks")
            if len(row.get(field) or "") >= 6}


def left_in_clear(folder, processes, secrets, guests):
    """What `processes` of a test that worked in `folder` left in clear, in words. Secrets are
    looked for in everything, guests in logs and data directories, the ledgers too: they hold
    digests. The emulators play the other side, which knows all of it."""
    ours = [process for process in processes if not process.program.startswith(EMULATORS)]
    theirs = {process.stderr_path for process in processes if process not in ours}
    logs = {process.stderr_path for process in ours}
    kept = {path for process in ours if process.data_dir for path in files(process.data_dir)
            if path.suffix not in HOLDERS}
    secrets = {*secrets, *all_secrets(folder)}
    everything = {path for path in files(folder) if path.suffix not in HOLDERS} - theirs
    search = Search(secrets)
    found = search.found(contents(sorted(logs | kept)))
    found += search.found((name, data) for name, data in contents(sorted(everything - logs - kept))
                          if not holds_one_alone(data, secrets))
    found += Search(guests).found(contents(sorted(logs | kept)))
    found += [f"a core dump: {path}" for path in everything if re.fullmatch(r"core(\.\d+)?", path.name)]
    return found
