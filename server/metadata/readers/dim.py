"""Reads DIM, DSpace's table of schema, element and qualifier: its intermediate metadata and the dublin_core.xml of an archive."""

import re
from collections.abc import Callable

from lxml import etree
from msgspec.structs import replace

from server.metadata.dates import american, date_of
from server.metadata.degrees import part_in_thesis, settle_thesis_type, take_degree_part
from server.metadata.draft import Draft
from server.metadata.dublin_core import take_relation, take_source, take_term
from server.metadata.elements import attribute, children, local, namespace
from server.metadata.names import agent, agent_id, unpacked
from server.metadata.reading import Reader, Reading
from server.metadata.rights import take_access, take_rights
from server.metadata.roles import CREATOR
from server.records.model import Agent, AgentId, Funding, Subject
from server.records.vocabulary import VERSIONS, find_term
from server.xml import text_of

#: A field's taker gets the field, its qualifier and its text.
Take = Callable[[Draft, etree._Element, str, str], None]  # noqa: SLF001 - the name lxml gives its elements

NAMESPACE = "http://www.dspace.org/xmlns/dspace/dim"

_ORCID = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
#: dc.date.* to the record's dates; accessioned and the like are DSpace's own.
_DATES = {
    "issued": "issued", "created": "created", "submitted": "submitted", "accepted": "accepted", "available": "available",
    "updated": "updated", "modified": "updated", "": "issued",
}  # fmt: skip
_DSPACE = frozenset({"accessioned", "provenance", "mimetype", "extent", "medium"})
_VAGUE = frozenset({"*", "none", "n/a"})
#: dc.relation.* written in lower case, as DSpace's registry has them, to the terms of Dublin Core.
_RELATIONS = {
    "isreferencedby": "isReferencedBy", "references": "references", "haspart": "hasPart", "ispartof": "isPartOf",
    "hasversion": "hasVersion", "isversionof": "isVersionOf", "isbasedon": "source", "replaces": "replaces",
    "isreplacedby": "isReplacedBy", "requires": "requires", "isrequiredby": "isRequiredBy", "isformatof": "isFormatOf",
    "hasformat": "hasFormat", "uri": "relation", "": "relation", "none": "relation",
}  # fmt: skip


def recognises(root: etree._Element) -> bool:
    if local(root) == "dublin_core":
        return any(True for _ in children(root, "dcvalue"))
    # METS packages describe their files in DIM, too; those are not works.
    return local(root) == "dim" and namespace(root) == NAMESPACE and attribute(root, "dspaceType") in {"", "ITEM"}


def read(root: etree._Element) -> Reading:
    draft = Draft(root, title_element="field dc.title")
    # What has no qualifier fills what the refined fields left empty.
    fields = sorted(children(root, "field", "dcvalue"), key=_is_late)
    for element in fields:
        if "orcid" not in _qualifier(element):
            _take(draft, element)
    _settle_orcids(draft, [element for element in fields if "orcid" in _qualifier(element)])
    settle_thesis_type(draft)
    return draft.reading()


def _qualifier(element: etree._Element) -> str:
    word = attribute(element, "qualifier").lower()
    return "" if word in _VAGUE else word


def _is_late(element: etree._Element) -> bool:
    if _speaks_of_embargo(element):  # in words after all days
        return not date_of(text_of(element))
    return attribute(element, "element") in {"date", "description", "relation"} and not _qualifier(element)


def _speaks_of_embargo(element: etree._Element) -> bool:
    return "embargo" in attribute(element, "element") + _qualifier(element)


def _take(draft: Draft, element: etree._Element) -> None:
    name, qualifier, text = attribute(element, "element"), _qualifier(element), text_of(element)
    schema = (attribute(element, "mdschema") or attribute(draft.root, "schema") or "dc").lower()
    known = schema in {"dc", "dcterms"}
    if not text:
        return
    take = (_FIELDS.get((name, qualifier)) or _ELEMENTS.get(name)) if known else _OTHERS.get(name)
    if take and qualifier not in _DSPACE:
        take(draft, element, qualifier, text)
    elif schema != "dcterms" or not take_term(draft, element, name):
        _leave(draft, element, qualifier, text)


