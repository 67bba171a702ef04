"""Dublin Core terms, each with the place it has in a record; shared by all readers of formats made of them."""

import re
from collections.abc import Callable, Container, Iterable
from urllib.parse import unquote

from lxml import etree

from server.metadata.dates import has_time
from server.metadata.draft import Draft
from server.metadata.elements import attribute, lang_of, local, namespace
from server.metadata.identifying import identify
from server.metadata.names import agent, is_body, split, unpacked
from server.metadata.packed import funding_of, is_note, take_note
from server.metadata.rights import embargo_end, take_access, take_rights
from server.metadata.roles import CREATOR, FUNDER, role_of
from server.records.model import Affiliation, Funding, Identifier, Place, Related, Subject, Text
from server.xml import text_of

TERMS = "http://purl.org/dc/terms/"
ELEMENTS = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
#: The third is what a client in use sends by mistake.
NAMESPACES = frozenset({TERMS, ELEMENTS, "http://purl.org/dc/elements/"})

Take = Callable[[Draft, etree._Element, str], None]  # noqa: SLF001 - the name lxml gives its elements

_SEMANTICS = "info:eu-repo/semantics/"
_CLASSIFICATION = re.compile(r"(?:info:eu-repo/classification/)?(\w+)[/:]([\w.-]+)")
#: `Journal of Examples, 12(3), 45-67. ISSN 2049-3630`, in the form the repository itself writes.
_SOURCE = re.compile(
    r"(?P<title>.+?)(?:, (?P<volume>[^,()]{1,20}?)(?:\((?P<issue>[^()]+)\))?)?"
    r"(?:, (?P<first>\w{1,12})(?:[-\u2013](?P<last>\w{1,12}))?)?"
    r"(?:\.? ISSN:? (?P<issn>[0-9]{4}-[0-9]{3}[0-9Xx]))?\.?"
)
#: `Annalen der Physik, volume 17, issue 10, page 891-921, article-number 8`, as the same service writes a citation.
_CITATION = re.compile(
    r"(?P<title>.+?)(?:, volume (?P<volume>[^,]+))?(?:, issue (?P<issue>[^,]+))?"
    r"(?:, pages? (?P<first_page>[^,\u2013-]+)(?:[\u2013-](?P<last_page>[^,]+))?)?(?:, article-number (?P<article_no>[^,]+))?"
)

#: dcterms relation to DataCite relationType.
_RELATIONS = {
    "relation": "References", "references": "References", "isReferencedBy": "IsReferencedBy", "hasPart": "HasPart",
    "isPartOf": "IsPartOf", "hasVersion": "HasVersion", "isVersionOf": "IsVersionOf", "replaces": "Obsoletes",
    "isReplacedBy": "IsObsoletedBy", "requires": "Requires", "isRequiredBy": "IsRequiredBy", "hasFormat": "IsOriginalFormOf",
    "isFormatOf": "IsVariantFormOf", "source": "IsDerivedFrom",
}  # fmt: skip


def take_all(draft: Draft, elements: Iterable[etree._Element], namespaces: Container[str] = NAMESPACES) -> None:
    """Take up Dublin Core elements, also those of a namespace that took them over with their names.

    The unqualified ones come last, as they fill what the refined ones left empty.
    """
    elements = list(elements)
    for element in sorted(elements, key=lambda e: (local(e) in _LATE, local(e) == "date" and has_time(text_of(e)))):
        take = _TERMS.get(local(element))
        if take is None or namespace(element) not in namespaces:
            draft.leave(element)
        else:
            take(draft, element, text_of(element))


def take_term(draft: Draft, element: etree._Element, name: str) -> bool:
    """Take an element of another format as the term it stands for; False where there is no such term."""
    take = _TERMS.get(name)
    if take is not None:
        take(draft, element, text_of(element))
    return take is not None


def _title(draft: Draft, element: etree._Element, text: str) -> None:
    draft.set_title(element, text)


def _alternative(draft: Draft, element: etree._Element, text: str) -> None:
    draft.set_title(element, text, "alternative")


def _creator(draft: Draft, element: etree._Element, text: str) -> None:
    _name(draft, element, text, CREATOR)


def _contributor(draft: Draft, element: etree._Element, text: str) -> None:
    prefix, colon, name = text.partition(": ")
    role = role_of(attribute(element, "type"), attribute(element, "role"))
    if colon and role_of(prefix):
        role, text = role or role_of(prefix), name
    _name(draft, element, text, role or "Other")


