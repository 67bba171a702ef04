"""What the page of a work says, decided here so that the template only writes. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from server.identifiers.ledger import Entry
from server.identifiers.model import State as IdentifierState
from server.items import spoken
from server.items.citation import citation
from server.items.facts import Fact, Named, facts, funding
from server.items.files import Shown, shown
from server.items.related import Relations, relations
from server.language import gettext as _
from server.metadata.addresses import link, uri
from server.metadata.fragments import Repository
from server.records.model import Agent, Record, Text
from server.records.store import Stored
from server.records.vocabulary import ACCESS, CATEGORIES, TYPES


@dataclass(frozen=True, slots=True)
class Person:
    """A person or body as the page names it."""

    name: str
    orcid: str = ""
    href: str = ""
    """The address of another registry's entry, where there is no ORCID."""
    affiliations: tuple[Named, ...] = ()
    role: str = ""
    proved: bool = False
    """Whether ORCID itself said whose the iD is, and not only whoever typed it."""


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Everything the page of a work says."""

    id: str
    url: str
    title: Text
    subtitle: str
    further_titles: tuple[Named, ...]
    type: str
    category: str
    issued: str
    access: str
    access_label: str
    access_words: str
    creators: tuple[Person, ...]
    contributors: tuple[Person, ...]
    abstracts: tuple[Text, ...]
    contents: str
    facts: tuple[Fact, ...]
    subjects: tuple[Named, ...]
    files: tuple[Shown, ...]
    licences: tuple[Named, ...]
    rights: str
    identifiers: tuple[Named, ...]
    citation: str
    address: str
    """The address to cite: the DOI where one leads here or to the publisher, else the page's own."""
    funding: tuple[Named, ...]
    related: Relations
    version: int
    """How often the record was changed, and once more."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What stays to be said of a withdrawn work."""

    title: Text
    type: str
    citation: str
    reason: str
    identifiers: tuple[Named, ...]
    replacement: Named | None = None
    """What took its place."""


def item_page(
    stored: Stored, entries: Sequence[Entry], repository: Repository, proved: Collection[str] = frozenset()
) -> ItemPage:
    """Decide what the page of a published work says; `proved` are the ORCID iDs of its people that ORCID vouches for."""
    record = stored.record
    kind = TYPES[record.type]
    url = repository.item(stored.id)
    return ItemPage(
        id=stored.id,
        url=url,
        title=record.title,
        subtitle=record.subtitle,
        further_titles=tuple(
            Named(t.value, lang=t.lang, note=spoken.language(t.lang) if t.lang else "") for t in record.alt_titles
        ),
        type=kind.label,
        category=CATEGORIES[kind.category],
        issued=spoken.date(record.dates.issued or record.thesis.date_awarded),
        access=record.access,
        access_label=ACCESS[record.access].label,
        access_words=_access(record),
        creators=tuple(_person(agent, proved) for agent in record.creators),
        contributors=tuple(_person(agent, proved, spoken.part(agent.role)) for agent in record.contributors),
        abstracts=record.abstracts,
        contents=record.toc,
        facts=tuple(fact for fact in facts(record) if fact.values),
        subjects=tuple(
            Named(s.value, uri(s.value_uri) if s.value_uri.startswith("http") else "", s.lang, s.scheme) for s in record.subjects
        ),
        files=shown(record, repository, stored.id),
        licences=tuple(_licences(record)),
        rights=record.rights_statement,
        identifiers=identifiers(record, entries),
        citation=citation(record),
        address=_address(entries, url),
        funding=funding(record),
        related=relations(record),
        version=stored.version,
    )


def tombstone(stored: Stored, entries: Sequence[Entry], repository: Repository, title: str = "") -> Tombstone:
    """Decide what stays to be said of a withdrawn work; `title` is that of the work in its place where it is ours."""
    record, after = stored.record, None
    if stored.replacement:
        address = repository.address(stored.replacement) or link("doi", stored.replacement)
        after = Named(title or address, uri(address))
    label = TYPES[record.type].label
    return Tombstone(record.title, label, citation(record), stored.reason or "", identifiers(record, entries), after)


def own_doi(entries: Iterable[Entry]) -> str:
    """Return the DOI of ours that leads to the page, as an address; empty while none is registered."""
    ours = (e for e in entries if e.scheme == "doi" and e.own and e.registered is not None)
    return next((link("doi", e.value) for e in ours if e.state is not IdentifierState.WITHDRAWN), "")


def identifiers(record: Record, entries: Iterable[Entry]) -> tuple[Named, ...]:
    """Say the work's identifiers; one that leads nowhere yet is no link."""
    found = []
    for entry in entries:
        leads = entry.state is IdentifierState.EXTERNAL or entry.registered is not None
        label = spoken.scheme(entry.scheme)
        address = link(entry.scheme, entry.value)
        registered = entry.registered is not None and entry.state is not IdentifierState.WITHDRAWN
        words = "" if registered else _state(entry.state)
        found.append(
            Named(address if leads else entry.value, uri(address) if leads and address.startswith("http") else "", label, words)
        )
    known = {entry.value.lower() for entry in entries}
    for given in record.identifiers:
        if given.value.lower() in known:
            continue
        address = link(given.scheme, given.value)
        found.append(
            Named(
                address,
                uri(address) if address.startswith(("https://", "http://")) else "",
                spoken.scheme(given.scheme),
            )
        )
    return tuple(found)


def _address(entries: Iterable[Entry], url: str) -> str:
    external = (link("doi", e.value) for e in entries if e.scheme == "doi" and e.state is IdentifierState.EXTERNAL)
    return own_doi(entries) or next(external, url)


def _state(state: IdentifierState) -> str:
    """Return what the public reads of an identifier's state; the agency's own words are for administrators."""
    if state is IdentifierState.RESERVED:
        return _("reserved: not registered with an agency, so it does not lead anywhere yet")
    if state is IdentifierState.SUBMITTED:
        return _("being registered: it will lead here soon")
    if state in {IdentifierState.REJECTED, IdentifierState.BLOCKED}:
        return _("reserved: its registration is not complete")
    return _("withdrawn") if state is IdentifierState.WITHDRAWN else ""


def _access(record: Record) -> str:
    until = record.dates.embargo_until
    if record.access == "embargoed" and until:
        return _("Under embargo until %(day)s: the files are not open yet.", day=spoken.date(until))
    return {
        "open": _("Open access: everybody may read the files."),
        "embargoed": _("Under embargo: the files are not open yet."),
        "restricted": _("Restricted access: the files are not open to everybody."),
        "metadata_only": _("Description only: the files are not open."),
    }[record.access]


def _person(agent: Agent, proved: Collection[str], role: str = "") -> Person:
    orcid = agent.id_of("orcid")
    other = next((link(i.scheme, i.value) for i in agent.ids if i.scheme != "orcid"), "")
    places = tuple(Named(a.name, link("ror", a.ror) if a.ror else "") for a in agent.affiliations)
    return Person(
        spoken.name(agent), link("orcid", orcid) if orcid else "", uri(other) if other.startswith("http") else "", places, role,
        orcid in proved,
    )  # fmt: skip


def _licences(record: Record) -> Iterator[Named]:
    for licence in record.licences:
        words = spoken.licence(licence)
        start = _("from %(day)s", day=spoken.date(licence.start_date)) if licence.start_date else ""
        if words:
            yield Named(words, uri(licence.uri) if licence.uri.startswith(("https://", "http://")) else "", note=start)
