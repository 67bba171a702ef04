"""DOIs of another system taken over: line by line judged first, then ours, in the state the agency says, and leading to us."""

from collections.abc import AsyncIterator

import pytest

from server import control
from server.audit.log import OPERATOR
from server.db import sequences
from server.errors import Conflict, Invalid
from server.house import House
from server.identifiers import arrivals, ledger
from server.identifiers.arrivals import MIGRATE, Arrival, Line
from server.identifiers.migrate import Migrate
from server.identifiers.model import State
from server.identifiers.register_set import RegisterSet
from server.profiles import store as profiles
from server.records import lists
from server.runs import store as runs
from server.runs.model import RunState
from tests.conftest import SetClock
from tests.fakes.datacite import FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import XSD
from tests.registration import drifted as scene
from tests.registration.drifted import bring, migrated, name, record_id, set_profile
from tests.writers import Writer

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def brought(house: House, agency: FakeDatacite) -> House:
    """A house into which twelve works came with their DOIs, which lead to the old system."""
    await set_profile(house, agency)
    await bring(house, agency, 12, elsewhere=12)
    return house


async def judged(house: House, lines: list[Line]) -> list[Arrival]:
    profile = await house.database.read(profiles.get, "Our DOIs")
    await house.database.write(arrivals.plan, profile, house.agencies[profile.kind], lines)
    return [
        each for fine in (True, False) for each in await house.database.read(arrivals.page, profile.id, fine=fine, limit=1000)
    ]


async def problems(house: House, number: int) -> dict[str, str]:
    items = await house.database.read(runs.items, number, limit=1000)
    return {item.subject.title: item.message for item in items if item.outcome.value == "failed"}


async def entry_of(house: House, number: int) -> ledger.Entry:
    (entry,) = await house.database.read(ledger.of_record, record_id(number))
    return entry


async def test_each_becomes_ours_and_leads_to_us_by_its_address_alone(brought: House, agency: FakeDatacite) -> None:
    before = {value: there.xml for value, there in agency.dois.items()}
    run = await migrated(brought, [Line(n + 1, name(n), "") for n in range(12)])
    assert (run.state, run.counts.changed) == (RunState.COMPLETED, 12)
    for n in range(12):
        entry, there = await entry_of(brought, n), agency.dois[name(n)]
        assert (entry.own, entry.migrated, entry.state, entry.environment) == (True, True, State.REGISTERED, "test")
        assert there.url == f"https://repository.example.org/items/{record_id(n)}"
        assert there.xml == before[name(n)], "its metadata stay"
        assert agency.handles[name(n)] == there.url
        assert (await brought.database.read(ledger.shown, record_id(n))).doi == name(n)
    sent = [call.json["data"]["attributes"] for call in agency.log if call.method == "PUT"]
    assert [set(attributes) for attributes in sent] == [{"url"}] * 12
    assert len(agency.log) == 13


async def test_a_second_time_there_is_nothing_to_take_over(brought: House, agency: FakeDatacite) -> None:
    lines = [Line(n + 1, name(n), "") for n in range(12)]
    await migrated(brought, lines)
    calls = len(agency.log)
    assert {each.problem for each in await judged(brought, lines)} == {"It is ours already."}
    run = await migrated(brought, lines)
    assert run.state is RunState.NO_EFFECT
    assert len(agency.log) == calls + 1


async def test_whatever_is_against_a_line_is_said_line_by_line(brought: House) -> None:
    lines = [
        Line(1, f"https://doi.org/{name(0).upper()}", f"https://repository.example.org/items/{record_id(0)}"),
        Line(2, name(1), record_id(1)),
        Line(3, "peas", ""),
        Line(4, "10.5072/1", ""),
        Line(5, name(1), ""),
        Line(6, name(2), record_id(3)),
        Line(7, name(999), ""),
        Line(8, name(998), record_id(999)),
        Line(9, name(997), record_id(4)),
    ]
    found = {each.line: (each.record_id, each.problem) for each in await judged(brought, lines)}
    assert found == {
        1: (record_id(0), ""),
        2: (record_id(1), ""),
        9: (record_id(4), ""),
        3: (None, "It is no DOI."),
        4: (None, "It does not begin with the prefix of the profile, 10.82433."),
        5: (record_id(1), "It stands in line 2 already."),
        6: (record_id(3), f"It belongs to the work {record_id(2)}."),
        7: (None, "No work came with it; name the work beside it."),
        8: (None, f"There is no work {record_id(999)!r}."),
    }
    assert (await entry_of(brought, 0)).own is False, "judging changes nothing"


async def test_what_the_agency_says_otherwise_is_kept_as_it_says(brought: House, agency: FakeDatacite, clock: SetClock) -> None:
    del agency.dois[name(0)]
    agency.dois[name(1)].state = "registered"
    agency.dois[name(2)].owner = "OTHER.REPO"
    run = await migrated(brought, [Line(n + 1, name(n), "") for n in range(4)])
    assert (run.counts.changed, run.counts.warning, run.counts.failed) == (1, 1, 2)
    assert (await problems(brought, run.id))[name(0)] == "The agency does not know it under this account; nothing was changed."
    assert set(await problems(brought, run.id)) == {name(0), name(2)}, "another's is not on our list"
    assert [(await entry_of(brought, n)).own for n in range(4)] == [False, True, False, True]
    clock.pass_time(hours=1)
    await brought.worker.drain()
    assert agency.dois[name(1)].state == "findable", "hidden there, published here: all of it was sent"
    assert agency.dois[name(1)].url.endswith(record_id(1))


