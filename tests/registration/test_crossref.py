"""Registration at an agency with a queue: it agrees in the end, whatever befalls it, the worker, the answer or the queue."""

import asyncio
import os
import random
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient

from server import control
from server.errors import NotFound
from server.house import House
from server.identifiers import ledger
from server.identifiers.agencies import crossref
from server.identifiers.model import AgencyState, Desired, State
from server.identifiers.tables import submissions
from server.jobs import queue
from server.metadata.crossref.record_types import BARRED
from server.profiles import store as profiles
from server.records import store as records
from tests.conftest import AUTH, Deposit, SetClock, entry
from tests.fakes.crossref import FakeCrossref, Mood
from tests.fakes.crossref_schema import XSD

PREFIX = "10.82433"
PASSWORD = "correct horse"
ATOM = AUTH | {"Content-Type": "application/atom+xml;type=entry"}
#: So many scripts; the run before a release looks at thousands.
SCRIPTS = int(os.environ.get("SHEAF_TEST_FAULT_SCRIPTS") or 6)

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for Crossref needs agencies/crossref of SHEAF_SHARED")


@pytest.fixture
async def agency() -> AsyncIterator[FakeCrossref]:
    fake = FakeCrossref()
    fake.slowness = 0.2
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def registering(house: House, agency: FakeCrossref) -> House:
    """A house that registers what Crossref takes."""
    values = {
        "prefix": PREFIX,
        "registration_name": "Abbey of St Thomas",
        "email": "library@example.org",
        "repository_name": "Garden notes",
        "account_id": "role",
        "password": PASSWORD,
        "environment": "test",
        "endpoint": agency.url,
        "labels": [{"types": ["dataset"], "label": "data"}],
    }
    await control.profile_set(house, control.ProfileSet(kind="crossref", name="Our DOIs", values=values))
    return house


async def work(house: House, clock: SetClock, rounds: int = 120) -> None:
    """Let the worker run until nothing is due, and time pass, until nothing waits."""
    for _ in range(rounds):
        await house.worker.drain()
        if not (await house.database.read(queue.counts)).keys() & {"ready", "deferred", "active"}:
            return
        clock.pass_time(minutes=10)
    raise AssertionError("something waits for ever")


async def entries(house: House, record_id: str) -> list[ledger.Entry]:
    return await house.database.read(ledger.of_record, record_id)


