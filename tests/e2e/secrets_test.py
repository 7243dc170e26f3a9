"""40 secrets and 100 guests are planted; nothing that the programs leave behind shows one."""

import base64
import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest
import urllib.request

from harness import BIN, Site, guest

# Of these the portal knows none: what it refuses is as secret as what it takes.
REFUSED_WEBHOOKS = [f"plantedcode{n:02d}qz7kx4" for n in range(12)]
REFUSED_PASSWORDS = [f"planted-refused-pass-{n:02d}-w8v" for n in range(12)]
KEPT_PASSWORDS = [f"planted-kept-pass-{n:02d}-m3j" for n in range(12)]
REFUSED_OAUTH = [(f"planted-app-secret-{n}-t5r", f"planted-refresh-{n}-h2g") for n in range(3)]
OURS = ("server", "hotel-1")


def spellings(value):
    """The ways in which a value may stand somewhere without being hidden."""
    raw = value.encode()
    return {raw, raw.hex().encode(), raw.hex().upper().encode(),
            base64.b64encode(raw).rstrip(b"=")[:-1], value.encode("utf-16-le")}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SecretsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.guests = [
            guest(n, LastName=f"Посаженный{n:03d}ъ", EMail=f"planted{n:03d}@guest.example",
                  Phone=f"+7999{n:03d}4321", Remarks=f"planted remark {n:03d} q9")
            for n in range(1, 101)]
        cls.guests[7]["EMail"] = "planted008 is no address"
        cls.site = Site(cls.guests)
        cls.addClassCleanup(cls.site.close)
        cls.metrics = f"127.0.0.1:{free_port()}"
        cls.said = []
        site = cls.site
        site.start_server("--metrics-listen", cls.metrics)
        site.start_agent()
        site.connect()
        cls.run_cli("export", "run", "main", "--wait", "--settle")
        cls.plant()

    @classmethod
    def run_cli(cls, *arguments, lang="en"):
        result = cls.site.cli(*arguments, code=None, lang=lang)
        cls.said.append(str(result))
        return result

    @classmethod
    def plant(cls):
        site = cls.site
        cls.secrets = ["w3bh00kc0de12345", "1c-pass-word", *REFUSED_WEBHOOKS, *REFUSED_PASSWORDS,
                       *KEPT_PASSWORDS]
        for n, password in enumerate(KEPT_PASSWORDS):
            name = f"kept-{n}"
            site.cli("integration", "create", name, "--type", "bitrix24")
            site._secret(f"kept-{n}", password)
            cls.set_connection(name, "webhook", f"kept-{n}", 0)
        site.cli("integration", "create", "refused", "--type", "bitrix24")
        for n, (code, password) in enumerate(zip(REFUSED_WEBHOOKS, REFUSED_PASSWORDS)):
            site._secret("refused-code", code)
            site._secret("refused-pass", password)
            result = cls.set_connection("refused", "refused-code", "refused-pass", None, n % 2)
            assert result.code not in (0, 2), result
        for client_secret, refresh_token in REFUSED_OAUTH:
            cls.secrets += [client_secret, refresh_token]
            site._secret("app-secret", client_secret)
            site._secret("app-token", refresh_token)
            result = cls.run_cli(
                "connection", "set", "refused", "--hotel", "000000001", "--api-server", "localhost",
                "--port", site.portal_port, "--ssl", "--client-id", "app.test",
                "--client-secret-file", "app-secret", "--refresh-token-file", "app-token",
                "--source", "onec-odata", "--source-url", "http://127.0.0.1:9/refused",
                "--source-user", "u", "--source-password-file", "password")
            assert result.code not in (0, 2), result
        # What nobody typed: keys, and a token for callers.
        out = site.dir / "planted.token"
        subprocess.run([BIN / "guestbridge-server", "token", "create", "--data-dir",
                        site.dir / "server", "--role", "viewer", "--out", out], check=True)
        cls.secrets.append(out.read_text().strip())
        cls.run_cli("connection", "test", "main")
        cls.run_cli("connection", "test", "kept-1", lang="ru")
        cls.run_cli("status")
        cls.run_cli("run", "list", "--output", "json")
        cls.run_cli("secrets", "status")

    @classmethod
    def set_connection(cls, name, webhook, password, code, lang=0):
        result = cls.run_cli(
            "connection", "set", name, "--hotel", "000000001", "--api-server", "localhost",
            "--port", cls.site.portal_port, "--ssl", "--webhook-user", "1",
            "--webhook-secret-file", webhook, "--source", "onec-odata", "--source-url",
            f"http://127.0.0.1:9/{name}", "--source-user", "u", "--source-password-file", password,
            lang=("en", "ru")[lang])
        assert code is None or result.code == code, result
        return result

    def keys(self):
        return [file.read_text().strip() for file in (self.site.dir / "server").glob("secret*.key")]

    def left_behind(self):
        """Name and bytes of everything, the key and secret files themselves left out."""
        site = self.site
        for name in OURS:
            yield f"{name}.stderr", (site.dir / f"{name}.stderr").read_bytes()
        for process in (site.server, site.agent):
            yield f"argv of {process.name}", pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
        for folder in ("server", "agent"):
            for file in sorted((site.dir / folder).rglob("*")):
                if file.is_file() and file.suffix not in (".key", ".pem"):
                    yield str(file.relative_to(site.dir)), file.read_bytes()
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=30) as answer:
            yield "metrics", answer.read()
        yield "what the CLI said", "\n".join(self.said).encode()

    def assert_hidden(self, values, but=()):
        searched = {name: data for name, data in self.left_behind() if not name.startswith(but)}
        self.assertIn("server/server.db", searched)
        found = [f"{value!r} in {name}" for value in values for name, data in searched.items()
                 if any(form in data for form in spellings(value))]
        self.assertEqual(found, [])

    def test_no_secret_is_left_in_clear(self):
        self.assertGreaterEqual(len(self.secrets), 40)
        self.assert_hidden(self.secrets + self.keys())

    def test_no_guest_is_left_with_the_server_in_logs_or_metrics(self):
        values = [guest[field] for guest in self.guests
                  for field in ("LastName", "EMail", "Phone", "Remarks")]
        # The agent's ledger is the one place for what an update needs.
        self.assert_hidden(values, but=("agent/",))

    def test_z_a_rotation_stops_nothing_and_the_old_key_may_go(self):
        site = self.site
        before = site.json("secrets", "status")
        self.assertEqual([key["number"] for key in before["keys"]], [1])
        self.run_cli("secrets", "rotate")
        deadline = time.monotonic() + 60
        while True:
            status = site.json("secrets", "status")
            if status["waiting"] == 0 and len(status["keys"]) == 2:
                break
            self.assertLess(time.monotonic(), deadline, status)
            time.sleep(0.2)
        old, new = status["keys"]
        self.assertEqual((old["secrets"], old["retirable"], old["current"]), (0, True, False))
        self.assertEqual((new["secrets"], new["current"]), (status["secrets"], True))
        self.assert_hidden(self.secrets + self.keys())
        old_key = site.dir / "server" / "secret.key"
        self.secrets.append(old_key.read_text().strip())
        self.assertEqual(site.server.stop(), 0)
        old_key.unlink()
        site.start_server("--metrics-listen", self.metrics)
        checks = {check["name"]: check for check in self.site.json(
            "connection", "test", "main", code=None)["checks"]}
        self.assertNotEqual(checks["token"]["state"], "FAILED", checks["token"])
        self.run_cli("export", "run", "main", "--wait")
        self.assert_hidden(self.secrets + self.keys())

    def test_zz_a_crash_leaves_no_dump(self):
        for process in (self.site.server, self.site.agent):
            limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
            core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
            self.assertEqual(core.split()[4:6], ["0", "0"])
            os.kill(process.pid, signal.SIGABRT)
            self.assertEqual(process.wait(), -signal.SIGABRT)
        self.assertEqual([str(file) for file in self.site.dir.rglob("core*")], [])


if __name__ == "__main__":
    unittest.main()
