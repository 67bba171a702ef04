"""Registration beside what a slow agency allows, and deposits while it is away beside deposits while it is there."""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from ulid import ULID

from bench.deposit import PASSWORD, Taker, judged, sent
from bench.measure import free_port, server, sheaf
from server import control, publishing
from server.app import open_house
from server.db.migrate import migrate
from server.identifiers import ledger
from server.identifiers.model import Pace, State
from server.publishing import Press
from server.records.model import Agent, Dates, Record, Text
from server.records.store import New
from server.records.store import State as WorkState
from server.settings import Settings

_ABOUT = """
Measures how near registration comes to what an agency allows that answers after 100 ms (calls at the same time divided by the
time of one), and whether an agency that is away slows deposits down. Look at the ratios: absolute figures are the machine's.

  python -m bench.agency                                    both parts, on SQLite
  python -m bench.agency --only outbox --slots 16           sixteen calls at the same time
  python -m bench.agency --only outbox --database postgresql://user:password@host/empty

Parts: outbox (works that wait for registration, each to be sent exactly once), away (works of 64 kB deposited by 4 clients while
the agency answers, and while nobody does).
"""
_LATENCY = 100
"""Milliseconds of one answer."""

_ANY = Pace(1_000_000, 1.0, 1_000_000)
"""Faster than any agency allows: the outbox is measured, not the gate before it."""


def settings_of(url: str) -> dict[str, str]:
    """Return a profile of the agency."""
    return {
        "prefix": "10.5072",
        "account_id": "INST.REPO",
        "password": "only for measuring",
        "environment": "test",
        "endpoint": url,
    }


async def drained(folder: Path, database: str, url: str, works: int, slots: int) -> float:
    """Publish works with nobody at work, then let the worker register them; return the seconds it took."""
    settings = Settings(
        data=str(folder),
        database_url=database,
        base_url="https://repository.example.org",
        secret_key="only for measuring",
        workers=slots,
    )
    migrate(settings.database)
    async with open_house(settings) as house:
        for agency in house.press.agencies:
            if agency.name == "datacite":
                object.__setattr__(agency, "paces", {"test": _ANY})  # the shelf holds this very one, and it is frozen
        await control.profile_set(house, control.ProfileSet(kind="datacite", name="DOIs", values=settings_of(url)))
        await house.database.write(published, house.press, works, house.clock())
        begun = time.perf_counter()
        working = asyncio.create_task(house.worker.run())
        while (await house.database.read(ledger.counts)).get(State.REGISTERED, 0) < works:
            await asyncio.sleep(0.05)
        seconds = time.perf_counter() - begun
        await house.worker.stop()
        await working
    return seconds


def published(tx: Connection, press: Press, count: int, now: datetime) -> None:
    """Publish so many works, each with a DOI that waits for registration."""
    for number in range(count):
        creator, dates = Agent(family="Nightingale", given="Florence"), Dates(issued="1858")
        record = Record(type="dataset.dataset", title=Text(value=f"Observations {number}"), creators=(creator,), dates=dates)
        new = New(str(ULID()), record, "works", WorkState.PUBLISHED)
        publishing.publish(tx, press, new, publishing.prepare(press, new.id, record, now), now)


def outbox(folder: Path, asked: argparse.Namespace) -> None:
    """Calls a second of those the agency's time of answering allows. A new DOI is two: it is looked at, and sent."""
    allowed, port = asked.slots / (_LATENCY / 1000), free_port()
    with server([sys.executable, "-m", "bench.slow_agency", str(port), str(_LATENCY)], port):
        url = f"http://127.0.0.1:{port}"
        seconds = asyncio.run(drained(folder, asked.database, url, asked.works, asked.slots))
        with urllib.request.urlopen(f"{url}/calls") as answer:
            told: dict[str, Any] = json.load(answer)
    sent: dict[str, int] = told["sent"]
    rate = (sum(sent.values()) + told["looks"]) / seconds
    print(
        f"outbox: {asked.works} works in {seconds:.1f} s, {asked.works / seconds:.1f}/s with {rate:.1f} calls/s; "
        f"{asked.slots} calls at once allow {allowed:.0f}/s"
    )
    print(f"outbox: {len(sent)} DOIs sent, each {min(sent.values())} to {max(sent.values())} times")
    judged("outbox: of what is allowed", rate / allowed, 0.8)


def away(folder: Path, asked: argparse.Namespace) -> None:
    """Deposits a second while the agency is away, of those while it is there; in turn, each on a fresh server."""
    rates: dict[str, list[float]] = {"there": [], "away": []}
    for number in range(asked.rounds):
        for which in ("there", "away") if number % 2 else ("away", "there"):
            with ExitStack() as stack:
                agency = free_port()
                if which == "there":
                    stack.enter_context(server([sys.executable, "-m", "bench.slow_agency", str(agency), str(_LATENCY)], agency))
                port, home = free_port(), folder / f"{which}-{number}"
                command, environment = sheaf(home, port, depositor_password=PASSWORD, base_url="https://repository.example.org")
                ours = Taker(which, port, stack.enter_context(server(command, port, environment)).pid)
                set_profile(home, f"http://127.0.0.1:{agency}")
                sent(ours, 4, 40, 2**16)  # and the agency is found to be away
                run = sent(ours, 4, asked.deposits, 2**16)
                rates[which].append(run.rate)
                print(f"  agency {which:6} {run.rate:7.1f} deposits/s, {run.cpu:6.2f} ms of the processor each")
    found = {which: statistics.median(every) for which, every in rates.items()}
    judged("deposits while the agency is away, of those while it is there", found["away"] / found["there"], 0.95)


def set_profile(home: Path, url: str) -> None:
    """Let the server that runs on a data folder register at an agency."""
    values = [f"{name}={value}" for name, value in settings_of(url).items()]
    command = [sys.executable, "-m", "server", "profile", "set", "datacite", "DOIs", *values]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "SHEAF_DATA": str(home)})


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.agency", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=("outbox", "away"), help="measure one part only")
    parser.add_argument("--works", type=int, default=600, help="works that wait for registration (600)")
    parser.add_argument("--slots", type=int, default=4, help="calls at the same time (4, as a server does by itself)")
    parser.add_argument("--database", default="", help="an empty database for the outbox, instead of SQLite")
    parser.add_argument("--deposits", type=int, default=300, help="deposits of each run of the other part (300)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each kind (5)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sheaf-bench-") as name:
        if asked.only in {None, "outbox"}:
            outbox(Path(name) / "outbox", asked)
        if asked.only in {None, "away"}:
            away(Path(name), asked)


if __name__ == "__main__":
    main()
