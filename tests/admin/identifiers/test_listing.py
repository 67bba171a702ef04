"""The list of identifiers: what is stuck and why, filters whose numbers are true, one cause found as one, sheet and searches."""

import csv
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.identifiers import watching
from server.identifiers.agencies.reserve import PLUGIN
from server.identifiers.causes import LONGEST, cause_of
from server.identifiers.watching import Asked, asked_of
from server.profiles import store as profiles
from tests.admin.identifiers.stock import DOWN, LOCKED, fill
from tests.admin.visits import csrf, login
from tests.conftest import Deposit

STOCK = 160
"""So many identifiers, of which an eighth stand in each of the states of the stock; three pages and a bit."""


@pytest.fixture
async def stocked(house: House) -> House:
    """A house with a stock of identifiers of two profiles."""
    for name in ("peas", "beans"):
        await house.database.write(profiles.save, "reserve", name, PLUGIN.account(prefix="10.5072"), house.seal, house.clock())
    numbers = tuple(profile.id for profile in await house.database.read(profiles.every) if profile.kind == "reserve")
    await house.database.write(fill, STOCK, numbers, house.clock())
    return house


async def found(house: House, asked: Asked) -> list[watching.Row]:
    return await house.database.read(watching.page, asked, house.clock(), "", 1000)


async def test_the_identifiers_can_be_filtered(client: TestClient, house: House, deposit: Deposit) -> None:
    await login(client)
    assert "There are no identifiers yet." in await (await client.get("/admin/identifiers")).text()
    await house.database.write(profiles.save, "reserve", "ours", PLUGIN.account(prefix="10.5072"), house.seal, house.clock())
    work = await deposit(title="Peas in Brünn")
    for query, there in (
        ("", True),
        ("?state=reserved", True),
        ("?state=rejected", False),
        ("?q=00000001", True),
        ("?q=https://doi.org/10.5072/00000001", True),
        ("?q=brunn+00000001", True),
        ("?q=nothing", False),
        ("?profile=99", False),
        ("?age=hour", False),
    ):
        page = await (await client.get(f"/admin/identifiers{query}")).text()
        assert ("10.5072/00000001" in page) is there, query
    far = "2020-01-01+" + "9" * 25
    for behind in (
        "nonsense",
        far,
        "0001-01-01T00:00:00%2B14:00+5",
        "2020-01-01+-5",
        "2020-01-01+\u0665",
        f"{far}&order=waiting",
    ):
        assert (await client.get(f"/admin/identifiers.csv?behind={behind}")).status == 200, behind
        page = await (await client.get(f"/admin/identifiers?behind={behind}")).text()
        assert (f'href="/admin/works/{work}"' in page) is ("order" not in behind), "what is no place means the beginning"
    page = await (await client.get("/admin/identifiers")).text()
    assert f'href="/admin/works/{work}"' in page
    assert "Peas in Brünn" in page


async def test_the_page_says_what_the_agency_said_and_when_it_is_asked_next(client: TestClient, stocked: House) -> None:
    await login(client)
    page = await (await client.get("/admin/identifiers?state=submitted")).text()
    assert "20 identifiers" in page
    assert page.count(DOWN) >= 20
    assert "waits for" in page
    assert 'datetime="' in page
    page = await (await client.get("/admin/identifiers?state=rejected")).text()
    assert "waits for somebody" in page
    assert "publisher “" in page


async def test_the_numbers_beside_the_filters_are_what_their_links_show(stocked: House) -> None:
    seen = 0
    for asked in (
        Asked(),
        Asked(state="rejected"),
        Asked(q="0000001"),
        Asked(age="hour"),
        Asked(fault="credentials", age="hour"),
    ):
        count, facets = await stocked.database.read(watching.facets, asked, stocked.clock())
        assert count == len(await found(stocked, asked))
        for facet in facets:
            for value, number in facet.values:
                assert len(await found(stocked, asked.but(**{facet.name: value}))) == number, (asked, facet.name, value)
                seen += 1
    assert seen > 30


