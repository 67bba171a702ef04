"""Who made an article, as JATS tells it: contributors, the groups they form, and the institutions they belong to."""

from collections.abc import Iterator

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, first, local
from server.metadata.names import agent, agent_id
from server.metadata.readers.jats.prose import folded, prose
from server.metadata.roles import CREATOR, role_of
from server.records.model import Affiliation, Agent, AgentId
from server.xml import clean, text_of

#: Affiliations by the id that contributors point to.
Places = dict[str, Affiliation]

#: Parts of an address that stand alone; whatever else is in an affiliation runs on in its sentence.
_BLOCKS = frozenset(
    {"institution", "institution-wrap", "addr-line", "city", "state", "country", "postal-code", "named-content", "break"}
)
_NO_ADDRESS = frozenset({"label", "institution-id", "email", "ext-link", "uri", "phone", "fax", "fn", "xref"})
#: The affiliation said again, as printed or as in an authority file (SciELO); the parts beside it say the same.
_SAID_AGAIN = frozenset({"original", "normalized"})

_GROUPS = ("collab", "collab-name", "collab-wrap", "collab-alternatives", "collab-name-alternatives")
#: What stands beside a contributor's name and has been looked at.
_TAKEN = frozenset({"name", "string-name", "name-alternatives", "contrib-id", "aff", "aff-alternatives", "xref", *_GROUPS})
#: A member of a group that is the author (JATS 1.3, collab/contrib-group).
_MEMBER = "ProjectMember"


def take_people(draft: Draft, meta: etree._Element) -> None:
    """Take all contributors of an article-meta, each with the affiliations it points to or stands with."""
    places = dict(_places(draft, meta))
    pointed = {rid for xref in meta.iter() if local(xref) == "xref" for rid in attribute(xref, "rid").split()}
    shared = _shared(draft, meta, places, pointed)
    for group in children(meta, "contrib-group"):
        _group(draft, group, places, _shared(draft, group, places, pointed) or shared, "")


def _places(draft: Draft, meta: etree._Element) -> Iterator[tuple[str, Affiliation]]:
    """Yield the affiliations that have an id, wherever they stand, so that what they hold too much is named once."""
    for element in meta.iter():
        if local(element) in {"aff", "aff-alternatives"} and attribute(element, "id"):
            made = _affiliation(draft, element)
            if made:
                yield attribute(element, "id"), made


def _shared(draft: Draft, parent: etree._Element, places: Places, pointed: set[str]) -> tuple[Affiliation, ...]:
    """Return the one affiliation nobody points to, which is that of all beside it; of several nobody knows whose they are."""
    alone = [aff for aff in children(parent, "aff", "aff-alternatives") if attribute(aff, "id") not in pointed]
    made = [found for aff in alone if (found := places.get(attribute(aff, "id")) or _affiliation(draft, aff))]
    if len(made) > 1:
        for aff in alone:
            draft.leave(aff, address(aff))
    return tuple(made) if len(made) == 1 else ()


def _group(draft: Draft, group: etree._Element, places: Places, shared: tuple[Affiliation, ...], role: str) -> None:
    """Take the contributors of a group; `role` is what they all are, where the group as a whole is one author."""
    for element in children(group):
        if local(element) == "contrib":
            _contributor(draft, element, places, shared, role)
        elif local(element) not in {"aff", "aff-alternatives", "xref"}:
            draft.leave(element)


def _contributor(draft: Draft, element: etree._Element, places: Places, shared: tuple[Affiliation, ...], role: str) -> None:
    own = tuple(_own_places(draft, element, places)) or shared
    made = _agent_of(draft, element, own)
    kind = attribute(element, "contrib-type")
    role = role or _role(kind)
    if made and not role:
        draft.warn(element, f"the contrib-type “{kind}” is not known; “{made.label}” has the role Other.")
    draft.add_agent(element, made, role)
    for members in (node for place in children(element, *_GROUPS) for node in place.iter() if local(node) == "contrib-group"):
        _group(draft, members, places, (), _MEMBER)
    for child in children(element):
        if local(child) not in _TAKEN and not (local(child) in {"ext-link", "uri"} and _id_of(child)):
            draft.leave(child)


def _role(kind: str) -> str:
    """Return the role a contrib-type means; without one a contributor is an author."""
    word = kind.lower().replace("-", " ")
    if not word or word.endswith(("author", "authors")):
        return CREATOR
    return role_of(word) or ("Editor" if "editor" in word else "")


def _own_places(draft: Draft, element: etree._Element, places: Places) -> Iterator[Affiliation]:
    for child in children(element, "aff", "aff-alternatives", "xref"):
        if local(child) == "xref":
            # IDREFS in NLM 2, where one xref points to several
            yield from (places[rid] for rid in attribute(child, "rid").split() if rid in places)
        elif attribute(child, "id") in places:
            yield places[attribute(child, "id")]
        elif made := _affiliation(draft, child):
            yield made


