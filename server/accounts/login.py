"""Logging in: what follows from a right password, from a right code, and from a provider's word. Use cases."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from server.accounts import failures, networks, one_time_codes, rules, sessions, store, tickets
from server.accounts.model import Account
from server.accounts.noting import noted
from server.accounts.one_time_codes import Sealing
from server.accounts.sessions import Origin
from server.accounts.throttle import wait
from server.accounts.tickets import Purpose
from server.audit.log import Actor
from server.errors import Refused

EVERYWHERE = "*"
"""The address under which wrong codes are counted: who knows the password gets no more guesses by coming from many places."""

_MOST_WRONG = 5
"""Wrong codes before the password is asked for again."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The cookie of a session that has begun."""

    account: Account
    cookie: str


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The ticket of a login whose password was right; the one-time code is still to come."""

    ticket: str


def after_password(tx: Connection, account: Account, now: datetime, origin: Origin, lead: str) -> Opened | SecondStep:
    """Begin a session, or ask for the second step. Raises Refused where the role may not come from this network."""
    _from_here(tx, account, origin)
    if one_time_codes.uses_codes(tx, account):
        return SecondStep(tickets.issue(tx, Purpose.SECOND_STEP, now, account.id, {"lead": lead, "wrong": 0}))
    return enter(tx, account, now, origin)


def enter(tx: Connection, account: Account, now: datetime, origin: Origin) -> Opened:
    """Begin a session for somebody who is proved. Raises Refused where the role may not come from this network."""
    _from_here(tx, account, origin)
    cookie = sessions.begin(tx, account, now, origin)
    actor = Actor(account.name, account.id, "web", origin.address)
    noted(tx, actor, "account.entered", account, now, summary=f"Logged in by {origin.method}")
    return Opened(account, cookie)


@dataclass(frozen=True, slots=True)
class Coded:
    """What a code led to: a session, or a sentence and maybe another try with this ticket."""

    opened: Opened | None = None
    lead: str = ""
    problem: str = ""
    again: bool = False
    waits: int = 0
    """Seconds to wait before the next try."""


_LOST = "This login took too long, or was finished before. Begin again with the name and the password."


def after_code(tx: Connection, word: str, code: str, seal: Sealing, now: datetime, origin: Origin) -> Coded:
    """Take the second step: use up a code and begin the session. Wrong codes make all who know the password wait."""
    ticket = tickets.look(tx, word, now, Purpose.SECOND_STEP)
    account = store.by_id(tx, ticket.account_id) if ticket and ticket.account_id is not None else None
    if ticket is None or account is None or not account.active:
        return Coded(problem=_LOST)
    spelled = failures.step_of(account.name)
    if waits := wait(failures.tries(tx, spelled, EVERYWHERE), now):
        return Coded(problem="Too many wrong codes.", again=True, waits=int(waits.total_seconds()) + 1)
    kind = one_time_codes.confirm(tx, account, code, seal, now)
    if not kind:
        failures.failed(tx, spelled, EVERYWHERE, now)
        return Coded(problem="The code is wrong, or was used before.", again=tickets.count_wrong(tx, word, ticket) < _MOST_WRONG)
    tickets.take(tx, word, now, Purpose.SECOND_STEP)
    failures.succeeded(tx, spelled, EVERYWHERE)
    by = "password and recovery code" if kind == "recovery" else "password and one-time code"
    return Coded(enter(tx, account, now, Origin(origin.address, origin.browser, by)), ticket.document["lead"])


def _from_here(tx: Connection, account: Account, origin: Origin) -> None:
    if not networks.contain(rules.of(tx, account.role).networks, origin.address):
        raise Refused(
            "Accounts of this role may not log in from this network.",
            place="network",
            remedy="An administrator says from which networks they may.",
            code="network",
        )
