"""Several addresses, as docs/operations.md has it where there is no load balancer: a name with several in
DNS, and a list of them in the flag."""

import contextlib
import json
import subprocess
import time
import unittest

from harness import BIN
from tls_test import TlsSite

HOST = "bridge.guestbridge.test"
DEAD, LIVING = "127.0.0.2", "127.0.0.3"


def can_hide_hosts():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def site_of_host():
    """A site whose server listens on LIVING and shows a certificate for HOST alone."""
    with TlsSite([]) as site:
        certs = site.dir / "bridge"
        subprocess.run([BIN / "guestbridge-emulator-bitrix24", "--make-cert", certs, "--cert-name", HOST],
                       check=True, stdout=subprocess.DEVNULL)
        site.host_ca = certs / "ca.pem"
        site.host_flags = ("--tls-cert", certs / "cert.pem", "--tls-key", certs / "key.pem")
        site.start_server(*site.host_flags, listen=f"{LIVING}:0")
        site.port = site.address.rsplit(":", 1)[1]
        yield site


class AListOfAddresses(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.site = stack.enter_context(site_of_host())
        self.list = f"ipv4:{DEAD}:{self.site.port},{LIVING}:{self.site.port}"

    def call(self, *arguments, code=0):
        return self.site.call("admin", *arguments, "--timeout", "20s", code=code, server=self.list,
                              ca=self.site.host_ca)

    def start_agent(self, name, *flags):
        self.site.address = self.list
        return self.site._start(name, *self.site.agent_command(name, data_dir=name, ca=self.site.host_ca), *flags)

    def connected(self, agent):
        agents = json.loads(self.call("agent", "list", "--output", "json", "--server-name", HOST).stdout)
        return any(row["name"] == f"agents/{agent}" and row.get("connected") for row in agents)

    def test_the_command_line_reaches_the_living_one_by_the_name_in_its_certificate(self):
        self.call("status", "--server-name", HOST)
        for flags in ((), ("--server-name", "other.guestbridge.test"), ("--server-name", LIVING)):
            with self.subTest(flags):
                self.assertIn("not in peer certificate", " ".join(self.call("status", *flags, code=6).stderr.split()))

    def test_an_agent_reaches_the_living_one_and_the_other_when_that_has_taken_its_place(self):
        agent = self.start_agent("hotel-1", "--server-name", HOST)
        self.assertEqual(agent.wait_for_line("guestbridge-agent hotel-1 connected to "), self.list)
        self.assertTrue(self.connected("hotel-1"))
        self.site.server.stop()
        self.site.start_server(*self.site.host_flags, listen=f"{DEAD}:{self.site.port}")
        deadline = time.monotonic() + 60
        while not self.connected("hotel-1"):
            self.assertLess(time.monotonic(), deadline, agent.stderr())
            time.sleep(0.2)

    def test_an_agent_without_the_name_stays_away(self):
        agent = self.start_agent("hotel-1")
        deadline = time.monotonic() + 60
        while "not in peer certificate" not in agent.stderr():
            self.assertLess(time.monotonic(), deadline, agent.stderr())
            self.assertTrue(agent.running())
            time.sleep(0.2)
        self.assertFalse(self.connected("hotel-1"))


@unittest.skipUnless(can_hide_hosts(), "needs a mount namespace of its own (root)")
class OneNameSeveralAddresses(unittest.TestCase):
    def test_whoever_answers_is_asked(self):
        with site_of_host() as site:
            hosts = site.dir / "hosts"
            names = site.dir / "nsswitch.conf"
            # Nobody listens on the first address.
            hosts.write_text(f"127.0.0.1 localhost\n{DEAD} {HOST}\n{LIVING} {HOST}\n")
            names.write_text("hosts: files\n")
            command = [BIN / "guestbridge", "--server", f"{HOST}:{site.port}", "--tls-ca", site.host_ca,
                       "--token-file", site.token("viewer"), "--timeout", "10s", "status"]
            done = subprocess.run(
                ["unshare", "-m", "sh", "-c", f"mount --bind {hosts} /etc/hosts && "
                 f"mount --bind {names} /etc/nsswitch.conf && exec \"$@\"", "sh", *command],
                capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done)


if __name__ == "__main__":
    unittest.main()
