"""How long who guesses must wait: the figures, and that all processes of an installation know them."""

from datetime import timedelta

from server.accounts import failures, throttle
from server.accounts.authenticate import Authenticator
from server.accounts.throttle import LONGEST, LONGEST_SHARED, WITH_A_NAME, WITH_A_NAME_ANYWHERE, Patience, Tries, spoken
from server.house import House
from tests.conftest import PASSWORD, START, SetClock


def waits(times: int, patience: Patience) -> list[float]:
    tries: Tries | None = None
    found = []
    for _ in range(times):
        tries = throttle.after(tries, patience, START)
        found.append(throttle.wait(tries, START).total_seconds())
    return found


def test_the_wait_doubles_to_a_limit_and_is_forgotten() -> None:
    assert waits(20, WITH_A_NAME)[:8] == [0, 0, 0, 0, 5, 10, 20, 40]
    assert waits(20, WITH_A_NAME)[-1] == LONGEST.total_seconds()
    assert waits(20, WITH_A_NAME_ANYWHERE)[-1] == LONGEST_SHARED.total_seconds()
    tries = throttle.after(None, WITH_A_NAME, START)
    assert throttle.after(tries, WITH_A_NAME, START + timedelta(hours=2)).count == 1
    assert [spoken(timedelta(seconds=s)) for s in (0.2, 1.5, 89, 91)] == ["1 second", "2 seconds", "89 seconds", "2 minutes"]


async def test_processes_side_by_side_agree(house: House, clock: SetClock) -> None:
    one, other = Authenticator(house.database, clock), Authenticator(house.database, clock)
    assert await other.check("depositor", PASSWORD, remote="::1"), "and is remembered there"
    for authenticator in (one, other, one, other, one):
        assert await authenticator.check("depositor", "wrong", remote="::1") is None
    assert (await other.wait(" Depositor ", "::1")).total_seconds() == 5
    assert await other.check("depositor", PASSWORD, remote="::1") is None
    clock.pass_time(seconds=6)
    assert await other.check("depositor", PASSWORD, remote="::1")
    assert await one.check("depositor", "wrong", remote="::1") is None
    assert not await one.wait("depositor", "::1"), "a right password makes the failures forgotten"


async def test_a_flood_of_names_does_not_fill_the_table(house: House, clock: SetClock, monkeypatch) -> None:
    monkeypatch.setattr(failures, "MOST", 20)

    def flood(tx) -> int:
        for number in range(60):
            failures.failed(tx, f"name {number}", "::1", clock() + timedelta(seconds=number))
        return sum(failures.tries(tx, f"name {number}", "::1") is not None for number in range(60))

    assert await house.database.write(flood) <= 21
    clock.pass_time(hours=3)
    await house.database.write(failures.failed, "late", "::1", clock())
    assert await house.database.read(failures.tries, "name 59", "::1") is None


def test_who_has_one_ipv6_address_has_them_all() -> None:
    assert throttle.key("Admin", "2001:db8::1") == throttle.key("admin ", "2001:db8:0:0:ffff:ffff:ffff:ffff")
    assert throttle.key("admin", "2001:db8::1") != throttle.key("admin", "2001:db8:0:1::1")
    assert throttle.key("admin", "::ffff:192.0.2.7") == throttle.key("admin", "192.0.2.7") == ("admin", "192.0.2.7")
    assert throttle.key("admin", "*") == ("admin", "*")
    assert len(throttle.key("admin", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")[1]) <= 45


async def test_two_hundred_guesses_from_one_network_wait(house: House, clock: SetClock) -> None:
    authenticator = Authenticator(house.database, clock)
    for number in range(20):
        assert await authenticator.check("admin", "wrong", remote=f"2001:db8::{number // 4:x}") is None
    assert (await authenticator.wait("admin", "2001:db8::ffff")).total_seconds() >= 5
    assert not await authenticator.wait("admin", "2001:db8:1::1"), "others have not failed"


async def test_one_password_tried_with_many_names_waits_a_little(house: House, clock: SetClock) -> None:
    def spray(tx) -> None:
        for number in range(60):
            failures.guessed(tx, f"name {number}", "192.0.2.7", clock())

    await house.database.write(spray)
    authenticator = Authenticator(house.database, clock)
    assert await authenticator.wait("admin", "192.0.2.7") == LONGEST_SHARED
    assert await authenticator.check("admin", PASSWORD, remote="192.0.2.7") is None
    assert not await authenticator.wait("admin", "192.0.2.8")
    clock.pass_time(seconds=16)
    assert await authenticator.check("admin", PASSWORD, remote="192.0.2.7"), "a house that shares an address is not shut out"


async def test_a_flood_of_names_lets_nobody_off(house: House, clock: SetClock, monkeypatch) -> None:
    monkeypatch.setattr(failures, "MOST", 20)

    def flood(tx) -> None:
        for _ in range(12):
            failures.failed(tx, "admin", "192.0.2.7", clock())
        for number in range(100):
            failures.failed(tx, f"name {number}", "192.0.2.8", clock() + timedelta(seconds=number))

    await house.database.write(flood)
    assert await house.database.read(failures.wait, "admin", "192.0.2.7", clock()) == LONGEST
