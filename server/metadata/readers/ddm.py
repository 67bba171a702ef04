"""Reads DANS Dataset Metadata (DDM, versions 1 and 2): Dublin Core in a profile, with people, places and terms of its own."""

import math
from collections.abc import Callable

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.dublin_core import NAMESPACES, take_all
from server.metadata.elements import attribute, children, first, lang_of, local, namespace, text_at
from server.metadata.identifying import identify
from server.metadata.names import agent, agent_id
from server.metadata.reading import Reader, Reading
from server.metadata.rights import take_access
from server.metadata.roles import CONTRIBUTOR_TYPES, CREATOR, FUNDER
from server.records.model import Affiliation, Agent, AgentId, Funding, Place, Related, Subject, Text
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

_ACCESS = {
    "OPEN_ACCESS": "open", "OPEN_ACCESS_FOR_REGISTERED_USERS": "restricted", "REQUEST_PERMISSION": "restricted",
    "GROUP_ACCESS": "restricted", "NO_ACCESS": "metadata_only",
}  # fmt: skip
_RELATIONS = {
    "relation": "References", "conformsTo": "References", "hasFormat": "IsOriginalFormOf", "hasPart": "HasPart",
    "references": "References", "replaces": "Obsoletes", "requires": "Requires", "hasVersion": "HasVersion",
    "isFormatOf": "IsVariantFormOf", "isPartOf": "IsPartOf", "isReferencedBy": "IsReferencedBy",
    "isReplacedBy": "IsObsoletedBy", "isRequiredBy": "IsRequiredBy", "isVersionOf": "IsVersionOf",
}  # fmt: skip
_IDS = ("ORCID", "ISNI", "DAI")
#: The depositing archive, which every dataset names; it is not who brought the dataset out.
_ARCHIVE = {"DANS", "DANS-KNAW", "DANS/KNAW"}
#: Latitude and longitude; any other coordinate system has no field.
_WGS84 = ("", "http://www.opengis.net/def/crs/EPSG/0/4326", "urn:ogc:def:crs:EPSG::4326")


def recognises(root: etree._Element) -> bool:
    return local(root) == "DDM" and "dans.knaw.nl/" in namespace(root)


def read(root: etree._Element) -> Reading:
    draft = Draft(root, title_element="dc:title in ddm:profile")
    core = []
    for element in (element for part in children(root) for element in children(part)):
        take = _ELEMENTS.get(local(element))
        if namespace(element) in NAMESPACES:
            if not _take_typed(draft, element):
                core.append(element)
        elif take:
            take(draft, element)
        elif local(element) in _RELATIONS:
            _relation(draft, element)
        else:
            draft.leave(element)
    take_all(draft, core)
    if not draft.types:
        draft.type = "dataset.dataset"
    return draft.reading()


def _take_typed(draft: Draft, element: etree._Element) -> bool:
    """Take a Dublin Core element that an xsi:type or DANS' own customs give a meaning; False where it has the usual one."""
    kind, name, text = str(element.get(_XSI_TYPE) or "").rpartition(":")[2], local(element), text_of(element)
    if name == "identifier" and kind == "NWO-PROJECTNR":
        draft.funding.append(Funding(funder_name="Nederlandse Organisatie voor Wetenschappelijk Onderzoek", award_no=text))
    elif name == "identifier" and kind and text:
        draft.add_identifier(element, text, kind)
    elif name == "description" and text:
        draft.abstracts.append(Text(value=text, lang=lang_of(element)))
    elif name == "accessRights" and text in _ACCESS:
        _access(draft, element)
    else:
        return name == "publisher" and text in _ARCHIVE
    return True


def _creator(draft: Draft, element: etree._Element) -> None:
    _details(draft, element, CREATOR)


def _contributor(draft: Draft, element: etree._Element) -> None:
    _details(draft, element, "")


def _details(draft: Draft, element: etree._Element, role: str) -> None:
    for party in children(element):
        made = _body(draft, party) if local(party) == "organization" else _person(draft, party)
        word = text_at(party, "role")
        if made is None:
            draft.leave(party)
        elif role:
            draft.add_agent(party, made, role)
        elif word == "Funder":
            draft.add_agent(party, made, FUNDER)
        else:
            if word and word not in CONTRIBUTOR_TYPES:
                draft.warn(party, f"the role “{word}” is not known; “{made.label}” has the role Other.")
            draft.add_agent(party, made, word if word in CONTRIBUTOR_TYPES else "Other")


