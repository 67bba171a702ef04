"""What the tests of people share: works by their creators, and somebody who acts."""

from server.audit.log import Actor
from server.house import House
from server.people import keeping
from server.people.model import Person
from server.people.store import Kept
from server.publishing import prepare, publish
from server.records.model import Affiliation, Agent, AgentId, Record, Text
from server.records.store import New, State

LIBRARIAN = Actor("librarian", None)
ORCID, OTHER_ORCID = "https://orcid.org/0000-0002-1825-0097", "https://orcid.org/0000-0001-5109-3700"
MENDEL = Person(family="Mendel", given="Gregor Johann")


def agent(name: str, orcid: str = "", at: str = "") -> Agent:
    family, _, given = name.partition(", ")
    ids = (AgentId(scheme="orcid", value=orcid),) if orcid else ()
    return Agent(family=family, given=given, ids=ids, affiliations=(Affiliation(name=at),) if at else ())


def work(title: str, *creators: Agent) -> Record:
    return Record(type="publication.journalArticle", title=Text(value=title), creators=creators)


async def published(house: House, number: int, record: Record) -> str:
    """Publish a work under an id made of a number."""
    record_id = f"01J{number:023d}"
    new = New(record_id, record, "works", State.PUBLISHED)
    now = house.clock()
    await house.database.write(publish, house.press, new, prepare(house.press, record_id, record, now), now)
    return record_id


async def person(house: House, who: Person = MENDEL, *, looked: bool = True) -> Kept:
    """Keep a person, and look through the works for them."""
    kept = await house.database.write(keeping.add, who, LIBRARIAN, house.clock())
    if looked:
        await house.worker.drain()
    return kept
