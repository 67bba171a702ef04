"""Reads DataCite XML, kernels 2.1 to 4.7, alone or in the envelope of oai_datacite."""

import math
from collections.abc import Callable

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.metadata.dublin_core import take_source
from server.metadata.elements import attribute, children, first, lang_of, local, namespace, text_at
from server.metadata.identifying import identify
from server.metadata.kinds import choose_type
from server.metadata.names import agent, agent_id, split
from server.metadata.reading import Reader, Reading
from server.metadata.rights import take_rights
from server.metadata.roles import CONTRIBUTOR_TYPES, CREATOR
from server.records.model import Affiliation, Agent, AgentId, Funding, Licence, Place, Related, Subject, Text
from server.records.vocabulary import VERSIONS, find_term
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

_KERNEL = "datacite.org/schema/kernel-"
_ENVELOPE = "schema.datacite.org/oai/"

_DATES = {
    "issued": "issued", "accepted": "accepted", "submitted": "submitted", "available": "available", "created": "created",
    "updated": "updated",
}  # fmt: skip
_TITLE_KINDS = {"AlternativeTitle": "alternative", "TranslatedTitle": "translated", "Other": "other"}
_PART_OF = {"IsPartOf", "IsPublishedIn"}
_RELATIONS = {
    "IsCitedBy", "Cites", "IsSupplementTo", "IsSupplementedBy", "IsContinuedBy", "Continues", "IsDescribedBy",
    "Describes", "HasMetadata", "IsMetadataFor", "HasVersion", "IsVersionOf", "IsNewVersionOf", "IsPreviousVersionOf",
    "IsPartOf", "HasPart", "IsPublishedIn", "IsReferencedBy", "References", "IsDocumentedBy", "Documents",
    "IsCompiledBy", "Compiles", "IsVariantFormOf", "IsOriginalFormOf", "IsIdenticalTo", "IsReviewedBy", "Reviews",
    "IsDerivedFrom", "IsSourceOf", "IsRequiredBy", "Requires", "Obsoletes", "IsObsoletedBy", "IsCollectedBy",
    "Collects", "IsTranslationOf", "HasTranslation", "Other",
}  # fmt: skip
#: relatedItem's own elements to the container's fields.
_CONTAINER = {
    "volume": "volume", "issue": "issue", "firstPage": "first_page", "lastPage": "last_page", "edition": "edition",
    "number": "article_no",
}  # fmt: skip


def recognises(root: etree._Element) -> bool:
    return (
        _KERNEL in namespace(root) if local(root) == "resource" else _ENVELOPE in namespace(root) and _enclosed(root) is not None
    )


def _enclosed(root: etree._Element) -> etree._Element | None:
    return next((node for node in root.iter() if local(node) == "resource" and _KERNEL in namespace(node)), None)


def read(root: etree._Element) -> Reading:
    enclosed = _enclosed(root)
    resource = root if enclosed is None else enclosed
    draft = Draft(resource, title_element="titles/title")
    for element in children(resource):
        single = _SINGLE.get(local(element))
        each = _LISTS.get(local(element))
        if single:
            single(draft, element)
        elif each:
            for child in children(element):
                each(draft, child)
        else:
            draft.leave(element)
    _settle_dates(draft, resource)
    return draft.reading()


def _settle_dates(draft: Draft, resource: etree._Element) -> None:
    """Fill the issue date from publicationYear, and read Available as the end of an embargo where there is one."""
    year = first(resource, "publicationYear")
    if year is not None and "issued" not in draft.dates:
        draft.set_date("issued", text_of(year), year)
    elif year is not None and not draft.dates["issued"].startswith(date_of(text_of(year)) or "-"):
        draft.warn(
            year, f"publicationYear {text_of(year)} differs from the date Issued, {draft.dates['issued']}, which was taken."
        )
    if draft.access == "embargoed" and "available" in draft.dates:
        draft.dates.setdefault("embargo_until", draft.dates["available"])


