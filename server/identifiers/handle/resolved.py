"""Handles a handle server asks us about: nothing is written there, and one counts only once the server leads to its work."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import aiohttp
from msgspec import Meta

from server.forms.field import Choice, title
from server.identifiers.endpoint import is_within
from server.identifiers.handle.account import check_address
from server.identifiers.handle.answers import NOT_FOUND, Said
from server.identifiers.handle.line import Line
from server.identifiers.model import Confirmed, Desired, Facts, Failed, Fault, Listed, Ticket, Told
from server.identifiers.schemes.handle import HandleRules


class Account(HandleRules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A handle server that asks us where our handles lead, by its remote resolver."""

    server: Annotated[
        str,
        Meta(max_length=500),
        title(
            "Asked for what resolves",
            "A REST API by which to see where a handle leads: the handle server's own, or https://hdl.handle.net. Without /api.",
        ),
    ]
    environment: Annotated[
        Literal["test", "production"],
        title(
            "Use environment",
            "Handles of a test server do not resolve at hdl.handle.net and cannot be carried to production.",
            choices=(Choice("test", "Test"), Choice("production", "Production")),
        ),
    ]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_address(self.server)
        if urlsplit(self.server).scheme not in {"http", "https"}:
            raise ValueError("server: must begin with https:// or http://")
        if self.environment != "test" and is_within(self.server):
            raise ValueError("server: may be this machine, or a link's own address, with the test environment only")


class ResolvedClient:
    """The reading of one server, whoever it asks in turn."""

    lists = False
    lag = timedelta(0)

    def __init__(self, account: Account, session: aiohttp.ClientSession) -> None:
        self._account = account
        self._line = Line(account.server.rstrip("/"), session)

    @property
    def calls(self) -> int:
        return self._line.calls

    async def agree(self, desired: Desired, _ticket: Ticket) -> Confirmed | Failed:
        """Look whether a handle leads where it should; the server asks us, so nothing is sent."""
        found = await self._line.values(desired.value)
        if isinstance(found, Failed):
            return found
        if desired.url not in found.urls:
            leads = f"leads to {found.urls[0]}" if found.urls else "does not resolve"
            message = f"The handle {leads} and not to {desired.url} yet: see that the handle server asks this repository"
            return self._line.failed(Fault.TRANSIENT, message, found)
        return Confirmed(found.status, found.body)

    async def test(self) -> Confirmed | Failed:
        """Ask after a handle nobody has: whoever answers for handles says that there is none."""
        found: Any = await self._line.values(f"{self._account.prefix.partition('/')[0]}/account-test")
        if isinstance(found, Failed):
            return found
        return Confirmed(found.status, "The server answers for handles.")

    def facts(self, _document: bytes) -> Facts:
        """Return nothing: a handle says where a work is, and not what it is."""
        return {}

    async def look(self, value: str) -> Told | Failed | None:
        """Ask the server where a handle leads."""
        found: Said | Failed = await self._line.values(value)
        if isinstance(found, Failed):
            return found
        return None if found.code == NOT_FOUND else Told(value, next(iter(found.urls), ""))

    async def every(self, _cursor: str) -> Listed | Failed:
        """List nothing: what there is, the server asks us."""
        return Listed(())