async def test_a_dataset_is_handed_in_and_registered_when_the_agency_says_so(
    deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    agency.rests.append(3)
    number = await deposit(type="Dataset")
    await registering.worker.drain()
    (waiting,) = await entries(registering, number)
    assert (waiting.state, waiting.registered) == (State.SUBMITTED, None)
    assert waiting.message == "Crossref has it in its queue."
    await work(registering, clock)
    (registered,) = await entries(registering, number)
    assert registered.state is State.REGISTERED
    doi = agency.dois[f"{PREFIX}/data.00000001"]
    assert doi.url == f"https://repository.example.org/items/{number}"
    assert len(agency.submissions) == 1, "it was asked after, and sent once"


async def test_a_journal_article_never_comes_to_it(
    deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    number = await deposit(type="Journal article")
    await work(registering, clock)
    assert await entries(registering, number) == []
    for code in sorted(BARRED):
        with pytest.raises(NotFound, match=f"No enabled profile mints DOIs for {code}"):
            await control.mint(registering, control.Mint(type=code, count=1))
    assert agency.log == []


async def test_a_work_that_became_what_crossref_refuses_is_rejected_by_its_field_and_nothing_is_sent(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    number = await deposit(type="Dataset")
    await work(registering, clock)
    sent = len(agency.log)
    for kind, state in (("Journal article", State.REJECTED), ("Dataset", State.REGISTERED)):
        answer = await client.put(f"/sword/v2/edit/{number}", data=entry(type=kind), headers=ATOM)
        assert answer.status == 200, await answer.text()
        await work(registering, clock)
        (found,) = await entries(registering, number)
        assert found.state is state
        if state is State.REJECTED:
            assert "type: Crossref takes no DOI for Journal article" in (found.message or "")
            assert len(agency.log) == sent
    assert len(agency.submissions) == 2, "what was refused in between is sent once more to be sure"


async def test_an_edit_while_the_agency_is_at_work_is_sent_afterwards(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    agency.rests.append(4)
    number = await deposit(type="Dataset", title="First")
    await registering.worker.drain()
    answer = await client.put(f"/sword/v2/edit/{number}", data=entry(type="Dataset", title="Second"), headers=ATOM)
    assert answer.status == 200
    await work(registering, clock)
    assert [each.records for each in agency.submissions].count(None) == 0
    assert agency.dois[f"{PREFIX}/data.00000001"].title == "Second"


async def test_an_edit_that_is_taken_back_while_the_agency_is_at_work_is_taken_back_there_too(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    number = await deposit(type="Dataset", title="First")
    await work(registering, clock)
    agency.rests.append(4)
    for title in ("Second", "First"):
        await client.put(f"/sword/v2/edit/{number}", data=entry(type="Dataset", title=title), headers=ATOM)
        await registering.worker.drain()
    await work(registering, clock)
    agency.finish()
    assert agency.dois[f"{PREFIX}/data.00000001"].title == "First"


async def test_a_withdrawn_work_leads_to_its_tombstone_and_says_so_in_its_title(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    number = await deposit(type="Dataset", title="Peas")
    await work(registering, clock)
    assert (await client.delete(f"/sword/v2/edit/{number}", headers=AUTH)).status == 204
    await work(registering, clock)
    (gone,) = await entries(registering, number)
    assert (gone.state, agency.dois[gone.value].title) == (State.WITHDRAWN, "WITHDRAWN: Peas")


async def test_a_version_of_another_system_is_overtaken_by_a_greater_stamp(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    number = await deposit(type="Dataset")
    await work(registering, clock)
    doi = f"{PREFIX}/data.00000001"
    agency.dois[doi].version = theirs = 99_991_231_235_959_999
    await client.put(f"/sword/v2/edit/{number}", data=entry(type="Dataset", title="Ours"), headers=ATOM)
    await work(registering, clock)
    assert (agency.dois[doi].title, agency.dois[doi].version) == ("Ours", theirs + 1)
    assert (await entries(registering, number))[0].state is State.REGISTERED


async def test_stamps_rise_though_the_clock_stands_still_or_steps_back(
    deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    number = await deposit(type="Dataset")
    await work(registering, clock)
    desired = Desired("x", "https://x", AgencyState.FINDABLE, b"")
    stamps = [int(agency.dois[f"{PREFIX}/data.00000001"].version)]
    for days in (0, 0, -1):
        clock.pass_time(days=days)
        (found,) = await entries(registering, number)
        begun = await registering.database.write(ledger.begin, found, desired, "digest", "crossref", 1, clock())
        stamps.append(begun.stamp)
    assert stamps == sorted(set(stamps))


async def test_wrong_credentials_pause_the_profile_and_burn_no_more_than_one_row(
    deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    agency.mood = Mood.REFUSED
    numbers = [await deposit(title=f"work {n}", type="Dataset") for n in range(3)]
    await work(registering, clock)
    assert "Wrong credentials" in (await registering.database.read(profiles.get, "Our DOIs")).paused
    assert sum(call.method == "POST" for call in agency.log) < 4
    agency.mood = Mood.WELL
    await control.profile_set(registering, control.ProfileSet(kind="crossref", name="Our DOIs", values={"password": PASSWORD}))
    await work(registering, clock)
    assert {(await entries(registering, n))[0].state for n in numbers} == {State.REGISTERED}


async def test_no_more_is_sent_than_the_agency_may_be_working_at(
    deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    allowed = crossref.PLUGIN.most_waiting
    object.__setattr__(crossref.PLUGIN, "most_waiting", 2)  # the shelf holds this very one, and it is frozen
    try:
        agency.rests.extend([100, 100])
        numbers = [await deposit(title=f"work {n}", type="Dataset") for n in range(2)]
        await registering.worker.drain()
        numbers.append(await deposit(title="work 2", type="Dataset"))
        for _ in range(3):
            await registering.worker.drain()
            clock.pass_time(minutes=6)
        assert len(agency.submissions) == 2
        agency.finish()
        await work(registering, clock)
    finally:
        object.__setattr__(crossref.PLUGIN, "most_waiting", allowed)
    assert {(await entries(registering, n))[0].state for n in numbers} == {State.REGISTERED}


async def test_every_exchange_is_kept_without_secrets(
    deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock
) -> None:
    agency.moods.extend([Mood.DOWN, Mood.WELL, Mood.LOST, Mood.GARBAGE])  # nothing is deposited after a look that failed
    await deposit(type="Dataset")
    await work(registering, clock)
    rows = await registering.database.read(
        lambda tx: tx.execute(submissions.select().order_by(submissions.c.id)).mappings().all()
    )
    assert [row["outcome"] for row in rows] == ["transient", "confirmed"]
    assert all(PASSWORD not in str(dict(row)) and "correct+horse" not in str(dict(row)) for row in rows)


@pytest.mark.parametrize("seed", range(SCRIPTS))
async def test_whatever_befalls_them_agency_and_records_agree_in_the_end(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeCrossref, clock: SetClock, seed: int
) -> None:
    """Moods, queues out of order, killed workers, edits, a clock that steps back; afterwards the agency has what is wanted."""
    chance = random.Random(seed)
    numbers: list[str] = []
    for step in range(14):
        agency.rests.extend(chance.choice((0, 0, 1, 5, 25)) for _ in range(2))
        agency.unseens.extend(chance.choice((0, 0, 1, 4, 40)) for _ in range(2))
        agency.twices.extend(chance.choice((False, True)) for _ in range(2))
        match chance.choice(("deposit", "edit", "work", "work", "two", "killed", "killed late")):
            case "deposit":
                numbers.append(await deposit(title=f"work {step}", type=chance.choice(("Dataset", "Preprint"))))
            case "edit" if numbers:
                number = chance.choice(numbers)
                answer = await client.put(
                    f"/sword/v2/edit/{number}", data=entry(title=f"edited {step}", type="Dataset"), headers=ATOM
                )
                assert answer.status == 200
            case "killed" | "killed late" as when:
                await _killed(registering, clock, 0.01 if when == "killed" else 0.1)
            case "two":
                await asyncio.gather(registering.worker.drain(), registering.worker.drain())
            case _:
                agency.moods.extend(
                    chance.choice([m for m in Mood if m is not Mood.REFUSED]) for _ in range(chance.randint(0, 3))
                )
                await registering.worker.drain()
        clock.pass_time(minutes=chance.choice((0, 1, 30, -5)))
    for script in (agency.moods, agency.rests, agency.unseens, agency.twices):
        script.clear()
    await work(registering, clock)
    agency.finish()
    wanted = [found for number in numbers for found in await entries(registering, number)]
    assert {found.state for found in wanted} <= {State.REGISTERED}
    assert len({found.value for found in wanted}) == len(numbers), "one name a work"
    assert agency.dois.keys() == {found.value for found in wanted}
    assert len({each.file_name for each in agency.submissions}) == len(agency.submissions), "a file name for each"
    for found in wanted:
        doi = agency.dois[found.value]
        assert doi.url == f"https://repository.example.org/items/{found.record_id}"
        assert doi.versions == sorted(set(doi.versions)), "stamps only ever rise"
        stored = await registering.database.read(records.get, found.record_id or "")
        assert doi.title == stored.record.title.value, "the agency knows the newest title"


async def _killed(house: House, clock: SetClock, after: float) -> None:
    """Start the worker and cut it off as a kill would: claims stay claimed until their lease runs out."""
    running = asyncio.create_task(house.worker.drain())
    await asyncio.sleep(after)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    clock.pass_time(minutes=10)
