"""Credentials: right and wrong, many at once, changed, switched off."""

import asyncio
import threading
import time

import pytest
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient

from server.accounts import authenticate, store
from server.accounts.authenticate import THREADS, Authenticator, basic
from server.accounts.model import Role
from server.accounts.passwords import hashed
from server.errors import Invalid
from server.house import House
from tests.conftest import AUTH, HASH, PASSWORD, SetClock


async def test_right_wrong_and_unknown(house: House) -> None:
    check = Authenticator(house.database).check
    found = await check("depositor", PASSWORD)
    assert found is not None
    assert found.name == "depositor"
    assert await check("depositor", "wrong") is None
    assert await check("nobody", PASSWORD) is None
    assert await check("nobody", "") is None


async def test_many_at_once_are_verified_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def verify(stored: str | None, password: str) -> bool:
        calls.append(password)
        time.sleep(0.1)  # as argon2 takes its time
        return password == PASSWORD

    monkeypatch.setattr(authenticate, "verify", verify)
    authenticator = Authenticator(house.database)
    found = await asyncio.gather(*(authenticator.check("depositor", PASSWORD) for _ in range(50)))
    assert len(calls) == 1
    assert all(account is not None for account in found)
    await asyncio.gather(*(authenticator.check("depositor", "wrong") for _ in range(3)))
    await authenticator.check("depositor", "wrong")
    assert calls[1:] == ["wrong"] * 2, "a wrong pair is never remembered"


async def test_a_changed_password_and_a_switched_off_account_count_at_once(house: House) -> None:
    authenticator = Authenticator(house.database)
    assert await authenticator.check("depositor", PASSWORD)
    await house.database.write(store.set_active, "depositor", False)
    assert await authenticator.check("depositor", PASSWORD) is None
    await house.database.write(store.set_active, "depositor", True)
    await house.database.write(store.set_password, "depositor", hashed("another"))
    assert await authenticator.check("depositor", PASSWORD) is None
    assert await authenticator.check("depositor", "another")


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !", "Bearer x", "Basic bm9jb2xvbg==", "Basic /////w==", encode_basic_auth("a\0b", "x")]
)
def test_what_is_no_basic_header(header: str) -> None:
    assert basic(header) is None


def test_a_basic_header_of_any_characters() -> None:
    assert basic(encode_basic_auth("zoë", "pä:ß", encoding="utf-8")) == ("zoë", "pä:ß")


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "\ud800", "", "x" * 101])
async def test_a_name_nobody_can_have(house: House, name: str) -> None:
    assert await Authenticator(house.database).check(name, PASSWORD) is None
    with pytest.raises(Invalid):
        await house.database.write(store.add, name, Role.DEPOSITOR, HASH, house.clock())


async def test_who_guesses_must_wait_and_costs_nothing_meanwhile(
    house: House, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def verify(stored: str | None, password: str) -> bool:
        calls.append(password)
        return password == PASSWORD

    monkeypatch.setattr(authenticate, "verify", verify)
    authenticator = Authenticator(house.database, clock)
    guesses = (authenticator.check("depositor", f"guess {number}", remote="::1") for number in range(50))
    assert set(await asyncio.gather(*guesses)) == {None}
    assert len(calls) <= 4 + THREADS
    assert await authenticator.check("depositor", PASSWORD, remote="::1") is None, "even the right one, as it may be a guess"
    assert PASSWORD not in calls
    assert await authenticator.check("depositor", PASSWORD, remote="2001:db8::2"), "another address is not held up"
    assert await authenticator.check("other", PASSWORD, remote="::1"), "nor is another name"
    clock.pass_time(seconds=(await authenticator.wait("depositor", "::1")).total_seconds() + 1)
    assert await authenticator.check("depositor", PASSWORD, remote="::1")


async def test_not_more_passwords_are_verified_at_once_than_there_are_threads(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most, lock = 0, 0, threading.Lock()
    go = threading.Event()

    def verify(stored: str | None, password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go.wait(0.02)
        with lock:
            running -= 1
        return False

    monkeypatch.setattr(authenticate, "verify", verify)
    authenticator = Authenticator(house.database)
    await asyncio.gather(*(authenticator.check(f"name {number}", "x") for number in range(12)))
    assert most == THREADS


async def test_the_sword_door_is_slowed_down_too(client: TestClient) -> None:
    wrong = {"Authorization": encode_basic_auth("depositor", "wrong")}
    for _ in range(5):
        assert (await client.get("/sword/v2/service-document", headers=wrong)).status == 401
    waits = await client.get("/sword/v2/service-document", headers=AUTH)
    assert (waits.status, int(waits.headers["Retry-After"]) > 0) == (429, True)
    other = {"Authorization": encode_basic_auth("other", PASSWORD)}
    assert (await client.get("/sword/v2/service-document", headers=other)).status == 200


async def test_junk_in_credentials_is_refused_in_both_doors(client: TestClient) -> None:
    junk = {"Authorization": encode_basic_auth("a\0b", "x")}
    assert (await client.get("/sword/v2/service-document", headers=junk)).status == 401
    for name in ("a\0b", "a" * 300, "\x1b"):
        assert (await client.post("/login", data={"name": name, "password": "x\0"})).status == 401
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await client.post("/login", data=b"name=\xff\xfe", headers=kind)).status == 400
    odd = {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"}
    assert (await client.post("/login", data=b"name=a", headers=odd)).status == 400