def _person(draft: Draft, party: etree._Element) -> Agent | None:
    """Make a person: the insertions (`van`) stand before the family name, as the name is spoken."""
    family = " ".join(filter(None, (text_at(party, "insertions"), text_at(party, "surname"))))
    given = text_at(party, "givenName") or text_at(party, "initials")
    places = [
        Affiliation(name=text_at(body, "name"), ror=next((i.value for i in _ids(draft, body) if i.scheme == "ror"), ""))
        for body in children(party, "organization")
        if text_at(body, "name")
    ]
    for child in children(party, "titles"):
        draft.leave(child)
    if not family and not given:
        name = text_at(party, "name")
        return agent(name, ids=_ids(draft, party), affiliations=places)
    ids = tuple(_ids(draft, party))
    return Agent(family=family or given, given=given if family else "", ids=ids, affiliations=tuple(places))


def _body(draft: Draft, party: etree._Element) -> Agent | None:
    return agent(text_at(party, "name"), kind="org", ids=_ids(draft, party))


def _ids(draft: Draft, party: etree._Element) -> list[AgentId]:
    """Return the identifiers of a person or body: an element named by its scheme, or <identifier scheme value>."""
    found = []
    for child in children(party, "identifier", *_IDS):
        scheme = attribute(child, "scheme") or local(child)
        value = attribute(child, "value") or text_of(child)
        known = agent_id(value, scheme) or agent_id(value)
        if known:
            found.append(known)
        else:
            draft.leave(child, f"{scheme} {value}".strip())
    return found


def _dated(name: str) -> Take:
    def take(draft: Draft, element: etree._Element) -> None:
        draft.set_date(name, text_of(element), element)

    return take


def _audience(draft: Draft, element: etree._Element) -> None:
    """Take a discipline of the Dutch research classification, which is known by its code only."""
    code = text_of(element)
    if code:
        draft.subjects.append(Subject(value=code, scheme="NARCIS classification", code=code))


def _access(draft: Draft, element: etree._Element) -> None:
    found = _ACCESS.get(text_of(element))
    if found:
        draft.restrict(found)
    else:
        take_access(draft, element, text_of(element))


def _subject(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.subjects.append(
            Subject(
                value=text_of(element),
                lang=lang_of(element),
                scheme=attribute(element, "subjectScheme"),
                scheme_uri=attribute(element, "schemeURI"),
                value_uri=attribute(element, "valueURI"),
                code=attribute(element, "valueCode"),
            )
        )


def _temporal(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.temporal.append(text_of(element))


def _collected(draft: Draft, element: etree._Element) -> None:
    draft.leave(element, f"{text_of(element)} (dates of collection)")


def _language(draft: Draft, element: etree._Element) -> None:
    draft.add_language(element, attribute(element, "code") or text_of(element))


def _description(draft: Draft, element: etree._Element) -> None:
    kind, text = attribute(element, "descriptionType"), text_of(element)
    if kind == "TableOfContents" and text:
        draft.toc.append(text)
    elif kind in {"", "Abstract"} and text:
        draft.abstracts.append(Text(value=text, lang=lang_of(element)))
    else:
        draft.leave(element)


def _relation(draft: Draft, element: etree._Element) -> None:
    """Take a related work by its address, and name what is told of it in words, for which there is no field."""
    address, text = attribute(element, "href"), text_of(element)
    scheme = attribute(element, "scheme").removeprefix("id-type:")
    found = identify(address) or identify(text, scheme) if address or text else None
    if found and (address or found[0] != "local"):
        draft.related.append(Related(scheme=found[0], value=found[1], relation=_RELATIONS[local(element)]))
        if address and text:
            draft.leave(element, text)
    else:
        draft.leave(element, text or address)


def _report(draft: Draft, element: etree._Element) -> None:
    draft.add_identifier(element, text_of(element), "report-number")


def _spatial(draft: Draft, element: etree._Element) -> None:
    """Take a point in latitude and longitude; boxes and points of national grids have no field."""
    point = first(element, "Point")
    system = attribute(element, "srsName") or (attribute(point, "srsName") if point is not None else "")
    try:
        latitude, longitude = map(float, text_at(element, "Point", "pos").split())
    except ValueError:
        latitude = longitude = math.nan
    if system in _WGS84 and abs(latitude) <= 90 and abs(longitude) <= 180:  # noqa: PLR2004 - degrees
        draft.geo.append(Place(latitude=latitude, longitude=longitude))
    else:
        draft.leave(element, " ".join(filter(None, (text_of(element), system))))


_ELEMENTS: dict[str, Take] = {
    "creatorDetails": _creator, "contributorDetails": _contributor, "created": _dated("created"),
    "available": _dated("available"), "audience": _audience, "accessRights": _access, "subject": _subject,
    "temporal": _temporal, "datesOfCollection": _collected, "language": _language, "description": _description,
    "reportNumber": _report, "spatial": _spatial,
}  # fmt: skip

PLUGIN = Reader("ddm", "DANS Dataset Metadata (DDM)", recognises, read)
