"""The OAI repository definition: what the one data provider of the institution is called and offers. A kind of profile."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from html import unescape
from typing import Annotated, Any

import aiohttp
from aiohttp import ClientSession
from msgspec import Meta, Struct
from sqlalchemy import Connection

from server import rendering
from server.errors import NotFound
from server.forms.field import Choice, Label, title
from server.metadata.format import Format
from server.oai.allowed import Allowed
from server.profiles.kind import Kind, Tested
from server.profiles.model import Profile
from server.ruled import refuse

KIND = "oai"

#: OAI-PMH.xsd, emailType.
_EMAIL = re.compile(r"[^\s@]+@([^\s@.]+\.)+[^\s@.]+")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")
_DUBLIN_CORE = "oai_dc"
EXPLORE = "explore"
"""The one name no context may have: `/oai/explore` is for people."""

_PATH = r"^[a-z0-9-]{1,32}\Z"
_TIMEOUT = aiohttp.ClientTimeout(total=15)
_LARGEST_ANSWER = 64 * 1024
_QUOTED = 200

#: The families of sets; one that is offered brings every set below it.
SETS = (
    Choice("collection", "Works by collection", "collection, collection:works, …"),
    Choice("type", "Works by category and type", "type, type:dataset, type:dataset:dataset, …"),
    Choice("open_access", "Works in open access", "open_access"),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What harvesters find at one base URL."""

    context: str
    """The last part of its address; empty at the base URL of the repository itself."""
    name: str
    description: str
    formats: tuple[str, ...]
    sets: tuple[str, ...]

    def offers_set(self, spec: str) -> bool:
        """Whether a set or the family it belongs to is offered."""
        return not self.sets or spec.partition(":")[0] in self.sets

    @property
    def shown(self) -> str:
        """What tells the lists apart whose headers name different sets; empty where they name all."""
        return sha256(" ".join(sorted(self.sets)).encode()).hexdigest()[:32] if self.sets else ""


