"""What MODS and MARC 21 have in common: the source codes of the Library of Congress, and what of a work both ask for."""

from server.metadata.addresses import bare
from server.metadata.languages import iso639_2b, iso639_3
from server.metadata.work import Work
from server.records.embargo import end_of
from server.records.model import Record, Subject
from server.records.vocabulary import TYPES

#: Scheme of the record model → its code among the Standard Identifier Source Codes, where that is another word.
IDENTIFIER_SOURCES = {"handle": "hdl", "url": "uri", "issn_print": "issn", "issn_online": "eissn"}

#: What depositors call a thesaurus or classification → its code among the Subject and Classification Scheme Source Codes.
SUBJECT_SOURCES = {
    "library of congress subject headings": "lcsh", "lcsh": "lcsh", "medical subject headings": "mesh", "mesh": "mesh",
    "dewey decimal classification": "ddc", "dewey": "ddc", "ddc": "ddc", "universal decimal classification": "udc", "udc": "udc",
    "library of congress classification": "lcc", "lcc": "lcc", "mathematics subject classification": "msc", "msc": "msc",
    "gemeinsame normdatei": "gnd", "gnd": "gnd", "faceted application of subject terminology": "fast", "fast": "fast",
    "jel": "jelc", "acm computing classification system": "acmccs", "agrovoc": "agrovoc", "eurovoc": "eurovoc",
    "regensburger verbundklassifikation": "rvk", "rvk": "rvk", "basisklassifikation": "bkl",
}  # fmt: skip

_WHOLE_BOOKS = frozenset({"Book", "ConferenceProceeding"})


def identifiers(work: Work) -> tuple[tuple[str, str], ...]:
    """Return the identifiers of a work as (source code, bare value), our own DOI and handle first, none twice."""
    found = {("doi", work.doi): None, ("hdl", bare("handle", work.handle)): None}
    for identifier in work.record.identifiers:
        scheme = identifier.scheme.strip().lower()
        found[IDENTIFIER_SOURCES.get(scheme, scheme), bare(scheme, identifier.value)] = None
    if work.record.container.isbn and is_whole_book(work.record):
        found["isbn", work.record.container.isbn.strip()] = None
    return tuple(pair for pair in found if all(pair))


def is_whole_book(record: Record) -> bool:
    """Whether the ISBN of the container is that of the work itself."""
    return TYPES[record.type].datacite in _WHOLE_BOOKS


def languages(record: Record) -> tuple[tuple[str, str], ...]:
    """Return the languages of a work as (code, code list): ISO 639-2 where it knows the language, else ISO 639-3."""
    found: dict[tuple[str, str], None] = {}
    for tag in record.languages:
        if code := iso639_2b(tag):
            found[code, "iso639-2b"] = None
        elif code := iso639_3(tag):
            found[code, "iso639-3"] = None
    return tuple(found)


def subject_source(subject: Subject) -> str:
    """Return the code of a subject's thesaurus or classification, or the name as it was given."""
    scheme = subject.scheme.strip()
    return SUBJECT_SOURCES.get(scheme.lower(), scheme)


def publisher(record: Record) -> str:
    """Return who published a work: a thesis without a publisher is published by who awards the degree (crosswalk C.2)."""
    return record.publisher.name.strip() or record.thesis.grantor.strip()


def embargo(record: Record, access: str) -> str:
    """Return the day from which on what is under this access may be had by everybody; empty where it is not under an embargo."""
    end = end_of(record) if access == "embargoed" else None
    return end.isoformat() if end else ""
