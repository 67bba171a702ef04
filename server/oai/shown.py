"""An OAI-PMH answer as people look at it: read off our own bytes, so that what is seen is what harvesters get. Pure."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from shlex import quote
from urllib.parse import quote as encoded
from urllib.parse import urlencode

from lxml import etree

from server.oai.request import Pairs
from server.xml import parse, text_of

LONGEST = 40_000
"""Characters of a record that are shown: a work of a thousand authors is read by programs, and its pages stay small."""

_OAI = "{http://www.openarchives.org/OAI/2.0/}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as an address, and as a line for a terminal."""

    url: str

    @property
    def curl(self) -> str:
        return f"curl --compressed {quote(self.url)}"


def asked(base: str, pairs: Pairs) -> Asked:
    """Return the request that arguments make at a base URL."""
    return Asked(f"{base}?{urlencode(pairs, quote_via=encoded)}")


@dataclass(frozen=True, slots=True)
class Fact:
    """An element that holds text, or one that holds more and is shown as it is."""

    name: str
    text: str
    xml: str = ""


@dataclass(frozen=True, slots=True)
class SetShown:
    spec: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class FormatShown:
    prefix: str
    schema: str
    namespace: str


@dataclass(frozen=True, slots=True)
class RecordShown:
    """A record of a list; its title is what first goes by that name, whatever the format."""

    identifier: str
    datestamp: str
    deleted: bool
    sets: tuple[str, ...]
    title: str
    xml: str
    """The `<record>` laid out, up to LONGEST characters of it."""
    cut: bool
    """Whether there is more of it."""
    header: str
    """What is the same in every format: its header and, with it, what is said about its metadata."""
    metadata: str
    """What it says in its format, up to LONGEST characters; empty for a deleted one."""
    metadata_cut: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part stands in its list."""

    cursor: int
    size: int
    token: str
    expires: str


class Shown:
    """One answer."""

    def __init__(self, body: bytes) -> None:
        self._root = parse(body)

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Code and sentence of each error."""
        return [(error.get("code", ""), text_of(error)) for error in self._root.findall(f"{_OAI}error")]

    def facts(self) -> list[Fact]:
        """Return what Identify says."""
        return [
            Fact(etree.QName(each).localname, "" if len(each) else text_of(each), pretty(each) if len(each) else "")
            for each in self._elements("Identify/*")
        ]

    def sets(self) -> list[SetShown]:
        return [
            SetShown(self._text(each, "setSpec"), self._text(each, "setName"), text_of(each.find(f"{_OAI}setDescription")))
            for each in self._elements("ListSets/set")
        ]

    def formats(self) -> list[FormatShown]:
        names = ("metadataPrefix", "schema", "metadataNamespace")
        return [
            FormatShown(*(self._text(each, name) for name in names))
            for each in self._elements("ListMetadataFormats/metadataFormat")
        ]

    def records(self) -> list[RecordShown]:
        return [self._record(each) for each in (*self._elements("ListRecords/record"), *self._elements("GetRecord/record"))]

    def place(self, count: int) -> Place:
        """Return where a part of `count` elements stands; a list of one part is the whole."""
        token = next(self._elements("*/resumptionToken"), None)
        if token is None:
            return Place(0, count, "", "")
        return Place(
            int(token.get("cursor", "0")),
            int(token.get("completeListSize", count)),
            token.text or "",
            token.get("expirationDate", ""),
        )

    def _record(self, record: etree._Element) -> RecordShown:
        head = record.find(f"{_OAI}header")
        assert head is not None  # noqa: S101 -- our own answer, and the schema wants it
        metadata = record.find(f"{_OAI}metadata")
        titles: Sequence[etree._Element] = metadata.xpath(".//*[local-name()='title']") if metadata is not None else ()
        xml = pretty(record)
        said = "" if metadata is None else "\n".join(map(pretty, metadata))
        return RecordShown(
            self._text(head, "identifier"),
            self._text(head, "datestamp"),
            head.get("status") == "deleted",
            tuple(text_of(each) for each in head.findall(f"{_OAI}setSpec")),
            next((text for text in map(text_of, titles) if text), ""),
            xml[:LONGEST],
            len(xml) > LONGEST,
            "\n".join(map(pretty, (head, *record.iterfind(f"{_OAI}about")))),
            said[:LONGEST],
            len(said) > LONGEST,
        )

    def _elements(self, path: str) -> Iterator[etree._Element]:
        steps = "/".join(step if step == "*" else f"{_OAI}{step}" for step in path.split("/"))
        yield from self._root.iterfind(steps)

    def _text(self, element: etree._Element, name: str) -> str:
        return text_of(element.find(f"{_OAI}{name}"))


def pretty(element: etree._Element) -> str:
    """Lay an element out with a line for each part; names nobody in it uses are left out."""
    alone = deepcopy(element)
    alone.tail = None
    etree.cleanup_namespaces(alone)
    etree.indent(alone, space="  ")
    return str(etree.tostring(alone, encoding="unicode"))
