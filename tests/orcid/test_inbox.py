"""Works on somebody's record that are not here: found, offered, made drafts of, dismissed; numbers that are dead are healed."""

import asyncio
import re

from aiohttp.test_utils import TestClient
from sqlalchemy import select

from server.identifiers.tables import identifiers
from server.orcid import inbox, ledger
from server.orcid.sweep import look
from server.orcid.work import document
from server.records import store as records
from server.records.model import Identifier, Text
from server.records.store import State
from server.records.tables import records as table
from tests.admin.visits import csrf, login
from tests.fakes.orcid import MENDEL, Mood
from tests.orcid.conftest import IRI, Desk
from tests.people.visits import agent, published, work

PAGE = "/my/orcid"


def theirs(desk: Desk, title: str, *ids: tuple[str, str], year: str = "1966") -> bytes:
    """A work as another system puts it there."""
    named = tuple(Identifier(scheme=scheme, value=value) for scheme, value in ids)
    made = work(title, agent("Mendel, Gregor", IRI))
    made = type(made)(type=made.type, title=Text(value=title), creators=made.creators, identifiers=named)
    body = document(desk.house.press.renderer.work("01J00000000000000000000099", made), frozenset())
    page = b"https://repository.example.org/items/01J00000000000000000000099"
    return body.replace(page, f"https://other.example.org/{title.replace(' ', '-')}".encode())


async def looked(desk: Desk) -> list[inbox.Found]:
    await desk.house.database.write(look, desk.who.id, desk.clock())
    await desk.house.worker.drain()
    return await desk.house.database.read(inbox.waiting, desk.who.id)


async def press(client: TestClient, path: str, **fields: str):
    return await client.post(f"{PAGE}/{path}", data={"csrf": await csrf(client, PAGE)} | fields, allow_redirects=False)


async def test_only_what_is_not_here_is_offered(desk: Desk) -> None:
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    desk.fake.place(MENDEL, theirs(desk, "Peas"))  # of the same title and year
    desk.fake.place(MENDEL, theirs(desk, "Bees", ("doi", "10.1234/bees")))
    await desk.link()
    found = await looked(desk)
    assert [(one.title, one.type, one.source) for one in found] == [("Bees", "journal-article", "Another system")]
    assert ("doi", "10.1234/bees") in found[0].ids
    assert len(desk.fake.ours(MENDEL)) == 1, "what we put there is not offered"
    await published(desk.house, 2, work("Hive life", agent("Mendel, Gregor", IRI)))
    desk.fake.place(MENDEL, theirs(desk, "Hawkweed"))
    assert [one.title for one in await looked(desk)] == ["Hawkweed", "Bees"]


async def test_a_doi_registered_here_is_known_whoevers_work_it_is(desk: Desk) -> None:
    """It is asked for by its index, so a record of thousands costs no look at every name."""
    number = await published(desk.house, 1, work("Of somebody else", agent("Curie, Marie")))
    row = {
        "record_id": number, "scheme": "doi", "value": "10.82433/Bees", "normal": "10.82433/bees", "own": True,
        "environment": "test", "state": "registered", "created": desk.clock(), "changed": desk.clock(),
    }  # fmt: skip
    await desk.house.database.write(lambda tx: tx.execute(identifiers.insert().values(row)))
    desk.fake.place(MENDEL, theirs(desk, "Bees", ("doi", "10.82433/BEES")))
    desk.fake.place(MENDEL, theirs(desk, "Hawkweed", ("doi", "10.82433/hawkweed")))
    await desk.link()
    assert [one.title for one in await looked(desk)] == ["Hawkweed"]


