"""What the self-check of security (`docs/asvs.md`) says of cookies, sessions, passwords and addresses, and no other test shows."""

import base64
import json
import logging
import re
from datetime import UTC, datetime

import pyotp
import pytest
from aiohttp.test_utils import TestClient
from lxml import html
from sqlalchemy import func, select

from server.accounts import keeping, one_time_codes, sessions, store
from server.accounts.model import Role
from server.accounts.passwords import hashed
from server.accounts.sessions import Origin
from server.accounts.tables import sessions as table
from server.audit.log import OPERATOR
from server.audit.tables import audit
from server.db.columns import metadata
from server.house import House
from tests.admin.visits import csrf, login
from tests.conftest import AUTH, HASH, PASSWORD, Deposit, SetClock
from tests.openid.provider import back, believed, leave, running
from tests.portal.matrix import EXPECTED

ADMIN = [path for (method, path), roles in EXPECTED.items() if method == "GET" and "admin" in roles.split()]
LONG = "green peas and yellow peas, " * 9
NEW = "seven traits of peas"


async def seen(client: TestClient) -> dict[str, str]:
    """Every page an administrator can reach, by its address."""
    pages = {}
    for path in ADMIN:
        answer = await client.get(re.sub(r"\{\w+\}", "1", path), allow_redirects=False)
        if answer.status == 200:
            assert answer.headers["Cache-Control"] == "no-store", path
            pages[path] = await answer.text() if answer.content_type == "text/html" else ""
    return pages


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_page_behind_the_login_has_the_way_out_and_reading_changes_nothing(
    client: TestClient, house: House, deposit: Deposit
) -> None:
    await deposit()
    await login(client)

    def lines(tx) -> int:
        return tx.execute(select(func.count()).select_from(audit)).scalar_one()

    before = await house.database.read(lines)
    pages = await seen(client)
    assert len(pages) > 20
    assert [path for path, text in pages.items() if text and 'action="/logout"' not in text] == []
    assert await house.database.read(lines) == before, "a GET did something that is noted"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_form_puts_a_secret_into_an_address(client: TestClient, house: House) -> None:
    await login(client)
    pages = await seen(client) | {path: await (await client.get(path)).text() for path in ("/login", "/login/forgotten")}
    wrong, secret = [], {"csrf", "password", "old", "again", "code", "ticket", "setup"}
    for path, text in pages.items():
        for form in html.fromstring(text).forms if text else ():
            names = {control.get("name") for control in form.iter("input")}
            kinds = {control.get("type") for control in form.iter("input")}
            if form.method != "POST" and (names & secret or "password" in kinds):
                wrong.append(path)
    assert wrong == []
    for query in ("access_token", "token", "Authorization"):
        answer = await client.get(f"/sword/v2/service-document?{query}=shf_x", headers={"Cookie": ""})
        assert answer.status == 401
    answer = await client.get(f"/login?name=admin&password={PASSWORD}", headers={"Cookie": ""})
    assert "Set-Cookie" not in answer.headers
    assert PASSWORD not in await answer.text()


