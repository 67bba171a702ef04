"""Harvests measured beside yardsticks that send the same bytes, all in one run and interleaved. `--help` says more."""

import argparse
import gzip
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench import plot
from bench.corpus import URL, imported
from bench.measure import (
    Contender,
    Harvest,
    Measured,
    anonymous_memory,
    cpu_seconds,
    free_port,
    loaded,
    middle,
    server,
    sheaf,
    walk,
)
from bench.peers import peers
from bench.yardsticks import yardsticks

_ABOUT = """
Measures a Sheaf of your own full of works, and beside it, in the same minutes, servers that send the same pages from memory or
from files. Look at the ratios: absolute figures are the machine's, and on a busy one they change from minute to minute.

  python -m bench.harvest                          20,000 records, some minutes
  python -m bench.harvest --records 1000000        the whole measurement; the import alone takes a quarter of an hour
  python -m bench.harvest --data var               works you have; they are only read, and what is read is sealed
  python -m bench.harvest --only pages --rounds 9  one part, with steadier medians

Parts: harvests (full, plain, by set, incremental), formats (a full harvest of each), pages (beside the yardsticks), depth (first
page and last, with a plot), clients (1, 8, 64: answers, times, memory), rows (what a page costs that nobody has sealed), peers
(the Python packages `oaipmh` and `oai-repo`, where they are installed).
"""
_MILLION = 2**20


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured, and how long."""

    port: int
    process: int
    data: Path
    folder: Path
    asked: argparse.Namespace
    kept: dict[int, bytes]
    """Some pages of the first harvest, by number."""

    def ours(self, harvest: Harvest, coding: str = "gzip") -> Contender:
        return Contender(f"sheaf {coding}", self.port, self.process, harvest.paths, coding)

    def interleaved(self, contenders: list[Contender], clients: int) -> dict[str, Measured]:
        """Measure everybody in turn, round after round, and return the medians."""
        found: dict[str, list[Measured]] = {each.name: [] for each in contenders}
        for _ in range(self.asked.rounds):
            for each in contenders:
                found[each.name].append(loaded(each, clients, self.asked.seconds, self.folder))
        return {name: middle(runs) for name, runs in found.items()}

    def harvested(self, query: str, coding: str = "gzip") -> Harvest:
        """Walk a list again and again; return the walk in the middle."""
        runs = [walk(self.port, self.process, query, coding=coding) for _ in range(self.asked.rounds)]
        return sorted(runs, key=lambda run: run.cpu)[len(runs) // 2]


def said(name: str, harvest: Harvest) -> None:
    count = max(1, harvest.records)
    times = sorted(harvest.pages)
    print(
        f"{name:<34}{harvest.records:>10,} records {harvest.seconds:7.2f} s wall {harvest.cpu:6.2f} s CPU"
        f"{harvest.cpu / count * 1e6:8.2f} µs/record {harvest.size / count:7.0f} B/record"
        f"{times[len(times) // 2] * 1e3:8.2f} ms p50 {times[len(times) * 99 // 100] * 1e3:8.2f} ms p99"
    )


def measured(name: str, found: Measured) -> None:
    print(
        f"{name:<24}{found.rate:>9,.0f} answers/s {found.cpu:8.3f} ms CPU {found.p50:8.2f} ms p50"
        f"{found.p99:8.2f} ms p99 {found.memory / _MILLION:6.0f} MB"
    )


def harvests(bench: Bench, first: Harvest) -> None:
    said("full, first time, sealing beside", first)
    said("full, gzip", bench.harvested("metadataPrefix=oai_dc"))
    said("full, plain", bench.harvested("metadataPrefix=oai_dc", "identity"))
    for name in ("open_access", "type:conference"):
        walk(bench.port, bench.process, f"metadataPrefix=oai_dc&set={name}")
        settle(bench)
        said(f"set {name}", bench.harvested(f"metadataPrefix=oai_dc&set={name}"))
    since = datestamps(bench.kept[max(bench.kept)])[0]
    said(f"since {since}", bench.harvested(f"metadataPrefix=oai_dc&from={since}"))


def datestamps(page: bytes) -> list[str]:
    return re.findall("<datestamp>([^<]*)<", gzip.decompress(page).decode())


def settle(bench: Bench) -> None:
    """Wait until the server has nothing left to do: what was read has been sealed."""
    before = cpu_seconds(bench.process)
    while True:
        time.sleep(1)
        now = cpu_seconds(bench.process)
        if now - before < 0.05:
            return
        before = now


def formats(bench: Bench, _first: Harvest) -> None:
    from server.metadata.format import formats as known

    for name, form in known().items():
        if name != form.prefix:
            continue
        said(f"{name}, first time", walk(bench.port, bench.process, f"metadataPrefix={name}"))
        settle(bench)
        said(name, bench.harvested(f"metadataPrefix={name}"))


def pages(bench: Bench, first: Harvest) -> None:
    """Ask for the same pages of everybody, a few of them at random."""
    packed = {str(number): body for number, body in bench.kept.items()}
    some = Harvest(paths=[first.paths[number] for number in bench.kept if number])
    with yardsticks(bench.folder, {name: gzip.decompress(body) for name, body in packed.items()}, packed) as others:
        found = bench.interleaved([bench.ours(some), bench.ours(some, "identity"), *others], 8)
    for name, each in found.items():
        measured(name, each)
    for ours, name, wanted in RATIOS:
        if name in found:
            rate, cpu = found[ours].rate / found[name].rate, found[name].cpu / found[ours].cpu
            print(f"{ours} is {rate:.2f} of {name} by answers, {cpu:.2f} by processor time (wanted: {wanted})")


#: What is promised: ours, whose, and how much of it.
RATIOS = (
    ("sheaf gzip", "nginx gzip_static", "0.18"),
    ("sheaf gzip", "bare aiohttp gzip", "0.40"),
    ("sheaf gzip", "nginx gzip 1", "15"),
    ("sheaf identity", "nginx static", "0.30"),
)


def depth(bench: Bench, first: Harvest) -> None:
    """Time the first pages beside the last, and draw all."""
    runs = [walk(bench.port, bench.process, "metadataPrefix=oai_dc") for _ in range(bench.asked.rounds)]
    times = [statistics.median(run.pages[at] for run in runs) * 1e3 for at in range(min(len(run.pages) for run in runs))]
    few = max(1, min(20, len(times) // 4))
    early = Contender("pages 2 to 21", bench.port, bench.process, first.paths[1 : 1 + few])
    late = Contender("the 20 before the last", bench.port, bench.process, first.paths[-1 - few : -1])
    found = bench.interleaved([early, late], 1)
    for name, each in found.items():
        measured(name, each)
    print(f"late pages take {found[late.name].cpu / found[early.name].cpu:.2f} × the processor time of early ones (wanted: 1.1)")
    if bench.asked.plot:
        kinds = {"sealed": list(enumerate(times)), "first harvest": [(at, s * 1e3) for at, s in enumerate(first.pages)]}
        plot.plot(bench.asked.plot, "What a page takes, by its number", "page", "milliseconds", kinds)
        print(f"drawn in {bench.asked.plot}")


def clients(bench: Bench, first: Harvest) -> None:
    print(f"memory, idle: {bench.asked.idle / _MILLION:.0f} MB")
    for coding in ("gzip", "identity"):
        for count in (1, 8, 64):
            found = bench.interleaved([bench.ours(first, coding)], count)
            measured(f"{count} clients, {coding}", *found.values())


def rows(bench: Bench, _first: Harvest) -> None:
    database = bench.data / "sheaf.db"
    for name in ("oai_dc", "datacite"):
        command = [sys.executable, "-m", "bench.rows", str(database), name, str(bench.asked.page)]
        took = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"a page of {bench.asked.page} nobody has sealed, {name}: {took:.2f} ms CPU (wanted: 8 for oai_dc)")


def against_peers(bench: Bench, first: Harvest) -> None:
    """Have the Python peers give the same records out of memory, and compare what a record costs."""
    some = Harvest(paths=[first.paths[number] for number in bench.kept if number])
    bodies = [gzip.decompress(body) for body in bench.kept.values()]
    with peers(bench.folder, bodies, bench.asked.page) as others:
        found = bench.interleaved([bench.ours(some), *others], 1)
    for name, each in found.items():
        measured(name, each)
        if name != "sheaf gzip":
            print(f"sheaf is {each.cpu / found['sheaf gzip'].cpu:.0f} × as fast as {name} (wanted: 50)")


PARTS = {
    "harvests": harvests, "formats": formats, "pages": pages, "depth": depth, "clients": clients, "rows": rows,
    "peers": against_peers,
}  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.harvest", description=_ABOUT, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="a data folder (SQLite) that holds works; without it some are imported")
    parser.add_argument("--records", type=int, default=20_000, help="how many records to import (20000)")
    parser.add_argument("--page", type=int, default=1000, help="records in a page (1000); it is set in the definition")
    parser.add_argument("--rounds", type=int, default=3, help="how often everybody is measured; medians count (3)")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long one is asked in a round (2)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[*PARTS], metavar="PART", help="parts to measure (all)")
    parser.add_argument("--plot", type=Path, help="where to draw the time of a page against its number, as SVG")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a long run is watched
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = asked.data or imported(folder, asked.records)
        port = free_port()
        command, environment = sheaf(data, port, base_url=URL)
        page_size = [*command[:-1], "profile", "set", "oai", "OAI repository", f"page_size={asked.page}"]
        subprocess.run(page_size, check=True, env=os.environ | environment, capture_output=True)
        with server(command, port, environment) as process:
            bench = Bench(port, process.pid, data, folder, asked, {})
            settle(bench)
            asked.idle = anonymous_memory(process.pid)
            first = walk(port, process.pid, "metadataPrefix=oai_dc")
            settle(bench)
            bench.kept.update(dict.fromkeys(range(0, len(first.pages), max(1, len(first.pages) // 40)), b""))
            walk(port, process.pid, "metadataPrefix=oai_dc", keep=bench.kept)
            settle(bench)
            for part in asked.only:
                print(f"\n{part}")
                PARTS[part](bench, first)


if __name__ == "__main__":
    main()
