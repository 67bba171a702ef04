"""Accounts in values: who somebody is and what that lets them do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"  # everything
    DEPOSITOR = "depositor"  # deposits by SWORD, sees its own deposits there


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    role: Role
    active: bool
