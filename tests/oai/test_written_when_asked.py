"""Formats that are written when somebody asks: one record that cannot be written never breaks a page, and is named."""

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient
from lxml import etree
from sqlalchemy import select

from server.house import House
from server.metadata.format import Format
from server.metadata.work import Work
from server.records import changes, parts
from server.records.tables import fragments, quarantine
from tests.conftest import Deposit
from tests.oai.conftest import NS

TITLES = "//*[local-name()='titles']/*/text()"


def broken(form: Format, title: str) -> Format:
    """Return a format that cannot write works whose titles begin with a word."""

    def write(work: Work) -> str:
        if work.record.title.value.startswith(title):
            raise ValueError("no such year")
        return form.write(work)

    return replace(form, write=write)


async def asked(client: TestClient, **arguments: str):
    return etree.fromstring(await (await client.get("/oai", params=arguments)).read())


async def test_oai_dc_is_kept_written_and_the_others_are_not(client: TestClient, house: House, deposit: Deposit) -> None:
    await deposit(title="Peas")
    assert len(await house.database.read(lambda tx: tx.execute(select(fragments)).all())) == 1
    root = await asked(client, verb="ListRecords", metadataPrefix="datacite")
    assert root.xpath(TITLES) == ["Peas"]


@pytest.mark.parametrize("verb", ["ListRecords", "GetRecord"])
async def test_what_cannot_be_written_is_left_out_and_named(
    client: TestClient, house: House, deposit: Deposit, verb: str
) -> None:
    for title in ("Beans", "Peas", "Lentils"):
        await deposit(title=title)
    renderer = house.press.renderer
    renderer.formats["datacite"] = broken(renderer.formats["datacite"], "Peas")
    root = await asked(client, verb="ListIdentifiers", metadataPrefix="datacite")
    identifiers = root.xpath("//o:identifier/text()", namespaces=NS)
    assert len(identifiers) == 3
    if verb == "ListRecords":
        root = await asked(client, verb=verb, metadataPrefix="datacite")
        assert root.xpath(TITLES) == ["Beans", "Lentils"]
    else:
        root = await asked(client, verb=verb, metadataPrefix="datacite", identifier=identifiers[1])
        assert root.xpath("string(//o:error/@code)", namespaces=NS) == "cannotDisseminateFormat"
    (held,) = await house.database.read(lambda tx: tx.execute(select(quarantine)).all())
    assert (identifiers[1].rpartition(":")[2], held.cause) == (held.record_id, "ValueError: no such year")
    root = await asked(client, verb="ListIdentifiers", metadataPrefix="datacite")
    assert root.xpath("//o:identifier/text()", namespaces=NS) == [identifiers[0], identifiers[2]], "no list counts on it"


async def test_a_part_is_never_empty_whatever_cannot_be_written(client: TestClient, house: House, deposit: Deposit) -> None:
    for number in range(6):  # a whole part of five
        await deposit(title=f"Peas {number}")
    await deposit(title="Lentils")
    renderer = house.press.renderer
    renderer.formats["datacite"] = broken(renderer.formats["datacite"], "Peas")
    root = await asked(client, verb="ListRecords", metadataPrefix="datacite")
    assert root.xpath(TITLES) == ["Lentils"]


async def several(deposit: Deposit, house: House, *titles: str) -> None:
    """Deposit works; Peas cannot be written in datacite."""
    for title in titles:
        await deposit(title=title)
    renderer = house.press.renderer
    renderer.formats["datacite"] = broken(renderer.formats["datacite"], "Peas")


async def walked(client: TestClient, **first: str) -> list[etree._Element]:
    """Ask for a whole list; no part may be an error."""
    found = [await asked(client, verb="ListRecords", metadataPrefix="datacite", **first)]
    while token := found[-1].xpath("string(//o:resumptionToken)", namespaces=NS):
        found.append(await asked(client, verb="ListRecords", resumptionToken=token))
    assert not any(root.xpath("//o:error", namespaces=NS) for root in found)
    return found


