"""The pages: there only where OABLE is switched on, filled with what is known, nothing typed is lost, and nobody sees another's."""

import html
import re

import msgspec
import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection, update

from server.accounts import store as accounts
from server.accounts.model import Account, Role
from server.admin.overview import overview
from server.house import House
from server.identifiers import ledger
from server.identifiers.tables import identifiers
from server.oable import store
from server.oable.model import State
from server.people import keeping as people
from server.people.model import Person, PersonId, Post
from server.profiles.model import Profile
from server.records.model import Container, Publisher
from tests.admin.visits import login, press
from tests.conftest import HASH, SetClock
from tests.fakes.oable import FakeOable, Mood
from tests.oable.conftest import ASKED, Ask, now_of, set_up
from tests.people.visits import LIBRARIAN, ORCID, agent, person, published, work

NEW = "/my/charges/new"


@pytest.fixture
async def page(client: TestClient, gregor: Account) -> TestClient:
    """A client of a researcher who is logged in."""
    await login(client, "gregor")
    return client


def hidden(text: str, name: str) -> str:
    return re.search(rf'name="{name}" value="(\w+)"', text)[1]


def values(text: str) -> dict[str, str]:
    """What stands in the fields of the form."""
    typed = {
        name: html.unescape(value) for name, value in re.findall(r'<input type="\w+" id="f-(\w+)"[^>]* value="([^"]*)"', text)
    }
    for name, options in re.findall(r'<select id="f-(\w+)".*?>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        typed[name] = chosen[1] if chosen else ""
    return typed


async def send(client: TestClient, page: str = NEW, **typed: str) -> tuple[int, str]:
    text = await (await client.get(page)).text()
    form = values(text) | {"csrf": hidden(text, "csrf"), "number": hidden(text, "number")} | typed
    answer = await client.post(NEW, data=form, allow_redirects=False)
    return answer.status, answer.headers.get("Location") or await answer.text()


async def test_it_is_there_only_where_it_is_switched_on(page: TestClient, house: House, oable: FakeOable) -> None:
    for address in ("/my/charges", NEW, "/my/charges/01ARZ3NDEKTSV4RRFFQ69G5FAV"):
        assert (await page.get(address)).status == 404
    assert "Article charges" not in await (await page.get("/my")).text()
    await set_up(house, oable)
    assert '<a href="/my/charges">Article charges</a>' in await (await page.get("/my")).text()
    assert "You have asked for none yet." in await (await page.get("/my/charges")).text()


async def test_the_form_says_what_is_not_known_of_oable(page: TestClient, profile: Profile) -> None:
    assert "API is not public" in html.unescape(await (await page.get(NEW)).text())


async def test_it_begins_with_what_is_known_of_the_person_and_the_work(
    page: TestClient, house: House, profile: Profile, gregor: Account
) -> None:
    assert values(await (await page.get(NEW)).text()) == dict.fromkeys(
        ("orcid", "affiliation", "doi", "title", "journal", "publisher", "amount", "currency", "funder", "award"), ""
    ) | {"name": "Gregor Mendel", "email": "gregor@abbey.example"}
    who = Person(family="Mendel", given="Johann", ids=(PersonId(value=ORCID),), affiliations=(Post(name="Abbey of St Thomas"),))
    kept = await person(house, who, looked=False)
    await house.database.write(people.set_account, kept.id, gregor.id, LIBRARIAN, house.clock())
    number = await published(house, 1, work("Peas", agent("Mendel, Johann", ORCID)))
    await published(house, 2, work("Bees", agent("Curie, Marie")))
    await house.worker.drain()
    text = await (await page.get(f"{NEW}?work={number}")).text()
    found = values(text)
    assert (found["name"], found["orcid"], found["affiliation"]) == ("Johann Mendel", ORCID[-19:], "Abbey of St Thomas")
    assert (found["work"], found["title"]) == (number, "Peas")
    assert "Bees" not in text


async def test_a_request_is_made_sent_and_seen(
    page: TestClient, house: House, oable: FakeOable, profile: Profile, gregor: Account
) -> None:
    kept = await person(house, Person(family="Mendel", ids=(PersonId(value=ORCID),)), looked=False)
    await house.database.write(people.set_account, kept.id, gregor.id, LIBRARIAN, house.clock())
    number = await published(house, 1, work("Peas & <b>beans</b>", agent("Mendel, G.", ORCID)))
    await house.worker.drain()
    status, where = await send(page, **ASKED | {"work": number, "doi": "", "title": ""})
    assert status == 303, where
    text = await (await page.get(where)).text()
    assert "The request is kept, and on its way to OABLE." in text
    await house.worker.drain()
    text = await (await page.get(where.partition("?")[0])).text()
    assert "with OABLE" in text
    assert "APC-1" in text
    assert "Peas &amp; &lt;b&gt;beans&lt;/b&gt;" in text
    assert oable.documents()[0]["article"]["repository_url"] == f"https://repository.example.org/items/{number}"
    assert "with OABLE" in await (await page.get("/my/charges")).text()


async def test_a_chosen_work_gives_what_was_not_typed_and_no_doi_that_leads_nowhere(
    page: TestClient, house: House, oable: FakeOable, profile: Profile, gregor: Account
) -> None:
    kept = await person(house, Person(family="Mendel", ids=(PersonId(value=ORCID),)), looked=False)
    await house.database.write(people.set_account, kept.id, gregor.id, LIBRARIAN, house.clock())
    peas = work("Peas", agent("Mendel, G.", ORCID))
    known = msgspec.structs.replace(peas, container=Container(title="Garden notes"), publisher=Publisher(name="Abbey press"))
    number, bare = await published(house, 1, known), await published(house, 2, peas)
    await house.worker.drain()
    entry = {"record_id": number, "scheme": "doi", "value": "10.5072/7", "normal": "10.5072/7", "own": True,
             "profile_id": None, "state": "reserved"}  # fmt: skip
    await house.database.write(ledger.add, entry, house.clock())
    empty = ASKED | {"doi": "", "title": "", "journal": "", "publisher": " "}
    status, where = await send(page, **empty | {"work": number})
    assert status == 303, where
    assert "10.5072/7" not in await (await page.get(where)).text()
    await house.worker.drain()
    article = oable.documents()[0]["article"]
    assert (article["journal"], article["publisher"], article.get("doi")) == ("Garden notes", "Abbey press", None)
    status, text = await send(page, **empty | {"work": bare})
    assert status == 422
    assert 'id="f-journal-error"' in text

    def registered(tx: Connection) -> None:
        tx.execute(update(identifiers).values(state="submitted", registered=house.clock()))

    await house.database.write(registered)
    assert values(await (await page.get(f"{NEW}?work={number}")).text())["doi"] == "10.5072/7"


async def test_whoever_asked_is_told_that_the_library_must_mend_it(
    page: TestClient, house: House, oable: FakeOable, profile: Profile, ask: Ask
) -> None:
    oable.script = [Mood.NO_KEY]
    asked = await ask()
    await house.worker.drain()
    text = await (await page.get(f"/my/charges/{asked.id}")).text()
    assert "The library must mend its connection to OABLE" in text
    assert "API key" not in text
    assert "sent by itself" not in re.sub(r"<[^>]*title=[^>]*>", "", text)


async def test_what_is_wrong_is_said_and_what_was_typed_stays(page: TestClient, house: House, profile: Profile) -> None:
    typed = ASKED | {"email": "gregor@example.org", "amount": "2.499,50", "journal": "", "title": 'Peas "and" beans'}
    status, text = await send(page, **typed)
    assert status == 422
    assert "must end in @abbey.example" in text
    assert 'id="f-email-error"' in text
    assert 'id="f-amount-error"' in text
    assert values(text) == dict.fromkeys(("orcid", "affiliation", "funder", "award"), "") | typed
    assert await house.database.read(store.search, store.Wanted(), 10) == []


async def test_a_form_sent_twice_leads_to_the_one_request(page: TestClient, house: House, profile: Profile) -> None:
    text = await (await page.get(NEW)).text()
    form = ASKED | {"csrf": hidden(text, "csrf"), "number": hidden(text, "number")}
    places = {(await page.post(NEW, data=form, allow_redirects=False)).headers["Location"] for _ in range(2)}
    assert len(places) == len(await house.database.read(store.search, store.Wanted(), 10)) == 1
    made = (await page.post(NEW, data=form | {"number": "'; DROP"}, allow_redirects=False)).headers["Location"]
    assert made not in places


async def test_a_refused_one_begins_the_next(
    page: TestClient, house: House, oable: FakeOable, profile: Profile, ask: Ask
) -> None:
    oable.script = [Mood.REFUSES]
    asked = await ask(funder="Crown")
    await house.worker.drain()
    text = await (await page.get(f"/my/charges/{asked.id}")).text()
    assert "The journal is not in our agreement." in text
    assert f"/my/charges/new?from={asked.id}" in text
    found = values(await (await page.get(f"{NEW}?from={asked.id}")).text())
    assert (found["journal"], found["funder"], found["currency"]) == ("Garden notes", "Crown", "EUR")
    assert (await send(page, f"{NEW}?from={asked.id}", journal="Proceedings"))[0] == 303
    assert len(await house.database.read(store.search, store.Wanted(), 10)) == 2


async def test_nobody_sees_another_persons_requests(client: TestClient, house: House, profile: Profile, ask: Ask) -> None:
    asked = await ask()
    await house.database.write(accounts.add, "carl", Role.RESEARCHER, HASH, house.clock())
    await login(client, "carl")
    assert (await client.get(f"/my/charges/{asked.id}")).status == 404
    assert "Peas" not in await (await client.get("/my/charges")).text()
    assert "Garden notes" not in await (await client.get(f"{NEW}?from={asked.id}")).text()


async def test_the_library_sees_all_and_has_one_sent_again(
    client: TestClient, house: House, oable: FakeOable, profile: Profile, ask: Ask
) -> None:
    oable.script = [Mood.REFUSES]
    asked = await ask()
    await house.worker.drain()
    await login(client)
    text = await (await client.get("/admin/oable?state=refused")).text()
    assert "Peas" in text
    assert "The journal is not in our agreement." in text
    assert "Peas" not in await (await client.get("/admin/oable?state=accepted")).text()
    page = f"/admin/oable/{asked.id}"
    assert "&#34;organisation&#34;" in await (await client.get(page)).text()
    assert (await press(client, page, "again")).status == 303
    await house.worker.drain()
    assert (await now_of(house, asked)).state is State.ACCEPTED
    assert "Send again" not in await (await client.get(page)).text()
    assert (await client.get("/admin/oable/peas")).status == 404


async def test_a_profile_that_stands_still_is_said_above_the_list(
    client: TestClient, house: House, oable: FakeOable, profile: Profile, ask: Ask
) -> None:
    oable.script = [Mood.NO_KEY]
    await ask()
    await house.worker.drain()
    await login(client)
    text = await (await client.get("/admin/oable")).text()
    assert "it does not know the API key" in text
    assert f"/admin/profiles/{profile.id}" in text


async def test_the_start_page_tells_a_fault_once(
    client: TestClient, house: House, oable: FakeOable, profile: Profile, ask: Ask, clock: SetClock
) -> None:
    oable.script = [Mood.NO_KEY]
    await ask()
    await house.worker.drain()
    clock.pass_time(hours=1)
    found = await house.database.read(overview, clock())
    assert [each.name for each in found.paused] == ["OABLE"]
    assert [(each.count, each.what) for each in found.stuck] == [(1, "request for article charges that have not reached OABLE")]


async def test_the_list_goes_on_page_by_page(page: TestClient, house: House, profile: Profile, ask: Ask) -> None:
    for number in range(51):
        await ask(f"01J{number:023d}", title=f"Peas {number}")
    first = await (await page.get("/my/charges")).text()
    older = re.search(r'href="(/my/charges\?before=[^"]+)"', first)[1]
    assert ("Peas 50<" in first, "Peas 0<" in first) == (True, False)
    assert "Peas 0<" in await (await page.get(older)).text()
