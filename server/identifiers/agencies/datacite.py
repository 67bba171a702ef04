"""DataCite: DOIs are created and changed by one repeatable PUT, and believed only when the answer shows what was asked for."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Annotated, Any
from urllib.parse import quote

import aiohttp
from msgspec import Meta
from yarl import URL

from server.forms.field import title
from server.identifiers.answers import USER_AGENT, read, reason_of, retry_after
from server.identifiers.datacite import facts
from server.identifiers.endpoint import Endpoint, Environment, UpdateMigrated, check_endpoint
from server.identifiers.leading import is_anothers, is_same, leads_to, refusal
from server.identifiers.model import (
    Agency,
    AgencyState,
    Confirmed,
    Desired,
    Facts,
    Failed,
    Fault,
    Listed,
    Pace,
    Ticket,
    Told,
)
from server.identifiers.schemes import doi
from server.identifiers.schemes.doi import DoiRules

ENDPOINTS = {"production": "https://api.datacite.org", "test": "https://api.test.datacite.org"}
_MEDIA_TYPE = "application/vnd.api+json"
_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=10, sock_read=45)
_KEPT_ANSWER = 16_384
"""Characters of an answer that are kept for the operator; the document we sent comes back in it."""

_PREFIX_DIGITS = 5
_NOT_FOUND = 404

#: DOIs on a page of a list: the most there may be, and fewer where these are too much for one answer.
PAGES = (1000, 100)

#: DataCite, "Rate limit": who registers many DOIs stays at 300 to 500 requests in five minutes; the test system takes 750.
PACES = {"production": Pace(300, 300.0, 60), "test": Pace(750, 300.0, 60)}


class Account(DoiRules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A repository account at DataCite."""

    account_id: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+\Z"),
        title(
            "Account ID",
            "The symbol of the repository, with a dot in it, such as INST.REPO; a member's own symbol cannot register.",
            rule="must be parts of letters, digits, _ and - with a dot between them, such as INST.REPO",
        ),
    ]
    password: Annotated[str, Meta(min_length=1), title("Account password", "Or an API key of the repository.", secret=True)]
    environment: Environment
    update_migrated: UpdateMigrated = False
    endpoint: Endpoint = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        # lupo, Doi: a DataCite prefix is 10. and four or five digits.
        if len(self.prefix.removeprefix("10.")) > _PREFIX_DIGITS:
            raise ValueError(
                "prefix: DataCite's prefixes have four or five digits after 10.; copy it from the account at DataCite"
            )
        check_endpoint(self.endpoint, self.environment)

    def __repr__(self) -> str:
        return f"Account({self.account_id!r}, {self.prefix!r}, {self.environment!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(field, getattr(self, field)) for field in ("account_id", "prefix", "environment")]

    @property
    def address(self) -> str:
        """The REST API this account speaks to, without a slash at its end."""
        return (self.endpoint or ENDPOINTS[self.environment]).rstrip("/")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, the wait the agency asked for, and the body as text."""

    status: int
    retry_after: float | None
    body: str


#: Status → fault; 5xx are transient, other refusals are of what was sent. 409 is lupo's answer to two creations at once.
FAULTS = {
    401: Fault.CREDENTIALS,
    403: Fault.CREDENTIALS,
    408: Fault.TRANSIENT,
    409: Fault.TRANSIENT,
    425: Fault.TRANSIENT,
    429: Fault.TRANSIENT,
}

_ADVICE = {
    401: "check account ID and password of the profile",
    403: "check that the prefix and the DOI belong to this account and that it is active",
    404: "the DOI is not one DataCite can parse",
    413: "the metadata is too large",
}

#: Wanted → DataCite's word for it. A hidden DOI is "registered": it resolves and is not in the index.
STATES = {AgencyState.FINDABLE: "findable", AgencyState.HIDDEN: "registered"}

#: (wanted, state DataCite last answered) → the event to send. lupo ignores an event that its state machine does not allow and
#: says 200, so `hide` on a draft does nothing; `register` is what leads a draft to where `hide` leads a findable DOI.
EVENTS = {
    (AgencyState.FINDABLE, None): "publish",
    (AgencyState.HIDDEN, None): "hide",
    (AgencyState.HIDDEN, "draft"): "register",
}


class DataciteClient:
    """One repository account, spoken for through a shared client session."""

    def __init__(self, account: Account, session: aiohttp.ClientSession) -> None:
        self._account = account
        self._session = session
        self.calls = 0
        token = base64.b64encode(f"{account.account_id}:{account.password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Accept": _MEDIA_TYPE}
        self._headers["User-Agent"] = session.headers.get("User-Agent", USER_AGENT)
        escaped = [json.dumps(account.password, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)]
        self._secrets = (token, account.password, *escaped, quote(account.password, safe=""))

    async def agree(self, desired: Desired, ticket: Ticket) -> Confirmed | Failed:
        """Make DataCite agree about one DOI, looked at first until it was confirmed: PUT is an upsert, and safe to repeat."""
        if not ticket.known and (refused := await self._taken(desired, ticket)):
            return refused
        outcome = await self._put(desired, EVENTS[desired.state, None])
        if isinstance(outcome, Answer):
            follow_up = EVENTS.get((desired.state, str(_attributes(outcome.body).get("state"))))
            if follow_up:
                outcome = await self._put(desired, follow_up)
        return outcome if isinstance(outcome, Failed) else self._judge(desired, outcome)

    async def test(self) -> Confirmed | Failed:
        """Ask whether the account may register DOIs under its prefix, changing nothing.

        GET requests of lupo answer strangers too, some without a look at the credentials. POST /dois/validate is its dry run: it
        creates nothing and is open to the active repository alone (401 with a wrong password, 403 for an inactive account or a
        member's symbol). Whose prefix it is, the dry run does not ask; /client-prefixes tells.
        """
        attributes = {"doi": f"{self._account.prefix}/account-test"}
        outcome = await self._send("POST", "/dois/validate", {"data": {"type": "dois", "attributes": attributes}})
        if isinstance(outcome, Failed):
            return outcome
        repository, prefix = self._account.account_id.lower(), self._account.prefix
        outcome = await self._send("GET", f"/client-prefixes?client-id={repository}&prefix-id={prefix}")
        if isinstance(outcome, Failed):
            return outcome
        prefixes = _document(outcome.body).get("data")
        if not isinstance(prefixes, list):
            return self._failed(Fault.UNKNOWN, "DataCite answered something else than a list of prefixes", outcome)
        if not prefixes:
            return self._failed(
                Fault.CREDENTIALS, f"DataCite says that the prefix {prefix} is not one of {repository}'s", outcome
            )
        return Confirmed(outcome.status, self._redacted(outcome.body))

    # The reading side.

    lists = True
    lag = timedelta(0)

    def facts(self, document: bytes) -> Facts:
        return facts.of_document(document)

    async def look(self, value: str) -> Told | Failed | None:
        """Ask for one DOI as its owner: drafts and hidden ones are shown to nobody else."""
        outcome = await self._send("GET", _path(value) + "?publisher=true&affiliation=true")
        if isinstance(outcome, Failed):
            return None if outcome.status == _NOT_FOUND else outcome
        told = _told(_attributes(outcome.body))
        if told is None or told.value.lower() != value.lower():
            return self._failed(Fault.UNKNOWN, "DataCite's answer is not the DOI that was asked for", outcome)
        return told

    async def every(self, cursor: str) -> Listed | Failed:
        """Ask for the next page of the account's DOIs under its prefix, in the order of the cursor, which does not run out."""
        query = {"client-id": self._account.account_id.lower(), "prefix": self._account.prefix}
        query |= {"disable-facets": "true", "page[cursor]": cursor or "1"}
        calls = 0
        while True:
            address = URL("/dois").with_query(query | {"page[size]": str(PAGES[calls])})
            outcome = await self._send("GET", str(address))
            if isinstance(outcome, Failed):
                return outcome
            calls += 1
            page = _document(outcome.body)
            rows = page.get("data")
            if isinstance(rows, list):
                return Listed(tuple(_listed(rows)), _following(page) if rows else "", _total(page), calls)
            if calls == len(PAGES):
                return self._failed(Fault.UNKNOWN, "DataCite answered something else than a list of DOIs", outcome)

    # Trying it out.

    async def make_draft(self, value: str) -> Confirmed | Failed:
        """Make a draft: lupo asks nothing of its metadata, and no event means that it stays one."""
        outcome = await self._send("PUT", _path(value), {"data": {"type": "dois", "attributes": {"doi": value}}})
        if isinstance(outcome, Failed):
            return outcome
        state = _attributes(outcome.body).get("state")
        if state != "draft":
            return self._failed(Fault.UNKNOWN, f"DataCite says of a draft that it is {state!r}", outcome)
        return Confirmed(outcome.status, self._redacted(outcome.body))

    async def delete_draft(self, value: str) -> Confirmed | Failed:
        """Delete a draft; lupo answers 204, and 405 for whatever is none."""
        outcome = await self._send("DELETE", _path(value))
        return outcome if isinstance(outcome, Failed) else Confirmed(outcome.status, self._redacted(outcome.body))

    async def point(self, value: str, url: str) -> Confirmed | Failed:
        """Let a DOI that is there lead elsewhere, and change nothing else: what is not sent, lupo keeps."""
        path = _path(value)
        outcome = await self._send("PUT", path, {"data": {"type": "dois", "attributes": {"url": url}}})
        if isinstance(outcome, Failed):
            return outcome
        told = _attributes(outcome.body)
        if str(told.get("doi", "")).lower() != value.lower() or not is_same(told.get("url"), url):
            return self._failed(Fault.UNKNOWN, "DataCite's answer does not show the new address", outcome)
        if told.get("state") in STATES.values() and not told.get("registered"):
            return self._failed(Fault.TRANSIENT, "The DOI is not resolvable at its new address yet", outcome)
        return Confirmed(outcome.status, self._redacted(outcome.body))

    async def _taken(self, desired: Desired, ticket: Ticket) -> Failed | None:
        """Look whether a DOI is another's; one that leads nowhere, as a draft may, is free."""
        outcome = await self._send("GET", _path(desired.value))
        if isinstance(outcome, Failed):
            return None if outcome.status == _NOT_FOUND else outcome
        told = _told(_attributes(outcome.body))
        if told is None or told.value.lower() != desired.value.lower():
            return self._failed(Fault.UNKNOWN, "DataCite's answer is not the DOI that was asked for", outcome)
        if (told.state == "draft" and not told.url) or not is_anothers(desired, ticket, told.url):
            return None
        leads = leads_to(told.url) if told.url else "leads nowhere"
        return self._failed(Fault.REJECTED, refusal("doi", "DOI", f"{leads} (it is {told.state})"), outcome)

    async def _put(self, desired: Desired, event: str) -> Answer | Failed:
        xml = base64.b64encode(desired.metadata).decode()
        attributes = {"event": event, "url": desired.url, "xml": xml}
        return await self._send("PUT", _path(desired.value), {"data": {"type": "dois", "attributes": attributes}})

    def _judge(self, desired: Desired, answer: Answer) -> Confirmed | Failed:
        """Compare what DataCite says of the DOI with what is desired: 200 alone proves nothing."""
        told, wanted = _attributes(answer.body), STATES[desired.state]
        state, url = told.get("state"), told.get("url")
        if str(told.get("doi", "")).lower() != desired.value.lower() or "state" not in told:
            return self._failed(Fault.UNKNOWN, "DataCite's answer makes no sense; the DOI will be sent again", answer)
        if state != wanted:
            # A draft cannot refuse publication for a moment's reason; any other state is somebody else's hand or a stale answer.
            fault = Fault.REJECTED if state == "draft" else Fault.UNKNOWN
            return self._failed(fault, f"DataCite took the DOI but says it is {state!r} and not {wanted!r}", answer)
        if not is_same(url, desired.url):
            return self._failed(Fault.UNKNOWN, f"DataCite says the DOI leads to {url!r} and not to {desired.url}", answer)
        if not told.get("registered"):
            # lupo writes `registered` only once the Handle System has taken the address, and only logs when it has not.
            return self._failed(Fault.TRANSIENT, "The DOI is not resolvable yet and will be sent again", answer)
        return Confirmed(answer.status, self._redacted(answer.body))

    async def _send(self, method: str, path: str, document: dict[str, Any] | None = None) -> Answer | Failed:
        """Send one request; return its answer when the status is 2xx, else what went wrong."""
        self.calls += 1
        data = None if document is None else BytesIO(json.dumps(document).encode())
        headers = self._headers | ({"Content-Type": _MEDIA_TYPE} if data else {})
        address = URL(self._account.address + path, encoded=True)
        host = address.host or ""
        try:
            async with self._session.request(
                method, address, data=data, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                body = await read(response)
                answer = Answer(response.status, retry_after(response.headers.get("Retry-After")), body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Failed(Fault.TRANSIENT, self._redacted(f"No connection to {host}: {reason_of(error)}."))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # It was sent and may have been done. Asking is sending again: the upsert makes the same of it twice.
            reason = reason_of(error)
            return Failed(
                Fault.UNKNOWN, self._redacted(f"The answer of {host} was lost ({reason}); the request can safely be repeated.")
            )
        return answer if answer.status // 100 == 2 else self._refusal(answer)  # noqa: PLR2004

    def _refusal(self, answer: Answer) -> Failed:
        status = answer.status
        if status < 400:  # noqa: PLR2004 - a redirection would carry the password elsewhere
            return self._failed(Fault.UNKNOWN, "DataCite's answer is neither a success nor an error", answer)
        fault = FAULTS.get(status, Fault.TRANSIENT if status >= 500 else Fault.REJECTED)  # noqa: PLR2004
        words = "; ".join(_words(answer.body)) or "no reason given"
        advice = f" ({_ADVICE[status]})" if status in _ADVICE else ""
        return self._failed(fault, f"DataCite answered {status}: {words}{advice}", answer)

    def _failed(self, fault: Fault, message: str, answer: Answer) -> Failed:
        return Failed(fault, self._redacted(message) + ".", answer.status, self._redacted(answer.body), answer.retry_after)

    def _redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text if len(text) <= _KEPT_ANSWER else text[:_KEPT_ANSWER] + "…"


def _document(body: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _attributes(body: str) -> dict[str, Any]:
    """Return data.attributes of an answer, or nothing where it has none."""
    data = _document(body).get("data")
    attributes = data.get("attributes") if isinstance(data, dict) else None
    return attributes if isinstance(attributes, dict) else {}


def _told(attributes: dict[str, Any]) -> Told | None:
    """Return what is said of one DOI; None where it is not said of which."""
    value, url, state = attributes.get("doi"), attributes.get("url"), str(attributes.get("state", ""))
    if not isinstance(value, str) or not value or not state:
        return None
    if state == STATES[AgencyState.FINDABLE] and not attributes.get("registered"):
        standing = "findable, and not resolvable yet"
    else:
        standing = next((wanted.value for wanted, word in STATES.items() if word == state), state)
    try:
        document = base64.b64decode(attributes.get("xml") or "")
    except (ValueError, TypeError):
        document = b""
    return Told(value, str(url or ""), standing, facts.of_attributes(attributes), document)


def _path(value: str) -> str:
    return "/dois/" + quote(value, safe="/")


def _listed(rows: list[Any]) -> Iterator[Told]:
    for row in rows:
        attributes = row.get("attributes") if isinstance(row, dict) else None
        if isinstance(attributes, dict) and (told := _told(attributes)) is not None:
            yield told


def _following(page: dict[str, Any]) -> str:
    """Return the cursor of the next page; its address is not followed, as it would be given the password."""
    links = page.get("links")
    following = links.get("next") if isinstance(links, dict) else None
    try:
        return URL(following).query.get("page[cursor]", "") if isinstance(following, str) else ""
    except ValueError:
        return ""


def _total(page: dict[str, Any]) -> int | None:
    meta = page.get("meta")
    total = meta.get("total") if isinstance(meta, dict) else None
    return total if isinstance(total, int) else None


def _words(body: str) -> list[str]:
    """Return what the errors of an answer say, each with the property it is about."""
    errors = _document(body).get("errors")
    found = []
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict) and (said := str(error.get("title") or error.get("detail") or "")):
            source = error.get("source")
            found.append(f"{source}: {said}" if source else said)
    return [" ".join(words.split()).rstrip(".") for words in found]


PLUGIN = Agency(
    name="datacite",
    title="DataCite",
    scheme=doi.PLUGIN,
    account=Account,
    client=DataciteClient,
    reads=DataciteClient,
    drafts=DataciteClient,
    points=DataciteClient,
    paces=PACES,
    first_calls=2,  # it is looked at, and sent
    description="Registers DOIs at DataCite when a work is approved, and keeps their metadata and addresses up to date.",
)
