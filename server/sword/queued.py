"""The reading of received deposits as jobs: asked for with the deposit's row, and taken back when it is read."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from server.jobs import queue
from server.jobs.model import JobState

#: The kind of job that reads a received deposit: a large package, or one whose reading a crash cut short.
READ = "read-deposit"

GRACE = timedelta(minutes=2)
"""After this long a deposit still marked received is read by the worker: whoever was reading it is gone."""


def ask_to_read(tx: Connection, deposit_id: str, due: datetime) -> None:
    """Put the reading of a deposit in the queue."""
    queue.enqueue(tx, READ, deposit_id, due)


def see_to(tx: Connection, number: str, now: datetime) -> None:
    """Have a deposit read that others wait behind, where nobody was ever asked to, or did not come to its end."""
    state, _ = queue.latest(tx, READ, number)
    if state in {None, JobState.DONE, JobState.DEAD}:
        ask_to_read(tx, number, now)
