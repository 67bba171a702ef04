"""An embargo ends by itself: page, file, links and records open on that day, and harvesters are told."""

from datetime import timedelta

import msgspec
import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.records.model import Dates
from server.rendering import Rendering, open_ended
from tests.conftest import SetClock
from tests.items.test_pages import publish
from tests.items.works import RICH, kept

PDF = "files/versuche%20%C3%BC.pdf"


async def harvested(client: TestClient, prefix: str) -> str:
    return await (await client.get(f"/oai?verb=ListRecords&metadataPrefix={prefix}")).text()


@pytest.mark.parametrize("past", [True, False])
async def test_the_day_an_embargo_ends_opens_the_work(house: House, client: TestClient, clock: SetClock, *, past: bool) -> None:
    today = clock().date()
    until = today - timedelta(days=400) if past else today + timedelta(days=3)
    dates = Dates(issued="1866", embargo_until=until.isoformat())
    number = await publish(house, msgspec.structs.replace(kept(house, RICH), access="embargoed", dates=dates))
    renders = Rendering(house.database, house.press.renderer, house.agencies, clock)
    if not past:
        assert (await client.get(f"/items/{number}/{PDF}")).status == 403
        assert "embargoedAccess" in await harvested(client, "oai_dc")
        assert await open_ended(renders) == 0
        seen = (await client.get(f"/items/{number}")).headers["Last-Modified"]
        clock.pass_time(days=3)
        assert (await client.get(f"/items/{number}", headers={"If-Modified-Since": seen})).status == 200
        assert await open_ended(renders) == 1
    assert await open_ended(renders) == 0
    answer = await client.get(f"/items/{number}")
    page = await answer.text()
    assert "Open access" in page
    assert "nder embargo" not in page
    assert PDF in answer.headers["Link"]
    assert (await client.get(f"/items/{number}/{PDF}")).status == 200
    told = await harvested(client, "oai_dc")
    assert "openAccess" in told
    assert "embargo" not in told
    assert PDF in told
    assert "<setSpec>open_access</setSpec>" in told
    assert "c_abf2" in await harvested(client, "datacite")


async def test_the_day_the_embargo_of_a_single_file_ends_its_open_work_is_shown_anew(
    house: House, client: TestClient, clock: SetClock
) -> None:
    dates = Dates(issued="1866", embargo_until=(clock().date() + timedelta(days=3)).isoformat())
    record = kept(house, RICH)
    shut, *rest = record.files
    record = msgspec.structs.replace(record, dates=dates, files=(msgspec.structs.replace(shut, access="embargoed"), *rest))
    await publish(house, record)
    renders = Rendering(house.database, house.press.renderer, house.agencies, clock)
    assert PDF not in await harvested(client, "oai_dc")
    assert await open_ended(renders) == 0
    clock.pass_time(days=3)
    assert await open_ended(renders) == 1
    assert PDF in await harvested(client, "oai_dc")
    assert await open_ended(renders) == 0
