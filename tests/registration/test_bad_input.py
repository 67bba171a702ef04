"""Bad input through the real worker: a clear state, no loop, one message; and once it is mended the registration goes on by itself."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from sqlalchemy import Connection, func, select
from ulid import ULID

from server import control, publishing
from server.events.tables import outbox
from server.house import House
from server.identifiers import ledger
from server.identifiers.model import State
from server.identifiers.tables import submissions
from server.jobs import queue
from server.profiles import store as profiles
from server.publishing import Press
from server.records.model import Agent, Publisher, Text
from server.records.store import New
from server.records.store import State as WorkState
from tests.conftest import SetClock
from tests.fakes.crossref import FakeCrossref
from tests.fakes.crossref_schema import XSD as CROSSREF
from tests.fakes.datacite import FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import XSD as KERNEL
from tests.writers import Writer, record

pytestmark = pytest.mark.skipif(not (CROSSREF.exists() and KERNEL.exists()), reason="the stand-ins need SHEAF_SHARED")

ACCOUNT = {"prefix": "10.82433", "password": "correct horse", "environment": "test"}
DATACITE = ACCOUNT | {"account_id": "INST.REPO", "types": ["dataset"]}
MEMBER = {"account_id": "role", "registration_name": "Abbey", "email": "library@example.org", "repository_name": "Garden notes"}
CROSSREF_TOO = ACCOUNT | MEMBER | {"types": ["publication.report"]}
AT_ONCE = 32
"""Requests that may be on their way when the first refusal comes back."""


@pytest.fixture
async def datacite() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def crossref() -> AsyncIterator[FakeCrossref]:
    fake = FakeCrossref()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def writer(house: House, datacite: FakeDatacite, crossref: FakeCrossref, clock: SetClock) -> Writer:
    """Somebody whose datasets DataCite registers, and whose reports Crossref."""
    for kind, values, url in (("datacite", DATACITE, datacite.url), ("crossref", CROSSREF_TOO, crossref.url)):
        await control.profile_set(house, control.ProfileSet(kind=kind, name=kind, values=values | {"endpoint": url}))
    return Writer(house.database, house.press, clock)


async def work(house: House, clock: SetClock, rounds: int = 60) -> None:
    """Let the worker run until nothing is due, and time pass, until nothing waits but for a person."""
    for _ in range(rounds):
        await house.worker.drain()
        if not (await house.database.read(queue.counts)).keys() & {"ready", "deferred", "active"}:
            return
        clock.pass_time(minutes=10)
    raise AssertionError("something waits for ever")


async def state(house: House, work_id: str) -> tuple[State, str]:
    (entry,) = await house.database.read(ledger.of_record, work_id)
    return entry.state, entry.message or ""


async def told(house: House) -> dict[str, int]:
    """Count what was told of identifiers, by kind."""

    def counted(tx: Connection) -> dict[str, int]:
        kinds = select(outbox.c.type, func.count()).where(outbox.c.type.startswith("identifier.")).group_by(outbox.c.type)
        return {row[0]: row[1] for row in tx.execute(kinds)}

    found = await house.database.read(counted)
    return {kind: number for kind, number in found.items() if kind != "identifier.registered"}


async def test_a_publisher_with_a_control_character_is_registered_without_it(
    house: House, writer: Writer, datacite: FakeDatacite, crossref: FakeCrossref, clock: SetClock
) -> None:
    name = Publisher(name="Abbey\x0b of\x00 St Thomas")
    works = [await writer.publish("Peas", type=code, publisher=name) for code in ("dataset.dataset", "publication.report")]
    await work(house, clock)
    assert [(await state(house, each))[0] for each in works] == [State.REGISTERED] * 2
    (doi,) = datacite.dois.values()
    assert b"<publisher>Abbey of St Thomas</publisher>" in doi.xml
    assert (len(datacite.log), len(crossref.submissions), await told(house)) == (2, 1, {})


async def test_a_paper_of_three_hundred_authors_is_registered_in_one_go(
    house: House, writer: Writer, datacite: FakeDatacite, crossref: FakeCrossref, clock: SetClock
) -> None:
    many = tuple(Agent(family=f"Curie {'IVX'[n % 3]}", given="Marie") for n in range(300))
    works = [await writer.publish("Rays", type=code, creators=many) for code in ("dataset.dataset", "publication.report")]
    await work(house, clock)
    assert [(await state(house, each))[0] for each in works] == [State.REGISTERED] * 2
    (doi,) = datacite.dois.values()
    assert doi.xml.count(b"<creator>") == 300
    assert (len(datacite.log), len(crossref.submissions), await told(house)) == (2, 1, {})


async def test_an_empty_title_stops_where_the_agency_refuses_it_and_goes_on_when_it_is_mended(
    house: House, writer: Writer, datacite: FakeDatacite, crossref: FakeCrossref, clock: SetClock
) -> None:
    data, report = [await writer.publish(" ", type=code) for code in ("dataset.dataset", "publication.report")]
    await work(house, clock)
    assert (await state(house, data))[0] is State.REGISTERED, "DataCite takes its word for unknown"
    assert await state(house, report) == (State.REJECTED, "Crossref would refuse it: title: is empty.")
    assert crossref.log == [], "nothing is sent that would be refused"
    assert await told(house) == {"identifier.rejected": 1}
    await writer.revise(report, "\t", type="publication.report", abstracts=(Text(value="Still no title"),))
    await work(house, clock)
    assert await told(house) == {"identifier.rejected": 1}, "it is the same trouble"
    await writer.revise(report, "Peas", type="publication.report")
    await work(house, clock)
    assert (await state(house, report))[0] is State.REGISTERED
    assert len(crossref.submissions) == 1


async def test_a_type_that_changed_after_minting(
    house: House, writer: Writer, datacite: FakeDatacite, crossref: FakeCrossref, clock: SetClock
) -> None:
    data, report = [await writer.publish("Peas", type=code) for code in ("dataset.dataset", "publication.report")]
    await work(house, clock)
    calls = len(crossref.log)
    await writer.revise(data, "Peas", type="publication.report")  # a type of the other agency's
    await writer.revise(report, "Peas", type="publication.journalArticle")  # a type Crossref takes from no repository
    await work(house, clock)
    assert (await state(house, data))[0] is State.REGISTERED, "a DOI stays with the agency it was minted for"
    assert (len(datacite.dois), len(datacite.log)) == (1, 3)
    assert b'resourceTypeGeneral="Report"' in next(iter(datacite.dois.values())).xml
    assert await state(house, report) == (
        State.REJECTED,
        "Crossref would refuse it: type: Crossref takes no DOI for Journal article from a repository.",
    )
    assert (len(crossref.log), await told(house)) == (calls, {"identifier.rejected": 1})
    await writer.revise(report, "Peas", type="publication.report")
    await work(house, clock)
    assert (await state(house, report))[0] is State.REGISTERED


def published(tx: Connection, press: Press, count: int, now: datetime) -> list[str]:
    """Publish many works in one go, and return their ids."""
    works = [New(str(ULID()), record(f"Row {n}", type="dataset.dataset"), "works", WorkState.PUBLISHED) for n in range(count)]
    for new in works:
        publishing.publish(tx, press, new, publishing.prepare(press, new.id, new.record, now), now)
    return [new.id for new in works]


@pytest.mark.timeout(240)
async def test_wrong_credentials_with_two_hundred_works_waiting(
    house: House, writer: Writer, datacite: FakeDatacite, clock: SetClock
) -> None:
    many = 200 if house.settings.database_url.startswith("sqlite") else 60  # the same code, and slower
    works = await house.database.write(published, house.press, many, clock())
    datacite.mood = Mood.REFUSED
    await work(house, clock)
    asked = len(datacite.log)
    assert asked <= AT_ONCE
    assert "check account ID and password" in (await house.database.read(profiles.get, "datacite")).paused
    assert await told(house) == {"identifier.blocked": 1}, "once, and not once a DOI"
    states = [(await state(house, each))[0] for each in works]
    assert (states.count(State.BLOCKED), states.count(State.RESERVED)) == (asked, many - asked)
    assert await house.database.read(lambda tx: tx.execute(select(func.count()).select_from(submissions)).scalar_one()) == asked
    clock.pass_time(days=3)
    await work(house, clock)
    assert len(datacite.log) == asked, "nobody asks again by itself"

    datacite.mood = Mood.WELL
    mended = control.ProfileSet(kind="datacite", name="datacite", values={"password": "correct horse"})
    await control.profile_set(house, mended)
    await work(house, clock)
    assert {(await state(house, each))[0] for each in works} == {State.REGISTERED}
    assert len(datacite.log) == asked + 2 * many, "each looked at and sent once"
    assert await told(house) == {"identifier.blocked": 1}
