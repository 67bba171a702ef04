"""A JSON document as XML elements, so that one crosswalk reads both, and where in the JSON each element came from."""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from server.errors import Invalid
from server.xml import clean

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_DEEPEST = 32
"""Objects within objects; descriptions have four or five, so whatever is deeper is not one."""

Places = dict[etree._Element, str]  # noqa: SLF001 - the name lxml gives its elements


def elements_of(document: Mapping[str, Any], name: str) -> tuple[etree._Element, Places]:
    """Make an element of an object: a child for each key, several for a list, the text for a string or number.

    Keys lose their prefix, or what stands before the last slash of an address (JSON-LD), and the sign of JSON-LD's own words, so
    that `@id`, `schema:name` and `https://schema.org/name` become id and name. With it comes the place of each element, as JSON
    paths are written: $.author[1].name. Raises Invalid for a document that is too deep.
    """
    root = etree.Element(name)
    places = {root: "$"}
    _fill(root, document, places, 0)
    return root, places


def _fill(parent: etree._Element, document: Mapping[str, Any], places: Places, depth: int) -> None:
    for key, value in document.items():
        name = local_name(str(key))
        if key == "@value":
            parent.text = _text(value)
        elif key == "@language":
            parent.set(_LANG, _text(value))
        elif key in {"@list", "@set"} and isinstance(value, list):
            # The list itself is the value: its first member is the element at hand, the others stand beside it.
            _add_listed(parent, value, places, depth)
        elif _NAME.fullmatch(name) and key != "@context":
            _add(parent, name, value, f"{places[parent]}.{name}", places, depth)


def _add_listed(element: etree._Element, items: list[object], places: Places, depth: int) -> None:
    above = element.getparent()
    for at, item in enumerate(items):
        if above is not None:
            _add(above, str(element.tag), item, f"{places[element]}[{at}]", places, depth)


def _add(parent: etree._Element, name: str, value: object, place: str, places: Places, depth: int) -> None:
    if depth >= _DEEPEST:
        raise Invalid(
            f"The JSON has objects within objects more than {_DEEPEST} deep.",
            place=place,
            remedy="Send a description whose objects are not nested so deep.",
            code="record",
        )
    if isinstance(value, list):
        for at, item in enumerate(value):
            _add(parent, name, item, f"{place}[{at}]" if len(value) > 1 else place, places, depth + 1)
    elif value is not None:
        element = etree.SubElement(parent, name)
        places[element] = place
        if isinstance(value, Mapping):
            _fill(element, value, places, depth + 1)
        else:
            element.text = _text(value)


def _text(value: object) -> str:
    return clean(str(value).lower() if isinstance(value, bool) else str(value))


def local_name(key: str) -> str:
    """Return the last part of a key or of an address: `@id` gives id, `https://schema.org/Person` gives Person."""
    return re.split("[/#:]", key.rstrip("/#:"))[-1].removeprefix("@")
