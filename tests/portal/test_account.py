"""The own account: password, address, sessions, tokens; and what others must not do with it."""

import re
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient

from server.accounts import sessions, store
from server.accounts.sessions import Origin
from server.house import House
from tests.admin.visits import csrf, login
from tests.conftest import PASSWORD, SetClock
from tests.openid.provider import worn

NEW = "seven traits of peas"


async def elsewhere(client: TestClient, name: str) -> str:
    """Log in from another browser; return its cookie."""
    client.session.headers.pop("Cookie", None)
    await login(client, name)
    return client.session.headers.pop("Cookie")


async def send(client: TestClient, page: str, to: str = "", **fields):
    proof = await csrf(client, page)
    return await client.post(to or page, data={"csrf": proof} | fields, allow_redirects=False)


async def test_the_password_is_changed_and_other_sessions_end(client: TestClient, house: House) -> None:
    other = await elsewhere(client, "depositor")
    await login(client, "depositor")
    before = client.session.headers["Cookie"]
    answer = await send(client, "/account/password", old="wrong", password="short", again="x")
    text = await answer.text()
    assert answer.status == 422
    assert all(f'id="{field}-error"' in text for field in ("old", "password", "again")), "all faults at once"
    assert "short" not in re.sub("<[^>]+>", "", text).split()
    answer = await send(client, "/account/password", old=PASSWORD, password="depositor-2026", again="depositor-2026")
    assert "name that belongs to the account" in await answer.text()
    answer = await send(client, "/account/password", old=PASSWORD, password=NEW, again=NEW)
    assert answer.status == 303
    worn(client, answer)
    for old in (other, before):
        assert (await client.get("/account", headers={"Cookie": old}, allow_redirects=False)).status == 303
    assert "Your password is changed" in await (await client.get(answer.headers["Location"])).text()
    assert (await login(client, "depositor")).status == 401
    assert (await login(client, "depositor", NEW)).status == 303


async def test_wrong_old_passwords_are_slowed_down_too(client: TestClient) -> None:
    await login(client, "depositor")
    for _ in range(5):
        await send(client, "/account/password", old="guess", password=NEW, again=NEW)
    answer = await send(client, "/account/password", old=PASSWORD, password=NEW, again=NEW)
    assert answer.status == 422
    assert "Too many failed attempts" in await answer.text()


async def test_name_and_address(client: TestClient, house: House) -> None:
    await login(client, "depositor")
    answer = await send(client, "/account", display_name="a\u2028b", email="nonsense")
    text = await answer.text()
    assert answer.status == 422
    assert 'value="nonsense"' in text, "what was typed stays"
    assert (await send(client, "/account", display_name="Gregor <b>", email="Mendel@Abbey.example")).status == 303
    text = await (await client.get("/account")).text()
    assert "Gregor &lt;b&gt;" in text
    assert "mendel@abbey.example" in text
    assert "not verified yet" in text
    await login(client, "other")
    answer = await send(client, "/account", display_name="", email="MENDEL@abbey.example")
    assert "Another account has this" in await answer.text()
    for bad in (
        "a@b@c.example",
        "a b@c.example",
        "a@c",
        "<a@c.example>",
        "a@c.example\nBcc: b@c.example",
        "a@c.example,b@c.example",
        "@",
        "a@" + "x" * 250,
    ):
        assert (await send(client, "/account", display_name="", email=bad)).status == 422, bad


async def test_sessions_are_listed_and_ended(client: TestClient, house: House, clock: SetClock) -> None:
    one, two = [await elsewhere(client, "depositor") for _ in range(2)]
    await login(client, "depositor")
    page = await (await client.get("/account")).text()
    handles = re.findall(r'name="session" value="(\w{16})"', page)
    assert len(handles) == 2
    assert "127.0.0.1" in page
    assert "This session" in page
    assert "aiohttp" in page, "the browser"
    await send(client, "/account", "/account/sessions/end", session=handles[0])
    alive = [(await client.get("/account", headers={"Cookie": c}, allow_redirects=False)).status for c in (one, two)]
    assert sorted(alive) == [200, 303]
    await send(client, "/account", "/account/sessions/end-others")
    alive = [(await client.get("/account", headers={"Cookie": c}, allow_redirects=False)).status for c in (one, two)]
    assert alive == [303, 303]
    assert (await client.get("/account")).status == 200
    admin = await house.database.read(store.get, "admin")
    await house.database.write(sessions.begin, admin, clock(), Origin())
    handle = (await house.database.read(sessions.of_account, admin.id, clock()))[0].handle
    for guess in (handle, handle[:4], "", "%", "_" * 16):
        await send(client, "/account", "/account/sessions/end", session=guess)
    assert await house.database.read(sessions.of_account, admin.id, clock()), "another's session is not ours to end"


