"""Formats that are written when somebody asks: one record that cannot be written never breaks a page, and is named."""

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient
from lxml import etree
from sqlalchemy import select

from server.house import House
from server.metadata.format import Format
from server.metadata.work import Work
from server.records.tables import fragments, quarantine
from tests.conftest import Deposit
from tests.oai.conftest import NS

TITLES = "//*[local-name()='titles']/*/text()"


def broken(form: Format, title: str) -> Format:
    """Return a format that cannot write works of one title."""

    def write(work: Work) -> str:
        if work.record.title.value == title:
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
    for _ in range(6):  # a whole part of five
        await deposit(title="Peas")
    await deposit(title="Lentils")
    renderer = house.press.renderer
    renderer.formats["datacite"] = broken(renderer.formats["datacite"], "Peas")
    root = await asked(client, verb="ListRecords", metadataPrefix="datacite")
    assert root.xpath(TITLES) == ["Lentils"]


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
