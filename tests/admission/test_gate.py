"""The gate: no wait where there is room, an order where there is none, and an end to every wait."""

import asyncio
from collections.abc import Coroutine

import pytest
from prometheus_client import Counter

from server import admission, observe
from server.admission import NARROW, PER_CLIENT, RUNNING, UNDER_WAY, WAITING, WIDE, Busy, Gate, Lane, Seat, Visit
from server.budgets import BURST, SHARE, Caller


class Time:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def gate(time: Time) -> Gate:
    return Gate(time)


def alone(name: str) -> Caller:
    """Somebody who is the only one in a network."""
    return Caller(name, name)


def page(name: str) -> Visit:
    return Visit(Lane.PAGE, alone(name), 1)


def running(name: str) -> Visit:
    return Visit(Lane.RUNNING, alone(name), 10)


def begins(name: str) -> Visit:
    return Visit(Lane.OAI, alone(name), 10)


async def turn() -> None:
    """Let everybody who can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def taken(gate: Gate, *visits: Visit) -> list[Seat]:
    """Take seats that are free."""
    return [await asyncio.wait_for(gate.enter(visit), 1) for visit in visits]


def waits(visit: Coroutine[None, None, Seat]) -> "asyncio.Task[Seat]":
    return asyncio.create_task(visit)


def figure(counter: Counter, lane: Lane) -> float:
    return counter.labels(lane)._value.get()


async def test_who_comes_alone_never_waits_whatever_it_asks(gate: Gate) -> None:
    for visit in (begins("sickle"), running("sickle"), begins("sickle"), page("sickle")):
        for _ in range(200):  # far more than its budget; and no moment passes
            (seat,) = await taken(gate, visit)
            seat.leave()
            seat.leave()  # twice does nothing
    assert await taken(gate, *(running(str(number)) for number in range(RUNNING)))


async def test_a_harvester_may_ask_for_single_records_while_it_walks(gate: Gate, time: Time) -> None:
    (seat,) = await taken(gate, running("scythe"))
    seat.leave()
    for _ in range(20):
        (seat,) = await taken(gate, Visit(Lane.OAI, alone("scythe"), 2))
        time.now += 0.1
        seat.leave()  # it rests for nobody
    time.now += UNDER_WAY
    seats = await taken(gate, *(begins(f"{number}") for number in range(WIDE)))
    assert len(seats) == WIDE, "its list is over"


async def test_while_a_list_runs_all_else_has_few_seats(gate: Gate, time: Time) -> None:
    (mine,) = await taken(gate, running("sickle"))
    await taken(gate, *(page(f"{number}") for number in range(NARROW)))
    late = waits(gate.enter(page("late")))
    await turn()
    assert not late.done()
    mine.leave()
    time.now += UNDER_WAY / 2
    await turn()
    assert not late.done(), "its harvester is reading the part it got"
    time.now += UNDER_WAY
    (seat,) = await taken(gate, page("later"))
    await turn()
    assert late.done(), "the list is over, and there are seats again"
    seat.leave()


async def test_a_seat_rests_as_long_as_it_was_held(gate: Gate, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    later: list[tuple[float, object]] = []
    await taken(gate, running("sickle"))
    seats = await taken(gate, *(page(f"{number}") for number in range(NARROW)))
    second = waits(gate.enter(page("second")))
    await turn()
    with monkeypatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "call_later", lambda pause, call, *more: later.append((pause, call)))
        time.now += 0.25
        seats[0].leave()
    await turn()
    ((pause, call),) = later
    assert (pause, second.done()) == (0.25, False)
    call()  # type: ignore[operator]
    await turn()
    assert second.done()


async def test_the_order_of_those_who_wait(gate: Gate, time: Time) -> None:
    seats = await taken(gate, *(begins(f"{number}") for number in range(WIDE)))
    for _ in range(100):
        gate._budgets.spend(alone("greedy"), 10, time.now)
    order: list[str] = []

    async def comes(visit: Visit) -> None:
        seat = await gate.enter(visit)
        order.append(visit.caller.name)
        seat.leave()

    tasks = []
    for visit in (
        Visit(Lane.OTHER, alone("search"), 2), page("reader"), begins("greedy"), begins("modest"),
    ):  # fmt: skip
        tasks.append(asyncio.create_task(comes(visit)))
        await turn()
    seats[0].leave()
    await asyncio.gather(*tasks)
    assert order == ["modest", "reader", "search", "greedy"]
    time.now += 3600
    full = await taken(gate, *(begins(f"x{number}") for number in range(1)))
    tasks = [asyncio.create_task(comes(page("early")))]
    await turn()
    time.now += 2
    tasks.append(asyncio.create_task(comes(begins("late"))))
    await turn()
    order.clear()
    full[0].leave()
    await asyncio.gather(*tasks)
    assert order == ["early", "late"], "nobody waits for ever behind those who go first"


async def test_one_client_holds_no_more_than_its_share(gate: Gate) -> None:
    held = await taken(gate, *(running("one") for _ in range(PER_CLIENT)))
    third = waits(gate.enter(running("one")))
    await turn()
    assert not third.done()
    await taken(gate, running("another"))
    held[0].leave()
    await turn()
    assert third.done()
    await taken(gate, *(Visit(Lane.OAI, alone("allowed CORE"), 10, allowed=True) for _ in range(RUNNING - PER_CLIENT - 1)))


async def test_other_names_give_a_network_no_more_than_half() -> None:
    for lane, seats in ((Lane.RUNNING, RUNNING), (Lane.OAI, WIDE)):
        gate = Gate()
        swarm = [waits(gate.enter(Visit(lane, Caller("192.0.2.0/24", f"robot {number}"), 10))) for number in range(2 * RUNNING)]
        await turn()
        assert sum(task.done() for task in swarm) == seats // 2
        await taken(gate, *(Visit(lane, alone(f"{number}"), 10) for number in range(seats - seats // 2)))
        for task in swarm:
            task.cancel()
        await asyncio.gather(*swarm, return_exceptions=True)
        assert not gate._running.waiters
        assert not gate._rest.waiters


async def test_other_names_do_not_fill_the_bucket_of_a_network(time: Time) -> None:
    gate = Gate(time, patience=0.01)
    names = (Caller("192.0.2.0/24", f"robot {number}") for number in range(10_000))
    for _ in range(int(2 * SHARE * BURST / 10)):
        (seat,) = await taken(gate, Visit(Lane.OAI, next(names), 10))
        seat.leave()
    await taken(gate, *(begins(f"{number}") for number in range(WIDE)))
    with pytest.raises(Busy) as caught:
        await gate.enter(Visit(Lane.OAI, next(names), 10))
    assert caught.value.seconds > admission.SOON, "the network has asked too much, whatever its programs are called"
    with pytest.raises(Busy) as caught:
        await gate.enter(begins("modest"))
    assert caught.value.seconds == admission.SOON


async def test_who_waits_too_long_is_told_when_to_come(time: Time) -> None:
    gate = Gate(time, patience=0.01)
    await taken(gate, *(begins(f"{number}") for number in range(WIDE)))
    before = figure(observe.refused, Lane.OAI)
    with pytest.raises(Busy) as caught:
        await gate.enter(begins("modest"))
    assert caught.value.seconds == admission.SOON
    for _ in range(100):
        gate._budgets.spend(alone("greedy"), 10, time.now)
    with pytest.raises(Busy) as caught:
        await gate.enter(begins("greedy"))
    assert admission.SOON < caught.value.seconds <= admission.LATE
    assert isinstance(caught.value.seconds, int)
    assert figure(observe.refused, Lane.OAI) == before + 2
    assert gate._rest.waiters == []


async def test_where_too_many_wait_the_least_entitled_goes(gate: Gate) -> None:
    seats = await taken(gate, *(begins(f"{number}") for number in range(WIDE)))
    first = waits(gate.enter(begins("first")))
    await turn()
    crowd = [waits(gate.enter(Visit(Lane.OTHER, alone(f"swarm {number}"), 2))) for number in range(2 * WAITING)]
    await turn()
    assert len(gate._rest.waiters) == WAITING
    last = waits(gate.enter(begins("last")))
    await turn()
    assert [task.done() for task in (first, last)] == [False, False]
    assert sum(task.done() for task in crowd) == WAITING + 2, "one more for each who goes before them"
    assert all(isinstance(task.exception(), Busy) for task in crowd if task.done())
    for seat in seats[:2]:
        seat.leave()
    await turn()
    assert first.done()
    assert last.done()
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert gate._rest.waiters == []


async def test_who_goes_away_takes_no_seat_along(gate: Gate) -> None:
    seats = await taken(gate, *(begins(f"{number}") for number in range(WIDE)))
    gone, stays = waits(gate.enter(page("gone"))), waits(gate.enter(page("stays")))
    await turn()
    gone.cancel()
    seats[0].leave()  # it would have been the first
    await turn()
    assert gone.cancelled()
    assert stays.done()
    third = waits(gate.enter(page("third")))
    await turn()
    seats[1].leave()  # seated and gone in the same moment
    third.cancel()
    await turn()
    assert gate._rest.taken == WIDE - 1
    assert await taken(gate, page("fourth"))


async def test_what_is_remembered_of_walkers_is_bounded(gate: Gate) -> None:
    for number in range(2 * admission.WALKERS):
        (seat,) = await taken(gate, running(f"{number}"))
        seat.leave()
    assert len(gate._walkers) == admission.WALKERS
    assert not gate._running._held
