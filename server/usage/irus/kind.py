"""IRUS-UK as a kind of profile: what is warned of, what a test asks, and what follows from a change."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from aiohttp import ClientSession
from sqlalchemy import Connection

from server.clock import Clock
from server.jobs import queue
from server.metadata.fragments import Repository
from server.notify import store as memory
from server.notify.client import Outward, Unreached
from server.notify.guard import target
from server.profiles.kind import Kind, Preview, Tested
from server.profiles.model import Profile, Wrong
from server.usage.irus import consents, outbox
from server.usage.irus.definition import KIND, TEST, Irus, named, settings_of

_ENDING = (
    "Jisc announced on 2 September 2025 that IRUS will end: ask Jisc before you begin. The COUNTER reports of this repository "
    "need no IRUS."
)
_QUOTED = 200


def kind(outward: Outward, repository: Callable[[], Repository], clock: Clock) -> Kind:
    """Return the kind of profile."""
    return Kind(
        name=KIND,
        title="IRUS-UK",
        description="Tells IRUS-UK of each view and each download, once somebody has agreed to that.",
        settings=Irus,
        single="A repository tells IRUS of its use in one way. Change the profile there is.",
        creates="Messages, one for each use, delivered by themselves and tried again while IRUS does not answer.",
        place="/admin/usage/irus",
        test=partial(_test, outward),
        tests="Asks the endpoint without telling it of any use. Whatever it answers proves that it can be reached.",
        guard=partial(_guard, outward),
        saved=_saved,
        signed=consents.sign,
        deleted=_deleted,
        preview=partial(_preview, repository, clock),
    )


async def _test(outward: Outward, settings: Irus, _session: ClientSession) -> Tested:
    url = target(settings.endpoint)
    found = await outward.ask("GET", url, {})
    if isinstance(found, Unreached):
        return Tested(agrees=False, message=found.words)
    said = " ".join(found.body.split())[:_QUOTED]
    return Tested(agrees=True, message=f"{url.host} answered {found.status}{f': {said}' if said else ''}")


def _guard(outward: Outward, _tx: Connection, _before: Profile | None, settings: Irus) -> None:
    if outward.refuses_plain(target(settings.endpoint)):
        raise Wrong({"endpoint": "It begins with https://; http only into networks of SHEAF_PRIVATE_TARGETS."})


def _saved(tx: Connection, profile: Profile, now: datetime) -> None:
    """Forget at once what must not be told any more; else have what waits looked at, as if nothing had failed."""
    if obstacle := settings_of(profile.document).obstacle(now):
        outbox.give_up(tx, obstacle)
        return
    memory.remember(tx, memory.endpoint(tx, profile.id), failures=0, retry_at=None)
    queue.enqueue(tx, outbox.SEND, outbox.SUBJECT, now)


def _deleted(tx: Connection, profile: Profile) -> None:
    outbox.give_up(tx, "deleted")
    queue.drop(tx, outbox.SEND, outbox.SUBJECT)
    memory.drop(tx, profile.id)


def _preview(repository: Callable[[], Repository], clock: Clock, _tx: Connection, settings: Irus) -> Preview:
    warnings = []
    if not settings.consent:
        warnings.append("Nothing is sent: consent was not given.")
    elif settings.retired is not None and settings.obstacle(clock()):
        warnings.append(f"Nothing is sent: IRUS was retired here on {settings.retired}. {settings.reason}")
    elif settings.endpoint == TEST:
        warnings.append("What goes to the test endpoint counts for nothing. Take the production endpoint when IRUS says so.")
    if settings.consent and not settings.notice:
        warnings.append("Readers are not told of it on the pages of works.")
    ours = repository()
    facts = (("Source repository (rfr_id)", named(settings, ours.url)), ("OAI identifiers (rft.artnum)", ours.oai_id("…")))
    return Preview("What IRUS is told", facts, (*warnings, _ENDING))
