"""The administration's pages of the accounts, the rules for roles, and that there is always an administrator."""

import asyncio
import re

from aiohttp.test_utils import TestClient

from server.accounts import failures, keeping, store
from server.accounts.model import Role
from server.audit.log import OPERATOR
from server.errors import Conflict
from server.house import House
from tests.admin.visits import csrf, login
from tests.conftest import HASH, PASSWORD, SetClock

LIST = "/admin/accounts"


async def send(client: TestClient, to: str, page: str = LIST + "/add", **fields):
    return await client.post(to, data={"csrf": await csrf(client, page)} | fields, allow_redirects=False)


async def test_an_account_is_made_with_a_password_shown_once(client: TestClient, house: House) -> None:
    await login(client)
    answer = await send(client, f"{LIST}/add", name="a:b", role="king", email="x", way="", display_name="y" * 201)
    text = await answer.text()
    assert answer.status == 422
    assert all(f'id="{field}-error"' in text for field in ("name", "role", "email", "way", "display_name")), "all at once"
    answer = await send(client, f"{LIST}/add", name="gregor", role="reviewer", email="Mendel@Abbey.example", way="shown")
    assert answer.status == 303
    page = await (await client.get(answer.headers["Location"])).text()
    password = re.search(r'id="once"[^>]*>([^<]+)<', page)[1]
    assert password not in await (await client.get(answer.headers["Location"])).text()
    assert password not in await (await client.get("/admin/audit")).text()
    text = await (await client.get(LIST)).text()
    assert "mendel@abbey.example" in text
    assert "Reviewer" in text
    assert (await send(client, f"{LIST}/add", name="gregor", role="reviewer", way="shown")).status == 422, "the name is taken"
    assert (await login(client, "gregor", password)).headers["Location"] == "/admin"
    assert (await client.get(LIST)).status == 403


async def test_an_invitation_sets_the_first_password_once(client: TestClient, house: House, clock: SetClock) -> None:
    await login(client)
    answer = await send(client, f"{LIST}/add", name="gregor", role="researcher", way="link")
    page = await (await client.get(answer.headers["Location"])).text()
    link = re.search(r"https://repository.example.org(/login/password\?ticket=[\w-]+)", page)[1]
    word = link.partition("=")[2]
    client.session.headers.pop("Cookie")
    text = await (await client.get(link)).text()
    assert "Welcome" in text
    for fields, says in (({"password": "x"}, "characters"), ({"password": "seven traits of peas", "again": "y"}, "not the same")):
        answer = await client.post("/login/password", data={"ticket": word} | fields)
        assert answer.status == 422
        assert says in await answer.text()
    good = {"ticket": word, "password": "seven traits of peas", "again": "seven traits of peas"}
    answer = await client.post("/login/password", data=good, allow_redirects=False)
    assert answer.headers["Location"] == "/login?set=1"
    assert (await client.post("/login/password", data=good)).status == 410, "good once"
    assert (await client.get(link)).status == 410
    assert (await client.get("/login/password?ticket=guess")).status == 410
    assert (await login(client, "gregor", "seven traits of peas")).headers["Location"] == "/my"


async def test_a_link_expires_and_ends_sessions_and_a_newer_one_voids_it(
    client: TestClient, house: House, clock: SetClock
) -> None:
    old, _ = await house.database.write(keeping.reset_link, OPERATOR, "other", clock(), mailed=False)
    word, _ = await house.database.write(keeping.reset_link, OPERATOR, "other", clock(), mailed=False)
    await login(client, "other")
    good = {"password": "seven traits of peas", "again": "seven traits of peas"}
    assert (await client.post("/login/password", data=good | {"ticket": old})).status == 410
    assert (await client.post("/login/password", data=good | {"ticket": word}, allow_redirects=False)).status == 303
    assert (await client.get("/account", allow_redirects=False)).status == 303, "all sessions ended"
    word, _ = await house.database.write(keeping.reset_link, OPERATOR, "other", clock(), mailed=False)
    clock.pass_time(hours=1)
    assert (await client.post("/login/password", data=good | {"ticket": word})).status == 410


