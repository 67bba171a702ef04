"""Who harvests is counted list by list, and who stopped in the middle or came to no end is found."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection, func, select

from server.errors import Unavailable
from server.house import House
from server.oai import harvested, harvesters
from server.oai.harvested import Asked
from server.oai.harvesters import Tally
from server.oai.naming import Names
from server.oai.tables import walks
from server.oai.walk import PATIENCE, STALLED, Harvester, Listed, Part, Visitor, Walk
from tests.admin.visits import login
from tests.conftest import Deposit, SetClock, configured

Harvest = Callable[..., Awaitable[str]]


class Quiet(Names):
    """Names that are never looked up."""

    def ask(self, address: str) -> None:
        pass


def tally_of(client: TestClient) -> Tally:
    return next(each.__self__ for each in client.server.app.cleanup_ctx if isinstance(getattr(each, "__self__", None), Tally))


@pytest.fixture
def tally(client: TestClient) -> Tally:
    return tally_of(client)


@pytest.fixture
def harvest(client: TestClient) -> Harvest:
    """Ask for a part of a list, and return the token."""

    async def ask(query: str, agent: str = "Sickle", verb: str = "ListRecords", path: str = "/oai", **headers: str) -> str:
        answer = await client.get(f"{path}?verb={verb}&{query}", headers={"User-Agent": agent} | headers)
        return (await answer.text()).partition("</resumptionToken>")[0].rpartition(">")[2]

    return ask


async def seen(house: House, clock: SetClock, **wanted: str) -> list[Harvester]:
    return await house.database.read(harvested.search, Asked(**wanted), clock(), 100)


async def the_one(house: House, clock: SetClock) -> tuple[Harvester, list[Walk]]:
    (it,) = await seen(house, clock)
    return it, await house.database.read(harvested.walks_of, it.id, 50)


def walks_kept(tx: Connection) -> int:
    return tx.execute(select(func.count()).select_from(walks)).scalar_one()


def listed(clock: SetClock, **parts: str) -> Listed:
    return Listed(**({"context": "", "verb": "ListRecords", "prefix": "oai_dc", "spec": "", "begun": clock()} | parts))


def test_programs_of_one_name_in_one_network_are_one() -> None:
    assert Visitor("Sickle", "192.0.2.7").id == Visitor("Sickle", "192.0.2.200").id != Visitor("Sickle", "192.0.3.7").id
    assert Visitor("Sickle", "2001:db8:1:2::3").network == "2001:db8:1::/48"
    assert Visitor("Sickle", "::ffff:192.0.2.7").network == "192.0.2.0/24", "IPv4 in other clothes"
    assert Visitor("Sickle", "192.0.2.7").id != Visitor("metha", "192.0.2.7").id
    assert Visitor.of("\0", "unix:\x07", "x" * 900) == Visitor("unnamed", "unix:", "x" * 200)


async def test_a_walk_is_followed_over_several_flushes(
    client: TestClient, house: House, deposit: Deposit, clock: SetClock, tally: Tally, harvest: Harvest
) -> None:
    for number in range(12):
        await deposit(title=f"Peas {number}")
    token = await harvest("metadataPrefix=oai_dc&from=2026-03-14", From="gregor@example.org")
    await tally.flush()
    clock.pass_time(hours=2)
    it, (walk,) = await the_one(house, clock)
    assert (it.agent, it.sender, it.network, it.records, it.lists) == ("Sickle", "gregor@example.org", "127.0.0.0/24", 5, 0)
    assert (walk.list.prefix, walk.delivered, walk.size, walk.finished, walk.token) == ("oai_dc", 5, 12, None, token)
    assert walk.list.since == "2026-03-14T00:00:00Z"
    assert walk.is_stalled(clock())
    assert (await house.database.read(harvested.waiting, clock()))["stalled"][0] == 1
    assert await seen(house, clock, state="stalled") == [it]
    await login(client)
    page = await (await client.get("/admin")).text()
    assert "stopped in the middle of its list" in page
    further = await harvest(f"resumptionToken={token}")
    await harvest(f"resumptionToken={token}")  # lost on the way, asked for again: the list is no further for it
    await tally.flush()
    await harvest(f"resumptionToken={further}")
    await harvest("metadataPrefix=nonsense")
    await tally.flush()
    it, (walk,) = await the_one(house, clock)
    assert (it.requests, it.errors, it.records, it.lists) == (5, 1, 17, 1)
    assert (walk.delivered, walk.size, walk.parts, walk.finished, walk.token) == (12, 12, 4, clock(), "")
    assert walk.list.since == "2026-03-14T00:00:00Z"
    assert walk.speed == 12 / (walk.last - walk.list.begun).total_seconds()
    assert walk.seconds > 0
    assert "cannotDisseminateFormat" in it.error
    assert await house.database.read(harvested.waiting, clock()) == {}
    (month,) = await house.database.read(harvested.months, it.id)
    assert (month.month, month.requests, month.errors, month.records, month.lists) == ("2026-03", 5, 1, 17, 1)


async def test_lists_are_told_apart(
    house: House, deposit: Deposit, clock: SetClock, tally: Tally, harvest: Harvest, client: TestClient
) -> None:
    await configured(house, "oai", contexts=[{"path": "narrow", "title": "Narrow"}])
    await deposit()
    await harvest("metadataPrefix=oai_dc")
    await harvest("metadataPrefix=oai_dc", path="/oai/narrow")
    await harvest("metadataPrefix=oai_dc", verb="ListIdentifiers")
    await harvest("metadataPrefix=datacite")
    await harvest("metadataPrefix=oai_dc&set=type")
    clock.pass_time(days=1)
    await harvest("metadataPrefix=oai_dc")
    await tally.flush()
    it, found = await the_one(house, clock)
    lists = sorted((walk.list.context, walk.list.verb[4:], walk.list.prefix, walk.list.spec) for walk in found)
    plain = ("", "Records", "oai_dc", "")
    assert lists == sorted(
        [plain, plain, ("narrow", *plain[1:]), ("", "Identifiers", "oai_dc", ""), ("", "Records", "datacite", ""),
         ("", "Records", "oai_dc", "type")]
    )  # fmt: skip
    assert it.lists == 6


async def test_to_find_nothing_new_is_a_list_walked_to_its_end(
    house: House, deposit: Deposit, clock: SetClock, tally: Tally, harvest: Harvest
) -> None:
    await deposit()
    clock.pass_time(days=2)
    await harvest("metadataPrefix=oai_dc&from=2026-03-15")
    await harvest("metadataPrefix=oai_dc&set=nonsense")
    await tally.flush()
    it, (walk,) = await the_one(house, clock)
    assert (it.lists, it.errors, walk.size, walk.share, walk.finished) == (1, 1, 0, 100, clock())


async def test_a_list_that_goes_on_from_elsewhere_does_not_stand_still(house: House, clock: SetClock) -> None:
    tally, mine = Tally(house.database, clock, names=Quiet()), listed(clock)
    tally.note(Visitor("Sickle", "192.0.2.1"), Part(mine, 5, 5, 12, "a"))
    tally.note(Visitor("Sickle", "198.51.100.1"), Part(mine, 5, 10, 12, "b"))
    tally.note(Visitor("Sickle", "203.0.113.1"), Part(mine, 2, 12, 12))
    tally.note(Visitor("metha", "203.0.113.1"), Part(mine, 5, 5, 12, "a"))
    await tally.flush()
    clock.pass_time(hours=2)
    assert [it.agent for it in await seen(house, clock, state="stalled")] == ["metha"]
    assert len(await seen(house, clock, text="203.0.113")) == 2


async def test_processes_add_up(house: House, clock: SetClock) -> None:
    mine, who = listed(clock), Visitor("Sickle", "192.0.2.1")
    one, other = (Tally(house.database, clock, names=Quiet()) for _ in range(2))
    one.note(who, Part(mine, 5, 5, 12, "a"), seconds=0.5)
    other.note(who, Part(mine, 5, 10, 12, "b"), seconds=0.5)
    clock.pass_time(minutes=1)
    other.note(who, Part(mine, 2, 12, 12), seconds=0.5)
    await other.flush()
    one.note(who, Part(mine, 2, 12, 12), seconds=0.5)  # its last answer was lost
    await one.flush()
    it, (walk,) = await the_one(house, clock)
    assert (it.requests, it.records, it.lists) == (4, 14, 1)
    assert (walk.delivered, walk.parts, walk.seconds, walk.token, walk.finished) == (12, 4, 2.0, "", clock())


async def test_what_was_turned_away_is_counted(house: House, clock: SetClock) -> None:
    tally = Tally(house.database, clock, names=Quiet())
    tally.note(Visitor("Sickle", "192.0.2.1"), shed=True)
    tally.note(Visitor("Sickle", "192.0.2.1"))
    await tally.flush()
    it, found = await the_one(house, clock)
    assert (it.requests, it.shed, it.errors, found) == (2, 1, 0, [])
    assert await seen(house, clock, state="refused") == [it]


async def test_what_cannot_be_written_is_kept(house: House, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    tally, mine, who = Tally(house.database, clock, names=Quiet()), listed(clock), Visitor("Sickle", "192.0.2.1")
    tally.note(who, Part(mine, 5, 5, 12, "a"))

    async def away(*_: object) -> None:
        tally.note(who, Part(mine, 5, 10, 12, "b"), error="badArgument: no")  # while it is tried
        raise Unavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(type(house.database), "write", away)
        await tally.flush()
    await tally.flush()
    it, (walk,) = await the_one(house, clock)
    assert (it.requests, it.errors, it.records, walk.delivered, walk.parts, walk.token) == (2, 1, 10, 10, 2, "b")


async def test_names_are_bounded_and_forgotten(house: House, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvesters, "_MOST", 300)
    monkeypatch.setattr(harvested, "MOST", 300)
    monkeypatch.setattr(harvested, "MOST_WALKS", 200)
    tally = Tally(house.database, clock, names=Quiet())
    tally.note(Visitor("BASE", "192.0.2.1"), Part(listed(clock), 5, 5, 5))
    await tally.flush()
    clock.pass_time(days=1)
    for number in range(400):
        tally.note(Visitor.of(f"agent {number}", "192.0.2.1"), Part(listed(clock), 1, 1, 2, "t"))
    assert len(tally._seen) == 300
    await tally.flush()
    assert await house.database.read(walks_kept) == 200
    for number in range(100):
        tally.note(Visitor.of(f"another {number}", "192.0.2.1"))
    await tally.flush()
    assert len(await house.database.read(harvested.search, Asked(), clock(), 9_000)) == 300
    assert [it.lists for it in await seen(house, clock, text="BASE")] == [1]
    clock.pass_time(days=401)
    tally.note(Visitor.of("late", "192.0.2.1"))
    await tally.flush()
    assert [it.agent for it in await seen(house, clock)] == ["late"]
    assert [month.requests for month in await house.database.read(harvested.months)] == [1]


async def test_whoever_asks_himself_is_no_harvester(client: TestClient, house: House, clock: SetClock, tally: Tally) -> None:
    other = house.session.headers["User-Agent"].replace(house.settings.url, "https://sheaf.example.org")
    for agent in (house.session.headers["User-Agent"], other):
        await client.get("/oai?verb=Identify", headers={"User-Agent": agent})
    await tally.flush()
    assert [it.agent for it in await seen(house, clock)] == [other]


async def test_names_of_addresses_are_looked_up_in_the_background(house: House, clock: SetClock) -> None:
    names = Names(lambda address: {"192.0.2.1": "harvester.example.org"}.get(address, ""))
    tally = Tally(house.database, clock, names=names)
    for address in ("192.0.2.1", "198.51.100.9"):
        tally.note(Visitor("Sickle", address), Part(listed(clock), 1, 1, 1))
    tally.note(Visitor("curious", "203.0.113.1"))  # it walks no list: not worth a lookup
    await tally.flush()
    await tally.name()
    found = dict(names._found.get(timeout=10) for _ in range(2))
    names._found.put(("192.0.2.1", found["192.0.2.1"]))
    names._found.put(("198.51.100.9", found["198.51.100.9"]))
    await tally.name()
    hosts = {it.address: it.host for it in await seen(house, clock)}
    assert hosts == {"192.0.2.1": "harvester.example.org", "198.51.100.9": "", "203.0.113.1": ""}
    assert await house.database.read(harvested.unnamed, clock(), 10) == []
    clock.pass_time(days=6)
    tally.note(Visitor("Sickle", "192.0.2.1"), Part(listed(clock), 1, 1, 1))
    await tally.flush()
    clock.pass_time(days=2)
    assert await house.database.read(harvested.unnamed, clock(), 10) == ["192.0.2.1"]


def harvester(clock: SetClock, **known: object) -> Harvester:
    plain = {"id": "0" * 32, "agent": "a", "network": "b", "address": "c", "sender": "", "host": "", "label": "", "error": ""}
    counts = {"patience": PATIENCE, "requests": 9, "errors": 0, "shed": 0, "records": 9, "lists": 1}
    times = {"first": clock(), "last": clock(), "walked": clock(), "cycled": clock()}
    return Harvester(**(plain | counts | times | known))


def test_who_comes_to_no_end_or_does_not_come_is_overdue(clock: SetClock) -> None:
    begun, late = clock(), clock() + timedelta(days=PATIENCE, seconds=1)
    once, regular, named = harvester(clock), harvester(clock, lists=3), harvester(clock, label="BASE")
    stuck = harvester(clock, walked=late, lists=0, cycled=None)
    assert not any(it.is_overdue(begun + timedelta(days=PATIENCE)) for it in (once, regular, named, stuck))
    assert [it.is_overdue(late) for it in (once, regular, named, stuck)] == [False, True, True, True]
    much_later = late + timedelta(days=90)
    assert [it.is_overdue(much_later) for it in (once, regular, named, stuck)] == [False, False, True, False]
    assert not harvester(clock, label="BASE", patience=0).is_overdue(late)


async def test_who_is_overdue_needs_somebody(client: TestClient, house: House, clock: SetClock, tally: Tally) -> None:
    for _ in range(3):
        tally.note(Visitor("BASE", "192.0.2.1"), Part(listed(clock), 1, 1, 1))
        clock.pass_time(days=1)
    await tally.flush()
    assert await house.database.read(harvested.waiting, clock()) == {}
    clock.pass_time(days=PATIENCE)
    assert (await house.database.read(harvested.waiting, clock()))["overdue"][0] == 1
    assert [it.agent for it in await seen(house, clock, state="overdue")] == ["BASE"]
    await login(client)
    assert "1 harvester with no list finished for too long" in await (await client.get("/admin")).text()


def test_a_list_stands_still_after_an_hour(clock: SetClock) -> None:
    walk = Walk(listed(clock), clock(), 5, 9, 1, "t", None, 0.1)
    assert (walk.share, walk.speed) == (55, None)
    assert not walk.is_stalled(clock() + STALLED)
    assert walk.is_stalled(clock() + STALLED + timedelta(seconds=1))
