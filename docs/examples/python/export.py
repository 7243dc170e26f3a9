#!/usr/bin/env python3
"""Starts an export, watches it and prints its result.

All that another service needs is the folder proto/ and this. The stubs are generated from the
.proto files when it starts (Debian: protobuf-compiler, protobuf-compiler-grpc, python3-grpcio,
python3-protobuf); a service of yours would generate them when it is built. Exit codes as those
of the guestbridge command.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

import grpc
from google.protobuf import json_format

CALL_SECONDS = 30
RETRY_SECONDS = 300
KEEPALIVE_SECONDS = 30
PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto"

EXIT_CODES = {
    grpc.StatusCode.NOT_FOUND: 3,
    grpc.StatusCode.INVALID_ARGUMENT: 4,
    grpc.StatusCode.FAILED_PRECONDITION: 4,
    grpc.StatusCode.ALREADY_EXISTS: 4,
    grpc.StatusCode.ABORTED: 4,
    grpc.StatusCode.OUT_OF_RANGE: 4,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 4,
    grpc.StatusCode.UNAUTHENTICATED: 5,
    grpc.StatusCode.PERMISSION_DENIED: 5,
    grpc.StatusCode.UNAVAILABLE: 6,
    grpc.StatusCode.DEADLINE_EXCEEDED: 6,
}
RESULTS = {"SUCCEEDED": 0, "PARTIALLY_FAILED": 7}


def generate_stubs(proto):
    """Puts the modules guestbridge.v1.* on the path and returns those that this needs."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            ["protoc", f"-I{proto}", f"--python_out={out}", f"--grpc_python_out={out}",
             f"--plugin=protoc-gen-grpc_python={shutil.which('grpc_python_plugin')}",
             "guestbridge/v1/error.proto", "guestbridge/v1/field_mapping.proto",
             "guestbridge/v1/run.proto"], check=True)
        sys.path.insert(0, out)
        sys.dont_write_bytecode = True
        from guestbridge.v1 import error_pb2, run_pb2, run_pb2_grpc
        sys.path.remove(out)
    return error_pb2, run_pb2, run_pb2_grpc


def open_channel(flags):
    options = [("grpc.keepalive_time_ms", KEEPALIVE_SECONDS * 1000)]
    if flags.plaintext:
        return grpc.insecure_channel(flags.server, options)
    roots = flags.tls_ca.read_bytes() if flags.tls_ca else None
    return grpc.secure_channel(flags.server, grpc.ssl_channel_credentials(roots), options)


def error_info(error, error_pb2):
    """The ErrorInfo in the trailer; None when the error is the transport's own."""
    for key, packed in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in error_pb2.ErrorStatus.FromString(packed).details:
                if detail.type_url.endswith("google.rpc.ErrorInfo"):
                    return error_pb2.ErrorInfo.FromString(detail.value)
    return None


def patiently(work, error_pb2):
    """A server that restarts meanwhile is no reason to give up: a watch begins with the present
    state. (StartExport may be repeated as well: it carries a request id.)"""
    end = time.monotonic() + RETRY_SECONDS
    pause = 1
    while True:
        try:
            return work()
        except grpc.RpcError as error:
            again = (error.code() == grpc.StatusCode.UNAVAILABLE
                     and error_info(error, error_pb2) is None)
            if not again or time.monotonic() > end:
                raise
            time.sleep(pause)
            pause = min(2 * pause, 30)


def export(stub, run_pb2, error_pb2, flags, metadata):
    """The ended run."""
    request = run_pb2.StartExportRequest(
        parent=f"integrations/{flags.integration}", full=flags.full, dry_run=flags.dry_run,
        request_id=str(uuid.uuid4()))
    started = stub.StartExport(request, timeout=CALL_SECONDS, metadata=metadata)
    print(started.name, run_pb2.Run.State.Name(started.state), file=sys.stderr)

    def watch():
        run = started
        for run in stub.WatchRun(run_pb2.WatchRunRequest(name=started.name), metadata=metadata):
            print(run.name, run_pb2.Run.State.Name(run.state), "scanned", run.counters.scanned,
                  file=sys.stderr)
            for notice in run.notices:
                print(f"  {notice.message} {notice.remedy}", file=sys.stderr)
        return run

    return patiently(watch, error_pb2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("integration", metavar="INTEGRATION", help="e.g. main")
    parser.add_argument("--server", default="127.0.0.1:7443", metavar="HOST:PORT")
    parser.add_argument("--plaintext", action="store_true", help="a server on this machine")
    parser.add_argument("--tls-ca", type=pathlib.Path, metavar="F", help="ca.pem of the server")
    parser.add_argument("--token-file", type=pathlib.Path, metavar="F")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--lang", default="en", choices=("ru", "en"))
    parser.add_argument("--proto", type=pathlib.Path, default=PROTO, metavar="DIR")
    flags = parser.parse_args()

    error_pb2, run_pb2, run_pb2_grpc = generate_stubs(flags.proto)
    metadata = [("accept-language", flags.lang)]
    if flags.token_file and not flags.plaintext:
        metadata.append(("authorization", f"Bearer {flags.token_file.read_text().strip()}"))
    with open_channel(flags) as channel:
        try:
            run = export(run_pb2_grpc.RunServiceStub(channel), run_pb2, error_pb2, flags,
                         metadata)
        except grpc.RpcError as error:
            info = error_info(error, error_pb2)
            print(f"{info.reason}: {error.details()}\n{info.metadata['remedy']}" if info else
                  f"{error.code().name}: {error.details()}", file=sys.stderr)
            return EXIT_CODES.get(error.code(), 1)
    told = json_format.MessageToDict(run, including_default_value_fields=True)
    print(json.dumps({key: told.get(key) for key in ("name", "state", "counters", "failures")},
                     ensure_ascii=False, indent=2))
    if run.HasField("error"):
        print(f"{run.error.reason}: {run.error.message}\n{run.error.remedy}", file=sys.stderr)
    return RESULTS.get(told["state"], 1)


if __name__ == "__main__":
    sys.exit(main())
