"""A work whose form is saved as it stands is the work it was: no field is lost, in the administration or in one's own pages."""

from collections.abc import Iterator

import msgspec
import pytest
from aiohttp.test_utils import TestClient

from server.accounts import store as accounts
from server.accounts.model import Role
from server.house import House
from server.records import store
from server.records.model import Record
from server.records.store import New, State
from tests.admin.visits import login
from tests.conftest import HASH
from tests.works.entering import send
from tests.works.full import FULL

WORK = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def silent(value: msgspec.Struct, path: str = "") -> Iterator[str]:
    """Yield the fields that say nothing in any of their places."""
    for name in value.__struct_fields__:
        found = getattr(value, name)
        parts = found if isinstance(found, tuple) else (found,)
        if found in ("", None, (), False):
            yield f"{path}{name}"
        elif parts and all(isinstance(part, msgspec.Struct) for part in parts):
            everywhere = [set(silent(part, f"{path}{name}.")) for part in parts]
            yield from set.intersection(*everywhere)


def test_the_work_says_something_in_every_field() -> None:
    assert list(silent(FULL)) == []


@pytest.mark.parametrize(("name", "place"), [("admin", "/admin/works"), ("gregor", "/my/works")])
async def test_a_form_saved_as_it_stands_keeps_every_field(house: House, client: TestClient, name: str, place: str) -> None:
    if name != "admin":
        await house.database.write(accounts.add, name, Role.RESEARCHER, HASH, house.clock())
    await login(client, name)
    owner = await house.database.read(accounts.find, name)
    work = await kept(house, FULL, owner.id)
    answer = await send(client, f"{place}/{work}/edit", {"subtitle": "Another"})
    assert answer.status == 303, await answer.text()
    stored = await house.database.read(store.get, work)
    assert stored.version == 2
    assert stored.record == msgspec.structs.replace(FULL, subtitle="Another")


async def kept(house: House, record: Record, owner: int) -> str:
    """Keep a draft of somebody's, as it is."""
    new = New(id=WORK, record=record, collection="default", state=State.DRAFT, owner=owner)
    await house.database.write(store.add, [new], house.clock())
    return new.id
