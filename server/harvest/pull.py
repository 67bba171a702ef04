"""An existing OAI-PMH repository pulled in: its list walked politely, each record read, deletions taken over."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aiohttp import ClientError, ClientSession, ClientTimeout
from lxml import etree

from server.clock import Clock, now, to_wire
from server.errors import Invalid, SheafError, Unavailable
from server.harvest import origins
from server.harvest.batch import Bare, sound
from server.harvest.sources import Bad
from server.metadata.reading import Reader, read_with
from server.records.model import Record, Text, encode
from server.records.provenance import is_moment
from server.registry import Registry
from server.xml import parse, text_of

OAI = "{http://www.openarchives.org/OAI/2.0/}"
ATTEMPTS = 6
LONGEST_WAIT = 300.0
LARGEST_PART = 64 * 2**20
_OVERLOADED = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Part:
    """One answer of the repository: its works, the size of the whole list where it says so, and how to go on."""

    found: tuple[Bare | Bad, ...]
    size: int | None
    token: str


@dataclass(frozen=True, slots=True)
class Source:
    """The repository to pull: its base URL, and what to ask for."""

    url: str
    prefix: str = "oai_dc"
    spec: str = ""
    since: str = ""
    until: str = ""

    def first(self) -> dict[str, str]:
        """Return the arguments of the first request."""
        asked = {"verb": "ListRecords", "metadataPrefix": self.prefix, "set": self.spec, "from": self.since, "until": self.until}
        return {key: value for key, value in asked.items() if value}


async def parts(session: ClientSession, source: Source, readers: Registry[Reader], clock: Clock = now) -> AsyncIterator[Part]:
    """Yield the parts of the list.

    Raises Unavailable when the repository stays away, Invalid with its own words when it refuses.
    """
    arguments = source.first()
    while True:
        body = await _fetch(session, source.url, arguments)
        part = await asyncio.to_thread(_read, body, source.url, readers, to_wire(clock()))
        yield part
        if not part.token:
            return
        arguments = {"verb": "ListRecords", "resumptionToken": part.token}


async def _fetch(session: ClientSession, url: str, arguments: dict[str, str]) -> bytes:
    """Ask once, and again where the repository is overloaded (OAI-PMH 3.1.2.2: 503 with Retry-After)."""
    reason = ""
    for attempt in range(1, ATTEMPTS + 1):
        wait = min(2.0**attempt, LONGEST_WAIT)
        try:
            async with session.get(url, params=arguments, timeout=ClientTimeout(total=600)) as answer:
                if answer.status == 200:  # noqa: PLR2004
                    return await _body(answer.content)
                reason = f"HTTP {answer.status}"
                if answer.status not in _OVERLOADED:
                    raise Invalid(
                        f"The repository answers {reason} to {arguments['verb']}.",
                        place=url,
                        remedy="Check that this is an OAI-PMH base URL.",
                    )
                wait = _named(answer.headers.get("Retry-After", "")) or wait
        except (ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
        if attempt < ATTEMPTS:
            await asyncio.sleep(min(wait, LONGEST_WAIT))
    raise Unavailable(
        f"The repository does not answer: {reason}.",
        place=url,
        remedy="Run the same command again later; it goes on without doubling anything.",
    )


async def _body(stream: object) -> bytes:
    data = bytearray()
    async for piece in stream.iter_any():  # type: ignore[attr-defined]  # aiohttp's StreamReader
        data += piece
        if len(data) > LARGEST_PART:
            raise Invalid("One part of the list is larger than 64 MB.", remedy="Ask its administrator for smaller parts.")
    return bytes(data)


def _named(value: str) -> float | None:
    """Read a Retry-After header: seconds, or a date."""
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _read(body: bytes, url: str, readers: Registry[Reader], moment: str) -> Part:
    root = parse(body, place="the repository's answer")
    if root.tag != f"{OAI}OAI-PMH":
        raise Invalid("This is not an OAI-PMH response.", place=str(root.tag), remedy="Check that this is an OAI-PMH base URL.")
    for error in root.iterfind(f"{OAI}error"):
        if error.get("code") == "noRecordsMatch":
            return Part((), 0, "")
        raise Invalid(
            f"The repository refuses: {text_of(error)} ({error.get('code')}).",
            place=str(error.get("code")),
            remedy="Check the arguments.",
        )
    token = root.find(f".//{OAI}resumptionToken")
    size = token.get("completeListSize") if token is not None else None
    responded = text_of(root.find(f"{OAI}responseDate"))  # what the guidelines on provenance call the harvest date
    harvested = responded if is_moment(responded) else moment
    rows = root.iterfind(f"{OAI}ListRecords/{OAI}record")
    found = tuple(_record(record, readers, origins.shown(url), harvested) for record in rows)
    return Part(found, int(size) if size and size.isdigit() else None, text_of(token))


def _record(record: etree._Element, readers: Registry[Reader], base_url: str, harvested: str) -> Bare | Bad:
    header = record.find(f"{OAI}header")
    name = text_of(header.find(f"{OAI}identifier")) if header is not None else ""
    if header is None or not name:
        return Bad("a record without identifier", "its header names no identifier")
    if header.get("status") == "deleted":
        gone = encode(Record(type="other.other", title=Text(value=f"Withdrawn: {name}")))
        return Bare(origin=name, document=gone, reason="Deleted in the repository it came from.")
    metadata = record.find(f"{OAI}metadata")
    if metadata is None or not len(metadata):
        return Bad(name, "the record has no metadata")
    try:
        document = encode(sound(read_with(readers, metadata[0]).record)[0])
    except SheafError as error:
        return Bad(name, f"{error.message} {error.place}".strip())
    return Bare(origin=name, document=document, provenance=origins.provenance(record, metadata[0], base_url, harvested))
