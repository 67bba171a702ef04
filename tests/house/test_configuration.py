"""The first profiles: made once, from the variables where they used to stand; a variable that moved stops no start."""

import logging

import pytest

from server import control
from server.app import open_house
from server.profiles import store
from server.settings import MOVED, Settings, load, moved

OLD = {
    "repository_name": "Museum of Old Papers", "admin_email": "ada@example.org", "oai_page_size": "7", "oai_token_days": "3",
    "import_as": "pending", "content_faults": "refuse", "read_now_mb": "1",
}  # fmt: skip


def warned(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_variable_that_moved_stops_no_start() -> None:
    environ = {f"SHEAF_{name.upper()}": "anything" for name in MOVED} | {"SHEAF_PORT": "8081"}
    assert load(environ).port == 8081
    assert moved(environ) == dict.fromkeys(MOVED, "anything")
    assert moved({"SHEAF_IMPORT_AS": ""}) == {}


async def test_the_first_start_takes_what_the_environment_said(settings: Settings, clock) -> None:
    async with open_house(settings, clock=clock, moved=OLD) as house:
        (definition,) = house.keeper.live.of("oai")
        said = definition.settings
        assert (said.repository_name, said.admin_emails) == ("Museum of Old Papers", ("ada@example.org",))
        assert (said.page_size, said.token_days) == (7, 3)
        (server,) = house.keeper.live.of("sword")
        assert server.settings.collections[0].import_as == "pending"
        assert (server.settings.content_faults, server.settings.read_now_mb) == ("refuse", 1)
        assert house.press.renderer.repository.name == "Museum of Old Papers"


async def test_without_anything_said_all_is_as_it_was(settings: Settings, clock) -> None:
    async with open_house(settings, clock=clock) as house:
        said = house.keeper.live.of("oai")[0].settings
        assert (said.repository_name, said.admin_emails) == ("Sheaf", ("admin@repository.example.org",))
        assert (said.page_size, said.token_days, said.formats, said.sets) == (500, 7, (), ())
        assert [context.path for context in said.contexts] == ["openaire", "dini", "plain"]
        server = house.keeper.live.of("sword")[0].settings
        assert [(c.id, c.title, c.import_as) for c in server.collections] == [("works", "Works", "approved")]
        assert (server.content_faults, server.read_now_mb, server.clients) == ("hold", 64, ())


async def test_later_the_profile_counts_and_a_variable_that_differs_is_said(
    settings: Settings, clock, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(settings, clock=clock, moved=OLD):
        pass
    with caplog.at_level(logging.WARNING):
        async with open_house(settings, clock=clock, moved=OLD):
            pass
        assert warned(caplog) == []
        async with open_house(settings, clock=clock, moved=OLD | {"oai_page_size": "9", "import_as": "approved"}) as house:
            assert house.keeper.live.of("oai")[0].settings.page_size == 7
    assert {record.variable for record in warned(caplog)} == {"SHEAF_OAI_PAGE_SIZE", "SHEAF_IMPORT_AS"}
    assert all("/admin/profiles" in record.where for record in warned(caplog))


async def test_a_value_that_does_not_fit_is_left_out_and_said(
    settings: Settings, clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with open_house(settings, clock=clock, moved={"oai_page_size": "0", "admin_email": "x", "import_as": "?"}) as house:
            assert house.keeper.live.of("oai")[0].settings.page_size == 500
    said = {record.variable for record in warned(caplog)}
    assert said == {"SHEAF_OAI_PAGE_SIZE", "SHEAF_ADMIN_EMAIL", "SHEAF_IMPORT_AS"}


async def test_what_was_deleted_stays_deleted(settings: Settings, clock) -> None:
    async with open_house(settings, clock=clock) as house:
        await control.profile_delete(house, control.ProfileName(name="OAI repository"))
        await control.profile_delete(house, control.ProfileName(name="SWORD server"))
    async with open_house(settings, clock=clock) as house:
        assert await house.database.read(store.every) == []
        assert house.press.renderer.repository.name == "Sheaf"


async def test_other_processes_see_a_change_when_they_look(settings: Settings, clock) -> None:
    if settings.is_sqlite:
        pytest.skip("SQLite belongs to one process")
    async with open_house(settings, clock=clock) as one, open_house(settings, clock=clock) as two:
        values = {"repository_name": "Museum of Old Papers"}
        await control.profile_set(one, control.ProfileSet(kind="oai", name="OAI repository", values=values))
        await two.keeper.live.look()
        assert two.press.renderer.repository.name == one.press.renderer.repository.name == "Museum of Old Papers"
