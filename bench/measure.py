"""What measurements share: a server as its own process, its processor seconds and memory, and clients of it."""

import gzip
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_SAID = re.compile(rb'<resumptionToken[^>]*completeListSize="(\d+)"[^>]*>([^<]*)</resumptionToken>')


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


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who answers: its port and process, the paths to ask for, and the coding to ask for them in."""

    name: str
    port: int
    process: int
    paths: list[str]
    coding: str = "gzip"


@dataclass(frozen=True, slots=True)
class Measured:
    """What some clients were given in some seconds, and what it cost."""

    rate: float
    """Answers a second."""
    cpu: float
    """Milliseconds of the server's processor an answer."""
    p50: float
    p99: float
    """Milliseconds an answer took."""
    memory: int


def loaded(contender: Contender, clients: int, seconds: float, folder: Path) -> Measured:
    """Have some clients, in a process of their own, ask for some seconds."""
    paths = folder / "paths.txt"
    paths.write_text("\n".join(contender.paths))
    command = [sys.executable, "-m", "bench.load", str(contender.port), str(paths), str(clients), str(seconds), contender.coding]
    before = cpu_seconds(contender.process)
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    cpu, found = cpu_seconds(contender.process) - before, json.loads(told.stdout)
    if found["refused"]:
        raise RuntimeError(f"{contender.name} refused {found['refused']} requests")
    answers = max(1, found["answers"])
    memory = anonymous_memory(contender.process)
    return Measured(answers / seconds, cpu / answers * 1e3, found["p50"] * 1e3, found["p99"] * 1e3, memory)


def middle(found: list[Measured]) -> Measured:
    """Return the medians of several runs; of memory the most."""
    values = {name: statistics.median(getattr(each, name) for each in found) for name in ("rate", "cpu", "p50", "p99")}
    return Measured(**values, memory=max(each.memory for each in found))


@dataclass(slots=True)
class Harvest:
    """What one walk through a list took and brought."""

    records: int = 0
    size: int = 0
    """Bytes on the wire."""
    seconds: float = 0.0
    cpu: float = 0.0
    pages: list[float] = field(default_factory=list)
    """Seconds of each."""
    paths: list[str] = field(default_factory=list)


def walk(port: int, process: int, query: str, *, coding: str = "gzip", keep: dict[int, bytes] | None = None) -> Harvest:
    """Harvest a list, one page after the other, as a client that does nothing with it.

    Only the end of a page is looked at, where the token is; it is read whole where the token does not stand there as it is.
    `keep` is given the pages whose numbers are in it.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found = Harvest()
    begun, before = time.perf_counter(), cpu_seconds(process)
    path = f"/oai?verb=ListRecords&{query}"
    while path:
        sent = time.perf_counter()
        connection.request("GET", path, headers={"Accept-Encoding": coding})
        answer = connection.getresponse()
        body = answer.read()
        found.pages.append(time.perf_counter() - sent)
        found.paths.append(path)
        found.size += len(body)
        if keep is not None and len(found.pages) - 1 in keep:
            keep[len(found.pages) - 1] = body
        said = _SAID.search(body, max(0, len(body) - 4096))
        if said is None and answer.headers.get("Content-Encoding") == "gzip":
            said = _SAID.search(gzip.decompress(body))
        if said is None and answer.status != http.client.OK:
            raise RuntimeError(f"{path} was answered {answer.status}: {body[:200]!r}")
        found.records = int(said[1]) if said else found.records
        path = f"/oai?verb=ListRecords&resumptionToken={said[2].decode()}" if said and said[2] else ""
    found.seconds, found.cpu = time.perf_counter() - begun, cpu_seconds(process) - before
    return found
