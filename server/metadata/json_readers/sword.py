"""Reads the default metadata of SWORD 3.0: a JSON object of Dublin Core (§ 9.3), and what clients in use make of it.

The terms are taken up as those in XML are, by way of elements of the same names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lxml import etree

from server.errors import Invalid
from server.metadata.draft import Draft
from server.metadata.dublin_core import ELEMENTS, TERMS, take_all
from server.metadata.languages import language_of
from server.metadata.reading import JsonReader, Reading, Remark
from server.xml import clean

_NAMESPACES = {"dc": ELEMENTS, "dcterms": TERMS}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_PLACE = re.compile(r"/?(?:Metadata/)?(\w+) \(line [0-9]+\)")
_ODD = re.compile(r"\W+", re.ASCII)
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
#: What speaks of the document, not of the work.
_ENVELOPE = frozenset({"@context", "@id", "@type"})
#: The schema allows one string for each term, so clients (and our own documents) write several values into one.
_LISTED = frozenset({"creator", "contributor", "subject", "language", "identifier", "spatial", "alternative"})
#: What names a thing that is an object of its own.
_NAMING = ("name", "rdfs:label", "value", "@id")
_KEYED = re.compile(r"; *\w+: ")
#: Refinements some clients write behind a dot (`dc:date.issued`) that are terms of their own.
_REFINED = frozenset({
    "issued", "created", "available", "modified", "dateAccepted", "dateSubmitted", "abstract", "alternative", "isPartOf",
    "hasPart", "isReferencedBy", "references", "spatial", "temporal", "license", "rightsHolder", "bibliographicCitation",
})  # fmt: skip


def recognises(document: Mapping[str, Any]) -> bool:
    kind = document.get("@type")
    return kind == "Metadata" or (kind is None and any(key.startswith(("dc:", "dcterms:")) for key in document))


def read(document: Mapping[str, Any]) -> Reading:
    root = etree.Element("Metadata")
    draft = Draft(root, title_element="dc:title")
    seen = set[tuple[str, str]]()
    keys: dict[str, str] = {}
    for key, value in document.items():
        for name, element in [] if key in _ENVELOPE else list(_elements(root, key, value)):
            keys.setdefault(name, key)
            if (name, element.text or "") in seen:  # the same in dc: and in dcterms:
                root.remove(element)
            seen.add((name, element.text or ""))
    take_all(draft, list(root))
    try:
        reading = draft.reading()
    except Invalid as error:
        error.place = _PLACE.sub(r"\1", error.place)
        raise
    return replace(
        reading,
        unmapped=tuple(_placed(remark, keys) for remark in reading.unmapped),
        warnings=tuple(_placed(remark, keys) for remark in reading.warnings),
    )


def _elements(root: etree._Element, key: str, value: object) -> Iterator[tuple[str, etree._Element]]:
    """Make an element of each value of a term; what is no Dublin Core has no namespace, and so is left over by name."""
    prefix, _, name = key.partition(":")
    name, _, refinement = name.partition(".")
    namespace = _NAMESPACES.get(prefix, "")
    if refinement in _REFINED:
        namespace, name, refinement = TERMS, refinement, ""
    if not _NAME.fullmatch(name):
        namespace, name = "", _ODD.sub("_", key).strip("_") or "term"
        name = name if _NAME.fullmatch(name) else f"term_{name}"
    for text, lang in _texts(value):
        for part in _split(name, text):
            element = etree.SubElement(root, f"{{{namespace}}}{name}" if namespace else name)
            element.text = clean(part)
            if refinement:
                element.set("type", clean(refinement))
            if lang:
                element.set(_LANG, lang)
            yield name, element


def _texts(value: object) -> Iterator[tuple[str, str]]:
    """Yield the texts of a JSON value with their languages: of a string, a number, a list, or a JSON-LD value."""
    match value:
        case str() if value.strip():
            yield value, ""
        case int() | float() if not isinstance(value, bool):
            yield str(value), ""
        case list():
            for item in value:
                yield from _texts(item)
        case {"@value": inner, **rest}:
            for text, _ in _texts(inner):
                yield text, language_of(str(rest.get("@language", "")))
        case dict():
            named = (value.get(key) for key in _NAMING)
            yield from [(each, "") for each in named if isinstance(each, str) and each][:1]


def _split(name: str, text: str) -> list[str]:
    if name not in _LISTED or ";" not in text or _KEYED.search(text):
        return [text]
    return [part.strip() for part in text.split(";") if part.strip()]


def _placed(remark: Remark, keys: Mapping[str, str]) -> Remark:
    """Name a remark's place by its key, as a JSON document has neither paths of elements nor lines."""
    local = _PLACE.sub(r"\1", remark.place)
    place = keys.get(local, local)
    return Remark(remark.replace(remark.place, place, 1), code=remark.code, place=place, value=remark.value)


PLUGIN = JsonReader("sword", "SWORD 3.0 metadata (Dublin Core in JSON)", recognises, read)
