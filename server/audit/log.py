"""Noting what somebody changed, and reading it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, insert, or_, select

from server.audit.tables import audit
from server.db.statement import Statement


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: an account on the web or by a token, the operator at the command line, or the house itself."""

    name: str
    account_id: int | None = None
    via: str = "web"
    """web, cli, token, sword or system."""
    address: str = ""


#: The operator at the command line: whoever may open the control socket.
OPERATOR = Actor("operator", via="cli")

#: What the house does by itself: schedules, housekeeping.
HOUSE = Actor("sheaf", via="system")

Changes = Mapping[str, tuple[Any, Any]]
"""Field → (before, after), both of values JSON can hold."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One line of the log."""

    id: int
    at: datetime
    actor: Actor
    deed: str
    subject_kind: str
    subject: str
    summary: str
    changes: dict[str, tuple[Any, Any]]


def note(
    tx: Connection,
    actor: Actor,
    deed: str,
    subject_kind: str,
    subject: str,
    now: datetime,
    *,
    summary: str = "",
    changes: Changes | None = None,
) -> None:
    """Write one line. `deed` is `noun.participle`; what is secret must not be among the changes."""
    row = {
        "at": now,
        "account_id": actor.account_id,
        "actor": actor.name[:100],
        "via": actor.via,
        "address": actor.address[:64],
        "deed": deed,
        "subject_kind": subject_kind,
        "subject": subject[:200],
        "summary": summary,
        "changes": msgspec.json.encode(changes or {}).decode(),
    }
    _NOTE.run(tx, row)


_NOTE = Statement(insert(audit))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two documents, field by field."""
    names = [*before, *(name for name in after if name not in before)]
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the log is asked for; empty means any. `before` is the id to go on from."""

    text: str = ""
    subject_kind: str = ""
    subject: str = ""
    before: int = 0


def search(tx: Connection, asked: Asked, limit: int) -> list[Noted]:
    """Return lines of the log, the newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if asked.before:
        query = query.where(audit.c.id < asked.before)
    if asked.subject_kind:
        query = query.where(audit.c.subject_kind == asked.subject_kind)
    if asked.subject:
        query = query.where(audit.c.subject == asked.subject)
    if asked.text:
        columns = (audit.c.actor, audit.c.deed, audit.c.subject, audit.c.summary)
        query = query.where(or_(*(column.icontains(asked.text, autoescape=True) for column in columns)))
    return [_noted(row) for row in tx.execute(query).mappings()]


def stands(tx: Connection, deed: str, subject_kind: str, subject: str, summary: str, *, since: datetime) -> bool:
    """Whether such a line was written since a moment: what strangers can cause at will is noted once in a while."""
    mine = (audit.c.subject_kind == subject_kind, audit.c.subject == subject, audit.c.deed == deed, audit.c.summary == summary)
    return tx.execute(select(audit.c.id).where(*mine, audit.c.at > since).limit(1)).scalar() is not None


def kinds(tx: Connection) -> list[str]:
    """Return the kinds of subjects the log speaks of."""
    return list(tx.execute(select(audit.c.subject_kind).distinct().order_by(audit.c.subject_kind)).scalars())


def _noted(row: RowMapping) -> Noted:
    actor = Actor(row["actor"], row["account_id"], row["via"], row["address"])
    changes = {name: (pair[0], pair[1]) for name, pair in msgspec.json.decode(row["changes"]).items()}
    return Noted(row["id"], row["at"], actor, row["deed"], row["subject_kind"], row["subject"], row["summary"], changes)
