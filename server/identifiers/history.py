"""What was sent for one identifier and what its agency answered: the log nothing is ever taken out of."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from server.identifiers.tables import submissions

PAGE = 25


@dataclass(frozen=True, slots=True)
class Sent:
    """One exchange with an agency."""

    id: int
    agency: str
    environment: str
    attempt: int
    sent: datetime
    version: int | None
    """Of the record; None for what was sent by an older release."""
    digest: str
    url: str
    wanted: str
    status: int | None
    outcome: str | None
    """*confirmed*, *pending* or a fault; None while it is unanswered."""
    answer: str
    """Verbatim, secrets redacted."""
    seconds: float | None


def of_identifier(tx: Connection, number: int, before: int = 0, size: int = PAGE) -> list[Sent]:
    """Return what was sent for an identifier, the latest first; `before` is the number to go on from."""
    query = select(submissions).where(submissions.c.identifier_id == number).order_by(submissions.c.id.desc()).limit(size)
    if before:
        query = query.where(submissions.c.id < before)
    return [_sent(row) for row in tx.execute(query).mappings()]


def confirmed(tx: Connection, number: int) -> Sent | None:
    """Return what the agency confirmed last of an identifier, or None."""
    mine = (submissions.c.identifier_id == number, submissions.c.outcome == "confirmed")
    row = tx.execute(select(submissions).where(*mine).order_by(submissions.c.id.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else _sent(row)


def _sent(row: RowMapping) -> Sent:
    return Sent(
        row["id"], row["agency"], row["environment"], row["attempt"], row["sent"], row["version"], row["digest"], row["url"],
        row["wanted"], row["status"], row["outcome"], row["answer"] or "", row["seconds"],
    )  # fmt: skip
