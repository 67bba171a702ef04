"""Creators found to be people: by identifier at once, by name as candidates, by hand for good."""

import msgspec
import pytest
from sqlalchemy import Connection

from server.accounts import store as accounts
from server.accounts.model import Role
from server.audit.log import Actor
from server.errors import Conflict
from server.house import House
from server.jobs import queue
from server.people import candidates, keeping, linking, seeking, store
from server.people.linking import LinkState, Made, Place
from server.people.model import Person, PersonId, Post, Spelling
from server.publishing import prepare, revise
from server.records import store as records
from server.records.model import Record
from tests.conftest import HASH, SetClock
from tests.people.visits import LIBRARIAN, MENDEL, ORCID, OTHER_ORCID, agent, person, published, work

WITH_ORCID = msgspec.structs.replace(MENDEL, ids=(PersonId(value=ORCID),))


async def links(house: House, record_id: str) -> list[tuple[int, str, str]]:
    """Position, state and origin of a work's links, in order."""
    found = await house.database.read(linking.of_record, record_id)
    return sorted((link.place.position, link.state.value, link.made.value) for link in found)


async def changed(house: House, record_id: str, record: Record) -> None:
    stored = await house.database.read(records.get, record_id)
    prepared = prepare(house.press, record_id, record, stored.created)
    await house.database.write(revise, house.press, stored, prepared, house.clock())


async def decided(house: House, number: int, record_id: str, position: int, state: LinkState) -> None:
    place = Place(record_id, "creators", position)
    await house.database.write(keeping.decide, number, place, state, LIBRARIAN, house.clock())


async def test_a_work_that_comes_is_linked_by_its_orcid_in_the_same_transaction(house: House) -> None:
    await person(house, WITH_ORCID)
    record_id = await published(house, 1, work("Peas", agent("Nägeli, Carl"), agent("Mendel, G.", ORCID)))
    assert await links(house, record_id) == [(1, "linked", "id")]


async def test_a_person_who_comes_later_finds_the_works(house: House) -> None:
    one = await published(house, 1, work("Peas", agent("Mendel, G.", ORCID)))
    two = await published(house, 2, work("Hawkweed", agent("Mendel, Gregor")))
    three = await published(house, 3, work("Bees", agent("Mendel, Georg"), agent("Mendel, G.", OTHER_ORCID)))
    who = await person(house, WITH_ORCID)
    assert await links(house, one) == [(0, "linked", "id")]
    assert await links(house, two) == [(0, "candidate", "name")]
    assert await links(house, three) == []  # another name, another ORCID iD
    assert await house.worker.drain() == 0
    shown, total = await house.database.read(candidates.linked_works, who.id, 1, 50)
    assert (total, [found.work.id for found in shown]) == (1, [one])


async def test_an_identifier_that_is_taken_away_unlinks(house: House) -> None:
    record_id = await published(house, 1, work("Peas", agent("Mendel, J.", ORCID)))
    who = await person(house, msgspec.structs.replace(WITH_ORCID, given="Johann"))
    assert await links(house, record_id) == [(0, "linked", "id")]
    await house.database.write(keeping.change, who.id, 1, Person(family="Mendel", given="Hugo"), LIBRARIAN, house.clock())
    await house.worker.drain()
    assert await links(house, record_id) == []


async def test_what_was_decided_by_hand_moves_with_its_creator(house: House) -> None:
    who = await person(house)
    first = work("Peas", agent("Mendel, G."), agent("Nägeli, C."), agent("Mendel, Gregor"))
    record_id = await published(house, 1, first)
    assert await links(house, record_id) == [(0, "candidate", "name"), (2, "candidate", "name")]
    await decided(house, who.id, record_id, 0, LinkState.LINKED)
    await decided(house, who.id, record_id, 2, LinkState.REFUSED)
    turned = msgspec.structs.replace(first, creators=(agent("Darwin, C."), *reversed(first.creators)))
    await changed(house, record_id, turned)
    assert await links(house, record_id) == [(1, "refused", "hand"), (3, "linked", "hand")]
    await changed(house, record_id, msgspec.structs.replace(turned, creators=(agent("Darwin, C."),)))
    assert await links(house, record_id) == []


