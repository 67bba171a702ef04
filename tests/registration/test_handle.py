"""Handles: a work gets one beside its DOI, and whatever befalls server, answer and worker, each leads to its work in the end."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient

from server import control
from server.audit.log import OPERATOR
from server.errors import Invalid
from server.house import House
from server.identifiers import ledger
from server.identifiers.mint import ask
from server.identifiers.model import State
from server.identifiers.tables import submissions
from server.jobs import queue
from server.jobs.worker import Worker
from server.profiles import store as profiles
from server.profiles.model import Wrong
from server.runs import store as runs
from server.runs.model import RunState
from tests.admin.visits import login
from tests.conftest import AUTH, URL, Deposit, SetClock
from tests.fakes.datacite import FakeDatacite
from tests.fakes.datacite_schema import XSD
from tests.fakes.handle import FakeHandleServer, Mood

SECRET = "correct horse"
PREFIX = "10536/DRO/DU:"
#: So many scripts; the run before a release looks at thousands.
SCRIPTS = int(os.environ.get("SHEAF_TEST_FAULT_SCRIPTS") or 6)


@pytest.fixture
async def agency() -> AsyncIterator[FakeHandleServer]:
    fake = FakeHandleServer(secret=SECRET)
    fake.slowness = 0.2
    await fake.start()
    yield fake
    await fake.stop()


def settings(agency: FakeHandleServer, **changes: object) -> dict[str, object]:
    return {
        "prefix": "10536/DRO/", "suffix": "DU:", "server": agency.url, "environment": "test", "administrator": "300:0.NA/10536",
        "secret": SECRET,
    } | changes  # fmt: skip


@pytest.fixture
async def registering(house: House, agency: FakeHandleServer) -> House:
    """A house that gives every work a handle."""
    await control.profile_set(house, control.ProfileSet(kind="handle", name="Our handles", values=settings(agency)))
    return house


async def work(house: House, clock: SetClock, rounds: int = 120) -> None:
    """Let the worker run until nothing is due, and time pass, until nothing waits."""
    for _ in range(rounds):
        await house.worker.drain()
        if not (await house.database.read(queue.counts)).keys() & {"ready", "deferred", "active"}:
            return
        clock.pass_time(minutes=10)
    raise AssertionError("something waits for ever")


async def entries(house: House, record_id: str) -> list[ledger.Entry]:
    return await house.database.read(ledger.of_record, record_id)


async def test_a_work_gets_a_doi_by_one_profile_and_a_handle_by_another(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    await control.profile_set(registering, control.ProfileSet(kind="reserve", name="DOIs", values={"prefix": "10.5072"}))
    number = await deposit(type="Dataset")
    await work(registering, clock)
    doi, handle = await entries(registering, number)
    assert (doi.value, doi.state) == ("10.5072/00000001", State.RESERVED)
    assert (handle.scheme, handle.value, handle.state) == ("handle", f"{PREFIX}1", State.REGISTERED)
    assert agency.handles[f"{PREFIX}1".casefold()].url == f"{URL}/items/{number}"
    page = await (await client.get(f"/items/{number}")).text()
    assert f"{PREFIX}1" in page
    told = await (
        await client.get(f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:repository.example.org:{number}")
    ).text()
    found = [part.partition("<")[0] for part in told.split("<dc:identifier>")[1:]]
    assert found == [f"{URL}/items/{number}", f"https://hdl.handle.net/{PREFIX}1"], (
        "the page first, no DOI before it is registered"
    )


@pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
async def test_two_agencies_that_confirm_at_once_leave_a_work_with_both_names(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    """Each renders the work for harvesters with the name it confirmed: neither may take the other's away."""
    datacite = FakeDatacite()
    await datacite.start()
    values = {"prefix": "10.82433", "account_id": "INST.REPO", "environment": "test", "endpoint": datacite.url}
    try:
        values["password"] = datacite.repositories[0].password
        await control.profile_set(registering, control.ProfileSet(kind="datacite", name="Our DOIs", values=values))
        numbers = [await deposit(title=f"work {n}") for n in range(5)]
        second = Worker(registering.database, registering.worker._handlers, clock, slots=4)
        await asyncio.gather(registering.worker.drain(), second.drain())
        await work(registering, clock)
    finally:
        await datacite.stop()
    for n, number in enumerate(numbers, 1):
        assert {e.state for e in await entries(registering, number)} == {State.REGISTERED}
        question = f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:repository.example.org:{number}"
        told = await (await client.get(question)).text()
        found = [part.partition("<")[0] for part in told.split("<dc:identifier>")[1:]]
        assert found == [f"{URL}/items/{number}", f"https://doi.org/10.82433/{n:08}", f"https://hdl.handle.net/{PREFIX}{n}"]


