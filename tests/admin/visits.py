"""How the tests visit the administration: log in, send a form, deposit something that is wrong."""

import re
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from tests.conftest import AUTH, PASSWORD

FAULTY = {
    "Content-Type": "application/zip", "Content-Disposition": "attachment; filename=faulty.zip",
    "Packaging": "http://purl.org/net/sword/package/SimpleZip",
}  # fmt: skip


async def login(client: TestClient, name: str = "admin", password: str = PASSWORD, **more: str) -> ClientResponse:
    """Log in and let the client send the cookie from then on; the client's jar keeps Secure cookies from plain http."""
    answer = await client.post("/login", data={"name": name, "password": password} | more, allow_redirects=False)
    if "Set-Cookie" in answer.headers:
        client.cookie = answer.headers["Set-Cookie"].partition(";")[0]  # type: ignore[attr-defined]
        client.session.headers["Cookie"] = client.cookie
    return answer


async def csrf(client: TestClient, page: str) -> str:
    return re.search(r'name="csrf" value="(\w+)"', await (await client.get(page)).text())[1]


async def press(client: TestClient, page: str, button: str) -> ClientResponse:
    """Press a button of a page."""
    return await client.post(f"{page}/{button}", data={"csrf": await csrf(client, page)}, allow_redirects=False)


async def deposit_faulty(client: TestClient, body: bytes = b"PK\x03\x04 not a zip", **headers: Any) -> str:
    """Deposit something that is held, as `depositor`; return its container's id."""
    answer = await client.post("/sword/v2/collection/works", data=body, headers=FAULTY | AUTH | headers)
    assert answer.status == 201, await answer.text()
    return answer.headers["Location"].rsplit("/", 1)[1]
