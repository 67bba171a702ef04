"""A stock of identifiers in every state, written straight into the tables: what an agency made of them in some years."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from server.identifiers.causes import cause_of
from server.identifiers.model import Fault, State
from server.identifiers.tables import identifiers, submissions
from server.jobs.model import JobState
from server.jobs.tables import jobs

REFUSED = "DataCite refuses 10.5073/{number:08}: publisher “{number} Peas, Ltd.” is not complete"
DOWN = "No connection to api.test.datacite.org."
LOCKED = "DataCite refuses the account INST.REPO"

#: What stands in the stock, in turn: state, fault, words, and how the job that asks stands.
TURNS: tuple[tuple[State, Fault | None, str, JobState | None], ...] = (
    (State.REGISTERED, None, "", None),
    (State.REJECTED, Fault.REJECTED, REFUSED, JobState.HELD),
    (State.SUBMITTED, Fault.TRANSIENT, DOWN, JobState.DEFERRED),
    (State.REGISTERED, None, "", None),
    (State.BLOCKED, Fault.CREDENTIALS, LOCKED, JobState.HELD),
    (State.RESERVED, None, "", JobState.READY),
    (State.WITHDRAWN, None, "", None),
    (State.EXTERNAL, None, "", None),
)


def fill(tx: Connection, many: int, profile_ids: tuple[int, ...], now: datetime) -> None:
    """Write `many` identifiers, each a minute older than the next, with one submission and one job where it is like that."""
    rows, asked, sent = [], [], []
    last = tx.execute(select(func.max(identifiers.c.id))).scalar() or 0
    for number in range(last + 1, last + many + 1):
        state, fault, words, job = TURNS[number % len(TURNS)]
        own, at = state is not State.EXTERNAL, now - timedelta(minutes=last + many - number)
        message = words.format(number=number) or None
        value = f"10.5073/{number:08}"
        rows.append({
            "scheme": "doi", "value": value, "normal": value, "own": own, "state": state.value, "fault": fault, "message": message,
            "cause": cause_of(message) if message else None, "created": at, "changed": at,
            "environment": "test" if own else "", "profile_id": profile_ids[number % len(profile_ids)] if own else None,
            "registered": at if state in {State.REGISTERED, State.WITHDRAWN} else None,
        })  # fmt: skip
        if job is not None:
            asked.append({
                "kind": "register", "subject": str(number), "state": job.value, "due": now + timedelta(hours=1), "attempts": 1,
                "again": False, "created": at, "changed": at,
            })  # fmt: skip
        if own and state is not State.RESERVED:
            sent.append({
                "identifier_id": number, "agency": "datacite", "environment": "test", "attempt": 1, "sent": at, "digest": "d" * 64,
                "url": f"https://repository.example.org/items/{number}", "wanted": "findable", "status": 200 if fault is None else 422,
                "outcome": fault or "confirmed", "answer": message or "{}", "seconds": 0.2, "version": 1,
            })  # fmt: skip
    tx.execute(insert(identifiers), rows)
    for table, found in ((jobs, asked), (submissions, sent)):
        if found:
            tx.execute(insert(table), found)
