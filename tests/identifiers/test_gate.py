"""The gate before an agency: its speed, and that an agency which is down is left alone."""

from datetime import timedelta

import pytest

from server.house import House
from server.identifiers import gate
from server.identifiers.gate import Turned
from server.identifiers.model import Confirmed, Failed, Fault, Pace, Pending
from tests.conftest import SetClock

PACE = Pace(300, 300.0, 30)
SILENT = Failed(Fault.TRANSIENT, "No connection.")


async def enter(house: House, clock: SetClock, slot: object = None) -> Turned | None:
    return await house.database.write(gate.enter, 1, PACE, slot, clock())


async def told(house: House, clock: SetClock, outcome: Confirmed | Failed | Pending) -> None:
    await house.database.write(gate.told, 1, "Ours", outcome, clock())


async def test_a_burst_goes_in_and_the_rest_get_moments_of_their_own(house: House, clock: SetClock) -> None:
    begun = clock()
    turned = [await enter(house, clock) for _ in range(40)]
    assert turned[:30] == [None] * 30
    assert [found.at - begun for found in turned[30:] if found] == [timedelta(seconds=n) for n in range(1, 11)]


async def test_the_moment_that_was_kept_lets_in(house: House, clock: SetClock) -> None:
    turned = [await enter(house, clock) for _ in range(31)][-1]
    assert turned is not None
    clock.pass_time(seconds=1)
    assert await enter(house, clock, turned.at) is None


async def test_who_calls_twice_waits_as_two_would(house: House, clock: SetClock) -> None:
    begun = clock()
    turned = [await house.database.write(gate.enter, 1, PACE, None, begun, 2) for _ in range(18)]
    assert turned[:15] == [None] * 15
    assert [found.at - begun for found in turned[15:] if found] == [timedelta(seconds=n) for n in (2, 4, 6)]


async def test_calls_nobody_asked_for_are_counted_afterwards_and_those_not_made_are_given_back(
    house: House, clock: SetClock
) -> None:
    begun = clock()
    for _ in range(30):
        assert await enter(house, clock) is None
    await house.database.write(gate.settle, 1, PACE, 4)
    turned = await enter(house, clock)
    assert turned is not None
    assert turned.at - begun == timedelta(seconds=5)
    await house.database.write(gate.settle, 1, PACE, -6)
    assert await enter(house, clock) is None


async def test_the_pace_is_kept_over_time(house: House, clock: SetClock) -> None:
    """Two thousand calls want in at once: so many are let in as the pace allows, whatever happens."""
    waiting: list[tuple[object, object]] = [(clock(), None) for _ in range(600)]
    begun, let_in = clock(), 0
    for _ in range(120):
        due = [each for each in waiting if each[0] <= clock()]  # type: ignore[operator]
        waiting = [each for each in waiting if each[0] > clock()]  # type: ignore[operator]
        for _at, slot in due:
            if (turned := await enter(house, clock, slot)) is None:
                let_in += 1
            else:
                waiting.append((turned.at, turned.at))
        clock.pass_time(seconds=5)
    lasted = (clock() - begun).total_seconds()
    assert let_in == pytest.approx(min(600, 30 + lasted), rel=0.1)


async def test_who_is_down_is_asked_now_and_then(house: House, clock: SetClock) -> None:
    calls = 0
    for _ in range(600):
        if await enter(house, clock) is None:
            calls += 1
            await told(house, clock, SILENT)
        clock.pass_time(seconds=1)
    assert 8 <= calls < 20
    [down] = await house.database.read(gate.outages)
    assert down.calls == calls
    assert down.words == "No connection."


async def test_one_answer_ends_an_outage_and_both_are_told_once(house: House, clock: SetClock) -> None:
    for _ in range(gate.DOWN_AFTER + 2):
        await told_after_entering(house, clock, SILENT)
    await told_after_entering(house, clock, Failed(Fault.REJECTED, "No creator.", 422))
    assert await house.database.read(gate.outages) == []
    await told_after_entering(house, clock, Confirmed(200, ""))
    assert await enter(house, clock) is None


async def told_after_entering(house: House, clock: SetClock, outcome: Confirmed | Failed | Pending) -> None:
    clock.pass_time(minutes=5)
    assert await enter(house, clock) is None
    await told(house, clock, outcome)


async def test_while_one_tries_the_others_wait(house: House, clock: SetClock) -> None:
    for _ in range(gate.DOWN_AFTER):
        await told_after_entering(house, clock, SILENT)
    clock.pass_time(minutes=5)
    assert await enter(house, clock) is None
    found = await enter(house, clock)
    assert found is not None
    assert "does not answer" in found.why


async def test_what_the_agency_asks_for_is_waited(house: House, clock: SetClock) -> None:
    await enter(house, clock)
    await told(house, clock, Failed(Fault.TRANSIENT, "Too many.", 429, retry_after=900))
    found = await enter(house, clock)
    assert found is not None
    assert found.at >= clock() + timedelta(seconds=900)


async def test_who_takes_what_is_sent_and_never_answers_is_down_too(house: House, clock: SetClock) -> None:
    assert await enter(house, clock) is None
    for _ in range(gate.DOWN_AFTER):
        await told(house, clock, Pending("The answer was lost.", 5))
    assert isinstance(await enter(house, clock), Turned)
    await told(house, clock, Pending("It is in the queue.", 5, 200))
    assert await house.database.read(gate.outages) == []
