"""What the fields of a work are called in a form: titles, help and choices, by the path of the field. A table."""

from server.forms.field import Choice, Choices, Group, Label
from server.items import spoken
from server.metadata.kernel import IDENTIFIER_TYPES, RELATION_TYPES
from server.metadata.roles import CONTRIBUTOR_TYPES
from server.records.vocabulary import ACCESS, CATEGORIES, TYPES, VERSIONS

_DATE = "A year, year-month or year-month-day, such as 1866, 1866-02 or 1866-02-08. Years before 1000 with zeros: 0820."


def _named(*codes: str) -> Choices:
    return tuple(Choice(code, spoken.SCHEMES.get(code, code.upper())) for code in codes)


def _terms(table: dict[str, str]) -> Choices:
    return tuple(Choice(code, label) for code, label in table.items())


TYPES_BY_CATEGORY: Choices = tuple(
    Group(title, tuple(Choice(row.code, row.label) for row in TYPES.values() if row.category == category))
    for category, title in CATEGORIES.items()
)
ACCESSES = _terms({term.code: term.label[:1].upper() + term.label[1:] for term in ACCESS.values()})
LANGUAGES = _terms(spoken.LANGUAGES)
_AGENT_SCHEMES = _named("orcid", "isni", "gnd", "viaf", "wikidata", "ror")
_SCHEMES = _named("doi", "handle", "urn", "isbn", "issn", "pmid", "pmcid", "arxiv", "oai", "url")
_RELATED_SCHEMES = _named(*dict.fromkeys(("doi", "url", "handle", "isbn", "issn", "arxiv", "pmid", "urn", *IDENTIFIER_TYPES)))
_RELATIONS = tuple(Choice(code, spoken.role(code)) for code in sorted(RELATION_TYPES))
_ROLES = tuple(Choice(code, spoken.role(code)) for code in CONTRIBUTOR_TYPES)

#: Address → name and SPDX id of the licences works are most often under.
LICENCES = {
    f"https://creativecommons.org/licenses/{terms}/4.0/": (f"CC {terms.upper()} 4.0", f"CC-{terms.upper()}-4.0")
    for terms in ("by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd")
} | {
    "https://creativecommons.org/publicdomain/zero/1.0/": ("CC0 1.0", "CC0-1.0"),
    "https://creativecommons.org/publicdomain/mark/1.0/": ("Public Domain Mark 1.0", ""),
    "https://opensource.org/licenses/MIT": ("MIT License", "MIT"),
    "https://www.apache.org/licenses/LICENSE-2.0": ("Apache License 2.0", "Apache-2.0"),
    "https://www.gnu.org/licenses/gpl-3.0.html": ("GNU GPL 3.0 or later", "GPL-3.0-or-later"),
}
_LICENCES = tuple(Choice(uri, name) for uri, (name, _) in LICENCES.items())
FILE_ROLES = _terms({
    "fulltext": "Full text", "supplement": "Supplement", "data": "Data", "metadata": "Metadata", "other": "Other",
})  # fmt: skip

_LANGUAGE = Label("Language", widget="suggest", choices=LANGUAGES)


_AUTHENTICATED = Label("Authenticated", "Whether its owner said so at the registry; nobody can say it here.")


def _agent(path: str, what: str) -> dict[str, Label]:
    """Return the labels of a list of people and bodies."""
    return {
        f"{path}.kind": Label("Person or body", widget="select", choices=_terms({"person": "Person", "org": "Organisation"})),
        f"{path}.family": Label("Family name", f"Of a person. Somebody with one name only has just this. {what}".strip()),
        f"{path}.given": Label("Given name"),
        f"{path}.name": Label("Name of the organisation", "Only where it is no person."),
        f"{path}.ids": Label("Identifiers", one="Identifier"),
        f"{path}.ids.scheme": Label("Scheme", choices=_AGENT_SCHEMES),
        f"{path}.ids.value": Label("Value", "For example 0000-0002-1825-0097."),
        f"{path}.ids.authenticated": _AUTHENTICATED,
        f"{path}.affiliations": Label("Affiliations", one="Affiliation"),
        f"{path}.affiliations.name": Label("Institution"),
        f"{path}.affiliations.ror": Label("ROR", "For example https://ror.org/05a28rw58."),
        f"{path}.corresponding": Label("Corresponding author"),
    }


