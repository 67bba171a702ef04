"""My works: written, handed in, returned, written again, published; nobody else's; a DOI where the profile allows it."""

import asyncio
import io
import re

import msgspec
import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from server.accounts import store as accounts
from server.accounts.model import Account, Role
from server.audit.log import Actor
from server.house import House
from server.identifiers import ledger
from server.identifiers.agencies.reserve import PLUGIN
from server.people import keeping as people
from server.profiles import store as profiles
from server.records import store
from server.records.model import Text
from server.records.store import State
from server.works import deeds, own, saving
from server.works.saving import Author, Then
from tests.admin.visits import csrf, deposit_faulty, login
from tests.conftest import HASH, Deposit
from tests.people.test_linking import WITH_ORCID
from tests.people.visits import LIBRARIAN, ORCID, agent, person
from tests.people.visits import work as named_work
from tests.works.entering import PEAS, send, send_again

NEW = "/my/works/new"
REVIEWER = Actor("reviewer", None)


@pytest.fixture
async def gregor(house: House, client: TestClient) -> Account:
    """A researcher who is logged in, and another."""
    account = await house.database.write(accounts.add, "gregor", Role.RESEARCHER, HASH, house.clock())
    await house.database.write(accounts.add, "carl", Role.RESEARCHER, HASH, house.clock())
    await login(client, "gregor")
    return account


async def written(client: TestClient, then: str = "save", **more: str) -> str:
    answer = await send(client, NEW, PEAS | more, then)
    assert answer.status == 303, await answer.text()
    return re.search(r"/my/works/([0-9A-Z]{26})", answer.headers["Location"])[1]


async def state(house: House, work: str) -> State:
    return (await house.database.read(store.get, work)).state


async def pressed(client: TestClient, page: str, button: str) -> int:
    answer = await client.post(f"{page}/{button}", data={"csrf": await csrf(client, page)}, allow_redirects=False)
    return answer.status


async def returned(house: House, work: str, reason: str) -> None:
    await deeds.carried_out(house, work, REVIEWER, deeds.returned(reason, ""))


async def test_a_work_goes_from_a_draft_to_the_public_and_back_once(client: TestClient, house: House, gregor: Account) -> None:
    work = await written(client)
    stored = await house.database.read(store.get, work)
    assert (stored.state, stored.owner) == (State.DRAFT, gregor.id)
    page = f"/my/works/{work}"
    assert "Hand in for approval" in await (await client.get(page)).text()
    assert await pressed(client, page, "hand-in") == 303
    assert await state(house, work) is State.PENDING
    await returned(house, work, "The abstract is missing.")
    for place in ("/my", page):
        assert "The abstract is missing." in await (await client.get(place)).text()
    answer = await send(client, f"{page}/edit", {"subtitle": "An essay"}, "hand-in")
    assert (answer.status, answer.headers["Location"]) == (303, f"{page}?done=handed-in")
    assert await state(house, work) is State.PENDING
    await deeds.carried_out(house, work, REVIEWER, deeds.approve)
    text = await (await client.get(page)).text()
    assert "Public page" in text
    assert "Change" not in text.split("<main", 1)[1]


async def test_nobody_publishes_their_own_work_here(client: TestClient, house: House, gregor: Account) -> None:
    work = await written(client, "publish")
    assert await state(house, work) is State.DRAFT
    page = await (await client.get(f"/my/works/{work}/edit")).text()
    assert 'value="publish"' not in page
    assert 'value="hand-in"' in page


async def test_what_is_handed_in_cannot_be_changed_by_a_form_loaded_before(
    client: TestClient, house: House, gregor: Account
) -> None:
    work = await written(client)
    page = f"/my/works/{work}"
    form = await (await client.get(f"{page}/edit")).text()
    assert await pressed(client, page, "hand-in") == 303
    for moved in (None, deeds.approve):
        if moved:
            await deeds.carried_out(house, work, REVIEWER, moved)
        answer = await send_again(client, form, f"{page}/edit", {"subtitle": "Changed"})
        assert answer.status == 409
        for button in ("hand-in", "discard", "reserve"):
            assert await pressed(client, page, button) == 409
        assert (await client.get(f"{page}/edit")).status == 409
    assert (await house.database.read(store.get, work)).record.subtitle == ""


async def test_every_route_is_closed_to_everybody_else(client: TestClient, house: House, gregor: Account) -> None:
    work = await written(client)
    form = await (await client.get(f"/my/works/{work}/edit")).text()
    for name in ("carl", "admin"):  # an administrator goes through the administration
        await login(client, name)
        routes = {(r.method, r.resource.canonical) for r in client.server.app.router.routes()}
        mine = sorted(path for path in routes if path[1].startswith("/my/works/{id}") and path[0] != "HEAD")
        assert len(mine) == 7
        token = await csrf(client, "/my")
        for method, path in mine:
            address = path.replace("{id}", work).replace("{place}", "1")
            answer = await client.request(method, address, data={"csrf": token}, allow_redirects=False)
            assert answer.status == 404, (method, path)
        stolen = re.sub(r'name="csrf" value="\w+"', f'name="csrf" value="{token}"', form)
        assert (await send_again(client, stolen, f"/my/works/{work}/edit", {"subtitle": "Stolen"})).status == 404
        assert "Peas" not in await (await client.get("/my")).text()
    stored = await house.database.read(store.get, work)
    assert (stored.state, stored.record.subtitle) == (State.DRAFT, "")


