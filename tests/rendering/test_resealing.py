"""After an upgrade no harvester is given what the release before wrote: its blocks go at the first start, and only then."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select

from server import resealing
from server.app import open_house
from server.clock import now
from server.house import House
from server.metadata.work import Work
from server.records import blocks, changes, parts
from server.records.lists import Range
from server.records.tables import blocks as sealed
from server.rooms import web_application
from server.settings import Settings
from tests.conftest import SetClock
from tests.oai.test_blocks_are_truth import seal, writing
from tests.writers import Writer


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "COUNT", 2)
    monkeypatch.setattr(blocks, "LARGEST", 3)


async def seal_all(house: House) -> None:
    renderer = house.press.renderer
    write, horizon = writing(renderer, "datacite"), await house.database.write(changes.horizon, now())
    wanted = Range(renderer.ids["datacite"], horizon.seq)
    part = await house.database.read_hot(parts.records, wanted, 100, write)
    for stretch in part.stretches:
        await seal(house.database, wanted, stretch, write, random.Random(1))


async def count(house: House) -> int:
    return int(await house.database.read(lambda tx: tx.execute(select(func.count()).select_from(sealed)).scalar_one()))


async def harvested(house: House) -> str:
    async with TestClient(TestServer(web_application(house))) as client:
        return await (await client.get("/oai?verb=ListRecords&metadataPrefix=datacite")).text()


async def test_what_another_release_sealed_is_let_go(
    settings: Settings, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(settings, clock=clock) as house:
        writer = Writer(house.database, house.press, clock)
        for number in range(4):
            await writer.publish(f"peas {number}")
        await seal_all(house)
        assert await count(house) == 2
    async with open_house(settings, clock=clock) as house:
        assert await count(house) == 2, "the same release has nothing to let go"
    monkeypatch.setattr(resealing, "release", lambda: "the next one")
    async with open_house(settings, clock=clock, serving=False) as house:
        assert await count(house) == 2, "a command gives nobody anything"
    async with open_house(settings, clock=clock) as house:
        assert await count(house) == 0
        sound = house.press.renderer.formats["datacite"]

        def corrected(work: Work) -> str:
            return sound.write(work).replace("peas", "Peas, corrected")

        house.press.renderer.formats["datacite"] = replace(sound, write=corrected)
        assert (await harvested(house)).count("Peas, corrected") == 4
        await seal_all(house)
        assert await count(house) == 2
    async with open_house(settings, clock=clock) as house:
        assert await count(house) == 2


def test_a_release_is_known_by_its_code_and_its_templates(tmp_path: Path) -> None:
    code, templates = tmp_path / "server", tmp_path / "templates"
    names, mets = code / "metadata" / "names.py", templates / "formats" / "mets.xml"
    for path in (names, mets):
        path.parent.mkdir(parents=True)
        path.write_text("as it was")

    def digest() -> str:
        return resealing.digest(code, (templates, tmp_path / "nowhere"))

    found = [digest()]
    assert digest() == found[0]
    for path in (names, mets):
        path.write_text("corrected")
        found.append(digest())
    mets.rename(mets.with_name("mods.xml"))
    assert len({*found, digest()}) == 4
