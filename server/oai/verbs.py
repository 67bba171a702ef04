"""The six verbs: a request and the read transaction in, the answer out."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from msgspec import structs
from sqlalchemy import Connection

from server import regrouping
from server.clock import to_wire
from server.db.sequences import last
from server.dissemination import Broken, disseminate
from server.errors import NotFound, Unavailable
from server.metadata.format import Format
from server.metadata.fragments import Renderer
from server.metadata.templates import environment
from server.oai import response, sets
from server.oai.definition import Definition, Offer, base_url, offered
from server.oai.errors import (
    BadResumptionToken,
    CannotDisseminateFormat,
    IdDoesNotExist,
    NoMetadataFormats,
    NoSetHierarchy,
    OaiError,
    Refusal,
    quoted,
)
from server.oai.request import GetRecord, Identify, ListMetadataFormats, ListSets
from server.oai.token import SETS_AGAIN, Position, SetsPosition, read, write
from server.oai.walk import Part
from server.records import lists
from server.records.deflated import Text
from server.records.headers import SPEC
from server.records.sealing import Unsealed
from server.records.sizes import Sizes

SETS_PAGE = 500
"""Sets in one part of ListSets."""

_LEEWAY = 3600
"""Seconds by which the clocks of two servers may differ."""

_SAMPLE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
"""What an id looks like where there is no work yet that could be named."""

_NOWHERE = 0
"""The hidden set of a base URL whose conditions no record ever fitted: no set has this number."""


@dataclass(slots=True)
class Edge:
    """How far the feed is known to reach, so that not every part of a list asks for it again: it only grows."""

    seq: int = 0

    def reaches(self, tx: Connection, seq: int) -> bool:
        """Say whether a `seq` was ever given."""
        if seq > self.seq:
            self.seq = last(tx, "feed")
        return seq <= self.seq


@dataclass(frozen=True)
class Provider:
    """What the verbs know beside the database: the renderer's formats, and what is offered of them at the base URL asked."""

    renderer: Renderer
    key: bytes
    definition: Definition
    offer: Offer
    edge: Edge = field(default_factory=Edge)
    titles: Callable[[], Mapping[str, str]] = dict
    """What the collections are called now, by code."""
    sizes: Sizes = field(default_factory=Sizes)
    numbers: dict[str, int] = field(default_factory=dict)
    """The numbers of the sets somebody asked for, by spec: a set keeps its number for ever."""

    @property
    def url(self) -> str:
        """The base URL."""
        return base_url(self.renderer.repository.url, self.offer.context)

    @property
    def page_size(self) -> int:
        return self.definition.page_size

    @property
    def token_life(self) -> timedelta:
        return self.definition.token_life

    @cached_property
    def formats(self) -> dict[str, Format]:
        """The formats offered, by prefix."""
        return offered(self.offer.formats, self.renderer.formats)

    def within(self, tx: Connection) -> int | None:
        """Return the hidden set of all that is found here, None where that is everything.

        Raises Unavailable while nobody knows yet what that will be.
        """
        if not self.offer.within or not regrouping.chosen(tx, self.offer.within):
            return None
        return lists.set_id(tx, self.offer.within) or _NOWHERE

    def set_number(self, tx: Connection, spec: str) -> int | None:
        """Return the number of a set; None where it has none, or none yet."""
        found = self.numbers.get(spec) or lists.set_id(tx, spec)
        if found is not None:
            self.numbers[spec] = found
        return found

    def number(self, prefix: str) -> int | None:
        """Return the number of the format offered under a prefix, None where there is none."""
        form = self.formats.get(prefix)
        return None if form is None else self.renderer.ids[form.name]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb answers, as it is or deflated already; and the records it had to leave out, as they cannot be written.

    Of a list also how far it came; of one of records what is worth sealing.
    """

    parts: Sequence[Text]
    broken: tuple[Broken, ...] = ()
    listed: Part | None = None
    unsealed: Unsealed | None = None


class Unwritable(Refusal):
    """Records are refused as they cannot be written in a format: what is wrong with them is kept for the administrator.

    `more` says that others may follow them which can.
    """

    def __init__(self, broken: tuple[Broken, ...], error: OaiError, *, more: bool = False) -> None:
        super().__init__(error)
        self.broken = broken
        self.more = more


def identify(tx: Connection, _request: Identify, provider: Provider, now: datetime) -> Answer:
    """Describe the repository (OAI-PMH 4.2)."""
    repository, definition = provider.renderer.repository, provider.definition
    earliest = lists.earliest(tx) or now
    own = (base_url(repository.url, context) for context in ("", *(each.path for each in definition.contexts)))
    values = {
        "repository": repository,
        "definition": definition,
        "offer": provider.offer,
        "url": provider.url,
        "friends": [address for address in dict.fromkeys((*own, *definition.friends)) if address != provider.url],
        "earliest": to_wire(earliest),
        "sample": repository.oai_id(_sample(tx, provider)),
    }
    return _rendered("oai/identify.xml", values)


def _sample(tx: Connection, provider: Provider) -> str:
    with suppress(Unavailable):  # a base URL whose records are still being worked out
        return lists.sample(tx, provider.within(tx)) or _SAMPLE
    return _SAMPLE


def list_metadata_formats(tx: Connection, request: ListMetadataFormats, provider: Provider) -> Answer:
    """List the formats, of the repository or of one item (OAI-PMH 4.4)."""
    formats = provider.formats
    if request.identifier is not None:
        try:
            known = lists.formats_of(tx, provider.renderer.repository.local_id(request.identifier), provider.within(tx))
            available = [prefix for prefix, form in formats.items() if form.name in known]
        except NotFound:
            raise Refusal(IdDoesNotExist(f"There is no item {quoted(request.identifier)} in this repository.")) from None
        if not available:
            raise Refusal(NoMetadataFormats("There is no metadata format for this item."))
        formats = {prefix: formats[prefix] for prefix in available}
    return _rendered("oai/list_metadata_formats.xml", {"formats": formats.values()})


def list_sets(tx: Connection, request: ListSets, provider: Provider, now: datetime) -> Answer:
    """List every set that is offered, parents before children, SETS_PAGE at a time (OAI-PMH 4.6).

    A token names the last set given, so it goes on there whatever became of the names or the number of sets.
    """
    found = sets.offered(tx, provider.renderer.grouping, provider.offer, provider.titles())
    if request.token is None and not found:
        raise Refusal(NoSetHierarchy("This repository has no sets yet."))
    place = _place(request, provider, now)
    after = place.after.split(":") if place.after else []
    rest = [(spec, named) for spec, named in found if spec.split(":") > after]
    if not rest:
        raise Refusal(BadResumptionToken(f"No sets come after this place any more. {SETS_AGAIN}"))
    texts = [*_rendered("oai/list_sets.xml", {"sets": rest[:SETS_PAGE]}).parts]
    size = place.cursor + len(rest)
    if len(rest) > SETS_PAGE:
        following = structs.replace(place, after=rest[SETS_PAGE - 1][0], cursor=place.cursor + SETS_PAGE)
        token = write("ListSets", following, provider.key)
        texts.append(response.resumption(token, size=size, cursor=place.cursor, expires=place.expires))
    elif place.cursor:
        texts.append(response.resumption("", size=size, cursor=place.cursor, expires=place.expires))
    return Answer(response.element("ListSets", texts))


def _place(request: ListSets, provider: Provider, now: datetime) -> SetsPosition:
    """Return where to begin in the list of sets."""
    begun = int(now.timestamp())
    expires = begun + int(provider.token_life.total_seconds())
    if request.token is None:
        return SetsPosition(after="", cursor=0, begun=begun, expires=expires, context=provider.offer.context)
    try:
        place = read("ListSets", request.token, provider.key, SetsPosition)
    except BadResumptionToken as error:
        raise Refusal(error) from None
    if wrong := refused(place, provider, now):
        raise Refusal(BadResumptionToken(f"{wrong} {SETS_AGAIN}"))
    return structs.replace(place, expires=expires)


def refused(position: Position | SetsPosition, provider: Provider, now: datetime) -> str:
    """Say why a token of ours is not taken at this base URL at this moment; empty where it is."""
    if position.context != provider.offer.context:
        home = base_url(provider.renderer.repository.url, position.context)
        return f"This resumptionToken was issued at {home} and is valid only there."
    if position.expires < now.timestamp():
        return f"The resumptionToken has expired; {position.cursor} were delivered."
    if position.begun > now.timestamp() + _LEEWAY:
        return "This resumptionToken comes from the future."
    return ""


def get_record(tx: Connection, request: GetRecord, provider: Provider) -> Answer:
    """Give one record (OAI-PMH 4.1); a withdrawn one as its tombstone."""
    wrong: list[OaiError] = []
    local = provider.renderer.repository.local_id(request.identifier)
    if request.prefix not in provider.formats:
        wrong.append(no_such_format(request.prefix, provider))
    try:
        entry = lists.one(tx, local, provider.number(request.prefix) or 0, provider.within(tx))
    except NotFound as error:
        if error.code == "record":
            wrong.append(IdDoesNotExist(f"There is no item {quoted(request.identifier)} in this repository."))
        elif not wrong:
            wrong.append(CannotDisseminateFormat(f"This item cannot be given as {request.prefix}."))
    if wrong:
        raise Refusal(*wrong)
    found = disseminate(tx, provider.renderer, provider.formats[request.prefix], [entry])
    if (record := found.records[0]) is None:
        raise Unwritable(found.broken, CannotDisseminateFormat(f"This item cannot be given as {request.prefix}."))
    return Answer(response.element("GetRecord", told([record], provider)))


def told(parts: list[bytes], provider: Provider) -> list[bytes]:
    """Leave out of the headers the sets that are not offered: a header names only sets ListSets knows (OAI-PMH 2.6)."""
    if not provider.offer.shown:
        return parts
    return [_without_sets(part, provider.offer) for part in parts]


def _without_sets(part: bytes, offer: Offer) -> bytes:
    head, end, rest = part.partition(b"</header>")
    return SPEC.sub(lambda found: found[0] if offer.offers_set(found[1].decode()) else b"", head) + end + rest


def no_such_format(prefix: str, provider: Provider) -> CannotDisseminateFormat:
    """Return what is said of a format that is not offered here."""
    return CannotDisseminateFormat(
        f"There is no metadata format {quoted(prefix)} here. Available: {', '.join(provider.formats)}."
    )


def _rendered(template: str, values: dict[str, object]) -> Answer:
    return Answer([environment().get_template(template).render(values).encode()])
