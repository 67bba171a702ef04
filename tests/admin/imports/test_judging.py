"""What waits for approval: approved, returned, declined and reopened, one by one and several at once; the client is told."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.accounts import store as accounts
from server.accounts.model import Role
from server.app import open_house
from server.events import telling
from server.house import House
from server.records import store as records
from server.records.store import State
from server.rooms import web_application
from server.settings import Settings
from server.sword import monitor, store
from server.sword.model import ContainerState
from server.sword.monitor import Asked
from tests.admin.imports.test_causes import asked_for, work_off
from tests.admin.visits import csrf, login, press
from tests.conftest import AUTH, HASH, SetClock, entry

ENTRY = {"Content-Type": "application/atom+xml;type=entry"}
REASON = "It does not belong into this repository."


@pytest.fixture
async def pending(settings: Settings, clock: SetClock) -> AsyncIterator[tuple[TestClient, House]]:
    """A house where complete deposits wait for approval, and an administrator in it."""
    async with open_house(settings, clock=clock, moved={"import_as": "pending"}) as house:
        for name, role in (("depositor", Role.DEPOSITOR), ("admin", Role.ADMIN)):
            await house.database.write(accounts.add, name, role, HASH, clock())
        async with TestClient(TestServer(web_application(house))) as opened:
            await login(opened)
            yield opened, house


async def deposited(client: TestClient, title: str) -> str:
    answer = await client.post("/sword/v2/collection/works", data=entry(title=title), headers=AUTH | ENTRY)
    assert answer.status == 201
    return answer.headers["Location"].rsplit("/", 1)[1]


async def statement(client: TestClient, work: str) -> str:
    return await (await client.get(f"/sword/v2/statement/{work}", headers=AUTH)).text()


async def test_what_is_declined_is_said_in_the_statement_and_can_wait_again(pending: tuple[TestClient, House]) -> None:
    client, house = pending
    work = await deposited(client, "Peas")
    (row,) = await house.database.read(monitor.page, Asked(state="pending"))
    page = f"/admin/imports/{row.id}"
    text = await (await client.get(page)).text()
    assert f"<option>{REASON}</option>" in text
    proof = {"csrf": await csrf(client, page)}
    without = await client.post(f"{page}/decline", data=proof)
    assert without.status == 409
    assert "A reason is needed" in await without.text()
    given = proof | {"chosen": REASON, "reason": "Try the botanists."}
    assert (await client.post(f"{page}/decline", data=given, allow_redirects=False)).status == 303
    said = await statement(client, work)
    assert "net/sword/state/declined" in said
    assert f"{REASON} Try the botanists." in said
    assert (await client.get(f"/items/{work}")).status == 404
    assert (await house.database.read(records.get, work)).state is State.DECLINED
    assert [each.id for each in await house.database.read(monitor.page, Asked(state="declined"))] == [row.id]
    told = await house.database.write(telling.waiting, 100)
    assert [event.data["reason"] for event in told if event.type == "record.declined"] == [f"{REASON} Try the botanists."]
    assert (await client.post(f"{page}/publish", data=proof)).status == 409, "declined is declined"
    assert (await client.put(f"/sword/v2/edit/{work}", data=entry(title="Beans"), headers=AUTH | ENTRY)).status == 405
    assert "state/declined" in await statement(client, work), "what is declined takes no change"
    assert (await client.post(f"{page}/reopen", data=proof, allow_redirects=False)).status == 303
    assert "state/pending" in await statement(client, work)
    assert (await client.post(f"{page}/publish", data=proof, allow_redirects=False)).status == 303
    assert (await client.get(f"/items/{work}")).status == 200


async def test_several_are_judged_as_a_run(pending: tuple[TestClient, House]) -> None:
    client, house = pending
    works = [await deposited(client, f"Peas {number}") for number in range(4)]
    rows = {each.container_id: each.id for each in await house.database.read(monitor.page, Asked(state="pending"))}
    ids = [rows[work] for work in works]
    path = "/admin/imports/judge"
    assert "done=reason-needed" in await asked_for(client, path, deed="decline", id=ids[:2])
    assert "done=select-imports" in await asked_for(client, path, deed="approve")
    await asked_for(client, path, deed="decline", id=ids[:2], reason="Not for here.")
    assert sum((await work_off(house)).values()) == 2
    await asked_for(client, path, deed="approve", id=ids)
    await work_off(house)
    states = await house.database.read(store.states_of, works)
    declined, published = ContainerState.DECLINED, ContainerState.ACCEPTED
    assert [states[work] for work in works] == [declined, declined, published, published]
    await asked_for(client, path, deed="reopen", id=ids[:1])
    await work_off(house)
    await asked_for(client, path, deed="return", id=ids[:1], reason="Count again.")
    await work_off(house)
    assert (await house.database.read(store.states_of, works))[works[0]] is ContainerState.RETURNED
    bad = await client.post(path, data={"csrf": await csrf(client, "/admin"), "deed": "owner", "id": ids[0]})
    assert bad.status == 400


async def test_returned_and_withdrawn_from_the_monitor(pending: tuple[TestClient, House]) -> None:
    client, house = pending
    work = await deposited(client, "Peas")
    (row,) = await house.database.read(monitor.page, Asked(state="pending"))
    page = f"/admin/imports/{row.id}"
    proof = {"csrf": await csrf(client, page)}
    assert (await client.post(f"{page}/return", data=proof | {"reason": "Count again."}, allow_redirects=False)).status == 303
    assert "Count again." in await statement(client, work)
    assert (await client.post(f"{page}/withdraw", data=proof | {"reason": "Gone."}, allow_redirects=False)).status == 303
    assert "Gone." in await statement(client, work)
    assert (await house.database.read(records.get, work)).state is State.WITHDRAWN


@pytest.mark.parametrize(
    ("deed", "given", "done"),
    [("read", {}, "select-imports"), ("judge", {"deed": "approve"}, "select-imports")],
)
async def test_what_was_looked_for_stays_looked_for_where_nothing_was_selected(
    pending: tuple[TestClient, House], deed: str, given: dict[str, str], done: str
) -> None:
    client, _ = pending
    await deposited(client, "Peas")
    proof = {"csrf": await csrf(client, "/admin/imports?state=pending"), "query": "state=pending"}
    answer = await client.post(f"/admin/imports/{deed}", data=proof | given)
    assert str(answer.url.relative()) == f"/admin/imports?state=pending&done={done}"
    assert "Select imports first." in await answer.text()


async def test_one_work_waits_once_with_its_newest_request_and_words_are_found_apart(pending: tuple[TestClient, House]) -> None:
    client, house = pending
    work = await deposited(client, "Paper number one on peas")
    changed = await client.put(f"/sword/v2/edit/{work}", data=entry(title="Paper number two on peas"), headers=AUTH | ENTRY)
    assert changed.status < 300
    (row,) = await house.database.read(monitor.page, Asked(state="pending"))
    assert row.title == "Paper number two on peas"
    _, facets = await house.database.read(monitor.facets, Asked())
    assert dict(facets[0].values) == {"pending": 1, "taken": 1}
    assert len(await house.database.read(monitor.page, Asked(q="peas paper"))) == 2
    assert await house.database.read(monitor.page, Asked(q="peas beans")) == []


async def test_a_work_is_published_from_its_latest_request_alone(pending: tuple[TestClient, House]) -> None:
    client, house = pending
    work = await deposited(client, "Peas")
    (first,) = await house.database.read(monitor.page, Asked())
    await client.put(f"/sword/v2/edit/{work}", data=entry(title="Beans"), headers=AUTH | ENTRY)
    later = (await house.database.read(monitor.page, Asked()))[0]
    refused = await press(client, f"/admin/imports/{first.id}", "publish")
    assert refused.status == 409
    page = await refused.text()
    assert "A later request has changed this work since" in page
    assert f'href="/admin/imports/{later.id}"' in page
    assert "/publish" not in page
    await asked_for(client, f"/admin/imports/{later.id}/publish")
    assert (await house.database.read(records.get, work)).state is State.PUBLISHED