async def kept(house: House) -> int:
    return len(await house.database.read(lambda tx: tx.execute(select(quarantine)).all()))


async def test_what_cannot_be_written_is_held_where_it_is_all_there_is(
    client: TestClient, house: House, deposit: Deposit
) -> None:
    await several(deposit, house, "Peas 1", "Peas 2")
    for _ in range(2):
        root = await asked(client, verb="ListRecords", metadataPrefix="datacite")
        assert root.xpath("//o:error/@code", namespaces=NS) == ["noRecordsMatch"]
        assert await kept(house) == 2
    root = await asked(client, verb="ListIdentifiers", metadataPrefix="datacite")
    assert root.xpath("//o:error/@code", namespaces=NS) == ["noRecordsMatch"], "no list counts on them"


@pytest.mark.parametrize("sound", [4, 5, 10])
async def test_a_walk_ends_well_where_its_last_records_cannot_be_written(
    client: TestClient, house: House, deposit: Deposit, sound: int
) -> None:
    titles = [f"Title {number}" for number in range(sound)]
    await several(deposit, house, *titles, "Peas 1", "Peas 2")
    found = await walked(client)
    assert [title for root in found for title in root.xpath(TITLES)] == titles
    assert await kept(house) == 2


async def test_a_walk_whose_rest_is_held_meanwhile_ends(client: TestClient, house: House, deposit: Deposit) -> None:
    await several(deposit, house, *(f"Title {number}" for number in range(5)))
    last = await deposit(title="Beans")
    first = await asked(client, verb="ListRecords", metadataPrefix="datacite")
    token = first.xpath("string(//o:resumptionToken)", namespaces=NS)
    await house.database.write(changes.hold, last, house.press.renderer.ids["datacite"], "It is broken.", house.clock())
    root = await asked(client, verb="ListRecords", resumptionToken=token)
    assert root.xpath("//o:error/@code", namespaces=NS) == ["noRecordsMatch"], "the token was good, and this is its end"
    assert len(await walked(client)) == 1, "who begins again gets it whole"


async def test_cursors_count_what_was_delivered(client: TestClient, house: House, deposit: Deposit) -> None:
    await several(deposit, house, "A", "Peas 1", *"BCDEFG", "Peas 2", *"HIJK")
    found, delivered = await walked(client), 0
    for root in found:
        assert root.xpath("string(//o:resumptionToken/@cursor)", namespaces=NS) == str(delivered)
        delivered += len(root.xpath("//o:record", namespaces=NS))
    assert delivered == 11
    assert found[-1].xpath("string(//o:resumptionToken/@completeListSize)", namespaces=NS) == str(delivered)


async def test_one_request_does_not_look_without_end(
    client: TestClient, house: House, deposit: Deposit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LOOKS", 1)
    await several(deposit, house, *(f"Peas {number}" for number in range(14)), "Beans")
    asked_ = {"verb": "ListRecords", "metadataPrefix": "datacite"}
    answers = [await client.get("/oai", params=asked_) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert "Retry-After" in answers[0].headers
    assert etree.fromstring(await answers[-1].read()).xpath(TITLES) == ["Beans"], "who asks again comes further"


async def test_a_work_that_cannot_be_written_at_once_is_published_all_the_same(
    client: TestClient, house: House, deposit: Deposit
) -> None:
    renderer = house.press.renderer
    sound = renderer.formats["oai_dc"]
    renderer.formats["oai_dc"] = broken(sound, "Peas")
    await deposit(title="Beans")
    await deposit(title="Peas")
    assert len((await asked(client, verb="ListRecords", metadataPrefix="oai_dc")).xpath("//o:record", namespaces=NS)) == 1
    assert (await asked(client, verb="ListRecords", metadataPrefix="datacite")).xpath(TITLES) == ["Beans", "Peas"]
