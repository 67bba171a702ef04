"""The DataCite Metadata Schema 4.7 of a record: every value decided here, so that the template only writes."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar
from urllib.parse import quote

from server.metadata import kernel
from server.metadata.addresses import bare, link, uri
from server.metadata.kernel import Affiliation, DataciteView, Date, Fund, Geo, Id, Item, Name, Related, Rights, Subject, Text
from server.metadata.languages import written
from server.metadata.types import COAR_ACCESS
from server.metadata.work import Work
from server.records.model import Agent, AgentId, Funding, Licence, Place, Record
from server.records.vocabulary import ACCESS, TYPES
from server.xml import kept

_YEAR = re.compile(r"\d{4}", re.ASCII)
#: W3CDTF dates and RKMS-ISO8601 ranges of them: what DataCite 4.7 § 8 allows as a date.
_PERIOD = re.compile(r"-?\d{4}(-\d\d(-\d\d)?)?(/(-?\d{4}(-\d\d(-\d\d)?)?)?)?", re.ASCII)
_DOI = re.compile(r"10\.\d{4,9}/\S+", re.ASCII)

T = TypeVar("T")


def applies(record: Record) -> bool:  # noqa: ARG001 - the answer is the same for every record
    """Say whether a record can be given in this format: every record can."""
    return True


def view(work: Work) -> DataciteView:
    """Decide what DataCite is told of a work."""
    record = work.record
    identifier = _identifier(work)
    name = kept(record.publisher.name)
    return DataciteView(
        identifier=identifier,
        creators=_creators(record),
        titles=_titles(record),
        # Crosswalk C.2: a thesis is published by the institution that awards the degree.
        publisher=Text(name or kept(record.thesis.grantor) or kept(work.repository_name) or kernel.UNKNOWN),
        publisher_id=next(iter(sorted(ids_of(record.publisher.ids), key=lambda i: i.scheme != "ROR")), None) if name else None,
        year=_year(work),
        general=TYPES[record.type].datacite,
        type=TYPES[record.type].label,
        subjects=tuple(_subjects(record)),
        contributors=tuple(
            _name(c, role=c.role if c.role in kernel.CONTRIBUTOR_TYPES else "Other") for c in record.contributors if kept(c.label)
        ),
        dates=tuple(_dates(work)),
        language=next((tag for tag in map(written, record.languages) if tag), ""),
        alternates=once(_alternates(work, identifier)),
        related=once(_related(record, identifier.value)),
        sizes=tuple(f"{file.bytes} bytes" for file in record.files if file.bytes > 0),
        formats=once(m for file in record.files if (m := kept(file.mime))),
        version="" if record.version == "NA" else record.version,
        rights=tuple(_rights(record)),
        descriptions=tuple(_descriptions(record)),
        geo=tuple(g for place in record.geo if (g := _geo(place))),
        funding=tuple(f for funding in record.funding if (f := fund_of(funding))),
        items=tuple(_items(record)),
    )


def once(things: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(things))


def _doi(value: str) -> str:
    """Return a DOI bare, or nothing where the value is none."""
    value = kept(bare("doi", value))
    return value if _DOI.fullmatch(value) else ""


def _identifier(work: Work) -> Id:
    """DataCite 4.7 § 1: the DOI; without one the landing page, which harvesters accept and the agency never sees."""
    own = kept(work.doi)
    doi = own or next((d for i in work.record.identifiers if i.scheme == "doi" and (d := _doi(i.value))), "")
    return Id(doi, "DOI") if doi else Id(work.landing_url, "URL")


def _year(work: Work) -> str:
    """DataCite 4.7 § 5, four digits: the year of issue, else of the deposit.

    A year before our era has no four digits; the work was then made available here in the year of its deposit. "0000" stands
    where nothing at all is known.
    """
    record, dates = work.record, work.record.dates
    later = (record.thesis.date_awarded, dates.available, dates.accepted, dates.submitted, dates.created, dates.updated)
    return next((found[0] for date in (dates.issued, work.deposited, *later) if (found := _YEAR.match(date.strip()))), "0000")


def _titles(record: Record) -> tuple[Text, ...]:
    lang = written(record.title.lang)
    titles = [Text(kept(record.title.value) or kernel.UNKNOWN, lang)]
    if subtitle := kept(record.subtitle):
        titles.append(Text(subtitle, lang, "Subtitle"))
    titles += [
        Text(value, written(title.lang), kernel.TITLE_TYPES.get(title.kind, "Other"))
        for title in record.alt_titles
        if (value := kept(title.value))
    ]
    return tuple(titles)


def _creators(record: Record) -> tuple[Name, ...]:
    """DataCite 4.7 § 2: never empty; the publishing body, or the word for unknown, stands in."""
    named = tuple(_name(agent) for agent in record.creators if kept(agent.label))
    if named:
        return named
    publisher = kept(record.publisher.name)
    return (Name(publisher, "Organizational", ids=ids_of(record.publisher.ids)) if publisher else Name(kernel.UNKNOWN),)


def _name(agent: Agent, role: str = "") -> Name:
    person = agent.kind == "person"
    return Name(
        name=kept(agent.label),
        kind="Personal" if person else "Organizational",
        given=kept(agent.given) if person else "",
        family=kept(agent.family) if person else "",
        ids=ids_of(agent.ids),
        affiliations=tuple(
            Affiliation(name, link("ror", kept(a.ror)) if kept(a.ror) else "")
            for a in agent.affiliations
            if (name := kept(a.name))
        ),
        role=role,
    )


def ids_of(ids: Iterable[AgentId]) -> tuple[Id, ...]:
    found = []
    for i in ids:
        scheme, value = kept(i.scheme), kept(i.value)
        if scheme and value:
            known = kernel.NAME_SCHEMES.get(scheme.lower(), kernel.NameScheme(scheme, ""))
            found.append(Id(link(scheme, value), known.name, known.uri))
    return once(found)


def _subjects(record: Record) -> Iterator[Subject]:
    for s in record.subjects:
        if value := kept(s.value):
            # classificationCode is xs:anyURI in the schema although its examples are notations: quoted, any notation fits.
            code = quote(kept(s.code), safe="/")
            yield Subject(value, written(s.lang), kept(s.scheme), uri(s.scheme_uri), uri(s.value_uri), code)


def _dates(work: Work) -> Iterator[Date]:
    dates, awarded = work.record.dates, work.record.thesis.date_awarded.strip()
    told = (
        ("Issued", dates.issued, ""),
        ("Accepted", dates.accepted, ""),
        ("Submitted", dates.submitted or work.deposited, ""),
        ("Available", "" if dates.available == dates.embargo_until else dates.available, ""),
        ("Available", dates.embargo_until, "End of the embargo"),
        ("Created", dates.created, ""),
        ("Updated", dates.updated, ""),
        ("Other", awarded if _PERIOD.fullmatch(awarded) else "", "Degree awarded"),
    )
    yield from (Date(kind, value, information) for kind, value, information in told if value)
    yield from (Date("Coverage", period) for t in work.record.temporal if _PERIOD.fullmatch(period := t.strip()))


def _alternates(work: Work, identifier: Id) -> Iterator[Id]:
    """DataCite 4.7 § 11: further names of the same thing; a DOI of another edition is a relation, see _related."""
    yield Id(work.oai_id, "oai")
    if identifier.scheme != "URL":
        yield Id(work.landing_url, "URL")
    if handle := kept(work.handle):
        yield Id(bare("handle", handle), "Handle")
    for i in work.record.identifiers:
        scheme, value = kept(i.scheme), kept(bare(i.scheme, i.value))
        if scheme and value and scheme != "doi":
            known = kernel.IDENTIFIER_TYPES.get(scheme.lower(), scheme)
            yield Id(kernel.LABELS.get(known, "") + value, known)
    if is_whole_book(work.record) and (isbn := kept(work.record.container.isbn)):
        yield Id(isbn, "ISBN")


def is_whole_book(record: Record) -> bool:
    return TYPES[record.type].datacite in {"Book", "ConferenceProceeding"}


def relations_of(record: Record, own: str) -> Iterator[Related]:
    """Yield the other works a record names, among them the publisher's version; `own` is the DOI of the work itself."""
    for i in record.identifiers:
        # Crosswalk C.4: the publisher's DOI of a work that has one of ours names another version of it.
        if i.scheme == "doi" and (doi := _doi(i.value)) and doi.lower() != own.lower():
            yield Related(doi, "DOI", "IsVersionOf")
    for r in record.related:
        scheme, value = kernel.IDENTIFIER_TYPES.get(r.scheme.strip().lower()), kept(bare(r.scheme.strip(), r.value))
        if scheme and value:
            value = kernel.LABELS.get(scheme, "") + value
            general = TYPES[r.type_code].datacite if r.type_code in TYPES else ""
            if r.relation in kernel.RELATION_TYPES:
                yield Related(value, scheme, r.relation, general=general)
            else:  # DataCite 4.7 § 12.g: what the list does not know is Other, with its own word beside it
                yield Related(value, scheme, "Other", kept(r.relation), general)


