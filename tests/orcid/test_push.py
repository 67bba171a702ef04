"""Works on somebody's ORCID record: put there, changed, taken away, found again; and each answer of ORCID has its own state."""

import pytest

from server import publishing
from server.house import House
from server.jobs import queue
from server.orcid import ledger, links
from server.orcid.model import UNKNOWN, Consent, WorkState
from server.orcid.settings import Orcid
from server.orcid.sweep import PUSH, push
from server.orcid.work import document
from server.people import keeping, merging
from server.people.linking import LinkState, Place
from server.people.model import Person
from server.publishing import prepare
from server.records import store as records
from server.records.model import Identifier
from tests.fakes.orcid import CLIENT, CURIE, MENDEL, Mood
from tests.fakes.orcid_answers import page_of
from tests.orcid.conftest import IRI, Desk
from tests.people.visits import LIBRARIAN, agent, person, published, work


async def rows(desk: Desk) -> dict[str, ledger.Row]:
    return await desk.house.database.read(ledger.of_person, desk.who.id)


async def row(desk: Desk, number: str) -> ledger.Row:
    return (await rows(desk))[number]


async def link(desk: Desk) -> links.Linked | None:
    return await desk.house.database.read(links.find, desk.who.id)


async def peas(desk: Desk, number: int = 1, title: str = "Peas", **parts) -> str:
    """Publish a work that names the person; it is brought to the record where there is a link."""
    made = work(title, agent("Mendel, Gregor", IRI))
    for name, value in parts.items():
        made = type(made)(**{field: getattr(made, field) for field in made.__struct_fields__} | {name: value})
    found = await published(desk.house, number, made)
    await desk.house.worker.drain()
    return found


async def revise(house: House, number: str, title: str) -> None:
    stored = await house.database.read(records.get, number)
    made = work(title, *stored.record.creators)
    ready = prepare(house.press, number, made, stored.created)
    await house.database.write(publishing.revise, house.press, stored, ready, house.clock())
    await house.worker.drain()


async def withdraw(house: House, number: str) -> None:
    stored = await house.database.read(records.get, number)
    await house.database.write(publishing.withdraw, house.press, stored, "Mistaken.", house.clock())
    await house.worker.drain()


def writes(desk: Desk) -> list[tuple[str, str]]:
    """What was sent to change something; each week the record is read, too."""
    return [entry[:2] for entry in desk.fake.log if entry[0] != "GET"]


def titles(desk: Desk, orcid: str = MENDEL) -> list[str]:
    found = desk.fake.ours(orcid).values()
    return sorted(one.findtext(".//{http://www.orcid.org/ns/common}title") for one in found)


async def test_put_there_changed_and_taken_away(desk: Desk) -> None:
    number = await peas(desk)
    assert not desk.fake.log, "nobody permitted anything"
    await desk.link()
    await desk.house.worker.drain()
    ((code, element),) = desk.fake.ours(MENDEL).items()
    assert page_of(element) == f"https://repository.example.org/items/{number}".lower()
    found = await row(desk, number)
    assert (found.state, found.put_code, found.acked, found.status) == (WorkState.CURRENT, code, found.wanted, 201)
    await revise(desk.house, number, "Peas, revised")
    assert titles(desk) == ["Peas, revised"]
    assert list(desk.fake.ours(MENDEL)) == [code], "it keeps its number"
    assert (await row(desk, number)).status == 200
    await withdraw(desk.house, number)
    assert titles(desk) == []
    found = await row(desk, number)
    assert (found.state, found.put_code, found.acked) == (WorkState.GONE, None, "")
    calls = len(desk.fake.log)
    await desk.house.database.write(push, desk.who.id, desk.clock())
    await desk.house.worker.drain()
    assert len(desk.fake.log) == calls, "what is settled costs nothing"


async def test_who_sees_it_is_its_owners_to_say(desk: Desk) -> None:
    number = await peas(desk)
    await desk.link()
    await desk.house.worker.drain()
    ((code, kept),) = desk.fake.records[MENDEL].works.items()
    kept.visibility = "private"
    await revise(desk.house, number, "Peas, revised")
    assert desk.fake.records[MENDEL].works[code].visibility == "private"
    assert (await row(desk, number)).state is WorkState.CURRENT


