"""Tickets: random words that open one thing once, for a while. The holder has the word, the database only its digest."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from server.accounts.digests import digest
from server.accounts.tables import tickets


class Purpose(StrEnum):
    RESET = "reset"  # a link by which somebody sets a new password
    INVITATION = "invitation"  # the same link, for who has none yet
    SECOND_STEP = "second-step"  # the password was right, the one-time code is still to come
    CODES = "codes"  # a secret for one-time codes that was shown and not yet confirmed
    OPENID = "openid"  # somebody was sent to a provider and is expected back
    ORCID = "orcid"  # somebody who is logged in was sent to ORCID and is expected back
    ONCE = "once"  # something its owner may see once


LIVES = {
    Purpose.RESET: timedelta(hours=1),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.SECOND_STEP: timedelta(minutes=10),
    Purpose.CODES: timedelta(minutes=30),
    Purpose.OPENID: timedelta(minutes=15),
    Purpose.ORCID: timedelta(minutes=30),  # some register there first
    Purpose.ONCE: timedelta(minutes=10),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    purpose: Purpose
    account_id: int | None
    document: dict[str, Any]
    expires: datetime


def issue(
    tx: Connection, purpose: Purpose, now: datetime, account_id: int | None = None, document: Mapping[str, Any] | None = None
) -> str:
    """Write a ticket and return its word, which is kept nowhere; what has expired is thrown away meanwhile."""
    tx.execute(delete(tickets).where(tickets.c.expires < now))
    word = secrets.token_urlsafe(32)
    row = {
        "digest": digest(word),
        "purpose": purpose.value,
        "account_id": account_id,
        "document": msgspec.json.encode(document or {}).decode(),
        "expires": now + LIVES[purpose],
    }
    tx.execute(insert(tickets).values(row))
    return word


def look(tx: Connection, word: str, now: datetime, *purposes: Purpose) -> Ticket | None:
    """Return a ticket that is good for one of these purposes, and leave it; None for any other."""
    query = select(tickets).where(
        tickets.c.digest == digest(word), tickets.c.purpose.in_([p.value for p in purposes]), tickets.c.expires > now
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else _ticket(row)


def take(tx: Connection, word: str, now: datetime, *purposes: Purpose) -> Ticket | None:
    """Return a ticket and tear it up: of two who come with the same word one gets it."""
    query = (
        delete(tickets)
        .where(tickets.c.digest == digest(word), tickets.c.purpose.in_([p.value for p in purposes]), tickets.c.expires > now)
        .returning(*tickets.c)
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else _ticket(row)


def count_wrong(tx: Connection, word: str, ticket: Ticket) -> int:
    """Count one more wrong try with a ticket and return how many there are."""
    wrong = int(ticket.document["wrong"]) + 1
    document = msgspec.json.encode(ticket.document | {"wrong": wrong}).decode()
    tx.execute(update(tickets).where(tickets.c.digest == digest(word)).values(document=document))
    return wrong


def void(tx: Connection, account_id: int, *purposes: Purpose) -> None:
    """Tear up all tickets an account has for these purposes."""
    tx.execute(delete(tickets).where(tickets.c.account_id == account_id, tickets.c.purpose.in_([p.value for p in purposes])))


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(Purpose(row.purpose), row.account_id, msgspec.json.decode(row.document), row.expires)
