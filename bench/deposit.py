"""Deposits measured beside a bare handler and the bare disk, all in one run and interleaved. `--help` says more."""

import argparse
import base64
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.accepting import accepted, flushes
from bench.measure import anonymous_memory, cpu_seconds, free_port, server, sheaf

_ABOUT = """
Measures what a deposit costs, and beside it, in the same minutes, what its least part costs: a bare aiohttp handler that streams
the same bytes to a file, takes MD5 and SHA-256 of them and flushes file and folder, and threads that only write and flush. Look
at the ratios: absolute figures are the machine's, and on a busy one they change from minute to minute.

  python -m bench.deposit                          all parts, some minutes and some gigabytes of disk
  python -m bench.deposit --only small --rounds 9  one part, with steadier medians
  python -m bench.deposit --folder /mnt/disk       on another disk than that of temporary files

Parts: small (zips of 1 MB, wholly processed: password checked, digests, flushed, recorded, unpacked, published; by 1, 8 and 64
clients), large (a file of 1 GB: time, and what the server's memory grows by), transactions (all rows of an accepted work, what
is shown rendered before, by 64 clients, beside how often the disk flushes 8 kB in one stream).
"""
_MEGABYTE = 2**20
COLLECTION = "/sword/v2/collection/works"
PASSWORD = "only for measuring"
"""Of the depositor of the server that is measured, which ends with the measurement."""


@dataclass(frozen=True, slots=True)
class Taker:
    """Somebody who takes deposits: its name, port and process."""

    name: str
    port: int
    process: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of depositors saw, and what it cost the server."""

    rate: float
    """Deposits a second."""
    cpu: float
    """Milliseconds of the server's processor a deposit."""
    p50: float = 0.0
    p99: float = 0.0


def sent(to: Taker, clients: int, count: int, size: int) -> Run:
    """Have depositors send so many zips; ends the program where one is refused."""
    command = [sys.executable, "-m", "bench.sending", *(str(each) for each in (to.port, COLLECTION, clients, count, size))]
    before = cpu_seconds(to.process)
    told = subprocess.run(command, check=True, capture_output=True, env={**os.environ, "SHEAF_DEPOSITOR_PASSWORD": PASSWORD})
    found = json.loads(told.stdout)
    if found["refused"]:
        sys.exit(f"{to.name} refused: {found['refused'][0]}")
    cpu = (cpu_seconds(to.process) - before) / found["answers"] * 1e3
    return Run(found["answers"] / found["seconds"], cpu, found["p50"] * 1e3, found["p99"] * 1e3)


