"""The queue: requests collapse, a claim is a lease, and only its holder may settle."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from server.jobs import queue
from server.jobs.model import Dead, Done, Held, Job, Later
from server.jobs.tables import jobs
from tests.conftest import START

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def rows(tx: Connection) -> list[tuple[str, str, int]]:
    return [tuple(row) for row in tx.execute(select(jobs.c.subject, jobs.c.state, jobs.c.attempts).order_by(jobs.c.id))]


def claim(tx: Connection, at=START, limit: int = 9, kinds: tuple[str, ...] = ("k",)) -> list[Job]:
    return queue.claim(tx, kinds, at, limit)


def test_asking_twice_is_one_job(tx):
    queue.enqueue(tx, "k", "a", START)
    queue.enqueue(tx, "k", "a", START)
    queue.enqueue(tx, "other", "a", START)
    queue.enqueue(tx, "k", "b", START)
    assert rows(tx) == [("a", "ready", 0), ("a", "ready", 0), ("b", "ready", 0)]
    assert [(job.kind, job.subject, job.attempts) for job in claim(tx)] == [("k", "a", 1), ("k", "b", 1)]


def test_jobs_come_in_the_order_in_which_they_are_due(tx):
    for minutes, subject in ((2, "c"), (1, "b"), (0, "a"), (9, "later")):
        queue.enqueue(tx, "k", subject, START + minutes * MINUTE)
    assert claim(tx, START - SECOND) == []
    assert [job.subject for job in claim(tx, START + 2 * MINUTE, limit=1)] == ["a"]
    assert {job.subject for job in claim(tx, START + 2 * MINUTE)} == {"b", "c"}


def test_a_claim_is_a_lease(tx):
    queue.enqueue(tx, "k", "a", START)
    (first,) = claim(tx)
    assert claim(tx, START + queue.LEASE - SECOND) == []
    (second,) = claim(tx, START + queue.LEASE)
    assert (second.id, second.attempts) == (first.id, 2)
    assert second.claim != first.claim
    assert queue.settle(tx, first, Done(), START) is False
    queue.release(tx, first, START)
    assert rows(tx) == [("a", "active", 2)], "who lost the claim changes nothing"
    assert queue.settle(tx, second, Done("well"), START) is True
    assert queue.settle(tx, second, Dead("twice"), START) is False
    assert rows(tx) == [("a", "done", 2)]


@pytest.mark.parametrize(
    ("answer", "state", "note"),
    [(Done("n"), "done", "n"), (Later(MINUTE, "w"), "deferred", "w"), (Held("w"), "held", "w"), (Dead("w"), "dead", "w")],
)
def test_each_answer_leads_to_its_state(tx, answer, state, note):
    queue.enqueue(tx, "k", "a", START)
    assert queue.settle(tx, claim(tx)[0], answer, START + SECOND)
    row = tx.execute(select(jobs)).one()
    assert (row.state, row.note, row.claim, row.changed) == (state, note, None, START + SECOND)
    assert bool(claim(tx, START + MINUTE)) is False
    assert bool(claim(tx, START + MINUTE + SECOND)) is (state == "deferred")


def test_asked_for_again_while_it_runs_it_is_done_once_more(tx):
    queue.enqueue(tx, "k", "a", START)
    (job,) = claim(tx)
    queue.enqueue(tx, "k", "a", START + SECOND)
    queue.enqueue(tx, "k", "a", START + SECOND)
    assert claim(tx, START + MINUTE) == [], "not twice at the same time"
    assert queue.settle(tx, job, Done(), START + MINUTE)
    assert rows(tx) == [("a", "ready", 0)]
    (job,) = claim(tx, START + MINUTE)
    assert queue.settle(tx, job, Done(), START + MINUTE)
    assert rows(tx) == [("a", "done", 1)], "but only once more"
    queue.enqueue(tx, "k", "a", START + MINUTE)
    assert rows(tx) == [("a", "done", 1), ("a", "ready", 0)]


@pytest.mark.parametrize("answer", [Held("w"), Dead("w")])
def test_asked_for_again_it_is_not_held_or_dead(tx, answer):
    queue.enqueue(tx, "k", "a", START)
    (job,) = claim(tx)
    queue.enqueue(tx, "k", "a", START)
    queue.settle(tx, job, answer, START)
    assert rows(tx) == [("a", "ready", 0)]


def test_asked_for_again_it_still_waits_where_it_must(tx):
    queue.enqueue(tx, "k", "a", START)
    (job,) = claim(tx)
    queue.enqueue(tx, "k", "a", START)
    queue.settle(tx, job, Later(MINUTE, "away"), START)
    assert rows(tx) == [("a", "deferred", 1)]
    assert claim(tx, START + MINUTE - SECOND) == []
    assert len(claim(tx, START + MINUTE)) == 1


def test_asked_for_again_what_only_waited_its_turn_looks_again_at_once(tx):
    queue.enqueue(tx, "k", "a", START)
    (job,) = claim(tx)
    queue.enqueue(tx, "k", "a", START)
    queue.settle(tx, job, Later(MINUTE, "another comes first", failed=False), START)
    (job,) = claim(tx)
    queue.settle(tx, job, Later(MINUTE, "another comes first", failed=False), START)
    assert claim(tx, START + MINUTE - SECOND) == [], "but only once"


@pytest.mark.parametrize(("failed", "found"), [(True, {"deferred": (1, START)}), (False, {})])
def test_what_only_waits_for_its_hour_is_nobodys_trouble(tx, failed, found):
    queue.enqueue(tx, "k", "a", START)
    queue.settle(tx, claim(tx)[0], Later(MINUTE, "nothing is due yet", failed=failed), START)
    assert queue.waiting(tx) == found


@pytest.mark.parametrize("answer", [Later(60 * MINUTE, "w"), Held("w")])
def test_asking_wakes_what_waits(tx, answer):
    queue.enqueue(tx, "k", "a", START)
    queue.settle(tx, claim(tx)[0], answer, START)
    queue.enqueue(tx, "k", "a", START + SECOND)
    assert [job.subject for job in claim(tx, START + SECOND)] == ["a"]


def test_a_job_given_back_is_as_it_was(tx):
    queue.enqueue(tx, "k", "a", START)
    (job,) = claim(tx)
    queue.release(tx, job, START + SECOND)
    assert rows(tx) == [("a", "ready", 0)]
    assert [again.attempts for again in claim(tx, START + SECOND)] == [1]


def test_a_request_may_be_taken_back_while_it_waits(tx):
    for subject in ("a", "b"):
        queue.enqueue(tx, "k", subject, START)
    (job,) = claim(tx, limit=1)
    queue.drop(tx, "k", "a")
    queue.drop(tx, "k", "b")
    assert rows(tx) == [("a", "active", 1)], "what runs is left alone"
    assert job.subject == "a"


def test_only_what_is_done_is_forgotten(tx):
    for subject, answer in (("done", Done()), ("dead", Dead("w")), ("held", Held("w"))):
        queue.enqueue(tx, "k", subject, START)
        queue.settle(tx, claim(tx)[0], answer, START)
    queue.enqueue(tx, "k", "ready", START)
    assert queue.counts(tx) == {"done": 1, "dead": 1, "held": 1, "ready": 1}
    assert queue.forget(tx, START) == 0
    assert queue.forget(tx, START + SECOND) == 1
    assert [subject for subject, _, _ in rows(tx)] == ["dead", "held", "ready"]


def test_nothing_is_claimed_of_kinds_nobody_serves(tx):
    queue.enqueue(tx, "unknown", "a", START)
    assert claim(tx) == []
    assert claim(tx, kinds=()) == []


def test_a_start_that_is_alone_takes_back_what_a_killed_worker_claimed(tx):
    queue.enqueue(tx, "k", "a", START)
    (lost,) = claim(tx)
    assert claim(tx, START + MINUTE) == []
    assert queue.reopen(tx, START) == 1
    (again,) = claim(tx)
    assert (again.id, again.attempts) == (lost.id, 2)
    assert not queue.settle(tx, lost, Done(), START), "the lost claim is not ours any more"
