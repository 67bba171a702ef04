"""Reads oai_dc, plain or with the OpenAIRE and COAR terms that repositories enrich it with."""

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.dublin_core import OAI_DC, take_all
from server.metadata.elements import children, local, namespace
from server.metadata.reading import Reader, Reading


def recognises(root: etree._Element) -> bool:
    return local(root) == "dc" and namespace(root) == OAI_DC


def read(root: etree._Element) -> Reading:
    draft = Draft(root, title_element="dc:title")
    take_all(draft, children(root))
    return draft.reading()


PLUGIN = Reader("oai_dc", "OAI Dublin Core", recognises, read)
