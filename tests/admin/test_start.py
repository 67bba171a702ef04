"""The start page of the administration: everybody hears what is stuck; only who may look there is led there."""

import pytest
from aiohttp.test_utils import TestClient

from server.accounts import store as accounts
from server.accounts.model import Role
from server.house import House
from server.jobs import queue
from server.profiles import store as profiles
from tests.admin.visits import deposit_faulty, login
from tests.conftest import HASH, SetClock


@pytest.mark.parametrize(("role", "led"), [(Role.REVIEWER, False), (Role.MANAGER, True)])
async def test_nobody_is_led_to_a_page_they_may_not_open(
    client: TestClient, house: House, clock: SetClock, role: Role, led: bool
) -> None:
    await deposit_faulty(client)
    await house.database.write(queue.enqueue, "tidy", "1", clock())
    await house.database.write(accounts.add, "noether", role, HASH, clock())
    await login(client, "noether")
    page = await (await client.get("/admin")).text()
    assert '<a href="/admin/imports?state=held">1 import held' in page
    assert "Jobs" in page
    assert ('<a href="/admin/jobs/queue' in page) == led


@pytest.mark.parametrize(("name", "led"), [("noether", False), ("admin", True)])
async def test_a_profile_that_stands_still_is_named(
    client: TestClient, house: House, clock: SetClock, name: str, led: bool
) -> None:
    (profile,) = await house.database.read(profiles.of_kind, "sword")
    await house.database.write(profiles.pause, profile.id, "The password was refused.")
    await house.database.write(accounts.add, "noether", Role.MANAGER, HASH, clock())
    await login(client, name)
    page = await (await client.get("/admin")).text()
    assert "The profile SWORD server stands still" in page
    assert "The password was refused." in page
    assert (f'<a href="/admin/profiles/{profile.id}">The profile' in page) == led
