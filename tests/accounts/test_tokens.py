"""API tokens: what they let a program do at the SWORD door, and what is refused in words."""

from datetime import timedelta

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient
from sqlalchemy import select
from yarl import URL

from server.accounts import one_time_codes, own, rules, store, tables, tokens
from server.accounts.model import Account, Role
from server.accounts.rules import Rule
from server.accounts.tokens import Scope
from server.audit.log import OPERATOR
from server.errors import Invalid, NotFound
from server.house import House
from server.sword import store as sword
from tests.conftest import AUTH, SetClock, configured, entry

SERVICE = "/sword/v2/service-document"
DAYS = timedelta(days=90)


async def made(
    house: House, *scopes: Scope, life: timedelta = DAYS, name: str = "depositor", **bounds: tuple[str, ...]
) -> tuple[int, str]:
    account = await house.database.read(store.get, name)
    wanted = tokens.Wanted("robot", scopes, life, **bounds)
    token, text = await house.database.write(own.add_token, OPERATOR, account, wanted, house.clock())
    return token.id, text


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


async def deposited(client: TestClient, headers: dict[str, str]) -> int:
    kind = {"Content-Type": "application/atom+xml;type=entry", "In-Progress": "false"}
    return (await client.post("/sword/v2/collection/works", data=entry(), headers=kind | headers)).status


async def test_a_token_deposits_both_ways_and_its_use_is_noted(client: TestClient, house: House, clock: SetClock) -> None:
    number, text = await made(house, Scope.DEPOSIT)
    assert text.startswith("shf_")
    assert await deposited(client, bearer(text)) == 201
    assert await deposited(client, {"Authorization": encode_basic_auth("depositor", text)}) == 201
    assert (await client.get(SERVICE, headers={"Authorization": encode_basic_auth("other", text)})).status == 401, (
        "another's name"
    )
    found = (await house.database.read(tokens.every))[0]
    assert (found.id, found.used, found.used_from) == (number, clock(), "127.0.0.1")
    clock.pass_time(seconds=59)
    await client.get(SERVICE, headers=bearer(text))
    assert (await house.database.read(tokens.every))[0].used != clock(), "once a minute is enough"
    rows = await house.database.read(lambda tx: tx.execute(select(tables.tokens)).all())
    assert text not in str(rows), "the token is kept nowhere"


async def test_what_is_refused_and_how(client: TestClient, house: House, clock: SetClock) -> None:
    _, reads = await made(house, Scope.READ)
    assert (await client.get(SERVICE, headers=bearer(reads))).status == 200
    assert await deposited(client, bearer(reads)) == 403
    _, elsewhere = await made(house, Scope.DEPOSIT, networks=("192.0.2.0/24",))
    answer = await client.get(SERVICE, headers=bearer(elsewhere))
    assert answer.status == 403
    assert "not be used from this network" in await answer.text()
    number, gone = await made(house, Scope.DEPOSIT)
    await house.database.write(own.revoke_token, OPERATOR, number, clock())
    answer = await client.get(SERVICE, headers=bearer(gone))
    assert answer.status == 401
    assert "invalid_token" in answer.headers["WWW-Authenticate"]
    assert "revoked" in await answer.text()
    _, brief = await made(house, Scope.DEPOSIT, life=timedelta(days=1))
    clock.pass_time(days=1)
    answer = await client.get(SERVICE, headers=bearer(brief))
    assert answer.status == 401
    assert "expired" in await answer.text()
    for junk in ("shf_", "shf_guess", "x", "\u00e9"):
        assert (await client.get(SERVICE, headers={"Authorization": f"Bearer {junk}"})).status == 401
    answer = await client.get(SERVICE)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    await house.database.write(store.set_active, "depositor", False)
    assert (await client.get(SERVICE, headers=bearer(reads))).status == 401


async def test_roles_and_networks_hold_at_the_sword_door(client: TestClient, house: House) -> None:
    _, text = await made(house, Scope.DEPOSIT)
    await house.database.write(rules.save, {Role.DEPOSITOR: Rule(("192.0.2.0/24",))})
    for headers in (AUTH, bearer(text)):
        answer = await client.get(SERVICE, headers=headers)
        assert answer.status == 403
        assert "may not come from this network" in await answer.text()
    await house.database.write(rules.save, {Role.DEPOSITOR: Rule()})
    await house.database.write(store.set_role, "depositor", Role.RESEARCHER)
    answer = await client.get(SERVICE, headers=AUTH)
    assert answer.status == 403
    assert "may not deposit" in await answer.text()
    assert (await client.get(SERVICE, headers=bearer(text))).status == 403, "a token can do no more than its account"


