"""ORCID's Public API: a token for reading what is public, the expanded search, and the record of one person."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol, TypeVar

import aiohttp
import msgspec
from lxml import etree
from yarl import URL

from server.enrichment.model import Answered, Facts
from server.enrichment.reading import answered, facts
from server.errors import Invalid, TooLarge
from server.identifiers.answers import USER_AGENT, read, reason_of, retry_after
from server.identifiers.model import Failed, Fault
from server.metadata.elements import local, text_at
from server.xml import parse

T = TypeVar("T")

_XML = "application/vnd.orcid+xml"
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10, sock_read=20)
_OK = 200
_MOVED, _UNAUTHORISED, _NOT_FOUND, _LOCKED = 301, 401, 404, 409
_SERVER_ERROR = 500

#: Status → fault; 5xx are transient, other refusals are of what was asked.
FAULTS = {
    400: Fault.REJECTED,
    401: Fault.CREDENTIALS,
    403: Fault.CREDENTIALS,
    408: Fault.TRANSIENT,
    425: Fault.TRANSIENT,
    429: Fault.TRANSIENT,
}

#: Status of a record that cannot be read → what that says of the person.
CLOSED = {
    _MOVED: "Another iD took the place of this one.",
    _NOT_FOUND: "ORCID does not know this iD.",
    _LOCKED: "ORCID has locked or deactivated this iD.",
}


class Access(Protocol):
    """What is needed to speak to the registry: the settings of its profile."""

    @property
    def client_id(self) -> str: ...

    @property
    def client_secret(self) -> str: ...

    @property
    def registry(self) -> str: ...

    @property
    def api(self) -> str: ...


class _Token(msgspec.Struct, frozen=True):
    access_token: str


class _Refusal(msgspec.Struct, frozen=True):
    """RFC 6749 § 5.2."""

    error: str = ""
    error_description: str = ""


@dataclass(slots=True)
class OrcidClient:
    """One set of credentials, spoken for through a shared client session; its token is kept, as ORCID wishes."""

    access: Access
    session: aiohttp.ClientSession
    token: str = field(default="", repr=False)

    async def search(self, query: str, rows: int) -> Answered | Failed:
        """Search for people (Lucene syntax), the best first."""
        outcome = await self._get("expanded-search/", {"q": query, "start": "0", "rows": str(rows)})
        return outcome if isinstance(outcome, Failed) else await self._parsed(outcome, "expanded-search", answered)

    async def person(self, orcid: str, today: date) -> Facts | Failed:
        """Read what everybody may read of one person."""
        outcome = await self._get(f"{orcid}/record", {})
        if isinstance(outcome, Failed):
            if outcome.status in CLOSED and "<html" in outcome.answer.lower():
                # ORCID says so as XML; a page is of somebody in between, and says nothing of the person.
                return replace(outcome, fault=Fault.TRANSIENT)
            if outcome.status in CLOSED:
                return Facts(orcid=orcid, closed=CLOSED[outcome.status])
            return outcome
        return await self._parsed(outcome, "record", lambda root: facts(root, today))

    async def _get(self, path: str, query: dict[str, str]) -> str | Failed:
        """Ask with the token there is; one that ORCID does not take any more is replaced, once."""
        for fresh in (False, True):
            if not self.token and (refused := await self._ask_for_token()) is not None:
                return refused
            url = URL(f"{self.access.api}/{path}").with_query(query)
            headers = {"Authorization": f"Bearer {self.token}", "Accept": _XML}
            outcome = await self._send("GET", url, headers)
            if isinstance(outcome, str) or outcome.status != _UNAUTHORISED or fresh:
                return outcome
            self.token = ""
        raise AssertionError  # the loop returns in its second turn

    async def _ask_for_token(self) -> Failed | None:
        form = {
            "client_id": self.access.client_id,
            "client_secret": self.access.client_secret,
            "grant_type": "client_credentials",
            "scope": "/read-public",
        }
        outcome = await self._send("POST", URL(f"{self.access.registry}/oauth/token"), {"Accept": "application/json"}, form)
        if isinstance(outcome, Failed):
            # RFC 6749 § 5.2: an unknown client may be told by 400 as well as by 401.
            return replace(outcome, fault=Fault.CREDENTIALS) if "invalid_client" in outcome.answer else outcome
        try:
            self.token = msgspec.json.decode(outcome, type=_Token).access_token
        except msgspec.DecodeError:
            return Failed(Fault.UNKNOWN, "ORCID answered something else than a token.", _OK, outcome[:1000])
        return None

    async def _send(self, method: str, url: URL, headers: dict[str, str], form: dict[str, str] | None = None) -> str | Failed:
        """Send one request and return the body of a 200; every other answer is a Failed, with ORCID's own words."""
        headers = headers | {"User-Agent": self.session.headers.get("User-Agent", USER_AGENT)}
        try:
            async with self.session.request(
                method, url, headers=headers, data=form, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                status, wait, body = response.status, retry_after(response.headers.get("Retry-After")), await read(response)
        except TimeoutError:
            return Failed(Fault.TRANSIENT, "ORCID did not answer in time.")
        except (aiohttp.ClientError, OSError) as error:
            return Failed(Fault.TRANSIENT, f"No connection to ORCID: {reason_of(error)}.")
        if status == _OK:
            return body
        fault = FAULTS.get(status, Fault.TRANSIENT if status >= _SERVER_ERROR else Fault.REJECTED)
        said = self._redacted(_words(body))
        message = f"ORCID answered {status}" + (f": {said}" if said else ".")
        return Failed(fault, message[:1000], status, self._redacted(body)[:1000], wait)

    async def _parsed(self, body: str, name: str, reading: Callable[[etree._Element], T]) -> T | Failed:
        """Read an answer in a thread: the record of somebody with thousands of works has megabytes."""
        try:
            root = await asyncio.to_thread(parse, body.encode())
        except (Invalid, TooLarge) as error:
            return Failed(Fault.UNKNOWN, f"ORCID's answer cannot be read. {error.message}", None, body[:1000])
        if local(root) != name:
            return Failed(Fault.UNKNOWN, "ORCID answered something else than what was asked for.", None, body[:1000])
        return await asyncio.to_thread(reading, root)

    def _redacted(self, text: str) -> str:
        for secret in (self.access.client_secret, self.token):
            text = text.replace(secret, "…") if secret else text
        return text


def _words(body: str) -> str:
    """Return what ORCID says of a refusal; empty for a page in HTML."""
    if body.lstrip()[:1] == "{":
        try:
            said = msgspec.json.decode(body, type=_Refusal)
        except msgspec.DecodeError:
            return ""
        return said.error_description or said.error
    try:
        root = parse(body.encode())
    except (Invalid, TooLarge):
        return ""
    return text_at(root, "developer-message") or text_at(root, "user-message") if local(root) == "error" else ""
