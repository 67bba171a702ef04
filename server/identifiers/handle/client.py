"""An administrator at a handle server: handles are made only where there is none, and changed only where they are ours."""

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp

from server.identifiers.handle.account import Account
from server.identifiers.handle.answers import ADMIN_INDEX, EXISTS, NOT_FOUND, SUCCESS, URL_INDEX, VALUE_EXISTS, Said
from server.identifiers.handle.line import Line
from server.identifiers.leading import is_anothers, leads_to, refusal
from server.identifiers.model import AgencyState, Confirmed, Desired, Facts, Failed, Fault, Listed, Ticket, Told
from server.identifiers.schemes.handle import PLUGIN, authority

_CREATED, _DONE = 201, 200
_PAGE = 1000
"""Handles on a page of a list."""

#: The server knows who asks, and does not let them list what there is: nothing of ours needs that.
_MAY_NOT = 401


class HandleClient:
    """One administrator at one server."""

    def __init__(self, account: Account, session: aiohttp.ClientSession) -> None:
        self._account = account
        secret = account.secret.strip()  # what is pasted into a field of several lines ends with a new one
        # The Handle servlets part user and key at the first colon: the one in the identity is written %3A.
        token = base64.b64encode(f"{quote(account.administrator, safe='/')}:{secret}".encode()).decode()
        by_key = account.authentication == "key"
        self._line = Line(
            account.address,
            session,
            headers={"Authorization": f"Basic {token}" if by_key else 'Handle clientCert="true"'},
            secrets={token, secret, json.dumps(secret)[1:-1], quote(secret, safe="")},
            trusted=account.trusted,
            certificate="" if by_key else secret,
        )

    @property
    def calls(self) -> int:
        return self._line.calls

    async def agree(self, desired: Desired, ticket: Ticket) -> Confirmed | Failed:
        """Make a handle lead where it should. One that is there already is looked at first; another's is left as it is."""
        if not ticket.addresses and (refusal := await self._create(desired)):
            return refusal
        found = await self._line.values(desired.value)
        if isinstance(found, Said) and found.code == NOT_FOUND and ticket.addresses:
            found = await self._create(desired) or await self._line.values(desired.value)
        if isinstance(found, Failed):
            return found
        if found.code != NOT_FOUND and found.url != desired.url:
            if is_anothers(desired, ticket, found.url):
                return self._foreign(found)
            found = await self._change(desired) or await self._line.values(desired.value)
        return found if isinstance(found, Failed) else self._judge(desired, found)

    async def test(self) -> Confirmed | Failed:
        """Ask how many handles there are under the naming authority: only an administrator is told, and nothing changes."""
        said = await self._list(0, 1)
        if isinstance(said, Failed):
            return said
        if said.code == _MAY_NOT:
            return Confirmed(said.status, f"{self._account.administrator} is known there; it may not list handles, and need not.")
        if said.code != SUCCESS:
            return self._line.refusal(said)
        return Confirmed(said.status, f"{said.total or 'some'} handles are there under {authority(self._account.prefix)}.")

    # The reading side.

    lists = True
    lag = timedelta(0)

    def facts(self, _document: bytes) -> Facts:
        """Return nothing: a handle says where a work is, and not what it is."""
        return {}

    async def look(self, value: str) -> Told | Failed | None:
        """Ask the server itself where a handle leads."""
        said = await self._line.values(value)
        if isinstance(said, Failed):
            return said
        return None if said.code == NOT_FOUND else Told(value, said.url or "")

    async def every(self, cursor: str) -> Listed | Failed:
        """Ask for the next page of the handles under the prefix; the server pages through all of the naming authority."""
        page = int(cursor or 0)
        said = await self._list(page, _PAGE)
        if isinstance(said, Failed):
            return said
        if said.code != SUCCESS:
            return self._line.refusal(said)
        stem = PLUGIN.stem(self._account.prefix)
        ours = tuple(Told(name, None) for name in said.handles if PLUGIN.stem(name).startswith(stem))
        return Listed(ours, str(page + 1) if len(said.handles) == _PAGE else "")

    # Trying it out.

    async def make_draft(self, value: str) -> Confirmed | Failed:
        """Make a handle that leads to the server itself, where there is none of that name."""
        leads = Desired(value, self._account.address, AgencyState.FINDABLE, b"")
        return await self._create(leads) or Confirmed(_CREATED, "")

    async def delete_draft(self, value: str) -> Confirmed | Failed:
        """Delete a handle."""
        said = await self._line.send("DELETE", f"/api/handles/{quote(value, safe='/')}")
        return self._unless_done(said) or Confirmed(_DONE, "")

    async def _list(self, page: int, size: int) -> Said | Failed:
        home = quote(authority(self._account.prefix), safe="")
        return await self._line.send("GET", f"/api/handles?prefix={home}&page={page}&pageSize={size}")

    async def _create(self, desired: Desired) -> Failed | None:
        """Make a handle where there is none. That there is one is no failure: whoever calls looks whose it is."""
        index, handle = self._account.admin
        admin = {"handle": handle, "index": index, "permissions": self._account.permissions}
        values = [self._value(ADMIN_INDEX, "HS_ADMIN", "admin", admin), self._value(URL_INDEX, "URL", "string", desired.url)]
        said = await self._put(desired, values, "overwrite=false")
        if isinstance(said, Said) and said.code in {EXISTS, VALUE_EXISTS}:
            return None
        return self._unless_done(said)

    async def _change(self, desired: Desired) -> Failed | None:
        """Let a handle of ours lead elsewhere; its other values, the administrator first, stay as they are."""
        values = [self._value(URL_INDEX, "URL", "string", desired.url)]
        return self._unless_done(await self._put(desired, values, f"overwrite=true&index={URL_INDEX}"))

    async def _put(self, desired: Desired, values: list[dict[str, Any]], query: str) -> Said | Failed:
        return await self._line.send("PUT", f"/api/handles/{quote(desired.value, safe='/')}?{query}", values)

    def _unless_done(self, said: Said | Failed) -> Failed | None:
        if isinstance(said, Failed):
            return said
        return None if said.code == SUCCESS else self._line.refusal(said)

    def _value(self, index: int, kind: str, form: str, value: object) -> dict[str, Any]:
        return {"index": index, "type": kind, "data": {"format": form, "value": value}, "ttl": self._account.ttl}

    def _judge(self, desired: Desired, found: Said) -> Confirmed | Failed:
        if found.code == NOT_FOUND:
            return self._line.failed(Fault.UNKNOWN, "The handle server took the handle and does not show it", found)
        if found.url != desired.url:
            return self._line.failed(Fault.UNKNOWN, f"The handle leads to {found.url} and not to {desired.url}", found)
        remark = "" if found.has_admin else "The handle has no HS_ADMIN value: nobody can change it any more."
        return Confirmed(found.status, self._line.redacted(found.body), remark)

    def _foreign(self, found: Said) -> Failed:
        leads = leads_to(found.url) if found.url else f"has no address at index {URL_INDEX}"
        return self._line.failed(Fault.REJECTED, refusal("handle", "handle", leads), found)
