"""What measurements share: a server as its own process, its processor seconds and memory, and a client that harvests."""

import gzip
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]*)</resumptionToken>")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(process: int) -> float:
    """Return the processor seconds a process and its threads have used (user and system)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def anonymous_memory(process: int) -> int:
    """Return the bytes of memory that are the process's own (RssAnon)."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) * 1024 if found else 0


@contextmanager
def server(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; it is ready when it accepts connections."""
    process = subprocess.Popen(
        command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    """Wait until somebody listens; raises RuntimeError where the process ends or the time does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not come up")


def sheaf(folder: Path, port: int, **settings: str) -> tuple[list[str], dict[str, str]]:
    """Return command and environment of a Sheaf on a data folder."""
    environment = {"SHEAF_DATA": str(folder), "SHEAF_PORT": str(port), "SHEAF_EXAMPLES": "false"}
    return [sys.executable, "-m", "server", "serve"], environment | {
        f"SHEAF_{key.upper()}": value for key, value in settings.items()
    }


@dataclass(slots=True)
class Harvest:
    """What one walk through a list took and brought: seconds and uncompressed bytes of each page, and the pages themselves."""

    records: int = 0
    size: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    pages: list[float] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


def walk(port: int, process: int, *, keep: bool = False) -> Harvest:
    """Harvest everything as gzip, one page after the other, and count."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found = Harvest()
    begun, before = time.perf_counter(), cpu_seconds(process)
    query = "verb=ListRecords&metadataPrefix=oai_dc"
    while query:
        sent = time.perf_counter()
        connection.request("GET", f"/oai?{query}", headers={"Accept-Encoding": "gzip"})
        body = connection.getresponse().read()
        found.pages.append(time.perf_counter() - sent)
        found.size += len(body)
        if keep:
            found.bodies.append(body)
        text = gzip.decompress(body)
        found.lengths.append(len(text))
        found.records += text.count(b"<record>")
        token = _TOKEN.search(text)
        query = f"verb=ListRecords&resumptionToken={token[1].decode()}" if token and token[1] else ""
    found.seconds, found.cpu = time.perf_counter() - begun, cpu_seconds(process) - before
    return found