async def test_a_refusal_is_remembered_when_the_works_are_looked_through_again(house: House) -> None:
    who = await person(house)
    record_id = await published(house, 1, work("Peas", agent("Mendel, G.")))
    await decided(house, who.id, record_id, 0, LinkState.REFUSED)
    more = msgspec.structs.replace(MENDEL, spellings=(Spelling(family="Mendel", given="Johann"),))
    await house.database.write(keeping.change, who.id, 1, more, LIBRARIAN, house.clock())
    await house.worker.drain()
    assert await links(house, record_id) == [(0, "refused", "hand")]
    await decided(house, who.id, record_id, 0, LinkState.LINKED)
    assert await links(house, record_id) == [(0, "linked", "hand")]


async def test_an_identifier_in_the_work_overrules_a_hand_and_cannot_be_refused(house: House) -> None:
    by_name = await person(house)
    by_id = await person(house, Person(family="Mendel", given="Gerhard", ids=(PersonId(value=ORCID),)))
    record_id = await published(house, 1, work("Peas", agent("Mendel, G.", ORCID)))
    for number, state in ((by_id.id, LinkState.REFUSED), (by_name.id, LinkState.LINKED)):
        with pytest.raises(Conflict, match="identifier"):
            await decided(house, number, record_id, 0, state)
    await decided(house, by_id.id, record_id, 0, LinkState.LINKED)
    assert await links(house, record_id) == [(0, "linked", "id")]
    other = await published(house, 2, work("Hawkweed", agent("Mendel, G.")))
    await decided(house, by_name.id, other, 0, LinkState.LINKED)
    await changed(house, other, work("Hawkweed", agent("Mendel, G.", ORCID)))
    found = await house.database.read(linking.of_record, other)
    assert [(link.person_id, link.made) for link in found] == [(by_id.id, Made.ID)]


async def test_one_creator_is_one_person(house: House) -> None:
    one, two = await person(house), await person(house, Person(family="Mendel", given="Gerhard"))
    record_id = await published(house, 1, work("Peas", agent("Mendel, G.")))
    assert await links(house, record_id) == [(0, "candidate", "name")] * 2
    await decided(house, one.id, record_id, 0, LinkState.LINKED)
    assert await links(house, record_id) == [(0, "linked", "hand")]
    await decided(house, two.id, record_id, 0, LinkState.LINKED)
    found = await house.database.read(linking.of_record, record_id)
    assert [link.person_id for link in found] == [two.id]


async def test_candidates_come_with_what_speaks_for_them(house: House) -> None:
    brno = Post(name="St Thomas's Abbey, Brno")
    who = await person(house, msgspec.structs.replace(MENDEL, affiliations=(brno,)))
    known = await published(house, 1, work("Peas", agent("Mendel, G."), agent("Nägeli, Carl")))
    await decided(house, who.id, known, 0, LinkState.LINKED)
    weak = await published(house, 2, work("Weather", agent("Mendel, G.")))
    friend = await published(house, 3, work("Hawkweed", agent("Mendel, G."), agent("Naegeli, C.")))
    strong = await published(house, 4, work("Bees", agent("Mendel, Gregor", at="St. Thomas's Abbey, Brno")))
    found, total = await house.database.read(candidates.candidates, who.id, who.person)
    assert total == 3
    assert [one.linked.work.id for one in found] == [strong, friend, weak]
    assert found[0].affiliations == ("St. Thomas's Abbey, Brno",)
    assert found[1].together == ("Naegeli, C.",)
    assert (found[2].spelling, found[2].affiliations, found[2].together) == (1, (), ())


async def test_people_who_left_stay_linked(house: House) -> None:
    who = await person(house, WITH_ORCID)
    await house.database.write(keeping.set_active, who.id, False, LIBRARIAN, house.clock())
    record_id = await published(house, 1, work("Peas", agent("Mendel, G.", ORCID)))
    assert await links(house, record_id) == [(0, "linked", "id")]


async def test_an_identifier_is_one_persons(house: House) -> None:
    who = await person(house, WITH_ORCID)
    with pytest.raises(Conflict, match="Mendel, Gregor Johann already") as error:
        await person(house, Person(family="Curie", given="Marie", ids=(PersonId(value=ORCID),)))
    assert error.value.place == "ids.0.value"
    found, total = await house.database.read(store.search, store.Search("0002-1825"), 50)
    assert (total, found[0].id) == (1, who.id)


