"""The engine: everything arrives once and in full, however the receiver fails; the dead take nothing from the living."""

import asyncio
import json
import socket
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from aiohttp import web
from sqlalchemy import Connection, select

from server.audit.log import OPERATOR
from server.errors import NotFound
from server.house import House
from server.jobs import queue
from server.jobs.tables import jobs
from server.notify import store
from server.notify.deliver import ByMail
from server.notify.model import (
    DELAYS,
    LIFE,
    LONGEST_WISH,
    SUSPICIOUS,
    WIDEST,
    Delivery,
    State,
    again_after,
    rest_after,
    window_after,
)  # fmt: skip
from server.notify.tables import endpoint_secrets, endpoints
from server.profiles import keeping
from server.profiles import store as profiles
from tests.conftest import START, SetClock
from tests.fakes.receiver import Receiver, answers
from tests.notify.conftest import Subscribe, found, settled, tell

ONE = ("record.published",)


def test_the_waits_grow_from_seconds_to_hours_and_end_after_three_days() -> None:
    waits = [again_after(number, timedelta(), 0.5) for number in range(1, len(DELAYS) + 5)]
    assert (waits[0], waits[-1]) == (timedelta(seconds=5), timedelta(hours=3))
    assert all(one <= two for one, two in pairwise(waits))
    assert again_after(1, LIFE, 0.5) is None
    assert again_after(3, timedelta(), 0) < again_after(3, timedelta(), 1), "spread, so that not all come back at once"


