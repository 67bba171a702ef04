"""Whose an imported permission is: of nobody who only says so; and what it proves, and when."""

import pytest

from server.accounts import store as accounts
from server.accounts.model import Role
from server.audit.log import Actor
from server.orcid import bringing, links
from server.orcid.bringing import Faulty
from server.orcid.model import Consent
from server.people import keeping
from server.people import store as people
from server.people.linking import LinkState, Place
from server.people.model import Person, PersonId
from tests.conftest import HASH
from tests.fakes.orcid import CURIE, MENDEL
from tests.orcid.conftest import IRI, Desk
from tests.people.visits import LIBRARIAN, agent, person, published, work

HERS = PersonId(value=f"https://orcid.org/{CURIE}")


async def bring(desk: Desk, body: str, **fields: str) -> int:
    settings = await desk.settings(**fields)
    rows = bringing.read(body)
    return await desk.house.database.write(bringing.bring, settings, desk.house.seal, rows, LIBRARIAN, desk.clock())


async def squatter(desk: Desk) -> int:
    """Somebody who types in another person's iD."""
    account = await desk.house.database.write(accounts.add, "koch", Role.RESEARCHER, HASH, desk.clock())
    typed = Person(family="Koch", given="Robert", ids=(HERS,))
    kept = await desk.house.database.write(keeping.save_own, account.id, 0, typed, Actor("koch", account.id), desk.clock())
    return kept.id


async def test_who_only_typed_an_id_in_is_not_its_owner(desk: Desk) -> None:
    other = await squatter(desk)
    token = desk.fake.grant(CURIE)
    with pytest.raises(Faulty) as caught:
        await bring(desk, f"orcid,access_token\n{CURIE},{token}\n")
    assert [(one.line, "known for sure" in one.text) for one in caught.value.faults] == [(2, True)]
    marie = await person(desk.house, Person(family="Curie", given="Marie", email="marie@example.org"))
    assert await bring(desk, f"orcid,access_token,email\n{CURIE},{token},marie@example.org\n") == 1
    assert (await desk.house.database.read(links.find, marie.id)).orcid == CURIE
    assert await desk.house.database.read(links.find, other) is None


async def test_an_imported_id_is_proved_when_orcid_takes_a_work(desk: Desk, registry: None) -> None:
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    token = desk.fake.grant(MENDEL)
    assert await bring(desk, f"orcid,access_token\n{MENDEL},{token}\n", target="production", endpoint="") == 1
    assert not await desk.house.database.read(people.proved, desk.who.id), "a file proves nothing"
    await desk.house.worker.drain()
    assert await desk.house.database.read(people.proved, desk.who.id) == {("orcid", IRI)}
    (element,) = desk.fake.ours(MENDEL).values()
    uris = [one.text for one in element.iter("{http://www.orcid.org/ns/common}uri")]
    assert uris == [IRI], "the iD goes with the work from now on"
    desk.fake.tokens.clear()
    await published(desk.house, 2, work("Bees", agent("Mendel, Gregor", IRI)))
    await desk.house.worker.drain()
    assert (await desk.house.database.read(links.find, desk.who.id)).state is Consent.REVOKED
    assert not await desk.house.database.read(people.proved, desk.who.id), "what it proved goes with it"


async def test_a_wrong_pair_in_a_file_proves_nothing(desk: Desk, registry: None) -> None:
    marie = await person(desk.house, Person(family="Curie", given="Marie", email="marie@example.org"))
    number = await published(desk.house, 1, work("Radium", agent("Curie, Marie")))
    place = Place(number, "creators", 0)
    await desk.house.database.write(keeping.decide, marie.id, place, LinkState.LINKED, LIBRARIAN, desk.clock())
    body = f"orcid,access_token,email\n{CURIE},{desk.fake.grant(MENDEL)},marie@example.org\n"
    assert await bring(desk, body, target="production", endpoint="") == 1
    await desk.house.worker.drain()
    assert (await desk.house.database.read(links.find, marie.id)).state is Consent.REVOKED
    assert not await desk.house.database.read(people.proved, marie.id)
    assert not (await desk.house.database.read(people.get, marie.id)).person.ids
