"""What the tests of deliveries share: a house that may speak to this machine, a receiver, and a profile that leads to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection

from server.events import telling
from server.house import House
from server.notify import store
from server.notify.webhooks import Webhook
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.settings import Settings
from tests.conftest import SetClock
from tests.fakes.receiver import Receiver

SECRET = "whsec_" + "c2VjcmV0cyBvZiBNYXJpZSBDdXJpZSwgaW4gUGFyaXM="


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, private_targets="127.0.0.0/8")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    opened = Receiver()
    await opened.start()
    yield opened
    await opened.stop()


Subscribe = Callable[..., Awaitable[Profile]]


@pytest.fixture
def subscribe(house: House, receiver: Receiver) -> Subscribe:
    """Make or change a webhook profile, as the page does."""

    async def make(name: str = "Hook", **fields: Any) -> Profile:
        wanted = Webhook(**{"address": receiver.url, "secret": SECRET} | fields)

        def save(tx: Connection) -> Profile:
            saved = profiles.save(tx, "webhook", name, wanted, house.seal, house.clock())
            store.noticed(tx, saved, house.clock())
            return saved

        return await house.database.write(save)

    return make


async def tell(house: House, count: int = 1, kind: str = "record.published") -> None:
    """Let things happen."""

    def happen(tx: Connection) -> None:
        for number in range(count):
            telling.tell(tx, kind, f"work-{number}", {"title": f"Peas {number}"}, house.clock())

    await house.database.write(happen)


async def settled(house: House, clock: SetClock, *, rounds: int = 100_000) -> int:
    """Work until nothing waits, letting the time pass to whatever is due next; return how many rounds that took."""

    def next_due(tx: Connection):
        from sqlalchemy import func, select

        from server.jobs.tables import jobs

        return tx.execute(
            select(func.min(jobs.c.due)).where(jobs.c.state.in_(["ready", "deferred"]), jobs.c.kind != "digest")
        ).scalar()

    for number in range(rounds):
        await house.worker.drain()
        due = await house.database.read(next_due)
        if due is None:
            return number
        clock.moment = max(clock.moment, due)
    return rounds


async def found(house: House) -> list[Any]:
    """All deliveries, the newest first."""
    return await house.database.read(store.search, store.Asked(), 100_000)
