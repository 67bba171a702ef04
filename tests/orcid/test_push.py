"""Works on somebody's ORCID record: put there, changed, taken away, found again; and what ORCID may answer."""

from server.orcid import ledger
from server.orcid.model import WorkState
from tests.fakes.orcid import MENDEL
from tests.fakes.orcid_answers import page_of
from tests.orcid.conftest import IRI, Desk
from tests.people.visits import agent, published, work


async def rows(desk: Desk):
    return await desk.house.database.read(ledger.of_person, desk.who.id)


async def test_a_work_is_put_there(desk: Desk) -> None:
    number = await published(desk.house, 1, work("Peas", agent("Mendel, G.", IRI)))
    await desk.house.worker.drain()
    assert not desk.fake.log, "nobody permitted anything"
    await desk.link()
    await desk.house.worker.drain()
    ((code, element),) = desk.fake.ours(MENDEL).items()
    assert page_of(element) == f"https://repository.example.org/items/{number}".lower()
    row = (await rows(desk))[number]
    assert (row.state, row.put_code, row.acked) == (WorkState.CURRENT, code, row.wanted)
