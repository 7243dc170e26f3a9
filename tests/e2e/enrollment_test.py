"""An agent with a certificate: joined, evicted while its stream is open, joined anew, banned."""

import time
import unittest

from harness import BIN, guest
from tls_test import TlsSite


class EnrolledSite(TlsSite):
    def create_agent(self, name="hotel-1", *flags):
        path = self.dir / f"{name}.join"
        path.unlink(missing_ok=True)
        self.call("admin", "agent", "create", name, "--out", path, *flags)
        return path

    def joining_command(self, name="hotel-1", data_dir="agent"):
        command = [BIN / "guestbridge-agent", "--server", self.address, "--name", name, "--data-dir",
                   self.dir / data_dir, "--tls-ca", self.data / "ca.pem", "--join-token-file",
                   self.dir / f"{name}.join", "--portal-ca-file", self.ca]
        return command

    def join(self, name="hotel-1", data_dir="agent"):
        self.agent = self._start(name, *self.joining_command(name, data_dir))
        self.agent.wait_for_line(f"guestbridge-agent {name} connected to ")
        return self.agent


class Enrollment(unittest.TestCase):
    def test_joined_exported_evicted_rejoined_banned(self):
        with EnrolledSite([guest(n) for n in range(1, 4)]) as site:
            site.start_server()
            token = site.create_agent()
            self.assertEqual(token.stat().st_mode & 0o777, 0o600)
            site.join()
            identity = site.dir / "agent" / "identity.pem"
            self.assertEqual(identity.stat().st_mode & 0o777, 0o600)
            site.connect(extra=("--agent", "hotel-1"))
            site.json("export", "run", "main", "--wait")
            installation = (site.dir / "agent" / "installation").read_text()

            # Without the token it comes back by its certificate.
            self.assertEqual(site.agent.stop(), 0)
            secret = token.read_text().strip()
            token.unlink()
            site.join()
            for file in site.data.iterdir():
                if file.is_file():
                    self.assertNotIn(secret.encode(), file.read_bytes(), file)

            site.call("admin", "agent", "evict", "hotel-1")
            self.assertEqual(site.agent.wait(20), 4)
            self.assertIn("agent create hotel-1", site.agent.stderr())

            # A used token of somebody else does not help.
            stranger = site.dir / "hotel-1.join"
            stranger.write_text(secret + "\n")
            stranger.chmod(0o600)
            other = site._start("stranger", *site.joining_command(data_dir="stranger"))
            self.assertEqual(other.wait(20), 4)

            site.create_agent()
            site.join()
            self.assertEqual((site.dir / "agent" / "installation").read_text(), installation)
            run = site.json("export", "run", "main", "--wait")
            self.assertEqual(run["state"], "SUCCEEDED")

            site.call("admin", "agent", "ban", "hotel-1")
            self.assertEqual(site.agent.wait(20), 4)
            self.assertIn("agent unban hotel-1", site.agent.stderr())
            # Nor with an API token.
            again = site._start("banned", *site.agent_command("hotel-1"))
            self.assertEqual(again.wait(20), 4)
            refused = site.call("admin", "agent", "create", "hotel-1", "--out", "x", code=None)
            self.assertIn("AGENT_BANNED", refused.stderr)
            site.call("admin", "agent", "unban", "hotel-1")
            site.create_agent()
            site.join()
            self.assertEqual(site.agent.stop(), 0)

    def test_a_short_certificate_is_renewed_while_the_agent_works(self):
        with EnrolledSite([guest(1)]) as site:
            site.start_server("--agent-certificate-life", "1m")
            site.create_agent()
            site.join()
            identity = site.dir / "agent" / "identity.pem"
            first = identity.read_text()
            deadline = time.monotonic() + 60
            while identity.read_text() == first and time.monotonic() < deadline:
                time.sleep(0.5)
            self.assertNotEqual(identity.read_text(), first)
            self.assertTrue(site.agent.running())
            site.connect(extra=("--agent", "hotel-1"))
            site.json("export", "run", "main", "--wait")

    def test_off_for_longer_than_the_certificate_lived_it_joins_anew_with_its_ledger(self):
        with EnrolledSite([guest(n) for n in range(1, 4)]) as site:
            site.start_server("--agent-certificate-life", "1m")
            site.create_agent()
            site.join()
            site.connect(extra=("--agent", "hotel-1"))
            self.assertEqual(site.json("export", "run", "main", "--wait")["state"], "SUCCEEDED")
            identity = (site.dir / "agent" / "identity.pem").read_text()
            installation = (site.dir / "agent" / "installation").read_text()
            self.assertEqual(site.agent.stop(), 0)
            time.sleep(62)
            outdated = site._start("outdated", *site.joining_command())
            self.assertEqual(outdated.wait(20), 4)
            self.assertIn("agent create hotel-1", outdated.stderr())

            site.create_agent()
            site.join()
            self.assertNotEqual((site.dir / "agent" / "identity.pem").read_text(), identity)
            self.assertEqual((site.dir / "agent" / "installation").read_text(), installation)
            run = site.json("export", "run", "main", "--wait", "--full")
            self.assertEqual(run["state"], "SUCCEEDED")
            self.assertEqual(run["counters"]["added"], 0, run)
            self.assertEqual([len(of_one) for of_one in site.contacts().values()], [1, 1, 1])

    def test_who_needs_no_certificate_shows_none(self):
        with EnrolledSite([]) as site:
            site.start_server()
            site.call("viewer", "status")
            denied = site.call("operator", "agent", "create", "hotel-1", "--out", "x", code=5)
            self.assertIn("ROLE_MISSING", denied.stderr)


if __name__ == "__main__":
    unittest.main()
