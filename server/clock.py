"""The time, asked for in one place so that tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the present moment as an aware UTC datetime."""
    return datetime.now(UTC)


def to_wire(moment: datetime) -> str:
    """Write an aware datetime as `YYYY-MM-DDThh:mm:ssZ` (OAI-PMH 3.3, Atom; no fraction)."""
    return f"{moment.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"
