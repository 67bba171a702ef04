"""The OAI repository definition as a kind of profile: what is refused, tested, shown before it is saved, and what follows."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import unescape
from typing import Any

import aiohttp
import msgspec
from aiohttp import ClientSession
from sqlalchemy import Connection

from server import regrouping, rendering
from server.clock import Clock
from server.db.engine import Database
from server.forms.field import Choice, Label
from server.metadata.format import Format
from server.oai.counting import review
from server.oai.definition import KIND, Context, Definition, base_url
from server.profiles.kind import Kind, Preview, Tested
from server.profiles.model import Profile, Wrong
from server.records import changes

_TIMEOUT = aiohttp.ClientTimeout(total=15)
_LARGEST_ANSWER = 64 * 1024
_QUOTED = 200


#: What a definition that was saved still has to lead to, in words.
PENDING = {
    "sets": (
        "The sets are being worked out anew. Until that is done, a context that got conditions holds what it held before, and a "
        "new one has harvesters come again later (503)."
    ),
    "rendering": "Every record is being rendered anew, and given to harvesters and agencies as it then is.",
}


def pending(tx: Connection) -> tuple[str, ...]:
    """Return in sentences what follows from the definition and is still being done."""
    found = {"sets": regrouping.progress(tx) is not None, "rendering": rendering.is_pending(tx)}
    return tuple(words for name, words in PENDING.items() if found[name])


def kind(url: str, formats: Mapping[str, Format], database: Database, clock: Clock) -> Kind:
    """Return the kind; `url` is the address of this server, without a slash at its end."""
    address = base_url(url, "")

    async def test(settings: Definition, session: ClientSession) -> Tested:
        addresses = [address, *(base_url(url, context.path) for context in settings.contexts)]
        return _summed(await asyncio.gather(*(_identified(each, session) for each in addresses)))

    def facts(profile: Profile) -> tuple[tuple[str, str], ...]:
        contexts = profile.document.get("contexts", ())
        return (
            ("Base URL", address),
            ("Identify", f"{address}?verb=Identify"),
            ("Formats", f"{address}?verb=ListMetadataFormats"),
            *((f"Base URL of {found['title']}", base_url(url, found["path"])) for found in contexts),
        )

    def saved(tx: Connection, profile: Profile, now: datetime) -> None:
        definition = msgspec.convert(profile.document, Definition)
        rendering.rename(tx, definition.repository_name, definition.metadata_licence, now)
        for each in definition.grouping.own:
            changes.describe(tx, each.spec, each.name, each.description)
        regrouping.settle(tx, definition.sets_kept, now, after=regrouping.MOMENT)

    def deleted(tx: Connection, _profile: Profile) -> None:
        regrouping.forget(tx)

    async def reviewed(before: Definition, after: Definition) -> Preview | None:
        return await review(database, clock, before, after)

    def guard(_tx: Connection, _before: Profile | None, settings: Definition) -> None:
        if wrong := dict(_doubled(settings, formats)):
            raise Wrong(wrong)

    def one_of_each(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        return (("formats", words) for words in _twice(values.get("formats", ()), formats))

    inorder = sorted(formats.values(), key=lambda found: (found.prefix != "oai_dc", found.is_variant, found.title))
    choices = tuple(Choice(found.name, found.title, f"{found.prefix} – {found.namespace}") for found in inorder)
    return Kind(
        name=KIND,
        title="OAI repository definition",
        description="Publishes records as OAI-PMH: its name, who answers for it, what harvesters may ask for.",
        settings=Definition,
        single="An institution has one OAI repository: harvesters know its records by one domain and one base URL, and a second "
        "definition would contradict the first. Change the one there is.",
        creates="No jobs. Harvesters ask at its base URL.",
        test=test,
        tests="Asks each of its base URLs, as a harvester would, whether this repository answers there. Nothing is changed.",
        guard=guard,
        saved=saved,
        deleted=deleted,
        review=reviewed,
        pending=pending,
        rules={Definition: one_of_each, Context: one_of_each},
        facts=facts,
        labels={"formats": Label(choices=choices), "contexts.formats": Label(choices=choices)},
    )


def _doubled(settings: Definition, known: Mapping[str, Format]) -> Iterator[tuple[str, str]]:
    """Yield where two formats of a base URL go by one prefix, by field."""
    yield from (("formats", words) for words in _twice(settings.formats, known))
    for place, context in enumerate(settings.contexts):
        yield from ((f"contexts.{place}.formats", words) for words in _twice(context.formats, known))


def _twice(chosen: Iterable[str], known: Mapping[str, Format]) -> Iterator[str]:
    prefixes = Counter(known[name].prefix for name in chosen if name in known)
    for prefix, count in prefixes.items():
        if count > 1:
            names = ", ".join(f"“{found.title}”" for found in known.values() if found.name in chosen and found.prefix == prefix)
            yield f"choose only one of {names}: all have the prefix {prefix}"


def _summed(found: Iterable[Tested]) -> Tested:
    """Return what was found at several addresses as one answer: it agrees where all do, else says only what is wrong."""
    found = tuple(found)
    wrong = [each for each in found if not each.agrees]
    return Tested(agrees=not wrong, message=" ".join(each.message for each in wrong or found))


async def _identified(address: str, session: ClientSession) -> Tested:
    """Ask ourselves, as a harvester anywhere would, who we are."""
    try:
        async with session.get(address, params={"verb": "Identify"}, timeout=_TIMEOUT) as answer:
            body = (await answer.content.read(_LARGEST_ANSWER)).decode("utf-8", "replace")
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        reason = str(error) or type(error).__name__
        return Tested(agrees=False, message=f"Nobody answers at {address}: {reason}")
    found = re.search(r"<repositoryName>([^<]*)</repositoryName><baseURL>([^<]*)</baseURL>", body)
    if status != 200 or found is None:  # noqa: PLR2004
        return Tested(agrees=False, message=f"{address} answers {status} and no Identify: {body[:_QUOTED]}")
    name, there = map(unescape, found.groups())
    if there != address:
        return Tested(agrees=False, message=f"At {address} another repository answers; it calls itself {name} at {there}.")
    return Tested(agrees=True, message=f"{address} answers Identify: {name}.")
