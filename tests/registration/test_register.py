"""Registration: an agency agrees in the end, whatever befalls it, the worker or the answer; nothing is minted twice."""

import asyncio
import base64
import os
import random
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp.test_utils import TestClient
from lxml import etree

from server import control
from server.app import open_house
from server.errors import Conflict
from server.house import House
from server.identifiers import ledger
from server.identifiers.model import State
from server.identifiers.tables import submissions
from server.jobs import queue
from server.profiles import store as profiles
from server.records import store as records
from server.settings import Settings
from tests.conftest import AUTH, Deposit, SetClock, entry
from tests.fakes.datacite import FakeDatacite, Mood, Repository
from tests.fakes.datacite_schema import XSD

NS = {"o": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/"}
PREFIX = "10.82433"
#: So many scripts; the run before a release looks at thousands.
SCRIPTS = int(os.environ.get("SHEAF_TEST_FAULT_SCRIPTS") or 6)

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    fake.slowness = 0.2
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def registering(house: House, agency: FakeDatacite) -> House:
    """A house that registers its datasets and articles with the agency."""
    values = {
        "prefix": PREFIX,
        "account_id": "INST.REPO",
        "password": "correct horse",
        "environment": "test",
        "endpoint": agency.url,
        "labels": [{"types": ["dataset"], "label": "data"}, {"types": ["publication.journalArticle"], "label": "art"}],
    }
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="Our DOIs", values=values))
    return house


async def work(house: House, clock: SetClock, rounds: int = 40) -> None:
    """Let the worker run until nothing is due, and time pass, until nothing waits."""
    for _ in range(rounds):
        await house.worker.drain()
        if not (await house.database.read(queue.counts)).keys() & {"ready", "deferred", "active"}:
            return
        clock.pass_time(hours=1)


async def entries(house: House, record_id: str) -> list[ledger.Entry]:
    return await house.database.read(ledger.of_record, record_id)


async def dois_in_oai(client: TestClient, record_id: str) -> list[str]:
    identifier = f"oai:repository.example.org:{record_id}"
    answer = await client.get("/oai", params={"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": identifier})
    root = etree.fromstring(await answer.read())
    return [v for v in root.xpath("//dc:identifier/text()", namespaces=NS) if "doi.org" in v]