async def test_a_hundred_at_a_time(desk: Desk) -> None:
    for place in range(103):
        await published(desk.house, place, work(f"Peas {place}", agent("Mendel, Gregor", IRI)))
    await desk.link()
    await desk.house.worker.drain()
    assert writes(desk) == [("POST", f"/v3.0/{MENDEL}/works")] * 2
    assert len(desk.fake.ours(MENDEL)) == 103
    assert {one.state for one in (await rows(desk)).values()} == {WorkState.CURRENT}


async def test_a_work_the_person_took_away_is_put_there_again_when_they_say_so(desk: Desk) -> None:
    number = await peas(desk)
    await desk.link()
    await desk.house.worker.drain()
    (code,) = desk.fake.ours(MENDEL)
    desk.fake.records[MENDEL].works.clear()
    await revise(desk.house, number, "Peas, revised")
    assert titles(desk) == [], "it is not put there behind their back"
    found = await row(desk, number)
    assert (found.state, found.put_code, found.status, found.unwanted) == (WorkState.REMOVED, None, 404, True)
    await desk.settle()
    assert titles(desk) == []
    await desk.house.database.write(lambda tx: ledger.want(tx, number, desk.who.id, desk.clock(), wanted=True))
    await desk.house.database.write(push, desk.who.id, desk.clock())
    await desk.house.worker.drain()
    (other,) = desk.fake.ours(MENDEL)
    assert other != code
    assert (await row(desk, number)).put_code == other
    await desk.house.database.write(lambda tx: ledger.want(tx, number, desk.who.id, desk.clock(), wanted=False))
    await desk.house.database.write(push, desk.who.id, desk.clock())
    await desk.house.worker.drain()
    assert titles(desk) == []
    await revise(desk.house, number, "Peas, once more")
    assert titles(desk) == []


async def test_a_number_that_changed_at_orcid_is_found(desk: Desk) -> None:
    number = await peas(desk)
    await desk.link()
    await desk.house.worker.drain()
    works = desk.fake.records[MENDEL].works
    works[7] = works.pop(*works)
    await revise(desk.house, number, "Peas, revised")
    assert titles(desk) == ["Peas, revised"]
    assert (await row(desk, number)).put_code == 7


async def test_what_is_there_under_another_number_is_found_and_changed(desk: Desk) -> None:
    number = await peas(desk)
    stored = await desk.house.database.read(records.get, number)
    old = document(desk.house.press.renderer.work(number, stored.record), frozenset()).replace(b"Peas", b"Old peas")
    code = desk.fake.place(MENDEL, old, CLIENT)
    await desk.link()
    await desk.house.worker.drain()
    assert titles(desk) == ["Peas"]
    found = await row(desk, number)
    assert (found.put_code, found.state) == (code, WorkState.CURRENT)


async def test_two_works_that_share_an_identifier(desk: Desk) -> None:
    shared = (Identifier(scheme="pmid", value="1"),)
    first = await peas(desk, 1, identifiers=shared)
    await desk.link()
    await desk.house.worker.drain()
    second = await peas(desk, 2, "Peas again", identifiers=shared)
    found = await row(desk, second)
    assert found.state is WorkState.REFUSED
    assert "the same work as another" in found.words
    assert (await row(desk, first)).state is WorkState.CURRENT
    calls = len(writes(desk))
    await desk.settle()
    assert len(writes(desk)) == calls, "it waits until it changes"


async def test_what_somebody_else_put_there_is_let_alone(desk: Desk) -> None:
    number = await peas(desk)
    await desk.link()
    await desk.house.worker.drain()
    ((_, kept),) = desk.fake.records[MENDEL].works.items()
    kept.client = "APP-FEDCBA9876543210"
    await revise(desk.house, number, "Peas, revised")
    assert len(desk.fake.records[MENDEL].works) == 2
    assert titles(desk) == ["Peas, revised"]
    assert (await row(desk, number)).state is WorkState.CURRENT


#: What ORCID may answer → the state of the work then, the permission's, the status kept; and whether it is asked again by itself.
ANSWERS = {
    Mood.DENIED: (WorkState.STOPPED, Consent.REVOKED, 401, False),
    Mood.NOT_FOUND: (WorkState.STOPPED, Consent.NOBODY, 404, False),
    Mood.LOCKED: (WorkState.STOPPED, Consent.LOCKED, 409, False),
    Mood.CONFLICT: (WorkState.REFUSED, Consent.VALID, 409, False),
    Mood.DOWN: (WorkState.SILENT, Consent.VALID, 503, True),
    Mood.LIMITED: (WorkState.SILENT, Consent.VALID, 429, True),
    Mood.CUT: (WorkState.SILENT, Consent.VALID, None, True),
    Mood.LOST: (WorkState.SILENT, Consent.VALID, None, True),
    Mood.PAGE: (WorkState.UNCLEAR, Consent.VALID, 200, True),
    Mood.GATEWAY: (WorkState.UNCLEAR, Consent.VALID, 404, True),
    Mood.GARBAGE: (WorkState.UNCLEAR, Consent.VALID, 200, True),
}


