"""Two people who are one: nothing either was known by is lost, the works follow, and it can be undone."""

import pytest

from server.audit import log
from server.errors import Conflict, Invalid, NotFound
from server.house import House
from server.people import keeping, linking, merging, store
from server.people.linking import LinkState, Place
from server.people.model import Person, PersonId, Post, Spelling
from tests.people.visits import LIBRARIAN, ORCID, OTHER_ORCID, agent, person, published, work

ONE = Person(family="Curie", given="Marie", ids=(PersonId(value=ORCID),), affiliations=(Post(name="Sorbonne"),))
OTHER = Person(
    family="Skłodowska", given="Maria", ids=(PersonId(scheme="viaf", value="76353174"),), email="maria@example.org",
    affiliations=(Post(name="Flying University"), Post(name="Sorbonne")),
)  # fmt: skip


async def merged(house: House, kept: int, gone: int) -> store.Kept:
    return await house.database.write(merging.merge, kept, gone, LIBRARIAN, house.clock())


async def links(house: House, record_id: str) -> list[tuple[int, str]]:
    return [(one.person_id, one.state.value) for one in await house.database.read(linking.of_record, record_id)]


async def test_merging_keeps_names_identifiers_affiliations_and_works(house: House) -> None:
    one, other = await person(house, ONE), await person(house, OTHER)
    first = await published(house, 1, work("Radium", agent("Curie, M.", ORCID)))
    second = await published(house, 2, work("Polonium", agent("Sklodowska, Maria")))
    place = Place(second, "creators", 0)
    await house.database.write(keeping.decide, other.id, place, LinkState.LINKED, LIBRARIAN, house.clock())
    seen = await house.database.read(merging.preview, one.id, other.id)
    assert (seen.works, seen.problem) == (1, "")
    after = await merged(house, one.id, other.id)
    assert after.person == seen.person
    assert after.person.spellings == (Spelling(family="Skłodowska", given="Maria"),)
    assert [i.scheme for i in after.person.ids] == ["orcid", "viaf"]
    assert [post.name for post in after.person.affiliations] == ["Sorbonne", "Flying University"]
    await house.worker.drain()
    assert await links(house, first) == [(one.id, "linked")]
    assert await links(house, second) == [(one.id, "linked")]
    gone = await house.database.read(store.get, other.id)
    assert (gone.merged_into, gone.active) == (one.id, False)
    deeds = [line.deed for line in await house.database.read(log.search, log.Asked(subject_kind="person"), 10)]
    assert deeds[:2] == ["person.merged-away", "person.merged"]


async def test_a_merging_can_be_undone(house: House) -> None:
    one, other = await person(house, ONE), await person(house, OTHER)
    second = await published(house, 2, work("Polonium", agent("Sklodowska, Maria")))
    place = Place(second, "creators", 0)
    await house.database.write(keeping.decide, other.id, place, LinkState.LINKED, LIBRARIAN, house.clock())
    await merged(house, one.id, other.id)
    await house.worker.drain()
    await house.database.write(merging.part, other.id, LIBRARIAN, house.clock())
    await house.worker.drain()
    assert (await house.database.read(store.get, one.id)).person == ONE
    back = await house.database.read(store.get, other.id)
    assert (back.person, back.merged_into, back.active) == (OTHER, None, True)
    assert await house.database.read(store.owner_of, "viaf", "76353174") == other.id
    assert await links(house, second) == [(other.id, "linked")]
    with pytest.raises(NotFound):
        await house.database.write(merging.part, other.id, LIBRARIAN, house.clock())


async def test_what_was_changed_after_a_merging_is_not_thrown_away_by_undoing_it(house: House) -> None:
    one, other = await person(house, ONE, looked=False), await person(house, OTHER, looked=False)
    after = await merged(house, one.id, other.id)
    changed = Person(family="Curie", given="Marie Salomea")
    await house.database.write(keeping.change, one.id, after.version, changed, LIBRARIAN, house.clock())
    with pytest.raises(Conflict, match="after the merging"):
        await house.database.write(merging.part, other.id, LIBRARIAN, house.clock())


async def test_two_orcids_two_people(house: House) -> None:
    one = await person(house, ONE, looked=False)
    other = await person(house, Person(family="Curie", given="Pierre", ids=(PersonId(value=OTHER_ORCID),)), looked=False)
    assert "two different ORCID" in (await house.database.read(merging.preview, one.id, other.id)).problem
    with pytest.raises(Invalid):
        await merged(house, one.id, other.id)
    with pytest.raises(Invalid):
        await merged(house, one.id, one.id)
    assert (await house.database.read(store.get, other.id)).active


async def test_a_refusal_stays_one_when_people_are_merged(house: House) -> None:
    one, other = (
        await person(house, Person(family="Curie", given="M.")),
        await person(house, Person(family="Curie", given="Marie")),
    )
    record_id = await published(house, 1, work("Radium", agent("Curie, M.")))
    place = Place(record_id, "creators", 0)
    await house.database.write(keeping.decide, one.id, place, LinkState.REFUSED, LIBRARIAN, house.clock())
    await merged(house, one.id, other.id)
    await house.worker.drain()
    assert await links(house, record_id) == [(one.id, "refused")]


async def test_an_account_goes_with_its_person(house: House) -> None:
    one, other = await person(house, ONE, looked=False), await person(house, OTHER, looked=False)
    await house.database.write(keeping.set_account, other.id, 1, LIBRARIAN, house.clock())
    await merged(house, one.id, other.id)
    assert (await house.database.read(store.of_account, 1)).id == one.id
    await house.database.write(merging.part, other.id, LIBRARIAN, house.clock())
    assert (await house.database.read(store.of_account, 1)).id == other.id
    with pytest.raises(Conflict, match="Skłodowska"):
        await house.database.write(keeping.set_account, one.id, 1, LIBRARIAN, house.clock())
