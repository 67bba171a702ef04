"""What is held does not stay so for ever: a later import mends it, a deletion ends it, an administrator sets it aside."""

import io
import zipfile

from aiohttp.test_utils import TestClient

from server.house import House
from server.sword import store
from server.sword.model import DepositState
from tests.admin.imports.test_monitor import rows
from tests.admin.visits import FAULTY, deposit_faulty, login, press
from tests.conftest import AUTH, entry
from tests.sword.conftest import MODS


def good() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("peas.txt", "peas")
        archive.writestr("mods.xml", MODS)
    return packed.getvalue()


async def nothing_waits(client: TestClient) -> bool:
    return "Nothing is stuck." in await (await client.get("/admin")).text()


async def test_what_a_later_import_mends_is_closed_and_says_by_which(client: TestClient, house: House) -> None:
    await login(client)
    work = await deposit_faulty(client)
    (held,) = await rows(client)
    answer = await client.put(f"/sword/v2/edit-media/{work}", data=good(), headers=FAULTY | AUTH)
    assert answer.status == 204
    assert await nothing_waits(client)
    mender = (await rows(client))[0]
    page = await (await client.get(f"/admin/imports/{held}")).text()
    assert f"Mended by import {mender}." in page
    assert "What was wrong" in page
    assert "Read again" not in page
    assert (await client.get(f"/items/{work}")).status == 200


async def test_metadata_alone_does_not_close_a_held_package(client: TestClient, house: House) -> None:
    await login(client)
    work = await deposit_faulty(client)
    headers = AUTH | {"Content-Type": "application/atom+xml;type=entry"}
    assert (await client.put(f"/sword/v2/edit/{work}", data=entry(), headers=headers)).status == 200
    assert len(await rows(client, state="held")) == 1


async def test_what_is_deleted_is_closed(client: TestClient, house: House) -> None:
    await login(client)
    work = await deposit_faulty(client)
    assert (await client.delete(f"/sword/v2/edit/{work}", headers=AUTH)).status == 204
    assert await nothing_waits(client)


async def test_an_administrator_sets_one_aside_and_the_depositor_may_still_mend_it(client: TestClient, house: House) -> None:
    await login(client)
    work = await deposit_faulty(client)
    (held,) = await rows(client)
    answer = await press(client, f"/admin/imports/{held}", "close")
    assert answer.status == 303
    page = await (await client.get(answer.headers["Location"])).text()
    assert "It is set aside." in page
    assert "Set aside by admin." in page
    found = await house.database.read(store.deposit, held)
    assert found is not None
    assert found.state is DepositState.CLOSED
    assert await nothing_waits(client)
    assert (await client.put(f"/sword/v2/edit-media/{work}", data=good(), headers=FAULTY | AUTH)).status == 204
    assert (await client.get(f"/items/{work}")).status == 200


async def test_a_later_problem_of_a_published_work_is_mended_too(client: TestClient, house: House) -> None:
    await login(client)
    answer = await client.post("/sword/v2/collection/works", data=good(), headers=FAULTY | AUTH)
    work = answer.headers["Location"].rsplit("/", 1)[1]
    assert (await client.put(f"/sword/v2/edit-media/{work}", data=b"no zip", headers=FAULTY | AUTH)).status == 204
    assert len(await rows(client, state="held")) == 1
    assert (await client.put(f"/sword/v2/edit-media/{work}", data=good() + b"", headers=FAULTY | AUTH)).status == 204
    assert await nothing_waits(client)