async def test_every_error_stands_at_its_field_and_what_was_typed_stays(client: TestClient, gregor: Account) -> None:
    answer = await send(client, NEW, PEAS | {"title.value": "", "dates.issued": "last year", "subtitle": "kept"})
    text = await answer.text()
    assert answer.status == 422
    for path in ("title.value", "dates.issued"):
        assert f'id="f-{path}-error"' in text
    assert 'value="kept"' in text
    assert 'value="last year"' in text


async def test_files_come_with_the_form_and_go_to_their_owner_only(client: TestClient, house: House, gregor: Account) -> None:
    form = FormData([("csrf", await csrf(client, NEW)), *PEAS.items(), ("then", "save")])
    form.add_field("upload", io.BytesIO(b"%PDF-1.7 peas"), filename="../peas.pdf", content_type="text/html")
    answer = await client.post(NEW, data=form, allow_redirects=False)
    assert answer.status == 303, await answer.text()
    page = answer.headers["Location"].partition("?")[0]
    got = await client.get(f"{page}/files/1")
    assert (got.status, await got.read(), got.content_type) == (200, b"%PDF-1.7 peas", "application/octet-stream")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert (await client.get(f"{page}/files/2")).status == 404
    await login(client, "carl")
    assert (await client.get(f"{page}/files/1")).status == 404


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_doi_is_reserved_where_the_profile_allows_it_and_used_when_approved(
    client: TestClient, house: House, gregor: Account, allowed: bool
) -> None:
    rules = PLUGIN.account(prefix="10.5072", researchers_reserve=allowed)
    await house.database.write(profiles.save, "reserve", "Ours", rules, house.seal, house.clock())
    work = await written(client)
    page = f"/my/works/{work}"
    assert ("Reserve a DOI now" in await (await client.get(page)).text()) is allowed
    assert await pressed(client, page, "reserve") == (303 if allowed else 403)
    names = await house.database.read(ledger.of_record, work)
    assert [entry.value for entry in names] == (["10.5072/00000001"] if allowed else [])
    if allowed:
        assert await pressed(client, page, "reserve") == 409
        assert "10.5072/00000001" in await (await client.get(page)).text()
    await deeds.carried_out(house, work, REVIEWER, deeds.approve)
    names = await house.database.read(ledger.of_record, work)
    assert [entry.value for entry in names] == ["10.5072/00000001"]


async def test_of_reservations_at_the_same_moment_one_is_made(client: TestClient, house: House, gregor: Account) -> None:
    rules = PLUGIN.account(prefix="10.5072", researchers_reserve=True)
    await house.database.write(profiles.save, "reserve", "Ours", rules, house.seal, house.clock())
    work = await written(client)
    by = Actor("gregor", gregor.id)
    shelf, now = house.press.agencies, house.clock()
    calls = [house.database.write(own.reserve, shelf, work, gregor, by, now) for _ in range(4)]
    calls += [saving.reserve_doi(house, work, by) for _ in range(4)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Conflict"] * 7 + ["str"]
    assert len(await house.database.read(ledger.of_record, work)) == 1


async def test_a_draft_somebody_let_go_of_is_not_shown_to_those_it_names(
    house: House, client: TestClient, gregor: Account
) -> None:
    who = await person(house, WITH_ORCID, looked=False)
    await house.database.write(people.set_account, who.id, gregor.id, LIBRARIAN, house.clock())
    named = named_work("Secret", agent("Mendel, G.", ORCID))
    draft = await saving.create(house, named, Author(REVIEWER, None), Then.SAVE)
    shown = await saving.create(
        house, msgspec.structs.replace(named, title=Text(value="Shown")), Author(REVIEWER, None), Then.PUBLISH
    )
    for work in (draft, shown):
        await deeds.carried_out(house, work, REVIEWER, deeds.taken_away("Wrong."))
    page = await (await client.get("/my")).text()
    assert "Secret" not in page
    assert "Shown" in page


async def test_a_draft_is_let_go_and_nobody_outside_hears_of_it(client: TestClient, house: House, gregor: Account) -> None:
    work = await written(client)
    assert await pressed(client, f"/my/works/{work}", "discard") == 303
    assert await state(house, work) is State.WITHDRAWN
    oai = await (await client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")).text()
    assert work not in oai


async def test_a_depositor_sees_what_was_sent_by_sword_in_the_monitors_words(client: TestClient, deposit: Deposit) -> None:
    await deposit(title="Hawkweed")
    await login(client, "depositor")
    assert "Hawkweed" in await (await client.get("/my")).text()
    text = await (await client.get("/my/deposits")).text()
    number = re.search(r"/my/deposits/([0-9A-Z]{26})", text)[1]
    detail = await (await client.get(f"/my/deposits/{number}")).text()
    assert "Hawkweed" in detail
    assert "<form" not in detail.split("<main", 1)[1]
    await login(client, "other")
    assert (await client.get(f"/my/deposits/{number}")).status == 404
    assert "Hawkweed" not in await (await client.get("/my/deposits")).text()


async def test_a_held_deposit_says_what_is_wrong_and_what_to_do(client: TestClient) -> None:
    await deposit_faulty(client)
    await login(client, "depositor")
    text = await (await client.get("/my/deposits")).text()
    number = re.search(r"/my/deposits/([0-9A-Z]{26})", text)[1]
    mine = await (await client.get(f"/my/deposits/{number}")).text()
    await login(client)
    monitor = await (await client.get(f"/admin/imports/{number}")).text()
    problem = re.search(r'<p class="problem" dir="auto">(.*?)</p>', mine)[1]
    assert problem in monitor
    assert "What to do:" in mine