def test_the_memory_of_an_endpoint() -> None:
    assert rest_after(SUSPICIOUS - 1, None, 0.5) is None
    rests = [rest_after(SUSPICIOUS + number, None, 0.5) for number in range(20)]
    assert (rests[0], rests[-1]) == (timedelta(seconds=10), timedelta(minutes=30))
    assert rest_after(20, timedelta(minutes=2), 0.5) == timedelta(minutes=1), "half as long as it has been silent"
    assert rest_after(SUSPICIOUS, timedelta(days=9), 0.5) == timedelta(seconds=10), "it was not asked for nine days"
    assert [window_after(1, failed=0), window_after(WIDEST, failed=0), window_after(WIDEST, failed=1)] == [2, WIDEST, WIDEST // 2]
    assert window_after(1, failed=1) == 1


async def states(house: House) -> dict[State, int]:
    counted: dict[State, int] = {}
    for delivery in await found(house):
        counted[delivery.state] = counted.get(delivery.state, 0) + 1
    return counted


async def test_events_are_handed_to_those_who_subscribed_and_to_nobody_twice(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    await subscribe("All")
    await subscribe("Some", events=("record.withdrawn",))
    off = await subscribe("Off")
    await house.database.write(profiles.enable, off.name, clock(), enabled=False)
    await tell(house, 2)
    await tell(house, 1, "record.withdrawn")
    await settled(house, clock)
    assert len(receiver.ids()) == len(set(receiver.ids())) == 4
    assert sorted(json.loads(sent.body)["type"] for sent in receiver.taken) == ["record.published"] * 2 + ["record.withdrawn"] * 2
    again = (await found(house))[0]
    new = store.New(again.profile_id, again.type, again.subject, again.document, again.event_id)
    await house.database.write(store.add, [new], clock())
    await settled(house, clock)
    assert len(receiver.taken) == 4


async def test_all_arrive_in_order_and_more_and_more_at_a_time(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    async def mood(_request: web.Request) -> None:
        await asyncio.sleep(0.01)

    receiver.mood = mood
    await subscribe(events=ONE)
    await tell(house, 60)
    await settled(house, clock)
    subjects = [int(json.loads(sent.body)["subject"].removeprefix("work-")) for sent in receiver.taken]
    assert sorted(subjects) == list(range(60))
    assert all(abs(place - number) < WIDEST for place, number in enumerate(subjects)), (
        "in order, but for those in flight together"
    )
    assert 1 < receiver.most_flying <= WIDEST


async def test_a_dead_endpoint_is_probed_one_by_one_and_ever_more_rarely(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    await subscribe(events=ONE)
    await settled(house, clock)
    receiver.mood = answers(500, "away")
    await tell(house, 50)
    await house.worker.drain()
    await house.worker.drain()
    assert receiver.asked == SUSPICIOUS, "not fifty"
    assert receiver.most_flying == 1
    await tell(house)
    await house.worker.drain()
    assert receiver.asked == SUSPICIOUS, "what is new does not wake the dead"
    begun = clock()
    await settled(house, clock, rounds=20)
    assert receiver.asked <= SUSPICIOUS + 20
    assert clock() - begun > timedelta(hours=2)
    receiver.mood = None
    await settled(house, clock)
    assert await states(house) == {State.SENT: 51}


async def test_one_that_is_never_taken_holds_up_no_other(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    async def mood(request: web.Request) -> web.Response | None:
        return web.Response(status=422, text="not this one") if json.loads(await request.read())["subject"] == "work-0" else None

    receiver.mood = mood
    profile = await subscribe(events=ONE)
    await tell(house, 20)
    begun = clock()
    await settled(house, clock)
    assert await states(house) == {State.SENT: 19, State.DEAD: 1}
    dead = (await house.database.read(store.search, store.Asked(state="dead"), 5))[0]
    assert (dead.subject, dead.note) == ("work-0", "127.0.0.1 answered 422: not this one")
    assert len(await house.database.read(store.attempts, dead.id)) == dead.attempts > 25
    assert LIFE <= clock() - begun < LIFE + timedelta(hours=4)
    assert len(receiver.taken) == 19
    receiver.mood = None
    assert await house.database.write(store.send_dead_again, profile.id, clock()) == 1
    await settled(house, clock)
    assert await states(house) == {State.SENT: 20}
    assert receiver.ids()[-1] == dead.message_id, "under the same id"


async def test_what_waits_for_a_dead_endpoint_is_given_up_after_its_life(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    await subscribe(events=ONE)
    receiver.mood = answers(503)
    await tell(house, 60)
    for _ in range(5 * 4):
        await house.worker.drain()
        clock.pass_time(hours=6)
    assert await states(house) == {State.DEAD: 60}
    assert receiver.asked < 60 * 5, "a probe now and then, not every delivery at each of its times"


async def test_one_delivery_is_sent_again_by_hand(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    await subscribe(events=ONE)
    await tell(house)
    await settled(house, clock)
    sent = (await found(house))[0]
    await house.database.write(store.send_again, sent.id, clock())
    await settled(house, clock)
    assert receiver.ids() == [sent.message_id] * 2
    with pytest.raises(NotFound):
        await house.database.write(store.send_again, 999_999, clock())


@pytest.mark.parametrize(("header", "expected"), [("120", 120), ("999999999999", LONGEST_WISH.total_seconds()), ("soon", 5)])
async def test_the_wait_a_receiver_asks_for_is_kept_within_bounds(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock, header: str, expected: float
) -> None:
    await subscribe(events=ONE)
    receiver.mood = answers(429, **{"Retry-After": header})
    await tell(house)
    await house.worker.drain()
    await house.worker.drain()
    waits = ((await found(house))[0].due - clock()).total_seconds()
    assert abs(waits - expected) <= expected * 0.11


async def test_gone_pauses_the_profile_and_tells_of_it(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    other = Receiver()
    await other.start()
    try:
        profile = await subscribe(events=ONE)
        await subscribe("Watcher", address=other.url, events=("profile.paused",))
        receiver.mood = answers(410, "no more")
        await tell(house, 5)
        await settled(house, clock)
        paused = (await house.database.read(profiles.by_id, profile.id)).paused
        assert paused == "127.0.0.1 answered 410: no more (410: it asks not to be told any more.)"
        assert receiver.asked == 1
        (told,) = other.taken
        assert json.loads(told.body)["data"] == {"name": "Hook", "kind": "webhook", "reason": paused}
        assert await states(house) == {State.WAITING: 5, State.SENT: 1}
        receiver.mood = None
        await subscribe(events=ONE)
        await settled(house, clock)
        assert await states(house) == {State.SENT: 6}
    finally:
        await other.stop()


async def test_what_waits_for_a_deleted_profile_is_removed(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    profile = await subscribe(events=ONE)
    await settled(house, clock)
    receiver.mood = answers(500)
    await tell(house, 3)
    await house.worker.drain()
    await house.worker.drain()
    await house.database.write(profiles.remove, profile.name, clock())
    await settled(house, clock)
    assert await found(house) == []


@pytest.mark.parametrize("kept_back", ["off", "paused", "waiting"])
async def test_a_profile_that_is_deleted_leaves_no_queue_and_no_secret(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock, kept_back: str
) -> None:
    profile = await subscribe(events=ONE)
    await subscribe(secret="whsec_" + "YW5vdGhlciBzZWNyZXQgb2YgTWFyaWUgQ3VyaWU=", events=ONE)
    await settled(house, clock)
    receiver.mood = answers(500)
    await tell(house, 3)
    await house.worker.drain()
    if kept_back == "off":
        await house.database.write(profiles.enable, profile.name, clock(), enabled=False)
    elif kept_back == "paused":
        await house.database.write(profiles.pause, profile.id, "It does not answer the challenge.")
    clock.pass_time(hours=1)
    await house.worker.drain()
    await house.keeper.do(keeping.delete, house.keeper.desk, profile.id, OPERATOR)
    assert await found(house) == []

    def left(tx: Connection) -> list[str]:
        of_it = (jobs.c.subject == str(profile.id), jobs.c.kind == store.DELIVER, jobs.c.state != "done")
        rows = [*tx.execute(select(jobs).where(*of_it))]
        return [str(row) for row in [*rows, *tx.execute(select(endpoints)), *tx.execute(select(endpoint_secrets))]]

    assert await house.database.read(left) == []


async def test_the_claim_is_renewed_while_a_receiver_takes_long(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.notify.deliver.BEAT", 0.01)
    await subscribe(events=ONE)
    await settled(house, clock)
    taken = []

    def until(tx: Connection) -> datetime:
        return tx.execute(select(jobs.c.due).where(jobs.c.kind == store.DELIVER, jobs.c.state == "active")).scalar_one()

    async def mood(_request: web.Request) -> None:
        clock.pass_time(minutes=4)
        async with asyncio.timeout(5):
            while await house.database.read(until) < clock() + timedelta(minutes=5):
                await asyncio.sleep(0.01)
        taken.extend(await house.database.write(queue.claim, [store.DELIVER], clock() + timedelta(minutes=3), 1))

    receiver.mood = mood
    await tell(house)
    await house.worker.drain()
    await house.worker.drain()
    assert receiver.asked == 1
    assert taken == []
    assert await states(house) == {State.SENT: 1}


async def test_who_lost_the_claim_writes_nothing_and_stops(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    await subscribe(events=ONE)
    await settled(house, clock)

    async def mood(_request: web.Request) -> None:
        receiver.mood = None
        clock.pass_time(minutes=6)  # longer than the lease
        assert await house.database.write(queue.claim, [store.DELIVER], clock(), 1)

    receiver.mood = mood
    await tell(house, 5)
    for _ in range(3):
        await house.worker.drain()
    assert receiver.asked == 1
    assert await states(house) == {State.WAITING: 5}
    assert {each.attempts for each in await found(house)} == {0}


def test_letters_are_taken_up_a_few_at_a_time_and_lines_together() -> None:
    def delivery(number: int, kind: str) -> Delivery:
        return Delivery(number, 1, None, kind, "", "{}", None, State.WAITING, 0, START, "", START)

    due = [delivery(number, "mail.reset" if number % 2 else "import.failed") for number in range(40)]
    chosen = ByMail(None).chosen(due)
    assert [each.id for each in chosen if each.type == "mail.reset"] == [1, 3, 5, 7, 9]
    assert [each.id for each in chosen if each.type != "mail.reset"] == list(range(0, 40, 2))


async def test_a_delivery_added_while_the_job_ends_is_not_forgotten(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    profile = await subscribe(events=ONE)
    await settled(house, clock)
    receiver.mood = answers(500)
    await tell(house)
    await house.worker.drain()
    (job,) = await house.database.write(queue.claim, [store.DELIVER], clock() + timedelta(hours=1), 1)
    await tell(house)  # while the job is at work
    from server.notify.deliver import _rested, handed_on

    await house.database.write(handed_on, clock())
    await house.database.write(_rested, job, profile.id, clock)
    due = await house.database.write(queue.claim, [store.DELIVER], clock() + timedelta(minutes=1), 1)
    assert [each.subject for each in due] == [str(profile.id)]


async def test_a_dead_endpoint_keeps_no_other_waiting(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{free.getsockname()[1]}/"
    await subscribe("Dead", address=dead, events=ONE)
    await subscribe("Living", events=ONE)

    def answered(tx: Connection) -> None:  # it was there when it was set up
        known = store.endpoint(tx, profiles.get(tx, "Dead").id)
        store.remember(tx, known, answered=dead)

    await house.database.write(answered)
    await tell(house, 100)
    for _ in range(4):
        await house.worker.drain()
    assert len(receiver.taken) == 100
