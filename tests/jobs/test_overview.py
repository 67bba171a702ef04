"""What an operator sees of the queue, and how what is stuck is asked for again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from server.errors import Conflict, NotFound
from server.jobs import overview, queue
from server.jobs.model import Dead, Done, Held, JobState, Later, More
from server.jobs.tables import jobs
from tests.conftest import START
from tests.jobs.test_queue import claim

HOUR = timedelta(hours=1)


def fill(tx) -> None:
    for subject, answer in (("held", Held("why")), ("later", Later(HOUR, "away")), ("dead", Dead("no")), ("done", Done())):
        queue.enqueue(tx, "k", subject, START)
        queue.settle(tx, claim(tx)[0], answer, START)
    queue.enqueue(tx, "other", "ready", START + HOUR)


def test_jobs_are_counted_by_kind_and_state(tx):
    fill(tx)
    found = {(heap.kind, heap.state): (heap.count, heap.oldest) for heap in overview.heaps(tx)}
    assert found == {("k", state): (1, START) for state in ("held", "deferred", "dead", "done")} | {
        ("other", "ready"): (1, START + HOUR)
    }


def test_what_is_stuck_is_listed_with_its_reason(tx):
    fill(tx)
    found = overview.stuck(tx, limit=9)
    assert [(job.subject, job.state, job.note) for job in found] == [
        ("dead", "dead", "no"), ("later", "deferred", "away"), ("held", "held", "why"),
    ]  # fmt: skip
    assert [job.subject for job in overview.stuck(tx, state="held", limit=9)] == ["held"]
    assert [job.subject for job in overview.stuck(tx, before=found[0].id, limit=1)] == ["later"]
    assert overview.stuck(tx, kind="other", limit=9) == []
    assert len(overview.stuck(tx, state="ready", limit=9)) == 3, "what is no such state is any"


def test_one_is_asked_for_again(tx):
    fill(tx)
    for job in overview.stuck(tx, limit=9):
        overview.ask_again(tx, job.id, START)
    assert {job.subject for job in claim(tx)} == {"held", "later", "dead"}
    assert overview.stuck(tx, limit=9) == []
    with pytest.raises(Conflict):
        overview.ask_again(tx, tx.execute(select(jobs.c.id).where(jobs.c.state == "done")).scalar_one(), START)
    with pytest.raises(NotFound):
        overview.ask_again(tx, 999, START)


def test_all_of_a_kind_are_asked_for_again_even_what_was_asked_for_anew_meanwhile(tx):
    fill(tx)
    queue.enqueue(tx, "k", "dead", START)
    assert overview.ask_all_again(tx, "k", START, limit=2) == 2
    assert overview.ask_all_again(tx, "k", START) == 1
    assert sorted(job.subject for job in claim(tx)) == ["dead", "held", "later"]


def test_more_of_it_is_done_behind_what_else_is_due(tx):
    queue.enqueue(tx, "k", "long", START)
    (job,) = claim(tx, limit=1)
    queue.enqueue(tx, "k", "short", START)
    assert queue.settle(tx, job, More("goes on"), START + HOUR)
    assert [job.subject for job in claim(tx, START + HOUR, limit=1)] == ["short"]
    (job,) = claim(tx, START + HOUR, limit=1)
    assert (job.subject, job.attempts) == ("long", 1)


def test_a_lease_is_renewed_only_by_its_holder(tx):
    queue.enqueue(tx, "k", "a", START)
    (job,) = claim(tx)
    assert queue.renew(tx, job, START + timedelta(minutes=4))
    assert claim(tx, START + timedelta(minutes=8)) == []
    (taken,) = claim(tx, START + timedelta(minutes=9))
    assert not queue.renew(tx, job, START + timedelta(minutes=9))
    assert queue.renew(tx, taken, START + timedelta(minutes=9))


def test_one_thing_is_taken_at_once_unless_somebody_has_it(tx):
    queue.enqueue(tx, "k", "a", START)
    queue.settle(tx, claim(tx)[0], Later(HOUR, "away"), START)
    job = queue.claim_this(tx, "k", "a", START)
    assert job is not None
    assert queue.claim_this(tx, "k", "a", START) is None
    assert queue.latest(tx, "k", "a") == (JobState.ACTIVE, "away")
    queue.settle(tx, job, Done("well"), START)
    assert queue.latest(tx, "k", "a") == (JobState.READY, "well"), "it was asked for meanwhile"
    assert queue.latest(tx, "k", "never") == (None, "")
    fresh = queue.claim_this(tx, "k", "never", START)
    assert fresh is not None
    assert fresh.subject == "never"
