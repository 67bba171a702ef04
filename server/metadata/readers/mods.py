"""Reads MODS 3: one <mods>, alone or in a collection of one."""

from collections.abc import Callable

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.degrees import take_degree
from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, first, lang_of, local, namespace, only_child, text_at
from server.metadata.identifying import identify
from server.metadata.kernel import RELATION_TYPES
from server.metadata.names import agent, agent_id
from server.metadata.reading import Reader, Reading
from server.metadata.rights import take_access, take_rights
from server.metadata.roles import CREATOR, role_of
from server.records.model import Affiliation, Agent, Funding, Place, Related, Subject, Text
from server.records.vocabulary import VERSIONS, find_term
from server.xml import text_of

NAMESPACE = "http://www.loc.gov/mods/v3"

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

#: titleInfo/@type to the kind of a further title.
_TITLE_KINDS = {
    "": "",
    "alternative": "alternative",
    "abbreviated": "alternative",
    "translated": "translated",
    "uniform": "other",
}

#: originInfo's dates; the second ones count only where the first ones are missing.
_DATES = {"dateIssued": "issued", "dateCreated": "created", "dateModified": "updated", "copyrightDate": "issued"}
_OTHER_DATES = {
    "accepted": "accepted", "dateaccepted": "accepted", "submitted": "submitted", "datesubmitted": "submitted",
    "available": "available", "dateavailable": "available", "embargo": "embargo_until", "embargoend": "embargo_until",
    "published": "issued",
}  # fmt: skip

#: typeOfResource says little, so these words are asked only after the genres.
_RESOURCES = {
    "cartographic": "map", "notated music": "musicalScore", "still image": "image", "moving image": "video",
    "sound recording": "sound", "sound recording-musical": "sound", "sound recording-nonmusical": "sound",
    "software, multimedia": "software", "three dimensional object": "physicalobject", "mixed material": "collection",
}  # fmt: skip

#: relatedItem/@type (MODS 3.8) to DataCite relationType; host and series are the container.
_RELATIONS = {
    "preceding": "Continues", "succeeding": "IsContinuedBy", "original": "IsVariantFormOf", "constituent": "HasPart",
    "otherVersion": "HasVersion", "otherFormat": "IsVariantFormOf", "isReferencedBy": "IsReferencedBy",
    "references": "References", "reviewOf": "Reviews",
}  # fmt: skip

_PART_NUMBERS = {"volume": "volume", "issue": "issue", "number": "issue", "article_number": "article_no", "article": "article_no"}


def recognises(root: etree._Element) -> bool:
    return local(root) in {"mods", "modsCollection"} and namespace(root).startswith("http://www.loc.gov/mods/")


def read(root: etree._Element) -> Reading:
    mods = root if local(root) == "mods" else only_child(root, "mods")
    draft = Draft(mods, title_element="titleInfo/title")
    for element in children(mods):
        take = _ELEMENTS.get(local(element))
        if take is None:
            draft.leave(element)
        else:
            take(draft, element)
    if draft.title is None:
        _promote_title(draft, mods)
    return draft.reading()


def _title_text(element: etree._Element) -> str:
    """Join a titleInfo's parts but for the subtitle: nonSort, title, number and name of the part."""
    head = " ".join(part for part in (text_at(element, "nonSort"), text_at(element, "title")) if part)
    head = head.replace("' ", "'") if head.startswith(("L' ", "l' ", "D' ", "d' ")) else head
    return ". ".join(part for part in (head, text_at(element, "partNumber"), text_at(element, "partName")) if part)


def _title(draft: Draft, element: etree._Element) -> None:
    kind = _TITLE_KINDS.get(attribute(element, "type"), "other")
    title, subtitle = _title_text(element), text_at(element, "subTitle")
    if draft.title is None and not kind and title:
        draft.subtitle = subtitle
    elif subtitle:
        title = f"{title}: {subtitle}" if title else subtitle
    draft.set_title(element, title, kind)