async def test_a_dataset_is_reserved_with_its_deposit_and_registered_by_itself(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    number = await deposit(type="Dataset")
    (reserved,) = await entries(registering, number)
    assert (reserved.value, reserved.state) == (f"{PREFIX}/data.00000001", State.RESERVED)
    assert await dois_in_oai(client, number) == [], "no link that leads nowhere"
    await work(registering, clock)
    (registered,) = await entries(registering, number)
    assert registered.state is State.REGISTERED
    doi = agency.dois[registered.value]
    assert doi.state == "findable"
    assert doi.attributes["url"] == f"https://repository.example.org/items/{number}"
    assert await dois_in_oai(client, number) == [f"https://doi.org/{PREFIX}/data.00000001"]
    statement = await client.get(f"/sword/v2/edit/{number}", headers=AUTH)
    assert "data.00000001 is registered" in await statement.text()


async def test_labels_and_numbers_are_the_rule_and_taken_numbers_are_stepped_over(deposit: Deposit, registering: House) -> None:
    taken = entry(type="Dataset", more=f"<dcterms:identifier>doi:{PREFIX}/DATA.00000002</dcterms:identifier>")
    values = [(await entries(registering, await deposit(title=title, type="Dataset")))[0].value for title in ("a",)]
    await deposit(taken)
    values += [(await entries(registering, await deposit(title=title, type="Dataset")))[0].value for title in ("b", "c")]
    values += [(await entries(registering, await deposit(title="d")))[0].value]
    values += [(await entries(registering, await deposit(title="e", type="software.code")))[0].value]
    assert [value.removeprefix(PREFIX) for value in values] == [
        "/data.00000001", "/data.00000003", "/data.00000004", "/art.00000001", "/00000001",
    ]  # fmt: skip


async def test_a_doi_that_came_with_the_work_is_kept_and_none_is_minted(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    number = await deposit(entry(more="<dcterms:identifier>https://doi.org/10.1007/BF02980577</dcterms:identifier>"))
    (kept,) = await entries(registering, number)
    assert (kept.value, kept.own, kept.state) == ("10.1007/BF02980577", False, State.EXTERNAL)
    await work(registering, clock)
    assert agency.dois == {}
    assert await dois_in_oai(client, number) == []


async def test_a_revision_is_sent_and_a_change_of_nothing_is_not(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    number = await deposit()
    await work(registering, clock)
    sent = len(agency.log)
    headers = AUTH | {"Content-Type": "application/atom+xml;type=entry"}
    for title, more in (("Peas", 0), ("Peas and beans", 1)):
        answer = await client.put(f"/sword/v2/edit/{number}", data=entry(title=title), headers=headers)
        assert answer.status == 200, await answer.text()
        await work(registering, clock)
        assert len(agency.log) - sent == more


async def test_a_withdrawn_work_is_hidden_at_the_agency(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    number = await deposit()
    await work(registering, clock)
    assert (await client.delete(f"/sword/v2/edit/{number}", headers=AUTH)).status == 204
    await work(registering, clock)
    (gone,) = await entries(registering, number)
    assert (gone.state, agency.dois[gone.value].state) == (State.WITHDRAWN, "registered")


async def test_wrong_credentials_pause_the_profile_and_a_mended_profile_goes_on(
    deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    agency.mood = Mood.REFUSED
    first, second = await deposit(title="a"), await deposit(title="b")
    await work(registering, clock)
    assert [(await entries(registering, n))[0].state for n in (first, second)].count(State.BLOCKED) >= 1
    assert (await registering.database.read(profiles.get, "Our DOIs")).paused
    agency.mood = Mood.WELL
    await control.profile_set(
        registering, control.ProfileSet(kind="datacite", name="Our DOIs", values={"password": "correct horse"})
    )
    await work(registering, clock)
    assert [(await entries(registering, n))[0].state for n in (first, second)] == [State.REGISTERED] * 2


async def test_an_outage_delays_and_loses_nothing(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    agency.mood = Mood.DOWN
    numbers = [await deposit(title=f"work {n}") for n in range(3)]
    for _ in range(6):
        await registering.worker.drain()
        clock.pass_time(hours=1)
    states = [(await entries(registering, n))[0] for n in numbers]
    assert {entry.state for entry in states} == {State.SUBMITTED}
    assert all(entry.fault == "transient" and entry.message for entry in states)
    agency.mood = Mood.WELL
    await work(registering, clock)
    assert {(await entries(registering, n))[0].state for n in numbers} == {State.REGISTERED}


@pytest.mark.parametrize("seed", range(SCRIPTS))
async def test_whatever_befalls_them_agency_and_records_agree_in_the_end(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock, seed: int
) -> None:
    """Moods, killed workers, two of them at once, edits, a clock that steps back; afterwards the agency holds exactly what is
    wanted, under names minted once."""
    chance = random.Random(seed)
    numbers: list[str] = []
    headers = AUTH | {"Content-Type": "application/atom+xml;type=entry"}
    for step in range(14):
        match chance.choice(("deposit", "edit", "work", "work", "two", "killed", "killed late")):
            case "deposit":
                numbers.append(await deposit(title=f"work {step}", type=chance.choice(("Dataset", "Journal article"))))
            case "edit" if numbers:
                number = chance.choice(numbers)
                answer = await client.put(f"/sword/v2/edit/{number}", data=entry(title=f"edited {step}"), headers=headers)
                assert answer.status == 200
            case "killed" | "killed late" as when:
                await _killed(registering, clock, 0.01 if when == "killed" else 0.1)
            case "two":
                await asyncio.gather(registering.worker.drain(), registering.worker.drain())
            case _:
                agency.moods.extend(
                    chance.choice([m for m in Mood if m is not Mood.REFUSED]) for _ in range(chance.randint(0, 3))
                )
                await registering.worker.drain()
        clock.pass_time(minutes=chance.choice((0, 1, 30, -5)))
    agency.moods.clear()
    await work(registering, clock)
    wanted = [found for number in numbers for found in await entries(registering, number)]
    assert {found.state for found in wanted} <= {State.REGISTERED}
    assert len({found.value for found in wanted}) == len(numbers), "one name a work"
    assert {name: doi.state for name, doi in agency.dois.items()} == {found.value: "findable" for found in wanted}
    for found in wanted:
        assert agency.dois[found.value].attributes["url"] == f"https://repository.example.org/items/{found.record_id}"
        assert await dois_in_oai(client, found.record_id or "") == [f"https://doi.org/{found.value}"]
        stored = await registering.database.read(records.get, found.record_id or "")
        told = base64.b64decode(agency.dois[found.value].attributes["xml"]).decode()
        assert f">{stored.record.title.value}</title>" in told, "the agency knows the newest title"


async def _killed(house: House, clock: SetClock, after: float) -> None:
    """Start the worker and cut it off as a kill would: claims stay claimed until their lease runs out."""
    agency_slow = asyncio.create_task(house.worker.drain())
    await asyncio.sleep(after)
    agency_slow.cancel()
    await asyncio.gather(agency_slow, return_exceptions=True)
    clock.pass_time(minutes=10)


async def test_every_exchange_is_kept_without_secrets(
    deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    agency.moods.extend([Mood.DOWN, Mood.WELL])
    await deposit()
    await work(registering, clock)
    rows = await registering.database.read(
        lambda tx: tx.execute(submissions.select().order_by(submissions.c.id)).mappings().all()
    )
    assert [(row["outcome"], row["status"], row["attempt"]) for row in rows] == [("transient", 503, 1), ("confirmed", 201, 2)]
    assert all("correct horse" not in str(dict(row)) for row in rows)


async def test_a_test_doi_never_reaches_another_environment(
    deposit: Deposit, registering: House, agency: FakeDatacite, clock: SetClock
) -> None:
    number = await deposit()
    for name, value in (("environment", "production"), ("prefix", "10.14454")):
        values = {name: value} | ({"endpoint": ""} if name == "environment" else {})
        with pytest.raises(Conflict, match=f"1 identifiers were minted .* {name}"):
            await control.profile_set(registering, control.ProfileSet(kind="datacite", name="Our DOIs", values=values))
    await work(registering, clock)
    (found,) = await entries(registering, number)
    assert found.state is State.REGISTERED
    assert found.environment == "test"


async def test_reserved_names_are_taken_over_by_the_profile_that_follows_and_no_others(
    deposit: Deposit, house: House, agency: FakeDatacite, clock: SetClock
) -> None:
    await control.profile_set(house, control.ProfileSet(kind="reserve", name="ours", values={"prefix": PREFIX}))
    ours = await deposit(title="ours")
    await control.profile_delete(house, control.ProfileName(name="ours"))
    await control.profile_set(house, control.ProfileSet(kind="reserve", name="example", values={"prefix": "10.5072"}))
    example = await deposit(title="example")
    await control.profile_delete(house, control.ProfileName(name="example"))
    values = {
        "prefix": PREFIX,
        "account_id": "INST.REPO",
        "password": "correct horse",
        "environment": "test",
        "endpoint": agency.url,
    }
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="ours", values=values))
    await work(house, clock)
    assert [(e.value, e.state) for e in await entries(house, ours)] == [(f"{PREFIX}/00000001", State.REGISTERED)]
    assert [(e.value, e.state) for e in await entries(house, example)] == [("10.5072/00000001", State.RESERVED)]
    assert agency.dois.keys() == {f"{PREFIX}/00000001"}, "a name of another prefix is not asked for"
    assert (await house.database.read(profiles.get, "ours")).paused is None


async def test_a_server_that_is_moved_tells_the_agency_where_its_works_are_now(
    deposit: Deposit, registering: House, settings: Settings, agency: FakeDatacite, clock: SetClock
) -> None:
    number = await deposit()
    await work(registering, clock)
    (found,) = await entries(registering, number)
    there = msgspec.structs.replace(settings, base_url="https://new.example.org", repository_identifier="repository.example.org")
    await registering.database.close()
    async with open_house(there, clock=clock) as moved:
        await work(moved, clock)
        assert agency.dois[found.value].attributes["url"] == f"https://new.example.org/items/{number}"
        assert (await entries(moved, number))[0].state is State.REGISTERED
