"""A stored integration profile in values."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Profile:
    """A stored profile; `document` has no secrets, `sealed` nothing but secrets."""

    id: int
    kind: str
    name: str
    enabled: bool
    document: dict[str, Any]
    sealed: bytes
    paused: str | None