def _promote_title(draft: Draft, mods: etree._Element) -> None:
    """Make the first further title the title, as a work known by its uniform title only still has one."""
    if draft.alt_titles:
        title = draft.alt_titles.pop(0)
        draft.title = Text(value=title.value, lang=title.lang)
        draft.warn(mods, f"no titleInfo is without a type; the {title.kind} title was taken as the title.")


def _name(draft: Draft, element: etree._Element) -> None:
    roles = [role for role in children(element, "role") for role in children(role)]
    words = [word for role in roles for word in (text_of(role), attribute(role, "valueURI")) if word]
    made = _agent_of(draft, element)
    if attribute(element, "type") == "conference":
        draft.put(draft.conference, "name", made.label if made else "", element)
        return
    role = role_of(*words) if words else CREATOR
    if made and words and not role:
        draft.warn(element, f"the role “{words[0]}” is not known; “{made.label}” has the role Other.")
    draft.add_agent(element, made, role)


def _agent_of(draft: Draft, element: etree._Element) -> Agent | None:
    """Make a person or body of a <name>: parts by type first, then whatever stands there without a type, then displayForm."""
    parts: dict[str, list[str]] = {}
    for part in children(element, "namePart"):
        parts.setdefault(attribute(part, "type"), []).append(text_of(part))
    ids = [
        found
        for found in (
            agent_id(attribute(element, "valueURI"), attribute(element, "authority")),
            *(agent_id(text_of(child), attribute(child, "type")) for child in children(element, "nameIdentifier")),
        )
        if found
    ]
    places = [Affiliation(name=name) for name in map(text_of, children(element, "affiliation")) if name]
    for child in children(element, "description", "etal", "alternativeName"):
        draft.leave(child)
    family, given = " ".join(parts.get("family", [])).strip(), " ".join(parts.get("given", [])).strip()
    if family or given:
        return Agent(family=family or given, given=given if family else "", ids=tuple(ids), affiliations=tuple(places))
    kind = {"personal": "person", "corporate": "org", "family": "org"}.get(attribute(element, "type"), "")
    joint = ". " if kind == "org" else ", "
    name = joint.join(part for part in parts.get("", []) if part) or text_at(element, "displayForm")
    return agent(name, kind=kind, ids=ids, affiliations=places)


def _origin(draft: Draft, element: etree._Element) -> None:
    """Take publisher, place and dates; a date in a stated encoding comes before one that is only printed."""
    for child in children(element, "publisher"):
        draft.put(draft.publisher, "name", text_of(child), child)
    for term in (term for place in children(element, "place") for term in children(place, "placeTerm")):
        if attribute(term, "type") != "code":
            draft.put(draft.publisher, "place", text_of(term), term)
    dated = sorted(children(element, *_DATES, "dateOther"), key=_date_rank)
    for child in dated:
        name = _DATES.get(local(child)) or _OTHER_DATES.get(attribute(child, "type").replace(" ", "").lower(), "")
        if not name or attribute(child, "point") == "end":
            draft.leave(child)
        else:
            _set_date(draft, name, child)
    for child in children(element):
        if local(child) == "edition":
            draft.put(draft.container, "edition", text_of(child), child)
        elif local(child) not in {"publisher", "place", "dateOther", "issuance", *_DATES}:
            draft.leave(child)


def _date_rank(element: etree._Element) -> tuple[bool, bool, bool]:
    return (
        local(element) == "copyrightDate",
        attribute(element, "keyDate") != "yes",
        attribute(element, "encoding") not in {"w3cdtf", "iso8601", "marc"},
    )


def _set_date(draft: Draft, name: str, element: etree._Element) -> None:
    """Set a date unless the same, less or more exact, stands there already (MODS repeats dates in several encodings)."""
    known, found = draft.dates.get(name, ""), date_of(text_of(element))
    if not (known and found and (known.startswith(found) or local(element) == "copyrightDate")):
        draft.set_date(name, text_of(element), element)


