"""Reads CodeMeta in an Atom entry, as archives of software are sent it, with the Dublin Core that may stand beside it."""

from lxml import etree

from server.metadata.atom import ATOM, CODEMETA, carries, fall_back
from server.metadata.codemeta import SOFTWARE, take_all
from server.metadata.draft import Draft
from server.metadata.dublin_core import NAMESPACES
from server.metadata.dublin_core import take_all as take_core
from server.metadata.elements import children, local, namespace
from server.metadata.reading import Reader, Reading


def recognises(root: etree._Element) -> bool:
    return local(root) == "entry" and namespace(root) == ATOM and carries(root, CODEMETA)


def read(root: etree._Element) -> Reading:
    draft = Draft(root, title_element="codemeta:name")
    theirs, core = [], []
    for element in (element for element in children(root) if namespace(element) != ATOM):
        if any(part in namespace(element).lower() for part in CODEMETA):
            theirs.append(element)
        elif namespace(element) in NAMESPACES:
            core.append(element)
        else:
            draft.leave(element)
    take_all(draft, theirs)
    take_core(draft, core)
    fall_back(draft, root)
    if not draft.types:
        draft.type = SOFTWARE
    return draft.reading()


PLUGIN = Reader("codemeta", "CodeMeta (Atom entry)", recognises, read)
