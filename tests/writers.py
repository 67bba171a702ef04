"""Somebody who publishes, revises and withdraws works, as deposits do: rendered outside, written in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from ulid import ULID

from server import publishing
from server.clock import Clock
from server.db.engine import Database
from server.publishing import Press
from server.records import store
from server.records.model import Agent, Dates, Record, Text
from server.records.store import New, State, Stored


def record(title: str = "Peas", type: str = "publication.journalArticle", **more: object) -> Record:  # noqa: A002
    """Make a small record."""
    parts = {"creators": (Agent(family="Mendel", given="Gregor"),), "dates": Dates(issued="1866"), "languages": ("de",)}
    return Record(type=type, title=Text(value=title), **(parts | more))


@dataclass
class Writer:
    """Changes works; `alive` holds the titles of the published ones by id, `gone` the withdrawn ones."""

    database: Database
    press: Press
    clock: Clock
    alive: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    ever_gone: set[str] = field(default_factory=set)

    async def publish(self, title: str = "Peas", **more: object) -> str:
        record_id, work = str(ULID()), record(title, **more)
        await self.put(record_id, work)
        return record_id

    async def put(self, record_id: str, work: Record) -> None:
        prepared = publishing.prepare(self.press, record_id, work, self.clock())
        new = New(record_id, work, "works", State.PUBLISHED)
        await self.database.write(publishing.publish, self.press, new, prepared, self.clock())
        self.alive[record_id] = work.title.value

    async def revise(self, record_id: str, title: str, **more: object) -> None:
        stored = await self.database.read(store.get, record_id)
        work = record(title, **({"type": stored.record.type} | more))
        prepared = publishing.prepare(self.press, record_id, work, stored.created)
        await self.database.write(publishing.revise, self.press, stored, prepared, self.clock())
        self.alive[record_id] = title

    async def withdraw(self, record_id: str) -> None:
        await self.database.write(_withdraw, self.press, record_id, self.clock())
        self.alive.pop(record_id)
        self.gone.add(record_id)
        self.ever_gone.add(record_id)

    async def restore(self, record_id: str) -> None:
        """Publish a withdrawn work again."""
        stored = await self.database.read(store.get, record_id)
        prepared = publishing.prepare(self.press, record_id, stored.record, stored.created)
        await self.database.write(publishing.approve, self.press, stored, prepared, self.clock())
        self.alive[record_id] = stored.record.title.value
        self.gone.discard(record_id)


def _withdraw(tx: Connection, press: Press, record_id: str, now: datetime) -> Stored:
    return publishing.withdraw(tx, press, store.get(tx, record_id), "Withdrawn.", now)