def flushed(folder: Path, threads: int, count: int, size: int) -> Run:
    """Write and flush so many files and their folder from so many threads: what the disk can."""
    folder.mkdir(exist_ok=True)
    data, numbers, gate, lock = os.urandom(size), iter(range(count)), threading.Barrier(threads + 1), threading.Lock()

    def write() -> None:
        gate.wait()
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            file = os.open(folder / str(number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.write(file, data)
            os.fsync(file)
            os.close(file)
            place = os.open(folder, os.O_RDONLY)
            os.fsync(place)
            os.close(place)

    started = [threading.Thread(target=write) for _ in range(threads)]
    for thread in started:
        thread.start()
    gate.wait()
    begun, before = time.perf_counter(), time.process_time()
    for thread in started:
        thread.join()
    found = Run(count / (time.perf_counter() - begun), (time.process_time() - before) / count * 1e3)
    for number in range(count):
        (folder / str(number)).unlink()
    return found


def interleaved(rounds: int, contenders: Mapping[str, Callable[[], Run]]) -> dict[str, Run]:
    """Measure everybody in turn, round after round, and return the medians."""
    found: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, measure in list(contenders.items())[:: 1 if number % 2 else -1]:
            found[name].append(measure())
    return {
        name: Run(*(statistics.median(getattr(run, each) for run in runs) for each in ("rate", "cpu", "p50", "p99")))
        for name, runs in found.items()
    }


def small(ours: Taker, bare: Taker, folder: Path, asked: argparse.Namespace) -> None:
    """Zips of 1 MB, by few clients and many."""
    print("zips of 1 MB: deposits a second, milliseconds of processor each, milliseconds till the answer (half, 99 of 100)")
    for clients, count, promised in ((1, 60, 0.4), (8, 200, 0.5), (64, 400, 0.4)):
        disk = f"disk, {clients} threads"
        contenders = {
            ours.name: partial(sent, ours, clients, count, _MEGABYTE),
            bare.name: partial(sent, bare, clients, count, _MEGABYTE),
            disk: partial(flushed, folder / "flushed", clients, count, _MEGABYTE),
        }
        found = interleaved(asked.rounds, contenders)
        for name, run in found.items():
            print(f"  {clients:3} clients  {name:20} {run.rate:7.1f}/s {run.cpu:7.2f} ms {run.p50:8.1f} {run.p99:8.1f}")
        beside = disk if clients == 64 else bare.name
        judged(f"{clients} clients: {ours.name} of {beside}", found[ours.name].rate / found[beside].rate, promised)


def large(ours: Taker, bare: Taker, size: int, rounds: int) -> None:
    """One file of a gigabyte."""
    piece, grown = os.urandom(_MEGABYTE), 0
    times: dict[str, list[float]] = {ours.name: [], bare.name: []}
    for number in range(rounds):
        for to in (ours, bare) if number % 2 else (bare, ours):
            before = anonymous_memory(to.process)
            seconds, most = _streamed(to, piece, size)
            times[to.name].append(seconds)
            if to is ours:
                grown = max(grown, most - before)
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    for name, seconds in middle.items():
        print(f"a file of {size // _MEGABYTE} MB  {name:20} {seconds:6.2f} s")
    judged("a large file: times as long as the bare handler", middle[ours.name] / middle[bare.name], 1.5, most=True)
    judged("a large file: MB of memory more at the most", grown / _MEGABYTE, 32, most=True)


def transactions(folder: Path, rounds: int) -> None:
    """All rows of accepted works, by 64 clients, beside the disk's flushes in one stream."""
    count, rates, flushed_a_second = 600, [], []
    for number in range(rounds):
        flushed_a_second.append(flushes(folder))
        taken = accepted(folder / f"accepted-{number}", count, 64)
        rates.append(count / sum(each.seconds for each in taken.values()))
        flushed_a_second.append(flushes(folder))
        told = [
            f"{name.strip('_')} {each.seconds / count * 1e6:.0f} µs, of the processor {each.cpu / count * 1e6:.0f} µs"
            for name, each in taken.items()
        ]
        print("  " + "; ".join(told))
    rate, beside = statistics.median(rates), statistics.median(flushed_a_second)
    print(f"transactions: {rate:.0f} deposits/s; one stream flushes {beside:.0f}/s")
    judged("transactions: deposits of flushes in one stream", rate / beside, 1.0)


def _streamed(to: Taker, piece: bytes, size: int) -> tuple[float, int]:
    """Send a file of this size in pieces; return the seconds until it was taken, and the most memory the server had."""
    who = base64.b64encode(f"depositor:{PASSWORD}".encode()).decode()
    head = (
        f"POST {COLLECTION} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {who}\r\nContent-Type: video/mp4\r\n"
        f"Content-Disposition: attachment; filename=film.mp4\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
    ).encode()
    most = 0
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", to.port)) as connection:
        connection.sendall(head + os.urandom(64))
        left = size - 64
        while left:
            left -= connection.send(memoryview(piece)[: min(left, len(piece))])
            most = max(most, anonymous_memory(to.process))
        status = connection.recv(65536)
        most = max(most, anonymous_memory(to.process))
    if not status.startswith(b"HTTP/1.1 201"):
        sys.exit(f"{to.name} refused: {status.decode('utf-8', 'replace')}")
    return time.perf_counter() - begun, most


def judged(what: str, found: float, promised: float, *, most: bool = False) -> None:
    good = found <= promised if most else found >= promised
    print(f"{what}: {found:.2f} ({'at most' if most else 'at least'} {promised:g} promised){'' if good else '   MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.deposit", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement, of which the median is told (5)")
    parser.add_argument("--only", choices=("small", "large", "transactions"), help="measure one part only")
    parser.add_argument("--megabytes", type=int, default=1024, help="size of the large file (1024)")
    parser.add_argument("--folder", type=Path, help="where to write, some gigabytes (a folder for temporary files)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sheaf-bench-", dir=asked.folder) as name, ExitStack() as stack:
        folder = Path(name)
        if asked.only in {None, "transactions"}:
            transactions(folder, asked.rounds)
        if asked.only == "transactions":
            return
        ours, bare = _takers(folder, stack)
        if asked.only in {None, "small"}:
            small(ours, bare, folder, asked)
        if asked.only in {None, "large"}:
            large(ours, bare, asked.megabytes * _MEGABYTE, asked.rounds)


def _takers(folder: Path, stack: ExitStack) -> tuple[Taker, Taker]:
    port = free_port()
    command, environment = sheaf(folder / "data", port, depositor_password=PASSWORD, base_url="https://repository.example.org")
    ours = Taker("sheaf", port, stack.enter_context(server(command, port, environment)).pid)
    port = free_port()
    command = [sys.executable, "-m", "bench.bare", str(folder / "bare"), str(port)]
    bare = Taker("bare aiohttp", port, stack.enter_context(server(command, port)).pid)
    sent(ours, 8, 32, _MEGABYTE)  # what is imported and compiled when the first comes
    return ours, bare


if __name__ == "__main__":
    main()
