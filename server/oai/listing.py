"""The two verbs that give lists, ListRecords and ListIdentifiers: begun, gone on with, and the token for what follows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec import structs
from sqlalchemy import Connection

from server.clock import to_wire
from server.dissemination import Broken, disseminate
from server.metadata.format import Format
from server.oai import response, sets
from server.oai.errors import BadResumptionToken, NoRecordsMatch, NoSetHierarchy, OaiError, Refusal, quoted
from server.oai.request import Listing, Resumption
from server.oai.token import Position, read, verb_of, write
from server.oai.verbs import Answer, Provider, Unwritable, no_such_format, refused, told
from server.oai.walk import Listed, Part
from server.records import lists, parts
from server.records.changes import Horizon
from server.records.lists import Entry, Range
from server.records.sealing import Unsealed

_LISTS = ("ListRecords", "ListIdentifiers")


def begin(tx: Connection, request: Listing, provider: Provider, horizon: Horizon) -> Answer:
    """Begin a list (OAI-PMH 4.3, 4.5): count it, remember its horizon in the token."""
    set_id = _set(tx, request, provider)
    after = 0
    if request.since is not None:
        first = lists.first_at(tx, request.since)
        after = horizon.seq if first is None else first - 1
    until = None if request.until is None else lists.last_at(tx, request.until)
    number = provider.renderer.ids[provider.formats[request.prefix].name]
    within, shown = provider.within(tx), provider.offer.shown
    wanted = Range(number, horizon.seq, set_id, within, after=after, until=until, shown=shown)
    size = provider.sizes.of(tx, wanted, horizon.at)
    if size == 0:
        raise Refusal(NoRecordsMatch("No records match the request."))
    begun = int(horizon.at.timestamp())
    position = Position(
        prefix=request.prefix,
        spec=request.spec,
        horizon=horizon.seq,
        until=until,
        after=after,
        cursor=0,
        size=size,
        begun=begun,
        expires=0,
        context=provider.offer.context,
    )
    return _part(tx, request.verb, position, wanted, provider, horizon.at)


def resume(tx: Connection, request: Resumption, provider: Provider, now: datetime) -> Answer:
    """Continue a list exactly as it was when it was begun (OAI-PMH 3.5). The same token gives the same part."""
    return _part(tx, request.verb, *_resumed(tx, request, provider, now), provider, now)


def resume_sealed(tx: Connection, request: Resumption, provider: Provider, now: datetime) -> Answer | None:
    """Continue a list of records with sealed blocks alone, which takes next to no time; None where it needs more than those."""
    if request.verb != "ListRecords":
        return None
    position, wanted = _resumed(tx, request, provider, now)
    part = parts.sealed(tx, wanted, provider.page_size)
    if part is None:
        return None
    return _given(request.verb, position, part, _Writing(wanted, provider.formats[position.prefix], provider), now)


def _resumed(tx: Connection, request: Resumption, provider: Provider, now: datetime) -> tuple[Position, Range]:
    """Return where a list goes on; raises Refusal where its token is not taken."""
    issued = verb_of(request.token, provider.key, (request.verb, *_LISTS)) or request.verb
    try:
        position = read(issued, request.token, provider.key, Position)
    except BadResumptionToken as error:
        raise Refusal(error) from None
    number = provider.number(position.prefix)
    is_offered = position.spec is None or provider.offer.offers_set(position.spec)
    set_id = provider.set_number(tx, position.spec) if position.spec is not None and is_offered else None
    wrong = refused(position, provider, now)
    if not wrong and issued != request.verb:
        wrong = f"This resumptionToken was issued for {issued}, and {issued} goes on with it."
    if not wrong and position.begun + 2 * provider.token_life.total_seconds() < now.timestamp():
        # Ghosts are kept for twice a token's life as it is now, which may be shorter than when this list was begun.
        wrong = "This list was begun too long ago."
    if not wrong and not provider.edge.reaches(tx, position.horizon):  # an older state of this repository was restored since
        wrong = "This resumptionToken comes from the future: it speaks of changes that are not here."
    if not wrong and (number is None or (position.spec is not None and set_id is None)):
        wrong = "The format or set of this list is no longer offered."
    if wrong or number is None:
        raise Refusal(BadResumptionToken(f"{wrong} {_go_on(tx, request.verb, position)}"))
    within, shown = provider.within(tx), provider.offer.shown
    return position, Range(number, position.horizon, set_id, within, after=position.after, until=position.until, shown=shown)


def _go_on(tx: Connection, verb: str, position: Position) -> str:
    """Say with which arguments the rest of a list is had without its token."""
    reached = lists.reached(tx, position.after)
    if reached is None:
        return f"Begin again with {verb}."
    spec = f", set={position.spec}" if position.spec else ""
    words = f"To go on, begin again with {verb}, metadataPrefix={position.prefix}{spec} and from={to_wire(reached)}"
    return f"{words}, the datestamp of the last record delivered."


@dataclass(slots=True)
class _Writing:
    """Writes the records of a list, and remembers which of them cannot be written."""

    wanted: Range
    form: Format
    provider: Provider
    broken: list[Broken] = field(default_factory=list)

    def __call__(self, tx: Connection, entries: Sequence[Entry]) -> list[bytes]:
        found = disseminate(tx, self.provider.renderer, self.form, entries)
        self.broken.extend(found.broken)
        return told([record for record in found.records if record is not None], self.provider)


def _part(tx: Connection, verb: str, position: Position, wanted: Range, provider: Provider, now: datetime) -> Answer:
    writing = _Writing(wanted, provider.formats[position.prefix], provider)

    def show(_tx: Connection, entries: Sequence[Entry]) -> list[bytes]:
        return told([entry.header for entry in entries], provider)

    if verb == "ListRecords":
        part = parts.records(tx, wanted, provider.page_size, writing)
    else:
        part = parts.headers(tx, wanted, provider.page_size, show)
    if not part.texts:
        words = "Nothing is left of this list; it has ended." if position.cursor else "No records match the request."
        raise Unwritable(tuple(writing.broken), NoRecordsMatch(words), more=part.more)
    if writing.broken:
        position = structs.replace(position, size=position.size - len(writing.broken))
    return _given(verb, position, part, writing, now)


def _given(verb: str, position: Position, part: parts.Part, writing: _Writing, now: datetime) -> Answer:
    """Return a part of a list as it is answered, with the token for what follows (OAI-PMH 3.5)."""
    provider = writing.provider
    expires = _expires(position, provider, now)
    token = ""
    if part.more:
        following = structs.replace(position, after=part.after, cursor=position.cursor + part.count, expires=expires)
        token = write(verb, following, provider.key)
    if part.more or position.cursor > 0:
        part.texts.append(response.resumption(token, size=position.size, cursor=position.cursor, expires=expires))
    begun = datetime.fromtimestamp(position.begun, tz=UTC)
    walked = Listed(position.context, verb, position.prefix, position.spec or "", begun)
    listed = Part(walked, part.count, position.cursor + part.count, position.size, token)
    stretches = tuple(stretch for stretch in part.stretches if stretch.is_worth_sealing)
    unsealed = Unsealed(writing.wanted, stretches, writing) if verb == "ListRecords" else None
    return Answer(response.element(verb, part.texts), tuple(writing.broken), listed, unsealed)


def _expires(position: Position, provider: Provider, now: datetime) -> int:
    """Return when a token ends: ghosts are kept for twice a token's life, and each token lives its whole life within that."""
    life = int(provider.token_life.total_seconds())
    return min(int(now.timestamp()) + life, position.begun + 2 * life)


def _set(tx: Connection, request: Listing, provider: Provider) -> int | None:
    """Return the number of the set asked for; raises Refusal with all that is wrong with format and set."""
    spec = request.spec
    wrong: list[OaiError] = []
    if request.prefix not in provider.formats:
        wrong.append(no_such_format(request.prefix, provider))
    found = provider.set_number(tx, spec) if spec is not None and provider.offer.offers_set(spec) else None
    if spec is not None and found is None:
        if not lists.all_sets(tx):
            wrong.append(NoSetHierarchy("This repository has no sets yet."))
        elif sets.is_named(tx, spec, provider.renderer.grouping, provider.offer):  # a set without a member so far has no number
            wrong.append(NoRecordsMatch(f"The set {spec} is empty."))
        else:
            wrong.append(NoRecordsMatch(f"There is no set {quoted(spec)}; ListSets names them."))
    if wrong:
        raise Refusal(*wrong)
    return found