def _leave(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    """Note a field by its name as DSpace writes it: dc.description.provenance."""
    name = ".".join(filter(None, (attribute(element, "mdschema"), attribute(element, "element"), qualifier)))
    draft.leave(element, f"{name} {text}")


def _named(name: str) -> Take:
    """Take a field as the term of Dublin Core it is."""

    def take(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
        if not take_term(draft, element, name):
            _leave(draft, element, qualifier, text)

    return take


def _title(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    draft.set_title(element, text, "translated" if "translat" in qualifier else "alternative" if qualifier else "")


def _agent_of(draft: Draft, element: etree._Element, text: str) -> Agent | None:
    """Make a person or body, with the ORCID that DSpace holds as authority of the name."""
    name, ids, rest = unpacked(text)
    found = _ORCID.search(attribute(element, "authority"))
    known = [AgentId(scheme="orcid", value=f"https://orcid.org/{found[0]}")] if found else []
    for part in rest:
        draft.leave(element, part)
    return agent(name, ids=[*ids, *known])


def _creator(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:  # noqa: ARG001 - all takers look alike
    draft.add_agent(element, _agent_of(draft, element, text), CREATOR)


def _contributor(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    if qualifier == "department":
        draft.put(draft.thesis, "department", text, element)
    else:
        role = CREATOR if qualifier == "author" else part_in_thesis(qualifier)
        made = _agent_of(draft, element, text)
        if made and qualifier and not role:
            draft.warn(element, f"the role “{qualifier}” is not known; “{made.label}” has the role Other.")
        draft.add_agent(element, made, role or "Other")


def _settle_orcids(draft: Draft, elements: list[etree._Element]) -> None:
    """Give an ORCID to the creator it names (`Curie, Marie: 0000-…`), or to the only one there is."""
    places = {one.label: place for place, one in enumerate(draft.creators)}
    for element in elements:
        text = text_of(element)
        number = _ORCID.search(text)
        name = text[: number.start()].strip(" :;,(") if number else ""
        place = places.get(name, 0 if len(places) == 1 and not name else None)
        found = agent_id(number[0], "orcid") if number else None
        if place is None or found is None:
            _leave(draft, element, _qualifier(element), text)
        else:
            owner = draft.creators[place]
            draft.creators[place] = replace(owner, ids=tuple(dict.fromkeys((*owner.ids, found))))


def _date(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    name = "embargo_until" if "embargo" in qualifier else _DATES.get(qualifier)
    if name is None:
        _leave(draft, element, qualifier, text)
    else:
        draft.set_date(name, american(text), element)


def _description(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    if qualifier == "embargo":
        _embargo(draft, element, qualifier, text)
    elif qualifier.startswith("degree"):
        take_degree_part(draft, element, qualifier.removeprefix("degree") or "name")
    elif qualifier == "version" and find_term(VERSIONS, text):
        draft.version = find_term(VERSIONS, text) or ""
    elif qualifier:
        _leave(draft, element, qualifier, text)
    else:
        take_term(draft, element, "description")


def _sponsor(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:  # noqa: ARG001 - all takers look alike
    draft.funding.append(Funding(funder_name=text))


def _identifier(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    draft.add_identifier(element, text, "" if qualifier in {"uri", "other"} else qualifier)


def _language(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:  # noqa: ARG001 - all takers look alike
    draft.add_language(element, text)


def _subject(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    if qualifier:
        draft.subjects.append(Subject(value=text, scheme=qualifier))
    else:
        take_term(draft, element, "subject")


def _type(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    if qualifier == "version" and find_term(VERSIONS, text):
        draft.version = draft.version or find_term(VERSIONS, text) or ""
    else:
        draft.add_type(element, text)


def _relation(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    if qualifier == "ispartofseries":
        draft.put(draft.container, "series", text, element)
    elif qualifier in _RELATIONS and _RELATIONS[qualifier] != "source":
        take_relation(draft, element, text, _RELATIONS[qualifier])
    elif qualifier in _RELATIONS:
        take_source(draft, element, text)
    else:
        _leave(draft, element, qualifier, text)


def _rights(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    if qualifier == "holder":
        draft.add_agent(element, agent(text), "RightsHolder")
    elif "embargo" in qualifier:
        _embargo(draft, element, qualifier, text)
    elif "access" in qualifier:
        take_access(draft, element, text)
    else:
        take_rights(draft, element, text)


def _source(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:  # noqa: ARG001 - all takers look alike
    take_source(draft, element, text)


def _degree(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:  # noqa: ARG001 - all takers look alike
    take_degree_part(draft, element, qualifier)


def _embargo(draft: Draft, element: etree._Element, qualifier: str, text: str) -> None:
    """Take when an embargo lifts; terms in words stay words where a day is told too (DSpace, embargo.field.lift and .terms)."""
    if date_of(text) or "forever" in text.lower() or not draft.dates.get("embargo_until"):
        draft.embargo(element, text)
    else:
        _leave(draft, element, qualifier, text)


#: A field as a whole, where it is another thing than its element.
_FIELDS: dict[tuple[str, str], Take] = {
    ("description", "abstract"): _named("abstract"), ("description", "tableofcontents"): _named("tableOfContents"),
    ("description", "sponsorship"): _sponsor, ("identifier", "citation"): _named("bibliographicCitation"),
    ("coverage", "spatial"): _named("spatial"), ("coverage", "temporal"): _named("temporal"),
}  # fmt: skip
_ELEMENTS: dict[str, Take] = {
    "title": _title, "creator": _creator, "contributor": _contributor, "date": _date, "description": _description,
    "identifier": _identifier, "language": _language, "subject": _subject, "type": _type, "relation": _relation,
    "rights": _rights, "source": _source, "publisher": _named("publisher"), "coverage": _named("coverage"), "embargo": _embargo,
}  # fmt: skip
#: Elements of the schemas universities add to Dublin Core: thesis.degree.name, local.embargo.lift.
_OTHERS: dict[str, Take] = {"degree": _degree, "embargo": _embargo}

PLUGIN = Reader("dim", "DSpace Intermediate Metadata", recognises, read)