async def test_who_uses_codes_needs_a_token(client: TestClient, house: House) -> None:
    account = await house.database.read(store.get, "depositor")
    secret = one_time_codes.new_secret()
    code = one_time_codes.pyotp.TOTP(secret).at(house.clock())
    await house.database.write(one_time_codes.switch_on, account, secret, code, house.seal, house.clock())
    answer = await client.get(SERVICE, headers=AUTH)
    assert answer.status == 403
    assert "API token" in await answer.text()
    _, text = await made(house, Scope.DEPOSIT)
    assert (await client.get(SERVICE, headers=bearer(text))).status == 200


async def test_a_role_that_must_use_codes_needs_a_token_before_they_are_set_up(client: TestClient, house: House) -> None:
    await house.database.write(rules.save, {Role.DEPOSITOR: Rule(codes=True)})
    answer = await client.get(SERVICE, headers=AUTH)
    assert answer.status == 403, "or the rule would not hold for who never visits a page"
    assert "API token" in await answer.text()
    _, text = await made(house, Scope.DEPOSIT)
    assert (await client.get(SERVICE, headers=bearer(text))).status == 200


async def test_what_cannot_be_made(house: House) -> None:
    account = await house.database.read(store.get, "depositor")
    researcher = Account(account.id, account.name, Role.RESEARCHER, active=True)
    wrong = [
        (account, "", [Scope.READ], DAYS), (account, "a\nb", [Scope.READ], DAYS), (account, "x" * 101, [Scope.READ], DAYS),
        (account, "x", [], DAYS), (account, "x", [Scope.READ], timedelta()), (account, "x", [Scope.READ], timedelta(days=366)),
        (researcher, "x", [Scope.DEPOSIT], DAYS),
    ]  # fmt: skip
    for who, name, scopes, life in wrong:
        with pytest.raises(Invalid):
            await house.database.write(tokens.add, who, tokens.Wanted(name, tuple(scopes), life), house.clock())
    number, _ = await made(house, Scope.READ)
    with pytest.raises(NotFound):
        await house.database.write(tokens.revoke, number, house.clock(), account.id + 1)


async def test_a_token_is_good_for_some_collections_alone(client: TestClient, house: House) -> None:
    theses = [{"id": "works", "title": "Works"}, {"id": "theses", "title": "Theses"}]
    await configured(house, "sword", collections=theses)
    _, all_ = await made(house, Scope.DEPOSIT)
    _, some = await made(house, Scope.DEPOSIT, collections=("theses",))
    kind = {"Content-Type": "application/atom+xml;type=entry"}
    assert "/collection/works" in await (await client.get(SERVICE, headers=bearer(all_))).text()
    service = await (await client.get(SERVICE, headers=bearer(some))).text()
    assert "/collection/theses" in service
    assert "/collection/works" not in service
    assert await deposited(client, bearer(some)) == 404
    answer = await client.post("/sword/v2/collection/theses", data=entry(), headers=kind | bearer(some))
    assert answer.status == 201
    assert (await client.get(URL(answer.headers["Location"]).path, headers=bearer(some))).status == 200
    other = await client.post("/sword/v2/collection/works", data=entry(title="Beans"), headers=kind | bearer(all_))
    for method, path in (("GET", "edit"), ("GET", "statement"), ("PUT", "edit"), ("DELETE", "edit")):
        address = URL(other.headers["Location"]).path.replace("/edit/", f"/{path}/")
        refused = await client.request(method, address, data=entry() if method == "PUT" else None, headers=bearer(some) | kind)
        assert refused.status == 403, (method, path)
        assert "not made for the collection" in await refused.text()
    told = other.headers["Location"].rsplit("/", 1)[1]
    deposits = await house.database.read(sword.deposits_of, told)
    assert (await client.get(f"/sword/deposits/{deposits[0].id}", headers=bearer(some))).status == 404
    assert (await client.get(f"/sword/deposits/{deposits[0].id}", headers=bearer(all_))).status == 200
    assert (await client.get("/sword/3/service/works", headers=bearer(some))).status == 404


async def test_collections_of_a_token_are_named_by_their_codes(house: House) -> None:
    with pytest.raises(Invalid, match="by its code"):
        await made(house, Scope.DEPOSIT, collections=("no/code",))
