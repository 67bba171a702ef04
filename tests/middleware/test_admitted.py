"""Who is let in first: what people look at waits behind what harvesters walk, and who is sent away hears when to come again."""

import asyncio
import re
from itertools import count

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, make_mocked_request

from server import admission
from server.admission import Lane
from server.budgets import Caller
from server.house import House
from server.middleware import lane_of, seat
from server.oai.definition import Definition
from tests.conftest import Deposit, configured


@pytest.mark.parametrize(
    ("path", "lane"),
    [
        ("/", Lane.PAGE),
        ("/items/01J00000000000000000000000", Lane.PAGE),
        ("/items/01J00000000000000000000000/files/peas.pdf", Lane.PAGE),
        ("/oai/explore", Lane.PAGE),
        ("/search", Lane.PAGE),
        ("/seek", Lane.OTHER),
        ("/wp-login.php", Lane.OTHER),
        ("//", Lane.OTHER),
        ("*", Lane.OTHER),
        *(
            (path, None)
            for path in (
                "/oai",
                "/oai/plain",
                "/oai/explorer",
                "/robots.txt",
                "/static/sheaf.css",
                "/healthz",
                "/metrics",
                "/readyz",
            )
        ),
        *((path, None) for path in ("/sword/v2/service-document", "/admin", "/my/works/new", "/account", "/login")),
    ],
)
def test_every_address_has_its_lane(path: str, lane: Lane | None) -> None:
    found = lane_of(path)
    assert (found and found[0]) == lane


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without a seat where nobody waits long."""
    for name in ("RUNNING", "WIDE", "NARROW"):
        monkeypatch.setattr(admission, name, 0)
    monkeypatch.setattr(admission.Gate.__init__, "__defaults__", (admission.monotonic, 0.01))


@pytest.mark.usefixtures("full")
async def test_a_page_that_finds_no_room_says_when_to_come_again(client: TestClient) -> None:
    for path in ("/", "/items/01J00000000000000000000000", "/seek?q=peas"):
        answer = await client.get(path)
        text = await answer.text()
        assert (answer.status, answer.content_type) == (429, "text/plain")
        assert answer.headers["Retry-After"] == str(admission.SOON)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Come again in 5 seconds" in text
        assert "Contact: admin@repository.example.org" in text
    for path in ("/robots.txt", "/healthz", "/login", "/static/sheaf.css"):
        assert (await client.get(path)).status == 200
    figures = await (await client.get("/metrics")).text()
    assert 'sheaf_refused_total{lane="page"}' in figures
    assert 'sheaf_delayed_total{lane="other"}' in figures


@pytest.mark.usefixtures("full")
async def test_a_harvester_that_finds_no_room_hears_503_and_whole_seconds(client: TestClient, house: House) -> None:
    await configured(house, "oai", admin_emails=["lovelace@example.org"])
    for method, arguments in (
        ("GET", {"verb": "ListRecords", "metadataPrefix": "oai_dc"}),
        ("POST", {"verb": "Identify"}),
        ("GET", {"verb": "Nothing"}),
    ):
        answer = await client.request(
            method, "/oai", **{"data" if method == "POST" else "params": arguments}, headers={"Accept": "text/html"}
        )
        text = await answer.text()
        assert (answer.status, answer.content_type) == (503, "text/plain"), "never 429: harvesters know 503 only"
        assert answer.headers["Retry-After"].isdecimal()
        assert "Contact: lovelace@example.org" in text
        assert "resumptionToken" in text
        assert "from=" in text


async def test_no_seat_is_lost_at_a_base_url_that_is_called_like_the_explorer(client: TestClient, house: House) -> None:
    await configured(house, "oai", contexts=[{"path": "explorer", "title": "Explorers", "formats": ["oai_dc"]}])
    for _ in range(4 * admission.WIDE):
        assert (await asyncio.wait_for(client.get("/oai/explorer?verb=Identify"), 3)).status == 200


async def test_a_request_takes_one_seat() -> None:
    gate, request = admission.Gate(), make_mocked_request("GET", "/oai")
    visit = admission.Visit(Lane.OAI, Caller("192.0.2.0/24", "Sickle"), 1)
    for _ in range(4 * admission.WIDE):
        await asyncio.wait_for(seat(request, gate, visit), 1)


def token_of(text: str) -> str:
    found = re.search(r"<resumptionToken[^>]*>([^<]*)</resumptionToken>", text)
    return found[1] if found else ""


async def test_a_list_goes_on_while_a_crowd_waits(
    client: TestClient, deposit: Deposit, monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    works = [await deposit(title=f"Peas {number}") for number in range(12)]
    token = token_of(await (await client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")).text())
    monkeypatch.setattr(admission, "WIDE", 0)
    monkeypatch.setattr(admission, "NARROW", 0)
    names = count()

    async def asks(path: str) -> ClientResponse:
        return await client.get(path, headers={"User-Agent": f"swarm {next(names)}"})

    crowd = [
        asyncio.create_task(asks(path))
        for path in [f"/items/{works[0]}", "/search", "/oai?verb=ListRecords&metadataPrefix=oai_dc"] * 10
    ]
    parts = 1
    while token:
        answer = await client.get(f"/oai?verb=ListRecords&resumptionToken={token}")
        assert answer.status == 200
        token = token_of(await answer.text())
        parts += 1
    assert parts == 3
    assert not any(task.done() for task in crowd)
    forged = asyncio.create_task(asks("/oai?verb=ListRecords&resumptionToken=forged"))
    await asyncio.sleep(0.05)
    assert not forged.done(), "a token that is not ours opens nothing"
    await configured(house, "oai", allowed=[{"name": "CORE", "networks": ["127.0.0.0/8", "::1"]}])
    answer = await client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")
    assert answer.status == 200, "who is on the allow-list goes before all others"
    for task in (*crowd, forged):
        task.cancel()
    await asyncio.gather(*crowd, forged, return_exceptions=True)


def test_the_definition_takes_an_allow_list() -> None:
    assert Definition(repository_name="Museum", admin_emails=("ada@example.org",)).allowed == ()
