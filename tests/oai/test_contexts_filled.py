"""A context that gets conditions: it goes on as it was, or has its clients come again, until it is known what it holds."""

from aiohttp.test_utils import TestClient
from sqlalchemy import Connection

from server import regrouping
from server.db.sequences import last
from server.house import House
from tests.conftest import SetClock, configured
from tests.oai.test_sets import Copy, at, define, settled
from tests.writers import Writer


async def test_a_new_context_with_conditions_has_its_clients_come_again_until_it_is_filled(
    client: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    await configured(house, "oai", contexts=[])
    ids = [await writer.publish(f"Work {n}", access="open" if n % 2 else "restricted") for n in range(4)]
    clock.pass_time(days=1)
    edge = await house.database.read(edge_of)
    await configured(house, "oai", contexts=[{"path": "open", "title": "Open", "conditions": {"access": ["open"]}}])
    asked_for = {"metadataPrefix": "oai_dc", "identifier": f"oai:repository.example.org:{ids[1]}"}
    for verb in ("ListRecords", "GetRecord"):
        params = {"verb": verb} | (asked_for if verb == "GetRecord" else {"metadataPrefix": "oai_dc"})
        answer = await client.get("/oai/open", params=params)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        assert "being worked out" in await answer.text()
    assert (await at(client, "open", verb="Identify")).text("//o:repositoryName").endswith("Open")
    await settled(house, clock)
    assert sorted((await at(client, "open", verb="ListRecords", metadataPrefix="oai_dc")).ids) == sorted(ids[1::2])
    assert await house.database.read(edge_of) == edge, "nobody was given it before, so nothing is stamped"


async def test_a_context_that_gets_conditions_goes_on_whole_and_only_who_leaves_is_stamped(
    client: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    await define(house, {}, [], [])
    ids = [await writer.publish(f"Work {n}", access="open" if n % 2 else "restricted") for n in range(6)]
    await writer.withdraw(ids[5])
    clock.pass_time(days=1)
    before, edge = (await at(client, verb="Identify")).text("//o:responseDate"), await house.database.read(edge_of)
    await define(house, {"access": ["open"]}, [], [])
    whole = await at(client, "some", verb="ListIdentifiers", metadataPrefix="oai_dc")
    assert (len(whole.ids), len(whole.all("//o:header[@status]"))) == (5, 0), "the first part of six, as it was"
    one = {"verb": "GetRecord", "metadataPrefix": "oai_dc"}
    assert (await at(client, "some", **one, identifier=f"oai:repository.example.org:{ids[0]}")).ids == [ids[0]]
    await settled(house, clock)
    assert await house.database.read(edge_of) == edge + 3
    anew = await at(client, "some", verb="ListIdentifiers", metadataPrefix="oai_dc", from_=before)
    assert (sorted(anew.ids), anew.all("//o:header/@status")) == (sorted(ids[0:5:2]), ["deleted"] * 3)
    copy = Copy("some", None)
    await copy.follow(client)
    assert copy.held == {ids[1], ids[3]}
    assert (await at(client, "some", **one, identifier=f"oai:repository.example.org:{ids[5]}")).all("//o:header/@status")


def edge_of(tx: Connection) -> int:
    return last(tx, "feed")


async def test_what_is_changed_between_filling_and_stamping_is_told_of_its_leaving(
    client: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    await define(house, {}, [], [])
    ids = [await writer.publish(f"Work {n}", access="open" if n % 2 else "restricted") for n in range(4)]
    copy = Copy("some", None)
    await define(house, {"access": ["open"]}, [], [])
    await copy.follow(client)
    assert copy.held == set(ids)
    renderer = house.press.renderer
    wanted = renderer.grouping.fingerprint
    await house.database.write(regrouping._begin)
    part = await house.database.read_hot(regrouping._part, renderer, wanted)
    await writer.revise(ids[0], "revised while it was filled", access="restricted")
    await house.database.write(regrouping._fill, wanted, part)
    await house.database.write(regrouping._fill, wanted, part)
    assert await house.database.write(regrouping._filled, wanted), "there is one more to look at"
    part = await house.database.read_hot(regrouping._part, renderer, wanted)
    assert (part.count, part.fills) == (1, True)
    await house.database.write(regrouping._fill, wanted, part)
    assert await house.database.write(regrouping._filled, wanted)
    assert not await house.database.write(regrouping._filled, wanted)
    for each in (ids[0], ids[2]):
        await writer.revise(each, "revised before it was stamped", access="restricted")
    clock.pass_time(seconds=30)
    await settled(house, clock)
    await copy.follow(client)
    assert copy.held == {ids[1], ids[3]}


async def test_a_context_taken_away_before_it_was_filled_was_never_given(
    client: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    work = await writer.publish("Peas", access="open")
    some = {"path": "new", "title": "New", "conditions": {"access": ["open"]}}
    await configured(house, "oai", contexts=[some])
    await configured(house, "oai", contexts=[])
    await settled(house, clock)
    await configured(house, "oai", contexts=[some])
    assert (await client.get("/oai/new?verb=ListRecords&metadataPrefix=oai_dc")).status == 503
    edge = await house.database.read(edge_of)
    await configured(house, "oai", contexts=[some | {"conditions": {}}])
    assert (await at(client, "new", verb="ListRecords", metadataPrefix="oai_dc")).ids == [work]
    await settled(house, clock)
    assert await house.database.read(edge_of) == edge, "who is given every record at once need not be told of any"
