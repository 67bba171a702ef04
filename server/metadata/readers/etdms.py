"""Reads ETD-MS 1.0 and 1.1, the NDLTD's metadata standard for theses and dissertations."""

import re
from collections.abc import Callable

from lxml import etree

from server.metadata.degrees import part_in_thesis, settle_thesis_type, take_degree
from server.metadata.draft import Draft
from server.metadata.dublin_core import NAMESPACES, take_all
from server.metadata.elements import attribute, children, lang_of, local, namespace
from server.metadata.names import agent, agent_id
from server.metadata.reading import Reader, Reading
from server.metadata.roles import CREATOR
from server.records.model import Affiliation, Subject, Text
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

#: `Family, Given (Department)`, as some universities name their examiners.
_WITH_PLACE = re.compile(r"(.+?) \(([^()]+)\)")


def recognises(root: etree._Element) -> bool:
    return local(root) == "thesis" and "ndltd.org/standards/metadata/etdms" in namespace(root)


def read(root: etree._Element) -> Reading:
    draft = Draft(root, title_element="title")
    rest = []
    for element in children(root):
        take = _OWN.get(local(element))
        if take:
            take(draft, element)
        else:
            rest.append(element)
    take_all(draft, rest, NAMESPACES | {namespace(root)})
    settle_thesis_type(draft)
    if not draft.types and not draft.type:
        draft.type = "etd.doctoral"
        draft.warn(root, "neither the level nor the degree tells which thesis it is; it was taken for a doctoral one.")
    return draft.reading()


def _alternative(draft: Draft, element: etree._Element) -> None:
    draft.set_title(element, text_of(element), "alternative")


def _creator(draft: Draft, element: etree._Element) -> None:
    _person(draft, element, CREATOR)


def _contributor(draft: Draft, element: etree._Element) -> None:
    word = attribute(element, "role")
    role = part_in_thesis(word)
    if word and not role:
        draft.warn(element, f"the role “{word}” is not known; “{text_of(element)}” has the role Other.")
    _person(draft, element, role or "Other")


def _person(draft: Draft, element: etree._Element, role: str) -> None:
    text, resource = text_of(element), attribute(element, "resource")
    placed = _WITH_PLACE.fullmatch(text)
    places = [Affiliation(name=placed[2])] if placed else []
    found = agent_id(resource) if resource else None
    if resource and not found:
        draft.leave(element, resource)
    draft.add_agent(element, agent(placed[1] if placed else text, ids=[found] if found else [], affiliations=places), role)


def _subject(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.subjects.append(
            Subject(
                value=text_of(element),
                lang=lang_of(element),
                scheme=attribute(element, "scheme"),
                value_uri=attribute(element, "resource"),
            ),
        )


def _description(draft: Draft, element: etree._Element) -> None:
    """Take a description as the abstract unless it is a note or speaks of the version (ETD-MS 1.0, description/@role)."""
    if attribute(element, "role") or not text_of(element):
        draft.leave(element)
    else:
        draft.abstracts.append(Text(value=text_of(element), lang=lang_of(element)))


def _format(draft: Draft, element: etree._Element) -> None:
    draft.leave(element)


_OWN: dict[str, Take] = {
    "alternativeTitle": _alternative, "creator": _creator, "contributor": _contributor, "subject": _subject,
    "description": _description, "format": _format, "degree": take_degree,
}  # fmt: skip

PLUGIN = Reader("etdms", "ETD-MS", recognises, read)
