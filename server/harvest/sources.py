"""Files of works, plain or compressed: JSON Lines of our model, or XML in any format a reader knows."""

import gzip
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
import zstandard
from lxml import etree
from msgspec import Struct

from server.errors import Invalid, SheafError
from server.harvest.batch import Bare, sound
from server.metadata.reading import Reader
from server.records.model import Record, encode, invalid
from server.registry import Registry
from server.xml import LARGEST_DOCUMENT, place_of

LONGEST_LINE = 16 * 2**20


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of an export, and of an import: a work, its name where it came from, and where it belongs.

    `origin` makes a second import change the work instead of repeating it; without one its first identifier, or its content,
    names it. `withdrawn` gives the reason a work is no longer there.
    """

    record: Record
    origin: str = ""
    collection: str = "works"
    withdrawn: str | None = None


@dataclass(frozen=True, slots=True)
class Bad:
    """Something in a file that no work can be made of: where (file and line) and why."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Read:
    """A step through a file: what was found, and how many bytes of the file were read so far."""

    found: Bare | Bad
    position: int


def works(path: Path, readers: Registry[Reader]) -> Iterator[Read]:
    """Yield the works of a file one by one; what is bad comes as Bad and does not stop the rest.

    Raises Invalid where the file cannot be opened.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise Invalid(f"The file cannot be opened: {error.strerror}.", place=str(path)) from error
    with raw:
        try:
            for found in _rows(_opened(path, raw), path.name, readers):
                yield Read(found, raw.tell())
        except (OSError, EOFError, zstandard.ZstdError) as error:
            yield Read(Bad(path.name, f"the file breaks off or is damaged: {error}"), raw.tell())


def _rows(content: io.BufferedReader, name: str, readers: Registry[Reader]) -> Iterator[Bare | Bad]:
    first = content.peek(64).lstrip()[:1]
    if not first:
        return iter([Bad(name, "the file is empty")])
    return _lines(content, name) if first == b"{" else _documents(content, name, readers)


def _opened(path: Path, raw: io.BufferedReader) -> io.BufferedReader:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw))
    if path.suffix == ".zst":
        return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw), 2**20)
    return raw


def _lines(content: BinaryIO, name: str) -> Iterator[Bare | Bad]:
    decoder = msgspec.json.Decoder(Line)
    for number, line in enumerate(iter(lambda: content.readline(LONGEST_LINE), b""), 1):
        if not line.strip():
            continue
        place = f"{name} line {number}"
        try:
            found = decoder.decode(line)
            record, remarks = sound(found.record)
            document = encode(record)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeError) as error:
            problem = invalid(error)
            yield Bad(place, f"{problem.message} {problem.place}".strip())
            continue
        yield from (Bad(place, remark) for remark in remarks)
        yield Bare(
            origin=found.origin or name_of(record, document),
            document=document,
            collection=found.collection,
            reason=found.withdrawn,
        )


def _documents(content: BinaryIO, name: str, readers: Registry[Reader]) -> Iterator[Bare | Bad]:
    """Find the metadata documents in an XML file, however deep: a single one, a collection, an OAI-PMH response."""
    parser = etree.iterparse(
        content,
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    depth: int | None = None
    level = found = 0
    try:
        for event, element in parser:
            level += 1 if event == "start" else -1
            if depth is None and event == "start" and _may_be(element):
                depth = level
            elif event == "end" and depth is not None and level == depth - 1:
                depth = None
                found += 1
                yield _document(element, name, readers)
                _forget(element)
            elif event == "end" and depth is None:
                _forget(element)
    except etree.XMLSyntaxError as error:
        yield Bad(f"{name} line {error.position[0]}", f"the XML cannot be read: {(error.msg or '').split(', line')[0]}")
        return
    if not found:
        known = ", ".join(reader.title for reader in readers)
        yield Bad(name, f"no metadata that a reader knows was found; known: {known}")


#: Root elements of the formats, by which a document is recognised before its content has been read.
_ROOTS = {
    ("http://www.openarchives.org/OAI/2.0/oai_dc/", "dc"),
    ("http://www.loc.gov/mods/v3", "mods"),
    ("http://www.loc.gov/MARC21/slim", "record"),
    ("http://www.w3.org/2005/Atom", "entry"),
}
_KERNEL = "http://datacite.org/schema/kernel"


def _may_be(element: etree._Element) -> bool:
    tag = etree.QName(element)
    return (tag.namespace, tag.localname) in _ROOTS or (tag.localname == "resource" and (tag.namespace or "").startswith(_KERNEL))


def _document(element: etree._Element, name: str, readers: Registry[Reader]) -> Bare | Bad:
    place = f"{name} {place_of(element)}"
    if len(etree.tostring(element)) > LARGEST_DOCUMENT:
        return Bad(place, "the document is too large")
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    for reader in readers:
        if reader.recognises(alone):
            try:
                record, _remarks = sound(reader.read(alone).record)
            except SheafError as error:
                return Bad(place, f"{error.message} {error.place}".strip())
            document = encode(record)
            return Bare(origin=name_of(record, document), document=document)
    return Bad(place, "no reader knows this format")


def _forget(element: etree._Element) -> None:
    """Let go of what was read, so that a file of any length stays small in memory."""
    element.clear(keep_tail=False)
    while element.getprevious() is not None and element.getparent() is not None:
        del element.getparent()[0]


def name_of(record: Record, document: bytes) -> str:
    """Return a name for a work whose source gives none: its first identifier, or else its content."""
    for scheme in ("oai", "doi", "handle", "urn", "url", "isbn", "pmid", "arxiv"):
        if value := record.identifier(scheme):
            return f"{scheme}:{value}"
    return f"sha256:{hashlib.sha256(document).hexdigest()}"
