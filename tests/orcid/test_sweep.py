"""Each hour: what was left open is brought to ORCID, and nobody is forgotten."""

from typing import Any

import pytest
from sqlalchemy import Connection, select

from server.audit.log import OPERATOR
from server.jobs.tables import jobs
from server.orcid import ledger, links
from server.orcid.model import Consent, WorkState
from server.orcid.settings import KIND
from server.orcid.sweep import LOOK, PUSH, look
from server.orcid.tables import orcid_links
from server.people.following import follow
from server.people.model import Person
from server.profiles import keeping as profiles
from server.profiles import store
from tests.fakes.orcid import CLIENT, CURIE, MENDEL, Mood
from tests.orcid.conftest import IRI, Desk
from tests.people.visits import agent, person, published, work


async def switch(desk: Desk, *, on: bool) -> None:
    keeper = desk.house.keeper
    number = await desk.house.database.read(_profile)
    await keeper.do(profiles.switch, keeper.desk, number, OPERATOR, enabled=on)


def _profile(tx: Connection) -> int:
    return next(one.id for one in store.every(tx) if one.kind == KIND)


async def states(desk: Desk) -> list[WorkState]:
    return [one.state for one in (await desk.house.database.read(ledger.of_person, desk.who.id)).values()]


async def test_what_was_left_open_while_the_profile_was_off_is_brought_later(desk: Desk) -> None:
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    desk.fake.mood = Mood.DOWN
    await desk.link()
    await desk.house.worker.drain()
    assert await states(desk) == [WorkState.SILENT]
    await switch(desk, on=False)
    await desk.settle()
    await switch(desk, on=True)
    desk.fake.mood = Mood.WELL
    await desk.settle()
    assert await states(desk) == [WorkState.CURRENT]
    assert len(desk.fake.ours(MENDEL)) == 1


async def test_what_orcid_refused_is_not_asked_about_each_hour(desk: Desk) -> None:
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    desk.fake.moods.append(Mood.CONFLICT)
    await desk.link()
    await desk.house.worker.drain()
    assert await states(desk) == [WorkState.REFUSED]
    assert await desk.house.database.read(ledger.behind, CLIENT, 0) == []


async def test_who_linked_with_another_client_stands_in_nobodys_way(desk: Desk) -> None:
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    desk.fake.moods.append(Mood.DOWN)
    await desk.link()
    await desk.house.worker.drain()
    other = "APP-FEDCBA9876543210"
    await desk.settings(client_id=other, client_secret="another")
    desk.clock.pass_time(minutes=40)
    await desk.house.worker.drain()
    assert await states(desk) == [WorkState.STOPPED]
    marie = await person(desk.house, Person(family="Curie", given="Marie"))
    await desk.link(CURIE, marie)
    await desk.house.database.write(_as_client, marie.id, other)
    await desk.house.database.write(lambda tx: tx.execute(jobs.delete()))
    await desk.house.database.write(follow, desk.clock())
    await desk.house.worker.drain()
    asked = await desk.house.database.read(_asked)
    assert (PUSH, str(desk.who.id)) not in asked
    assert (LOOK, str(desk.who.id)) not in asked
    assert (LOOK, str(marie.id)) in asked
    await desk.settings()
    await desk.settle()
    assert await states(desk) == [WorkState.CURRENT], "with the client it was linked with it goes on"


@pytest.mark.parametrize("code", ["9018", "9011"])
async def test_what_orcid_may_heal_is_tried_once_a_week(desk: Desk, code: str) -> None:
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    desk.fake.records[MENDEL].state = code
    await desk.link()
    await desk.house.worker.drain()
    assert await states(desk) == [WorkState.STOPPED]
    asked = len(desk.fake.log)
    for _ in range(15):
        desk.clock.pass_time(days=1)
        await desk.house.worker.drain()
    assert 1 <= len(desk.fake.log) - asked <= 4, "once a week"
    assert (await desk.house.database.read(links.find, desk.who.id)).state in {Consent.LOCKED, Consent.NOBODY}
    desk.fake.records[MENDEL].state = ""
    for _ in range(8):
        desk.clock.pass_time(days=1)
        await desk.house.worker.drain()
    assert await states(desk) == [WorkState.CURRENT]


async def test_a_look_that_meets_an_end_says_so(desk: Desk) -> None:
    await desk.link()
    desk.fake.tokens.clear()
    await desk.house.database.write(look, desk.who.id, desk.clock())
    await desk.house.worker.drain()
    assert (await desk.house.database.read(links.find, desk.who.id)).state is Consent.REVOKED


def _as_client(tx: Connection, person_id: int, client_id: str) -> None:
    tx.execute(orcid_links.update().where(orcid_links.c.person_id == person_id).values(client_id=client_id))


def _asked(tx: Connection) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in tx.execute(select(jobs.c.kind, jobs.c.subject))}
