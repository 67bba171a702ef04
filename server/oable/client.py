"""Posting a request to OABLE: what is sent, and what each answer means. The address is one somebody typed, so it is guarded.

OABLE's API is not public. What is built on here is HTTP alone: a key, a JSON document, a key against repetitions, a status.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from yarl import URL

from server.notify.client import Answer, Outward, Unreached, wished
from server.notify.guard import target
from server.notify.model import LONGEST_WISH
from server.oable.settings import Oable
from server.profiles.kind import Tested
from server.xml import clean

QUOTED = 500
"""Characters of OABLE's words that are kept."""
_LONGEST_REFERENCE = 200


class Meaning(StrEnum):
    """What an answer means for the request."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # it is wrong as it is, and would be tomorrow
    ACCOUNT = "account"  # the profile is wrong, not the request
    AGAIN = "again"  # not now
    LOST = "lost"  # nobody knows whether it arrived
    NOT_SENT = "not sent"  # no connection: it did not arrive


#: What a status means; a class of them by its first digit (RFC 9110 § 15). 409: the first one under this key is still at work
#: (draft-ietf-httpapi-idempotency-key-header § 2.6).
MEANINGS: dict[int, Meaning] = {
    2: Meaning.ACCEPTED,
    3: Meaning.ACCOUNT,
    4: Meaning.REFUSED,
    5: Meaning.AGAIN,
    401: Meaning.ACCOUNT,
    403: Meaning.ACCOUNT,
    404: Meaning.ACCOUNT,
    405: Meaning.ACCOUNT,
    407: Meaning.ACCOUNT,
    410: Meaning.ACCOUNT,
    408: Meaning.AGAIN,
    409: Meaning.AGAIN,
    423: Meaning.AGAIN,
    425: Meaning.AGAIN,
    429: Meaning.AGAIN,
}

_MEND = {
    3: "it leads elsewhere, and redirections are not followed; enter the address it leads to",
    401: "it does not know the API key",
    403: "it refuses the API key",
    404: "nothing is there; the address of the profile is wrong",
    405: "nothing can be posted there; the address of the profile is wrong",
    410: "nothing is there any more; the address of the profile is wrong",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to."""

    meaning: Meaning
    words: str
    reference: str = ""
    retry_after: timedelta | None = None


def headers(settings: Oable, key: str) -> dict[str, str]:
    """Return the headers of a request; by `key` OABLE knows a repetition (draft-ietf-httpapi-idempotency-key-header § 2.1)."""
    named = {"bearer": ("Authorization", f"Bearer {settings.api_key}"), "x-api-key": ("X-API-Key", settings.api_key)}
    return {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Idempotency-Key": f'"{key}"',
        **dict([named[settings.key_in]]),
    }


@dataclass(frozen=True, slots=True)
class Client:
    """Speaks to OABLE."""

    outward: Outward

    async def send(self, settings: Oable, key: str, document: str, now: datetime) -> Outcome:
        """Post one request. Never raises for what the other side may do."""
        url = target(settings.address)
        found = await self.outward.ask("POST", url, headers(settings, key), document.encode())
        if isinstance(found, Unreached):
            return Outcome(Meaning.LOST if found.connected else Meaning.NOT_SENT, found.words)
        return read(url, found, settings, now)

    async def test(self, settings: Oable) -> Tested:
        """Ask the address for its head, with the key: nothing is sent that anybody would have to review."""
        url = target(settings.address)
        asked = {name: value for name, value in headers(settings, "").items() if name not in {"Content-Type", "Idempotency-Key"}}
        found = await self.outward.ask("HEAD", url, asked)
        if isinstance(found, Unreached):
            return Tested(agrees=False, message=found.words)
        refuses = found.status in {401, 403, 404, 410} or found.status >= 500 or found.status // 100 == 3  # noqa: PLR2004
        if refuses:
            return Tested(agrees=False, message=_said(url, found, settings))
        words = f"{url.host} answered {found.status}. Whether it takes requests is known by the first one: its API is not public."
        return Tested(agrees=True, message=words)


def read(url: URL, answer: Answer, settings: Oable, now: datetime) -> Outcome:
    """Say what an answer means. A page for people is no answer of OABLE, whatever its status."""
    meaning = MEANINGS.get(answer.status, MEANINGS.get(answer.status // 100, Meaning.AGAIN))
    if meaning is Meaning.ACCEPTED and answer.body.lstrip()[:1] == "<":
        words = f"{url.host} answered {answer.status} with a web page: that is not OABLE; the address of the profile is wrong"
        return Outcome(Meaning.ACCOUNT, words)
    told = _told(answer.body)
    if meaning is Meaning.ACCEPTED:
        reference = _redacted(told.get("id", ""), settings)[:_LONGEST_REFERENCE]
        return Outcome(meaning, _redacted(told.get("message", ""), settings), reference)
    return Outcome(meaning, _said(url, answer, settings), retry_after=wished(answer.retry_after, now, LONGEST_WISH))


def _said(url: URL, answer: Answer, settings: Oable) -> str:
    """Say what the other side said: in its own words, and what is to be mended where that is known."""
    mend = _MEND.get(answer.status) or _MEND.get(answer.status // 100, "")
    told = _told(answer.body)
    page = answer.body.lstrip()[:1] == "<"
    words = _redacted(told.get("message", "") or ("" if told or page else answer.body), settings)
    return ": ".join(part for part in (f"{url.host} answered {answer.status}", mend, words) if part)


#: Where services say what they call a request, and what they think of it (RFC 9457 has `title` and `detail`).
_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("reference", "request_id", "id"),
    "message": ("detail", "message", "error", "title"),
}


def _told(body: str) -> dict[str, str]:
    """Return what an answer in JSON says of itself; nothing for any other."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {
        what: next((str(document[name]) for name in names if isinstance(document.get(name), str | int)), "")
        for what, names in _NAMES.items()
    }


def _redacted(text: str, settings: Oable) -> str:
    """Return the beginning of what the other side said, on one line, without our key and what no text may hold."""
    return " ".join(clean(text.replace(settings.api_key, "[secret]")).split())[:QUOTED]
