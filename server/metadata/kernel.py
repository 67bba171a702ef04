"""The DataCite Metadata Schema 4.7: its controlled lists, what our words are called in them, and its properties as values."""

from dataclasses import dataclass
from typing import NamedTuple

#: The version of the schema all this is of.
VERSION = "4.7"


class NameScheme(NamedTuple):
    """A registry of persons or bodies as DataCite names it."""

    name: str
    uri: str


#: DataCite 4.7, nameIdentifierScheme, affiliationIdentifierScheme and publisherIdentifierScheme: free words, these by custom.
#: ORCID's auto-update needs exactly "ORCID" and "https://orcid.org" (support.datacite.org/docs/datacite-profiles).
NAME_SCHEMES = {
    "orcid": NameScheme("ORCID", "https://orcid.org"),
    "isni": NameScheme("ISNI", "https://isni.org"),
    "gnd": NameScheme("GND", "https://d-nb.info/gnd"),
    "viaf": NameScheme("VIAF", "https://viaf.org"),
    "wikidata": NameScheme("Wikidata", "https://www.wikidata.org"),
    "ror": NameScheme("ROR", "https://ror.org"),
}

#: DataCite 4.7, Appendix 1, contributorType.
CONTRIBUTOR_TYPES = frozenset(
    {
        "ContactPerson", "DataCollector", "DataCurator", "DataManager", "Distributor", "Editor", "HostingInstitution", "Other",
        "Producer", "ProjectLeader", "ProjectManager", "ProjectMember", "RegistrationAgency", "RegistrationAuthority",
        "RelatedPerson", "ResearchGroup", "RightsHolder", "Researcher", "Sponsor", "Supervisor", "Translator",
        "WorkPackageLeader",
    }
)  # fmt: skip

#: DataCite 4.7, Appendix 1, relationType.
RELATION_TYPES = frozenset(
    {
        "IsCitedBy", "Cites", "IsSupplementTo", "IsSupplementedBy", "IsContinuedBy", "Continues", "IsNewVersionOf",
        "IsPreviousVersionOf", "IsPartOf", "HasPart", "IsPublishedIn", "IsReferencedBy", "References", "IsDocumentedBy",
        "Documents", "IsCompiledBy", "Compiles", "IsVariantFormOf", "IsOriginalFormOf", "IsIdenticalTo", "HasMetadata",
        "IsMetadataFor", "Reviews", "IsReviewedBy", "IsDerivedFrom", "IsSourceOf", "Describes", "IsDescribedBy", "HasVersion",
        "IsVersionOf", "Requires", "IsRequiredBy", "Obsoletes", "IsObsoletedBy", "Collects", "IsCollectedBy", "HasTranslation",
        "IsTranslationOf", "Other",
    }
)  # fmt: skip

#: Scheme of the record model → DataCite 4.7, Appendix 1, relatedIdentifierType. A scheme that is missing cannot be said.
IDENTIFIER_TYPES = {
    "ark": "ARK", "arxiv": "arXiv", "bibcode": "bibcode", "cstr": "CSTR", "doi": "DOI", "ean13": "EAN13", "eissn": "EISSN",
    "handle": "Handle", "hdl": "Handle", "igsn": "IGSN", "isbn": "ISBN", "issn": "ISSN", "istc": "ISTC", "lissn": "LISSN",
    "lsid": "LSID", "pmid": "PMID", "purl": "PURL", "raid": "RAiD", "rrid": "RRID", "swhid": "SWHID", "upc": "UPC", "url": "URL",
    "uri": "URL", "urn": "URN", "w3id": "w3id",
}  # fmt: skip

#: DataCite 4.7, Appendix 1, examples of relatedIdentifierType: an arXiv identifier is written with its label.
LABELS = {"arXiv": "arXiv:"}

#: Kind of our further titles → DataCite 4.7, Appendix 1, titleType; whatever else is Other.
TITLE_TYPES = {"alternative": "AlternativeTitle", "translated": "TranslatedTitle", "subtitle": "Subtitle"}

#: Words for a registry of funders → DataCite 4.7, Appendix 1, funderIdentifierType; whatever else is Other.
FUNDER_TYPES = {
    "ror": "ROR", "isni": "ISNI", "grid": "GRID", "crossref": "Crossref Funder ID", "crossref funder id": "Crossref Funder ID",
    "fundref": "Crossref Funder ID", "doi": "Crossref Funder ID",
}  # fmt: skip

#: What the identifier of a funder gives away of its registry.
FUNDER_SIGNS = (("ror.org/", "ROR"), ("isni.org/", "ISNI"), ("10.13039/", "Crossref Funder ID"), ("grid.", "GRID"))

FUNDER_URIS = {
    "ROR": "https://ror.org",
    "ISNI": "https://isni.org",
    "GRID": "https://www.grid.ac",
    "Crossref Funder ID": "https://www.crossref.org/services/funder-registry/",
}

#: resourceTypeGeneral of a work → that of the thing it was published in.
CONTAINER_TYPES = {
    "JournalArticle": "Journal",
    "BookChapter": "Book",
    "ConferencePaper": "ConferenceProceeding",
    "Poster": "ConferenceProceeding",
    "Presentation": "ConferenceProceeding",
    "Journal": "Journal",
    "Book": "Book",
    "ConferenceProceeding": "Book",
}

#: DataCite 4.7, Appendix 3, standard values for unknown information: temporarily inaccessible or never given.
UNKNOWN = ":unav"


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its language, and its type where it has one."""

    value: str
    lang: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Id:
    """An identifier with the name of its scheme and the scheme's address."""

    value: str
    scheme: str
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Affiliation:
    name: str
    ror: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A creator or contributor."""

    name: str
    kind: str = ""
    given: str = ""
    family: str = ""
    ids: tuple[Id, ...] = ()
    affiliations: tuple[Affiliation, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    value: str
    lang: str = ""
    scheme: str = ""
    scheme_uri: str = ""
    value_uri: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Date:
    kind: str
    value: str
    information: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    value: str
    scheme: str
    relation: str
    information: str = ""
    general: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    text: str
    uri: str = ""
    spdx: str = ""


@dataclass(frozen=True, slots=True)
class Geo:
    """A place with its name, its point (decimal degrees as they are written), or both."""

    name: str = ""
    latitude: str = ""
    longitude: str = ""


@dataclass(frozen=True, slots=True)
class Fund:
    name: str
    id: Id | None = None
    award: str = ""
    award_uri: str = ""
    award_title: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """What the work was published in, or a series it belongs to."""

    general: str
    relation: str
    title: str
    id: Id | None = None
    volume: str = ""
    issue: str = ""
    number: str = ""
    first_page: str = ""
    last_page: str = ""
    edition: str = ""


@dataclass(frozen=True, slots=True)
class DataciteView:
    """The properties of DataCite 4.7 in the order of its documentation."""

    identifier: Id
    creators: tuple[Name, ...]
    titles: tuple[Text, ...]
    publisher: Text
    publisher_id: Id | None
    year: str
    general: str
    type: str
    subjects: tuple[Subject, ...]
    contributors: tuple[Name, ...]
    dates: tuple[Date, ...]
    language: str
    alternates: tuple[Id, ...]
    related: tuple[Related, ...]
    sizes: tuple[str, ...]
    formats: tuple[str, ...]
    version: str
    rights: tuple[Rights, ...]
    descriptions: tuple[Text, ...]
    geo: tuple[Geo, ...]
    funding: tuple[Fund, ...]
    items: tuple[Item, ...]
