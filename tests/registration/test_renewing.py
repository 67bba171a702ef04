"""Taking a new number: a name that is another's is given up and never minted again, and its work gets the next one."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient

from server import control
from server.audit.log import OPERATOR
from server.control.identifiers import Which
from server.errors import Conflict
from server.house import House
from server.identifiers import ledger, mint, renewing
from server.identifiers.model import State
from server.jobs import queue
from tests.admin.identifiers.test_one import sent_form
from tests.admin.visits import login
from tests.conftest import SetClock
from tests.fakes.datacite import Doi, FakeDatacite, Repository
from tests.fakes.datacite_schema import XSD
from tests.registration.test_compare import FIRST, set_profile
from tests.writers import Writer

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
SECOND = FIRST.removesuffix("1") + "2"


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def writer(house: House, clock: SetClock) -> Writer:
    return Writer(house.database, house.press, clock)


@pytest.fixture
async def refused(house: House, agency: FakeDatacite, writer: Writer) -> str:
    """A work whose number another system used; its id."""
    await set_profile(house, agency)
    agency.dois[FIRST] = Doi(FIRST, "INST.REPO", "findable", {"url": "https://old.example.net/thesis/1"})
    number = await writer.publish("peas")
    await house.worker.drain()
    return number


async def test_the_work_gets_the_next_number_and_the_other_is_kept_from_all(
    house: House, agency: FakeDatacite, refused: str, writer: Writer, clock: SetClock
) -> None:
    new = await house.database.write(renewing.renew, 1, house.agencies, OPERATOR, clock())
    assert new.value == SECOND
    await house.worker.drain()
    assert agency.dois[SECOND].state == "findable"
    assert agency.dois[FIRST].url == "https://old.example.net/thesis/1"
    [entry] = await house.database.read(ledger.of_record, refused)
    assert (entry.value, entry.state) == (SECOND, State.REGISTERED)
    old = await house.database.read(ledger.get, 1)
    assert old is not None
    assert (old.state, old.record_id, old.own) == (State.GIVEN_UP, None, False)
    assert not (await house.database.read(queue.counts)).keys() & {"held", "ready", "deferred"}
    await writer.revise(refused, "Beans")
    await house.worker.drain()
    assert b"Beans" in agency.dois[SECOND].xml
    for number in (1, new.id):
        with pytest.raises(Conflict):
            await house.database.write(renewing.renew, number, house.agencies, OPERATOR, clock())


async def test_a_work_that_comes_with_the_name_has_it(house: House, refused: str, writer: Writer, clock: SetClock) -> None:
    assert refused
    await house.database.write(renewing.renew, 1, house.agencies, OPERATOR, clock())
    other = await writer.publish("the thesis itself")
    await house.database.write(ledger.keep_external, other, "doi", FIRST, FIRST, clock())
    old = await house.database.read(ledger.get, 1)
    assert old is not None
    assert (old.state, old.record_id) == (State.EXTERNAL, other)


async def test_what_only_waits_for_its_metadata_keeps_its_number(
    house: House, agency: FakeDatacite, writer: Writer, clock: SetClock
) -> None:
    await set_profile(house, agency)
    await writer.publish("peas")
    with pytest.raises(Conflict, match="It keeps its number"):
        await house.database.write(renewing.renew, 1, house.agencies, OPERATOR, clock())
    entry = await house.database.read(ledger.get, 1)
    assert entry is not None
    await house.database.write(ledger.refuse, entry, "DataCite would refuse it: titles: none.", clock())
    with pytest.raises(Conflict, match="It keeps its number") as error:
        await house.database.write(renewing.renew, 1, house.agencies, OPERATOR, clock())
    assert "mended in the work" in error.value.remedy


async def test_not_while_the_agency_is_asked_nor_where_nobody_mints_any_more(house: House, refused: str, clock: SetClock) -> None:
    assert refused
    await house.database.write(queue.enqueue, mint.REGISTER, "1", clock())
    [job] = await house.database.write(queue.claim, [mint.REGISTER], clock())
    with pytest.raises(Conflict, match="at this moment"):
        await house.database.write(renewing.renew, 1, house.agencies, OPERATOR, clock())
    await house.database.write(queue.release, job, clock())
    await control.profile_enable(house, control.ProfileEnable(name="Our DOIs", enabled=False))
    with pytest.raises(Conflict, match="No profile that is switched on"):
        await house.database.write(renewing.renew, 1, house.agencies, OPERATOR, clock())


async def test_from_its_page_and_from_the_command_line(
    client: TestClient, house: House, agency: FakeDatacite, refused: str
) -> None:
    assert refused
    await login(client)
    page = await (await client.get("/admin/identifiers/1")).text()
    assert "Take a new number" in page
    assert await sent_form(client, "/admin/identifiers/1/renew") == (303, "/admin/identifiers/2?done=identifier-renewed")
    page = await (await client.get("/admin/identifiers/1")).text()
    assert "given up" in page
    assert "Take a new number" not in page
    status, said = await sent_form(client, "/admin/identifiers/1/renew")
    assert (status, "It came with its work" in said) == (409, True)
    agency.dois[SECOND] = Doi(SECOND, "INST.REPO", "findable", {"url": "https://old.example.net/thesis/2"})
    await house.worker.drain()
    told = await control.OPERATIONS["identifier-renew"].run(house, Which(value=SECOND))
    assert told == {"value": FIRST.removesuffix("1") + "3"}
