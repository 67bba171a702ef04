"""The role matrix: every route by every role, what is meant against what happens."""

import re

import pytest
from aiohttp.test_utils import TestClient

from server.accounts import sessions, store
from server.accounts.model import RIGHTS, Role
from server.accounts.sessions import Origin
from server.house import House
from server.portal.door import right_of
from tests.conftest import HASH
from tests.portal.matrix import EXPECTED, ROLES

NUMBERS = {"id": "01J00000000000000000000000"}


def declared(client: TestClient) -> dict[tuple[str, str], object]:
    """Every route of the application and its handler; HEAD goes with GET."""
    routes = client.server.app.router.routes()
    return {(route.method, route.resource.canonical): route.handler for route in routes if route.method != "HEAD"}


def address(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: NUMBERS.get(found[1], "1"), path)


@pytest.fixture
async def cookies(house: House) -> dict[str, str]:
    found = {}
    for role in Role:
        account = await house.database.write(store.add, f"the {role}", role, HASH, house.clock())
        found[role.value] = await house.database.write(sessions.begin, account, house.clock(), Origin())
    return found


async def test_every_route_has_a_line_and_every_line_a_route(client: TestClient) -> None:
    routes = {key for key in declared(client) if not key[1].startswith("/sword/")}
    assert routes - EXPECTED.keys() == set(), "a new route needs a line in matrix.py: whom is it for?"
    assert EXPECTED.keys() - routes == set(), "these lines speak of routes that are gone"


async def test_a_route_asks_for_a_right_where_it_is_not_for_everybody(client: TestClient) -> None:
    for key, handler in declared(client).items():
        right = right_of(handler)
        if key[1].startswith("/sword/"):
            assert right is None, "SWORD asks for credentials with each request"
            continue
        meant = EXPECTED[key].split()
        assert meant == (["everybody"] if right is None else [role.value for role in Role if right in RIGHTS[role]]), key


async def test_what_happens_is_what_is_meant(client: TestClient, cookies: dict[str, str]) -> None:
    wrong = []
    for (method, path), roles in EXPECTED.items():
        if roles == "everybody":
            continue
        for role in ("nobody", *ROLES):
            headers = {"Cookie": f"__Host-sheaf={cookies.get(role, 'guessed')}"}
            answer = await client.request(
                method, address(path), headers=headers, data={} if method == "POST" else None, allow_redirects=False
            )
            text = await answer.text() if answer.status == 403 else ""
            if role == "nobody":
                happens = answer.status == 303 and answer.headers["Location"].startswith("/login")
            elif role not in roles.split():
                happens = answer.status == 403 and "has not the right" in text
            elif method == "POST":  # let in, but the form carries no proof
                happens = answer.status == 403 and "not from your session" in text
            else:
                happens = answer.status in {200, 303, 404, 400} and not answer.headers.get("Location", "").startswith("/login")
            if not happens:
                wrong.append(f"{method} {path} as {role}: {answer.status}")
    assert wrong == []


async def test_everybody_reaches_what_is_for_everybody(client: TestClient) -> None:
    for (method, path), roles in EXPECTED.items():
        if roles == "everybody" and method == "GET":
            answer = await client.get(address(path), allow_redirects=False)
            assert answer.status < 500, path
            assert answer.status not in {401, 403}, path
