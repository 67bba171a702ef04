"""The import monitor: what it lists, what it says of one import, and what its buttons do."""

import io
import re
import zipfile

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from server.app import open_house
from server.audit import log as audit
from server.audit.log import Asked
from server.house import House
from server.jobs.model import JobState
from server.jobs.tables import jobs
from server.records import store as records
from server.records.store import State
from server.rooms import web_application
from server.sword import store
from server.sword.queued import READ
from tests.admin.visits import csrf, deposit_faulty, login, press
from tests.conftest import AUTH, HASH, Deposit, SetClock, entry
from tests.sword.conftest import MODS

HOSTILE = "&lt;script&gt;alert(1)&lt;/script&gt;"


async def rows(client: TestClient, **query: str) -> list[str]:
    page = await (await client.get("/admin/imports", params=query)).text()
    return re.findall(r'<a href="/admin/imports/(\w+)"', page)


async def test_the_start_page_shows_first_what_is_stuck(client: TestClient, deposit: Deposit, clock: SetClock) -> None:
    await login(client)
    assert "Nothing is stuck." in await (await client.get("/admin")).text()
    await deposit()
    await deposit_faulty(client)
    clock.pass_time(hours=5)
    await login(client)  # the session was idle for too long
    page = await (await client.get("/admin")).text()
    assert "1 import held: the content is wrong" in page
    assert "the oldest for 5 hours" in page
    assert page.index("held: the content") < page.index("Figures")


async def test_the_list_can_be_filtered_and_searched(client: TestClient, deposit: Deposit) -> None:
    await login(client)
    await deposit(title="Peas")
    await deposit(title="Beans 100%")
    await deposit_faulty(client)
    assert len(await rows(client)) == 3
    assert len(await rows(client, state="held")) == 1
    assert len(await rows(client, state="taken")) == 2
    assert len(await rows(client, q="PEAS")) == 1
    assert len(await rows(client, q="100%")) == 1
    assert len(await rows(client, q="faulty.zip")) == 1
    assert len(await rows(client, q="depositor")) == 3
    assert await rows(client, q="nothing like it") == []
    assert await rows(client, state="nonsense") == []
    assert "No import is like that." in await (await client.get("/admin/imports?state=nonsense")).text()