def _languages(draft: Draft, element: etree._Element) -> None:
    terms = list(children(element, "languageTerm"))
    codes = [term for term in terms if attribute(term, "type") == "code"]
    for term in codes or terms:
        draft.add_language(term, text_of(term))


def _abstract(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.abstracts.append(Text(value=text_of(element), lang=lang_of(element)))


def _contents(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.toc.append(text_of(element))


def _note(draft: Draft, element: etree._Element) -> None:
    kind, text = attribute(element, "type").lower(), text_of(element)
    version = find_term(VERSIONS, attribute(element, "href") or text)
    if kind == "funding" and text:
        draft.funding.append(Funding(funder_name=text))
    elif version and ("version" in kind or "/" in text):
        draft.version = draft.version or version
    elif kind in {"preferred citation", "citation"} and not draft.citation_text:
        draft.citation_text = text
    else:
        draft.leave(element)


def _subject(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        name, text = local(child), _subject_text(draft, child)
        if not text:
            continue
        if name == "geographic":
            draft.geo.append(Place(name=text))
        elif name == "temporal":
            draft.temporal.append(text)
        elif name in {"topic", "name", "titleInfo", "genre", "occupation"}:
            scheme = attribute(child, "authority") or attribute(element, "authority")
            uris = [attribute(node, "valueURI") for node in (child, element)]
            lang = lang_of(child) or lang_of(element)
            draft.subjects.append(Subject(value=text, lang=lang, scheme=scheme, value_uri=uris[0] or uris[1]))
        elif name == "hierarchicalGeographic":
            draft.geo.append(Place(name=", ".join(filter(None, map(text_of, children(child))))))
        else:
            draft.leave(child)


def _subject_text(draft: Draft, element: etree._Element) -> str:
    if local(element) == "name":
        made = _agent_of(draft, element)
        return made.label if made else ""
    return _title_text(element) if local(element) == "titleInfo" else text_of(element)


def _classification(draft: Draft, element: etree._Element) -> None:
    text, scheme = text_of(element), attribute(element, "authority")
    if text:
        label = attribute(element, "displayLabel") or text
        draft.subjects.append(Subject(value=label, scheme=scheme, value_uri=attribute(element, "valueURI"), code=text))


def _first_title(element: etree._Element) -> str:
    info = first(element, "titleInfo")
    return _title_text(info) if info is not None else ""


def _related(draft: Draft, element: etree._Element) -> None:
    """Take what a work is related to; what it is a part of, by volume or pages, is its host even where the type is missing."""
    kind = attribute(element, "type") or ("host" if first(element, "part") is not None else "")
    if kind == "host":
        _host(draft, element)
    elif kind == "series":
        draft.put(draft.container, "series", _first_title(element), element)
    else:
        word = attribute(element, "otherType")
        relation = _RELATIONS.get(kind) or (word if word in RELATION_TYPES else "References")
        named = [(text_of(child), attribute(child, "type")) for child in children(element, "identifier")]
        named += [(text_of(url), "") for place in children(element, "location") for url in children(place, "url")]
        named += [(attribute(element, "href"), "")]
        found = [item for text, scheme in named if text and (item := identify(text, scheme))]
        if found:
            draft.related.append(Related(scheme=found[0][0], value=found[0][1], relation=relation))
        else:
            draft.leave(element, _first_title(element) or None)


def _host(draft: Draft, element: etree._Element) -> None:
    """Take the journal or book the work stands in: title, numbers, pages, ISSN, ISBN and series."""
    for child in children(element):
        take = _HOST.get(local(child))
        if take is None:
            draft.leave(child)
        else:
            take(draft, child)


def _host_title(draft: Draft, element: etree._Element) -> None:
    if attribute(element, "type"):
        draft.leave(element)
    else:
        title = ": ".join(filter(None, (_title_text(element), text_at(element, "subTitle"))))
        draft.put(draft.container, "title", title, element)


def _host_identifier(draft: Draft, element: etree._Element) -> None:
    found = identify(text_of(element).rstrip(" :"), attribute(element, "type"))
    if found is None:
        draft.leave(element)
    elif found[0].startswith("issn"):
        draft.add_issn(element, found)
    elif found[0] == "isbn":
        draft.put(draft.container, "isbn", found[1], element)
    else:
        draft.related.append(Related(scheme=found[0], value=found[1], relation="IsPartOf"))


def _host_related(draft: Draft, element: etree._Element) -> None:
    if attribute(element, "type") == "series":
        _related(draft, element)
    else:
        draft.leave(element)


def _host_origin(draft: Draft, element: etree._Element) -> None:
    """Let the host's imprint speak for the work where it has none of its own."""
    own = first(draft.root, "originInfo")
    if own is None:
        _origin(draft, element)
    else:
        draft.leave(element)


def _part(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        name = _PART_NUMBERS.get(attribute(child, "type"), "")
        if local(child) == "detail" and name:
            draft.put(draft.container, name, text_at(child, "number") or text_at(child, "caption"), child)
        elif local(child) == "extent" and attribute(child, "unit") in {"pages", "page", ""}:
            _pages(draft, child)
        elif local(child) == "date":
            _set_date(draft, "issued", child)
        else:
            draft.leave(child)


def _pages(draft: Draft, element: etree._Element) -> None:
    start, end = text_at(element, "start"), text_at(element, "end")
    if not start:
        start, _, end = (text_at(element, "list") or "").removeprefix("pp. ").partition("-")
    draft.put(draft.container, "first_page", start.strip(), element)
    draft.put(draft.container, "last_page", end.strip(), element)
    if not start.strip():
        draft.leave(element)


def _identifier(draft: Draft, element: etree._Element) -> None:
    if attribute(element, "invalid") == "yes":
        draft.leave(element)
    elif text_of(element):
        draft.add_identifier(element, text_of(element), attribute(element, "type"))


def _location(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        if local(child) == "url" and attribute(child, "access") != "raw object":
            draft.add_identifier(child, text_of(child))
        else:
            draft.leave(child)


def _access(draft: Draft, element: etree._Element) -> None:
    kind = attribute(element, "type").lower()
    take = take_access if "access" in kind or "embargo" in kind else take_rights
    take(draft, element, text_of(element), attribute(element, "href") or attribute(element, "valueURI"))


def _genre(draft: Draft, element: etree._Element) -> None:
    for word in (attribute(element, "valueURI"), text_of(element)):
        if word and not (word.startswith("http") and "/resource_type/" not in word):
            draft.add_type(element, word)


def _resource(draft: Draft, element: etree._Element) -> None:
    text = text_of(element)
    draft.add_type(element, _RESOURCES.get(text.lower(), text))


def _extension(draft: Draft, element: etree._Element) -> None:
    """Take the degree of the ETD-MS schema, which MODS carries in its extension."""
    degrees = [node for node in element.iter() if local(node) == "degree"]
    for degree in degrees:
        take_degree(draft, degree)
    if not degrees:
        draft.leave(element)


def _nothing(draft: Draft, element: etree._Element) -> None:
    """Pass over what speaks of the description, not of the work."""


_ELEMENTS: dict[str, Take] = {
    "titleInfo": _title, "name": _name, "originInfo": _origin, "language": _languages, "abstract": _abstract,
    "tableOfContents": _contents, "note": _note, "subject": _subject, "classification": _classification, "relatedItem": _related,
    "part": _part, "identifier": _identifier, "location": _location, "accessCondition": _access, "genre": _genre,
    "typeOfResource": _resource, "extension": _extension, "recordInfo": _nothing,
}  # fmt: skip

_HOST: dict[str, Take] = {
    "titleInfo": _host_title, "identifier": _host_identifier, "part": _part, "relatedItem": _host_related,
    "originInfo": _host_origin, "recordInfo": _nothing,
}  # fmt: skip

PLUGIN = Reader("mods", "MODS 3", recognises, read)
