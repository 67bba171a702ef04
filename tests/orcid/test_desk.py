"""The administration of ORCID: the ledger with filters and asking again, the permissions, and bringing them from another system."""

from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from server.errors import Invalid
from server.orcid import bringing, ledger, links
from server.orcid.bringing import Faulty
from server.orcid.model import Consent
from server.people.model import Person
from tests.admin.visits import csrf, login
from tests.fakes.orcid import CURIE, MENDEL, Mood
from tests.orcid.conftest import IRI, Desk
from tests.people.visits import agent, person, published, work

LIST = "/admin/orcid"


@pytest.fixture
async def admin(client: TestClient, desk: Desk) -> TestClient:
    await login(client, "admin")
    return client


async def text(client: TestClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status == 200, await answer.text()
    return await answer.text()


async def bring(client: TestClient, body: str | bytes) -> Any:
    form = FormData()
    form.add_field("csrf", await csrf(client, f"{LIST}/import"))
    form.add_field("file", body if isinstance(body, bytes) else body.encode(), filename="tokens.csv", content_type="text/csv")
    return await client.post(f"{LIST}/import", data=form, allow_redirects=False)


async def test_the_ledger_says_what_orcid_said(admin: TestClient, desk: Desk) -> None:
    assert "No work is like that" in await text(admin, LIST)
    peas = await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    bees = await published(desk.house, 2, work("Bees", agent("Mendel, Gregor", IRI)))
    await desk.link()
    await desk.house.worker.drain()
    page = await text(admin, LIST)
    assert "Peas" in page
    assert "Bees" in page
    assert "on the record" in page
    assert "Ask again" not in page
    page = await text(admin, f"{LIST}?work={peas}")
    assert "Peas" in page
    assert "Bees" not in page
    assert f'href="/admin/orcid?work={bees}"' in await text(admin, f"/admin/works/{bees}")
    assert "No work is like that" in await text(admin, f"{LIST}?state=refused")
    assert "Peas" in await text(admin, f"{LIST}?person={desk.who.id}&state=current&page=1")
    assert await text(admin, f"{LIST}?state=nonsense&work=x&person=y&page=z")


async def test_asking_again(admin: TestClient, desk: Desk) -> None:
    peas = await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    desk.fake.moods.append(Mood.CONFLICT)
    await desk.link()
    await desk.house.worker.drain()
    page = await text(admin, f"{LIST}?state=refused")
    assert "<code>409</code>" in page
    data = {"csrf": await csrf(admin, LIST), "work": peas, "person": str(desk.who.id)}
    assert (await admin.post(f"{LIST}/again", data=data, allow_redirects=False)).status == 303
    await desk.house.worker.drain()
    assert len(desk.fake.ours(MENDEL)) == 1
    assert (await admin.post(f"{LIST}/again", data=data | {"work": "x"})).status == 404
    assert (await admin.post(f"{LIST}/sweep", data=data, allow_redirects=False)).status == 303


async def test_whose_permission_is_good(admin: TestClient, desk: Desk) -> None:
    assert "Nobody linked an iD yet" in await text(admin, f"{LIST}/links")
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    await desk.link()
    desk.fake.tokens.clear()
    await desk.house.worker.drain()
    page = await text(admin, f"{LIST}/links?state=revoked")
    assert "Mendel, Gregor" in page
    assert "taken back" in page
    assert "<code>401</code>" in page
    assert "[secret]" in page
    assert "Nobody linked an iD yet" in await text(admin, f"{LIST}/links?state=valid")


async def test_tokens_of_another_system_are_brought_in(admin: TestClient, desk: Desk) -> None:
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    marie = await person(desk.house, Person(family="Curie", given="Marie", email="marie@example.org"))
    first, second = desk.fake.grant(MENDEL), desk.fake.grant(CURIE)
    body = (
        f"orcid;access_token;expires;email\n{MENDEL};{first};2040-01-31;\nhttps://orcid.org/{CURIE};{second};;Marie@example.org\n"
    )
    answer = await bring(admin, body)
    assert answer.headers["Location"] == f"{LIST}/links?done=orcid-brought"
    link = await desk.house.database.read(links.find, desk.who.id)
    assert (link.source, link.state, link.expires.year) == ("import", Consent.VALID, 2040)
    assert (await desk.house.database.read(links.find, marie.id)).orcid == CURIE
    await desk.house.worker.drain()
    assert len(desk.fake.ours(MENDEL)) == 1
    page = await text(admin, f"{LIST}/links")
    assert "brought from another system" in page
    assert first not in page
    assert (await bring(admin, body)).status == 303, "whoever has a good permission keeps it"
    assert (await desk.house.database.read(links.find, desk.who.id)).granted == link.granted


async def test_errors_name_the_line_and_nothing_is_brought_in(admin: TestClient, desk: Desk) -> None:
    body = f"orcid,access_token,scope,expires\n{MENDEL},tall-and-dwarf,,\n0000-0002-1825-0098,t,,\n{CURIE},,/read-limited,soon\n"
    answer = await bring(admin, body)
    page = await answer.text()
    assert answer.status == 422
    assert "Line 3" in page
    assert "check character" in page
    assert "Line 4" in page
    assert "tall-and-dwarf" not in page
    assert await desk.house.database.read(links.find, desk.who.id) is None
    answer = await bring(admin, f"orcid,access_token\n{MENDEL},good\n{CURIE},good\n")
    assert "nobody here is known for sure by this iD" in await answer.text()
    assert await desk.house.database.read(links.find, desk.who.id) is None, "all or nothing"
    assert "does not name the columns" in await (await bring(admin, "name\nMendel\n")).text()
    assert "not in UTF-8" in await (await bring(admin, b"orcid,access_token\n\xff,\xff\n")).text()
    assert (await bring(admin, "")).status == 422


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        (f"{MENDEL},t\n{MENDEL},u", 3, "the same iD as in line 2"),
        (f"{MENDEL}", 2, "has 1 cells"),
        (f"{MENDEL},with blank", 2, "is not a token"),
        ("nobody,t", 2, "is not an ORCID iD"),
    ],
)
def test_what_is_wrong_with_a_line(body: str, line: int, words: str) -> None:
    with pytest.raises(Faulty) as caught:
        bringing.read(f"orcid,access_token\n{body}\n")
    assert [(fault.line, words in fault.text) for fault in caught.value.faults] == [(line, True)]


def test_what_is_no_such_file() -> None:
    for body in ("", "orcid\nx", 'orcid,access_token\n"open', "orcid,access_token,orcid\n1,2,3"):
        with pytest.raises(Invalid):
            bringing.read(body)
    assert bringing.read("\ufefforcid\taccess_token\n\n") == []


async def test_without_a_profile_nothing_is_brought_in(client: TestClient, house: Any) -> None:
    await login(client, "admin")
    assert "ORCID is not set up here" in await text(client, LIST)
    answer = await bring(client, f"orcid,access_token\n{MENDEL},good\n")
    assert "ORCID is not set up here" in await answer.text()
    assert await house.database.read(ledger.counts) == {}
