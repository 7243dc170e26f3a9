"""Agents seen from the server: what they run, how they are, and what they rejected."""

import contextlib
import subprocess
import time
import unittest

from harness import BIN, Site, guest

REJECTED = "POLICY_PORTAL_HOST_NOT_ALLOWED"


class SeenSite(Site):
    """The agent's wall clock can be set wrong."""

    def __init__(self, guests=3):
        super().__init__([guest(n) for n in range(1, guests + 1)])
        self.shift = self.dir / "shift"
        self.shift_clock(0)

    def shift_clock(self, seconds):
        self.shift.write_text(f"{seconds}\n")

    def start_agent(self, name="hotel-1", **kwargs):
        plain = self._start

        def shifted(process, program, *flags):
            return plain(process, "/usr/bin/env", f"GUESTBRIDGE_CLOCK_SHIFT_FILE={self.shift}",
                         BIN.parent / "test-bin" / "guestbridge-agent-crash", *flags)

        self._start = shifted
        try:
            return super().start_agent(name, **kwargs)
        finally:
            self._start = plain


class AgentsSeen(unittest.TestCase):
    def site(self):
        site = SeenSite()
        self.addCleanup(site.close)
        return site

    def agent(self, site, until, seconds=60):
        """`agent get` once `until` says so."""
        end = time.monotonic() + seconds
        while True:
            agent = site.json("agent", "get", "hotel-1")
            if until(agent):
                return agent
            if time.monotonic() > end:
                raise AssertionError(f"{agent}\n{site.agent.stderr()}\n{site.server.stderr()}")
            time.sleep(0.2)

    @staticmethod
    def reasons(agent):
        return [problem["explanation"]["reason"] for problem in agent.get("problems", [])]

    def in_step(self, agent):
        return bool(agent["integrations"]) and agent["integrations"][0]["step"] == "IN_STEP"

    def write_policy(self, site, host):
        path = site.dir / "agent" / "policy.yaml"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(f"portal_hosts: [{host}]\n")
        path.chmod(0o600)

    def test_the_chain_from_sent_to_effective(self):
        site = self.site()
        site.start_server()
        site.start_agent()
        site.connect()
        agent = self.agent(site, self.in_step)
        [it] = agent["integrations"]
        self.assertTrue(agent["healthy"])
        self.assertEqual(it["sentRevision"], it["effectiveRevision"])
        self.assertEqual(it["sentFingerprint"], it["effectiveFingerprint"])
        self.assertEqual(len(it["sentFingerprint"]), 64)
        self.assertGreater(int(agent["disk"]["totalBytes"]), 0)
        for secret in ("w3bh00kc0de12345", "1c-pass-word"):
            self.assertNotIn(secret, str(agent))
        for lang in ("en", "ru"):
            for command in (("agent", "list"), ("agent", "get", "hotel-1")):
                text = site.cli(*command, lang=lang).stdout
                self.assertLessEqual(max(len(line) for line in text.splitlines()), 80, text)
                self.assertIn(it["sentRevision"], text)
        # What waits is seen, too.
        site.json("export", "run", "main", "--wait", "--settle")
        self.agent(site, lambda a: a["integrations"][0]["queues"]["clients"] == 0)

    def test_what_was_rejected_is_kept_and_not_sent_again(self):
        site = self.site()
        site.start_server()
        self.write_policy(site, "localhost")
        site.start_agent()
        site.connect()
        good = self.agent(site, self.in_step)["integrations"][0]
        flags = site.connection_flags()
        flags[flags.index("--api-server") + 1] = "127.0.0.1"
        site.cli(*flags, code=None)

        def rejected(agent):
            it = agent["integrations"][0]
            return (it["step"] == "REJECTED" and it["rejection"]["reason"] == REJECTED and
                    REJECTED in self.reasons(agent) and
                    it["effectiveRevision"] == good["effectiveRevision"])

        def times_rejected():
            return site.agent.stderr_path.read_text().count("configuration_rejected")

        agent = self.agent(site, rejected)
        self.assertTrue(agent["healthy"], "the last good settings go on")
        self.assertGreater(int(agent["integrations"][0]["rejectedRevision"]),
                           int(good["effectiveRevision"]))
        site.cli("status", "--check", code=1)
        before = times_rejected()

        site.server.kill()
        site.start_server()
        self.agent(site, lambda a: a["connected"] and rejected(a))
        self.assertEqual(site.agent.stop(), 0)
        site.start_agent()
        self.agent(site, lambda a: a["connected"] and rejected(a))
        self.assertEqual(times_rejected(), before, "it came again")
        self.assertIn("configuration_still_rejected", site.agent.stderr())
        # A test is about what was saved, not about what goes on.
        test = site.json("connection", "test", "main", code=None)
        self.assertIn(REJECTED, str(test))

        # Who may take it now is asked.
        self.assertEqual(site.agent.stop(), 0)
        self.write_policy(site, "127.0.0.1")
        site.start_agent()
        agent = self.agent(site, self.in_step)
        self.assertNotIn("rejection", agent["integrations"][0])

    def test_a_clock_that_is_off(self):
        site = self.site()
        site.start_server()
        site.start_agent()
        site.connect()
        self.agent(site, self.in_step)
        site.shift_clock(-600)
        agent = self.agent(site, lambda a: "AGENT_CLOCK_OFF" in self.reasons(a))
        self.assertTrue(agent["healthy"])
        self.assertAlmostEqual(float(agent["clockDifference"].rstrip("s")), -600, delta=5)
        self.assertIn("need attention: 1", site.cli("agent", "list").stdout)
        self.assertRegex(site.cli("status", "--check", code=1).stdout, r"-60[0-5]\b")
        site.shift_clock(0)
        self.agent(site, lambda a: not a.get("problems"))

    def test_a_full_disk(self):
        site = self.site()
        place = site.dir / "agent"
        place.mkdir(mode=0o700)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8192k,mode=0700", "tmpfs", place],
                          capture_output=True).returncode != 0:
            self.skipTest("no right to mount")
        try:
            site.start_server()
            site.start_agent()
            site.connect()
            agent = self.agent(site, lambda a: "AGENT_DISK_LOW" in self.reasons(a))
            self.assertTrue(agent["healthy"])
            filler = place / "filler"
            with open(filler, "wb", buffering=0) as out, contextlib.suppress(OSError):
                while True:
                    out.write(b"x" * 1024)
            agent = self.agent(site, lambda a: not a["healthy"])
            self.assertEqual(self.reasons(agent)[0], "DATA_DIRECTORY_UNUSABLE")
            self.assertIn("BAD", site.cli("agent", "list").stdout)
            self.assertEqual(site.cli("status", "--check", code=1).code, 1)
            filler.unlink()
            self.agent(site, lambda a: a["healthy"])
        finally:
            for process in site.processes:
                process.kill()
            subprocess.run(["umount", place], check=True)


if __name__ == "__main__":
    unittest.main()
