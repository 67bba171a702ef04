"""ORCID asked: one token, at its pace, once for each question, and what it says on a bad day."""

from asyncio import sleep, timeout

import pytest

from server.app import working
from server.enrichment import store
from server.enrichment.asking import Asking, forget, kept
from server.enrichment.model import similar
from server.enrichment.question import by_name, sharper
from server.enrichment.store import Chosen
from server.errors import Conflict, Invalid, Unavailable
from server.house import House
from server.profiles import store as profiles
from tests.conftest import SetClock
from tests.enrichment.conftest import GREGOR, LOCKED, profiled
from tests.fakes.orcid_public import CLIENT, SECRET, FakePublicOrcid, Mood, Query


@pytest.fixture
def asking(asked: House) -> Asking:
    return Asking(asked.database, asked.seal, asked.session, asked.clock)


async def test_without_a_profile_nobody_is_asked(house: House, orcid: FakePublicOrcid) -> None:
    asking = Asking(house.database, house.seal, house.session, house.clock)
    with pytest.raises(Conflict, match="no profile"):
        await asking.counter()
    assert orcid.log == []


async def test_one_token_serves_all_questions_and_an_answer_is_kept(
    asking: Asking, orcid: FakePublicOrcid, clock: SetClock
) -> None:
    counter = await asking.counter()
    query = by_name("Mendel", "G. J.")
    found = await asking.search(counter, query)
    assert {line.orcid for line in found.found} == {GREGOR.orcid, "0000-0001-5109-3700"}
    facts = await asking.person(counter, GREGOR.orcid)
    assert facts.shown == "Gregor Johann Mendel (Abbey of St Thomas)"
    assert await asking.search(counter, query) == found
    assert await asking.person(counter, GREGOR.orcid) == facts
    assert [call.path for call in orcid.log] == ["/oauth/token", "/v3.0/expanded-search/", f"/v3.0/{GREGOR.orcid}/record"]
    form = orcid.log[0].form
    assert form == {"client_id": CLIENT, "client_secret": SECRET, "grant_type": "client_credentials", "scope": "/read-public"}
    clock.pass_time(days=31)
    await asking.search(counter, query)
    assert len(orcid.asked("expanded-search")) == 2, "after a month it is asked again"


async def test_what_is_older_than_a_year_is_not_kept(asking: Asking, clock: SetClock) -> None:
    counter = await asking.counter()
    await asking.person(counter, GREGOR.orcid)
    clock.pass_time(days=364)
    await asking.database.write(forget, clock())
    assert await asking.database.read(kept, counter.api.api, [GREGOR.orcid])
    number = await asking.database.write(store.add, "ada", Chosen(), counter.api.api, 0, clock())
    await asking.database.write(store.put_places, number, "01ARZ3NDEKTSV4RRFFQ69G5FAV", [], [("mendel gregor", GREGOR.orcid)])
    clock.pass_time(days=2)
    await asking.database.write(forget, clock())
    assert await asking.database.read(store.candidates, number, ["mendel gregor"]), "it was begun two days ago"
    clock.pass_time(days=364)
    await asking.database.write(forget, clock())
    assert await asking.database.read(store.candidates, number, ["mendel gregor"]) == []
    assert await asking.database.read(kept, counter.api.api, [GREGOR.orcid]) == {}


async def test_a_house_at_work_forgets_by_itself(asking: Asking, asked: House, clock: SetClock) -> None:
    counter = await asking.counter()
    await asking.person(counter, GREGOR.orcid)
    clock.pass_time(days=366)
    async with working(asked), timeout(20):
        while await asking.database.read(kept, counter.api.api, [GREGOR.orcid]):
            await sleep(0.01)


async def test_a_token_that_is_not_known_any_more_is_replaced(asking: Asking, orcid: FakePublicOrcid) -> None:
    counter = await asking.counter()
    await asking.search(counter, by_name("Mendel", "Gregor"))
    orcid.moods.append(Mood.FORGOTTEN)
    assert (await asking.search(counter, by_name("Nägeli", "Karl"))).total == 1
    assert len(orcid.asked("token")) == 2


