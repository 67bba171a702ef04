"""Which of a package's documents are its metadata, and what they say together."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from lxml import etree

from server.errors import Invalid, SheafError
from server.metadata.reading import JsonReader, Reader, Reading, Remark, read_with
from server.records.embargo import strictest
from server.records.merge import merged
from server.records.model import Record
from server.registry import Registry
from server.sword.model import Source
from server.sword.package import Choice, Document, Package
from server.xml import parse


@dataclass(frozen=True, slots=True)
class Found:
    """A package's metadata, read."""

    reading: Reading
    source: Source
    names: frozenset[str]
    """The members they were read from."""


def found_in(package: Package, readers: Registry[Reader], json_readers: Registry[JsonReader]) -> Found | None:
    """Read a package's metadata; None where none of its documents is of a known format.

    Raises Invalid (its place begins with the document's name) for one that cannot be read, for a required one nobody knows, and
    for several that do not describe one work.
    """
    shelf = _Shelf(readers, json_readers)
    found: list[Found] = []
    silent: Invalid | None = None
    for document in package.documents:
        try:
            if (each := shelf.read(document)) is not None:
                found.append(each)
        except Invalid as error:
            # METS § dmdSec: each section says something of the work, one may leave the title to another.
            if package.choice is not Choice.ALL or error.code not in {"title-missing", "unknown-format"}:
                raise
            silent = silent or error
        if found and package.choice is Choice.FIRST:
            break
    if not found and silent is not None:
        raise silent
    return _together(found, package.choice) if found else None


@dataclass(frozen=True, slots=True)
class _Shelf:
    """All readers there are."""

    readers: Registry[Reader]
    json_readers: Registry[JsonReader]

    def read(self, document: Document) -> Found | None:
        data = document.path.read_bytes() if document.path is not None else b""
        if document.root is None and data.lstrip()[:1] in {b"{", b"["}:
            found = self._read_json(document, data)
        else:
            found = self._read_xml(document, data)
        if found is None:
            return None
        reader, reading = found
        return Found(reading, Source(document.name, reader), frozenset({document.name}))

    def _read_xml(self, document: Document, data: bytes) -> tuple[str, Reading] | None:
        root = document.root if document.root is not None else parse(data, place=document.name)
        try:
            meant = self.readers.get(document.reader)
            reader = meant if meant is not None and meant.recognises(root) else self._reader(root)
            if reader is not None:
                return reader.name, reader.read(root)
            if document.required:
                read_with(self.readers, root)  # says which formats are known
        except SheafError as error:
            error.place = f"{document.name} {error.place}".strip()
            raise
        return None

    def _reader(self, root: etree._Element) -> Reader | None:
        return next((reader for reader in self.readers if reader.recognises(root)), None)

    def _read_json(self, document: Document, data: bytes) -> tuple[str, Reading] | None:
        value = parse_json(data, place=document.name)
        try:
            meant = self.json_readers.get(document.reader)
            reader = meant if meant is not None and meant.recognises(value) else self._json_reader(value)
            if reader is not None:
                return reader.name, reader.read(value)
            if document.required:
                known = ", ".join(each.title for each in self.json_readers)
                raise Invalid(
                    "No reader knows the metadata format of this JSON document.",
                    remedy=f"Send one of: {known}.",
                    code="unknown-format",
                )
        except SheafError as error:
            error.place = f"{document.name} {error.place}".strip()
            raise
        return None

    def _json_reader(self, value: Mapping[str, Any]) -> JsonReader | None:
        return next((reader for reader in self.json_readers if reader.recognises(value)), None)


def parse_json(data: bytes, *, place: str = "") -> Mapping[str, Any]:
    """Parse a JSON document that is an object. Raises Invalid with line and column in its place."""
    try:
        value = json.loads(data)
    except json.JSONDecodeError as error:
        raise _not_json(error.msg, f"{place} line {error.lineno}, column {error.colno}".strip()) from error
    except (ValueError, RecursionError) as error:
        raise _not_json(str(error), place) from error
    if not isinstance(value, dict):
        raise _not_json("it is no object", place)
    return value


def _not_json(reason: str, place: str) -> Invalid:
    return Invalid(
        f"The JSON cannot be read: {reason}.", place=place, remedy="Send a well-formed JSON object in UTF-8.", code="json"
    )


def _together(found: list[Found], choice: Choice) -> Found:
    """Put several documents together where they describe one work; raises Invalid where they do not, or nobody can tell."""
    first, *others = found
    for other in others:
        if choice is Choice.ALL and other.source.reader != first.source.reader:
            first = _completed(first, other)
        elif _identifiers(first.reading.record) & _identifiers(other.reading.record):
            remark = Remark(
                f"{other.source.name} describes the same work as {first.source.name}, and completed it.",
                code="metadata-twice",
                place=other.source.name,
            )
            first = _completed(first, other, remark)
        else:
            raise _twice(found)
    return first


def _completed(first: Found, other: Found, *remarks: Remark) -> Found:
    """Complete one reading by another of the same work; the same people written otherwise do not become more of them."""
    mine, theirs = first.reading, other.reading
    record = theirs.record
    if mine.record.creators:
        record = msgspec.structs.replace(record, creators=())
    reading = Reading(
        merged(mine.record, record),
        (*mine.unmapped, *theirs.unmapped),
        (*mine.warnings, *theirs.warnings, *remarks),
        (*mine.types, *theirs.types),
        (*mine.languages, *theirs.languages),
        strictest(mine.access, theirs.access),
        {**mine.closed, **{name: strictest(access, mine.closed.get(name, "")) for name, access in theirs.closed.items()}},
    )
    source = Source(first.source.name, f"{first.source.reader}, {other.source.reader}")
    return replace(first, reading=reading, source=source, names=first.names | other.names)


def _identifiers(record: Record) -> set[tuple[str, str]]:
    return {(each.scheme, each.value.lower()) for each in record.identifiers}


def _twice(found: list[Found]) -> Invalid:
    names = ", ".join(each.source.name for each in found)
    titles = {each.reading.record.title.value for each in found}
    if len(titles) == len(found):
        return Invalid(
            f"The package describes {len(found)} works: {names}.",
            place=names,
            remedy="Send each work in a deposit of its own.",
            code="several-works",
        )
    return Invalid(
        f"The package has more than one metadata document: {names}.",
        place=names,
        remedy="Keep one of them at the top.",
        code="metadata-twice",
    )
