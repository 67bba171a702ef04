"""Conditions on a change: what a container is tagged with, and If-Match (RFC 9110 § 13.1.1).

SWORD 2.0 has none and AtomPub only recommends them; so they are told, honoured where they are sent, and never asked for.
"""

from collections.abc import Mapping
from datetime import datetime

from server.sword.errors import ChangedMeanwhile, MethodNotAllowed
from server.sword.model import CLOSED, Container


def tag_of(changed: datetime) -> str:
    """Return the ETag of all that is said of a container; it differs after each change, as the time of change grows strictly."""
    return f'"{int(changed.timestamp() * 1_000_000):x}"'


def refuse_stale(headers: Mapping[str, str], *tags: str) -> None:
    """Refuse a change meant for what is not there any more. Raises ChangedMeanwhile where If-Match names none of the tags."""
    wanted = headers.get("If-Match", "").strip()
    named = {each.strip().removeprefix("W/") for each in wanted.split(",")}
    if wanted and wanted != "*" and named.isdisjoint(tags):
        raise ChangedMeanwhile(
            f"This was changed since it had the ETag {wanted}; it has {tags[0]} now.",
            place="If-Match",
            remedy="Get it again, and send the change with the ETag that comes with it.",
        )


def refuse_closed(container: Container) -> None:
    """Refuse a change of what was withdrawn or declined by those who keep the repository. Raises MethodNotAllowed."""
    if container.state in CLOSED:
        raise MethodNotAllowed(
            "This work is withdrawn or declined; it cannot be changed.",
            remedy="It can be deleted; for anything else ask the administrator.",
        )


def refuse_changed(container: Container, seen: datetime | None, *, waits: bool) -> None:
    """Refuse a conditional change of what changed since it was looked at, or of what others wait to change first.

    Raises ChangedMeanwhile.
    """
    if seen is not None and (waits or container.changed != seen):
        raise ChangedMeanwhile(
            "Another request changes this deposit at the same moment.",
            place="If-Match",
            remedy="Get it again, and send the change with the ETag that comes with it.",
        )