async def test_every_cookie_is_for_this_host_over_https_alone_and_no_script_sees_it(client: TestClient, house: House) -> None:
    account = await house.database.read(store.get, "admin")
    await house.database.write(one_time_codes.switch_on, account, *_first_code(house), house.seal, house.clock())
    async with running() as fake:
        profile = await believed(house, fake.url)
        answers = [
            await client.post("/login", data={"name": "depositor", "password": PASSWORD}, allow_redirects=False),
            await client.post("/login", data={"name": "admin", "password": PASSWORD}, allow_redirects=False),
            await client.get(f"/login/openid/{profile}", allow_redirects=False),
        ]
    cookies = [line for answer in answers for line in answer.headers.getall("Set-Cookie")]
    assert len({line.partition("=")[0] for line in cookies}) == 3, "the session's, half a login's, the way back's"
    for line in cookies:
        assert line.startswith("__Host-")
        assert {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"} <= {part.strip() for part in line.split(";")}
        assert "Domain" not in line


def _first_code(house: House) -> tuple[str, str]:
    secret = one_time_codes.new_secret()
    return secret, pyotp.TOTP(secret).at(house.clock())


async def test_a_session_is_known_by_32_random_bytes_of_which_only_the_digest_is_kept(house: House) -> None:
    account = await house.database.read(store.get, "admin")
    cookies = [await house.database.write(sessions.begin, account, house.clock(), Origin()) for _ in range(20)]
    assert {len(base64.urlsafe_b64decode(f"{cookie}=")) for cookie in cookies} == {32}
    assert len({cookie[:4] for cookie in cookies}) > 15, "not counted on"
    rows = str(await house.database.read(lambda tx: tx.execute(select(table)).all()))
    assert not any(cookie in rows for cookie in cookies)


async def test_an_account_that_is_switched_off_is_out_at_once_and_stays_out(client: TestClient, house: House) -> None:
    await login(client, "depositor")
    assert (await client.get("/account", allow_redirects=False)).status == 200
    for active in (False, True):
        await house.database.write(keeping.switch, OPERATOR, "depositor", house.clock(), active=active)
        assert (await client.get("/account", allow_redirects=False)).status == 303
    account = await house.database.read(store.get, "depositor")
    assert await house.database.read(sessions.of_account, account.id, house.clock()) == []


async def test_an_administrator_ends_the_sessions_of_others(client: TestClient, house: House) -> None:
    await login(client, "other")
    theirs = client.session.headers["Cookie"]
    account = await house.database.read(store.get, "other")
    await login(client)
    page = f"/admin/accounts/{account.id}"
    data = {"csrf": await csrf(client, page)}
    assert (await client.post(f"{page}/end-sessions", data=data, allow_redirects=False)).status == 303
    assert (await client.get("/account", headers={"Cookie": theirs}, allow_redirects=False)).status == 303
    assert "account.sessions-ended" in await (await client.get("/admin/audit")).text()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_passwords_are_masked_and_password_managers_are_helped(client: TestClient, house: House) -> None:
    word, _ = await house.database.write(keeping.reset_link, OPERATOR, "other", house.clock(), mailed=False)
    found = []
    for path in ("/login", f"/login/password?ticket={word}", "/account/password", "/account/codes"):
        if path == "/account/password":
            await login(client)  # whoever is logged in is led on from /login
        tree = html.fromstring(await (await client.get(path)).text())
        for control in tree.xpath("//input[@name='password' or @name='old' or @name='again']"):
            assert control.get("type") == "password", path
            assert control.get("autocomplete") in {"current-password", "new-password"}, path
            assert int(control.get("maxlength", 10_000)) >= 256, path
            found.append(control)
        assert tree.xpath("//*[@onpaste or @oncopy or @oninput]") == []
    assert len(found) == 7
    script = await (await client.get("/static/sheaf.js")).text()
    assert "paste" not in script


async def test_a_long_password_counts_to_its_last_sign_as_it_was_typed(client: TestClient, house: House) -> None:
    assert len(LONG) == 252
    for number, (typed, right) in enumerate(((LONG, True), (LONG[:-1], False), (LONG.strip(), False), (LONG.upper(), False))):
        name = f"gregor {number}"
        await house.database.write(store.add, name, Role.RESEARCHER, hashed(LONG), house.clock())
        assert ((await login(client, name, typed)).status == 303) is right, typed[-10:]


def test_passwords_are_kept_by_argon2id_as_it_is_recommended() -> None:
    kept = hashed(NEW)
    memory, turns = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$", kept).groups()
    assert int(memory) >= 19 * 1024, "kilobytes"
    assert int(turns) >= 2
    assert kept != hashed(NEW), "a salt each"


async def test_a_new_password_by_a_link_does_not_go_around_the_one_time_codes(
    client: TestClient, house: House, clock: SetClock
) -> None:
    account = await house.database.write(store.add, "gregor", Role.REVIEWER, HASH, clock())
    await house.database.write(one_time_codes.switch_on, account, *_first_code(house), house.seal, clock())
    word, _ = await house.database.write(keeping.reset_link, OPERATOR, "gregor", clock(), mailed=False)
    answer = await client.post("/login/password", data={"ticket": word, "password": NEW, "again": NEW}, allow_redirects=False)
    assert answer.status == 303
    assert "__Host-sheaf=" not in str(answer.headers)
    answer = await login(client, "gregor", NEW)
    assert answer.headers["Location"] == "/login/code"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_secret_is_in_any_line_of_the_log(
    client: TestClient, house: House, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    account = await house.database.read(store.get, "admin")
    secret, code = _first_code(house)
    codes = await house.database.write(one_time_codes.switch_on, account, secret, code, house.seal, clock())
    word, _ = await house.database.write(keeping.reset_link, OPERATOR, "other", clock(), mailed=False)
    with caplog.at_level(logging.DEBUG):
        await login(client, "admin", PASSWORD)
        half = client.cookie.partition("=")[2]
        await client.post("/login/code", data={"code": "000000"})
        await client.post("/login/code", data={"code": codes[0]}, allow_redirects=False)
        await client.get(f"/login/password?ticket={word}")
        await client.post("/login/password", data={"ticket": word, "password": NEW, "again": NEW})
        await login(client, "depositor")
        session = client.cookie.partition("=")[2]
        proof = await csrf(client, "/account/tokens")
        data = {"csrf": proof, "name": "robot", "scopes": "deposit", "days": "30", "networks": "", "old": PASSWORD}
        answer = await client.post("/account/tokens", data=data, allow_redirects=False)
        token = re.search(r"shf_[\w-]{43}", await (await client.get(answer.headers["Location"])).text())[0]
        for headers in ({"Authorization": f"Bearer {token}"}, {"Authorization": f"Bearer {token}x"}, AUTH):
            await client.get("/sword/v2/service-document", headers=headers)
    said = "\n".join(str(record.__dict__) for record in caplog.records if record.name.startswith("sheaf"))
    assert "opened a session" in said
    for name, hidden in {
        "password": PASSWORD, "new password": NEW, "seed": secret, "recovery code": codes[0], "link": word, "half a login": half,
        "session": session, "token": token, "proof": proof, "credentials": AUTH["Authorization"],
    }.items():  # fmt: skip
        assert hidden not in said, name


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_a_provider_hands_out_stays_here_and_is_not_kept(client: TestClient, house: House, clock: SetClock) -> None:
    clock.moment = datetime.now(UTC)
    await house.database.write(store.add, "gregor", Role.RESEARCHER, "", clock(), "", "mendel@abbey.example")
    async with running() as fake:
        profile = await believed(house, fake.url)
        asked = await leave(client, profile)
        now = int(clock().timestamp())
        claims = {"iss": fake.url, "sub": "mendel", "aud": "sheaf", "exp": now + 300, "iat": now, "nonce": asked["nonce"]}
        token = fake.signed(claims | {"email": "mendel@abbey.example", "email_verified": True})
        fake.body = json.dumps({"access_token": "for-nobody-else", "token_type": "Bearer", "id_token": token}).encode()
        answer = await back(client, profile, state=asked["state"], code="the-code")
    assert answer.status == 303
    told = str(answer.headers) + await answer.text()
    rows = await house.database.read(lambda tx: str([tx.execute(select(t)).all() for t in metadata.sorted_tables]))
    for secret in ("for-nobody-else", token, "the-code"):
        assert secret not in told
        assert secret not in rows