def _name(draft: Draft, element: etree._Element, text: str, role: str) -> None:
    name, ids, rest = unpacked(text)
    affiliation = attribute(element, "affiliation")
    if role != FUNDER and " " in name and not split(name)[1] and not is_body(name):
        draft.warn(element, f"“{name}” has no comma, so it was taken as one name, not as family and given name.")
    draft.add_agent(element, agent(name, ids=ids, affiliations=[Affiliation(name=affiliation)] if affiliation else []), role)
    for part in rest:
        draft.leave(element, part)


def _subject(draft: Draft, element: etree._Element, text: str) -> None:
    scheme = attribute(element, "type").rpartition(":")[2].lower()
    classified = _CLASSIFICATION.fullmatch(text)
    if classified and (text.startswith("info:eu-repo/classification/") or classified[1] == "ddc"):
        draft.subjects.append(Subject(value=classified[2], scheme=classified[1], code=classified[2]))
    elif text.startswith(("http://", "https://")):
        draft.subjects.append(Subject(value=text, value_uri=text, scheme=scheme))
    elif text:
        draft.subjects.append(Subject(value=text, lang=lang_of(element), scheme=scheme))


def _abstract(draft: Draft, element: etree._Element, text: str) -> None:
    _add_abstract(draft, element, text)
    draft.has_abstract = bool(draft.abstracts)


def _add_abstract(draft: Draft, element: etree._Element, text: str) -> None:
    if text:
        draft.abstracts.append(Text(value=text, lang=lang_of(element)))


def _description(draft: Draft, element: etree._Element, text: str) -> None:
    """Take a description as an abstract unless there is a real one; some senders pack other facts into it."""
    funding = funding_of(text) if text.startswith("Funder: ") else None
    if funding:
        draft.funding.append(funding)
    elif is_note(text):
        take_note(draft, element, text)
    elif not draft.has_abstract:
        _add_abstract(draft, element, text)
    elif text != draft.abstracts[0].value:
        draft.leave(element)


def _contents(draft: Draft, element: etree._Element, text: str) -> None:  # noqa: ARG001 - all takers look alike
    if text:
        draft.toc.append(text)


def _publisher(draft: Draft, element: etree._Element, text: str) -> None:
    draft.put(draft.publisher, "name", text, element)


def _date(draft: Draft, element: etree._Element, text: str) -> None:
    """Take the publication date; a stamp with a time of day is taken only where there is no other."""
    if embargo_end(text):
        draft.embargo(element, embargo_end(text))
    else:
        draft.set_date("issued", text, element)


def _dated(name: str) -> Take:
    def take(draft: Draft, element: etree._Element, text: str) -> None:
        draft.set_date(name, text, element)

    return take


def _type(draft: Draft, element: etree._Element, text: str) -> None:
    draft.add_type(element, text)


def _identifier(draft: Draft, element: etree._Element, text: str) -> None:
    if text:
        draft.add_identifier(element, text)


def take_source(draft: Draft, element: etree._Element, text: str) -> None:
    """Take the journal in the repository's own form, an ISSN or ISBN alone, or an identifier of what the work derives from."""
    found = identify(text) if text else None
    parts = _SOURCE.fullmatch(text)
    if found and found[0].startswith("issn"):
        draft.add_issn(element, found)
    elif found and found[0] == "isbn":
        draft.put(draft.container, "isbn", found[1], element)
    elif found and found[0] != "local":
        draft.related.append(Related(scheme=found[0], value=found[1], relation="IsDerivedFrom"))
    elif parts and (parts["issn"] or parts["issue"]):
        names = {"title": "title", "volume": "volume", "issue": "issue", "first_page": "first", "last_page": "last"}
        for name, group in names.items():
            draft.put(draft.container, name, parts[group] or "", element)
        if parts["issn"]:
            draft.add_issn(element, ("issn", parts["issn"]))
    else:
        draft.leave(element)


def _language(draft: Draft, element: etree._Element, text: str) -> None:
    draft.add_language(element, text)


def _relation(draft: Draft, element: etree._Element, text: str) -> None:
    take_relation(draft, element, text, local(element))


