"""The transactions of deposits alone: many are brought to the door of a transaction, then let in together, and timed."""

import asyncio
import hashlib
import io
import os
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from server.accounts import store as accounts
from server.accounts.model import Account, Role
from server.app import open_house
from server.clock import now
from server.db.engine import Database, P, T, UseCase
from server.db.migrate import migrate
from server.house import House
from server.settings import Settings
from server.sword import store
from server.sword.model import Deposit, DepositState, Operation

TRANSACTIONS = ("_begin", "_take")
"""The use cases that write the rows of an accepted deposit, in their order."""

_MODS = (
    '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Observations {}</title></titleInfo><genre>journal article</genre>'
    '<name type="personal"><namePart type="family">Nightingale</namePart><role><roleTerm>author</roleTerm></role></name>'
    "<originInfo><dateIssued>1858</dateIssued></originInfo></mods>"
)


@dataclass(frozen=True, slots=True)
class Took:
    """What one transaction of all deposits took."""

    seconds: float
    cpu: float


@dataclass(slots=True)
class Gate:
    """Stops everybody before a transaction until all are there, lets so many at once through it, and stops them behind it."""

    expected: int
    clients: int
    came: int = 0
    done: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    begun: tuple[float, float] = (0.0, 0.0)
    """Seconds of the clock and of the processor."""
    ended: tuple[float, float] = (0.0, 0.0)

    def took(self) -> "Took":
        return Took(self.ended[0] - self.begun[0], self.ended[1] - self.begun[1])

    @asynccontextmanager
    async def passed(self, places: asyncio.Semaphore) -> AsyncIterator[None]:
        """Go through."""
        self.came += 1
        if self.came == self.expected:
            self.begun = time.perf_counter(), time.process_time()
            self.open.set()
        await self.open.wait()
        async with places:
            yield
        self.done += 1
        if self.done == self.expected:
            self.ended = time.perf_counter(), time.process_time()
            self.closed.set()
        await self.closed.wait()


class Gated:
    """A database with a gate before each transaction that is measured."""

    def __init__(self, database: Database, expected: int, clients: int) -> None:
        self._database = database
        self._places = asyncio.Semaphore(clients)
        self.gates = {name: Gate(expected, clients) for name in TRANSACTIONS}

    async def write(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        gate = self.gates.get(getattr(use_case, "__name__", ""))
        if gate is None:
            return await self._database.write(use_case, *args, **kwargs)
        async with gate.passed(self._places):
            return await self._database.write(use_case, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


def accepted(folder: Path, count: int, clients: int) -> dict[str, Took]:
    """Take so many deposits into a fresh SQLite database; return what each of their transactions took for all of them."""
    return asyncio.run(_accepted(folder, count, clients))


async def _accepted(folder: Path, count: int, clients: int) -> dict[str, Took]:
    settings = Settings(data=str(folder), base_url="https://repository.example.org", secret_key="only for measuring")
    migrate(settings.database)
    async with open_house(settings) as house:
        account = await house.database.write(accounts.add, "nightingale", Role.DEPOSITOR, "", now())
        gated = Gated(house.database, count, clients)
        intake = replace(house.intake, database=gated, acceptance=replace(house.intake.acceptance, database=gated))
        async with asyncio.TaskGroup() as tasks:
            for each in range(count):
                tasks.create_task(_deposit(replace(house, intake=intake), account, each))
        return {name: gate.took() for name, gate in gated.gates.items()}


async def _deposit(house: House, account: Account, number: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mods.xml", _MODS.format(number))
        archive.writestr("data.bin", os.urandom(500))
    spool = house.files.spool()
    spool.write(packed.getvalue())
    headers = (
        ("Content-Type", "application/zip"),
        ("Content-Disposition", "attachment; filename=work.zip"),
        ("Packaging", "http://purl.org/net/sword/package/SimpleZip"),
        ("Content-MD5", hashlib.md5(packed.getvalue()).hexdigest()),
    )
    deposit = Deposit(
        id=store.new_id(), container_id=None, account=account.name, protocol="sword2", method="POST",
        operation=Operation.CREATE, url="/sword/v2/collection/works", headers=headers, state=DepositState.RECEIVED,
        received=now(), bytes=0, sha256=None, md5=None, filename="work.zip", content_type="application/zip",
        packaging=headers[2][1], in_progress=False, title=None, problem=None, retries=0,
    )  # fmt: skip
    await house.intake.receive(account, deposit, spool.finish(), "works", by=account.name)


def flushes(folder: Path, count: int = 400, size: int = 8192) -> float:
    """Return how often a second the disk flushes one more page of a file, in one stream: what a commit cannot do without."""
    path, page = folder / "pages", os.urandom(size)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    begun = time.perf_counter()
    for _ in range(count):
        os.write(file, page)
        os.fdatasync(file)
    found = count / (time.perf_counter() - begun)
    os.close(file)
    path.unlink()
    return found
