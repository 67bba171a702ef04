"""What the tests of OABLE share: a house that may speak to this machine, the other side, its profile, and somebody who asks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from ulid import ULID

from server.accounts import store as accounts
from server.accounts.model import Account, Role
from server.audit.log import OPERATOR
from server.house import House
from server.oable import requesting, store
from server.oable.asking import Asked
from server.oable.model import Request
from server.oable.settings import OABLE
from server.profiles import keeping
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.settings import Settings
from tests.conftest import HASH
from tests.fakes.oable import KEY, FakeOable

ASKED = {
    "name": "Gregor Mendel", "email": "gregor@botany.abbey.example", "doi": "10.5072/peas.1", "title": "Peas",
    "journal": "Garden notes", "publisher": "Abbey press", "amount": "2499.50", "currency": "EUR",
}  # fmt: skip


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, private_targets="127.0.0.0/8")


@pytest.fixture
async def oable() -> AsyncIterator[FakeOable]:
    opened = FakeOable()
    await opened.start()
    yield opened
    await opened.stop()


def fields(oable: FakeOable, **more: str) -> dict[str, str]:
    given = {"address": oable.url, "api_key": KEY, "suffix": "@Abbey.example", "errors": "library@abbey.example"}
    return given | {"organisation": "Abbey of St Thomas"} | more


async def set_up(house: House, oable: FakeOable, **more: str) -> Profile:
    """Make the profile or save it anew, as its page does."""
    keeper = house.keeper
    return await keeper.do(keeping.put, keeper.desk, keeper.kinds[OABLE], "OABLE", fields(oable, **more), OPERATOR)


@pytest.fixture
async def profile(house: House, oable: FakeOable) -> Profile:
    return await set_up(house, oable)


@pytest.fixture
async def gregor(house: House) -> Account:
    return await house.database.write(
        accounts.add, "gregor", Role.RESEARCHER, HASH, house.clock(), "Gregor Mendel", "gregor@abbey.example"
    )


Ask = Callable[..., Awaitable[Request]]


@pytest.fixture
def ask(house: House, gregor: Account) -> Ask:
    """Ask for a charge, as the form does."""

    async def make(number: str = "", **typed: str) -> Request:
        office = requesting.office(house.keeper.live, house.press.renderer.repository.item)
        asked = Asked(**ASKED | typed)
        return await house.database.write(
            requesting.ask, office, number or str(ULID()), gregor, asked, None, OPERATOR, house.clock()
        )

    return make


async def again(house: House, request: Request) -> Request:
    office = requesting.office(house.keeper.live, house.press.renderer.repository.item)
    return await house.database.write(requesting.again, office, request.id, OPERATOR, house.clock())


async def now_of(house: House, request: Request) -> Request:
    return await house.database.read(store.get, request.id)


async def paused(house: House) -> str | None:
    (found,) = [each for each in await house.database.read(profiles.every) if each.kind == OABLE]
    return found.paused


def shape(request: Request) -> dict[str, Any]:
    return msgspec.json.decode(request.document)
