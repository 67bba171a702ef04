"""Credentials: right and wrong, many at once, changed, switched off."""

import asyncio

import pytest
from aiohttp import encode_basic_auth

from server.accounts import authenticate, store
from server.accounts.authenticate import Authenticator, basic
from server.accounts.passwords import hashed
from server.house import House
from tests.conftest import PASSWORD


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


@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Bearer x", "Basic bm9jb2xvbg==", "Basic /////w=="])
def test_what_is_no_basic_header(header: str) -> None:
    assert basic(header) is None


def test_a_basic_header_of_any_characters() -> None:
    assert basic(encode_basic_auth("zoë", "pä:ß", encoding="utf-8")) == ("zoë", "pä:ß")
