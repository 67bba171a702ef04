"""Reads EPDCX, the Dublin Core description sets of the Scholarly Works Application Profile (SWAP) that SWORD packages carry."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from lxml import etree

from server.errors import Invalid
from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, first, lang_of, local, namespace, text_at
from server.metadata.identifying import identify
from server.metadata.kinds import choose_type
from server.metadata.names import agent, agent_id
from server.metadata.reading import Reader, Reading
from server.metadata.rights import take_access, take_rights
from server.metadata.roles import CREATOR, FUNDER, role_of
from server.records.model import Agent, Funding, Related, Subject, Text
from server.records.vocabulary import VERSIONS, find_term
from server.xml import place_of

Take = Callable[["Described", etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

_ENTITY = "/entitytype/"
#: The Eprints Type Vocabulary's words for which our vocabulary has no word of its own.
_TYPES = {
    "bookitem": "publication.bookChapter", "conferenceitem": "conference.conferencePaper",
    "journalitem": "publication.journalArticle", "newsitem": "publication.newspaperArticle",
    "submittedjournalarticle": "postedContent.preprint", "scholarlytext": "other.other",
}  # fmt: skip
_ACCESS = {"openaccess": "open", "restrictedaccess": "restricted", "closedaccess": "metadata_only"}
#: How the entities of a work are linked among themselves; the links say nothing of it.
_LINKS = frozenset({"isexpressedas", "ismanifestedas", "isavailableas", "isexpressionof", "ismanifestationof", "iscopyof"})
_RELATIONS = {
    "references": "References", "hasversion": "HasVersion", "isversionof": "IsVersionOf", "hastranslation": "HasTranslation",
    "istranslationof": "IsTranslationOf", "hasadaptation": "IsSourceOf", "ispartof": "IsPartOf", "relation": "References",
    "isreferencedby": "IsReferencedBy", "replaces": "Obsoletes", "isreplacedby": "IsObsoletedBy",
}  # fmt: skip


@dataclass(slots=True)
class Described(Draft):
    """A draft that also knows the agents described in the set, by the ids they are pointed to with."""

    agents: dict[str, etree._Element] = field(default_factory=dict)


def recognises(root: etree._Element) -> bool:
    return local(root) == "descriptionSet" and "/eprint/epdcx/" in namespace(root)


def read(root: etree._Element) -> Reading:
    """Read the descriptions of a work and of its expressions, manifestations and copies; agents where they are pointed to."""
    draft = Described(root, title_element="description with a dc:title")
    described = [(_entity(description), description) for description in children(root, "description")]
    works = [description for entity, description in described if entity == "scholarlywork"]
    if len(works) > 1:
        raise Invalid(
            f"The description set holds {len(works)} works; a deposit is one.",
            place=place_of(works[1]),
            remedy="Send one description set for each work.",
            code="several-works",
        )
    further = {description for entity, description in described if entity == "expression"}
    further.discard(next((description for entity, description in described if entity == "expression"), root))
    for description in children(root, "description"):
        for name in ("resourceId", "resourceURI"):
            draft.agents.setdefault(attribute(description, name), description)
    for entity, description in described:
        if entity == "agent":
            continue
        for statement in children(description):
            if description in further:
                _leave_linked(draft, statement)
            else:
                _take(draft, statement, entity)
    _settle(draft)
    return draft.reading()


def _entity(description: etree._Element) -> str:
    """Return which entity of SWAP a description is of, in lower case; an empty string where it does not say."""
    for statement in children(description, "statement"):
        _, found, entity = attribute(statement, "valueURI").lower().rpartition(_ENTITY)
        if found:
            return entity
    return ""


def _property(statement: etree._Element) -> str:
    """Return the name of a property without the vocabulary it is of, in lower case, as `status` and `Status` are both in use."""
    return attribute(statement, "propertyURI").rstrip("/").replace("#", "/").rpartition("/")[2].lower()


def _value(statement: etree._Element) -> str:
    """Return what a statement says: its text, with the lines it is folded over joined, else the address of its value."""
    return text_at(statement, "valueString") or attribute(statement, "valueURI")


def _leave_linked(draft: Described, statement: etree._Element) -> None:
    if _property(statement) not in _LINKS and _ENTITY not in attribute(statement, "valueURI").lower():
        draft.leave(statement, _value(statement))


def _take(draft: Described, statement: etree._Element, entity: str) -> None:
    name = _property(statement)
    take = _COPIED.get(name) if entity == "copy" else None
    take = take or _PROPERTIES.get(name)
    if take and (_value(statement) or attribute(statement, "valueRef")):
        take(draft, statement)
    else:
        _leave_linked(draft, statement)
    for further in list(children(statement, "valueString"))[1:]:
        draft.leave(further)


def _settle(draft: Described) -> None:
    """Join the numbers of grants to a single funder, and read the day closed copies open on as the end of an embargo."""
    numbers = [funding for funding in draft.funding if not funding.funder_name]
    funders = [funding for funding in draft.funding if funding.funder_name]
    if len(funders) == 1 and numbers:
        draft.funding = [Funding(funder_name=funders[0].funder_name, award_no=number.award_no) for number in numbers]
    if draft.access in {"restricted", "metadata_only"} and "available" in draft.dates:
        draft.dates.setdefault("embargo_until", draft.dates["available"])
        draft.access = "embargoed"


def _title(draft: Described, statement: etree._Element) -> None:
    held = first(statement, "valueString")
    draft.set_title(statement if held is None else held, _value(statement))


def _alternative(draft: Described, statement: etree._Element) -> None:
    draft.set_title(statement, _value(statement), "alternative")


def _abstract(draft: Described, statement: etree._Element) -> None:
    held = first(statement, "valueString")
    draft.abstracts.append(Text(value=_value(statement), lang=lang_of(statement if held is None else held)))


def _subject(draft: Described, statement: etree._Element) -> None:
    scheme = attribute(statement, "vesURI")
    draft.subjects.append(Subject(value=_value(statement), scheme_uri=scheme, value_uri=attribute(statement, "valueURI")))


def _person(draft: Described, statement: etree._Element, role: str) -> None:
    draft.add_agent(statement, _agent_of(draft, statement), role)


def _agent_of(draft: Described, statement: etree._Element) -> Agent | None:
    """Return the agent a statement points to within the set, else the one it names."""
    wanted = {attribute(statement, "valueRef").lstrip("#"), attribute(statement, "valueURI")} - {""}
    described = next((draft.agents[name] for name in wanted if name in draft.agents), None)
    if described is not None:
        return _described(draft, described)
    text = text_at(statement, "valueString")
    if not text and wanted:
        draft.leave(statement, ", ".join(sorted(wanted)))
    # Where several names stand in one statement nobody can tell family names from given ones.
    return agent(text, kind="org" if text.count(",") > 1 else "")


def _described(draft: Described, description: etree._Element) -> Agent | None:
    parts: dict[str, str] = {}
    ids = []
    kind = ""
    for statement in children(description, "statement"):
        name, value = _property(statement).replace("_", ""), _value(statement)
        found = agent_id(value)
        if name in {"familyname", "givenname", "name"}:
            parts[name] = value
        elif found:
            ids.append(found)
        elif name == "type":
            kind = "org" if "organi" in value.lower() else kind
        else:
            draft.leave(statement, value)
    if parts.get("familyname"):
        return Agent(family=parts["familyname"], given=parts.get("givenname", ""), ids=tuple(ids))
    return agent(parts.get("name", ""), kind=kind, ids=ids)


def _date(name: str) -> Take:
    def take(draft: Described, statement: etree._Element) -> None:
        draft.set_date(name, _value(statement), statement)

    return take


def _type(draft: Described, statement: etree._Element) -> None:
    word = attribute(statement, "valueURI") or _value(statement)
    if _ENTITY in word.lower():
        return
    draft.add_type(statement, word)
    if not choose_type([word]):
        draft.type = draft.type or _TYPES.get(word.rpartition("/")[2].lower(), "")


def _status(draft: Described, statement: etree._Element) -> None:
    reviewed = {"peerreviewed": True, "nonpeerreviewed": False}.get(_value(statement).rpartition("/")[2].lower())
    if reviewed is None:
        draft.leave(statement, _value(statement))
    else:
        draft.peer_reviewed = reviewed


def _version(draft: Described, statement: etree._Element) -> None:
    found = find_term(VERSIONS, _value(statement))
    if found:
        draft.version = draft.version or found
    else:
        draft.leave(statement, _value(statement))


def _language(draft: Described, statement: etree._Element) -> None:
    draft.add_language(statement, _value(statement))


def _identifier(draft: Described, statement: etree._Element) -> None:
    draft.add_identifier(statement, _value(statement))


def _citation(draft: Described, statement: etree._Element) -> None:
    if draft.citation_text and draft.citation_text != _value(statement):
        draft.leave(statement, _value(statement))
    draft.citation_text = draft.citation_text or _value(statement)


def _publisher(draft: Described, statement: etree._Element) -> None:
    draft.put(draft.publisher, "name", _value(statement), statement)


def _rights(draft: Described, statement: etree._Element) -> None:
    access = _ACCESS.get(_value(statement).rpartition("/")[2].lower())
    if access:
        draft.restrict(access)
    else:
        take = take_access if _property(statement) == "accessrights" else take_rights
        take(draft, statement, text_at(statement, "valueString"), attribute(statement, "valueURI"))


def _grant(draft: Described, statement: etree._Element) -> None:
    draft.funding.append(Funding(award_no=_value(statement)))


def _relation(draft: Described, statement: etree._Element) -> None:
    found = identify(_value(statement))
    if found and found[0] != "local":
        draft.related.append(Related(scheme=found[0], value=found[1], relation=_RELATIONS[_property(statement)]))
    else:
        draft.leave(statement, _value(statement) or attribute(statement, "valueRef"))


_PROPERTIES: dict[str, Take] = {
    "title": _title, "alternative": _alternative, "abstract": _abstract, "description": _abstract, "subject": _subject,
    "creator": partial(_person, role=CREATOR), "contributor": partial(_person, role="Other"),
    "editor": partial(_person, role="Editor"), "supervisor": partial(_person, role="Supervisor"),
    "funder": partial(_person, role=FUNDER), "copyrightholder": partial(_person, role="RightsHolder"),
    "rightsholder": partial(_person, role="RightsHolder"), "available": _date("issued"), "issued": _date("issued"),
    "date": _date("issued"), "created": _date("created"), "modified": _date("updated"), "dateaccepted": _date("accepted"),
    "datesubmitted": _date("submitted"), "type": _type, "status": _status, "version": _version, "language": _language,
    "identifier": _identifier, "bibliographiccitation": _citation, "publisher": _publisher, "accessrights": _rights,
    "license": _rights, "rights": _rights, "grantnumber": _grant,
    **{code: partial(_person, role=role_of(code)) for code in ("fnd", "edt", "ths", "trl", "spn")},
    **dict.fromkeys(_RELATIONS, _relation),
}  # fmt: skip
#: What a copy says of itself: the day from which it can be had is not the day the work came out.
_COPIED: dict[str, Take] = {"available": _date("available")}

PLUGIN = Reader("epdcx", "EPDCX (SWAP)", recognises, read)
