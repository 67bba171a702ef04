"""What can be told of, and one such event. Values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: Every event there is: its name and how a page says it.
EVENTS: dict[str, str] = {
    "job.ended": "A job ended",
    "import.taken": "An import was taken",
    "import.failed": "An import failed",
    "import.refused": "An import was refused, or broke off",
    "identifier.registered": "An identifier was registered",
    "identifier.rejected": "An agency refused the metadata of an identifier",
    "identifier.blocked": "An agency refused our account",
    "agency.down": "An agency does not answer",
    "agency.back": "An agency answers again",
    "record.published": "A work was published",
    "record.revised": "A published work was changed",
    "record.returned": "A work was returned to its depositor",
    "record.declined": "A work was declined",
    "record.withdrawn": "A work was withdrawn",
    "profile.saved": "An integration profile was made or changed",
    "profile.deleted": "An integration profile was deleted",
    "profile.paused": "An integration profile stands still until somebody mends it",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `data` is what a receiver needs to act without asking; never a secret."""

    seq: int
    """Its place in the order they were told; without gaps only per process."""
    id: str
    """Unique for ever (ULID)."""
    type: str
    subject: str
    at: datetime
    data: dict[str, Any]
