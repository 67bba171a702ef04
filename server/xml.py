"""XML in and out: parsed without entities, network or surprises; written without characters XML forbids."""

import re
from typing import BinaryIO

from lxml import etree

from server.errors import Invalid, TooLarge

#: XML 1.0 § 2.2: what a document may not hold, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
_SPECIAL = re.compile('[&<>"\r]')
#: An XML declaration in letters that are one byte each, and the encoding it names.
_DECLARED = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")

LARGEST_DOCUMENT = 64 * 2**20
"""Bytes; metadata documents are kilobytes, so whatever is larger is not metadata."""


def clean(text: str) -> str:
    """Drop the characters XML 1.0 forbids (control characters, lone surrogates, U+FFFE, U+FFFF)."""
    return FORBIDDEN.sub("", text)


def kept(text: str) -> str:
    """Return a text as far as XML can hold it, without the white space around it."""
    return clean(text).strip()


def escape(text: str) -> str:
    """Make a string safe as element content and as attribute value, forbidden characters dropped."""
    return _SPECIAL.sub(lambda m: _ESCAPES[m[0]], FORBIDDEN.sub("", text))


def parse(source: bytes | BinaryIO, *, place: str = "") -> etree._Element:
    """Parse a document and return its root element.

    `source` is the bytes or an open binary file. Entities are refused whole, not expanded; nothing is fetched; a DTD is not read.
    Raises Invalid with `line N, column M` in its place, TooLarge above LARGEST_DOCUMENT.
    """
    data = source if isinstance(source, bytes) else source.read(LARGEST_DOCUMENT + 1)
    if len(data) > LARGEST_DOCUMENT:
        raise TooLarge(f"The XML document is larger than {LARGEST_DOCUMENT // 2**20} MB.", place=place)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        encoding=_mended(data),
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        where = f"{place} line {line}, column {column}".strip()
        reason = (error.msg or "not well-formed").split(", line")[0].strip()
        raise Invalid(
            f"The XML cannot be read: {reason}.", place=where, remedy="Send a well-formed XML document in UTF-8.", code="xml"
        ) from error
    except ValueError as error:
        raise Invalid(
            f"The XML cannot be read: {error}.", place=place, remedy="Send a well-formed XML document in UTF-8.", code="xml"
        ) from error
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise Invalid(
            "The XML declares entities; these are refused.",
            place=f"{place} DOCTYPE".strip(),
            remedy="Remove the DOCTYPE.",
            code="xml-entities",
        )
    return root


def _mended(data: bytes) -> str | None:
    """Return UTF-8 for a document that is written in it and declares something else, as programs do that copy their first line.

    Bytes that are UTF-8 are never anything else by chance; read as declared, every umlaut would be two wrong letters.
    """
    declared = _DECLARED.match(data)
    if declared is None or declared[1].lower() in {b"utf-8", b"utf8"}:
        return None
    if data.isascii() and not declared[1].lower().startswith((b"utf-16", b"utf-32", b"ucs")):  # ISO-2022-JP is ASCII too
        return None
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def text_of(element: etree._Element | None) -> str:
    """Return the element's whole text, markup left out and white space folded; empty for None."""
    if element is None:
        return ""
    return " ".join(clean("".join(element.itertext())).split())


def place_of(element: etree._Element) -> str:
    """Say where an element stands: its path and line, as an administrator reads it."""
    steps = []
    node: etree._Element | None = element
    while node is not None:
        steps.append(etree.QName(node).localname)
        node = node.getparent()
    return f"/{'/'.join(reversed(steps))} (line {element.sourceline or 1})"
