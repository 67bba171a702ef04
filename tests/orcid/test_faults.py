"""Whatever befalls the requests: once it is over, the ledger and ORCID say the same, and each work is there once or not at all."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from server import publishing
from server.identifiers import ledger as names
from server.metadata.work import NAMELESS
from server.orcid import ledger, links
from server.orcid.model import Consent, WorkState
from server.orcid.sweep import look, push
from server.orcid.work import document
from server.publishing import prepare
from server.records import store as records
from server.records.store import State
from tests.fakes.orcid import CURIE, MENDEL, Mood, Record
from tests.fakes.orcid_answers import bare, page_of
from tests.orcid.conftest import IRI, Desk
from tests.people.visits import agent, published, work

WORKS = 2
FAULTS = [mood for mood in Mood if mood is not Mood.WELL]

places = st.integers(0, WORKS - 1)
deeds = st.one_of(
    st.tuples(st.just("write"), st.tuples(places, st.booleans())),
    st.tuples(st.sampled_from(["withdraw", "withdraw", "unwanted", "wanted", "taken-away"]), places),
    st.tuples(st.just("moved"), st.booleans()),
    st.tuples(st.sampled_from(["token-gone", "link"]), st.none()),
)
#: What is done, and then what befalls the requests of the job that follows.
rounds = st.tuples(st.lists(deeds, max_size=2), st.lists(st.sampled_from(FAULTS), max_size=3))


class World:
    """The works, the link and ORCID, as a script changes them."""

    def __init__(self, desk: Desk, numbers: list[str], turn: int) -> None:
        self.desk, self.fake, self.numbers, self.turn = desk, desk.fake, numbers, turn

    async def do(self, deed: str, what: Any) -> None:
        await getattr(self, deed.replace("-", "_"))(what)

    async def write(self, what: tuple[int, bool]) -> None:
        """Write a work one way or the other, so that it may also become again what it was."""
        place, other = what
        house, number = self.desk.house, self.numbers[place]
        stored = await house.database.read(records.get, number)
        made = work(f"Peas {self.turn}.{place}{' revised' if other else ''}", agent("Mendel, Gregor", IRI))
        ready = prepare(house.press, number, made, stored.created)
        if stored.state is State.WITHDRAWN:
            await house.database.write(publishing.approve, house.press, stored, ready, house.clock())
            stored = await house.database.read(records.get, number)
        await house.database.write(publishing.revise, house.press, stored, ready, house.clock())

    async def withdraw(self, place: int) -> None:
        house = self.desk.house
        stored = await house.database.read(records.get, self.numbers[place])
        if stored.state is State.PUBLISHED:
            await house.database.write(publishing.withdraw, house.press, stored, "Mistaken.", house.clock())

    async def unwanted(self, place: int) -> None:
        await self._wish(place, wanted=False)

    async def wanted(self, place: int) -> None:
        await self._wish(place, wanted=True)

    async def _wish(self, place: int, *, wanted: bool) -> None:
        desk = self.desk
        await desk.house.database.write(
            lambda tx: (
                ledger.want(tx, self.numbers[place], desk.who.id, desk.clock(), wanted=wanted)
                and push(tx, desk.who.id, desk.clock())
            )
        )

    async def taken_away(self, place: int) -> None:
        """The person removes it at ORCID."""
        for record in self.fake.records.values():
            for code in [c for c, one in record.works.items() if page_of(one.element).endswith(self.numbers[place].lower())]:
                del record.works[code]

    async def moved(self, follows: bool) -> None:
        if not self.fake.records[MENDEL].moved_to:
            self.fake.deprecate(MENDEL, CURIE, token_follows=follows)

    async def token_gone(self, _: None) -> None:
        self.fake.tokens.clear()

    async def link(self, _: None) -> None:
        await self.desk.link(CURIE if self.fake.records[MENDEL].moved_to else MENDEL)

    async def work(self, moods: list[Mood]) -> None:
        self.fake.moods.extend(moods)
        await self.desk.house.worker.drain()
        self.desk.clock.pass_time(minutes=3)

    async def calm(self) -> None:
        """All faults are over; the person permits it, and whoever keeps the repository asks again."""
        self.fake.moods.clear()
        desk = self.desk
        for _ in range(3):
            known = await desk.house.database.read(links.find, desk.who.id)
            token = self.fake.tokens.get(links.token_of(known, desk.house.seal))
            if known.state is not Consent.VALID or token is None or token.orcid != known.orcid:
                await self.link(None)
            lines = await desk.house.database.read(ledger.of_person, desk.who.id)
            for place, number in enumerate(self.numbers):
                if number in lines and lines[number].state is WorkState.REMOVED:
                    await self._wish(place, wanted=True)
            for number in self.numbers:
                await desk.house.database.write(ledger.again, number, desk.who.id, desk.clock())
            await desk.house.database.write(push, desk.who.id, desk.clock())
            await desk.house.database.write(look, desk.who.id, desk.clock())
            for _ in range(3):
                await desk.house.worker.drain()
                desk.clock.pass_time(minutes=31)

    async def agree(self) -> None:
        """The ledger says what ORCID has, and both say what should be there."""
        desk = self.desk
        lines = await desk.house.database.read(ledger.of_person, desk.who.id)
        link = await desk.house.database.read(links.find, desk.who.id)
        assert link.state is Consent.VALID, link
        there: dict[str, list[tuple[int, bytes]]] = {}
        for code, element in self.fake.ours(link.orcid).items():
            there.setdefault(page_of(element).rpartition("/")[2].upper(), []).append((code, bare(element)))
        for number in self.numbers:
            stored, line = await desk.house.database.read(records.get, number), lines.get(number)
            should = stored.state is State.PUBLISHED and not (line is not None and line.unwanted)
            if not should:
                assert number not in there
                assert line is None or (line.state, line.put_code, line.acked) == (WorkState.GONE, None, ""), line
                continue
            shown = await desk.house.database.read(names.shown, number) or NAMELESS
            sent = document(desk.house.press.renderer.kept(stored, names=shown), frozenset())
            assert there[number] == [(line.put_code, bare(etree.fromstring(sent)))]
            assert (line.state, line.acked) == (WorkState.CURRENT, line.wanted)


@pytest.fixture
def turns() -> list[int]:
    return []


@given(script=st.lists(rounds, min_size=1, max_size=5))
@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=int(os.environ.get("SHEAF_TEST_ORCID_SCRIPTS") or 8),
)
async def test_in_the_end_the_ledger_is_what_orcid_has(
    desk: Desk, turns: list[int], script: list[tuple[list[tuple[str, Any]], list[Mood]]]
) -> None:
    turn = len(turns)
    turns.append(turn)
    await started(desk, turn)
    numbers = [
        await published(desk.house, turn * WORKS + place, work(f"Peas {turn}.{place}", agent("Mendel, Gregor", IRI)))
        for place in range(WORKS)
    ]
    world = World(desk, numbers, turn)
    for changes, moods in script:
        for deed, what in changes:
            await world.do(deed, what)
        await world.work(moods)
    await world.calm()
    await world.agree()
    calls = len(desk.fake.log)
    await desk.house.database.write(push, desk.who.id, desk.clock())
    await desk.house.worker.drain()
    assert len(desk.fake.log) == calls, "what agrees is not asked about again"


async def started(desk: Desk, turn: int) -> None:
    """Begin with a link, and without the works of the script before."""
    for number in range(max(0, turn - 1) * WORKS, turn * WORKS):
        record_id = f"01J{number:023d}"
        stored = await desk.house.database.read(records.find, record_id)
        if stored is not None and stored.state is State.PUBLISHED:
            await desk.house.database.write(publishing.withdraw, desk.house.press, stored, "Over.", desk.clock())
    desk.fake.moods.clear()
    desk.fake.tokens.clear()
    desk.fake.records = {MENDEL: Record(), CURIE: Record()}
    await desk.house.worker.drain()
    await desk.link(MENDEL)
