"""What Crossref shows the world of its DOIs: its REST API, in production and a few days behind what was deposited.

The account needs no password here, and gives none away. The test system has no such API: of what it knows only the results of
one's own submissions can be had, and these were asked for when they were made.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import aiohttp
from yarl import URL

from server.errors import Invalid
from server.identifiers.answers import USER_AGENT, read, reason_of, retry_after
from server.identifiers.canonical import name, plain, several
from server.identifiers.crossref.account import Account
from server.identifiers.model import AgencyState, Facts, Failed, Fault, Listed, Told
from server.xml import parse, text_of

ADDRESS = "https://api.crossref.org"
ROWS = 1000
_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=10, sock_read=90)
_WITHDRAWN = "withdrawn: "
_NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 404, 429, 500
_ROLES = ("author", "editor", "translator", "chair", "reviewer")


class CrossrefWorks:
    """The works of one account, as Crossref's REST API shows them."""

    lists = True
    lag = timedelta(days=3)

    def __init__(self, account: Account, session: aiohttp.ClientSession) -> None:
        """Raise Invalid for an account of the test system, which shows nothing."""
        if not account.shows_works:
            raise Invalid("Crossref's test system does not say what it knows, so there is nothing to compare.", place="profile")
        self._account = account
        self._session = session
        self.calls = 0
        self._address = account.endpoint.rstrip("/") or ADDRESS
        self._headers = {"User-Agent": session.headers.get("User-Agent", USER_AGENT)}

    def facts(self, document: bytes) -> Facts:
        """Return what is compared of a body of a deposit: the titles and people of the record that has the DOI."""
        record = next(element.getparent() for element in parse(document).iter("{*}doi_data"))
        titles = [text_of(each) for each in record.iterfind("{*}titles/{*}title")] if record is not None else []
        people = record.find("{*}contributors") if record is not None else None
        names = []
        for each in people if people is not None else ():
            parts = [text_of(each.find(f"{{*}}{part}")) for part in ("given_name", "surname")]
            names.append(" ".join(parts).strip() or text_of(each))
        return {"titles": several(map(_title, titles)), "contributors": several(map(name, names))}

    async def look(self, value: str) -> Told | Failed | None:
        """Ask for one DOI."""
        document = await self._get(URL(self._address) / "works" / value)
        if isinstance(document, Failed):
            return None if document.status == _NOT_FOUND else document
        told = next(_told([document.get("message")]), None)
        if told is None or told.value.lower() != value.lower():
            return Failed(Fault.UNKNOWN, "Crossref's answer is not the DOI that was asked for.")
        return told

    async def every(self, cursor: str) -> Listed | Failed:
        """Ask for the next page of the DOIs under the account's prefix; a cursor is good for some minutes."""
        query = {"filter": f"prefix:{self._account.prefix}", "rows": str(ROWS), "cursor": cursor or "*"}
        document = await self._get((URL(self._address) / "works").with_query(query | {"mailto": self._account.email}))
        if isinstance(document, Failed):
            return document
        message = document.get("message")
        items = message.get("items") if isinstance(message, dict) else None
        if not isinstance(message, dict) or not isinstance(items, list):
            return Failed(Fault.UNKNOWN, "Crossref answered something else than a list of works.")
        following, total = message.get("next-cursor"), message.get("total-results")
        is_last = len(items) < ROWS or not isinstance(following, str)
        return Listed(tuple(_told(items)), "" if is_last else str(following), total if isinstance(total, int) else None)

    async def _get(self, address: URL) -> dict[str, Any] | Failed:
        self.calls += 1
        try:
            async with self._session.get(address, headers=self._headers, timeout=_TIMEOUT, allow_redirects=False) as response:
                body, status = await read(response), response.status
                wait = retry_after(response.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Failed(Fault.TRANSIENT, f"No answer of {address.host}: {reason_of(error)}.")
        if status != 200:  # noqa: PLR2004
            transient = status == _TOO_MANY or status >= _SERVER_ERROR
            fault = Fault.TRANSIENT if transient else Fault.REJECTED
            return Failed(fault, f"Crossref answered {status}.", status, retry_after=wait)
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            return Failed(Fault.UNKNOWN, "Crossref's answer makes no sense.", status)
        return document


def _told(items: list[Any]) -> Iterator[Told]:
    """Read works as the REST API has them; Crossref hides none, what is withdrawn says so in its title."""
    for item in items:
        value = item.get("DOI") if isinstance(item, dict) else None
        if not isinstance(value, str):
            continue
        titles = [plain(title) for title in item.get("title") or [] if isinstance(title, str)]
        state = AgencyState.HIDDEN if any(title.startswith(_WITHDRAWN) for title in titles) else AgencyState.FINDABLE
        people = [each for role in _ROLES for each in item.get(role) or [] if isinstance(each, dict)]
        names = [each.get("name") or f"{each.get('given', '')} {each.get('family', '')}" for each in people]
        facts = {"titles": several(map(_title, titles)), "contributors": several(map(name, names))}
        resource = item.get("resource")
        primary = resource.get("primary") if isinstance(resource, dict) else None
        url = primary.get("URL") if isinstance(primary, dict) else None
        yield Told(value, url if isinstance(url, str) else None, state.value, facts)


def _title(text: str) -> str:
    return plain(text).removeprefix(_WITHDRAWN)