async def test_an_account_is_changed_switched_off_and_unlocked(client: TestClient, house: House, clock: SetClock) -> None:
    await login(client, "other")
    theirs = client.session.headers["Cookie"]
    await login(client)
    account = await house.database.read(store.get, "other")
    page = f"{LIST}/{account.id}"
    assert (await send(client, page, page, role="manager", display_name="Other", email="o@abbey.example")).status == 303
    assert (await client.get("/account", headers={"Cookie": theirs}, allow_redirects=False)).status == 303, (
        "another role, another session"
    )
    answer = await send(client, page, page, role="king", display_name="x" * 300, email="nonsense")
    assert answer.status == 422
    assert (await answer.text()).count('class="wrong"') == 3
    for _ in range(7):
        await house.database.write(failures.failed, "other", "192.0.2.1", clock())
    assert "locked" in await (await client.get(LIST)).text()
    assert (await send(client, f"{page}/unlock", page)).status == 303
    assert "locked" not in await (await client.get(LIST)).text()
    assert (await send(client, f"{page}/switch-off", page)).status == 303
    assert (await client.post("/login", data={"name": "other", "password": PASSWORD})).status == 401
    assert (await send(client, f"{page}/link", page)).status == 409, "no link into an account that is off"
    assert (await send(client, f"{page}/switch-on", page)).status == 303
    log = await (await client.get(f"/admin/audit?kind=account&subject={account.id}")).text()
    assert all(deed in log for deed in ("account.changed", "account.unlocked", "account.switched"))
    assert (await client.get(f"{LIST}/999")).status == 404
    assert (await client.get(f"{LIST}/nonsense")).status == 404


async def test_there_is_always_an_administrator(client: TestClient, house: House) -> None:
    await login(client)
    admin = await house.database.read(store.get, "admin")
    page = f"{LIST}/{admin.id}"
    answer = await send(client, f"{page}/switch-off", page)
    assert answer.status == 409
    assert "only administrator" in await answer.text()
    assert (await send(client, page, page, role="manager", display_name="", email="")).status == 409
    await house.database.write(store.add, "second", Role.ADMIN, HASH, house.clock())
    found = await asyncio.gather(
        *(house.database.write(store.set_role, name, Role.MANAGER) for name in ("admin", "second")), return_exceptions=True
    )
    assert sum(isinstance(each, Conflict) for each in found) == 1, "of two who dismiss each other one stays"


async def test_rules_for_roles(client: TestClient, house: House) -> None:
    await login(client)
    page = f"{LIST}/rules"
    answer = await send(client, page, page, **{"networks-depositor": "nonsense", "networks-reviewer": "1.2.3.4/99"})
    text = await answer.text()
    assert answer.status == 422
    assert 'id="networks-depositor-error"' in text
    assert 'id="networks-reviewer-error"' in text
    assert "nonsense" in text
    answer = await send(client, page, page, **{"networks-admin": "192.0.2.0/24"})
    assert answer.status == 409
    assert "you would be shut out" in await answer.text()
    assert (await client.get(page)).status == 200, "nothing was saved"
    assert (await send(client, page, page, **{"codes-admin": "yes"})).status == 409, "without codes of one's own"
    fields = {"networks-admin": "127.0.0.0/8", "networks-depositor": "192.0.2.0/24"}
    assert (await send(client, page, page, **fields)).status == 303
    assert "192.0.2.0/24" in await (await client.get(page)).text()
    answer = await login(client, "depositor")
    assert answer.status == 403
    assert "may not log in from this network" in await answer.text()
    assert "accounts.rules-changed" in await (await login_and_read(client, "/admin/audit")).text()
    assert (await send(client, page, page, sure="yes", **{"networks-admin": "192.0.2.0/24"})).status == 303
    answer = await client.get("/admin")
    assert answer.status == 403, "who was sure is shut out at once"
    assert "from this network" in await answer.text()


async def login_and_read(client: TestClient, page: str):
    await login(client)
    return await client.get(page)


async def test_a_token_for_somebody_else_s_program_is_bound_to_a_collection_and_shown_once(
    client: TestClient, house: House
) -> None:
    await login(client)
    account = await house.database.read(store.get, "depositor")
    page = f"{LIST}/{account.id}"
    assert "Make a token" in await (await client.get(page)).text()
    answer = await send(client, f"{page}/tokens", page, name="", days="0", collections="works")
    text = await answer.text()
    assert answer.status == 422
    assert all(f'id="{field}-error"' in text for field in ("name", "scopes", "days"))
    assert re.search(r'name="collections" value="works" checked', text)
    given = {"name": "robot", "scopes": "deposit", "days": "30", "networks": "", "collections": "works"}
    answer = await send(client, f"{page}/tokens", page, **given)
    shown = await (await client.get(answer.headers["Location"])).text()
    token = re.search(r'id="once"[^>]*>(shf_[\w-]{43})<', shown)[1]
    assert token not in await (await client.get(answer.headers["Location"])).text()
    assert "into works" in shown
    client.session.headers.pop("Cookie")
    service = await client.get("/sword/v2/service-document", headers={"Authorization": f"Bearer {token}"})
    assert service.status == 200
    assert "/collection/works" in await service.text()