def _related(record: Record, own: str) -> Iterator[Related]:
    yield from relations_of(record, own)
    c = record.container
    issns = [(scheme, issn) for scheme, raw in (("ISSN", c.issn_print), ("EISSN", c.issn_online)) if (issn := kept(raw))]
    # § 20.a: a related item has one identifier, the first; what has no title is no item at all.
    yield from (Related(issn, scheme, "IsPublishedIn") for scheme, issn in issns[1 if kept(c.title) else 0 :])


def _rights(record: Record) -> Iterator[Rights]:
    access = ACCESS[record.access]
    yield Rights(access.label, COAR_ACCESS + access.coar)
    yield from (r for licence in record.licences if (r := _licence(licence)))
    if statement := kept(record.rights_statement):
        yield Rights(statement)


def _licence(licence: Licence) -> Rights | None:
    spdx, text = kept(licence.spdx), kept(licence.name) or kept(licence.spdx) or kept(licence.uri)
    return Rights(text, uri(licence.uri), spdx) if text else None


def _descriptions(record: Record) -> Iterator[Text]:
    yield from (Text(value, written(a.lang), "Abstract") for a in record.abstracts if (value := kept(a.value)))
    if toc := kept(record.toc):
        yield Text(toc, kind="TableOfContents")
    meeting, thesis = record.conference, record.thesis
    presented = ", ".join(part for part in map(kept, (meeting.name, meeting.place, meeting.date)) if part)
    degree = ", ".join(p for p in map(kept, (thesis.degree_name, thesis.discipline, thesis.department, thesis.grantor)) if p)
    periods = "; ".join(p for p in map(kept, record.temporal) if p and not _PERIOD.fullmatch(p))
    told = (("Presented at: ", presented), ("Degree: ", degree), ("Period: ", periods), ("", kept(record.source_note)))
    yield from (Text(label + text, kind="Other") for label, text in told if text)


