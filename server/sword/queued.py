"""The reading of received deposits as jobs: asked for with the deposit's row, and taken back when it is read."""

from datetime import datetime

from sqlalchemy import Connection

from server.jobs import queue
from server.jobs.model import JobState

#: The kind of job that reads a received deposit: a large package, or one whose reading a crash cut short.
READ = "read-deposit"


def ask_to_read(tx: Connection, deposit_id: str, due: datetime) -> None:
    """Put the reading of a deposit in the queue."""
    queue.enqueue(tx, READ, deposit_id, due)


def see_to(tx: Connection, number: str, now: datetime) -> None:
    """Have a deposit read that others wait behind, where nobody was ever asked to, or did not come to its end."""
    state, _ = queue.latest(tx, READ, number)
    if state in {None, JobState.DONE, JobState.DEAD}:
        ask_to_read(tx, number, now)
