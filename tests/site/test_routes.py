"""The public site over HTTP: front, search, ways to browse, sitemap."""

import pytest
from aiohttp.test_utils import TestClient
from lxml import etree

from server.house import House
from server.publishing import withdraw
from server.records import store as records
from server.site import sitemap
from tests.admin.visits import login
from tests.items.test_pages import publish
from tests.site.test_finding import ELEMENTS, GARDEN, stocked, work

SPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


async def test_the_front_page_leads_to_every_way_of_finding(client: TestClient, house: House) -> None:
    await stocked(house)
    page = await (await client.get("/")).text()
    for words in (
        'action="/search"',
        'href="/browse/type"',
        'href="/browse/year"',
        'href="/browse/author"',
        'href="/search?type=publication"',
    ):
        assert words in page
    assert page.count('id="find"') == 1


async def test_search_shows_what_fits_and_how_to_narrow_it_down(client: TestClient, house: House) -> None:
    await stocked(house)
    page = await (await client.get("/search?q=pea")).text()
    assert GARDEN in page
    assert ELEMENTS not in page
    assert 'href="/search?q=pea&amp;type=dataset.dataset"' in page
    assert 'content="noindex, follow"' in page
    assert 'value="pea"' in page
    narrowed = await (await client.get("/search?q=pea&type=dataset.dataset")).text()
    assert 'aria-current="true"' in narrowed
    nothing = await (await client.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")).text()
    assert "Nothing was found" in nothing
    assert "<script" not in nothing


async def test_works_by_type_year_and_author(client: TestClient, house: House) -> None:
    await stocked(house)
    types = await (await client.get("/browse/type")).text()
    assert 'href="/search?type=publication.book"' in types
    years = await (await client.get("/browse/year")).text()
    assert years.index("1866") < years.index("1801") < years.index("1794")
    authors = await (await client.get("/browse/author?from=L")).text()
    assert "Legendre, A." in authors
    assert "/search?author=legendre%2C+a." in authors
    for address in ("/browse", "/browse/author?from=zz", "/browse/author"):
        assert (await client.get(address)).status == 200


@pytest.mark.parametrize("address", ["/", "/browse", "/browse/type", "/browse/year", "/browse/author", "/search?q=x"])
async def test_an_empty_house_has_all_pages(client: TestClient, address: str) -> None:
    answer = await client.get(address)
    assert answer.status == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_the_sitemap_names_every_public_work_once(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "PART", 3)
    monkeypatch.setattr(sitemap, "_AT_ONCE", 2)
    numbers = [await publish(house, work(f"Peas {place}"), f"01J0000000000000000000{place:04}") for place in range(8)]
    stored = await house.database.read(records.get, numbers.pop())
    await house.database.write(withdraw, house.press, stored, "A mistake.", house.clock())
    index = etree.fromstring(await (await client.get("/sitemap.xml")).read())
    parts = index.xpath("//s:loc/text()", namespaces=SPACE)
    assert len(parts) == 3
    assert len(index.xpath("//s:lastmod", namespaces=SPACE)) == 3
    found = []
    for part in parts:
        answer = await client.get(part.removeprefix("https://repository.example.org"))
        assert answer.headers["Last-Modified"]
        urls = etree.fromstring(await answer.read())
        assert len(urls) <= 3
        found += urls.xpath("//s:loc/text()", namespaces=SPACE)
        assert len(urls.xpath("//s:lastmod", namespaces=SPACE)) == len(urls)
    assert found == [f"https://repository.example.org/items/{number}" for number in numbers]
    assert (await client.get("/sitemap/9.xml")).status == 404
    assert "Sitemap: https://repository.example.org/sitemap.xml" in await (await client.get("/robots.txt")).text()


@pytest.mark.parametrize("place", ["/", "/browse", "/browse/type", "/search?q=pea", "item", "gone"])
async def test_who_is_logged_in_finds_the_way_back_and_no_cache_shows_it_to_others(
    client: TestClient, house: House, place: str
) -> None:
    number = await publish(house, work("Peas"))
    if place == "gone":
        stored = await house.database.read(records.get, number)
        await house.database.write(withdraw, house.press, stored, "Burnt.", house.clock())
    address = f"/items/{number}" if place in {"item", "gone"} else place
    before = await client.get(address)
    text = await before.text()
    assert '<a href="/login">Log in</a>' in text
    assert "Cookie" in before.headers["Vary"]
    await login(client)
    after = await client.get(address, headers={"If-None-Match": before.headers.get("ETag", "")})
    text = await after.text()
    assert after.status == before.status
    assert '<a href="/login">My pages</a>' in text
    assert "Log in" not in text
    assert "public" not in after.headers["Cache-Control"]
    led = await client.get("/login", allow_redirects=False)
    assert led.headers["Location"] == "/admin"


async def test_where_programs_fetch_usage_people_get_a_page(client: TestClient) -> None:
    for address in ("/r51", "/r51/", "/r51/reports/peas"):
        answer = await client.get(address)
        assert (answer.status, answer.content_type) == (404, "text/html")
