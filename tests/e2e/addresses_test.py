"""A name with several addresses in DNS, as docs/operations.md has it where there is no load balancer."""

import subprocess
import unittest

from harness import BIN
from tls_test import TlsSite

HOST = "bridge.guestbridge.test"


def can_hide_hosts():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(can_hide_hosts(), "needs a mount namespace of its own (root)")
class OneNameSeveralAddresses(unittest.TestCase):
    def test_whoever_answers_is_asked_and_a_list_of_addresses_is_refused(self):
        with TlsSite([]) as site:
            certs = site.dir / "bridge"
            subprocess.run([BIN / "guestbridge-emulator-bitrix24", "--make-cert", certs, "--cert-name", HOST],
                           check=True, stdout=subprocess.DEVNULL)
            hosts = site.dir / "hosts"
            names = site.dir / "nsswitch.conf"
            hosts.write_text(f"127.0.0.1 localhost\n127.0.0.2 {HOST}\n127.0.0.3 {HOST}\n")
            names.write_text("hosts: files\n")
            # Nobody listens on the first address.
            site.start_server("--tls-cert", certs / "cert.pem", "--tls-key", certs / "key.pem",
                              listen="127.0.0.3:0")
            port = site.address.rsplit(":", 1)[1]

            def status(server):
                command = [BIN / "guestbridge", "--server", server, "--tls-ca", certs / "ca.pem",
                           "--token-file", site.token("viewer"), "--timeout", "10s", "status"]
                return subprocess.run(
                    ["unshare", "-m", "sh", "-c", f"mount --bind {hosts} /etc/hosts && "
                     f"mount --bind {names} /etc/nsswitch.conf && exec \"$@\"", "sh", *command],
                    capture_output=True, text=True, timeout=60, check=False)

            done = status(f"{HOST}:{port}")
            self.assertEqual(done.returncode, 0, done)
            done = status(f"ipv4:127.0.0.2:{port},127.0.0.3:{port}")
            self.assertEqual(done.returncode, 6, done)
            self.assertIn("not in peer certificate", done.stderr.replace("\n", " ").replace("  ", " "))


if __name__ == "__main__":
    unittest.main()