class Context(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further base URL of the same repository, with formats and sets of its own."""

    path: Annotated[
        str,
        Meta(pattern=_PATH),
        title(
            "Name in the address",
            "Its base URL ends in /oai/ and this name; harvesters keep it, so a new name loses them.",
            rule="may hold letters a to z, digits and - only, at most 32",
        ),
    ]
    title: Annotated[
        str, Meta(min_length=1, max_length=200), title("Title", "Identify says the repository's name, a colon and this title.")
    ]
    description: Annotated[
        str, Meta(max_length=5000), title("Description", "What it is for; its Identify says it.", widget="textarea")
    ] = ""
    formats: Annotated[
        tuple[str, ...], title("Formats offered", "None chosen means all. oai_dc must be among them (OAI-PMH 2.5).")
    ] = ()
    sets: Annotated[
        tuple[str, ...],
        title(
            "Sets offered",
            "None chosen means all. Every record is in the list of all, whatever is offered here: sets filter nothing.",
            choices=SETS,
        ),
    ] = ()

    def __post_init__(self) -> None:
        refuse(self, self.faults)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        yield from _unoffered(values)


class Definition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What harvesters are told of the repository, and how lists are cut."""

    repository_name: Annotated[
        str,
        Meta(min_length=1, max_length=200),
        title(
            "Repository name",
            "As harvesters and visitors see it. It stands as publisher in records that name none: a new name has every record "
            "rendered and sent to harvesters and agencies anew.",
        ),
    ]
    admin_emails: Annotated[
        tuple[str, ...],
        Meta(min_length=1, max_length=20),
        title("Administrators' e-mail addresses", "One a line. Harvesters write there."),
    ]
    description: Annotated[
        str, Meta(max_length=5000), title("Description", "What the repository holds; Identify says it.", widget="textarea")
    ] = ""
    rights: Annotated[
        str,
        Meta(max_length=5000),
        title("Rights", "What harvesters may do with the metadata; Identify says it.", widget="textarea"),
    ] = ""
    metadata_licence: Annotated[
        str,
        Meta(max_length=500),
        title(
            "Licence of the metadata",
            "Its address, like https://creativecommons.org/publicdomain/zero/1.0/. Identify and every record say it: a new "
            "one has all records sent to harvesters anew. Empty says nothing.",
        ),
    ] = ""
    friends: Annotated[
        tuple[str, ...],
        Meta(max_length=100),
        title(
            "Friends", "Base URLs of other repositories that harvesters of this one may like, one a line; Identify names them."
        ),
    ] = ()
    page_size: Annotated[int, Meta(ge=1, le=1000), title("Page size", "Records in one part of a list, at most 1000.")] = 500
    token_days: Annotated[
        int,
        Meta(ge=1, le=366),
        title("Days a resumptionToken is valid", "A list must be walked within twice that time."),
    ] = 7
    formats: Annotated[
        tuple[str, ...], title("Formats offered", "None chosen means all. oai_dc must be among them (OAI-PMH 2.5).")
    ] = ()
    sets: Annotated[
        tuple[str, ...],
        title(
            "Sets offered", "None chosen means all. The list of all records stays whole, whatever is offered here.", choices=SETS
        ),
    ] = ()
    contexts: Annotated[
        tuple[Context, ...],
        Meta(max_length=50),
        title(
            "Contexts",
            "Further base URLs, each with formats and sets of its own. Every context holds all records: "
            "it chooses how they are given, not which.",
            one="Context",
        ),
    ] = ()
    allowed: Annotated[
        tuple[Allowed, ...],
        Meta(max_length=200),
        title(
            "Harvesters let in first",
            "When the server has more to do than it can, these go before all others. Known by where they come from, never by the "
            "name they give themselves.",
            one="Harvester",
        ),
    ] = ()

    def __post_init__(self) -> None:
        refuse(self, self.faults)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for address in values.get("admin_emails", ()):
            if not _EMAIL.fullmatch(address):
                yield "admin_emails", f"{address!r} is not a whole address with a dot after the @, as OAI-PMH asks for"
        for name, addresses in (("friends", values.get("friends", ())), ("metadata_licence", [values.get("metadata_licence")])):
            for address in filter(None, addresses):
                if not _ADDRESS.fullmatch(address):
                    yield name, f"{address!r} is not an address that begins with https:// or http://"
        yield from _unoffered(values)
        paths = [context.path for context in values.get("contexts", ()) if context]
        if EXPLORE in paths:
            yield "contexts", f"{EXPLORE!r} is where people look at what harvesters get"
        for twice in dict.fromkeys(path for path in paths if paths.count(path) > 1):
            yield "contexts", f"two of them have the name {twice!r}"

    @property
    def token_life(self) -> timedelta:
        return timedelta(days=self.token_days)

    def offer(self, context: str) -> Offer:
        """Return what is found at the base URL of a context, "" for that of the repository; raises NotFound."""
        if not context:
            return Offer("", self.repository_name, self.description, self.formats, self.sets)
        for found in self.contexts:
            if found.path == context:
                name = f"{self.repository_name}: {found.title}"
                return Offer(context, name, found.description, found.formats, found.sets)
        raise NotFound("There is no OAI-PMH base URL at this address. The one of the whole repository ends in /oai.")


def base_url(url: str, context: str) -> str:
    """Return the base URL of a context; `url` is the address of this server, without a slash at its end."""
    return f"{url}/oai/{context}" if context else f"{url}/oai"


def offered(chosen: Iterable[str], known: Mapping[str, Format]) -> dict[str, Format]:
    """Return the formats of a base URL by prefix: those chosen by name, or each that goes by its prefix."""
    chosen = frozenset(chosen)
    found = [form for form in known.values() if (form.name in chosen if chosen else not form.is_variant)]
    return {form.prefix: form for form in found}


def _unoffered(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    formats, families = values.get("formats", ()), {choice.value for choice in SETS}
    if formats and _DUBLIN_CORE not in formats:
        yield "formats", "oai_dc is missing; OAI-PMH 2.5 demands it of every repository"
    for name in values.get("sets", ()):
        if name not in families:
            yield "sets", f"there is no {name!r}; there are {', '.join(sorted(families))}"


def kind(url: str, formats: Mapping[str, Format]) -> Kind:
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
        told = profile.document
        rendering.rename(tx, str(told["repository_name"]), str(told.get("metadata_licence", "")), now)

    choices = tuple(Choice(name, name, found.namespace) for name, found in formats.items())
    return Kind(
        name=KIND,
        title="OAI repository definition",
        description="Publishes records as OAI-PMH: its name, who answers for it, what harvesters may ask for.",
        settings=Definition,
        single="An institution has one OAI repository: harvesters know its records by one domain and one base URL, and a second "
        "definition would contradict the first. Change the one there is.",
        creates="No jobs. Harvesters ask at its base URL.",
        test=test,
        saved=saved,
        facts=facts,
        labels={"formats": Label(choices=choices), "contexts.formats": Label(choices=choices)},
    )


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
