"""Trying out an account at an agency: a draft is made, looked at and deleted again, so that nothing is left behind.

Only with the test environment: what is sent to the production system of an agency is meant.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from ulid import ULID

from server.errors import Conflict
from server.identifiers.model import Agency, Confirmed, Failed
from server.identifiers.sessions import Sessions
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.registry import Registry


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried, and what came of it."""

    title: str
    good: bool
    words: str


async def round_trip(profile: Profile, shelf: Registry[Agency], seal: Seal, sessions: Sessions) -> AsyncIterator[Step]:
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
    if agency.drafts is None or agency.reads is None:
        yield Step("Round trip", good=True, words=f"{agency.title} has no drafts that could be taken back, so nothing was sent.")
        return
    drafts, reader = agency.drafts(account, session), agency.reads(account, session)
    value = f"{profile.document['prefix']}/sheaf-trial-{str(ULID()).lower()}"
    made = _step(f"A draft of {value} is made", await drafts.make_draft(value))
    yield made
    if made.good:
        yield _found(value, await reader.look(value))
    # Where the answer was lost or refused there may be a draft all the same: it is taken back whatever was said.
    deleted = await drafts.delete_draft(value)
    if made.good:
        yield _step("The draft is deleted", deleted)
    left = await reader.look(value)
    yield Step(
        "Nothing is left of it", left is None, left.message if isinstance(left, Failed) else "" if left is None else left.state
    )


def _step(title: str, outcome: Confirmed | Failed) -> Step:
    failed = isinstance(outcome, Failed)
    return Step(title, not failed, outcome.message if isinstance(outcome, Failed) else f"status {outcome.status}")


def _found(value: str, told: object) -> Step:
    title = "The agency shows the draft to its owner"
    if isinstance(told, Failed):
        return Step(title, good=False, words=told.message)
    return Step(title, told is not None, "" if told is not None else f"It does not know {value}.")
