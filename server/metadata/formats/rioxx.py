"""Rioxx 3.0: the profile as its document has it. Its XML Schema contradicts it (one creator only, no cite-as) and is not used.

What the profile demands and a record lacks is never made up: such a record is not given in this format at all.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server.metadata.addresses import link, uri, uri_of
from server.metadata.dates import date_of
from server.metadata.formats.datacite import funder_id, is_whole_book, once
from server.metadata.languages import iso639_3
from server.metadata.types import COAR_ACCESS, COAR_TYPE, COAR_VERSION
from server.metadata.work import Work
from server.records.model import Agent, AgentId, File, Funding, Record
from server.records.vocabulary import ACCESS, TYPES, VERSIONS
from server.xml import kept

#: Role of a file → the COAR type of what it holds, where it is not what the work is.
ROLES = {
    "dataset": "c_ddb1",
    "data": "c_ddb1",
    "software": "c_5ce6",
    "metadata": "c_1843",
    "other": "c_1843",
    "supplement": "c_1843",
}

_W3CDTF = re.compile(r"(?!0000)\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_WEB = re.compile(r"https?://[^\s/]+\S*")
#: Mark-up that abstracts arrive with; the profile wants none. Any other `<` is taken for what it says.
MARKUP = re.compile(
    r"</?(?:jats:)?(?:p|b|i|br|em|strong|sub|sup|span|div|italic|bold|sec|title|ul|ol|li)(?:\s+[\w:-]+=[^<>]*)?\s*/?>",
    re.IGNORECASE,
)
_RESOLVER = {"ROR": "https://ror.org/", "ISNI": "https://isni.org/isni/", "Crossref Funder ID": "https://doi.org/"}


@dataclass(frozen=True, slots=True)
class Party:
    """A person or body with its identifiers as addresses."""

    name: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """The address of a thing, with the attributes that say what it is, in their order."""

    url: str
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RioxxView:
    """The properties of the profile in the order of its document."""

    coverage: tuple[str, ...]
    descriptions: tuple[str, ...]
    identifier: str
    languages: tuple[str, ...]
    relations: tuple[Link, ...]
    source: str
    subjects: tuple[str, ...]
    title: str
    type: str
    accepted: str
    contributors: tuple[Party, ...]
    creators: tuple[Party, ...]
    external: tuple[Link, ...]
    grants: tuple[Link, ...]
    published: str
    publisher: Party | None


def applies(record: Record) -> bool:
    """Say whether a record has what the profile demands: a title, a creator and a language that ISO 639-3 knows."""
    return bool(kept(record.title.value)) and any(kept(c.label) for c in record.creators) and bool(_languages(record))


def view(work: Work) -> RioxxView:
    """Decide what Rioxx is told of a work."""
    record = work.record
    title, subtitle = kept(record.title.value), kept(record.subtitle)
    return RioxxView(
        coverage=once(text for raw in (*(p.name for p in record.geo), *record.temporal) if (text := kept(raw))),
        descriptions=once(text for a in record.abstracts if (text := kept(MARKUP.sub("", a.value)))),
        identifier=work.landing_url,
        languages=_languages(record),
        relations=once((*_names(work), *_files(work))),
        source=_source(record),
        subjects=once(uri(kept(s.value_uri)) or text for s in record.subjects if (text := kept(s.value))),
        title=f"{title}: {subtitle}" if subtitle else title,
        type=TYPES[record.type].coar_uri,
        accepted=_date(record.dates.accepted),
        contributors=tuple(_parties(record.contributors)),
        creators=tuple(_parties(record.creators)),
        external=once(_external(work)),
        grants=once(grant for funding in record.funding if (grant := _grant(funding))),
        published=_date(record.dates.issued) or _date(date_of(record.thesis.date_awarded)),
        publisher=_publisher(record),
    )


def _date(text: str) -> str:
    return text if _W3CDTF.fullmatch(text) else ""


def _web(text: str) -> str:
    """Return an address of the web, or nothing: `http://` alone is a URI, but no address."""
    address = uri(text)
    return address if _WEB.fullmatch(address) else ""


def _languages(record: Record) -> tuple[str, ...]:
    """Return the languages as ISO 639-3; `und` says that nobody knows, which the profile does not take for an answer."""
    return once(code for tag in record.languages if (code := iso639_3(tag)) and code != "und")


def _parties(agents: Iterable[Agent]) -> Iterator[Party]:
    yield from (Party(name, _addresses(agent.ids)) for agent in agents if (name := kept(agent.label)))


def _addresses(ids: Iterable[AgentId]) -> tuple[str, ...]:
    """Return identifiers as https addresses, as the profile has them; one of a registry without a resolver has none."""
    found = (_web(link(kept(i.scheme), kept(i.value))) for i in ids)
    return once(address for address in found if address.startswith("https://"))


def _publisher(record: Record) -> Party | None:
    if name := kept(record.publisher.name):
        return Party(name, _addresses(record.publisher.ids))
    # Crosswalk C.2: a thesis is published by the institution that awards the degree.
    if name := kept(record.thesis.grantor):
        ror = kept(record.thesis.grantor_ror)
        return Party(name, _addresses((AgentId(scheme="ror", value=ror),)) if ror else ())
    return None


def _source(record: Record) -> str:
    """Name what the work is part of: the ISSN of its journal, or the ISBN of its book unless it is the book itself."""
    c = record.container
    return kept(c.issn_online) or kept(c.issn_print) or ("" if is_whole_book(record) else kept(c.isbn))


def _names(work: Work) -> Iterator[Link]:
    for scheme, own in (("doi", work.doi), ("handle", work.handle)):
        if address := uri_of(scheme, kept(own)):
            yield Link(address, (("rel", "cite-as"),))


def _files(work: Work) -> Iterator[Link]:
    """Every file in our custody, the closed ones with what closes them; not those of which we only keep a description."""
    record = work.record
    for file in sorted(record.files, key=lambda f: not f.primary):
        access = record.access_to(file)
        if access != "metadata_only":
            yield Link(work.address(file), tuple(_told(work, file, access)))


def _told(work: Work, file: File, access: str) -> Iterator[tuple[str, str]]:
    record = work.record
    version = VERSIONS.get(record.version)
    is_work = file.role not in ROLES
    ended = record.dates.embargo_until if record.access == "open" else ""
    exposed = {"embargoed": record.dates.embargo_until, "open": ended or record.dates.available}.get(access, "")
    licence = _web(kept(file.licence)) or next((a for held in record.licences if (a := _web(kept(held.uri)))), "")
    told = (
        ("rel", "item"),
        ("type", kept(file.mime)),
        ("coar_type", TYPES[record.type].coar_uri if is_work else COAR_TYPE + ROLES[file.role]),
        ("coar_version", COAR_VERSION + version.coar if version and version.eurepo and is_work else ""),
        ("deposit_date", _date(work.deposited)),
        ("resource_exposed_date", _date(exposed)),
        ("access_rights", COAR_ACCESS + ACCESS[access].coar),
        ("license_ref", licence),
    )
    yield from ((name, value) for name, value in told if value)


def _external(work: Work) -> Iterator[Link]:
    """Works elsewhere of which we know the type, for the profile demands it; the publisher's version is what ours is."""
    record, own = work.record, uri_of("doi", kept(work.doi)).lower()
    for i in record.identifiers:
        address = uri_of("doi", kept(i.value)) if i.scheme.strip().lower() == "doi" else ""
        if address and address.lower() != own:
            yield Link(address, (("rel", "cite-as"), ("coar_type", TYPES[record.type].coar_uri)))
    for r in record.related:
        address = _web(uri_of(r.scheme, kept(r.value)))
        if address and r.type_code in TYPES:
            yield Link(address, (("rel", "cite-as"), ("coar_type", TYPES[r.type_code].coar_uri)))


def _grant(funding: Funding) -> Link | None:
    """Return a grant with its number or address and its funder's name or address; what has not both is none."""
    number = kept(funding.award_no) or _web(kept(funding.award_uri))
    told = (("funder_name", kept(funding.funder_name)), ("funder_id", _funder(funding)))
    attributes = tuple((name, value) for name, value in told if value)
    return Link(number, attributes) if number and attributes else None


def _funder(funding: Funding) -> str:
    i = funder_id(funding)
    if i is None:
        return ""
    if address := _web(i.value):
        return address
    stem = _RESOLVER.get(i.scheme)
    return uri(stem + "".join(i.value.split())) if stem else ""
