"""The administrators' door: who comes in, and what a form must prove."""

import pytest
from aiohttp.test_utils import TestClient

from server.portal.door import own_page
from tests.admin.visits import csrf, login
from tests.conftest import PASSWORD, SetClock

PAGES = ("/admin", "/admin/imports", "/admin/imports/01J00000000000000000000000", "/admin/identifiers")


@pytest.mark.parametrize("page", PAGES)
async def test_strangers_are_shown_to_the_login_and_back(client: TestClient, page: str) -> None:
    answer = await client.get(page, allow_redirects=False)
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/login?next=/admin")
    assert (await client.get(page, headers={"Cookie": "__Host-sheaf=guessed"}, allow_redirects=False)).status == 303


async def test_the_cookie_is_kept_from_scripts_and_from_plain_http(client: TestClient) -> None:
    answer = await login(client, next="/admin/imports?state=held")
    assert answer.status == 303
    assert answer.headers["Location"] == "/admin/imports?state=held"
    words = answer.headers["Set-Cookie"]
    assert all(part in words for part in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/;"))


async def test_wrong_credentials_are_refused_alike(client: TestClient) -> None:
    for name, password in (("admin", "wrong"), ("nobody", "wrong"), ("", "")):
        answer = await login(client, name, password)
        assert answer.status == 401
        assert "The name or the password is wrong." in await answer.text()
        assert "Set-Cookie" not in answer.headers


async def test_a_depositor_may_not_administer(client: TestClient) -> None:
    answer = await login(client, "depositor", next="/admin")
    assert answer.status == 303
    answer = await client.get("/admin")
    assert answer.status == 403
    assert "has not the right" in await answer.text()


async def test_failing_often_costs_time(client: TestClient, clock: SetClock) -> None:
    for _ in range(5):
        assert (await login(client, "admin", "wrong")).status == 401
    answer = await login(client, "admin", PASSWORD)
    assert answer.status == 429
    assert "Try again in 5 seconds." in await answer.text()
    assert int(answer.headers["Retry-After"]) >= 5
    assert (await login(client, "other", "wrong")).status == 401, "another name is not held up"
    clock.pass_time(seconds=6)
    assert (await login(client, "admin", PASSWORD)).status == 303


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("/admin/imports?state=held&q=a+b", "/admin/imports?state=held&q=a+b"),
        ("https://evil.example/admin", ""), ("//evil.example", ""), ("/admin//evil.example", "/admin//evil.example"),
        ("/admin\\evil", ""), ("/administer", ""), ("/admin\r\nX: y", ""), ("javascript:alert(1)", ""), ("", ""),
        ("/login?next=/admin", ""),
    ],
)  # fmt: skip
def test_a_login_leads_to_our_own_pages_only(address: str, leads: str) -> None:
    assert own_page(address) == leads


async def test_a_form_without_the_sessions_proof_does_nothing(client: TestClient) -> None:
    await login(client)
    for fields in ({}, {"csrf": "x" * 64}):
        answer = await client.post("/logout", data=fields, allow_redirects=False)
        assert answer.status == 403
        assert "nothing was done" in await answer.text()
    proof = await csrf(client, "/admin")
    cross = await client.post("/logout", data={"csrf": proof}, headers={"Sec-Fetch-Site": "cross-site"}, allow_redirects=False)
    assert cross.status == 403
    assert (await client.get("/admin", headers={"Cookie": client.cookie})).status == 200
    assert (await client.post("/logout", data={"csrf": proof}, allow_redirects=False)).status == 303


async def test_logout_ends_the_session(client: TestClient) -> None:
    await login(client)
    answer = await client.post("/logout", data={"csrf": await csrf(client, "/admin")}, allow_redirects=False)
    assert answer.status == 303
    assert (await client.get("/admin", headers={"Cookie": client.cookie}, allow_redirects=False)).status == 303


async def test_a_login_from_another_site_is_refused(client: TestClient) -> None:
    answer = await client.post("/login", data={"name": "admin", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403


async def test_long_forms_are_refused(client: TestClient) -> None:
    answer = await client.post("/login", data={"name": "a" * 70_000})
    assert answer.status == 413


async def test_who_is_logged_in_is_led_on_from_the_login_and_finds_the_way_back_on_public_pages(client: TestClient) -> None:
    stranger = await client.get("/browse")
    assert (await client.get("/login")).status == 200
    await login(client)
    known = await client.get("/browse")
    assert await known.text() == (await stranger.text()).replace(">Log in<", ">My pages<")
    for answer, kept in ((stranger, "public, no-cache"), (known, "private, no-cache")):
        assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == (kept, "Accept-Language, Cookie")
    for asked, leads in (("/login", "/admin"), ("/login?next=/admin/imports", "/admin/imports")):
        answer = await client.get(asked, allow_redirects=False)
        assert (answer.status, answer.headers["Location"], answer.headers["Cache-Control"]) == (303, leads, "no-store")
    await login(client, "depositor")
    assert (await client.get("/login", allow_redirects=False)).headers["Location"] == "/account"
