"""Accounts in values: who somebody is and what that lets them do."""

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_NAME = 100

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Role(StrEnum):
    ADMIN = "admin"  # everything
    DEPOSITOR = "depositor"  # deposits by SWORD, sees its own deposits there


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    role: Role
    active: bool


def is_name(text: str) -> bool:
    """Whether an account can be called so: something, not too long, and without characters nobody can type."""
    return 0 < len(text) <= LONGEST_NAME and not _CONTROL.search(text)
