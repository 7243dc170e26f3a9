#!/usr/bin/env python3
"""Records what an agent and a server of one version say to each other: script/build first, then
tests/protocol/record.py OUT. With GUESTBRIDGE_BIN and --proto of another version: that one's."""

import argparse
import os
import pathlib
import socket
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from harness import Site, guest  # noqa: E402
import wire  # noqa: E402

SERVICE = "/guestbridge.v1.AgentControlService/"


class Proxy:
    """Passes one agent's connections on to the server and keeps the calls in their order."""

    def __init__(self, server):
        self._server = server.rsplit(":", 1)
        self._lock = threading.Lock()
        self.calls = []  # [method, "request"|"answer"|"end", bytes or text]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((self._server[0], int(self._server[1])))
            methods = {}

            def headers(stream, found, methods=methods):
                for name, value in found:
                    if name == ":path":
                        methods[stream] = value

            def ended(stream, found, methods=methods):
                for name, value in found:
                    if name == "grpc-status" and value != "0":
                        self._keep(methods.get(stream, ""), "end", value)

            def message(kind, methods=methods):
                return lambda stream, body: self._keep(methods.get(stream, ""), kind, body)

            asked = wire.Direction(True, headers, message("request"))
            told = wire.Direction(False, ended, message("answer"))
            for source, target, direction in ((client, server, asked), (server, client, told)):
                threading.Thread(target=self._pump, args=(source, target, direction),
                                 daemon=True).start()

    def _keep(self, method, kind, body):
        if method.startswith(SERVICE):
            with self._lock:
                self.calls.append([method[len(SERVICE):], kind, body])

    @staticmethod
    def _pump(source, target, direction):
        try:
            while data := source.recv(65536):
                direction.feed(data)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


# Of answers that are resources.
ANSWERS = {"AcquireLease": "Lease", "OpenRun": "Run", "GetAccessToken": "AccessToken"}


def text_of(proto, method, kind, body):
    if kind == "end":
        return f"# status {body}\n"
    name = method + "Request" if kind == "request" else ANSWERS.get(method, method + "Response")
    return subprocess.run(
        ["protoc", "-I", proto, f"--decode=guestbridge.v1.{name}",
         "guestbridge/v1/agent_control.proto"],
        input=body, stdout=subprocess.PIPE, check=True).stdout.decode()


def converse(proxy_of):
    """What a hotel does with its agent. `proxy_of(address)` is called once the server is up."""
    with Site(clients=[guest(n) for n in range(1, 4)], oauth=True) as site:
        site.start_server()
        proxy = proxy_of(site.address)
        real, site.address = site.address, proxy.address
        agent = site.start_agent()
        site.address = real
        site.connect()
        site.cli("export", "run", "main", "--dry-run", "--wait")
        site.cli("export", "run", "main", "--wait", "--wait-write-back")
        site.cli("clients", "explain", "main", guest(1)["Ref_Key"])
        site.cli("clients", "list", "main")
        agent.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--proto", default=str(ROOT / "proto"))
    parser.add_argument("out")
    given = parser.parse_args()
    proxies = []

    def proxy_of(address):
        proxies.append(Proxy(address))
        return proxies[0]

    converse(proxy_of)
    with open(given.out, "w", encoding="utf-8") as out:
        for method, kind, body in proxies[0].calls:
            out.write(f"@ {method} {kind}\n{text_of(given.proto, method, kind, body)}")
    print(f"{len(proxies[0].calls)} messages in {given.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
