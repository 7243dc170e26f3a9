"""The load balancer of deploy/nginx, run by a test: its own nginx, prefix folder and port."""

import ctypes
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from harness import ROOT

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
STREAM_MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
DEPLOYED = ROOT / "deploy" / "nginx" / "guestbridge-stream.conf"
START_SECONDS = 30
PR_SET_PDEATHSIG = 1


class Nginx:
    """Passes connections to `servers`, HOST:PORT each, by what an operator copies; only addresses
    and the log's folder are others."""

    def __init__(self, folder, servers):
        self.dir = folder
        self.dir.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        (self.dir / "stream.conf").write_text(self._stream(servers))
        (self.dir / "nginx.conf").write_text(
            f"load_module {STREAM_MODULE};\n"
            f"daemon off;\npid {self.dir}/pid;\nerror_log {self.dir}/error.log notice;\n"
            "worker_processes 2;\nevents { worker_connections 768; }\n"
            f"include {self.dir}/stream.conf;\n")
        command = [PROGRAM, "-p", self.dir, "-e", self.dir / "error.log",
                   "-c", self.dir / "nginx.conf"]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        if checked.returncode != 0:
            raise AssertionError(checked.stderr)
        self._server = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL,
                                        preexec_fn=_end_with_the_test)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    self.close()
                    raise AssertionError((self.dir / "error.log").read_text()) from None
                time.sleep(0.05)

    def _stream(self, servers):
        text = DEPLOYED.read_text(encoding="utf-8").replace("/var/log/nginx", str(self.dir))
        text = text.replace("listen 7443", f"listen {self.address}")
        lines = iter(servers)
        text, found = re.subn(r"server [\d.]+:\d+", lambda _: f"server {next(lines)}", text)
        assert found == len(servers), f"{DEPLOYED} names {found} servers"
        return text

    def sessions(self):
        """Ended connections: the last server of each, and how many seconds it lasted."""
        rows = (line.split() for line in (self.dir / "guestbridge.log").read_text().splitlines())
        return [(row[-3], float(row[-1])) for row in rows if len(row) >= 5]

    def close(self):
        if self._server.poll() is None:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait()


def _end_with_the_test():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
