"""The relations of Crossref (relations.xsd), by the words of DataCite that our records are written with."""

from collections.abc import Iterator
from dataclasses import dataclass

from server.metadata.formats.datacite import once, relations_of
from server.records.model import Record

#: Same work in another form, and another work.
INTRA, INTER = "intra_work_relation", "inter_work_relation"

# fmt: off
#: DataCite relationType → element and relationship-type. What is missing Crossref cannot say.
RELATIONS = {
    "IsCitedBy": (INTER, "isReferencedBy"), "Cites": (INTER, "references"),
    "IsReferencedBy": (INTER, "isReferencedBy"), "References": (INTER, "references"),
    "IsSupplementTo": (INTER, "isSupplementTo"), "IsSupplementedBy": (INTER, "isSupplementedBy"),
    "IsContinuedBy": (INTER, "isContinuedBy"), "Continues": (INTER, "continues"),
    "IsDescribedBy": (INTER, "isDocumentedBy"), "Describes": (INTER, "documents"),
    "IsDocumentedBy": (INTER, "isDocumentedBy"), "Documents": (INTER, "documents"),
    "HasMetadata": (INTER, "hasRelatedMaterial"), "IsMetadataFor": (INTER, "isRelatedMaterial"),
    "IsPartOf": (INTER, "isPartOf"), "HasPart": (INTER, "hasPart"), "IsPublishedIn": (INTER, "isPartOf"),
    "IsCollectedBy": (INTER, "isPartOf"), "Collects": (INTER, "hasPart"),
    "IsCompiledBy": (INTER, "isCompiledBy"), "Compiles": (INTER, "compiles"),
    "IsReviewedBy": (INTER, "hasReview"), "Reviews": (INTER, "isReviewOf"),
    "IsDerivedFrom": (INTER, "isDerivedFrom"), "IsSourceOf": (INTER, "hasDerivation"),
    "Requires": (INTER, "requires"), "IsRequiredBy": (INTER, "isRequiredBy"),
    "HasVersion": (INTRA, "hasVersion"), "IsVersionOf": (INTRA, "isVersionOf"),
    "IsNewVersionOf": (INTRA, "isVersionOf"), "IsPreviousVersionOf": (INTRA, "hasVersion"),
    "IsVariantFormOf": (INTRA, "isVariantFormOf"), "IsOriginalFormOf": (INTRA, "isOriginalFormOf"),
    "IsIdenticalTo": (INTRA, "isIdenticalTo"), "IsObsoletedBy": (INTRA, "isReplacedBy"), "Obsoletes": (INTRA, "replaces"),
    "HasTranslation": (INTRA, "hasTranslation"), "IsTranslationOf": (INTRA, "isTranslationOf"),
}
#: What the published version is to a work of these types.
_VERSIONS = {"postedContent.preprint": "isPreprintOf", "postedContent.acceptedManuscript": "isManuscriptOf"}

#: DataCite relatedIdentifierType → identifier-type; whatever else is other.
_SCHEMES = {
    "DOI": "doi", "ISSN": "issn", "EISSN": "issn", "ISBN": "isbn", "URL": "uri", "w3id": "uri", "PMID": "pmid", "PURL": "purl",
    "arXiv": "arxiv", "ARK": "ark", "Handle": "handle",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Relation:
    element: str
    kind: str
    scheme: str
    value: str


def relations(record: Record, own: str) -> tuple[Relation, ...]:
    """Return what can be said of a record's relations; `own` is the DOI of the work itself."""
    return once(_relations(record, own))


def _relations(record: Record, own: str) -> Iterator[Relation]:
    for related in relations_of(record, own):
        element, kind = RELATIONS.get(related.relation, ("", ""))
        if kind == "isVersionOf" and related.scheme == "DOI":
            kind = _VERSIONS.get(record.type, kind)
        if element and related.value.lower() != own.lower():
            yield Relation(element, kind, _SCHEMES.get(related.scheme, "other"), related.value)
