"""Reads Dublin Core terms: the Atom entry of a SWORD deposit, or any bare wrapper such as qualifieddc."""

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.dublin_core import NAMESPACES, OAI_DC, take_all
from server.metadata.elements import children, local, namespace, text_at
from server.metadata.names import agent
from server.metadata.reading import Reader, Reading
from server.metadata.roles import CREATOR
from server.records.model import Text
from server.xml import text_of

ATOM = "http://www.w3.org/2005/Atom"

#: Parts of the envelope: they speak of the deposit, not of the work (RFC 4287 § 4.2).
_ENVELOPE = frozenset({"id", "updated", "published", "generator", "link", "content", "title", "author", "summary"})


def recognises(root: etree._Element) -> bool:
    if local(root) == "entry" and namespace(root) == ATOM:
        return True
    found = list(children(root))
    own_reader = namespace(root) == OAI_DC or "ndltd.org/" in namespace(root)
    return not own_reader and bool(found) and all(namespace(child) in NAMESPACES for child in found)


def read(root: etree._Element) -> Reading:
    draft = Draft(root, title_element="dcterms:title")
    take_all(draft, (child for child in children(root) if namespace(child) != ATOM))
    if namespace(root) == ATOM:
        _fall_back(draft, root)
    return draft.reading()


def _fall_back(draft: Draft, root: etree._Element) -> None:
    """Fill from Atom's own elements what the terms left empty, and name those that had nothing to fill."""
    for element in children(root):
        if namespace(element) != ATOM:
            continue
        name, text = local(element), text_of(element)
        if name == "title" and draft.title is None:
            draft.set_title(element, text)
        elif name == "title" and draft.title is not None and text != draft.title.value:
            draft.leave(element)
        elif name == "summary" and not draft.abstracts and text:
            draft.abstracts.append(Text(value=text))
        elif name not in _ENVELOPE:
            draft.leave(element)
    if not draft.creators:
        for author in children(root, "author"):
            draft.add_agent(author, agent(text_at(author, "name")), CREATOR)


PLUGIN = Reader("dcterms", "Dublin Core terms (Atom entry)", recognises, read)
