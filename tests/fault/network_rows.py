"""Names that do not resolve, certificates that are not right."""

import subprocess
import time

import oracle
from fault_site import BIN, CLIENT_SECRET, WEBHOOK, Control, FaultSite
from registry import row

HOST = "portal.guestbridge.test"


def can_hide_hosts():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


class NamedSite(FaultSite):
    """Its portal has a name that only these programs can resolve, and only sometimes."""

    def _start_emulators(self, generate):
        self.hosts = self.dir / "hosts"
        self.resolve(True)
        names = self.dir / "nsswitch.conf"
        names.write_text("hosts: files\n")
        self.wrapper = ["unshare", "-m", "sh", "-c",
                        f"mount --bind {self.hosts} /etc/hosts && "
                        f"mount --bind {names} /etc/nsswitch.conf && exec \"$@\"", "sh"]
        super()._start_emulators(generate)

    def resolve(self, yes, address="127.0.0.1"):
        # The same file: a mount holds on to it.
        with open(self.hosts, "w", encoding="utf-8") as out:
            out.write("127.0.0.1 localhost\n" + (f"{address} {HOST}\n" if yes else ""))

    def _start(self, name, *command):
        if name in ("server", "hotel-1"):
            command = (*self.wrapper, *command)
        return super()._start(name, *command)

    def connection_flags(self, integration="main", settle="2s"):
        flags = super().connection_flags(integration, settle)
        flags[flags.index("localhost")] = HOST
        return flags


def make_certificate(directory, *flags):
    subprocess.run([BIN / "guestbridge-emulator-bitrix24", "--make-cert", directory, *flags],
                   check=True, stdout=subprocess.DEVNULL)


def restart_portal(site, certs):
    """The same portal, new and empty, behind other certificates."""
    old = next(p for p in reversed(site.processes) if p.name == "portal")
    old.kill()
    portal = site._start(
        "portal", BIN / "guestbridge-emulator-bitrix24", "--listen",
        f"127.0.0.1:{site.portal_port}", "--tls-cert", certs / "cert.pem", "--tls-key",
        certs / "key.pem", "--control-listen", "127.0.0.1:0", "--oauth-listen", "127.0.0.1:0",
        "--webhook", f"1:{WEBHOOK}", "--client-id", "app.test", "--client-secret", CLIENT_SECRET)
    site.portal = Control(portal.wait_for_line("emulator-bitrix24 control "))
    portal.wait_for_line("emulator-bitrix24 ready")


def behind_certificate(*flags, same_ca=False):
    with FaultSite() as site:
        site.up()
        bad = site.dir / "bad"
        make_certificate(bad, *flags)
        restart_portal(site, bad)
        run = site.json("export", "run", "main", "--wait", code=1)
        oracle.expect(run["state"] == "FAILED", run)
        oracle.expect(run["error"]["reason"] == "TLS_CERTIFICATE_REFUSED", run["error"])
        oracle.expect(run["error"]["remedy"], run)
        oracle.expect(site.portal.get("/counters")["http_requests"] == 0, "it was spoken to")
        restart_portal(site, site.dir / "certs")
        site.finish()
        return oracle.check(site)


@row("certificate expired", "FAILED with TLS_CERTIFICATE_REFUSED, not a byte sent")
def expired():
    return behind_certificate("--cert-expired")


@row("certificate of another host", "FAILED with TLS_CERTIFICATE_REFUSED, not a byte sent")
def wrong_host():
    return behind_certificate("--cert-name", "elsewhere.example")


@row("certificate self-signed", "FAILED with TLS_CERTIFICATE_REFUSED, not a byte sent")
def self_signed():
    return behind_certificate("--cert-self-signed")


@row("DNS failure", "FAILED with HOST_NOT_FOUND; goes on when the name resolves")
def dns():
    if not can_hide_hosts():
        return "left out: no mount namespaces"
    with NamedSite() as site:
        make_certificate(site.dir / "certs", "--cert-name", HOST)
        restart_portal(site, site.dir / "certs")
        site.up()
        site.finish()
        site.arrive(10)
        site.resolve(False)
        run = site.json("export", "run", "main", "--wait", code=1)
        oracle.expect(run["state"] == "FAILED", run)
        oracle.expect(run["error"]["reason"] == "HOST_NOT_FOUND", run["error"])
        site.resolve(True)
        site.finish()
        return oracle.check(site)


@row("DNS failure for 5 s in mid-run", "the run waits and ends well")
def dns_for_a_moment():
    if not can_hide_hosts():
        return "left out: no mount namespaces"
    with NamedSite() as site:
        make_certificate(site.dir / "certs", "--cert-name", HOST)
        restart_portal(site, site.dir / "certs")
        site.up()
        site.resolve(False)
        run = site.begin()
        time.sleep(5)
        site.resolve(True)
        oracle.expect(site.ended(run)["state"] == "SUCCEEDED", site.json("run", "get", run))
        site.finish()
        return oracle.check(site)