def take_relation(draft: Draft, element: etree._Element, text: str, term: str) -> None:
    """Take another work's identifier, the address of a grant, or what OpenAIRE's terms say of the work itself.

    `term` is the one of Dublin Core: relation, isPartOf, references …
    """
    relation = _RELATIONS[term]
    meant = text.removeprefix(_SEMANTICS)
    kind, _, rest = meant.partition("/")
    scheme, _, value = rest.partition("/")
    if text.startswith("info:eu-repo/grantAgreement/"):
        _grant(draft, element, text)
    elif meant != text and kind == "altIdentifier" and value:
        draft.add_identifier(element, value, scheme)
    elif meant != text and kind in {"dataset", "reference"} and value:
        of = ("IsSupplementedBy", "dataset.dataset") if kind == "dataset" else ("References", "")
        named = identify(value, scheme) or (scheme, value)
        draft.related.append(Related(scheme=named[0], value=named[1], relation=of[0], type_code=of[1]))
    else:
        _plain_relation(draft, element, text, relation)


def _plain_relation(draft: Draft, element: etree._Element, text: str, relation: str) -> None:
    number = attribute(element, "IDNo") or attribute(element, "holdingsURI")
    found = identify(number or text, attribute(element, "agency") if number else "")
    if found and found[0].startswith("issn") and relation == "IsPartOf":
        draft.add_issn(element, found)
    elif found and Identifier(scheme=found[0], value=found[1]) in draft.identifiers:
        return  # the work's own identifier again, as a plain address
    elif found and (number or found[0] != "local"):
        draft.related.append(Related(scheme=found[0], value=found[1], relation=relation))
    elif relation == "IsPartOf" and "title" not in draft.container and text:
        draft.container["title"] = text
    else:
        draft.leave(element)


def _grant(draft: Draft, element: etree._Element, text: str) -> None:
    """Take info:eu-repo/grantAgreement/Funder/Programme/ID/[Jurisdiction]/[Name]/[Acronym]."""
    parts = [unquote(part).strip() for part in text.split("/")[2:]]
    funder, stream, award, jurisdiction, title, acronym = [*parts, *[""] * 6][:6]
    if funder or award:
        draft.funding.append(
            Funding(
                funder_name=funder, stream=stream, award_no=award, jurisdiction=jurisdiction, award_title=title, acronym=acronym
            ),
        )
    else:
        draft.leave(element)


def _coverage(draft: Draft, element: etree._Element, text: str) -> None:
    if re.search(r"[0-9]", text):
        _temporal(draft, element, text)
    else:
        _spatial(draft, element, text)


def _spatial(draft: Draft, element: etree._Element, text: str) -> None:  # noqa: ARG001 - all takers look alike
    if text:
        draft.geo.append(Place(name=text))


def _temporal(draft: Draft, element: etree._Element, text: str) -> None:  # noqa: ARG001 - all takers look alike
    if text:
        draft.temporal.append(text)


def _rights(draft: Draft, element: etree._Element, text: str) -> None:
    take_rights(draft, element, text)


def _access(draft: Draft, element: etree._Element, text: str) -> None:
    take_access(draft, element, text)


def _rights_holder(draft: Draft, element: etree._Element, text: str) -> None:
    draft.add_agent(element, agent(text), "RightsHolder")


def _citation(draft: Draft, element: etree._Element, text: str) -> None:
    if draft.citation_text and text != draft.citation_text:
        draft.leave(element)
    draft.citation_text = draft.citation_text or text
    parts = _CITATION.fullmatch(text)
    if parts and any((parts["volume"], parts["issue"], parts["article_no"])):
        for name, value in parts.groupdict("").items():
            draft.put(draft.container, name, value.strip(), element)


def _available(draft: Draft, element: etree._Element, text: str) -> None:
    draft.set_date("available", text.removeprefix("info:eu-repo/date/embargoEnd/"), element)


_TERMS: dict[str, Take] = {
    "title": _title, "alternative": _alternative, "creator": _creator, "contributor": _contributor, "subject": _subject,
    "description": _description, "abstract": _abstract, "tableOfContents": _contents, "publisher": _publisher,
    "date": _date, "issued": _dated("issued"), "dateAccepted": _dated("accepted"), "dateSubmitted": _dated("submitted"),
    "created": _dated("created"), "modified": _dated("updated"), "available": _available, "type": _type,
    "identifier": _identifier, "source": take_source, "language": _language, "coverage": _coverage, "spatial": _spatial,
    "temporal": _temporal, "rights": _rights, "license": _rights, "accessRights": _access,
    "rightsHolder": _rights_holder, "bibliographicCitation": _citation,
    **{name: _relation for name in _RELATIONS if name != "source"},
}  # fmt: skip
_LATE = {"date", "description", "relation"}
