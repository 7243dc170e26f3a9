"""Secrets and guests that two tests plant, and where they look for them."""

import pathlib
import socket
import urllib.request

import leavings
from harness import SECRETS, guest

# Of these the portal knows none: what it refuses is as secret as what it takes.
REFUSED_WEBHOOKS = [f"plantedcode{n:02d}qz7kx4" for n in range(12)]
REFUSED_PASSWORDS = [f"planted-refused-pass-{n:02d}-w8v" for n in range(12)]
KEPT_PASSWORDS = [f"planted-kept-pass-{n:02d}-m3j" for n in range(12)]
REFUSED_OAUTH = [(f"planted-app-secret-{n}-t5r", f"planted-refresh-{n}-h2g") for n in range(3)]
TYPED = {*SECRETS, *REFUSED_WEBHOOKS, *REFUSED_PASSWORDS, *KEPT_PASSWORDS,
         *(secret for pair in REFUSED_OAUTH for secret in pair)}


def planted_guests():
    guests = [guest(n, LastName=f"Посаженный{n:03d}ъ", EMail=f"planted{n:03d}@guest.example",
                    Phone=f"+7999{n:03d}4321", Remarks=f"planted remark {n:03d} q9")
              for n in range(1, 101)]
    guests[7]["EMail"] = "planted008 is no address"
    return guests


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Planted:
    """Of a test class with a `site`. `extra`: flags of each `connection set`."""

    extra = ()

    @classmethod
    def run_cli(cls, *arguments, lang="en"):
        result = cls.site.cli(*arguments, code=None, lang=lang)
        cls.said.append(str(result))
        return result

    @classmethod
    def plant(cls):
        """Connections that are kept, and others that are refused, with a secret of each kind."""
        cls.said = []
        site = cls.site
        for n, password in enumerate(KEPT_PASSWORDS):
            name = f"kept-{n}"
            site.cli("integration", "create", name, "--type", "bitrix24")
            site._secret(name, password)
            assert cls.set_connection(name, "webhook", name).code == 0
        site.cli("integration", "create", "refused", "--type", "bitrix24")
        for n, (code, password) in enumerate(zip(REFUSED_WEBHOOKS, REFUSED_PASSWORDS)):
            site._secret("refused-code", code)
            site._secret("refused-pass", password)
            result = cls.set_connection("refused", "refused-code", "refused-pass", ("en", "ru")[n % 2])
            assert result.code not in (0, 2), result
        for client_secret, refresh_token in REFUSED_OAUTH:
            site._secret("app-secret", client_secret)
            site._secret("app-token", refresh_token)
            result = cls.run_cli(
                *cls.connection("refused", "password"), "--client-id", "app.test",
                "--client-secret-file", "app-secret", "--refresh-token-file", "app-token")
            assert result.code not in (0, 2), result

    @classmethod
    def connection(cls, name, password):
        return ("connection", "set", name, "--hotel", "000000001", "--api-server", "localhost",
                "--port", cls.site.portal_port, "--ssl", "--source", "onec-odata", "--source-url",
                f"http://127.0.0.1:9/{name}", "--source-user", "u", "--source-password-file",
                password, *cls.extra)

    @classmethod
    def set_connection(cls, name, webhook, password, lang="en"):
        return cls.run_cli(*cls.connection(name, password), "--webhook-user", "1",
                           "--webhook-secret-file", webhook, lang=lang)

    @classmethod
    def ask_everything(cls):
        """What shows something, for people and for programs; YAML is printed from JSON."""
        asked = [("status",), ("integration", "list"), ("integration", "get", "main"),
                 ("connection", "get", "main"), ("connection", "get", "kept-1"),
                 ("connection", "test", "main"), ("connection", "test", "kept-1"),
                 ("fields", "list", "main"), ("events", "list", "main"), ("schedule", "get", "main"),
                 ("run", "list"), ("agent", "list"), ("agent", "get", "hotel-1"), ("token", "list"),
                 ("secrets", "status"), ("audit", "list", "--limit", "500"), ("audit", "verify"),
                 ("clients", "list", "main", "--state", "FAILED")]
        for arguments in asked:
            for form, lang in (("table", "ru"), ("json", "en")):
                result = cls.run_cli(*arguments, "--output", form, lang=lang)
                assert result.code in (0, 1), f"{arguments}: {result}"
        for arguments in asked[:4]:
            for form in ("table", "yaml"):
                cls.run_cli(*arguments, "--output", form)
        cls.run_cli("audit", "export")
        for wrong in (("connection", "get", "nobody"), ("token", "get", "nobody"), ("status", "x")):
            assert cls.run_cli(*wrong).code != 0

    def secrets(self):
        """All that was typed, made or given out until now."""
        self.site.note_issued_tokens()
        secrets = {*TYPED, *self.site.planted, *leavings.all_secrets(self.site.dir)}
        self.assertGreaterEqual(len(secrets), 40)
        return secrets

    def guests_values(self):
        values = leavings.guests_values(self.guests, len(self.guests))
        self.assertEqual(len(values), 4 * len(self.guests))
        return values

    def programs(self):
        return [process for process in self.site.processes
                if process.running() and not process.program.startswith(leavings.EMULATORS)]

    def left_behind(self):
        """Names and bytes of everything, what is there to hold a secret left out."""
        for process in self.programs():
            yield f"{process.name}.stderr", process.stderr_path.read_bytes()
            for what in ("cmdline", "environ"):
                yield f"{what} of {process.name}", pathlib.Path(f"/proc/{process.pid}/{what}").read_bytes()
            yield from leavings.contents(path for path in leavings.files(process.data_dir)
                                         if path.suffix not in leavings.HOLDERS)
        for address in self.metrics:
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as answer:
                yield f"metrics of {address}", answer.read()

    def assert_no_secret(self, places):
        found = leavings.Search(self.secrets()).found(places)
        self.assertEqual(found[:20], [])

    def assert_no_guest(self, places):
        """The ledger is no exception: it holds digests."""
        found = leavings.Search(self.guests_values()).found(places)
        self.assertEqual(found[:20], [])

    def assert_no_core_dumps(self):
        for process in self.programs():
            limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
            core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
            self.assertEqual(core.split()[4:6], ["0", "0"])
