"""The address changes, a format is added: every record is rendered anew, once, whatever happens meanwhile."""

from dataclasses import replace

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer
from lxml import etree
from sqlalchemy import insert, select

from server import rendering
from server.app import open_house
from server.errors import Invalid
from server.house import House
from server.jobs.tables import jobs
from server.records import changes
from server.records.tables import feed, fragments, renderings
from server.rooms import web_application
from server.settings import Settings
from tests.conftest import SetClock
from tests.writers import Writer

NS = {"o": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/"}
ELSEWHERE = "https://new.example.org"


async def listed(house: object, **query: str) -> dict[str, str]:
    """First dc:identifier by OAI identifier, over all parts; `deleted` for tombstones."""
    found: dict[str, str] = {}
    async with TestClient(TestServer(web_application(house))) as client:  # type: ignore[arg-type]
        asked = {"verb": "ListRecords", "metadataPrefix": "oai_dc"} | query
        while asked:
            root = etree.fromstring(await (await client.get("/oai", params=asked)).read())
            for record in root.iterfind(".//o:record", NS):
                name = record.findtext("o:header/o:identifier", namespaces=NS)
                assert name not in found
                found[name] = record.findtext(".//dc:identifier", namespaces=NS) or "deleted"
            token = root.findtext(".//o:resumptionToken", namespaces=NS)
            asked = {"verb": "ListRecords", "resumptionToken": token} if token else {}
    return found


def moved(settings: Settings, **changes: str) -> Settings:
    return msgspec.structs.replace(settings, **changes)


async def fill(settings: Settings, clock: SetClock) -> list[str]:
    async with open_house(settings, clock=clock) as house:
        writer = Writer(house.database, house.press, clock)
        numbers = [await writer.publish(f"work {n}") for n in range(7)]
        await writer.withdraw(numbers[2])
        waiting = select(jobs.c.id).where(jobs.c.kind == rendering.RENDER)
        assert await house.database.read(lambda tx: tx.execute(waiting).all()) == [], "there is nothing to render anew"
        await house.worker.drain()
    return numbers


async def test_a_new_address_stands_in_every_record_and_the_datestamps_move(settings: Settings, clock: SetClock) -> None:
    numbers = await fill(settings, clock)
    clock.pass_time(days=1)
    there = moved(settings, base_url=ELSEWHERE, repository_identifier="repository.example.org")
    async with open_house(there, clock=clock) as house:
        assert await house.worker.drain() == 1
        found = await listed(house)
        gone = f"oai:repository.example.org:{numbers[2]}"
        assert found == {f"oai:repository.example.org:{n}": f"{ELSEWHERE}/items/{n}" for n in numbers} | {gone: "deleted"}
        since = await listed(house, **{"from": clock().strftime("%Y-%m-%d")})
        assert since == found, "an incremental harvest brings every record again"
    async with open_house(there, clock=clock) as house:
        assert await house.worker.drain() == 0, "once is enough"


async def test_the_oai_domain_of_a_known_repository_stays(settings: Settings, clock: SetClock) -> None:
    await fill(settings, clock)
    with pytest.raises(Invalid, match=r"oai:repository\.example\.org:") as refused:
        async with open_house(moved(settings, base_url=ELSEWHERE), clock=clock):
            pass
    assert "SHEAF_REPOSITORY_IDENTIFIER=repository.example.org" in refused.value.remedy


async def test_one_that_was_only_tried_on_localhost_gets_its_real_name(settings: Settings, clock: SetClock) -> None:
    numbers = await fill(moved(settings, base_url="http://127.0.0.1:8080"), clock)
    async with open_house(moved(settings, base_url=ELSEWHERE), clock=clock) as house:
        await house.worker.drain()
        found = await listed(house)
    assert found.keys() == {f"oai:new.example.org:{number}" for number in numbers}


async def test_a_crash_half_way_goes_on_and_what_changed_meanwhile_is_not_undone(
    settings: Settings, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = await fill(settings, clock)
    there = moved(settings, base_url=ELSEWHERE, repository_identifier="repository.example.org")
    monkeypatch.setattr(rendering, "SIZE", 2)
    async with open_house(there, clock=clock) as house:
        batch = await house.database.read_hot(rendering._batch)
        handler = rendering.Rendering(house.database, house.press.renderer, house.agencies, clock)
        rendered = handler._rendered(batch)
        writer = Writer(house.database, house.press, clock, alive=dict.fromkeys(numbers, ""))
        await writer.revise(batch[0].stored.id, "revised meanwhile")
        assert await house.database.write(rendering._show, house.agencies, rendered, clock()) == 1, (
            "the revised one is left as it is"
        )
    async with open_house(there, clock=clock) as house:
        assert await house.worker.drain() >= 2, "the rendering, and word of the revision"
        assert len(await listed(house)) == 7
        rows = await house.database.read(lambda tx: [row.name for row in tx.execute(renderings.select())])
        assert set(rows) == {"now", "sets-now", "sealed-by"}


async def test_a_command_keeps_to_the_address_the_installation_is_known_by(settings: Settings, clock: SetClock) -> None:
    await fill(settings, clock)
    async with open_house(moved(settings, base_url="http://127.0.0.1:8080"), clock=clock, serving=False) as house:
        assert house.press.renderer.repository.url == settings.url
        assert await house.worker.drain() == 0


async def test_a_format_that_is_added_has_every_record(settings: Settings, clock: SetClock) -> None:
    await fill(settings, clock)
    async with open_house(settings, clock=clock) as house:
        shape = rendering.shape_of(house.press.renderer)
        fewer = msgspec.structs.replace(shape, formats=("datacite",))
        await house.database.write(rendering._write, "now", fewer)
    async with open_house(settings, clock=clock) as house:
        assert await house.worker.drain() == 1
        assert len(await listed(house)) == 7


async def test_a_format_taken_away_and_offered_again_has_every_record(settings: Settings, clock: SetClock) -> None:
    await fill(settings, clock)
    async with open_house(settings, clock=clock) as house:
        shape, forms = rendering.shape_of(house.press.renderer), house.press.renderer.formats

        async def left() -> list[int]:
            await house.worker.drain()
            rows = select(feed.c.left).where(feed.c.superseded.is_(None), feed.c.deleted.is_(False))
            return list(await house.database.read(lambda tx: tx.execute(rows).scalars().all()))

        sound = forms.pop("datacite")
        await house.database.write(rendering.settle, rendering.shape_of(house.press.renderer), clock())
        assert await left() == [1 << house.press.renderer.ids["datacite"]] * 6, "announced as deleted"
        forms["datacite"] = sound
        await house.database.write(rendering.settle, shape, clock())
        assert await left() == [0] * 6, "given again"


async def test_records_that_are_as_they_were_are_not_compared_with_each_other(
    settings: Settings, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(settings, clock)
    compared = list[object]()
    monkeypatch.setattr(rendering._Rendered, "__eq__", lambda self, _other: compared.append(self))
    async with open_house(settings, clock=clock) as house:
        shape = rendering.shape_of(house.press.renderer)
        await house.database.write(rendering._write, "now", msgspec.structs.replace(shape, formats=("oai_dc",)))
        await house.database.write(rendering.settle, shape, clock())
        await house.worker.drain()
        assert await house.database.read(rendering.known) == shape
    assert compared == [], "a hundred with a hundred, each a whole record"


async def test_what_an_earlier_release_kept_written_is_let_go(house: House, clock: SetClock) -> None:
    writer = Writer(house.database, house.press, clock)
    await writer.publish("Peas")
    other = house.press.renderer.ids["datacite"] << changes.SHIFT
    await house.database.write(
        lambda tx: tx.execute(insert(fragments), [{"key": other | n, "body": b"old"} for n in range(5)]) and None
    )
    await house.database.write(rendering.rename, "Museum of Old Papers", "", clock())
    clock.pass_time(seconds=15)
    live = house.press.renderer
    live.repository = replace(live.repository, name="Museum of Old Papers")
    await house.worker.drain()
    keys = await house.database.read(lambda tx: list(tx.execute(select(fragments.c.key)).scalars()))
    assert {key >> changes.SHIFT for key in keys} == {live.ids["oai_dc"]}
