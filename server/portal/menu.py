"""The navigation behind the login: a table. What an account may not see is not offered to it."""

from collections.abc import Container
from dataclasses import dataclass

from server.accounts.model import Account, Right


@dataclass(frozen=True, slots=True)
class Link:
    """A page the navigation leads to, and the right it asks for."""

    href: str
    label: str
    right: Right
    kind: str = ""
    """The kind of profile that must be switched on; empty for pages that are always there."""


@dataclass(frozen=True, slots=True)
class Group:
    """Links that belong together."""

    label: str
    links: tuple[Link, ...]


MENU = (
    Group(
        "Mine",
        (
            Link("/my", "My works", Right.MY),
            Link("/my/charges", "Article charges", Right.MY, "oable"),
            Link("/account", "My account", Right.ACCOUNT),
        ),
    ),
    Group(
        "Repository",
        (
            Link("/admin", "Start", Right.WORKS),
            Link("/admin/works", "Works", Right.WORKS),
            Link("/admin/imports", "Imports", Right.WORKS),
            Link("/admin/identifiers", "Identifiers", Right.WORKS),
            Link("/admin/people", "People", Right.PEOPLE),
            Link("/admin/orcid", "ORCID records", Right.PEOPLE),
            Link("/admin/enrich", "ORCID iDs", Right.WITHDRAW),
            Link("/admin/sets", "Sets", Right.WORKS),
        ),
    ),
    Group(
        "Operation",
        (
            Link("/admin/harvests", "Harvests", Right.WORKS),
            Link("/admin/usage", "Usage", Right.WORKS),
            Link("/admin/jobs", "Jobs", Right.JOBS),
            Link("/admin/profiles", "Integrations", Right.PROFILES),
            Link("/admin/oable", "Requests to OABLE", Right.JOBS, "oable"),
            Link("/admin/deliveries", "Deliveries", Right.DELIVERIES),
            Link("/admin/accounts", "Accounts", Right.ACCOUNTS),
            Link("/admin/audit", "Audit log", Right.AUDIT),
        ),
    ),
)


def menu(account: Account, kinds: Container[str] = ()) -> tuple[Group, ...]:
    """Return the navigation of an account, where profiles of some kinds are switched on."""
    groups = (Group(group.label, tuple(link for link in group.links if _offered(link, account, kinds))) for group in MENU)
    return tuple(group for group in groups if group.links)


def _offered(link: Link, account: Account, kinds: Container[str]) -> bool:
    return account.may(link.right) and (not link.kind or link.kind in kinds)


def current(path: str) -> str:
    """Return the link of the menu a page belongs to: the longest that begins its path; empty for none."""
    links = [link.href for group in MENU for link in group.links]
    return max((href for href in links if path == href or path.startswith(f"{href}/")), key=len, default="")
