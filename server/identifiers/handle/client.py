"""A handle server's REST API: made only where there is nothing, changed only where it is ours, believed only when looked at."""

import base64
import json
import ssl
import tempfile
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from server.identifiers.answers import USER_AGENT, read, reason_of, retry_after
from server.identifiers.handle.account import Account
from server.identifiers.handle.answers import (
    ADMIN_INDEX,
    EXISTS,
    FAULTS,
    NO_VALUES,
    NOT_FOUND,
    STATUSES,
    SUCCESS,
    URL_INDEX,
    VALUE_EXISTS,
    Said,
    parse,
)
from server.identifiers.model import Confirmed, Desired, Facts, Failed, Fault, Listed, Ticket, Told
from server.identifiers.schemes.handle import PLUGIN, authority

_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10, sock_read=20)
_KEPT_ANSWER = 16_384
_SERVER_ERROR = 500
_PAGE = 1000
"""Handles on a page of a list."""

_ADVICE = {
    Fault.CREDENTIALS: " (check server, administrator and key of the profile, and that it is home to the naming authority)",
}
#: The server knows who asks, and does not let them list what there is: nothing of ours needs that.
_MAY_NOT = 401


class HandleClient:
    """One administrator at one server, spoken for through a shared client session."""

    def __init__(self, account: Account, session: aiohttp.ClientSession) -> None:
        self._account = account
        self._session = session
        # The Handle servlets part user and key at the first colon: the one in the identity is written %3A.
        token = base64.b64encode(f"{quote(account.administrator, safe='/')}:{account.secret}".encode()).decode()
        who = f"Basic {token}" if account.authentication == "key" else 'Handle clientCert="true"'
        self._headers = {"Authorization": who, "Accept": "application/json"}
        self._headers["User-Agent"] = session.headers.get("User-Agent", USER_AGENT)
        escaped = json.dumps(account.secret)[1:-1]
        self._secrets = sorted({token, account.secret, escaped, quote(account.secret, safe="")}, key=len, reverse=True)

    async def agree(self, desired: Desired, ticket: Ticket) -> Confirmed | Failed:
        """Make a handle lead where it should. One that is there already is looked at first; another's is left as it is."""
        if not ticket.addresses and (refusal := await self._create(desired)):
            return refusal
        found = await self._values(desired.value)
        if isinstance(found, Said) and found.code == NOT_FOUND and ticket.addresses:
            found = await self._create(desired) or await self._values(desired.value)
        if isinstance(found, Failed):
            return found
        if found.code != NOT_FOUND and found.url != desired.url:
            if not ticket.known and found.url not in ticket.addresses:
                return self._foreign(found)
            found = await self._change(desired) or await self._values(desired.value)
        return found if isinstance(found, Failed) else self._judge(desired, found)

    async def test(self) -> Confirmed | Failed:
        """Ask how many handles there are under the naming authority: only an administrator is told, and nothing changes."""
        said = await self._list(0, 1)
        if isinstance(said, Failed):
            return said
        if said.code == _MAY_NOT:
            return Confirmed(said.status, f"{self._account.administrator} is known there; it may not list handles, and need not.")
        if said.code != SUCCESS:
            return self._refusal(said)
        return Confirmed(said.status, f"{said.total or 'some'} handles are there under {authority(self._account.prefix)}.")

    # The reading side.

    lists = True
    lag = timedelta(0)

    def facts(self, _document: bytes) -> Facts:
        """Return nothing: a handle says where a work is, and not what it is."""
        return {}

    async def look(self, value: str) -> Told | Failed | None:
        """Ask the server itself where a handle leads."""
        said = await self._values(value)
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
            return self._refusal(said)
        stem = PLUGIN.stem(self._account.prefix)
        ours = tuple(Told(name, None) for name in said.handles if PLUGIN.stem(name).startswith(stem))
        return Listed(ours, str(page + 1) if len(said.handles) == _PAGE else "")

    async def _list(self, page: int, size: int) -> Said | Failed:
        home = quote(authority(self._account.prefix), safe="")
        return await self._send("GET", f"/api/handles?prefix={home}&page={page}&pageSize={size}")

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

    def _unless_done(self, said: Said | Failed) -> Failed | None:
        if isinstance(said, Failed):
            return said
        return None if said.code == SUCCESS else self._refusal(said)

    async def _values(self, handle: str) -> Said | Failed:
        """Return what the server itself (not a cache) says of a handle: its values, or that there is none."""
        said = await self._send("GET", f"/api/handles/{quote(handle, safe='/')}?auth=true")
        if isinstance(said, Failed):
            return said
        if said.code not in {SUCCESS, NO_VALUES, NOT_FOUND}:
            return self._refusal(said)
        if said.handle and said.handle.casefold() != handle.casefold():
            return self._failed(Fault.UNKNOWN, f"The handle server answered for {said.handle}", said)
        return said

    async def _put(self, desired: Desired, values: list[dict[str, Any]], query: str) -> Said | Failed:
        return await self._send("PUT", f"/api/handles/{quote(desired.value, safe='/')}?{query}", values)

    def _value(self, index: int, kind: str, form: str, value: object) -> dict[str, Any]:
        return {"index": index, "type": kind, "data": {"format": form, "value": value}, "ttl": self._account.ttl}

    def _judge(self, desired: Desired, found: Said) -> Confirmed | Failed:
        if found.code == NOT_FOUND:
            return self._failed(Fault.UNKNOWN, "The handle server took the handle and does not show it", found)
        if found.url != desired.url:
            return self._failed(Fault.UNKNOWN, f"The handle leads to {found.url} and not to {desired.url}", found)
        remark = "" if found.has_admin else "The handle has no HS_ADMIN value: nobody can change it any more."
        return Confirmed(found.status, self._redacted(found.body), remark)

    def _foreign(self, found: Said) -> Failed:
        leads = f"leads to {found.url}, where we never sent it" if found.url else f"has no address at index {URL_INDEX}"
        message = f"The handle is there already and {leads}; it is left as it is"
        remedy = "Delete it at the server or let it lead here, and try again"
        return self._failed(Fault.REJECTED, f"{message}. {remedy}", found)

    async def _send(self, method: str, path: str, document: list[dict[str, Any]] | None = None) -> Said | Failed:
        """Send one request; return what the server says, or why nothing can be made of it."""
        account = self._account
        address = URL(account.address + path, encoded=True)
        host = address.host or ""
        data = None if document is None else json.dumps(document).encode()
        headers = self._headers | ({"Content-Type": "application/json;charset=UTF-8"} if data else {})
        try:
            trust = _trust(account.trusted, account.secret if account.authentication == "certificate" else "")
        except (ssl.SSLError, ValueError, OSError) as error:
            return Failed(Fault.CREDENTIALS, f"A certificate of the profile cannot be read: {type(error).__name__}.")
        try:
            async with self._session.request(
                method, address, data=data, headers=headers, timeout=_TIMEOUT, allow_redirects=False, ssl=trust
            ) as response:
                said = parse(response.status, await read(response), retry_after(response.headers.get("Retry-After")))
        except aiohttp.ClientConnectorCertificateError as error:
            message = f"The certificate of {host} is not believed ({error.certificate_error}): enter it in the profile."
            return Failed(Fault.CREDENTIALS, self._redacted(message))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Failed(Fault.TRANSIENT, self._redacted(f"No connection to {host}: {reason_of(error)}."))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = self._redacted(reason_of(error))
            return Failed(
                Fault.UNKNOWN, f"The answer of {host} was lost ({reason}); it is looked at before anything is sent again."
            )
        return said if said.code else self._wordless(said)

    def _wordless(self, said: Said) -> Failed:
        """Say what an answer means that names no response code."""
        status = said.status
        fault = STATUSES.get(status, Fault.TRANSIENT if status >= _SERVER_ERROR else Fault.UNKNOWN)
        return self._failed(fault, f"The handle server answered {status} and no response code{_ADVICE.get(fault, '')}", said)

    def _refusal(self, said: Said) -> Failed:
        fault = FAULTS.get(said.code, STATUSES.get(said.status, Fault.UNKNOWN))
        message = f"The handle server answered {said.code}: {said.words or 'no reason given'}{_ADVICE.get(fault, '')}"
        return self._failed(fault, message, said)

    def _failed(self, fault: Fault, message: str, said: Said) -> Failed:
        return Failed(fault, self._redacted(message) + ".", said.status, self._redacted(said.body), said.retry_after)

    def _redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text if len(text) <= _KEPT_ANSWER else text[:_KEPT_ANSWER] + "…"


@lru_cache(maxsize=16)
def _trust(trusted: str, certificate: str) -> ssl.SSLContext | bool:
    """Return whom to believe and what to show: made once, as connections are kept by it. Raises for what is no certificate."""
    if not trusted and not certificate:
        return True
    context = ssl.create_default_context(cadata=trusted or None)
    if trusted:
        # Handle servers make their own certificate, for no host: it is this very one or none.
        context.check_hostname = False
        context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    if certificate:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as held:  # OpenSSL reads it from a file alone; nobody else may
            held.write(certificate)
            held.flush()
            context.load_cert_chain(held.name, password=_no_passphrase)
    return context


def _no_passphrase() -> str:
    """Answer OpenSSL, which would ask at the terminal for the passphrase of a key that has one."""
    raise ValueError("the key is under a passphrase")
