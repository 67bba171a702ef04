"""Trying out an account at an agency: a name is made, looked at and deleted again, so that nothing is left behind.

Where names cannot be deleted (Crossref) one is handed in and followed to its end; it stays in the test system. Only with the
test environment: what is sent to the production system of an agency is meant.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ulid import ULID

from server.errors import Conflict
from server.identifiers.model import (
    Agency,
    AgencyState,
    Client,
    Confirmed,
    Desired,
    Drafts,
    Failed,
    Pending,
    Reader,
    Ticket,
)
from server.identifiers.sessions import Sessions
from server.metadata.work import Work
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.records.model import Agent, Dates, Record, Text
from server.registry import Registry

PATIENCE = 180.0
"""Seconds for which what was handed in is asked after."""

_NOWHERE = "https://example.org/sheaf-trial"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried, and what came of it."""

    title: str
    good: bool
    words: str


async def round_trip(
    profile: Profile, shelf: Registry[Agency], seal: Seal, sessions: Sessions, now: datetime
) -> AsyncIterator[Step]:
    """Try out an account step by step, until one fails. Raises Conflict for what is not to be tried out."""
    agency = shelf.get(profile.kind)
    if agency is None or agency.client is None:
        raise Conflict(f"The profile {profile.name!r} registers nothing with an agency.", place="profile")
    if profile.document.get("environment") != "test":
        raise Conflict(
            f"The profile {profile.name!r} speaks to the production system of {agency.title}, where nothing is tried out.",
            place="profile",
            remedy="Make a profile with the environment test and your test account, and verify that one.",
        )
    account, session = profiles.opened(profile, agency.account, seal), sessions.of(agency, "test")
    step = _step(f"{agency.title} knows the account", await agency.client(account, session).test())
    yield step
    if not step.good:
        return
    prefix = str(profile.document["prefix"])
    value = f"{prefix if prefix.endswith('/') else f'{prefix}/'}sheaf-trial-{str(ULID()).lower()}"
    if agency.drafts is not None and agency.reads is not None:
        steps = _made_and_deleted(agency.drafts(account, session), agency.reads(account, session), value)
    elif agency.document is not None and agency.most_waiting is not None:  # it has a queue, and deletes nothing
        steps = _handed_in(agency.client(account, session), agency.document, account, value, now)
    else:
        yield Step("Round trip", good=True, words=f"Nothing is written to {agency.title}, so nothing was sent.")
        return
    async for each in steps:
        yield each


async def _made_and_deleted(drafts: Drafts, reader: Reader, value: str) -> AsyncIterator[Step]:
    made = _step(f"{value} is made for trial", await drafts.make_draft(value))
    yield made
    if made.good:
        yield _found(value, await reader.look(value))
    # Where the answer was lost or refused it may be there all the same: it is taken back whatever was said.
    deleted = await drafts.delete_draft(value)
    if made.good:
        yield _step("It is deleted", deleted)
    left = await reader.look(value)
    yield Step(
        "Nothing is left of it", left is None, left.message if isinstance(left, Failed) else "" if left is None else left.state
    )


async def _handed_in(
    client: Client, write: Callable[[Work, Any, AgencyState], bytes], account: Any, value: str, now: datetime
) -> AsyncIterator[Step]:
    """Hand in a deposit of a work nobody wrote, and ask what became of it until that is said."""
    day = now.date().isoformat()
    title, creators = Text(value="Trial of an account, no work"), (Agent(kind="org", name="Sheaf"),)
    record = Record(type="dataset.dataset", title=title, creators=creators, dates=Dates(issued=day))
    work = Work("", record, _NOWHERE, "", doi=value, deposited=day, repository_name="Sheaf")
    desired = Desired(value, _NOWHERE, AgencyState.FINDABLE, write(work, account, AgencyState.FINDABLE))
    ticket = Ticket(0, int(now.strftime("%Y%m%d%H%M%S%f")[:17]))
    outcome = await client.agree(desired, ticket)
    if isinstance(outcome, Failed):
        yield _step(f"A deposit of {value} is handed in", outcome)
        return
    yield Step(f"A deposit of {value} is handed in", good=True, words=outcome.message if isinstance(outcome, Pending) else "")
    waited = 0.0
    while isinstance(outcome, Pending) and waited < PATIENCE:
        await asyncio.sleep(outcome.wait)
        waited += outcome.wait
        outcome = await client.agree(desired, replace(ticket, waiting=True, age=timedelta(seconds=waited)))
    ended = "It is worked off; the DOI stays in the test system"
    if isinstance(outcome, Pending):
        yield Step(ended, good=False, words=f"{outcome.message} That was after {waited:.0f} seconds.")
    else:
        yield _step(ended, outcome)


def _step(title: str, outcome: Confirmed | Failed) -> Step:
    failed = isinstance(outcome, Failed)
    return Step(title, not failed, outcome.message if isinstance(outcome, Failed) else f"status {outcome.status}")


def _found(value: str, told: object) -> Step:
    title = "The agency shows it to its owner"
    if isinstance(told, Failed):
        return Step(title, good=False, words=told.message)
    return Step(title, told is not None, "" if told is not None else f"It does not know {value}.")
