"""Asking whoever follows whose works are whose to look again: written where that changes, done by a job."""

from datetime import datetime

from sqlalchemy import Connection

from server.jobs import queue

#: The kind of job that looks what follows from it; the house gives it its handler.
FOLLOW = "follow-works"


def follow(tx: Connection, now: datetime) -> None:
    """Ask for a look, soon."""
    queue.enqueue(tx, FOLLOW, "all", now)
