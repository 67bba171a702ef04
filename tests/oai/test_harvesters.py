"""Who harvests is counted, and who stopped in the middle of a list is found."""

from datetime import timedelta

from aiohttp.test_utils import TestClient

from server.house import House
from server.oai.harvesters import STALLED, Harvester, Tally, latest, stalled
from tests.admin.visits import login
from tests.conftest import Deposit, SetClock


async def harvest(client: TestClient, query: str) -> str:
    answer = await client.get(f"/oai?verb=ListRecords&{query}", headers={"User-Agent": "Sickle"})
    return (await answer.text()).partition("</resumptionToken>")[0].rpartition(">")[2]


async def test_a_walk_is_followed_over_several_flushes(
    client: TestClient, house: House, deposit: Deposit, clock: SetClock
) -> None:
    for number in range(12):
        await deposit(title=f"Peas {number}")
    tally = next(each.__self__ for each in client.server.app.cleanup_ctx if isinstance(getattr(each, "__self__", None), Tally))
    token = await harvest(client, "metadataPrefix=oai_dc")
    await tally.flush()
    clock.pass_time(hours=2)
    (seen,) = await house.database.read(latest, 10)
    assert (seen.agent, seen.prefix, seen.delivered, seen.size, seen.finished) == ("Sickle", "oai_dc", 5, 12, False)
    assert seen.is_stalled(clock())
    assert (await house.database.read(stalled, clock()))["stalled"][0] == 1
    await login(client)
    page = await (await client.get("/admin")).text()
    assert "stopped in the middle of its list" in page
    token = await harvest(client, f"resumptionToken={token}")
    await tally.flush()
    await harvest(client, f"resumptionToken={token}")
    await harvest(client, "metadataPrefix=nonsense")
    await tally.flush()
    (seen,) = await house.database.read(latest, 10)
    assert (seen.requests, seen.refused, seen.records, seen.delivered, seen.finished) == (4, 1, 12, 12, True)
    assert await house.database.read(stalled, clock()) == {}


async def test_what_cannot_be_written_is_kept_and_names_are_bounded(house: House, clock: SetClock) -> None:
    tally = Tally(house.database, clock)
    for number in range(6_000):
        tally.note(f"agent {number}", "192.0.2.1", None)
    tally.note("x" * 5_000 + "\0", "y" * 500, None)
    assert len(tally._seen) == 5_000
    clock.pass_time(days=401)
    await tally.flush()
    tally.note("late", "192.0.2.1", None)
    await tally.flush()
    assert [seen.agent for seen in await house.database.read(latest, 9_000)] == ["late"]


async def test_whoever_asks_himself_is_no_harvester(client: TestClient, house: House) -> None:
    tally = next(each.__self__ for each in client.server.app.cleanup_ctx if isinstance(getattr(each, "__self__", None), Tally))
    other = house.session.headers["User-Agent"].replace(house.settings.url, "https://sheaf.example.org")
    for agent in (house.session.headers["User-Agent"], other):
        await client.get("/oai?verb=Identify", headers={"User-Agent": agent})
    await tally.flush()
    assert [seen.agent for seen in await house.database.read(latest, 10)] == [other]


def test_a_list_stands_still_after_an_hour(clock: SetClock) -> None:
    seen = Harvester("a", "b", clock(), clock(), 1, 0, 5, "ListRecords", "oai_dc", 5, 9, finished=False)
    assert not seen.is_stalled(clock() + STALLED)
    assert seen.is_stalled(clock() + STALLED + timedelta(seconds=1))