async def test_the_list_goes_on_to_older_ones(
    client: TestClient, house: House, deposit: Deposit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.sword.monitor.PAGE", 2)
    await login(client)
    for title in ("A", "B", "C", "D", "E"):
        await deposit(title=title)
    seen, address = [], "/admin/imports?q=depositor"
    while address:
        page = await (await client.get(address)).text()
        seen += re.findall(r'<a href="/admin/imports/\w+" dir="auto">(\w)<', page)
        older = re.search(r'href="(/admin/imports\?[^"]+)" rel="next"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == ["E", "D", "C", "B", "A"]


async def test_hostile_titles_stay_words_for_administrators_too(client: TestClient, deposit: Deposit) -> None:
    await login(client)
    await deposit(title=HOSTILE)
    number = (await rows(client))[0]
    for address in ("/admin/imports", f"/admin/imports/{number}", "/admin/imports?q=%22%3E%3Cscript%3E"):
        assert "<script>" not in await (await client.get(address)).text()


async def test_the_detail_shows_request_events_and_work(client: TestClient, deposit: Deposit) -> None:
    await login(client)
    work = await deposit(title="Peas")
    number = (await rows(client))[0]
    page = await (await client.get(f"/admin/imports/{number}")).text()
    for words in (
        "POST /sword/v2/collection/works",
        "application/atom+xml;type=entry",
        "The work is published.",
        f'href="/items/{work}"',
        "SHA-256",
    ):
        assert words in page, words
    assert "Authorization" not in page
    assert AUTH["Authorization"] not in page
    original = await client.get(f"/admin/imports/{number}/original")
    assert await original.read() == entry(title="Peas")
    assert original.headers["Content-Disposition"].startswith("attachment")
    assert original.headers["Content-Security-Policy"].startswith("sandbox")


async def test_a_problem_is_said_with_place_and_remedy(client: TestClient) -> None:
    await login(client)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mods.xml", '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo/></mods>')
    await deposit_faulty(client, packed.getvalue())
    number = (await rows(client, state="held"))[0]
    page = await (await client.get(f"/admin/imports/{number}")).text()
    assert "The metadata has no title." in page
    assert "mods.xml" in page
    assert "What the depositor was told to do" in page
    assert "Read again" in page


async def test_unknown_imports_are_404_pages(client: TestClient) -> None:
    await login(client)
    for address in (
        "/admin/imports/01J00000000000000000000000",
        "/admin/imports/01J00000000000000000000000/original",
        "/admin/nothing",
    ):
        answer = await client.get(address)
        assert answer.status == 404, address
        assert answer.headers["X-Request-Id"] in await answer.text()


async def test_what_is_still_wrong_is_held_again(client: TestClient) -> None:
    await login(client)
    await deposit_faulty(client)
    number = (await rows(client))[0]
    answer = await press(client, f"/admin/imports/{number}", "read")
    assert answer.status == 303
    page = await (await client.get(answer.headers["Location"])).text()
    assert "It is held again" in page
    assert "Read again, asked for by admin." in page


async def test_what_was_mended_is_read_and_published(client: TestClient, house: House) -> None:
    """The bytes were away (an unmounted disk, say) and are there again."""
    await login(client)
    work = await deposit_faulty(client)
    number = (await rows(client))[0]
    held = await house.database.read(store.deposit, number)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("peas.txt", "peas")
        archive.writestr("mods.xml", MODS)
    house.files.path(held.sha256).write_bytes(packed.getvalue())
    page = await (await client.get((await press(client, f"/admin/imports/{number}", "read")).headers["Location"])).text()
    assert "It was read again." in page
    assert (await client.get(f"/items/{work}")).status == 200
    twice = await client.post(f"/admin/imports/{number}/read", data={"csrf": await csrf(client, "/admin")})
    assert twice.status == 409
    assert "not held any more" in await twice.text()
    noted = await house.database.read(audit.search, Asked(subject=number), 9)
    assert [(line.deed, line.actor.name) for line in noted] == [("import.read-again", "admin")], "once: the other was refused"
    waiting = select(jobs.c.id).where(jobs.c.kind == READ, jobs.c.state != JobState.DONE.value)
    assert await house.database.read(lambda tx: tx.execute(waiting).all()) == [], "nothing is left to be read"


async def test_bytes_that_are_gone_are_said_to_be_gone(client: TestClient, house: House) -> None:
    await login(client)
    await deposit_faulty(client)
    number = (await rows(client))[0]
    held = await house.database.read(store.deposit, number)
    house.files.path(held.sha256).unlink()
    page = await (await client.get((await press(client, f"/admin/imports/{number}", "read")).headers["Location"])).text()
    assert "not in the store" in page


async def test_buttons_need_the_sessions_proof(client: TestClient, deposit: Deposit) -> None:
    await login(client)
    await deposit_faulty(client)
    number = (await rows(client))[0]
    for deed in ("read", "publish"):
        assert (await client.post(f"/admin/imports/{number}/{deed}", data={}, allow_redirects=False)).status == 403


@pytest.fixture
async def pending(settings, clock: SetClock):
    """A client of a house where complete deposits wait for approval."""
    from aiohttp.test_utils import TestServer

    from server.accounts import store as accounts
    from server.accounts.model import Role

    async with open_house(settings, clock=clock, moved={"import_as": "pending"}) as house:
        for name, role in (("depositor", Role.DEPOSITOR), ("admin", Role.ADMIN)):
            await house.database.write(accounts.add, name, role, HASH, clock())
        async with TestClient(TestServer(web_application(house))) as opened:
            opened.house = house
            yield opened


async def test_a_pending_work_is_published_by_a_button(pending: TestClient) -> None:
    client = pending
    await login(client)
    sent = await client.post(
        "/sword/v2/collection/works", data=entry(), headers=AUTH | {"Content-Type": "application/atom+xml;type=entry"}
    )
    work = sent.headers["Location"].rsplit("/", 1)[1]
    assert (await client.get(f"/items/{work}")).status == 404
    (number,) = await rows(client, state="pending")
    assert "1 work waiting for approval" in await (await client.get("/admin")).text()
    page = f"/admin/imports/{number}"
    proof = await csrf(client, page)
    answer = await client.post(f"{page}/publish", data={"csrf": proof}, allow_redirects=False)
    assert answer.status == 303
    said = await (await client.get(answer.headers["Location"])).text()
    assert "The work is published." in said
    assert "approved by admin" in said
    assert ">Publish<" not in said
    assert (await client.get(f"/items/{work}")).status == 200
    assert (await client.house.database.read(records.get, work)).state is State.PUBLISHED
    assert await rows(client, state="pending") == []
    again = await client.post(f"{page}/publish", data={"csrf": proof})
    assert again.status == 409
    assert "does not wait for approval" in await again.text()
    harvested = await (await client.get("/oai", params={"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"})).text()
    assert work in harvested


async def test_junk_in_an_address_is_no_internal_error(client: TestClient) -> None:
    await login(client)
    for page in ("imports", "identifiers"):
        for name in ("q", "state", "before"):
            assert (await client.get(f"/admin/{page}?{name}=a%00b%ff")).status == 200
    for number in ("%00", "x", "%ff"):
        assert (await client.get(f"/admin/imports/{number}")).status == 404
        assert (await client.get(f"/admin/imports/{number}/original")).status == 404