def _identifier(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.add_identifier(element, text_of(element), attribute(element, "identifierType"))


def _alternate(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.add_identifier(element, text_of(element), attribute(element, "alternateIdentifierType") or "local")


def _creator(draft: Draft, element: etree._Element) -> None:
    draft.add_agent(element, _agent_of(draft, element, "creatorName"), CREATOR)


def _contributor(draft: Draft, element: etree._Element) -> None:
    made, kind = _agent_of(draft, element, "contributorName"), attribute(element, "contributorType")
    if made and kind == "Funder":  # a contributorType until kernel 3
        draft.funding.append(Funding(funder_name=made.label))
        return
    if made and kind not in CONTRIBUTOR_TYPES:
        draft.warn(element, f"the contributorType “{kind}” is not known; “{made.label}” has the role Other.")
        kind = "Other"
    draft.add_agent(element, made, kind)


def _agent_of(draft: Draft, element: etree._Element, tag: str) -> Agent | None:
    """Make a person or body; familyName and givenName come before the name as a whole."""
    name = first(element, tag)
    kind = {"Personal": "person", "Organizational": "org"}.get(attribute(name, "nameType") if name is not None else "", "")
    ids: list[AgentId] = []
    for child in children(element, "nameIdentifier"):
        found = agent_id(text_of(child), attribute(child, "nameIdentifierScheme")) or agent_id(text_of(child))
        if found:
            ids.append(found)
        else:
            draft.leave(child)
    places = [_affiliation(child) for child in children(element, "affiliation") if text_of(child)]
    family, given = text_at(element, "familyName"), text_at(element, "givenName")
    if (family or given) and kind != "org":
        whole = split(text_of(name)) if not family and "," in text_of(name) else (family, given)
        family, given = whole if whole[0] else (given, "")  # a name that is only a comma says nothing
        return Agent(family=family, given=given, ids=tuple(ids), affiliations=tuple(places))
    if not kind and any(found.scheme == "ror" for found in ids):
        kind = "org"
    return agent(text_of(name), kind=kind, ids=ids, affiliations=places)


def _affiliation(element: etree._Element) -> Affiliation:
    found = agent_id(attribute(element, "affiliationIdentifier"), attribute(element, "affiliationIdentifierScheme"))
    return Affiliation(name=text_of(element), ror=found.value if found and found.scheme == "ror" else "")


def _title(draft: Draft, element: etree._Element) -> None:
    kind = attribute(element, "titleType")
    if kind == "Subtitle" and not draft.subtitle:
        draft.subtitle = text_of(element)
    else:
        draft.set_title(element, text_of(element), _TITLE_KINDS.get(kind, "alternative") if kind else "")


def _publisher(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.publisher, "name", text_of(element), element)
    value = attribute(element, "publisherIdentifier")
    found = agent_id(value, attribute(element, "publisherIdentifierScheme")) if value else None
    if found:
        draft.publisher_ids.append(found)
    elif value:
        draft.leave(element, value)


def _type(draft: Draft, element: etree._Element) -> None:
    """Let the free text decide where it is known, the general type where it is not."""
    general, text = attribute(element, "resourceTypeGeneral"), text_of(element)
    for word in (text, general):
        if word:
            draft.add_type(element, word)


def _subject(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.subjects.append(
            Subject(
                value=text_of(element),
                lang=lang_of(element),
                scheme=attribute(element, "subjectScheme"),
                scheme_uri=attribute(element, "schemeURI"),
                value_uri=attribute(element, "valueURI"),
                code=attribute(element, "classificationCode"),
            ),
        )


def _date(draft: Draft, element: etree._Element) -> None:
    kind = attribute(element, "dateType").lower()
    if kind in _DATES:
        draft.set_date(_DATES[kind], text_of(element), element)
    elif kind == "coverage" and text_of(element):
        draft.temporal.append(text_of(element))
    else:
        draft.leave(element, f"{text_of(element)} ({attribute(element, 'dateType')})")
    _leave_remarks(draft, element)


def _leave_remarks(draft: Draft, element: etree._Element) -> None:
    """Note what attributes say beyond the value; for these the record has no field."""
    for name in ("dateInformation", "relationTypeInformation", "relatedMetadataScheme", "schemeType"):
        if attribute(element, name):
            draft.leave(element, f"{name} {attribute(element, name)}")


def _language(draft: Draft, element: etree._Element) -> None:
    draft.add_language(element, text_of(element))


def _related_identifier(draft: Draft, element: etree._Element) -> None:
    found = identify(text_of(element), attribute(element, "relatedIdentifierType"))
    relation = attribute(element, "relationType")
    if found is None:
        draft.leave(element)
    elif found[0].startswith("issn") and relation in _PART_OF and "title" not in draft.container:
        draft.add_issn(element, found)
    else:
        _relate(draft, element, found, attribute(element, "resourceTypeGeneral"))
    _leave_remarks(draft, element)


def _relate(draft: Draft, element: etree._Element, found: tuple[str, str], general: str) -> None:
    relation = attribute(element, "relationType")
    if relation not in _RELATIONS:
        draft.warn(element, f"the relationType “{relation}” is not known; References was taken.")
        relation = "References"
    code = (choose_type([general]) if general else "") or ""
    draft.related.append(Related(scheme=found[0], value=found[1], relation=relation, type_code=code))


def _related_item(draft: Draft, element: etree._Element) -> None:
    """Take what the work is published in as its container, other works by their identifier."""
    identifier = first(element, "relatedItemIdentifier")
    kind = attribute(identifier, "relatedItemIdentifierType") if identifier is not None else ""
    found = identify(text_of(identifier), kind) if identifier is not None else None
    if attribute(element, "relationType") not in _PART_OF or "title" in draft.container:
        if found:
            _relate(draft, element, found, attribute(element, "relatedItemType"))
        else:
            draft.leave(element)
        return
    draft.put(draft.container, "title", text_at(element, "titles", "title"), element)
    for child in children(element, *_CONTAINER):
        draft.put(draft.container, _CONTAINER[local(child)], text_of(child), child)
    for child in children(element, "publicationYear", "publisher", "creators", "contributors"):
        draft.leave(child)
    if found and found[0].startswith("issn"):
        draft.add_issn(element, found)
    elif found and found[0] == "isbn":
        draft.put(draft.container, "isbn", found[1], element)
    elif found:
        _relate(draft, element, found, attribute(element, "relatedItemType"))


def _leave(draft: Draft, element: etree._Element) -> None:
    draft.leave(element)


def _version(draft: Draft, element: etree._Element) -> None:
    """Take the version of an article; the number of a dataset's version has no field."""
    found = find_term(VERSIONS, text_of(element))
    if found:
        draft.version = found
    else:
        draft.leave(element)


def _rights(draft: Draft, element: etree._Element) -> None:
    before = len(draft.licences)
    take_rights(draft, element, text_of(element), attribute(element, "rightsURI"))
    spdx, scheme = attribute(element, "rightsIdentifier"), attribute(element, "rightsIdentifierScheme").upper()
    if spdx and len(draft.licences) > before and scheme in {"SPDX", ""}:
        key, last = next(reversed(draft.licences.items()))
        draft.licences[key] = Licence(name=last.name, uri=last.uri, spdx=last.spdx or spdx, start_date=last.start_date)


def _description(draft: Draft, element: etree._Element) -> None:
    kind, text = attribute(element, "descriptionType"), text_of(element)
    if not text:
        return
    if kind == "TableOfContents":
        draft.toc.append(text)
    elif kind == "SeriesInformation":
        take_source(draft, element, text)
    elif kind in {"Abstract", ""}:
        draft.abstracts.append(Text(value=text, lang=lang_of(element)))
    else:
        draft.leave(element)


def _geo(draft: Draft, element: etree._Element) -> None:
    """Take a place and a point; boxes and polygons have no field."""
    name = text_at(element, "geoLocationPlace")
    point = first(element, "geoLocationPoint")
    latitude, longitude = _point(point) if point is not None else (None, None)
    if name or latitude is not None:
        draft.geo.append(Place(name=name, latitude=latitude, longitude=longitude))
    if point is not None and latitude is None:
        draft.leave(point)
    for child in children(element):
        if local(child) not in {"geoLocationPlace", "geoLocationPoint"}:
            draft.leave(child)


def _point(element: etree._Element) -> tuple[float | None, float | None]:
    """Return latitude and longitude, written as two elements (kernel 4) or as two numbers (kernel 3)."""
    parts = [text_at(element, "pointLatitude"), text_at(element, "pointLongitude")]
    try:
        latitude, longitude = (float(part) for part in (parts if any(parts) else text_of(element).split()))
    except ValueError:
        return None, None
    known = math.isfinite(latitude) and abs(latitude) <= 90 and math.isfinite(longitude) and abs(longitude) <= 180  # noqa: PLR2004 - degrees
    return (latitude, longitude) if known else (None, None)


def _funding(draft: Draft, element: etree._Element) -> None:
    funder, award = first(element, "funderIdentifier"), first(element, "awardNumber")
    made = Funding(
        funder_name=text_at(element, "funderName"),
        funder_id=text_of(funder),
        funder_id_scheme=attribute(funder, "funderIdentifierType") if funder is not None else "",
        award_no=text_of(award),
        award_uri=attribute(award, "awardURI") if award is not None else "",
        award_title=text_at(element, "awardTitle"),
    )
    if made != Funding():
        draft.funding.append(made)


def _nothing(draft: Draft, element: etree._Element) -> None:
    """Pass over publicationYear until all dates are known."""


_SINGLE: dict[str, Take] = {
    "identifier": _identifier, "publisher": _publisher, "publicationYear": _nothing, "resourceType": _type, "language": _language,
    "version": _version,
}  # fmt: skip
_LISTS: dict[str, Take] = {
    "creators": _creator, "titles": _title, "subjects": _subject, "contributors": _contributor, "dates": _date,
    "alternateIdentifiers": _alternate, "relatedIdentifiers": _related_identifier, "sizes": _leave, "formats": _leave,
    "rightsList": _rights, "descriptions": _description, "geoLocations": _geo, "fundingReferences": _funding,
    "relatedItems": _related_item,
}  # fmt: skip

PLUGIN = Reader("datacite", "DataCite XML", recognises, read)
