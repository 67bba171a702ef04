"""A run goes through its items, reports each once, and ends as it went; it can be cancelled, and repeated for what failed."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from server.accounts import store as accounts
from server.accounts.model import Account, Role
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound
from server.events.tables import outbox
from server.jobs import queue
from server.jobs.tables import jobs
from server.jobs.worker import Worker
from server.runs import store
from server.runs.model import Counts, ItemOutcome, Outcome, RunState
from server.runs.store import Wanted
from server.runs.tables import runs
from tests.runs.allotment import AWAY, BUG, MENDEL, Allotment

FINE, DRY = ItemOutcome(Outcome.UNCHANGED, "wet already"), ItemOutcome(Outcome.FAILED, "no well")


async def test_a_run_does_every_item_once_and_reports_it(plot: Allotment) -> None:
    plot.garden.moods = {"bed-001": FINE, "bed-003": ItemOutcome(Outcome.WARNING, "slugs"), "bed-005": DRY}
    run = await plot.run(beds=12)
    assert (run.state, run.total, run.counts.done) == (RunState.ERRORS, 12, 12)
    assert (run.started, run.ended, run.cursor) == (plot.clock(), plot.clock(), "bed-011")
    assert sorted(plot.garden.watered) == [f"bed-{n:03}" for n in range(12)]
    items = await plot.database.read(store.items, run.id, limit=99)
    assert [item.subject.id for item in items] == sorted(plot.garden.watered)
    assert [item.seq for item in items] == list(range(1, 13))
    bad = await plot.database.read(store.items, run.id, outcome="failed", limit=99)
    assert [(item.subject.title, item.subject.href, item.message) for item in bad] == [("Bed-005", "/beds/bed-005", "no well")]


async def test_success_without_effect_is_said_to_be_that(plot: Allotment) -> None:
    assert (await plot.run(beds=0)).state is RunState.NO_EFFECT
    plot.garden.moods = {f"bed-{n:03}": FINE for n in range(7)}
    assert (await plot.run()).state is RunState.NO_EFFECT
    plot.garden.moods = {}
    assert (await plot.run()).state is RunState.COMPLETED


async def test_an_item_that_fails_stops_nothing(plot: Allotment, caplog: pytest.LogCaptureFixture) -> None:
    plot.garden.moods = {"bed-000": Conflict("Frozen.", remedy="Wait."), "bed-001": BUG}
    for plot.garden.deeds in (False, True):
        run = await plot.run()
        assert (run.state, run.counts.failed, run.counts.changed) == (RunState.ERRORS, 2, 5)
        said = [item.message for item in await plot.database.read(store.items, run.id, outcome="failed", limit=9)]
        assert said == ["Frozen. Wait.", "Internal error; the server's log has the details."]
    assert caplog.text.count("met an internal error") == 2


async def test_what_cannot_be_done_now_is_tried_again_and_at_last_given_up(plot: Allotment) -> None:
    plot.garden.moods = {"bed-002": AWAY}
    for plot.garden.deeds in (False, True):
        run = await plot.run(beds=4)
        for _ in range(4):
            assert run.state is RunState.RUNNING
            plot.clock.pass_time(hours=1)
            await plot.worker.drain()
            run = await plot.get(run)
        assert (run.state, run.counts.failed, run.counts.changed) == (RunState.ERRORS, 1, 3)


async def test_a_long_run_goes_on_in_parts(plot: Allotment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.runs.run.PART", -1)
    monkeypatch.setattr("server.runs.run.PAGE", 4)
    run = await plot.ask(beds=11)
    assert await plot.worker.drain() == 4  # four, four, three; then the end is found
    assert (await plot.get(run)).counts.changed == 11
    assert len(plot.garden.watered) == 11


async def test_the_claim_is_renewed_while_items_take_long(plot: Allotment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.runs.run.BEAT", 0.01)
    plot.garden.gate = asyncio.Event()
    run = await plot.ask(beds=1)
    task = asyncio.create_task(plot.worker.drain())
    async with asyncio.timeout(5):
        while (await plot.get(run)).state is not RunState.RUNNING:
            await asyncio.sleep(0.01)
        plot.clock.pass_time(minutes=4)
        while (await plot.database.read(_due)) < plot.clock() + queue.LEASE:
            await asyncio.sleep(0.01)
    plot.clock.pass_time(minutes=4)
    assert await plot.database.write(queue.claim, [store.RUN], plot.clock()) == []
    plot.clock.pass_time(minutes=4)  # now it is lost: whoever takes it goes on
    plot.garden.gate.set()
    await task
    assert (await plot.get(run)).counts.changed == 1


async def test_who_lost_the_claim_writes_nothing(plot: Allotment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.runs.run.BEAT", 0.01)
    plot.garden.gate = asyncio.Event()
    run = await plot.ask(beds=1)
    task = asyncio.create_task(plot.worker.drain())
    async with asyncio.timeout(5):
        while (await plot.get(run)).state is not RunState.RUNNING:
            await asyncio.sleep(0.01)
        (job,) = await plot.database.write(_taken_over, plot)
        await task  # it sees that its claim is gone, and stops
    assert plot.garden.watered == []
    run = await plot.get(run)
    assert (run.state, run.counts.done) == (RunState.RUNNING, 0)
    assert await plot.database.write(store.finish, job, run.id, RunState.NO_EFFECT, "", plot.clock())


async def test_runs_of_one_lane_go_one_after_the_other(plot: Allotment) -> None:
    plot.garden.gate = asyncio.Event()
    first, second = await plot.ask(beds=1), await plot.ask(beds=1)
    other, elsewhere, third = await plot.ask("weed", beds=1), await plot.ask(beds=1, garden=1), await plot.ask(beds=1)
    plot.worker = Worker(plot.database, plot.worker._handlers, plot.clock, slots=9)
    task = asyncio.create_task(plot.worker.drain())
    async with asyncio.timeout(5):
        while sum(run.state is RunState.RUNNING for run in await plot.database.read(store.going_on)) < 3:
            await asyncio.sleep(0.01)
        assert [run.state for run in [await plot.get(second), await plot.get(third)]] == [RunState.WAITING] * 2
        plot.garden.gate.set()
        await task
    await plot.worker.drain()
    ended = await plot.database.read(store.ended, Wanted(), 9)
    assert {run.id for run in ended} == {first.id, second.id, third.id, other.id, elsewhere.id}
    assert [run.state for run in ended] == [RunState.COMPLETED] * 5


async def test_one_run_is_in_the_way_of_the_next(plot: Allotment) -> None:
    first, second = await plot.ask(), await plot.ask()
    other = await plot.ask(garden=1)
    assert await plot.database.read(store.in_the_way, second.id) == first.id
    assert await plot.database.read(store.in_the_way, first.id) is None
    assert await plot.database.read(store.in_the_way, other.id) is None
    (job,) = await plot.database.write(queue.claim, [store.RUN], plot.clock())
    assert await plot.database.write(store.begin, job, first.id, 1, plot.clock())
    (job,) = await plot.database.write(queue.claim, [store.RUN], plot.clock())
    with pytest.raises(Conflict):  # both looked at the same moment
        await plot.database.write(store.begin, job, second.id, 1, plot.clock())


async def test_a_waiting_run_is_cancelled_at_once_and_the_next_comes_up(plot: Allotment) -> None:
    first, second = await plot.ask(), await plot.ask()
    assert (await plot.database.write(store.cancel, first.id, MENDEL, plot.clock())).state is RunState.ABORTED
    await plot.worker.drain()
    assert (await plot.get(second)).state is RunState.COMPLETED
    assert len(plot.garden.watered) == 7
    with pytest.raises(Conflict):
        await plot.database.write(store.cancel, first.id, MENDEL, plot.clock())
    with pytest.raises(NotFound):
        await plot.database.write(store.cancel, 999, MENDEL, plot.clock())


async def test_a_run_is_cancelled_between_items(plot: Allotment) -> None:
    plot.garden.gate = asyncio.Event()
    run = await plot.ask(beds=50)
    task = asyncio.create_task(plot.worker.drain())
    async with asyncio.timeout(5):
        while (await plot.get(run)).state is not RunState.RUNNING:
            await asyncio.sleep(0.01)
        assert (await plot.database.write(store.cancel, run.id, MENDEL, plot.clock())).cancel
        plot.garden.gate.set()
        await task
    run = await plot.get(run)
    assert run.state is RunState.ABORTED
    assert run.counts.done == len(plot.garden.watered) <= 5


async def test_the_failed_are_run_again(plot: Allotment) -> None:
    plot.garden.moods = {"bed-001": DRY, "bed-004": DRY}
    first = await plot.run()
    plot.garden.watered.clear()
    plot.garden.moods = {"bed-004": DRY}
    task = plot.tasks.get("water")
    second = await plot.database.write(store.again_the_failed, task, first, MENDEL, plot.clock())
    await plot.worker.drain()
    second = await plot.get(second)
    assert (second.total, second.counts.changed, second.counts.failed, second.parent_id) == (2, 1, 1, first.id)
    assert sorted(plot.garden.watered) == ["bed-001", "bed-004"]
    plot.garden.moods = {}
    third = await plot.database.write(store.again, task, second, MENDEL, plot.clock())
    await plot.worker.drain()
    third = await plot.get(third)
    assert (third.state, third.counts.changed) == (RunState.COMPLETED, 2), "the same once more"
    with pytest.raises(Conflict):
        await plot.database.write(store.again_the_failed, task, third, MENDEL, plot.clock())
    waiting = await plot.ask()
    with pytest.raises(Conflict):
        await plot.database.write(store.again_the_failed, task, waiting, MENDEL, plot.clock())


async def test_what_cannot_be_run_fails_with_the_reason(plot: Allotment) -> None:
    with pytest.raises(Invalid):
        await plot.ask(garden=13)
    run = await plot.ask()
    plot.tasks._tasks.clear()
    await plot.worker.drain()
    run = await plot.get(run)
    assert (run.state, run.message) == (RunState.FAILED, "There is no task 'water'.")


async def test_parameters_of_another_release_fail_with_the_reason(plot: Allotment) -> None:
    run = await plot.ask()
    await plot.database.write(lambda tx: tx.execute(store.runs.update().values(parameters='{"beds": "many"}')) and None)
    await plot.worker.drain()
    run = await plot.get(run)
    assert run.state is RunState.FAILED
    assert "$.beds" in run.message


async def test_a_bug_in_finding_the_items_ends_the_run_at_last(plot: Allotment, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments):
        raise BUG

    monkeypatch.setattr("server.runs.run._page", broken)
    run = await plot.run()
    for _ in range(4):
        assert run.state is RunState.RUNNING
        plot.clock.pass_time(hours=1)
        await plot.worker.drain()
        run = await plot.get(run)
    assert run.state is RunState.FAILED


async def test_the_end_is_told(plot: Allotment) -> None:
    run = await plot.run()
    told = await plot.database.read(lambda tx: tx.execute(select(outbox)).one())
    assert (told.type, told.subject) == ("job.ended", str(run.id))
    assert '"state":"completed"' in told.data


async def test_what_is_unchanged_is_reported_up_to_a_limit_and_counted_beyond(
    plot: Allotment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(store.KEPT, Outcome.UNCHANGED, 2)
    plot.garden.moods = {f"bed-{n:03}": FINE for n in range(7)}
    run = await plot.run()
    assert run.counts.unchanged == 7
    assert len(await plot.database.read(store.items, run.id, limit=9)) == 2


async def test_a_deed_is_the_last_of_its_transaction(plot: Allotment) -> None:
    seen = []

    def during(tx: Connection) -> None:
        run = tx.execute(select(runs)).one()
        seen.append((run.changed, run.cursor, len(store.items(tx, run.id, limit=9))))

    plot.garden.deeds, plot.garden.during = True, during
    assert (await plot.run(beds=3)).counts == Counts(changed=3)
    assert seen == [(1, "bed-000", 1), (2, "bed-001", 2), (3, "bed-002", 3)]


async def test_a_deed_that_comes_to_something_else_is_reported_as_that(plot: Allotment) -> None:
    plot.garden.deeds = True
    plot.garden.moods = {"bed-001": FINE, "bed-002": ItemOutcome(Outcome.WARNING, "slugs"), "bed-003": DRY}
    run = await plot.run(beds=5)
    assert run.counts == Counts(changed=2, unchanged=1, warning=1, failed=1)
    items = await plot.database.read(store.items, run.id, limit=9)
    assert [(item.seq, item.message) for item in items] == [(1, ""), (2, "wet already"), (3, "slugs"), (4, "no well"), (5, "")]


@pytest.mark.parametrize("deeds", [False, True])
@pytest.mark.parametrize("fall", [(accounts.set_active, False), (accounts.set_role, Role.REVIEWER)])
async def test_a_run_stops_when_who_asked_for_it_may_not_any_more(
    plot: Allotment, fall: tuple[Callable[..., Account], bool | Role], deeds: bool
) -> None:
    made = await plot.database.write(accounts.add, "darwin", Role.MANAGER, "hash", plot.clock())
    plot.garden.deeds, plot.garden.gate = deeds, asyncio.Event()
    run = await plot.ask(by=Actor("darwin", made.id), beds=99)
    task = asyncio.create_task(plot.worker.drain())
    async with asyncio.timeout(5):
        while (await plot.get(run)).state is not RunState.RUNNING:
            await asyncio.sleep(0.01)
    change, value = fall
    await plot.database.write(change, "darwin", value)
    plot.garden.gate.set()
    await task
    run = await plot.get(run)
    assert run.state is RunState.ABORTED
    assert run.message.startswith("Stopped: the account 'darwin'")
    assert run.counts.done == len(plot.garden.watered) <= 5, "no more than those at work"


async def test_the_log_says_how_it_went(plot: Allotment) -> None:
    run = await plot.run()
    lines = await plot.database.read(store.lines, run.id, 9)
    assert [line.text for line in lines] == ["It began with 7 items.", "It came to its end."]


async def test_old_runs_are_forgotten_with_all_that_hangs_on_them(plot: Allotment) -> None:
    old = await plot.run()
    plot.clock.pass_time(days=2)
    new, waiting = await plot.run(), await plot.ask()
    assert await plot.database.write(store.forget, old.ended) == 0
    assert await plot.database.write(store.forget, new.ended) == 1
    assert await plot.database.read(store.find, old.id) is None
    assert await plot.database.read(store.items, old.id, limit=9) == []
    assert await plot.database.read(store.find, waiting.id) is not None


async def test_each_profile_has_a_last_run(plot: Allotment) -> None:
    await plot.run(garden=1)
    last, other = await plot.run(garden=1), await plot.run("weed", garden=2)
    found = await plot.database.read(store.latest, [1, 2, 3])
    assert {number: run.id for number, run in found.items()} == {1: last.id, 2: other.id}
    assert [run.id for run in await plot.database.read(store.ended, Wanted(profile_id=1, task="water"), 1)] == [last.id]


def _due(tx):
    return tx.execute(select(jobs.c.due).where(jobs.c.kind == store.RUN)).scalar_one()


def _taken_over(tx, plot):
    # By a clock that is ahead: if the one both share went on, a beat could come before this and renew the lease.
    return queue.claim(tx, [store.RUN], plot.clock() + timedelta(hours=1))
