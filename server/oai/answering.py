"""Answers from the database: what harvesters, the explorer and the simulated harvest share. What can fail has failed here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from server import observe
from server.clock import Clock, to_wire
from server.db.engine import Database
from server.dissemination import Broken
from server.oai import response, token, verbs
from server.oai.errors import NoRecordsMatch, Refusal
from server.oai.harvesters import part
from server.oai.request import GetRecord, Identify, Listing, ListMetadataFormats, ListSets, Pairs, Request, Resumption, parse
from server.oai.token import Position
from server.oai.verbs import Answer, Provider, Unwritable
from server.oai.walk import Listed, Part
from server.records import changes

Other = Identify | ListMetadataFormats | ListSets | Listing | Resumption
"""What is asked for beside a single record."""

log = observe.logger("oai")


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers requests, each in a read of its own."""

    database: Database
    clock: Clock

    async def document(self, provider: Provider, pairs: Pairs) -> bytes:
        """Return what a harvester gets for a request, errors included, uncompressed. Raises Unavailable."""
        try:
            asked = parse(pairs)
            if not isinstance(asked, GetRecord):
                return (await self.respond(provider, pairs, asked, compressed=False))[0]
            return response.document(provider.url, pairs, self.clock(), (await self.one(provider, asked)).parts)
        except Refusal as refusal:
            return await self.refused(provider, pairs, refusal)

    async def respond(self, provider: Provider, pairs: Pairs, asked: Other, *, compressed: bool) -> tuple[bytes, Part | None]:
        """Return the document that answers a request, and how far a list came by it. Raises Refusal, Unavailable."""
        now = self.clock()
        horizon = None
        if isinstance(asked, Listing):
            horizon = await self.database.write(changes.horizon, now)
            now = horizon.at
        verb = _verb(asked, provider, horizon, now)

        def run(tx: Connection) -> tuple[bytes, Part | None, tuple[Broken, ...]]:
            answer = verb(tx)
            body = response.document(provider.url, pairs, now, answer.parts)
            found = _part(asked, provider, now, body)
            return response.compress(body) if compressed else body, found, answer.broken

        body, found, broken = await self.database.read_hot(run)
        await self._hold(broken)
        return body, found

    async def one(self, provider: Provider, asked: GetRecord) -> Answer:
        """Return one record. Raises Refusal, Unavailable."""
        return await self.database.read_hot(verbs.get_record, asked, provider)

    async def refused(self, provider: Provider, pairs: Pairs, refusal: Refusal) -> bytes:
        """Return the document that reports errors."""
        await self._hold(refusal.broken if isinstance(refusal, Unwritable) else ())
        return response.errors(provider.url, pairs, self.clock(), refusal.errors)

    async def _hold(self, broken: Sequence[Broken]) -> None:
        """Remember what cannot be written, so that the administrator finds it and no list counts on it."""
        for each in broken:
            await self.database.write(changes.hold, each.record_id, each.format_id, each.cause, self.clock())
            log.warning("a record cannot be written", extra={"record": each.record_id, "reason": each.cause})


def _verb(asked: Other, provider: Provider, horizon: changes.Horizon | None, now: datetime) -> Callable[[Connection], Answer]:
    match asked:
        case Identify():
            return lambda tx: verbs.identify(tx, asked, provider, now)
        case ListMetadataFormats():
            return lambda tx: verbs.list_metadata_formats(tx, asked, provider)
        case ListSets():
            return lambda tx: verbs.list_sets(tx, asked, provider, now)
        case Resumption():
            return lambda tx: verbs.resume(tx, asked, provider, now)
        case Listing():
            assert horizon is not None  # noqa: S101 -- whoever begins a list reads it first
            edge = horizon
            return lambda tx: verbs.begin(tx, asked, provider, edge)


def _part(asked: Other, provider: Provider, now: datetime, body: bytes) -> Part | None:
    """Return how far an answer brought a list; None where it was none."""
    match asked:
        case Listing():
            return part(_listed(asked, provider, now), 0, body)
        case Resumption(verb, text):
            position = token.read(verb, text, provider.key, Position)  # it was answered, so it can be read
            begun = datetime.fromtimestamp(position.begun, tz=UTC)
            return part(Listed(position.context, verb, position.prefix, position.spec or "", begun), position.cursor, body)
    return None


def _listed(asked: Listing, provider: Provider, begun: datetime) -> Listed:
    since, until = (to_wire(moment) if moment else "" for moment in (asked.since, asked.until))
    return Listed(provider.offer.context, asked.verb, asked.prefix, asked.spec or "", begun, since, until)


def nothing(asked: Request | None, refusal: Refusal, provider: Provider, now: datetime) -> Part | None:
    """Return the list that has no records: to harvest what is new and find nothing is no error, but an end well reached."""
    if not isinstance(asked, Listing) or asked.since is None:
        return None
    none = all(isinstance(error, NoRecordsMatch) for error in refusal.errors)
    return Part(_listed(asked, provider, now), 0, 0, 0) if none else None
