"""What a record says of its own last change: the datestamp it is given with, so that nothing in it moves where that stands."""

import pytest
from aiohttp.test_utils import TestClient
from lxml import etree
from sqlalchemy import Connection

from server.house import House
from server.records import store
from tests.conftest import SetClock
from tests.oai.conftest import NS
from tests.writers import Writer

#: Where a format says when the record was changed.
DATES = {
    "mets": "string(//*[local-name()='metsHdr']/@LASTMODDATE)",
    "mods": "string(//*[local-name()='recordChangeDate'])",
    "marcxml": "string(//*[local-name()='controlfield'][@tag='005'])",
}


@pytest.mark.parametrize("prefix", DATES)
async def test_a_record_says_it_was_changed_when_its_datestamp_says_so(
    house: House, client: TestClient, clock: SetClock, prefix: str
) -> None:
    writer = Writer(house.database, house.press, clock)
    number = await writer.publish("Peas")

    async def told() -> tuple[bytes, str, str]:
        body = await (await client.get("/oai", params={"verb": "ListRecords", "metadataPrefix": prefix})).read()
        (record,) = etree.fromstring(body).iterfind(".//o:record", NS)
        return etree.tostring(record), record.findtext("o:header/o:datestamp", namespaces=NS), record.xpath(DATES[prefix])

    before = await told()
    assert _digits(before[2]).startswith(_digits(before[1])), "the moment harvesters know"
    clock.pass_time(days=1)
    await house.database.write(_give_away, number, clock)
    assert await told() == before, "another owner is none of the harvesters' business"
    await writer.revise(number, "Beans")
    after = await told()
    assert after[1] > before[1]
    assert _digits(after[2]).startswith(_digits(after[1]))


def _digits(moment: str) -> str:
    return "".join(filter(str.isdigit, moment))


def _give_away(tx: Connection, number: str, clock: SetClock) -> None:
    stored = store.get(tx, number)
    store.assign(tx, stored, clock(), owner=1, collection=stored.collection)