async def test_a_handle_is_shown_to_harvesters_once_the_server_has_it_and_not_before(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    agency.mood = Mood.DOWN
    number = await deposit()
    await registering.worker.drain()
    question = f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:repository.example.org:{number}"
    assert "hdl.handle.net" not in await (await client.get(question)).text()
    agency.mood = Mood.WELL
    await work(registering, clock)
    assert f"https://hdl.handle.net/{PREFIX}1" in await (await client.get(question)).text()


async def test_a_number_that_a_work_came_with_is_stepped_over_and_that_work_gets_no_other(
    deposit: Deposit, registering: House, clock: SetClock
) -> None:
    came = await deposit(more="<dcterms:identifier>https://hdl.handle.net/10536/DRO/du:1</dcterms:identifier>")
    same = await deposit(title="Once more", more="<dcterms:identifier>hdl:10536/DRO/DU:1</dcterms:identifier>")
    number = await deposit(title="Beans")
    await work(registering, clock)
    assert [(e.own, e.value.lower()) for e in await entries(registering, came)] == [(False, "10536/dro/du:1")]
    assert [e.value for e in await entries(registering, same)] == [f"{PREFIX}2"], "another's handle is no reason to refuse a work"
    assert [e.value for e in await entries(registering, number)] == [f"{PREFIX}3"]


async def test_another_s_handle_at_the_server_stops_that_one_alone_and_is_left_as_it_is(
    deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    agency.lead(f"{PREFIX}1", "https://elsewhere.example.org/x")
    first, second = await deposit(title="Peas"), await deposit(title="Beans")
    await work(registering, clock)
    (stopped,), (fine,) = await entries(registering, first), await entries(registering, second)
    assert (stopped.state, fine.state) == (State.REJECTED, State.REGISTERED)
    assert "leads to https://elsewhere.example.org/x" in (stopped.message or "")
    assert agency.handles[f"{PREFIX}1".casefold()].url == "https://elsewhere.example.org/x"


async def test_a_withdrawn_work_s_handle_leads_to_its_tombstone_and_stays(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    number = await deposit()
    await work(registering, clock)
    assert (await client.delete(f"/sword/v2/edit/{number}", headers=AUTH)).status == 204
    await work(registering, clock)
    (gone,) = await entries(registering, number)
    assert gone.state is State.WITHDRAWN
    assert agency.handles[gone.value.casefold()].url == f"{URL}/items/{number}"
    assert (await client.get(f"/items/{number}")).status == 410, "the tombstone"


async def test_a_wrong_key_pauses_the_profile_once_and_a_right_one_lets_all_go_on(
    deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    agency.secret = "another"
    numbers = [await deposit(title=f"work {n}") for n in range(3)]
    await work(registering, clock)
    assert "check server, administrator and key" in (await registering.database.read(profiles.get, "Our handles")).paused
    assert len(agency.log) < 6
    await control.profile_set(registering, control.ProfileSet(kind="handle", name="Our handles", values={"secret": "another"}))
    await work(registering, clock)
    assert {(await entries(registering, n))[0].state for n in numbers} == {State.REGISTERED}


async def test_every_exchange_is_kept_without_secrets(
    deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    agency.moods.extend([Mood.DOWN, Mood.GARBAGE, Mood.GARBAGE])
    await deposit()
    await work(registering, clock)
    rows = await registering.database.read(
        lambda tx: tx.execute(submissions.select().order_by(submissions.c.id)).mappings().all()
    )
    assert [row["outcome"] for row in rows] == ["transient", "unknown", "unknown", "confirmed"]
    assert all(SECRET not in str(dict(row)) for row in rows)


async def test_the_prefix_and_the_environment_of_minted_handles_cannot_change(deposit: Deposit, registering: House) -> None:
    await deposit()
    for name, value in (("prefix", "10537/"), ("environment", "production")):
        with pytest.raises(Wrong, match="1 identifiers were minted"):
            await control.profile_set(
                registering,
                control.ProfileSet(
                    kind="handle", name="Our handles", values={name: value, "server": "https://handle.example.org"}
                ),
            )


async def test_a_new_profile_takes_over_the_handles_of_a_deleted_one(
    deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    agency.mood = Mood.DOWN
    number = await deposit()
    await registering.worker.drain()
    await control.profile_delete(registering, control.ProfileName(name="Our handles"))
    agency.mood = Mood.WELL
    await control.profile_set(registering, control.ProfileSet(kind="handle", name="Anew", values=settings(agency, suffix="X:")))
    await work(registering, clock)
    assert [(e.value, e.state) for e in await entries(registering, number)] == [(f"{PREFIX}1", State.REGISTERED)]


async def test_a_handle_that_is_resolved_from_here_counts_once_the_server_leads_to_the_work(
    client: TestClient, deposit: Deposit, house: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    """The server asks us: nothing is ever sent there, however long it takes until it does."""
    values = {"prefix": "10536/DRO/", "suffix": "DU:", "server": agency.url, "environment": "test"}
    await control.profile_set(house, control.ProfileSet(kind="handle-resolver", name="Our handles", values=values))
    number = await deposit()
    await house.worker.drain()
    (waits,) = await entries(house, number)
    assert (waits.state, waits.registered) == (State.SUBMITTED, None)
    assert "does not resolve and not to" in (waits.message or "")
    told = await (await client.get(f"/resolve/{waits.value}")).json()
    leads = agency.lead(waits.value, told[0])
    leads.values = {100: leads.values[1] | {"index": 100}}  # as the plug-in answers: one value
    await work(house, clock)
    assert (await entries(house, number))[0].state is State.REGISTERED
    assert {call.method for call in agency.log} == {"GET"}


async def test_the_task_sends_what_the_server_was_not_told_and_leaves_what_agrees(
    deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock
) -> None:
    numbers = [await deposit(title=f"work {n}") for n in range(2)]
    await work(registering, clock)
    await _move(registering, "https://moved.example.org", [])
    task = registering.tasks.get("update-handles")
    given = task.parameters(profile="Our handles")
    run = await registering.database.write(runs.start, task, given, OPERATOR, clock())
    await registering.worker.drain()
    done = await registering.database.read(runs.get, run.id)
    assert (done.state, done.total, done.counts.changed) == (RunState.COMPLETED, 2, 2)
    assert {handle.url for handle in agency.ours.values()} == {f"https://moved.example.org/items/{number}" for number in numbers}
    await control.profile_set(registering, control.ProfileSet(kind="reserve", name="DOIs", values={"prefix": "10.5072"}))
    with pytest.raises(Invalid, match="registers no Handles"):
        await registering.database.read(task.count, task.parameters(profile="DOIs"))
    assert (await registering.database.read(task.choices))["profile"] == ["Our handles"]
    assert (await registering.database.read(registering.tasks.get("update-doi-agency").choices))["profile"] == []


@pytest.mark.parametrize("seed", range(SCRIPTS))
async def test_whatever_befalls_them_every_handle_leads_to_its_work_in_the_end(
    client: TestClient, deposit: Deposit, registering: House, agency: FakeHandleServer, clock: SetClock, seed: int
) -> None:
    """Moods, killed workers, two at once, withdrawals, a repository that moves, names that are another's, a clock that steps back."""
    chance = random.Random(seed)
    theirs = {f"{PREFIX}{n}".casefold(): f"https://elsewhere.example.org/{n}" for n in chance.sample(range(1, 9), 2)}
    for name, url in theirs.items():
        agency.lead(name, url)
    second = Worker(registering.database, registering.worker._handlers, clock, slots=2)
    numbers: list[str] = []
    for step in range(14):
        match chance.choice(("deposit", "deposit", "withdraw", "move", "work", "two", "killed", "killed late")):
            case "deposit":
                numbers.append(await deposit(title=f"work {step}"))
            case "withdraw" if numbers:
                await client.delete(f"/sword/v2/edit/{chance.choice(numbers)}", headers=AUTH)
            case "move":
                await _move(registering, f"https://moved-{step}.example.org", numbers)
            case "killed" | "killed late" as when:
                await _killed(registering, clock, 0.01 if when == "killed" else 0.1)
            case "two":
                agency.moods.extend(_moods(chance))
                await asyncio.gather(registering.worker.drain(), second.drain())
            case _:
                agency.moods.extend(_moods(chance))
                await registering.worker.drain()
        clock.pass_time(minutes=chance.choice((0, 1, 30, -5)))
    agency.moods.clear()
    await work(registering, clock)
    wanted = [found for number in numbers for found in await entries(registering, number)]
    assert len({found.value.casefold() for found in wanted}) == len(numbers), "one name a work"
    ours = {key for found in wanted if (key := _led(found, agency, theirs, registering.press.renderer.repository.url))}
    assert agency.ours.keys() == ours | theirs.keys(), "nothing else was made"
    assert {name: agency.handles[name].url for name in theirs} == theirs, "another's handle is left as it is"


def _led(found: ledger.Entry, agency: FakeHandleServer, theirs: dict[str, str], url: str) -> str:
    """Look where the server leads by one of our handles, and return that; empty where it knows none of ours."""
    key = found.value.casefold()
    if key in theirs and found.state is State.REJECTED:
        return ""
    if found.state is State.RESERVED:  # its work was withdrawn before anything was sent
        assert key in theirs or key not in agency.handles
        return ""
    assert found.state in {State.REGISTERED, State.WITHDRAWN}
    handle = agency.handles[key]
    assert (handle.url, handle.made, sorted(handle.values)) == (f"{url}/items/{found.record_id}", 1, [1, 100])
    return key


def _moods(chance: random.Random) -> list[Mood]:
    return [chance.choice([m for m in Mood if m is not Mood.REFUSED]) for _ in range(chance.randint(0, 3))]


async def _move(house: House, url: str, numbers: list[str]) -> None:
    """Let the repository stand at another address: every handle is to lead there."""
    renderer = house.press.renderer
    renderer.repository = replace(renderer.repository, url=url)
    for number in numbers:
        await house.database.write(lambda tx, n=number: ask(tx, ledger.of_record(tx, n), house.agencies, house.clock()))


async def _killed(house: House, clock: SetClock, after: float) -> None:
    """Start the worker and cut it off as a kill would: claims stay claimed until their lease runs out."""
    running = asyncio.create_task(house.worker.drain())
    await asyncio.sleep(after)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    clock.pass_time(minutes=10)


async def test_all_handles_as_a_batch_file_hold_no_key(
    client: TestClient, deposit: Deposit, registering: House, clock: SetClock
) -> None:
    """Handle.Net technical manual, chapter 3: AUTHENTICATE and two lines, then CREATE with its values, each ended by a blank line."""
    works = [await deposit(type="Dataset", title=title) for title in ("Peas", "Beans")]
    await deposit(in_progress=True, title="Nothing yet")
    await work(registering, clock)
    await login(client)
    profile = (await registering.database.read(profiles.get, "Our handles")).id
    answer = await client.get(f"/admin/identifiers/agencies/{profile}/handles.txt")
    assert answer.content_type == "text/plain"
    assert await answer.text() == "AUTHENTICATE SECKEY:300:0.NA/10536\nput the secret key in place of this line\n\n" + "".join(
        f"CREATE {PREFIX}{number}\n100 HS_ADMIN 86400 1110 ADMIN 200:111111111111:0.NA/10536\n"
        f"1 URL 86400 1110 UTF8 {URL}/items/{record}\n\n"
        for number, record in enumerate(works, 1)
    )
    assert "handles.txt" in await (await client.get(f"/admin/identifiers/agencies/{profile}")).text()
    values = {"prefix": "10.82433", "account_id": "A.B", "password": SECRET, "environment": "test"}
    await control.profile_set(registering, control.ProfileSet(kind="datacite", name="Theirs", values=values))
    other = (await registering.database.read(profiles.get, "Theirs")).id
    assert (await client.get(f"/admin/identifiers/agencies/{other}/handles.txt")).status == 404