async def test_a_search_folds_what_is_typed(house: House) -> None:
    await person(house, Person(family="Müller", given="Johannes", email="mueller@example.org"), looked=False)
    for typed in ("muller", "Mueller", "JOHANNES müll", "mueller@example"):
        _, total = await house.database.read(store.search, store.Search(typed), 50)
        assert total == 1, typed
    assert (await house.database.read(store.search, store.Search("100%"), 50))[1] == 0


async def test_a_batch_of_works_costs_the_same_few_statements(house: House) -> None:
    await person(house, WITH_ORCID)
    batch = [(f"01J{n:023d}", work(f"Work {n}", agent(f"Darwin{n}, C."), agent("Nägeli, C.", OTHER_ORCID))) for n in range(100)]
    asked = await house.database.write(_counted, batch, house)
    assert asked <= 3


def _counted(tx: Connection, batch: list[tuple[str, Record]], house: House) -> int:
    """Count the statements linking takes."""
    count = 0
    execute = tx.execute

    def counting(*args: object, **parts: object) -> object:
        nonlocal count
        count += 1
        return execute(*args, **parts)

    tx.execute = counting  # type: ignore[method-assign]
    try:
        linking.link_new(tx, batch, house.clock())
    finally:
        del tx.execute
    return count


async def test_an_identifier_somebody_typed_in_of_themselves_is_a_hint_which_others_confirm_or_refuse(house: House) -> None:
    one = await published(house, 1, work("Peas", agent("Mendel, G.", ORCID)))
    two = await published(house, 2, work("Hawkweed", agent("Mendel, G.", ORCID)))
    number = await house.database.write(accounts.add, "carl", Role.RESEARCHER, HASH, house.clock())
    carl = Person(family="Nägeli", given="Carl", ids=(PersonId(value=ORCID),))
    kept = await house.database.write(keeping.save_own, number.id, 0, carl, Actor("carl", number.id), house.clock())
    await house.worker.drain()
    for record_id in (one, two):
        assert await links(house, record_id) == [(0, "candidate", "id")]
    found, _ = await house.database.read(candidates.candidates, kept.id, carl)
    assert [(each.says, each.has_id, each.spelling) for each in found] == [(True, False, 0)] * 2
    await decided(house, kept.id, one, 0, LinkState.REFUSED)
    assert await links(house, one) == [(0, "refused", "hand")]
    mendel = await person(house, WITH_ORCID)  # whoever keeps the people says whose it is
    assert (await house.database.read(store.get, kept.id)).person.ids == ()
    assert [link.person_id for link in await house.database.read(linking.of_record, two)] == [mendel.id]
    assert await links(house, two) == [(0, "linked", "id")]
    again = msgspec.structs.replace(carl, email="carl@example.org")
    with pytest.raises(Conflict, match="Somebody else"):
        await house.database.write(keeping.save_own, number.id, 3, again, Actor("carl", number.id), house.clock())


async def test_whoever_keeps_the_people_confirms_by_saving(house: House) -> None:
    record_id = await published(house, 1, work("Peas", agent("Mendel, G.", ORCID)))
    number = await house.database.write(accounts.add, "gregor", Role.RESEARCHER, HASH, house.clock())
    kept = await house.database.write(keeping.save_own, number.id, 0, WITH_ORCID, Actor("gregor", number.id), house.clock())
    await house.worker.drain()
    assert await links(house, record_id) == [(0, "candidate", "id")]
    kept = await house.database.read(store.get, kept.id)
    await house.database.write(keeping.change, kept.id, kept.version, WITH_ORCID, LIBRARIAN, house.clock())
    await house.worker.drain()
    assert await links(house, record_id) == [(0, "linked", "id")]


async def test_a_walk_that_lost_its_claim_writes_nothing(house: House, clock: SetClock) -> None:
    record_id = await published(house, 1, work("Peas", agent("Mendel, G.", ORCID)))
    await person(house, WITH_ORCID, looked=False)
    (job,) = await house.database.write(queue.claim, [seeking.SEEK], clock())
    clock.pass_time(minutes=4)
    assert await house.database.write(seeking._link, job, [], clock())  # each part of the walk takes the lease anew
    clock.pass_time(minutes=4)
    assert await house.database.write(queue.claim, [seeking.SEEK], clock()) == []
    clock.pass_time(minutes=4)
    assert len(await house.database.write(queue.claim, [seeking.SEEK], clock())) == 1
    assert not await house.database.write(seeking._link, job, [record_id], clock())
    assert await links(house, record_id) == []
