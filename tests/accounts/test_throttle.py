"""How long who guesses must wait: the figures, and that all processes of an installation know them."""

from datetime import timedelta

from server.accounts import failures, throttle
from server.accounts.authenticate import Authenticator
from server.accounts.throttle import LONGEST, LONGEST_SHARED, Tries, spoken
from server.house import House
from tests.conftest import PASSWORD, START, SetClock


def waits(times: int, address: str) -> list[float]:
    tries: Tries | None = None
    found = []
    for _ in range(times):
        tries = throttle.after(tries, address, START)
        found.append(throttle.wait(tries, START).total_seconds())
    return found


def test_the_wait_doubles_to_a_limit_and_is_forgotten() -> None:
    assert waits(20, "::1")[:8] == [0, 0, 0, 0, 5, 10, 20, 40]
    assert waits(20, "::1")[-1] == LONGEST.total_seconds()
    assert waits(20, "")[-1] == LONGEST_SHARED.total_seconds()
    tries = throttle.after(None, "::1", START)
    assert throttle.after(tries, "::1", START + timedelta(hours=2)).count == 1
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