LABELS: dict[str, Label] = {
    "type": Label("Type", choices=TYPES_BY_CATEGORY),
    "title": Label("Title"),
    "title.value": Label("Title", widget="text"),
    "title.lang": _LANGUAGE,
    "subtitle": Label("Subtitle"),
    "alt_titles": Label("Further titles", one="Title"),
    "alt_titles.value": Label("Title"),
    "alt_titles.lang": _LANGUAGE,
    "alt_titles.kind": Label(
        "Kind", choices=_terms({"alternative": "Alternative", "translated": "Translated", "other": "Other"})
    ),
    "creators": Label("Creators", "In the order in which they are to be named.", one="Creator"),
    **_agent("creators", ""),
    "contributors": Label("Contributors", "Who had a part in it other than creating it.", one="Contributor"),
    **_agent("contributors", ""),
    "contributors.role": Label("Role", choices=_ROLES),
    "abstracts": Label("Abstracts", one="Abstract"),
    "abstracts.value": Label("Text", widget="textarea"),
    "abstracts.lang": _LANGUAGE,
    "toc": Label("Table of contents", widget="textarea"),
    "subjects": Label("Subjects", "Keywords, or terms of a scheme.", one="Subject"),
    "subjects.value": Label("Keyword or term"),
    "subjects.lang": _LANGUAGE,
    "subjects.scheme": Label("Scheme", "Its name, for example LCSH or DDC; empty for a free keyword."),
    "subjects.scheme_uri": Label("Address of the scheme"),
    "subjects.value_uri": Label("Address of the term"),
    "subjects.code": Label("Notation"),
    "dates": Label("Dates", _DATE),
    "dates.issued": Label("Date of publication", _DATE),
    "dates.accepted": Label("Accepted"),
    "dates.submitted": Label("Submitted"),
    "dates.available": Label("Available"),
    "dates.embargo_until": Label("Under embargo until", "A date, where the access is embargoed."),
    "dates.created": Label("Created"),
    "dates.updated": Label("Updated"),
    "languages": Label("Languages", "One a line, as language tags: en, de, fr, grc, zh-Hant, pt-BR."),
    "publisher": Label("Publisher"),
    "publisher.name": Label("Name"),
    "publisher.ids": Label("Identifiers", one="Identifier"),
    "publisher.ids.scheme": Label("Scheme", choices=_AGENT_SCHEMES),
    "publisher.ids.value": Label("Value"),
    "publisher.ids.authenticated": _AUTHENTICATED,
    "publisher.place": Label("Place"),
    "container": Label("Where it appeared", "The journal, book or series it stands in."),
    "container.title": Label("Title of the journal or book"),
    "container.issn_print": Label("ISSN (print)"),
    "container.issn_online": Label("ISSN (online)"),
    "container.isbn": Label("ISBN"),
    "container.volume": Label("Volume"),
    "container.issue": Label("Issue"),
    "container.first_page": Label("First page"),
    "container.last_page": Label("Last page"),
    "container.article_no": Label("Article number"),
    "container.edition": Label("Edition"),
    "container.series": Label("Series"),
    "conference": Label("Conference"),
    "conference.name": Label("Name"),
    "conference.place": Label("Place"),
    "conference.date": Label("Date", "A date, or words such as 3 to 5 June 1905."),
    "identifiers": Label(
        "Identifiers",
        "Those it has already, such as the publisher's DOI. One of ours is reserved on the work's page, or when it is published.",
        one="Identifier",
    ),
    "identifiers.scheme": Label("Scheme", choices=_SCHEMES, widget="suggest"),
    "identifiers.value": Label("Value"),
    "related": Label("Related works", one="Related work"),
    "related.relation": Label("This work …", choices=_RELATIONS),
    "related.scheme": Label("Scheme of the identifier", choices=_RELATED_SCHEMES, widget="suggest"),
    "related.value": Label("Identifier of the other work"),
    "related.type_code": Label("Type of the other work", choices=TYPES_BY_CATEGORY),
    "funding": Label("Funding", one="Funding"),
    "funding.funder_name": Label("Funder"),
    "funding.funder_id": Label("Identifier of the funder", "For example https://ror.org/018mejw64."),
    "funding.funder_id_scheme": Label(
        "Scheme of that identifier",
        choices=_terms({"ror": "ROR", "crossref": "Crossref Funder ID", "isni": "ISNI", "grid": "GRID"}),
        widget="suggest",
    ),
    "funding.stream": Label("Programme"),
    "funding.award_no": Label("Award number"),
    "funding.award_uri": Label("Address of the award"),
    "funding.award_title": Label("Title of the award"),
    "funding.acronym": Label("Acronym"),
    "funding.jurisdiction": Label("Jurisdiction", "For example EU."),
    "version": Label("Version", choices=_terms({term.code: term.label for term in VERSIONS.values()})),
    "peer_reviewed": Label("Peer-reviewed"),
    "access": Label("Access", "Who may read the files, where a file does not say otherwise.", choices=ACCESSES),
    "licences": Label("Licences", one="Licence"),
    "licences.uri": Label(
        "Address", "Choose one that is proposed, and its name is filled in.", widget="suggest", choices=_LICENCES
    ),
    "licences.name": Label("Name"),
    "licences.spdx": Label("SPDX identifier"),
    "licences.start_date": Label("From", "The date from which it applies; empty for at once."),
    "rights_statement": Label("Rights statement", widget="textarea"),
    "files": Label("Files", one="File"),
    "files.name": Label("Name"),
    "files.mime": Label("Type"),
    "files.role": Label("What it is", choices=FILE_ROLES),
    "files.access": Label("Access", "Empty: as the work.", choices=ACCESSES),
    "files.licence": Label("Licence", "Empty: as the work.", widget="suggest", choices=_LICENCES),
    "files.primary": Label("The main file"),
    "thesis": Label("Thesis"),
    "thesis.degree_name": Label("Degree", "For example Doctor of Philosophy."),
    "thesis.degree_level": Label("Level", "For example doctoral."),
    "thesis.discipline": Label("Discipline"),
    "thesis.grantor": Label("Awarded by"),
    "thesis.grantor_ror": Label("ROR of that institution"),
    "thesis.grantor_place": Label("Place"),
    "thesis.department": Label("Department"),
    "thesis.date_awarded": Label("Awarded on", "A year, year-month or year-month-day."),
    "geo": Label("Places it is about", one="Place"),
    "geo.name": Label("Name"),
    "geo.latitude": Label("Latitude", "In degrees north, such as 48.2."),
    "geo.longitude": Label("Longitude", "In degrees east, such as 16.37."),
    "temporal": Label("Periods it is about", "One a line."),
    "citation_text": Label("Citation", "As it is to be cited; empty: it is composed of the fields.", widget="textarea"),
    "source_note": Label("Note on the source", widget="textarea"),
}