def _geo(place: Place) -> Geo | None:
    name, latitude, longitude = kept(place.name), place.latitude, place.longitude
    if latitude is not None and longitude is not None and -90 <= latitude <= 90 and -180 <= longitude <= 180:  # noqa: PLR2004
        return Geo(name, _degrees(latitude), _degrees(longitude))
    return Geo(name) if name else None


def _degrees(value: float) -> str:
    """Write decimal degrees to the tenth of a millimetre, without an exponent."""
    return f"{value:.9f}".rstrip("0").rstrip(".")


def fund_of(funding: Funding) -> Fund | None:
    name, number, title = (
        kept(funding.funder_name),
        kept(funding.award_no),
        kept(funding.award_title) or kept(funding.acronym),
    )
    i = funder_id(funding)
    if not (name or i or number or title):
        return None
    return Fund(name or kernel.UNKNOWN, i, number, uri(funding.award_uri), title)


def funder_id(funding: Funding) -> Id | None:
    value = kept(funding.funder_id)
    if not value:
        return None
    scheme = kernel.FUNDER_TYPES.get(kept(funding.funder_id_scheme).lower(), "Other")
    if scheme == "Other":  # the value often says what the scheme does not
        scheme = next((s for sign, s in kernel.FUNDER_SIGNS if sign in value), scheme)
    return Id(value, scheme, kernel.FUNDER_URIS.get(scheme, ""))


def _items(record: Record) -> Iterator[Item]:
    c = record.container
    issn, isbn = kept(c.issn_print) or kept(c.issn_online), kept(c.isbn)
    title = kept(c.title)
    if title:
        general = kernel.CONTAINER_TYPES.get(TYPES[record.type].datacite) or ("Journal" if issn else "Book" if isbn else "Text")
        books = isbn and not is_whole_book(record)
        i = Id(issn, "ISSN" if kept(c.issn_print) else "EISSN") if issn else Id(isbn, "ISBN") if books else None
        yield Item(
            general, "IsPublishedIn", title, i, volume=kept(c.volume), issue=kept(c.issue), number=kept(c.article_no),
            first_page=kept(c.first_page), last_page=kept(c.last_page), edition=kept(c.edition),
        )  # fmt: skip
    if series := kept(c.series):
        yield Item("Collection", "IsPartOf", series, volume="" if title else kept(c.volume))
