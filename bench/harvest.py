"""Harvests measured beside yardsticks that send the same bytes, all in one run and interleaved. `--help` says more."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench import plot
from bench.corpus import URL, imported
from bench.measure import (
    Contender,
    Harvest,
    Measured,
    anonymous_memory,
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
PARTS = ("harvests", "formats", "pages", "depth", "clients", "rows", "peers")
_MILLION = 2**20


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured, and how long."""

    port: int
    process: int
    data: Path
    folder: Path
    asked: argparse.Namespace

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
    said("incremental, nothing new", bench.harvested("metadataPrefix=oai_dc&from=2100-01-01T00:00:00Z"))


def formats(bench: Bench, _first: Harvest) -> None:
    from server.metadata.format import formats as known

    for name, form in known().items():
        if name != form.prefix:
            continue
        said(f"{name}, first time", walk(bench.port, bench.process, f"metadataPrefix={name}"))
        settle(bench)
        said(name, bench.harvested(f"metadataPrefix={name}"))
