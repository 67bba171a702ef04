"""The OAI repository definition: what the one data provider of the institution is called, offers and keeps apart in sets."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from server.errors import NotFound
from server.forms.field import Choice, title
from server.metadata.format import Format
from server.metadata.sets import FAMILIES, STANDARD, Grouping, OwnSet, above
from server.oai.allowed import Allowed
from server.records.query import Query
from server.records.sets import HIDDEN
from server.regrouping import Sets
from server.ruled import refuse

KIND = "oai"

_LEAST_DAYS = 7

#: OAI-PMH.xsd, emailType.
_EMAIL = re.compile(r"[^\s@]+@([^\s@.]+\.)+[^\s@.]+")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")
_DUBLIN_CORE = "oai_dc"
"""A format by this name, or one of its profiles: their names begin alike."""
EXPLORE = "explore"
"""The one name no context may have: `/oai/explore` is for people."""

_PATH = r"^[a-z0-9-]{1,32}\Z"
#: OAI-PMH 2.6: the characters of a setSpec; a colon leads to what is below.
_SPEC = r"^[A-Za-z0-9_.!~*'()-]+(:[A-Za-z0-9_.!~*'()-]+)*\Z"

#: The families of sets; one that is offered brings every set below it.
SETS = tuple(
    Choice(family.root, family.name, f"{family.root}: {family.description}" if family.child is None else f"{family.root}:…")
    for family in FAMILIES.values()
)

_FORMATS = title(
    "Formats offered",
    "Tick none to offer every format, with oai_dc as plain Dublin Core. Where you tick any, tick one with the prefix oai_dc too: "
    "OAI-PMH 2.5 asks for it. Of several with the same prefix only one can be offered at a base URL.",
)
_SETS = title(
    "Sets offered",
    f"None chosen means {', '.join(STANDARD)}, and what other base URLs offer. Every record is in the list of all, whatever is "
    "offered here: sets filter nothing.",
    choices=SETS,
)
_OWN = title("Sets of your own offered", "Their names in the address, one a line; empty: all of them.")


@dataclass(frozen=True, slots=True)
class Offer:
    """What harvesters find at one base URL."""

    context: str
    """The last part of its address; empty at the base URL of the repository itself."""
    name: str
    description: str
    formats: tuple[str, ...]
    families: frozenset[str] | None
    """The families of sets; None where all are offered that some base URL offers."""
    own: frozenset[str] | None
    """The sets of one's own with those above them; None where all are offered."""
    within: str = ""
    """The hidden set of all its records; empty where it holds every record."""

    def offers_set(self, spec: str) -> bool:
        """Whether a set or the family it belongs to is offered.

        A set nobody defines any more is still given where all are: it has had members, and they are deleted there now.
        """
        root = spec.partition(":")[0]
        if root in FAMILIES:
            return self.families is None or root in self.families
        return not spec.startswith(HIDDEN) and (self.own is None or spec in self.own)

    @property
    def shown(self) -> str:
        """What tells the lists apart whose headers name different sets; empty where they name all."""
        if self.families is None and self.own is None:
            return ""
        said = [sorted(names) if names is not None else None for names in (self.families, self.own)]
        return sha256(msgspec.json.encode(said)).hexdigest()[:32]


