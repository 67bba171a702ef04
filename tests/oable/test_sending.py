"""Sending: whatever happens on the way, OABLE knows a request once, and each ends in a state that says the truth."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from server.audit import log as audit
from server.errors import Conflict, NotFound
from server.house import House
from server.jobs import queue
from server.jobs.model import JobState
from server.notify import store as deliveries
from server.notify.client import Answer
from server.notify.mail import Letter
from server.notify.model import LIFE
from server.oable import requesting, store
from server.oable.client import QUOTED, Client, Meaning, Outcome, read
from server.oable.model import OPEN, State
from server.oable.settings import OABLE, Oable
from server.oable.store import ASK
from server.profiles import keeping
from server.profiles import store as profiles
from server.profiles.model import Profile, Wrong
from tests.conftest import START, SetClock, configured
from tests.fakes.oable import KEY, STOPPING, FakeOable, Mood
from tests.notify.conftest import settled
from tests.oable.conftest import ASKED, Ask, again, now_of, paused, set_up, shape
from tests.oable.test_asking import GIVEN

MAIL = {"host": "127.0.0.1", "port": 25, "security": "none", "sender": "sheaf@abbey.example", "digest": False}


async def letters(house: House) -> list[Letter]:
    found = await house.database.read(deliveries.search, deliveries.Asked(), 100)
    return [msgspec.json.decode(each.document, type=Letter) for each in found if each.type == "mail.oable"]


async def with_mail(house: House) -> None:
    keeper = house.keeper
    await keeper.do(keeping.put, keeper.desk, keeper.kinds["mail"], "Mail", MAIL, audit.OPERATOR)


async def test_a_request_is_sent_and_its_document_says_what_was_asked(
    house: House, oable: FakeOable, profile: Profile, ask: Ask
) -> None:
    asked = await ask(orcid="0000-0002-1825-0097", affiliation="Botany", funder="Crown", award="7")
    await house.worker.drain()
    found = await now_of(house, asked)
    assert (found.state, found.reference, found.words, found.attempts) == (State.ACCEPTED, "APC-1", "Received for review.", 1)
    assert oable.documents() == [
        {
            "id": asked.id,
            "requested": "2026-03-14T09:26:53Z",
            "organisation": "Abbey of St Thomas",
            "errors_to": "library@abbey.example",
            "requester": {
                "name": "Gregor Mendel", "email": "gregor@botany.abbey.example", "orcid": "https://orcid.org/0000-0002-1825-0097",
                "affiliation": "Botany",
            },
            "article": {"title": "Peas", "journal": "Garden notes", "publisher": "Abbey press", "doi": "10.5072/peas.1"},
            "charge": {"amount": "2499.50", "currency": "EUR"},
            "funding": {"funder": "Crown", "award_number": "7"},
        }
    ]  # fmt: skip
    assert oable.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert oable.headers[0]["Idempotency-Key"] == f'"{asked.id}"'
    (kept,) = [each for each in await house.database.read(profiles.every) if each.kind == OABLE]
    assert kept.succeeded is not None


async def test_the_key_can_travel_in_a_header_of_its_own(house: House, oable: FakeOable, ask: Ask) -> None:
    await set_up(house, oable, key_in="x-api-key")
    asked = await ask()
    await house.worker.drain()
    assert (await now_of(house, asked)).state is State.ACCEPTED
    assert oable.headers[0]["X-API-Key"] == KEY
    assert "Authorization" not in oable.headers[0]


async def test_a_form_that_is_sent_twice_is_one_request(house: House, oable: FakeOable, profile: Profile, ask: Ask) -> None:
    first = await ask()
    await house.worker.drain()
    assert (await ask(first.id)).state is State.ACCEPTED
    await house.worker.drain()
    assert oable.posted == {first.id: 1}


@pytest.mark.parametrize(
    "mood", [Mood.LOSES, Mood.TAKES_AND_FAILS, Mood.DROPS, Mood.BUSY, Mood.DOWN, Mood.AT_WORK, Mood.NONSENSE]
)
async def test_what_may_not_have_arrived_is_repeated_under_its_key(
    house: House, oable: FakeOable, profile: Profile, ask: Ask, clock: SetClock, mood: Mood
) -> None:
    oable.script = [mood, mood]
    asked = await ask()
    await house.worker.drain()
    assert (await now_of(house, asked)).state is State.SENT
    await settled(house, clock)
    assert (await now_of(house, asked)).state is State.ACCEPTED
    assert (oable.posted, len(oable.known), oable.wrong) == ({asked.id: 3}, 1, [])


async def test_the_wait_that_is_asked_for_is_kept(
    house: House, oable: FakeOable, profile: Profile, ask: Ask, clock: SetClock
) -> None:
    oable.script = [Mood.BUSY]
    await ask()
    await settled(house, clock)
    assert clock() >= START + timedelta(seconds=120)


async def test_where_nobody_is_reached_it_waits_and_then_the_library_is_told(
    house: House, oable: FakeOable, ask: Ask, clock: SetClock
) -> None:
    await with_mail(house)
    await set_up(house, oable, address="http://127.66.7.8:8080/")
    asked = await ask()
    await house.worker.drain()
    waits = await now_of(house, asked)
    assert waits.state is State.WAITING
    assert "No connection to 127.66.7.8" in waits.words
    for _ in range(30):
        clock.pass_time(hours=3)
        await house.worker.drain()
    found = await now_of(house, asked)
    assert (found.state, found.changed - START >= LIFE) == (State.FAILED, True)
    (letter,) = await letters(house)
    assert (letter.to, letter.values["state"], letter.values["title"]) == (("library@abbey.example",), "failed", "Peas")
    await set_up(house, oable, address=oable.url, api_key=KEY)
    await again(house, found)
    await house.worker.drain()
    assert (await now_of(house, asked)).state is State.ACCEPTED
    assert list(oable.known) == [asked.id], "what may have arrived is repeated under its first key"


async def test_what_is_refused_can_be_sent_again_as_a_new_request(
    house: House, oable: FakeOable, profile: Profile, ask: Ask, clock: SetClock
) -> None:
    await with_mail(house)
    oable.script = [Mood.REFUSES]
    asked = await ask()
    await settled(house, clock, rounds=1)
    refused = await now_of(house, asked)
    assert (refused.state, refused.words) == (State.REFUSED, "127.0.0.1 answered 422: The journal is not in our agreement.")
    assert [letter.values["state"] for letter in await letters(house)] == ["refused"]
    await set_up(house, oable, organisation="Augustinian Abbey of St Thomas")
    await again(house, refused)
    await house.worker.drain()
    found = await now_of(house, asked)
    assert (found.state, found.key != asked.id) == (State.ACCEPTED, True)
    assert shape(found)["organisation"] == "Augustinian Abbey of St Thomas"
    with pytest.raises(Conflict):
        await again(house, found)


@pytest.mark.parametrize("mood", sorted(STOPPING))
async def test_where_the_profile_is_wrong_everything_waits_until_it_is_mended(
    house: House, oable: FakeOable, profile: Profile, ask: Ask, mood: Mood
) -> None:
    await with_mail(house)
    oable.script = [mood]
    first = await ask()
    await house.worker.drain()
    second = await ask()
    await house.worker.drain()
    why = await paused(house)
    assert why
    assert KEY not in why
    assert [(await now_of(house, each)).state for each in (first, second)] == [State.WAITING] * 2
    assert oable.posted.total() == 1
    assert [letter.values["state"] for letter in await letters(house)] == ["waiting"]
    await set_up(house, oable)
    await house.worker.drain()
    assert [(await now_of(house, each)).state for each in (first, second)] == [State.ACCEPTED] * 2
    assert await paused(house) is None


async def test_switched_off_nothing_is_sent_and_deleted_all_is_given_up(
    house: House, oable: FakeOable, profile: Profile, ask: Ask
) -> None:
    keeper, asked = house.keeper, await ask()
    await keeper.do(keeping.switch, keeper.desk, profile.id, audit.OPERATOR, enabled=False)
    await house.worker.drain()
    assert (await now_of(house, asked)).state is State.WAITING
    with pytest.raises(NotFound):
        await ask()
    await keeper.do(keeping.switch, keeper.desk, profile.id, audit.OPERATOR, enabled=True)
    await house.worker.drain()
    assert (await now_of(house, asked)).state is State.ACCEPTED
    other = await ask()
    await keeper.do(keeping.delete, keeper.desk, profile.id, audit.OPERATOR)
    await house.worker.drain()
    found = await now_of(house, other)
    assert (found.state, found.words) == (State.FAILED, "The profile of OABLE was deleted.")
    assert await house.database.read(queue.latest, ASK, other.id) == (None, "")


async def test_without_a_mail_server_the_pages_alone_tell_of_it(
    house: House, oable: FakeOable, profile: Profile, ask: Ask
) -> None:
    oable.script = [Mood.REFUSES]
    asked = await ask()
    await house.worker.drain()
    assert (await now_of(house, asked)).state is State.REFUSED
    assert await letters(house) == []


async def test_plain_http_and_addresses_inside_are_refused_unless_opened(house: House, oable: FakeOable) -> None:
    with pytest.raises(Wrong, match="begins with https"):
        await set_up(house, oable, address="http://192.0.2.1/")


async def test_the_key_goes_to_no_other_server(house: House, oable: FakeOable, profile: Profile) -> None:
    with pytest.raises(Wrong, match=r"enter it again for https://other\.example\.org"):
        await configured(house, OABLE, address="https://other.example.org/requests")


async def test_trying_it_sends_nothing_to_review(house: House, oable: FakeOable, profile: Profile) -> None:
    found = await house.keeper.test(profile.id)
    assert (found.agrees, "127.0.0.1 answered 405" in found.message) == (True, True)
    oable.key = "another"
    found = await house.keeper.test(profile.id)
    assert (found.agrees, found.message) == (False, "127.0.0.1 answered 401: it does not know the API key")
    assert (oable.heads, oable.known) == (2, {})


@pytest.mark.parametrize(
    ("status", "body", "meaning", "words"),
    [
        (201, '{"reference": 17, "message": "ok"}', Meaning.ACCEPTED, "ok"),
        (204, "", Meaning.ACCEPTED, ""),
        (200, "[1]", Meaning.ACCEPTED, ""),
        (200, " <html>", Meaning.ACCOUNT, "web page"),
        (400, '{"error": "Bad ISSN"}', Meaning.REFUSED, "answered 400: Bad ISSN"),
        (422, "The key peas is fine", Meaning.REFUSED, "The key [secret] is fine"),
        (302, "", Meaning.ACCOUNT, "redirections are not followed"),
        (502, "<html>Bad gateway</html>", Meaning.AGAIN, "answered 502"),
        (999, "", Meaning.AGAIN, "answered 999"),
        (413, "[" * 100_000, Meaning.REFUSED, "answered 413"),
    ],
)
def test_every_answer_has_a_meaning(status: int, body: str, meaning: Meaning, words: str) -> None:
    found = read(URL("https://oable.example.org/"), Answer(status, "", body, 1), Oable(**GIVEN), START)
    assert found.meaning is meaning
    assert words in found.words
    assert len(found.words) <= QUOTED + 100


#: Whatever the other side may do, and a worker that dies between what it sent and what it wrote down.
DIES = "our worker dies after it was sent"
SCRIPTS = st.lists(st.sampled_from([*Mood, DIES]), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=SCRIPTS, count=st.integers(1, 3))
async def test_whatever_happens_oable_knows_a_request_at_most_once(
    house: House, oable: FakeOable, ask: Ask, clock: SetClock, script: list[str], count: int
) -> None:
    oable.script, oable.known, oable.wrong = [Mood.TAKES if each == DIES else Mood(each) for each in script], {}, []
    deaths, calls, send = {place for place, each in enumerate(script) if each == DIES}, iter(range(10_000)), Client.send

    async def dying(self: Client, *args: object) -> Outcome:
        outcome = await send(self, *args)
        if next(calls) in deaths:
            raise RuntimeError("killed")
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "send", dying)
        await set_up(house, oable)
        made = [await ask() for _ in range(count)]
        for _ in range(len(script) + 2):
            await settled(house, clock, rounds=60)
            await set_up(house, oable)  # somebody mends what stands still
    found = [await now_of(house, each) for each in made]
    assert oable.wrong == []
    for each in found:
        assert each.state in {State.ACCEPTED, State.REFUSED}, "nothing is down for days here"
        assert (each.key in oable.known) == (each.state is State.ACCEPTED)
    assert len(oable.known) == sum(each.state is State.ACCEPTED for each in found)
    assert not [each for each in await house.database.read(store.search, store.Wanted(), 500) if each.state in OPEN]
    for each in found:
        assert (await house.database.read(queue.latest, ASK, each.id))[0] is JobState.DONE


async def test_nobody_elses_form_can_be_used(house: House, oable: FakeOable, profile: Profile, ask: Ask) -> None:
    from server.accounts import store as accounts
    from server.oable.asking import Asked

    asked = await ask()
    other = await house.database.read(accounts.get, "other")
    office = requesting.office(house.keeper.live, str)
    with pytest.raises(Conflict, match="used already"):
        await house.database.write(requesting.ask, office, asked.id, other, Asked(**ASKED), None, audit.OPERATOR, house.clock())