@pytest.mark.parametrize("mood", ANSWERS)
async def test_each_answer_has_its_state_and_none_goes_round_in_circles(desk: Desk, mood: Mood) -> None:
    state, consent, status, again = ANSWERS[mood]
    number = await peas(desk)
    desk.fake.moods.append(mood)
    await desk.link()
    await desk.house.worker.drain()
    found, known = await row(desk, number), await link(desk)
    assert (found.state, found.status, known.state) == (state, status, consent)
    assert found.words
    assert "<html" not in found.words
    assert not any(token in found.words + known.words for token in desk.fake.tokens)
    before = len(writes(desk))
    assert before <= 1
    await desk.settle()
    if again:
        assert (await row(desk, number)).state is WorkState.CURRENT
        assert len(desk.fake.ours(MENDEL)) == 1, "sent twice, it is there once"
    else:
        assert (await row(desk, number)).state is state
        assert len(writes(desk)) == before, "it is not asked again by itself"
    await desk.link()
    await desk.house.database.write(ledger.again, number, desk.who.id, desk.clock())
    await desk.settle()
    assert (await row(desk, number)).state is WorkState.CURRENT
    assert len(desk.fake.ours(MENDEL)) == 1


async def test_an_outage_costs_a_few_calls(desk: Desk) -> None:
    for place in range(30):
        await published(desk.house, place, work(f"Peas {place}", agent("Mendel, Gregor", IRI)))
    await desk.link()
    await desk.house.worker.drain()
    for number in await rows(desk):
        stored = await desk.house.database.read(records.get, number)
        made = work(stored.record.title.value + "!", *stored.record.creators)
        ready = prepare(desk.house.press, number, made, stored.created)
        await desk.house.database.write(publishing.revise, desk.house.press, stored, ready, desk.clock())
    desk.fake.mood, before = Mood.DOWN, len(desk.fake.log)
    await desk.house.worker.drain()
    assert len(desk.fake.log) - before <= 4
    desk.fake.mood = Mood.WELL
    await desk.settle()
    assert all(title.endswith("!") for title in titles(desk))
    assert {one.state for one in (await rows(desk)).values()} == {WorkState.CURRENT}


async def test_a_record_that_became_another(desk: Desk) -> None:
    number = await peas(desk)
    await desk.link()
    await desk.house.worker.drain()
    desk.fake.deprecate(MENDEL, CURIE)
    await revise(desk.house, number, "Peas, revised")
    known = await link(desk)
    assert (known.orcid, known.former, known.state) == (CURIE, MENDEL, Consent.VALID)
    assert titles(desk, CURIE) == ["Peas, revised"]
    assert (await row(desk, number)).account == f"{desk.fake.url}/{CURIE}"


async def test_records_that_lead_to_one_another_end_it(desk: Desk) -> None:
    number = await peas(desk)
    await desk.link()
    await desk.house.worker.drain()
    desk.fake.deprecate(MENDEL, CURIE)
    desk.fake.records[CURIE].moved_to = MENDEL
    before = len(desk.fake.log)
    await revise(desk.house, number, "Peas, revised")
    await desk.settle()
    assert (await link(desk)).state is Consent.MOVED
    assert (await row(desk, number)).state is WorkState.STOPPED
    assert len(desk.fake.log) - before == 2


async def test_the_record_of_somebody_else_here_is_not_taken(desk: Desk) -> None:
    number = await peas(desk)
    await desk.link()
    await desk.house.worker.drain()
    other = await person(desk.house, Person(family="Curie", given="Marie"))
    await desk.link(CURIE, other)
    desk.fake.deprecate(MENDEL, CURIE)
    await revise(desk.house, number, "Peas, revised")
    assert (await link(desk)).state is Consent.MOVED
    assert titles(desk, CURIE) == []


