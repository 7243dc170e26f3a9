"""The queue of IDs towards 1C: an administrator sees how long it is, how fast, and until when."""

import datetime
import socket
import time
import unittest
import urllib.request

from harness import Site, guest

UTC = datetime.timezone.utc


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Queue(unittest.TestCase):
    def site(self, guests, extra):
        site = Site([guest(n) for n in range(1, guests + 1)])
        self.addCleanup(site.close)
        site.start_server()
        self.metrics_port = free_port()
        site.start_agent(flags=["--metrics-listen", f"127.0.0.1:{self.metrics_port}"])
        site.connect(extra=extra)
        return site

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if line and line[0] != "#")

    def eventually(self, look, wanted, seconds=60):
        deadline = time.monotonic() + seconds
        while not wanted(found := look()):
            self.assertLess(time.monotonic(), deadline, found)
            time.sleep(0.2)
        return found

    def queue(self, site):
        return site.json("run", "get", "1")["writeBack"]

    def status(self, site):
        [main] = site.json("status")["integrations"]
        return main["writeBack"]

    def test_pace_and_end_are_told_while_the_queue_drains_after_the_run(self):
        site = self.site(40, ["--write-back-rate", "2"])
        run = site.json("export", "run", "main", "--wait")
        self.assertEqual(run["state"], "SUCCEEDED", run)
        self.assertGreater(run["writeBack"]["pending"], 0, run)
        for look in (self.queue, self.status):
            told = self.eventually(lambda look=look: look(site),
                                   lambda w: w.get("estimatedEndTime"))
            self.assertLessEqual(told["perSecond"], 2.01, told)
            self.assertGreater(told["perSecond"], 0, told)
            end = datetime.datetime.fromisoformat(told["estimatedEndTime"].replace("Z", "+00:00"))
            left = (end - datetime.datetime.now(UTC)).total_seconds()
            self.assertGreater(left, told["pending"] / 2 - 5, told)
        self.assertIn("should be done by", site.cli("run", "get", "1").stdout)
        self.assertIn("должно закончиться", site.cli("status", lang="ru").stdout)
        end = 'guestbridge_agent_write_back_end_timestamp_seconds{integration="main"}'
        shown = self.eventually(self.metrics, lambda m: end in m)
        self.assertGreater(
            float(shown['guestbridge_agent_write_back{integration="main",state="pending"}']), 0)
        # 1C goes away: no end is told that nobody can know.
        site.onec.post("/faults", {"kind": "maintenance_text"})
        away = self.eventually(lambda: self.queue(site), lambda w: "waiting" in w)
        self.assertEqual(away["waiting"]["reason"], "SOURCE_IN_MAINTENANCE", away)
        self.assertNotIn("estimatedEndTime", away)
        self.eventually(lambda: " ".join(site.cli("status").stdout.split()),
                        lambda text: "not known" in text)
        site.onec.delete("/faults")
        done = self.eventually(lambda: self.queue(site), lambda w: w["pending"] == 0, 120)
        self.assertEqual(done["done"], 40, done)
        self.assertNotIn("estimatedEndTime", done)
        self.eventually(self.metrics, lambda m: end not in m)

    def test_quiet_hours_are_told_where_an_administrator_looks(self):
        now = datetime.datetime.now(UTC)
        begin, end = now - datetime.timedelta(hours=1), now + datetime.timedelta(hours=2)
        profile = "\n".join([
            "extends: 1c-hotel", "timezone: UTC", "write:",
            f'  quiet_hours: ["{begin:%H:%M}-{end:%H:%M}"]', ""])
        site = Site([guest(1)])
        self.addCleanup(site.close)
        (site.dir / "quiet.yaml").write_text(profile)
        site.start_server()
        site.start_agent()
        site.connect(extra=["--source-profile", "quiet.yaml"])
        self.assertEqual(site.json("export", "run", "main", "--wait")["state"], "SUCCEEDED")
        until = end.replace(second=0, microsecond=0)
        for look in (self.queue, self.status):
            told = self.eventually(lambda look=look: look(site), lambda w: "quietUntil" in w)
            self.assertEqual(told["quietUntil"], f"{until:%Y-%m-%dT%H:%M:%SZ}")
            self.assertEqual(told["waiting"]["reason"], "SOURCE_QUIET_HOURS", told)
            self.assertEqual(told["pending"], 1, told)
        for command in (["run", "get", "1"], ["status"]):
            self.assertIn("(quiet hours)", " ".join(site.cli(*command).stdout.split()))
            self.assertIn("(тихие часы)", " ".join(site.cli(*command, lang="ru").stdout.split()))


if __name__ == "__main__":
    unittest.main()
