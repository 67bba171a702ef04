"""Works in bulk: a second run changes nothing, a change changes one, a DOI belongs to one work, deletions are taken over."""

from typing import Any

import msgspec
from aiohttp.test_utils import TestClient
from lxml import etree

from server import control
from server.harvest.batch import Bare, Known, Report, render
from server.house import House
from server.identifiers import ledger
from server.records import store
from server.records.model import Identifier, Record, Text, encode
from tests.conftest import SetClock

NS = {"o": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/"}


def bare(origin: str, title: str = "Peas", doi: str = "", reason: str | None = None) -> Bare:
    identifiers = (Identifier(scheme="doi", value=doi),) if doi else ()
    return Bare(
        origin=origin,
        document=encode(Record(type="publication.book", title=Text(value=title), identifiers=identifiers)),
        reason=reason,
    )


async def ask(house: House, name: str, arguments: control.Arguments) -> Any:
    """Ask as the command line does: through bytes."""
    return msgspec.msgpack.decode(await control.perform(house, name, msgspec.msgpack.encode(arguments)))


async def bring(house: House, *works: Bare) -> Report:
    there = msgspec.convert(await ask(house, "known", control.Origins(origins=[w.origin for w in works])), dict[str, Known])
    items = [render(house.press.renderer, work, there.get(work.origin), house.clock()) for work in works]
    return msgspec.convert(await ask(house, "store", control.Store(items=items)), Report)


async def listed(client: TestClient) -> dict[str, str | None]:
    """Titles by identifier; None for a tombstone."""
    found: dict[str, str | None] = {}
    query = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
    while query:
        root = etree.fromstring(await (await client.get("/oai", params=query)).read())
        for record in root.iterfind(".//o:record", NS):
            found[record.findtext("o:header/o:identifier", namespaces=NS)] = record.findtext(".//dc:title", namespaces=NS)
        token = root.findtext(".//o:resumptionToken", namespaces=NS)
        query = {"verb": "ListRecords", "resumptionToken": token} if token else {}
    return found


async def test_a_second_run_changes_nothing_and_a_change_changes_one(house: House, client: TestClient, clock: SetClock) -> None:
    works = [bare(f"old:{n}", f"work {n}") for n in range(7)]
    assert (await bring(house, *works)).new == 7
    before = await listed(client)
    clock.pass_time(hours=1)
    again = await bring(house, *works)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 7)
    assert await listed(client) == before
    changed = await bring(house, *works[:6], bare("old:6", "work six"))
    assert (changed.changed, changed.unchanged) == (1, 6)
    after = await listed(client)
    assert after.keys() == before.keys()
    assert sorted(filter(None, after.values())) == [*(f"work {n}" for n in range(6)), "work six"]


async def test_a_doi_belongs_to_one_work_and_the_other_is_kept_without_it(house: House, client: TestClient) -> None:
    first = await bring(house, bare("a", "first", "10.1007/BF1"), bare("b", "second", "10.1007/bf1"))
    assert first.new == 2
    assert "10.1007/bf1 belongs to work" in first.problems[0]
    assert len(await listed(client)) == 2
    again = await bring(
        house, bare("a", "first", "10.1007/BF1"), bare("b", "second", "10.1007/bf1"), bare("c", "third", "10.1007/BF1")
    )
    assert (again.new, again.unchanged, again.changed, len(again.problems)) == (1, 2, 0, 2)
    stored = await house.database.read(store.by_origins, ["b"])
    assert stored["b"].record.identifiers == ()
    assert await house.database.read(ledger.owner_of, "doi", "10.1007/bf1") is not None


async def test_handles_come_along_and_one_may_be_that_of_two_works(house: House) -> None:
    def held(origin: str, *values: str) -> Bare:
        identifiers = tuple(Identifier(scheme="handle", value=value) for value in values)
        return msgspec.structs.replace(
            bare(origin), document=encode(Record(type="dataset.dataset", title=Text(value="T"), identifiers=identifiers))
        )

    report = await bring(house, held("a", "10536/DU:1", "hdl:10536/du:1", "no handle"), held("b", "10536/DU:1", "10536/DU:2"))
    assert (report.new, report.problems) == (2, [])
    stored = await house.database.read(store.by_origins, ["a", "b"])
    owners = await house.database.read(ledger.owners_of, "handle", ["10536/du:1", "10536/du:2"])
    assert owners == {"10536/du:1": stored["a"].id, "10536/du:2": stored["b"].id}
    assert [len(stored[origin].record.identifiers) for origin in ("a", "b")] == [3, 2], "each keeps what it came with"


async def test_no_identifier_is_minted_for_what_is_brought_in(house: House) -> None:
    values = {"prefix": "10.5072"}
    await control.profile_set(house, control.ProfileSet(kind="reserve", name="DOIs", values=values))
    await bring(house, bare("a"))
    await bring(house, bare("a", "changed"))
    (stored,) = (await house.database.read(store.by_origins, ["a"])).values()
    assert await house.database.read(ledger.of_record, stored.id) == []


async def test_deletions_are_taken_over_and_a_return_too(house: House, client: TestClient) -> None:
    await bring(house, bare("a"), bare("b"))
    gone = await bring(house, bare("a", reason="Deleted there."), bare("never here", reason="Deleted there."))
    assert (gone.withdrawn, gone.unchanged) == (1, 1)
    assert sorted(str(title) for title in (await listed(client)).values()) == ["None", "Peas"]
    assert (await bring(house, bare("a", reason="Deleted there."))).unchanged == 1
    back = await bring(house, bare("a", "Peas again"))
    assert back.changed == 1
    assert sorted(str(title) for title in (await listed(client)).values()) == ["Peas", "Peas again"]


async def test_the_same_name_twice_in_one_batch_is_said(house: House) -> None:
    report = await bring(house, bare("a", "one"), bare("a", "two"))
    assert (report.new, len(report.problems)) == (1, 1)


async def test_rendered_before_another_batch_brought_it(house: House, client: TestClient) -> None:
    """Two batches under way at once may hold the same work: it stays one work under one address."""
    late = render(house.press.renderer, bare("a", "late"), None, house.clock())
    await bring(house, bare("a", "early"))
    report = msgspec.convert(await ask(house, "store", control.Store(items=[late])), Report)
    assert report.changed == 1
    ((identifier, title),) = (await listed(client)).items()
    assert title == "late"
    (stored,) = (await house.database.read(store.by_origins, ["a"])).values()
    assert identifier.endswith(stored.id)
    answer = await client.get("/oai", params={"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": identifier})
    assert f"https://repository.example.org/items/{stored.id}" in await answer.text()


async def test_what_is_exported_comes_in_again(house: House) -> None:
    await bring(house, *(bare(f"old:{n}", f"work {n}") for n in range(5)))
    lines, after = [], ""
    while page := await ask(house, "export", control.Walk(after=after, size=2)):
        lines += [line for _, line in page]
        after = page[-1][0]
    assert len(lines) == 5
    assert {msgspec.json.decode(line)["origin"] for line in lines} == {f"old:{n}" for n in range(5)}