async def test_a_session_ends_when_idle_and_after_its_life(client: TestClient, clock: SetClock) -> None:
    await login(client)
    for _ in range(6):
        clock.pass_time(minutes=119)
        assert (await client.get("/account", allow_redirects=False)).status == 200
    clock.pass_time(minutes=7)
    assert (await client.get("/account", allow_redirects=False)).status == 303, "twelve hours are its life"
    await login(client)
    clock.pass_time(hours=2)
    assert (await client.get("/account", allow_redirects=False)).status == 303, "two hours without a click"


async def test_a_login_takes_no_cookie_somebody_else_chose(client: TestClient, house: House) -> None:
    client.session.headers["Cookie"] = "__Host-sheaf=chosen-by-somebody-else"
    answer = await login(client)
    assert "chosen" not in answer.headers["Set-Cookie"]
    first = client.session.headers["Cookie"]
    await login(client)
    assert client.session.headers["Cookie"] != first
    assert (await client.get("/account", headers={"Cookie": first}, allow_redirects=False)).status == 303, (
        "the one before is over"
    )


@pytest.mark.parametrize(
    "lead", ["//evil.example", "https://evil.example/admin", "/\\evil", "/account\r\nSet-Cookie: a=b", "/login", "javascript:1"]
)
async def test_no_login_leads_away(client: TestClient, lead: str) -> None:
    answer = await login(client, next=lead)
    assert answer.headers["Location"] == "/admin"
    assert "a=b" not in str(answer.headers)


async def test_a_token_is_shown_once_and_revoked(client: TestClient) -> None:
    await login(client, "depositor")
    answer = await send(client, "/account/tokens", name="", days="0", networks="x 1.2.3.4")
    text = await answer.text()
    assert answer.status == 422
    assert all(f'id="{field}-error"' in text for field in ("name", "scopes", "days", "networks", "old"))
    assert "x 1.2.3.4" in text
    answer = await send(client, "/account/tokens", name="robot", scopes="deposit", days="30", networks="", old="guess")
    assert answer.status == 422, "a token outlives the session, so the password is asked for"
    assert "not your present password" in await answer.text()
    answer = await send(
        client, "/account/tokens", name="robot", scopes="deposit", days="30", networks="127.0.0.0/8", old=PASSWORD
    )
    assert answer.status == 303
    stolen = answer.headers["Location"]
    text = await (await client.get(stolen)).text()
    token = re.search(r"shf_[\w-]{43}", text)[0]
    assert token not in await (await client.get(stolen)).text()
    assert token not in await (await client.get("/admin/audit")).text()
    headers = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/sword/v2/service-document", headers=headers)).status == 200
    number = re.search(r'name="token" value="(\d+)"', text)[1]
    await login(client, "other")
    assert (await send(client, "/account/tokens", "/account/tokens/revoke", token=number)).status == 404
    await login(client, "depositor")
    assert (await send(client, "/account/tokens", "/account/tokens/revoke", token=number)).status == 303
    assert (await client.get("/sword/v2/service-document", headers=headers)).status == 401


async def test_forms_without_proof_or_from_elsewhere_do_nothing(
    client: TestClient, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await login(client, "depositor")
    proof = await csrf(client, "/account")
    await login(client, "other")
    good = {"old": PASSWORD, "password": NEW, "again": NEW}
    for fields in (good, good | {"csrf": proof}, good | {"csrf": ""}):
        assert (await client.post("/account/password", data=fields)).status == 403
    refused = [vars(record) for record in caplog.records if record.getMessage() == "refused a forged form"]
    assert [(line["account"], line["path"]) for line in refused] == [("other", "/account/password")] * 3
    own = await csrf(client, "/account")
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert (await client.post("/account/password", data=good | {"csrf": own}, headers=cross)).status == 403
    for door in ("/login", "/login/code", "/login/forgotten", "/login/password"):
        assert (await client.post(door, data={}, headers=cross)).status == 403
        assert (await client.post(door, data={"name": "x" * 70_000})).status == 413
    foreign = [vars(record)["path"] for record in caplog.records if vars(record).get("reason") == "sent by another site"]
    assert foreign == ["/account/password", "/login", "/login/code", "/login/forgotten", "/login/password"]
    assert (await login(client, "other")).status == 303


async def test_old_sessions_of_the_first_release_are_over(house: House, clock: SetClock) -> None:
    from sqlalchemy import insert

    from server.accounts.digests import digest
    from server.accounts.tables import sessions as table

    account = await house.database.read(store.get, "admin")
    row = {"digest": digest("old"), "account_id": account.id, "expires": clock() + timedelta(hours=5)}
    await house.database.write(lambda tx: tx.execute(insert(table).values(row)) and None)
    assert await house.database.read(sessions.admitted, "old", clock()) is None