async def test_a_permission_that_comes_late_brings_everything(desk: Desk) -> None:
    first, second = await peas(desk, 1), await peas(desk, 2, "Bees")
    await desk.link()
    desk.fake.tokens.clear()
    await desk.house.worker.drain()
    assert {one.state for one in (await rows(desk)).values()} == {WorkState.STOPPED}
    third = await peas(desk, 3, "Hawkweed")
    await withdraw(desk.house, second)
    await desk.link()
    await desk.house.worker.drain()
    assert titles(desk) == ["Hawkweed", "Peas"]
    assert {number for number, one in (await rows(desk)).items() if one.state is WorkState.CURRENT} == {first, third}


async def test_a_permission_that_has_run_out(desk: Desk) -> None:
    number = await peas(desk)
    made = await desk.link()
    soon = desk.clock().replace(year=2027)
    await desk.house.database.write(_expires, made.person_id, soon)
    desk.clock.pass_time(days=400)
    await desk.house.worker.drain()
    assert not desk.fake.log
    assert (await link(desk)).state in {Consent.EXPIRED, Consent.VALID}
    await desk.settle()
    assert (await link(desk)).state is Consent.EXPIRED
    assert number not in await rows(desk)


def _expires(tx, person_id, moment) -> None:
    tx.execute(links.orcid_links.update().where(links.orcid_links.c.person_id == person_id).values(expires=moment))


async def test_whoever_turns_out_to_be_a_creator_gets_the_work(desk: Desk) -> None:
    await desk.link()
    number = await published(desk.house, 1, work("Peas", agent("Mendel, G.")))
    await desk.house.worker.drain()
    assert titles(desk) == []
    place = Place(number, "creators", 0)
    await desk.house.database.write(keeping.decide, desk.who.id, place, LinkState.LINKED, LIBRARIAN, desk.clock())
    await desk.house.worker.drain()
    assert titles(desk) == ["Peas"]
    await desk.house.database.write(keeping.decide, desk.who.id, place, LinkState.REFUSED, LIBRARIAN, desk.clock())
    await desk.house.worker.drain()
    assert titles(desk) == [], "it was somebody else's after all"


async def test_a_link_follows_a_merging(desk: Desk) -> None:
    number = await peas(desk)
    await desk.link()
    await desk.house.worker.drain()
    other = await person(desk.house, Person(family="Mendel", given="Johann"))
    await desk.house.database.write(merging.merge, other.id, desk.who.id, LIBRARIAN, desk.clock())
    await desk.house.worker.drain()
    assert (await desk.house.database.read(links.find, other.id)).orcid == MENDEL
    assert await link(desk) is None
    await revise(desk.house, number, "Peas, revised")
    assert titles(desk) == ["Peas, revised"]


async def test_a_work_sent_without_an_answer_and_withdrawn_is_taken_away(desk: Desk) -> None:
    number = await peas(desk)
    desk.fake.moods.append(Mood.LOST)
    await desk.link()
    await desk.house.worker.drain()
    assert len(desk.fake.ours(MENDEL)) == 1
    found = await row(desk, number)
    assert (found.acked, found.put_code) == (UNKNOWN, None)
    await withdraw(desk.house, number)
    await desk.settle()
    assert titles(desk) == []
    assert (await row(desk, number)).state is WorkState.GONE


async def test_two_workers_at_one_record(desk: Desk) -> None:
    """A job whose claim was lost writes nothing down; who has it now finds what is there."""
    number = await peas(desk)
    await desk.link()
    await desk.house.database.write(queue.claim, [PUSH], desk.clock())
    desk.clock.pass_time(minutes=6)
    await desk.house.worker.drain()
    assert len(desk.fake.ours(MENDEL)) == 1
    assert (await row(desk, number)).state is WorkState.CURRENT


async def test_with_another_client_nothing_is_sent(desk: Desk) -> None:
    await peas(desk)
    await desk.link()
    await desk.settings(client_id="APP-FEDCBA9876543210", client_secret="another")
    await desk.house.worker.drain()
    assert not desk.fake.log
    assert "another client" in await desk.house.database.read(_why, desk)


def _why(tx, desk: Desk) -> str:
    return links.obstacle(links.find(tx, desk.who.id), _other(desk), desk.clock())


def _other(desk: Desk) -> Orcid:
    return Orcid(client_id="APP-FEDCBA9876543210", client_secret="x", target="sandbox", endpoint=desk.fake.url)