def _agent_of(draft: Draft, element: etree._Element, places: tuple[Affiliation, ...]) -> Agent | None:
    ids = tuple(_ids(draft, element))
    places = tuple(dict.fromkeys(places))
    corresponding = attribute(element, "corresp") == "yes" or any(
        attribute(child, "ref-type") == "corresp" for child in children(element, "xref")
    )
    group = _group_name(draft, element)
    if group:
        return Agent(kind="org", name=group, ids=ids, affiliations=places, corresponding=corresponding)
    family, given = _person(draft, element)
    if not family:
        return None
    return Agent(family=family, given=given, ids=ids, affiliations=places, corresponding=corresponding)


def _group_name(draft: Draft, element: etree._Element) -> str:
    """Return the name of a group of people without those of its members; further spellings of it are left over."""
    names = [
        (node, text)
        for place in children(element, *_GROUPS)
        for node in (place.iter() if local(place) not in {"collab", "collab-name"} else [place])
        if local(node) in {"collab", "collab-name"}
        and (text := prose(node, without={"contrib-group", "email", "ext-link", "xref", "aff", "fn"}).strip(" ,;:"))
    ]
    for node, text in names[1:]:
        draft.leave(node, text)
    return names[0][1] if names else ""


def _person(draft: Draft, element: etree._Element) -> tuple[str, str]:
    """Return family and given name; a suffix (Jr) goes with the given name, as catalogues write it."""
    held = first(element, "name-alternatives")
    names = list(children(element if held is None else held, "name", "string-name"))
    for other in names[1:]:
        draft.leave(other)
    if not names:
        return "", ""
    family = _part(names[0], "surname")
    given = ", ".join(filter(None, (_part(names[0], "given-names"), _part(names[0], "suffix"))))
    for child in children(names[0], "prefix", "degrees"):
        draft.leave(child)
    if family or given:
        return (family, given) if family else (given, "")
    made = agent(prose(names[0], without={"prefix", "degrees"}), kind="person")
    return (made.family, made.given) if made else ("", "")


def _part(name: etree._Element, part: str) -> str:
    return " ".join(filter(None, (prose(child) for child in children(name, part))))


def _ids(draft: Draft, element: etree._Element) -> Iterator[AgentId]:
    for child in children(element, "contrib-id"):
        found = agent_id(text_of(child), attribute(child, "contrib-id-type"))
        if found:
            yield found
        else:
            draft.leave(child, f"{attribute(child, 'contrib-id-type')} {text_of(child)}".strip())
    for child in children(element, "ext-link", "uri"):
        found = _id_of(child)
        if found:
            yield found


def _id_of(element: etree._Element) -> AgentId | None:
    """Return the ORCID that some publishers link to instead of naming it."""
    kind = attribute(element, "ext-link-type") or attribute(element, "content-type")
    for text in (attribute(element, "href"), text_of(element)):
        found = agent_id(text, kind) if text else None
        if found:
            return found
    return None


def _affiliation(draft: Draft, element: etree._Element) -> Affiliation | None:
    """Make an affiliation of an aff: all its words but labels and addresses to write to, and the ROR of the first body in it."""
    if local(element) == "aff-alternatives":
        spelt = list(children(element, "aff"))
        for other in spelt[1:]:
            draft.leave(other)
        return _affiliation(draft, spelt[0]) if spelt else None
    name = address(element)
    ror = ""
    for child in element.iter():
        if local(child) == "institution-id":
            found = agent_id(text_of(child), attribute(child, "institution-id-type"))
            if found and found.scheme == "ror" and not ror:
                ror = found.value
            elif not (found and found.value == ror):
                draft.leave(child, f"{attribute(child, 'institution-id-type')} {text_of(child)}".strip())
    for child in children(element, "email", "phone", "fax", "ext-link", "uri"):
        draft.leave(child)
    return Affiliation(name=name, ror=ror) if name else None


def address(element: etree._Element) -> str:
    """Return the parts of an affiliation in their order, with a comma between those that no text of its own joins."""
    kinds = {attribute(child, "content-type") for child in element.iter() if local(child) == "institution"}
    hidden = _SAID_AGAIN if kinds - _SAID_AGAIN else frozenset()
    parts = (folded(part).strip(" ,;.") for part in "".join(_parts(element, hidden)).split("\x1f"))
    return clean(", ".join(part for part in parts if part))


def _parts(element: etree._Element, hidden: frozenset[str]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name = local(child)
        # A raised number before everything else is a label that was not marked as one.
        numbered = name == "sup" and child.getprevious() is None and not (element.text or "").strip()
        if name and name not in _NO_ADDRESS and not numbered and attribute(child, "content-type") not in hidden:
            edge = "\x1f" if name in _BLOCKS else ""
            yield edge
            yield from _parts(child, hidden)
            yield edge
        yield child.tail or ""
