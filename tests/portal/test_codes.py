"""One-time codes: set up, asked for, good once, replaced by recovery codes, switched off; and the throttle behind them."""

import re

import pyotp
from aiohttp.test_utils import TestClient

from server.accounts import one_time_codes, rules, store
from server.accounts.model import Role
from server.accounts.rules import Rule
from server.house import House
from tests.admin.visits import csrf, login
from tests.conftest import PASSWORD, SetClock
from tests.openid.provider import worn

STEP = "/login/code"


async def set_up(client: TestClient, clock: SetClock) -> tuple[pyotp.TOTP, list[str]]:
    """Set codes up by the pages, as `admin`; return what an app has, and the recovery codes."""
    await login(client)
    data = {"csrf": await csrf(client, "/account/codes"), "old": PASSWORD}
    answer = await client.post("/account/codes/begin", data=data, allow_redirects=False)
    page = await (await client.get(answer.headers["Location"])).text()
    totp = pyotp.TOTP(re.search(r'id="secret"[^>]*>([A-Z2-7 ]+)<', page)[1].replace(" ", ""))
    assert "<svg" in page
    fields = {
        "csrf": re.search(r'name="csrf" value="(\w+)"', page)[1],
        "setup": re.search(r'name="setup" value="([\w-]+)"', page)[1],
    }
    wrong = await client.post("/account/codes/on", data=fields | {"code": "000000"})
    assert wrong.status == 422
    before = client.session.headers["Cookie"]
    answer = await client.post("/account/codes/on", data=fields | {"code": totp.at(clock())}, allow_redirects=False)
    assert answer.status == 303
    worn(client, answer)
    assert client.session.headers["Cookie"] != before, "a new cookie, as the account is worth more now"
    assert (await client.get("/account", headers={"Cookie": before}, allow_redirects=False)).status == 303
    page = await (await client.get(answer.headers["Location"])).text()
    codes = re.findall(r"<li><code>([\w-]{19})</code></li>", page)
    assert len(codes) == 10
    assert codes[0] not in await (await client.get(answer.headers["Location"])).text(), "shown once"
    client.session.headers.pop("Cookie")
    return totp, codes


async def first_step(client: TestClient, password: str = PASSWORD) -> None:
    client.session.headers.pop("Cookie", None)
    answer = await client.post(
        "/login", data={"name": "admin", "password": password, "next": "/admin/audit"}, allow_redirects=False
    )
    assert answer.status == 303
    assert answer.headers["Location"] == STEP
    worn(client, answer)
    assert "__Host-sheaf=" not in client.session.headers["Cookie"], "half a login is none"


async def give(client: TestClient, code: str):
    return await client.post(STEP, data={"code": code}, allow_redirects=False)


async def test_a_login_by_password_asks_for_the_code(client: TestClient, clock: SetClock) -> None:
    totp, codes = await set_up(client, clock)
    await first_step(client)
    assert (await client.get("/admin", allow_redirects=False)).status == 303
    used = totp.at(clock())
    answer = await give(client, used)
    assert answer.status == 401, "the code that set it up is used"
    assert "used before" in await answer.text()
    clock.pass_time(seconds=30)
    good = totp.at(clock())
    answer = await give(client, f" {good[:3]} {good[3:]} ")
    assert answer.status == 303
    assert answer.headers["Location"] == "/admin/audit"
    worn(client, answer)
    page = await (await client.get("/account")).text()
    assert "password and one-time code" in page
    assert (await give(client, good)).status == 401, "a step is taken once"
    await first_step(client)
    assert (await give(client, good)).status == 401, "and so is a code"
    assert (await give(client, codes[0].upper())).status == 303, "a recovery code is good in its place"
    await first_step(client)
    assert (await give(client, codes[0])).status == 401, "once"


async def test_wrong_codes_cost_time_wherever_they_come_from(client: TestClient, clock: SetClock) -> None:
    totp, _ = await set_up(client, clock)
    clock.pass_time(minutes=2)
    await first_step(client)
    for _ in range(5):
        answer = await give(client, "000000")
        assert answer.status == 401
    await first_step(client)
    answer = await give(client, totp.at(clock()))
    assert answer.status == 429, "though the password was right again"
    assert int(answer.headers["Retry-After"]) >= 5
    clock.pass_time(seconds=10)
    assert (await give(client, totp.at(clock()))).status == 303


async def test_half_a_login_expires_and_belongs_to_a_browser(client: TestClient, clock: SetClock) -> None:
    totp, _ = await set_up(client, clock)
    clock.pass_time(minutes=1)
    await first_step(client)
    worn_cookie = client.session.headers.pop("Cookie")
    assert (await give(client, totp.at(clock()))).status == 401
    client.session.headers["Cookie"] = worn_cookie
    clock.pass_time(minutes=11)
    assert (await give(client, totp.at(clock()))).status == 401
    answer = await client.get(STEP, headers={"Cookie": ""}, allow_redirects=False)
    assert answer.headers["Location"] == "/login"


async def test_switching_off_needs_password_and_code(client: TestClient, house: House, clock: SetClock) -> None:
    totp, _ = await set_up(client, clock)
    clock.pass_time(seconds=30)
    await first_step(client)
    worn(client, await give(client, totp.at(clock())))
    proof = await csrf(client, "/account/codes")
    clock.pass_time(seconds=30)
    code = totp.at(clock())
    for old, given in (("wrong", code), (PASSWORD, "000000"), ("", "")):
        answer = await client.post("/account/codes/off", data={"csrf": proof, "old": old, "code": given}, allow_redirects=False)
        assert answer.status == 422
    answer = await client.post("/account/codes/off", data={"csrf": proof, "old": PASSWORD, "code": code}, allow_redirects=False)
    assert answer.status == 303
    admin = await house.database.read(store.get, "admin")
    assert not await house.database.read(one_time_codes.uses_codes, admin)
    assert await house.database.read(one_time_codes.recovery_codes_left, admin) == 0


async def test_a_role_that_needs_codes_sees_nothing_else_before(client: TestClient, house: House) -> None:
    await house.database.write(rules.save, {Role.DEPOSITOR: Rule(codes=True)})
    await login(client, "depositor")
    for page in ("/account", "/account/tokens"):
        answer = await client.get(page, allow_redirects=False)
        assert answer.headers["Location"] == "/account/codes?due=1"
    assert "Your role asks for one-time codes" in await (await client.get("/account/codes?due=1")).text()