async def test_wrong_credentials_pause_the_profile_and_are_not_told(house: House, orcid: FakePublicOrcid) -> None:
    await profiled(house, secret="battery horse")
    asking = Asking(house.database, house.seal, house.session, house.clock)
    counter = await asking.counter()
    with pytest.raises(Conflict, match="401"):
        await asking.search(counter, by_name("Mendel", ""))
    (profile,) = [each for each in await house.database.read(profiles.every) if each.kind == "orcid-public"]
    assert "Client not found" in profile.paused
    assert "battery horse" not in profile.paused
    with pytest.raises(Conflict):
        await asking.counter()


@pytest.mark.parametrize("mood", [Mood.DOWN, Mood.LIMITED, Mood.HTML, Mood.CUT, Mood.BROKEN])
async def test_what_is_no_answer_is_not_kept(asking: Asking, orcid: FakePublicOrcid, mood: Mood, clock: SetClock) -> None:
    counter = await asking.counter()
    await asking.search(counter, by_name("Nägeli", "Karl"))
    orcid.moods.extend([mood] * (2 if mood is Mood.CUT else 1))  # a GET whose connection breaks is sent again once by itself
    with pytest.raises(Unavailable) as caught:
        await asking.search(counter, by_name("Mendel", "Gregor"))
    assert "<html" not in caught.value.message
    clock.pass_time(seconds=120)
    assert (await asking.search(counter, by_name("Mendel", "Gregor"))).total == 2


async def test_an_orcid_that_is_down_is_left_alone(asking: Asking, orcid: FakePublicOrcid) -> None:
    counter = await asking.counter()
    orcid.mood = Mood.DOWN
    for _ in range(30):
        with pytest.raises(Unavailable) as caught:
            await asking.search(counter, by_name("Mendel", "Gregor"))
    assert caught.value.code == "outage"
    assert len(orcid.log) == 3


async def test_a_locked_or_unknown_person_says_so_and_is_asked_once(asking: Asking, orcid: FakePublicOrcid) -> None:
    counter = await asking.counter()
    assert "locked" in (await asking.person(counter, LOCKED.orcid)).closed
    assert "does not know" in (await asking.person(counter, "0000-0002-0000-0001")).closed
    await asking.person(counter, LOCKED.orcid)
    assert len(orcid.asked(LOCKED.orcid)) == 1


async def test_a_page_of_something_in_between_says_nothing_of_a_person(asking: Asking, orcid: FakePublicOrcid) -> None:
    counter = await asking.counter()
    await asking.search(counter, by_name("Mendel", "Gregor"))  # the token is there now
    orcid.moods.append(Mood.LOST)
    with pytest.raises(Unavailable, match="404"):
        await asking.person(counter, GREGOR.orcid)
    assert (await asking.person(counter, GREGOR.orcid)).closed == "", "nothing was kept"


def test_names_without_letters_are_not_one() -> None:
    assert similar("\u2014", "") != similar("???", "")
    assert similar("N\u00e4geli", "Karl") == similar("NAGELI", "karl")


def test_an_institution_of_many_words_is_not_sent_whole() -> None:
    query = sharper("Mendel", "G", [], ["Institute " * 200])
    assert len(query) < 300
    assert query.count("Institute") == 10


async def test_a_question_orcid_cannot_parse_is_refused(asking: Asking) -> None:
    counter = await asking.counter()
    with pytest.raises(Invalid, match="cannot be parsed"):
        await asking.search(counter, "family-name:(")


@pytest.mark.parametrize(
    ("family", "given"),
    [("Mendel", "G."), ('O\'Neil "x" \\', "A* OR b:c"), ("王", "伟"), ("Mendel", ""), ("a AND b", "( ) : ~ ^ ?"), ("x", "?")],
)
def test_whatever_a_name_holds_the_question_can_be_parsed(family: str, given: str) -> None:
    Query(by_name(family, given)).read()
    Query(sharper(family, given, ["10.5072/a(b)"], ['Ünïversity "of" x'])).read()


def test_an_initial_asks_for_all_it_begins() -> None:
    assert Query(by_name("Mendel", "G.")).read()(GREGOR)
    assert Query(sharper("Mendel", "G", ["10.5072/peas"], [])).read()(GREGOR)
    assert not Query(sharper("Mendel", "G", ["10.5072/beans"], ["Elsewhere"])).read()(GREGOR)
    assert sharper("Mendel", "G", [], []) == ""