class SavedSet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A set of one's own: the works that fit its conditions."""

    spec: Annotated[
        str,
        Meta(pattern=_SPEC, max_length=190),
        title(
            "Name in the address",
            "Harvesters ask for set= and this name and keep it. A colon puts it below another: biology:botany.",
            rule="may hold letters, digits and - _ . ! ~ * ' ( ) only, and colons between its parts",
        ),
    ]
    name: Annotated[str, Meta(min_length=1, max_length=200), title("Name", "What ListSets calls it.")]
    description: Annotated[str, Meta(max_length=5000), title("Description", "ListSets says it.", widget="textarea")] = ""
    conditions: Annotated[
        Query, title("Conditions", "All that say something must hold; of several values of one, any. None at all: every work.")
    ] = Query()


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
    formats: Annotated[tuple[str, ...], _FORMATS] = ()
    sets: Annotated[tuple[str, ...], _SETS] = ()
    own_sets: Annotated[tuple[str, ...], Meta(max_length=500), _OWN] = ()
    conditions: Annotated[
        Query,
        title(
            "Only works with",
            "What this base URL holds: works that fit all conditions; the others are not there at all. None: every work.",
        ),
    ] = Query()

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
        title("Days a resumptionToken is valid", "A list must be walked within twice that time. Less than 7 counts as 7."),
    ] = 7
    formats: Annotated[tuple[str, ...], _FORMATS] = ()
    sets: Annotated[tuple[str, ...], _SETS] = ()
    own_sets: Annotated[tuple[str, ...], Meta(max_length=500), _OWN] = ()
    saved_sets: Annotated[
        tuple[SavedSet, ...],
        Meta(max_length=500),
        title(
            "Sets of your own",
            "Each holds the works that fit its conditions, and follows them. Where their members change, only those records "
            "are sent to harvesters anew.",
            one="Set",
            folded=True,
        ),
    ] = ()
    contexts: Annotated[
        tuple[Context, ...],
        Meta(max_length=50),
        title(
            "Contexts",
            "Further base URLs, each with formats and sets of its own, and with all records or those that fit its conditions.",
            one="Context",
            folded=True,
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
            folded=True,
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
        saved = values.get("saved_sets", ())
        yield from _misnamed(saved)
        if all(saved):  # whether a set is one of them can be said only when all could be read
            known = {spec for each in saved for spec in above(each.spec)}
            contexts = ((f"contexts.{place}.", each.own_sets) for place, each in enumerate(values.get("contexts", ())) if each)
            for path, own in (("", values.get("own_sets", ())), *contexts):
                yield from ((f"{path}own_sets", f"there is no set {spec!r} of your own") for spec in own if spec not in known)
        yield from _misplaced(values.get("contexts", ()))

    @property
    def token_life(self) -> timedelta:
        """How long a token is valid: a week at least, whatever a definition of earlier days says."""
        return timedelta(days=max(_LEAST_DAYS, self.token_days))

    @property
    def grouping(self) -> Grouping:
        """The sets some base URL offers, and what each with conditions holds: all that is computed of a record and kept."""
        offers = [self.offer(""), *(self.offer(context.path) for context in self.contexts)]
        wanted = {root for offer in offers for root in (STANDARD if offer.families is None else offer.families)}
        return Grouping(
            tuple(root for root in FAMILIES if root in wanted),
            tuple(
                OwnSet(each.spec, each.name, each.description, each.conditions)
                for each in self.saved_sets
                if any(offer.offers_set(each.spec) for offer in offers)
            ),
            tuple((context.path, context.conditions) for context in self.contexts if context.conditions.narrows),
        )

    @property
    def sets_kept(self) -> Sets:
        """What the sets of records depend on."""
        some = {context.path for context in self.contexts if context.conditions.narrows}
        whole = {context.path for context in self.contexts} - some
        return Sets(fingerprint=self.grouping.fingerprint, whole=tuple(sorted(whole)), some=tuple(sorted(some)))

    def offer(self, context: str) -> Offer:
        """Return what is found at the base URL of a context, "" for that of the repository; raises NotFound."""
        if not context:
            return Offer("", self.repository_name, self.description, self.formats, *_chosen(self.sets, self.own_sets))
        for found in self.contexts:
            if found.path == context:
                name = f"{self.repository_name}: {found.title}"
                within = f"{HIDDEN}{context}" if found.conditions.narrows else ""
                return Offer(context, name, found.description, found.formats, *_chosen(found.sets, found.own_sets), within)
        raise NotFound("There is no OAI-PMH base URL at this address. The one of the whole repository ends in /oai.")


def _chosen(families: tuple[str, ...], own: tuple[str, ...]) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """Return the families offered, and the sets of one's own with those above them; None for all."""
    return frozenset(families) or None, frozenset(node for spec in own for node in above(spec)) if own else None


def base_url(url: str, context: str) -> str:
    """Return the base URL of a context; `url` is the address of this server, without a slash at its end."""
    return f"{url}/oai/{context}" if context else f"{url}/oai"


def offered(chosen: Iterable[str], known: Mapping[str, Format]) -> dict[str, Format]:
    """Return the formats of a base URL by prefix: those chosen by name, or each that goes by its prefix.

    Where a profile of oai_dc is chosen that is not there, an add-on's say, its records are given in plain oai_dc.
    """
    chosen = frozenset(chosen)
    found = [form for form in known.values() if (form.name in chosen if chosen else not form.is_variant)]
    plain = {_DUBLIN_CORE: known[_DUBLIN_CORE]} if _DUBLIN_CORE in known else {}
    return plain | {form.prefix: form for form in found}


def _unoffered(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    formats = values.get("formats", ())
    if formats and not any(name == _DUBLIN_CORE or name.startswith(f"{_DUBLIN_CORE}_") for name in formats):
        yield "formats", "need one with the prefix oai_dc: OAI-PMH 2.5 demands it of every repository"
    for name in values.get("sets", ()):
        if name not in FAMILIES:
            yield "sets", f"there is no {name!r}; there are {', '.join(sorted(FAMILIES))}"


def _misplaced(contexts: Iterable[Context | None]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the addresses of contexts: taken twice, or by the pages for people."""
    paths = [each.path if each else "" for each in contexts]
    for place, path in enumerate(paths):
        if path == EXPLORE:
            yield f"contexts.{place}.path", f"cannot be “{EXPLORE}”: there people look at what harvesters get"
        if path and path in paths[:place]:
            yield f"contexts.{place}.path", f"is “{path}”, as another context's is"


def _misnamed(saved: Iterable[SavedSet | None]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the names of sets of one's own: taken twice, or by what the repository computes."""
    specs = [each.spec if each else "" for each in saved]
    for place, spec in enumerate(specs):
        if spec and spec in specs[:place]:
            yield f"saved_sets.{place}.spec", f"is {spec!r}, as another set's is"
        if (root := spec.partition(":")[0]) in FAMILIES:
            yield f"saved_sets.{place}.spec", f"begins with {root!r}, which the repository makes itself"
