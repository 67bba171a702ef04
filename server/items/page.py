"""What the page of a work says, decided here so that the template only writes. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from server.identifiers.ledger import Entry
from server.identifiers.model import State as IdentifierState
from server.items import spoken
from server.items.citation import citation, full_title, standing
from server.items.files import Shown, shown
from server.metadata.addresses import link, uri
from server.metadata.format import Format
from server.metadata.fragments import Repository
from server.records.model import Agent, Funding, Record, Related, Text
from server.records.store import Stored
from server.records.vocabulary import ACCESS, CATEGORIES, TYPES, VERSIONS

#: What the public reads of an identifier's state; the agency's own words are for administrators.
_STATES = {
    IdentifierState.RESERVED: "reserved: not registered with an agency, so it does not lead anywhere yet",
    IdentifierState.SUBMITTED: "being registered: it will lead here soon",
    IdentifierState.REGISTERED: "",
    IdentifierState.REJECTED: "reserved: its registration is not complete",
    IdentifierState.BLOCKED: "reserved: its registration is not complete",
    IdentifierState.WITHDRAWN: "withdrawn",
    IdentifierState.EXTERNAL: "",
}

_PEERS = {True: "Peer-reviewed", False: "Not peer-reviewed", None: ""}

_ACCESS = {
    "open": "Open access: everybody may read the files.",
    "embargoed": "Under embargo: the files are not open yet.",
    "restricted": "Restricted access: the files are not open to everybody.",
    "metadata_only": "Description only: the files are not open.",
}


@dataclass(frozen=True, slots=True)
class Named:
    """Words, perhaps in a language, perhaps with an address."""

    text: str
    href: str = ""
    lang: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A person or body as the page names it."""

    name: str
    orcid: str = ""
    href: str = ""
    """The address of another registry's entry, where there is no ORCID."""
    affiliations: tuple[Named, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the table of facts."""

    label: str
    values: tuple[Named, ...]


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
    formats: tuple[Named, ...]
    meta: tuple[tuple[str, str], ...]


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


def item_page(stored: Stored, entries: Sequence[Entry], repository: Repository, formats: Iterable[Format]) -> ItemPage:
    """Decide what the page of a published work says."""
    record = stored.record
    kind = TYPES[record.type]
    url = repository.item(stored.id)
    files = shown(record, repository, stored.id)
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
        creators=tuple(_person(agent) for agent in record.creators),
        contributors=tuple(_person(agent, spoken.role(agent.role)) for agent in record.contributors),
        abstracts=record.abstracts,
        contents=record.toc,
        facts=tuple(fact for fact in _facts(record) if fact.values),
        subjects=tuple(
            Named(s.value, uri(s.value_uri) if s.value_uri.startswith("http") else "", s.lang, s.scheme) for s in record.subjects
        ),
        files=files,
        licences=tuple(_licences(record)),
        rights=record.rights_statement,
        identifiers=identifiers(record, entries),
        citation=citation(record),
        address=_address(entries, url),
        formats=tuple(_exports(stored, repository, formats)),
        meta=tuple(_meta(record, entries, url, files)),
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
        words = "" if registered else _STATES[entry.state]
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


def _access(record: Record) -> str:
    until = record.dates.embargo_until
    if record.access == "embargoed" and until:
        return f"Under embargo until {spoken.date(until)}: the files are not open yet."
    return _ACCESS[record.access]


def _person(agent: Agent, role: str = "") -> Person:
    orcid = agent.id_of("orcid")
    other = next((link(i.scheme, i.value) for i in agent.ids if i.scheme != "orcid"), "")
    places = tuple(Named(a.name, link("ror", a.ror) if a.ror else "") for a in agent.affiliations)
    return Person(
        spoken.name(agent), link("orcid", orcid) if orcid else "", uri(other) if other.startswith("http") else "", places, role
    )


def _texts(*values: str) -> tuple[Named, ...]:
    return tuple(Named(value) for value in values if value)


def _facts(record: Record) -> Iterator[Fact]:
    dates, thesis, place, conference = record.dates, record.thesis, record.container, record.conference
    yield Fact("Published in", _texts(standing(record)))
    yield Fact("Edition", _texts(place.edition))
    yield Fact("ISSN", _texts(*dict.fromkeys((place.issn_online, place.issn_print))))
    yield Fact("ISBN", _texts(place.isbn))
    yield Fact("Conference", _texts(", ".join(filter(None, (conference.name, conference.place, spoken.date(conference.date))))))
    yield Fact("Publisher", _texts(", ".join(filter(None, (record.publisher.name, record.publisher.place)))))
    yield Fact("Degree", _texts(", ".join(filter(None, (thesis.degree_name, thesis.discipline)))))
    yield Fact("Awarded by", _texts(", ".join(filter(None, (thesis.grantor, thesis.department, thesis.grantor_place)))))
    yield Fact("Published", _texts(spoken.date(dates.issued)))
    yield Fact("Awarded", _texts(spoken.date(thesis.date_awarded)))
    yield Fact("Created", _texts(spoken.date(dates.created)))
    yield Fact("Submitted", _texts(spoken.date(dates.submitted)))
    yield Fact("Accepted", _texts(spoken.date(dates.accepted)))
    yield Fact("Available", _texts(spoken.date(dates.available)))
    yield Fact("Updated", _texts(spoken.date(dates.updated)))
    yield Fact("Version", _texts(VERSIONS[record.version].label if record.version and record.version != "NA" else ""))
    yield Fact("Peer review", _texts(_PEERS[record.peer_reviewed]))
    yield Fact("Language", _texts(*(spoken.language(tag) for tag in record.languages)))
    yield Fact("Places", _texts(*(p.name or f"{p.latitude}, {p.longitude}" for p in record.geo)))
    yield Fact("Period", _texts(*record.temporal))
    yield Fact("Funding", tuple(_funding(fund) for fund in record.funding))
    yield Fact("Related works", tuple(_related(other) for other in record.related))
    yield Fact("Source", _texts(record.source_note))


def _funding(fund: Funding) -> Named:
    award = " ".join(filter(None, (fund.award_no, fund.acronym and f"({fund.acronym})", fund.award_title)))
    words = ": ".join(filter(None, (fund.funder_name or fund.stream, award)))
    return Named(words or "Funded", uri(fund.award_uri) if fund.award_uri.startswith("http") else "")


def _related(other: Related) -> Named:
    address = link(other.scheme, other.value)
    return Named(
        address, uri(address) if address.startswith(("https://", "http://")) else "", note=spoken.role(other.relation).lower()
    )


def _licences(record: Record) -> Iterator[Named]:
    for licence in record.licences:
        words = spoken.licence(licence)
        start = f"from {spoken.date(licence.start_date)}" if licence.start_date else ""
        if words:
            yield Named(words, uri(licence.uri) if licence.uri.startswith(("https://", "http://")) else "", note=start)


def _exports(stored: Stored, repository: Repository, formats: Iterable[Format]) -> Iterator[Named]:
    """Give the address of the OAI record in each format it is available in; the note is the format's namespace."""
    for form in formats:
        if not form.is_variant and form.applies(stored.record):
            query = urlencode({"verb": "GetRecord", "metadataPrefix": form.prefix, "identifier": repository.oai_id(stored.id)})
            yield Named(form.prefix, f"{repository.url}/oai?{query}", note=form.namespace)


def _meta(record: Record, entries: Sequence[Entry], url: str, files: Iterable[Shown]) -> Iterator[tuple[str, str]]:
    """Say it once more as scholarly search engines read it (Highwire Press tags)."""
    place = record.container
    yield "citation_title", full_title(record)
    for agent in record.creators:
        yield "citation_author", agent.label
        for home in agent.affiliations:
            yield "citation_author_institution", home.name
        if orcid := agent.id_of("orcid"):
            yield "citation_author_orcid", link("orcid", orcid)
    thesis = "citation_dissertation_institution" if record.type.startswith("etd") else ""
    pairs = (
        ("citation_publication_date", (record.dates.issued or record.thesis.date_awarded).replace("-", "/")),
        ("citation_journal_title", place.title),
        ("citation_issn", place.issn_online or place.issn_print),
        ("citation_isbn", place.isbn),
        ("citation_volume", place.volume),
        ("citation_issue", place.issue),
        ("citation_firstpage", place.first_page),
        ("citation_lastpage", place.last_page),
        ("citation_publisher", record.publisher.name),
        (thesis, record.thesis.grantor if thesis else ""),
        ("citation_conference_title", record.conference.name),
        (
            "citation_doi",
            next((e.value for e in entries if e.scheme == "doi" and (e.registered or e.state is IdentifierState.EXTERNAL)), ""),
        ),
        ("citation_language", next(iter(record.languages), "")),
        ("citation_abstract_html_url", url),
        # Only one everybody may read, and absolute.
        ("citation_pdf_url", next((f.address for f in files if f.open and f.mime == "application/pdf"), "")),
    )
    yield from ((name, value) for name, value in pairs if value)
