"""Files go out whole or in part, under their name, and never as a page of ours."""

import msgspec
import pytest
from aiohttp.test_utils import TestClient
from hypothesis import given
from hypothesis import strategies as st

from server.house import House
from server.items.files import content_type, disposition
from server.records.model import Dates
from tests.items.test_pages import publish
from tests.items.works import BYTES, RICH, kept

PDF = "files/versuche%20%C3%BC.pdf"


@pytest.fixture
async def number(house: House, client: TestClient) -> str:
    return await publish(house, kept(house, RICH))


async def test_a_whole_file(client: TestClient, number: str) -> None:
    answer = await client.get(f"/items/{number}/{PDF}")
    assert answer.status == 200
    assert await answer.read() == BYTES
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(BYTES))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-Id"]
    assert answer.headers["Content-Disposition"] == "inline; filename=\"versuche _.pdf\"; filename*=UTF-8''versuche%20%C3%BC.pdf"
    assert answer.headers["Link"] == f'<https://repository.example.org/items/{number}>; rel="collection"; type="text/html"'
    head = await client.head(f"/items/{number}/{PDF}")
    assert (head.status, head.headers["Content-Length"], head.headers["ETag"]) == (200, str(len(BYTES)), answer.headers["ETag"])


@pytest.mark.parametrize(
    ("wanted", "part", "said"),
    [
        ("bytes=0-9", BYTES[:10], "bytes 0-9/2560"),
        ("bytes=2550-", BYTES[2550:], "bytes 2550-2559/2560"),
        ("bytes=-5", BYTES[-5:], "bytes 2555-2559/2560"),
        ("bytes=-9999", BYTES, "bytes 0-2559/2560"),
        ("bytes=2559-9999", BYTES[2559:], "bytes 2559-2559/2560"),
    ],
)
async def test_a_part(client: TestClient, number: str, wanted: str, part: bytes, said: str) -> None:
    answer = await client.get(f"/items/{number}/{PDF}", headers={"Range": wanted})
    assert answer.status == 206
    assert await answer.read() == part
    assert answer.headers["Content-Range"] == said


@pytest.mark.parametrize("wanted", ["bytes=2560-", "bytes=9999-10000", "bytes=5-2", "bytes=-0", "bytes=x-y"])
async def test_a_part_it_does_not_have(client: TestClient, number: str, wanted: str) -> None:
    answer = await client.get(f"/items/{number}/{PDF}", headers={"Range": wanted})
    assert answer.status == 416
    assert answer.headers["Content-Range"] == "bytes */2560"


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "lines=1-2"])
async def test_ranges_that_may_be_ignored_give_the_whole(client: TestClient, number: str, wanted: str) -> None:
    assert (await client.get(f"/items/{number}/{PDF}", headers={"Range": wanted})).status == 200


async def test_conditions(client: TestClient, number: str) -> None:
    address = f"/items/{number}/{PDF}"
    first = await client.get(address)
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    for condition in (
        {"If-None-Match": tag},
        {"If-None-Match": f'"x", W/{tag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": date},
    ):
        answer = await client.get(address, headers=condition)
        assert answer.status == 304, condition
        assert await answer.read() == b""
    assert (await client.get(address, headers={"If-Match": '"x"'})).status == 412
    assert (await client.get(address, headers={"If-Match": tag})).status == 200
    part = {"Range": "bytes=0-0"}
    assert (await client.get(address, headers=part | {"If-Range": tag})).status == 206
    assert (await client.get(address, headers=part | {"If-Range": '"x"'})).status == 200
    assert (await client.get(address, headers=part | {"If-Range": date})).status == 206


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "odd", "data/counts.csv"])
async def test_what_could_act_as_a_page_is_kept_in_a_box(client: TestClient, number: str, name: str) -> None:
    answer = await client.get(f"/items/{number}/files/{name}")
    assert answer.status == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


async def test_a_file_that_is_not_open_is_refused_in_words(client: TestClient, number: str) -> None:
    answer = await client.get(f"/items/{number}/files/closed.pdf")
    page = await answer.text()
    assert answer.status == 403
    assert "This file is not open" in page
    assert f'href="/items/{number}"' in page
    assert "secret" not in page
    assert "closed.pdf" not in (await client.get(f"/items/{number}")).headers["Link"]


async def test_an_embargo_says_until_when(client: TestClient, house: House) -> None:
    record = msgspec.structs.replace(
        kept(house, RICH), access="embargoed", dates=Dates(issued="1866", embargo_until="2999-01-01")
    )
    number = await publish(house, record)
    answer = await client.get(f"/items/{number}/{PDF}")
    assert answer.status == 403
    assert "Under embargo until 1 January 2999" in await answer.text()
    page = await (await client.get(f"/items/{number}")).text()
    assert "not open" in page
    assert 'name="citation_pdf_url"' not in page


async def test_missing_names_and_missing_bytes_are_404(client: TestClient, house: House, number: str) -> None:
    assert (await client.get(f"/items/{number}/files/nothing.pdf")).status == 404
    assert (await client.get(f"/items/{number}/files/..%2f..%2fsecret.key")).status == 404
    house.files.path(kept(house, RICH).files[0].sha256).unlink()
    answer = await client.get(f"/items/{number}/{PDF}")
    assert answer.status == 404
    assert "not in the store" in await answer.text()


@given(st.text(min_size=1))
def test_any_name_makes_a_sound_header(name: str) -> None:
    value = disposition(name.encode("utf-8", "replace").decode(), "attachment")
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    assert "\\" not in value


@given(st.text())
def test_any_type_makes_a_sound_header(mime: str) -> None:
    assert "\n" not in content_type(mime)
    assert "/" in content_type(mime)
