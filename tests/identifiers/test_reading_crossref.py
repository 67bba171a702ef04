"""The reading side of Crossref: what it shows of each record type is no difference, and what somebody changed is one."""

import aiohttp
import pytest
from lxml import etree

from server.errors import Invalid
from server.identifiers.comparing import Drift, Wanted, differences
from server.identifiers.crossref import works as reading
from server.identifiers.crossref.works import CrossrefWorks
from server.identifiers.model import AgencyState, Desired, Failed, Fault
from server.metadata.crossref.document import body
from server.records import model
from tests.fakes.crossref import Doi, FakeCrossref, Mood
from tests.identifiers.test_agency_crossref import DOI, PASSWORD, account
from tests.metadata import famous


@pytest.fixture
async def fake():
    fake = FakeCrossref()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def works(fake):
    async with aiohttp.ClientSession() as session:
        yield CrossrefWorks(account(fake.url), session)


def wanted(*, withdrawn: bool = False) -> Desired:
    record = model.Record(
        type="dataset.dataset",
        title=model.Text(value="Versuche über <i>Pflanzen</i>-Hybriden"),
        creators=(
            model.Agent(given="Gregor", family="Mendel"),
            model.Agent(name="Naturforschender Verein", kind="org"),
        ),
    )
    work = famous.work(1, record, doi=DOI)
    state = AgencyState.HIDDEN if withdrawn else AgencyState.FINDABLE
    return Desired(DOI, work.landing_url, state, body(work, repository="Museum", withdrawn=withdrawn))


def register(fake: FakeCrossref, desired: Desired, name: str = DOI, url: str = "") -> None:
    record = next(element.getparent() for element in etree.fromstring(desired.metadata).iter("{*}doi_data"))
    fake.dois[name.lower()] = Doi(1, url or desired.url, record)


async def compared(works: CrossrefWorks, desired: Desired) -> list[Drift]:
    told = await works.look(desired.value)
    assert not isinstance(told, Failed)
    return [found.kind for found in differences(Wanted(desired, works.facts(desired.metadata)), told)]


@pytest.mark.parametrize("withdrawn", [False, True])
async def test_what_crossref_shows_of_a_deposit_is_no_difference(fake, works, withdrawn):
    desired = wanted(withdrawn=withdrawn)
    assert await compared(works, desired) == [Drift.UNKNOWN_THERE]
    register(fake, desired)
    facts = works.facts(desired.metadata)
    assert facts["contributors"] == ("gregor mendel", "naturforschender verein")
    assert facts["titles"]
    assert await compared(works, desired) == []


async def test_what_somebody_changed_is_a_difference(fake, works):
    register(fake, wanted(withdrawn=True), url="https://elsewhere.net/1")
    assert await compared(works, wanted()) == [Drift.URL, Drift.STATE]
    register(fake, wanted())
    fake.dois[DOI].document.find("{*}titles/{*}title").text = "Beans"
    assert await compared(works, wanted()) == [Drift.METADATA]


async def test_all_of_the_prefix_are_listed_by_page(fake, works, monkeypatch):
    monkeypatch.setattr(reading, "ROWS", 10)
    for number in range(25):
        register(fake, wanted(), f"10.82433/{number:03}")
    register(fake, wanted(), "10.5555/1")
    seen, cursor = [], ""
    while True:
        page = await works.every(cursor)
        assert page.total == 25
        seen += [told.value for told in page.told]
        if not (cursor := page.cursor):
            break
    assert seen == [f"10.82433/{number:03}" for number in range(25)]
    assert len(fake.log) == 3
    assert PASSWORD not in repr(fake.log)
    assert fake.log[0].query["mailto"] == "library@example.org"


@pytest.mark.parametrize(
    ("mood", "fault"), [(Mood.DOWN, Fault.TRANSIENT), (Mood.GARBAGE, Fault.UNKNOWN), (Mood.CUT, Fault.TRANSIENT)]
)
async def test_a_mood_never_looks_like_a_doi_that_is_not_there(fake, works, mood, fault):
    fake.mood = mood
    for outcome in (await works.look(DOI), await works.every("")):
        assert isinstance(outcome, Failed)
        assert outcome.fault is fault


async def test_the_test_system_shows_nothing(fake):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(Invalid, match="test system"):
            CrossrefWorks(account(), session)
        assert CrossrefWorks(account(environment="production"), session).lag