async def test_an_answer_that_is_lost_changes_nothing_twice(brought: House, agency: FakeDatacite, clock: SetClock) -> None:
    agency.moods.extend([Mood.WELL, *[Mood.LOST] * 5])
    run = await migrated(brought, [Line(n + 1, name(n), "") for n in range(12)])
    for _ in range(6):
        clock.pass_time(hours=1)
        await brought.worker.drain()
    run = await brought.database.read(runs.get, run.id)
    assert (run.state, run.counts.changed) == (RunState.COMPLETED, 12)
    assert all(there.url == agency.handles[value] for value, there in agency.dois.items())


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"update_migrated": False}, "does not update DOIs of migrated assets"), ({"endpoint": ""}, "is a production environment")],
)
async def test_a_profile_that_may_not_is_refused(
    brought: House, agency: FakeDatacite, changes: dict[str, object], words: str
) -> None:
    await set_profile(brought, agency, **changes)
    with pytest.raises(Invalid, match=words):
        await migrated(brought, [Line(1, name(0), "")])
    assert agency.log == []
    assert (await entry_of(brought, 0)).own is False


async def test_a_production_profile_may(brought: House, agency: FakeDatacite) -> None:
    await set_profile(brought, agency, environment="production", endpoint="")
    task = brought.tasks.get(MIGRATE)
    assert await brought.database.read(task.profile, Migrate(profile="Our DOIs", plan=0))


async def test_what_is_taken_over_is_what_was_confirmed(brought: House, agency: FakeDatacite) -> None:
    """While it waits or runs nobody puts another list in its place; what was confirmed before another list came is refused."""
    await judged(brought, [Line(1, name(0), "")])
    profile = await brought.database.read(profiles.get, "Our DOIs")
    confirmed = Migrate(profile="Our DOIs", plan=await brought.database.read(arrivals.planned, profile.id))
    task, others = brought.tasks.get(MIGRATE), [Line(n, name(n), "") for n in range(1, 6)]
    run = await brought.database.write(runs.start, task, confirmed, OPERATOR, brought.clock())
    with pytest.raises(Conflict, match=f"Job {run.id} is taking over"):
        await judged(brought, others)
    await brought.worker.drain()
    assert [(await entry_of(brought, n)).own for n in range(6)] == [True, *[False] * 5]
    assert [agency.dois[name(n)].url.startswith("https://old.example.net") for n in range(6)] == [False, *[True] * 5]

    await judged(brought, others)
    run = await brought.database.read(runs.get, run.id)
    with pytest.raises(Conflict, match="Another list was looked through"):
        await brought.database.write(runs.again, task, run, OPERATOR, brought.clock())
    assert not any([(await entry_of(brought, n)).own for n in range(1, 6)])


async def test_a_list_that_comes_between_stops_what_was_confirmed_before(brought: House, agency: FakeDatacite) -> None:
    """Whatever let it come: the run itself looks at each page whether its list is still there."""
    await judged(brought, [Line(1, name(0), "")])
    profile = await brought.database.read(profiles.get, "Our DOIs")
    plan = await brought.database.read(arrivals.planned, profile.id)
    task = brought.tasks.get(MIGRATE)
    run = await brought.database.write(runs.start, task, Migrate(profile="Our DOIs", plan=plan), OPERATOR, brought.clock())
    await brought.database.write(sequences.take, f"arrivals {profile.id}")
    await brought.worker.drain()
    assert (await brought.database.read(runs.get, run.id)).state is RunState.FAILED
    assert (await entry_of(brought, 0)).own is False


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffDOI,Work\n10.82433/1,a\n10.82433/2\n\n",
        "DOI;Work;Note\r\n10.82433/1;a;x\r\n10.82433/2;;y\r\n",
        "10.82433/1\ta\n10.82433/2\t\n",
    ],
)
def test_a_spreadsheet_is_read_whatever_its_commas(text: str) -> None:
    assert [(line.doi, line.work) for line in arrivals.read(text)] == [("10.82433/1", "a"), ("10.82433/2", "")]


def test_a_first_line_whose_doi_is_mistyped_is_no_heading() -> None:
    assert [line.doi for line in arrivals.read("1O,82433/1\n10.82433/2\n")] == ["1O", "10.82433/2"]


@pytest.mark.parametrize("text", ["", "\n\n", "DOI,Work\n"])
def test_a_spreadsheet_without_lines_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="no lines"):
        arrivals.read(text)


async def test_the_works_of_a_set_get_dois_and_those_that_have_one_keep_it(
    house: House, agency: FakeDatacite, clock: SetClock
) -> None:
    writer = Writer(house.database, house.press, clock)
    ids = [await writer.publish(f"peas {n}") for n in range(3)]
    await set_profile(house, agency)
    ids.append(await writer.publish("beans"))
    await house.worker.drain()
    assert len(agency.dois) == 1
    spec = next(spec for spec in await house.database.read(lists.all_sets) if spec)
    assert await house.database.read(lists.size, spec) == 4
    run = await scene.run(house, "register-set", RegisterSet(set=spec))
    assert (run.state, run.counts.changed, run.counts.unchanged) == (RunState.COMPLETED, 3, 1)
    assert {there.state for there in agency.dois.values()} == {"findable"}
    assert len(agency.dois) == 4
    assert all([(await house.database.read(ledger.shown, number)).doi for number in ids])
    assert (await scene.run(house, "register-set", RegisterSet(set=spec))).state is RunState.NO_EFFECT
    agency.mood = Mood.DOWN
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="Our DOIs", values={"start": 7}))
    await writer.publish("lentils")
    assert (await scene.run(house, "register-set", RegisterSet(set=spec))).state is RunState.WARNINGS, "not confirmed is not done"
