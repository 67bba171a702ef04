"""Accounts in values: who somebody is and what that lets them do."""

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_NAME = 100

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Role(StrEnum):
    """What somebody is to the institution; what that lets them do stands in RIGHTS."""

    ADMIN = "admin"
    MANAGER = "manager"
    REVIEWER = "reviewer"
    DEPOSITOR = "depositor"
    RESEARCHER = "researcher"


class Right(StrEnum):
    """One thing an account may do. Every page behind the login asks for exactly one."""

    ACCOUNT = "account"  # see and change one's own account
    DEPOSIT = "deposit"  # send packages by SWORD
    MY = "my"  # see one's own works, deposit by form
    WORKS = "works"  # see all works, imports and identifiers, drafts too
    REVIEW = "review"  # approve works, return them with a reason
    EDIT = "edit"  # create and change any work
    WITHDRAW = "withdraw"  # withdraw works, restore them, change many at once
    IMPORTS = "imports"  # read imports again, set them aside
    PEOPLE = "people"  # keep the records of the researchers
    JOBS = "jobs"  # see, start, cancel and schedule jobs
    PROFILES = "profiles"  # set up integrations
    DELIVERIES = "deliveries"  # see what was sent to webhooks and by mail, send it again
    ACCOUNTS = "accounts"  # make accounts, change roles and networks
    AUDIT = "audit"  # read who changed what


_OWN = frozenset({Right.ACCOUNT, Right.MY})
_REVIEWS = _OWN | {Right.WORKS, Right.REVIEW}
_MANAGES = _REVIEWS | {Right.DEPOSIT, Right.EDIT, Right.WITHDRAW, Right.IMPORTS, Right.PEOPLE, Right.JOBS}

#: Who may do what: the one table that says so.
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.MANAGER: _MANAGES,
    Role.REVIEWER: _REVIEWS,
    Role.DEPOSITOR: _OWN | {Right.DEPOSIT},
    Role.RESEARCHER: _OWN,
}

#: What a role is called and what it is for, as the pages say it.
ROLES: dict[Role, tuple[str, str]] = {
    Role.ADMIN: ("Administrator", "Sets up integrations and accounts, and may do everything else too."),
    Role.MANAGER: ("Repository manager", "Keeps the works and the people in order, and watches imports and jobs."),
    Role.REVIEWER: ("Reviewer", "Reads what waits for approval, approves it or returns it."),
    Role.DEPOSITOR: ("Depositor", "Sends works by SWORD; most often a program."),
    Role.RESEARCHER: ("Researcher", "Sees their own works and deposits by form."),
}


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    role: Role
    active: bool
    collections: tuple[str, ...] = ()
    """The only collections it is let into, where it came by a token made for some; empty: all that are open to it."""

    def lets_into(self, collection: str) -> bool:
        """Whether what it logged in with is good for a collection."""
        return not self.collections or collection in self.collections

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role]


def is_name(text: str) -> bool:
    """Whether an account can be called so: something, not too long, and without characters nobody can type."""
    return 0 < len(text) <= LONGEST_NAME and not _CONTROL.search(text)