async def test_what_fails_for_one_cause_is_one_group_and_its_link_shows_all_of_it(client: TestClient, stocked: House) -> None:
    await login(client)
    groups = await stocked.database.read(watching.groups)
    assert {group.cause for group in groups} == {DOWN, LOCKED, "DataCite refuses … publisher … is not complete"}
    assert sum(group.count for group in groups) == 3 * STOCK // 8
    for group in groups:
        rows = await found(stocked, asked_of(group.query))
        assert len(rows) == group.count
        assert {(row.cause, row.entry.state, row.profile) for row in rows} == {(group.cause, group.state, group.profile)}
    page = await (await client.get("/admin/identifiers")).text()
    assert page.count('<li class="bad">') + page.count('<li class="wait">') == len(groups)
    link = re.search(r'href="(/admin/identifiers\?state=blocked[^"]*)"', page)[1].replace("&amp;", "&")
    assert "Cause:" in await (await client.get(link)).text()


@pytest.mark.parametrize("order", ["", "waiting"])
async def test_page_after_page_shows_each_once(client: TestClient, stocked: House, order: str) -> None:
    await login(client)
    asked = Asked(order=order)
    every = [row.entry.value for row in await found(stocked, asked)]
    assert len(set(every)) == len(every) == (STOCK if not order else STOCK // 2)
    path, walked = f"/admin/identifiers?{asked.query}", []
    while path:
        page = await (await client.get(path)).text()
        walked += re.findall(r"<code>(10\.5073/\d+)</code>", page)
        more = re.search(r'href="([^"]*)" rel="next"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert walked == every
    if order:
        since = [row.request.since for row in await found(stocked, asked)]
        assert since == sorted(since), "what waits longest comes first"


async def test_the_sheet_holds_all_that_is_found(client: TestClient, stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from server.admin.identifiers import listing

    monkeypatch.setattr(listing, "PART", 7)
    await login(client)
    answer = await client.get("/admin/identifiers.csv?state=blocked")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="identifiers.csv"'
    rows = list(csv.DictReader(io.StringIO((await answer.text()).removeprefix("\ufeff"))))
    assert len(rows) == STOCK // 8
    assert {(row["state"], row["message"], row["request"], row["attempts"]) for row in rows} == {("blocked", LOCKED, "held", "1")}
    assert rows[0]["address"].startswith("https://repository.example.org/admin/identifiers/")
    assert (await (await client.get("/admin/identifiers.csv?q=nothing")).text()).count("\n") == 1


async def test_searches_are_kept(client: TestClient, stocked: House) -> None:
    await login(client)
    given = {"csrf": await csrf(client, "/admin/identifiers"), "name": "Blocked ones", "query": "state=blocked&order=waiting"}
    answer = await client.post("/admin/identifiers/searches", data=given, allow_redirects=False)
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["state"] == ["blocked"]
    page = await (await client.get("/admin/identifiers")).text()
    assert ">Blocked ones<" in page
    assert "Blocked ones" not in await (await client.get("/admin/imports")).text(), "each room keeps its own"
    again = await client.post("/admin/identifiers/searches", data=given)
    assert again.status == 409
    assert "You keep a search of this name already." in await again.text()
    forget = re.search(r'action="(/admin/identifiers/searches/\d+/delete)"', page)[1]
    assert (await client.post(forget, data={"csrf": given["csrf"]}, allow_redirects=False)).status == 303
    assert "Blocked ones" not in await (await client.get("/admin/identifiers")).text()


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("No connection to api.datacite.org: reset.", "No connection to api.datacite.org: reset."),
        ("HTTP 503 of https://api.datacite.org/dois/10.5072/x: later", "HTTP 503 of … later"),
        ("10.5072/data.00000012 was refused, line 12, column 7", "… was refused, line …, column …"),
        ("The name “Peas, Ltd.” and the word “peas”", "The name … and the word “peas”"),
        ("Work 01M82Q5901VQ2TTRBNXRVT5XJS  is not\n there", "Work … is not there"),
        ("x" * 300, "x" * (LONGEST - 1) + "…"),
    ],
)
def test_a_cause_is_what_is_not_of_one_identifier(message: str, cause: str) -> None:
    assert cause_of(message) == cause
