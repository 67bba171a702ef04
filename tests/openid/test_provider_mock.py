"""The whole way with a provider that others wrote."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient

from server.accounts import store
from server.accounts.model import Role
from server.house import House
from tests.conftest import SetClock
from tests.fakes.oidc import running
from tests.openid.provider import back, believed, worn


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with running() as issuer:
        claims = json.dumps({"email": "mendel@abbey.example", "email_verified": True}).encode()
        headers = {"Content-Type": "application/json"}
        urlopen(Request(f"{issuer}/users/mendel", claims, headers, method="PUT"))
        yield issuer


async def test_there_and_back(client: TestClient, house: House, clock: SetClock, provider: str) -> None:
    clock.moment = datetime.now(UTC)
    profile = await believed(house, provider)
    await house.database.write(store.add, "gregor", Role.REVIEWER, "", house.clock(), "", "mendel@abbey.example")
    answer = await client.get(f"/login/openid/{profile}", allow_redirects=False)
    worn(client, answer)
    async with ClientSession() as browser:
        sent = await browser.post(answer.headers["Location"], data={"sub": "mendel"}, allow_redirects=False)
        location = sent.headers["Location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    answer = await back(client, profile, **query)
    assert answer.status == 303, await answer.text()
    assert answer.headers["Location"] == "/admin"
    worn(client, answer)
    assert "gregor" in await (await client.get("/account")).text()