async def test_a_draft_is_made_of_it(client: TestClient, desk: Desk) -> None:
    await login(client, "gregor")
    code = desk.fake.place(MENDEL, theirs(desk, "Bees", ("doi", "10.1234/bees")))
    await desk.link()
    await looked(desk)
    assert "Bees" in await (await client.get(PAGE)).text()
    answer = await press(client, "found", found=str(code), say="draft")
    made = re.match(r"/my/works/(\w+)/edit\?done=orcid-draft", answer.headers["Location"])
    assert made is not None
    stored = await desk.house.database.read(records.get, made[1])
    assert (stored.state, stored.record.title.value, stored.owner) == (State.DRAFT, "Bees", desk.account.id)
    assert stored.record.identifier("doi") == "10.1234/bees"
    assert stored.record.creators[0].family == "Mendel"
    assert await looked(desk) == []
    assert (await press(client, "found", found=str(code), say="draft")).status == 409
    assert (await press(client, "found", found="7", say="draft")).status == 404


async def test_pressed_three_times_it_is_one_draft(client: TestClient, desk: Desk) -> None:
    await login(client, "gregor")
    code = desk.fake.place(MENDEL, theirs(desk, "Bees"))
    await desk.link()
    await looked(desk)
    data = {"csrf": await csrf(client, PAGE), "found": str(code), "say": "draft"}
    answers = await asyncio.gather(*(client.post(f"{PAGE}/found", data=data, allow_redirects=False) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [303, 409, 409]
    assert await desk.house.database.read(lambda tx: len(tx.execute(select(table.c.id)).all())) == 1


async def test_what_is_dismissed_is_not_offered_again(client: TestClient, desk: Desk) -> None:
    await login(client, "gregor")
    code = desk.fake.place(MENDEL, theirs(desk, "Bees"))
    await desk.link()
    await looked(desk)
    assert (await press(client, "found", found=str(code), say="no")).status == 303
    assert await looked(desk) == []
    answer = await press(client, "look")
    assert answer.headers["Location"] == f"{PAGE}?done=orcid-look"


async def test_orcid_may_fail_meanwhile(client: TestClient, desk: Desk) -> None:
    await login(client, "gregor")
    code = desk.fake.place(MENDEL, theirs(desk, "Bees"))
    await desk.link()
    await looked(desk)
    desk.fake.moods.append(Mood.DOWN)
    assert (await press(client, "found", found=str(code), say="draft")).status == 503
    desk.fake.records[MENDEL].works.clear()
    answer = await press(client, "found", found=str(code), say="draft")
    assert "does not show this work any more" in await answer.text()
    desk.fake.moods.extend([Mood.PAGE, Mood.DOWN])
    await looked(desk)
    await desk.settle()
    assert await desk.house.database.read(inbox.waiting, desk.who.id) == [], "what is gone from the record is offered no more"


async def test_what_the_person_took_away_at_orcid_stays_away(client: TestClient, desk: Desk) -> None:
    await login(client, "gregor")
    number = await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    await desk.link()
    await desk.house.worker.drain()
    (code,) = desk.fake.ours(MENDEL)
    desk.fake.records[MENDEL].works.clear()
    await looked(desk)
    assert desk.fake.ours(MENDEL) == {}
    page = await (await client.get(PAGE)).text()
    assert "taken away" in page
    assert "Put it there" in page
    await press(client, "works", work=number, say="wanted")
    await desk.house.worker.drain()
    (other,) = desk.fake.ours(MENDEL)
    assert other != code
    assert (await desk.house.database.read(ledger.of_person, desk.who.id))[number].put_code == other


async def test_a_work_is_kept_off_the_record(client: TestClient, desk: Desk) -> None:
    await login(client, "gregor")
    number = await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    await desk.link()
    await desk.house.worker.drain()
    assert (await press(client, "works", work=number, say="unwanted")).status == 303
    await desk.house.worker.drain()
    assert desk.fake.ours(MENDEL) == {}
    await press(client, "works", work=number, say="wanted")
    await desk.house.worker.drain()
    assert len(desk.fake.ours(MENDEL)) == 1
    assert (await press(client, "works", work="01J00000000000000000000077", say="wanted")).status == 404
