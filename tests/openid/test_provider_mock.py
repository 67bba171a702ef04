"""The whole way with a provider that others wrote."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.error import URLError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient

from server.accounts import store
from server.accounts.model import Role
from server.house import House
from tests.conftest import SetClock
from tests.openid.provider import back, believed, worn


def wait_for(address: str) -> None:
    for _ in range(200):
        try:
            urlopen(f"{address}/.well-known/openid-configuration").read()
        except URLError:
            time.sleep(0.05)  # till the process listens
        else:
            return
    pytest.fail("the provider did not come up")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A process of its own: what it is written with warns of its age."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            client = f"http://127.0.0.1:{port}"
            wait_for(client)
            claims = json.dumps({"email": "mendel@abbey.example", "email_verified": True}).encode()
            headers = {"Content-Type": "application/json"}
            urlopen(Request(f"{client}/users/mendel", claims, headers, method="PUT"))
            yield client
        finally:
            process.terminate()


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
