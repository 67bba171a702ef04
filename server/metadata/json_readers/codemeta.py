"""Reads codemeta.json: CodeMeta 1 to 3 in JSON-LD, whose contexts are known by their names and never fetched."""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from server.metadata.codemeta import SOFTWARE, TYPES, take_all
from server.metadata.draft import Draft
from server.metadata.elements import children, only_work, text_at
from server.metadata.json_elements import Places, elements_of, local_name
from server.metadata.reading import JsonReader, Reading


def recognises(document: Mapping[str, Any]) -> bool:
    """Know a document by CodeMeta's context, or by schema.org's where it says that it describes software."""
    contexts = list(_contexts(document.get("@context")))
    if any("codemeta" in context.lower() for context in contexts):
        return True
    kinds = document.get("@type")
    told = [local_name(kind).lower() for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]
    return any("schema.org" in context for context in contexts) and any(TYPES.get(kind) == SOFTWARE for kind in told)


def _contexts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))
    elif isinstance(value, Mapping):
        yield from (item for item in value.values() if isinstance(item, str))


def read(document: Mapping[str, Any]) -> Reading:
    root, places = elements_of(document, "codemeta")
    draft = Draft(_described(root, places), title_element="name", where=places.__getitem__)
    take_all(draft, children(draft.root))
    if not draft.types:
        draft.type = SOFTWARE
    return draft.reading()


def _described(root: etree._Element, places: Places) -> etree._Element:
    """Return what the document describes: itself, or the software among the nodes of its graph."""
    nodes = list(children(root, "graph"))
    if not nodes:
        return root
    software = [node for node in nodes if TYPES.get(local_name(text_at(node, "type")).lower()) == SOFTWARE]
    return only_work(root, software or nodes, "@graph node", where=places.__getitem__)


PLUGIN = JsonReader("codemeta", "CodeMeta (JSON-LD)", recognises, read)
