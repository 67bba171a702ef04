"""What IRUS was told, as the administration shows it: days that add up, what was given up, consent, and the table."""

import csv

import msgspec
import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.settings import Settings
from server.usage.irus import outbox
from server.usage.irus.definition import PRODUCTION
from server.usage.model import Class, Drop, Hit
from server.usage.noting import keep
from tests.admin.visits import login
from tests.conftest import SetClock
from tests.fakes.irus import FakeIrus
from tests.items.test_pages import publish
from tests.items.works import RICH
from tests.usage.irus.conftest import agree, deliver


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, private_targets="127.0.0.0/8")


async def text(client: TestClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status == 200, path
    return await answer.text()


def cells(page: str) -> list[str]:
    return [part.partition("</td>")[0] for part in page.partition("<tbody>")[2].split('<td data-label="')[1:]]


async def test_before_anything_is_told_the_page_says_so(client: TestClient) -> None:
    await login(client)
    page = await text(client, "/admin/usage/irus")
    assert "There is no profile of the kind IRUS-UK" in page
    assert "Nothing was told in these days." in page
    assert 'href="/admin/usage/irus"' in await text(client, "/admin/usage")


async def test_days_add_up_and_are_taken_away_as_a_table(house: House, client: TestClient, clock: SetClock) -> None:
    irus = FakeIrus()
    irus.refuses = {"203.0.113.0"}
    await irus.start()
    number = await publish(house, RICH)
    profile = await agree(house, endpoint=irus.url)
    settings = house.keeper.live.of("irus-uk")[0].settings
    robot = Drop(Class.COUNTER, "bot")
    hits = [Hit(clock(), number, "", f"203.0.113.{n}", "Firefox", "", robot if n > 2 else None) for n in range(5)]
    await house.database.write(keep, hits, (), clock(), settings)
    await deliver(house, clock, hours=1)
    for _ in range(2):  # others are taken, so it is given up
        await house.database.write(keep, hits[1:2], (), clock(), settings)
        await deliver(house, clock, hours=1)
    await house.database.write(keep, hits[:1], (), clock(), settings)
    await irus.stop()
    await login(client)
    page = await text(client, "/admin/usage/irus")
    assert [found.split(">", 1)[1].partition("<")[0].strip() for found in cells(page)[:5]] == ["6", "7", "4", "1", "1"]
    assert "robot 2" in page
    assert "not found" not in page
    assert "answered 404" in page
    assert "IRUS says" not in page
    assert "given by curie" in page
    assert "We agree that this repository tells IRUS-UK" in page
    assert f'href="/admin/profiles/{profile.id}"' in page
    assert 'href="/admin/usage/irus"' in await text(client, f"/admin/profiles/{profile.id}")
    assert "given up that IRUS should be told of" in await text(client, "/admin")
    answer = await client.get("/admin/usage/irus/days.csv?begin=2026-03-01&end=2026-03-31")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="irus-2026-03-01-2026-03-31.csv"'
    head, row = csv.reader((await answer.read()).decode("utf-8-sig").splitlines())
    assert dict(zip(head, row, strict=True)) == {
        "day": "2026-03-14", "countable": "6", "sent": "7", "acknowledged": "4", "waiting": "1", "dead": "1", "dropped": "0",
        "missing": "0", "dropped by reason": "", "not countable": "counter: 2",
    }  # fmt: skip


async def test_what_stops_it_is_said(house: House, client: TestClient, clock: SetClock) -> None:
    await login(client)
    await agree(house, consent=False, endpoint=PRODUCTION)
    assert "consent was not given" in await text(client, "/admin/usage/irus")
    await agree(house, consent=True)
    assert "Production" in await text(client, "/admin/usage/irus")
    await agree(house, retired=clock().date(), reason="<b>IRUS ended.</b>")
    page = await text(client, "/admin/usage/irus")
    assert "retired here on 2026-03-14" in page
    assert "&lt;b&gt;IRUS ended." in page
    await agree(house, consent=False)
    page = await text(client, "/admin/usage/irus")
    assert "withdrawn by curie" in page
    assert "consent was withdrawn on 14 March 2026 by curie." in page
    assert "consent was not given" not in page


@pytest.mark.parametrize("query", ["begin=x&end=%00", "begin=2026-03-20&end=2026-03-01", "begin=0001-01-01&end=9999-12-31"])
async def test_any_days_can_be_asked_for(client: TestClient, query: str) -> None:
    await login(client)
    await text(client, f"/admin/usage/irus?{query}")


async def test_what_was_lost_by_a_restore_is_shown(house: House, client: TestClient, clock: SetClock) -> None:
    tally = {("2026-03-14", outbox.What.COUNTABLE, "", "request"): 3}
    await house.database.write(outbox.count, tally)
    await login(client)
    assert "3 not found" in await text(client, "/admin/usage/irus")
    assert clock().day == 14
