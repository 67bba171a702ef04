"""oai_dc, enriched: granular dc:type, the item's address first in dc:identifier, and what OpenAIRE, BASE, CORE and IRUS ask for.

Order matters to harvesters: OpenAIRE reads the first dc:type, IRUS and users follow the first dc:identifier.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from server.metadata.addresses import bare
from server.metadata.dates import date_of
from server.metadata.dewey import is_dewey
from server.metadata.languages import iso639_3, written
from server.metadata.types import COAR_ACCESS
from server.metadata.work import Work
from server.records.model import Container, Funding, Identifier, Record, Related
from server.records.vocabulary import ACCESS, TYPES, VERSIONS
from server.xml import clean

EUREPO = "info:eu-repo/semantics/"


class Element(NamedTuple):
    """One dc element: its name, its text, and the language of the text where it is known."""

    name: str
    value: str
    lang: str = ""


Found = str | tuple[str, str]
Rule = Callable[[Work], Iterator[Found]]


def view(work: Work) -> list[Element]:
    """Return the elements of a work in the order they are written."""
    return elements_of(work, RULES.items())


def elements_of(work: Work, rules: Iterable[tuple[str, Rule]]) -> list[Element]:
    """Return what the rules of a profile find in a work, in their order, none twice.

    Except creators, for two people may share a name.
    """
    elements: list[Element] = []
    for name, rule in rules:
        for found in rule(work):
            value, lang = found if isinstance(found, tuple) else (found, "")
            element = Element(name, clean(value), written(lang))
            if element.value.strip() and (name == "creator" or element not in elements):
                elements.append(element)
    return elements


def _titles(work: Work) -> Iterator[Found]:
    record = work.record
    yield titled(record), record.title.lang
    for title in record.alt_titles:
        yield title.value, title.lang


def titled(record: Record) -> str:
    """Write title and subtitle as one."""
    return f"{record.title.value}: {record.subtitle}" if record.subtitle else record.title.value


def _creators(work: Work) -> Iterator[Found]:
    for creator in work.record.creators:
        yield creator.label


def _subjects(work: Work) -> Iterator[Found]:
    yield from subjects(work.record, lambda code: f"info:eu-repo/classification/ddc/{code}" if code else "")


def subjects(record: Record, written_class: Callable[[str], str]) -> Iterator[Found]:
    """Return the classes, each as `written_class` writes its Dewey number, then the keywords and what it does not write."""
    classes = {s: name for s in record.subjects if is_dewey(s) and (name := written_class(s.code))}
    yield from classes.values()
    yield from ((subject.value, subject.lang) for subject in record.subjects if subject not in classes)


def _descriptions(work: Work) -> Iterator[Found]:
    for abstract in work.record.abstracts:
        yield abstract.value, abstract.lang


def _publishers(work: Work) -> Iterator[Found]:
    record = work.record
    yield record.publisher.name or record.thesis.grantor


def _contributors(work: Work) -> Iterator[Found]:
    for contributor in work.record.contributors:
        yield contributor.label


def _dates(work: Work) -> Iterator[Found]:
    dates = work.record.dates
    yield dates.issued or date_of(work.record.thesis.date_awarded)
    if dates.embargo_until and work.record.access == "embargoed":
        yield f"info:eu-repo/date/embargoEnd/{dates.embargo_until}"


def _types(work: Work) -> Iterator[Found]:
    kind = TYPES[work.record.type]
    yield EUREPO + kind.eurepo
    yield kind.label, "en"
    yield kind.coar_uri
    yield kind.code
    yield from versions(work.record, EUREPO)
    yield kind.dcmi


def versions(record: Record, before: str) -> Iterator[str]:
    """Return the version of a record as a term of info:eu-repo with something before it, or nothing."""
    version = VERSIONS.get(record.version)
    if version is not None and version.eurepo:
        yield before + version.eurepo


def _formats(work: Work) -> Iterator[Found]:
    for file, url in zip(work.record.files, work.file_urls, strict=True):
        if url:
            yield file.mime


def identifiers(work: Work) -> Iterator[str]:
    """Return what a work is found by, first its page, then its public files, then what names it and it alone."""
    record = work.record
    yield work.landing_url
    urls = sorted(
        zip(record.files, work.file_urls, strict=True), key=lambda pair: (not pair[0].primary, pair[0].mime != "application/pdf")
    )
    for _file, url in urls:
        yield url
    if work.doi:
        yield f"https://doi.org/{work.doi}"
    if work.handle:
        yield f"https://hdl.handle.net/{work.handle}"
    for identifier in record.identifiers:
        scheme, value = _named(identifier)
        if scheme == "urn":
            yield value
            if value.lower().startswith("urn:nbn:de:"):
                yield f"https://nbn-resolving.org/{value}"
    whole_books = {"publication.book", "publication.editedBook", "teaching.textbook"}
    if record.type in whole_books and (isbn := record.identifier("isbn") or record.container.isbn):
        yield f"urn:isbn:{isbn}"


def _sources(work: Work) -> Iterator[Found]:
    yield source_line(work.record.container)
    if work.record.conference.name:
        where = work.record.conference
        yield ", ".join(part for part in (where.name, where.place, where.date) if part)


def source_line(container: Container) -> str:
    """Write where a work was published: `Title, volume(issue), first-last. ISSN …`."""
    issue = f"({container.issue})" if container.issue else ""
    pages = "-".join(page for page in (container.first_page, container.last_page) if page) or container.article_no
    parts = [part for part in (container.title, f"{container.volume}{issue}", pages) if part]
    line = ", ".join(parts)
    issn = container.issn_online or container.issn_print
    if issn:
        return f"{line}. ISSN {issn}" if line else f"ISSN {issn}"
    return line


def _languages(work: Work) -> Iterator[Found]:
    for tag in work.record.languages:
        yield iso639_3(tag)


#: Which of our schemes OpenAIRE's altIdentifier and reference terms know, and what they call them.
ALTERNATIVES = {
    "ark": "ark", "arxiv": "arxiv", "doi": "doi", "handle": "hdl", "isbn": "isbn", "pmid": "pmid",
    "purl": "purl", "urn": "urn", "wos": "wos",
}  # fmt: skip
DATASETS = frozenset({"ark", "doi", "hdl", "purl", "url", "urn"})


def _named(identifier: Identifier | Related) -> tuple[str, str]:
    """Return scheme and value of an identifier as its registry writes them, without the resolver depositors put before it."""
    scheme = identifier.scheme.strip().lower()
    return scheme, bare(scheme, identifier.value)


def _relations(work: Work) -> Iterator[Found]:
    record = work.record
    for grant in record.funding:
        if grant.award_no:
            yield _grant(grant)
    yield from _alternatives(record, work.doi)
    for related in record.related:
        known, value = _named(related)
        scheme = ALTERNATIVES.get(known, known)
        is_data = related.type_code.startswith("dataset.")
        if is_data and scheme in DATASETS:
            yield f"{EUREPO}dataset/{scheme}/{value}"
        elif known in ALTERNATIVES:
            yield f"{EUREPO}reference/{scheme}/{value}"
        elif known == "url":
            yield value
    for identifier in record.identifiers:
        # The publisher's DOI as an address: how Unpaywall and OpenAlex match a repository copy.
        scheme, value = _named(identifier)
        if scheme == "doi" and value.lower() != work.doi.lower():
            yield f"https://doi.org/{value}"


def _alternatives(record: Record, own: str) -> Iterator[Found]:
    for identifier in record.identifiers:
        scheme, value = _named(identifier)
        if scheme in ALTERNATIVES and value.lower() != own.lower():
            yield f"{EUREPO}altIdentifier/{ALTERNATIVES[scheme]}/{value}"
    for scheme, value in (
        ("pissn", record.container.issn_print),
        ("eissn", record.container.issn_online),
        ("isbn", record.container.isbn),
    ):
        if value:
            yield f"{EUREPO}altIdentifier/{scheme}/{value}"


def _grant(grant: Funding) -> str:
    # OpenAIRE Literature 3, projectID: empty parts in the middle keep their slashes, a slash within a part is %2F.
    parts = [grant.funder_name, grant.stream, grant.award_no, grant.jurisdiction, grant.award_title, grant.acronym]
    return ("info:eu-repo/grantAgreement/" + "/".join(part.replace("/", "%2F") for part in parts)).rstrip("/")


def _coverages(work: Work) -> Iterator[Found]:
    for place in work.record.geo:
        yield place.name
    yield from work.record.temporal


def _rights(work: Work) -> Iterator[Found]:
    access = ACCESS[work.record.access]
    yield EUREPO + access.eurepo
    yield COAR_ACCESS + access.coar
    for licence in work.record.licences:
        yield licence.uri or licence.name
    yield work.record.rights_statement


#: The elements in the order of the profile, each with the rule that fills it; a variant puts rules of its own in place.
RULES: dict[str, Rule] = {
    "title": _titles,
    "creator": _creators,
    "subject": _subjects,
    "description": _descriptions,
    "publisher": _publishers,
    "contributor": _contributors,
    "date": _dates,
    "type": _types,
    "format": _formats,
    "identifier": identifiers,
    "source": _sources,
    "language": _languages,
    "relation": _relations,
    "coverage": _coverages,
    "rights": _rights,
}
