"""Walking through XML elements by their local names, whatever namespace a sender put them in."""

from collections.abc import Callable, Iterator, Sequence

from lxml import etree

from server.errors import Invalid
from server.metadata.languages import language_of
from server.xml import clean, place_of, text_of

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SHOWN = 80


def local(element: etree._Element) -> str:
    """Return the element's name without its namespace; empty for comments and the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def namespace(element: etree._Element) -> str:
    return (etree.QName(element).namespace or "") if isinstance(element.tag, str) else ""


def children(parent: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Yield the child elements with one of the local names, or all of them where no name is given."""
    for child in parent:
        name = local(child)
        if name and (not names or name in names):
            yield child


def first(parent: etree._Element, *path: str) -> etree._Element | None:
    """Return the first element down a path of local names, or None."""
    node: etree._Element | None = parent
    for name in path:
        if node is None:
            return None
        node = next(children(node, name), None)
    return node


def text_at(parent: etree._Element, *path: str) -> str:
    """Return the text of the first element down a path of local names, or an empty string."""
    return text_of(first(parent, *path))


def attribute(element: etree._Element, name: str) -> str:
    """Return an attribute by its local name (xlink:href and href alike), white space folded; empty where there is none."""
    for key, value in element.attrib.items():
        if etree.QName(key).localname == name:
            return " ".join(clean(str(value)).split())
    return ""


def lang_of(element: etree._Element) -> str:
    """Return the BCP 47 tag of xml:lang (or MODS' own lang), empty where there is none or it names no language."""
    return language_of(str(element.get(_XML_LANG) or element.get("lang") or ""))


def shortened(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"


def only_child(root: etree._Element, name: str) -> etree._Element:
    """Return the one child of a collection; raises Invalid where there is none or more than one, as a deposit is one work."""
    return only_work(root, list(children(root, name)), name)


def only_work(
    root: etree._Element, works: Sequence[etree._Element], name: str, where: Callable[[etree._Element], str] = place_of
) -> etree._Element:
    """Return the one work a document describes; raises Invalid for none (one-record) and for several (several-works)."""
    if len(works) != 1:
        raise Invalid(
            f"The document holds {len(works)} descriptions; a deposit has one.",
            place=where(works[1] if len(works) > 1 else root),
            remedy=f"Send one {name} element for each work.",
            code="several-works" if works else "one-record",
        )
    return works[0]
