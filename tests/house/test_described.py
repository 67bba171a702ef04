"""What records are rendered with is what the definition says at that moment: switched on or off, deleted, changed elsewhere."""

from collections.abc import Callable

import pytest
from msgspec import structs
from sqlalchemy import Connection

from server import configuration, control, rendering
from server.app import open_house
from server.house import House
from server.oai import definition
from server.profiles import store
from server.profiles.live import Live
from server.profiles.seal import Seal
from server.settings import Settings
from tests.conftest import SetClock, configured
from tests.writers import Writer

MUSEUM = "Museum of Old Papers"
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"


async def off(house: House) -> None:
    await control.profile_enable(house, control.ProfileEnable(name=configuration.DEFINITION, enabled=False))


async def away(house: House) -> None:
    await control.profile_delete(house, control.ProfileName(name=configuration.DEFINITION))


@pytest.mark.parametrize("deed", [off, away])
async def test_without_a_definition_a_restart_renders_nothing_anew(
    settings: Settings, clock: SetClock, deed: Callable[[House], object]
) -> None:
    async with open_house(settings, clock=clock, moved={"repository_name": MUSEUM}) as house:
        await configured(house, "oai", metadata_licence=LICENCE)
        await Writer(house.database, house.press, clock).publish("peas")
        await deed(house)
        clock.pass_time(minutes=1)
        await house.worker.drain()
    async with open_house(settings, clock=clock) as house:
        repository = house.press.renderer.repository
        assert (repository.name, repository.licence) == (MUSEUM, LICENCE)
        assert await house.database.read(rendering.known) == rendering.shape_of(house.press.renderer)
        assert await house.worker.drain() == 0


async def test_what_another_process_changes_while_a_house_opens_is_not_rendered_back(
    settings: Settings, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(settings, clock=clock) as house:
        await Writer(house.database, house.press, clock).publish("peas")
        await house.worker.drain()

    def renamed(tx: Connection) -> None:
        profile = store.get(tx, configuration.DEFINITION)
        said = structs.replace(configuration.defined(tx), repository_name=MUSEUM)
        store.rewrite(tx, profile.id, said, Seal(b"only for tests"), clock())
        rendering.rename(tx, MUSEUM, "", clock())

    look = Live.look

    async def overtaken(live: Live) -> None:
        await look(live)
        monkeypatch.setattr(Live, "look", look)
        await live._database.write(renamed)

    monkeypatch.setattr(Live, "look", overtaken)
    async with open_house(settings, clock=clock) as house:
        assert house.press.renderer.repository.name == MUSEUM
        known = await house.database.read(rendering.known)
        assert known is not None
        assert known.name == MUSEUM
        await house.keeper.live.look()
        assert [each.settings.repository_name for each in house.keeper.live.of(definition.KIND)] == [MUSEUM]
