"""Answers from the database: what harvesters, the explorer and the simulated harvest share. What can fail has failed here."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from server import observe
from server.clock import Clock, to_wire
from server.db.engine import Database
from server.dissemination import Broken
from server.errors import Unavailable
from server.oai import listing, response, verbs
from server.oai.errors import NoRecordsMatch, Refusal
from server.oai.request import (
    GetRecord,
    Identify,
    Listing,
    ListMetadataFormats,
    ListSets,
    Pairs,
    Request,
    Resumption,
    parse,
    prefix_of,
)
from server.oai.response import Body
from server.oai.verbs import Answer, Provider, Unwritable
from server.oai.walk import Listed, Part
from server.records import changes
from server.records.deflated import gzipped, whole

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
            asked = read(provider, pairs)
            if not isinstance(asked, GetRecord):
                body = (await self.respond(provider, pairs, asked, compressed=False))[0]
            else:
                body = response.document(provider.url, pairs, self.clock(), (await self.one(provider, asked)).parts)
        except Refusal as refusal:
            body = await self.refused(provider, pairs, refusal)
        return body if isinstance(body, bytes) else await asyncio.to_thread(whole, body)

    async def respond(self, provider: Provider, pairs: Pairs, asked: Other, *, compressed: bool) -> tuple[Body, Answer]:
        """Return the document that answers a request, and what is to be known of the answer. Raises Refusal, Unavailable."""
        now = self.clock()
        horizon = None
        if isinstance(asked, Listing):
            horizon = await self.database.write(changes.horizon, now)
            now = horizon.at
        verb = _verb(asked, provider, horizon, now)

        def written(answer: Answer) -> tuple[Body, Answer]:
            texts = response.document(provider.url, pairs, now, answer.parts)
            return gzipped(texts) if compressed else texts, answer

        brief = _brief(asked, provider, now)
        if brief is not None and (at_once := self.database.read_at_once(brief)) is not None:
            return written(at_once)
        try:
            body, answer = await self.database.read_hot(lambda tx: written(verb(tx)))
        except Unwritable as refusal:
            if not refusal.more:
                raise
            await self._hold(refusal.broken)  # so that who asks again comes further
            raise Unavailable("Many records cannot be written in this format; they were left out. Ask again.") from None
        await self._hold(answer.broken)
        if isinstance(asked, Listing) and answer.listed is not None:
            answer = replace(answer, listed=replace(answer.listed, list=_listed(asked, provider, now)))
        return body, answer

    async def one(self, provider: Provider, asked: GetRecord) -> Answer:
        """Return one record. Raises Refusal, Unavailable."""
        return await self.database.read_hot(verbs.get_record, asked, provider)

    async def refused(self, provider: Provider, pairs: Pairs, refusal: Refusal) -> Body:
        """Return the document that reports errors."""
        await self._hold(refusal.broken if isinstance(refusal, Unwritable) else ())
        return response.errors(provider.url, pairs, self.clock(), refusal.errors)

    async def _hold(self, broken: Sequence[Broken]) -> None:
        """Remember what cannot be written, so that the administrator finds it and no list counts on it."""
        if broken:
            await self.database.write(_held, broken, self.clock())
        for each in broken:
            log.warning("a record cannot be written", extra={"record": each.record_id, "reason": each.cause})


def _held(tx: Connection, broken: Sequence[Broken], now: datetime) -> None:
    """Hold all of them at once: where a whole format fails they are thousands, and a harvester waits."""
    for each in broken:
        changes.hold(tx, each.record_id, each.format_id, each.cause, now)


def read(provider: Provider, pairs: Pairs) -> Request:
    """Turn arguments into a request; raises Refusal with all that is wrong with them, an unknown format too."""
    try:
        return parse(pairs)
    except Refusal as refusal:
        prefix = prefix_of(pairs)
        if prefix is None or prefix in provider.formats:
            raise
        raise Refusal(*refusal.errors, verbs.no_such_format(prefix, provider)) from None


def _verb(asked: Other, provider: Provider, horizon: changes.Horizon | None, now: datetime) -> Callable[[Connection], Answer]:
    match asked:
        case Identify():
            return lambda tx: verbs.identify(tx, asked, provider, now)
        case ListMetadataFormats():
            return lambda tx: verbs.list_metadata_formats(tx, asked, provider)
        case ListSets():
            return lambda tx: verbs.list_sets(tx, asked, provider, now)
        case Resumption():
            return lambda tx: listing.resume(tx, asked, provider, now)
        case Listing():
            assert horizon is not None  # noqa: S101 -- whoever begins a list reads it first
            edge = horizon
            return lambda tx: listing.begin(tx, asked, provider, edge)


def _brief(asked: Other, provider: Provider, now: datetime) -> Callable[[Connection], Answer | None] | None:
    """Return what can be read in less time than it takes to hand it to a thread, if there is such."""
    match asked:
        case Identify():
            return lambda tx: verbs.identify(tx, asked, provider, now)
        case Resumption():
            return lambda tx: listing.resume_sealed(tx, asked, provider, now)
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
