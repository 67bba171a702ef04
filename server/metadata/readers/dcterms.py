"""Reads Dublin Core terms: the Atom entry of a SWORD deposit, or any bare wrapper such as qualifieddc."""

from lxml import etree

from server.metadata.atom import ATOM, CODEMETA, RIOXX, carries, fall_back
from server.metadata.draft import Draft
from server.metadata.dublin_core import NAMESPACES, OAI_DC, take_all
from server.metadata.elements import children, local, namespace
from server.metadata.reading import Reader, Reading


def recognises(root: etree._Element) -> bool:
    if local(root) == "entry" and namespace(root) == ATOM:
        return not carries(root, RIOXX + CODEMETA)
    found = list(children(root))
    own_reader = namespace(root) == OAI_DC or "ndltd.org/" in namespace(root)
    return not own_reader and bool(found) and all(namespace(child) in NAMESPACES for child in found)


def read(root: etree._Element) -> Reading:
    draft = Draft(root, title_element="dcterms:title")
    take_all(draft, (child for child in children(root) if namespace(child) != ATOM))
    if namespace(root) == ATOM:
        fall_back(draft, root)
    return draft.reading()


PLUGIN = Reader("dcterms", "Dublin Core terms (Atom entry)", recognises, read)
