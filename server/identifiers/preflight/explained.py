"""What an agency said when it refused a work, in terms of the record's fields: where to look, its own words, and what to do."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a refusal."""

    path: str
    """The field it is about; empty where it is none of the record's."""
    words: str
    """The agency's own."""
    remedy: str


_MEND = "Correct this field. The work is then sent again by itself."

#: DataCite's source of an error (a property of the schema, or an attribute of its API) → the field, and what to do where that is
#: not to correct it.
_SOURCES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("creators", "creator", "creatorName", "nameIdentifier", "nameType"), ("creators", "")),
    **dict.fromkeys(("titles", "title", "titleType"), ("title", "")),
    "publisher": ("publisher.name", ""),
    **dict.fromkeys(("publication_year", "publicationYear"), ("dates.issued", "")),
    **dict.fromkeys(("types", "resourceType", "resourceTypeGeneral"), ("type", "")),
    **dict.fromkeys(("subjects", "subject"), ("subjects", "")),
    **dict.fromkeys(("contributors", "contributor", "contributorName", "contributorType"), ("contributors", "")),
    **dict.fromkeys(("dates", "date", "dateType"), ("dates", "")),
    "language": ("languages", ""),
    **dict.fromkeys(("identifiers", "alternateIdentifier"), ("identifiers", "")),
    **dict.fromkeys(("related_identifiers", "relatedIdentifier", "relationType", "relatedIdentifierType"), ("related", "")),
    **dict.fromkeys(("sizes", "formats"), ("files", "")),
    "version_info": ("version", ""),
    **dict.fromkeys(("rights_list", "rights"), ("licences", "")),
    **dict.fromkeys(("descriptions", "description", "descriptionType"), ("abstracts", "")),
    **dict.fromkeys(("geo_locations", "geoLocation", "pointLatitude", "pointLongitude"), ("geo", "")),
    **dict.fromkeys(("funding_references", "funderName", "funderIdentifier", "awardNumber"), ("funding", "")),
    **dict.fromkeys(("related_items", "relatedItem"), ("container", "")),
    "url": ("", "It is about the address of the work's page: let the account at DataCite allow this repository's domain."),
    "doi": ("", "It is about the DOI itself: compare prefix and label of the profile with the account at DataCite."),
    "xml": ("", "It is about the document as a whole; nothing in the record can mend it. Tell whoever runs this server."),
}
_ANY = "|".join(map(re.escape, _SOURCES))
_SAID = re.compile(rf"(?:: |; )({_ANY}): (.*?)(?=; (?:{_ANY}): |\.?$)", re.DOTALL)
_DOI = re.compile(r"^DOI 10\.\S+: ")

#: What stands in Crossref's words → the field, and what to do where that is not to correct it. The first that fits decides.
_CROSSREF: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), path, remedy)
    for pattern, path, remedy in (
        (r"\borcid\b", "creators", ""),
        (r"\bisbn\b", "container.isbn", ""),
        (r"\bissn\b", "container.issn_print", ""),
        (
            r"timestamp|submitted version",
            "",
            "Somebody else deposited this DOI with a later timestamp. Retry it; ask Crossref if it stays.",
        ),
        (
            r"not allowed to add|prefix",
            "",
            "It is about the account: compare the prefix of the profile with what Crossref assigned.",
        ),
        (
            r"owned by|title.*(?:mismatch|belongs)",
            "container.title",
            "The title belongs to another member; ask Crossref to move it.",
        ),
        (r"surname|given_name|person_name|organization|contributor", "creators", ""),
        (r"publisher", "publisher.name", ""),
        (r"institution", "thesis.grantor", ""),
        (r"approval_date|publication_date|posted_date|review_date|\byear\b|\bmonth\b|\bday\b", "dates.issued", ""),
        (r"funder|award|fundref", "funding", ""),
        (r"licen[cs]e", "licences", ""),
        (r"\btitles?\b", "title", ""),
        (r"abstract", "abstracts", ""),
    )
)

REMEDIES = tuple(sorted({_MEND, *(said for _, said in _SOURCES.values() if said), *(said for _, _, said in _CROSSREF if said)}))
"""All that is ever said of what to do, to be translated."""


def explained(agency: str, message: str) -> tuple[Reason, ...]:
    """Return the reasons in what an agency's refusal was noted as; none where its words name nothing we know."""
    read = _READ.get(agency)
    return tuple(read(message)) if read is not None else ()


def _of_datacite(message: str) -> Iterator[Reason]:
    for found in _SAID.finditer(message):
        path, remedy = _SOURCES[found[1]]
        yield Reason(path, _DOI.sub("", found[2]).strip(), remedy or _MEND)


def _of_crossref(message: str) -> Iterator[Reason]:
    head, told, words = message.partition("refused it: ")
    if told and head.endswith("Crossref "):
        for pattern, path, remedy in _CROSSREF:
            if pattern.search(words):
                yield Reason(path, words.rstrip("."), remedy or _MEND)
                return


_READ: Mapping[str, Callable[[str], Iterator[Reason]]] = {"datacite": _of_datacite, "crossref": _of_crossref}
