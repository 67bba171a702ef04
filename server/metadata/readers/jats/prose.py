"""The words of a JATS element as a record keeps them: without footnotes, labels and second spellings of a formula."""

from collections.abc import Container, Iterator

from lxml import etree

from server.metadata.elements import attribute, children, local
from server.xml import clean

#: What is no part of a text's own words: its marks for notes, and the second, third … form of a formula (JATS 1.3, alternatives).
_ASIDE = frozenset({"fn", "label", "object-id", "tex-math", "graphic", "inline-graphic", "fig", "table-wrap"})
#: What begins a line of its own, so that words on both sides of its edge are two words even where no blank parts them.
_LINES = frozenset({"p", "title", "sec", "disp-formula", "list", "list-item", "def-item", "disp-quote", "break"})
_MARKS = frozenset({"fn", "table-fn", "author-notes", "corresp", "aff"})


def prose(element: etree._Element | None, *, without: Container[str] = ()) -> str:
    """Return an element's words with white space folded, without its notes and without the elements named; empty for None."""
    return "" if element is None else folded("".join(_words(element, without)))


def folded(text: str) -> str:
    return " ".join(clean(text).split())


def _words(element: etree._Element, without: Container[str]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name = local(child)
        mark = name == "xref" and attribute(child, "ref-type") in _MARKS
        if name and not mark and name not in _ASIDE and name not in without:
            edge = " " if name in _LINES else ""
            yield edge
            yield from _words(child, without)
            yield edge
        yield child.tail or ""


def paragraphs(element: etree._Element) -> str:
    """Return what a text of several paragraphs and sections says: `Background: … Results: …`."""
    parts = []
    for child in children(element):
        name = local(child)
        if name == "sec":
            heading, text = prose(next(children(child, "title"), None)).rstrip(":."), paragraphs(child)
            parts.append(f"{heading}: {text}" if heading and text else heading or text)
        elif name not in {"title", "label", "object-id", "sec-meta"}:
            parts.append(prose(child))
    text = " ".join(filter(None, parts))
    return text or prose(element, without={"title"})
