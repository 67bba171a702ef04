"""What a metadata reader is: it recognises its own documents and turns one into a draft record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from lxml import etree

from server.errors import Invalid
from server.records.model import Record
from server.registry import Registry


class Remark(str):
    """A sentence about a document that also knows its class (`code`), where it holds, and the `value` it is about.

    Sentences that differ in their place alone are one group by code and value.
    """

    __slots__ = ("code", "place", "value")
    code: str
    place: str
    value: str

    def __new__(cls, words: str, *, code: str, place: str = "", value: str = "") -> Self:
        made = super().__new__(cls, words)
        made.code, made.place, made.value = code, place, value
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, str]]:
        return (str(self),), {"code": self.code, "place": self.place, "value": self.value}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of a document.

    `unmapped` names what the record could not take up (place and value, one sentence each); `warnings` say what was
    guessed or mended on the way. Neither stops a deposit by itself; both are shown in the import monitor.
    `types` and `languages` are the words the document uses for them, as they stand: what a client means by its own words can
    be settled in its profile. What the access says and is not understood is a warning `access-unknown`, and closes the work.
    """

    record: Record
    unmapped: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    access: str = ""
    """What it says of who may have the work; empty where it says nothing."""
    closed: Mapping[str, str] = field(default_factory=dict)
    """The files that are closed by themselves, by name, with their access."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One metadata format that can come in.

    `recognises` looks at a root element and says whether the document is of this format; `read` maps it and raises
    Invalid (with the place and the remedy) for content no record can be made of. Both are pure.
    """

    name: str
    title: str
    recognises: Callable[[etree._Element], bool]
    read: Callable[[etree._Element], Reading]


@dataclass(frozen=True, slots=True)
class JsonReader:
    """One metadata format in JSON that can come in: as a Reader, of documents that are objects."""

    name: str
    title: str
    recognises: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any]], Reading]


def json_readers() -> Registry[JsonReader]:
    """Find the readers of JSON on their shelf."""
    return Registry("server.metadata.json_readers", JsonReader, lambda reader: reader.name)


def readers() -> Registry[Reader]:
    """Find the readers on their shelf."""
    return Registry("server.metadata.readers", Reader, lambda reader: reader.name)


def read_with(shelf: Registry[Reader], root: etree._Element) -> Reading:
    """Read a document with the first reader that recognises it; raises Invalid where none does."""
    for reader in shelf:
        if reader.recognises(root):
            return reader.read(root)
    tag = etree.QName(root)
    known = ", ".join(reader.title for reader in shelf)
    raise Invalid(
        f"No reader knows the metadata format of <{tag.localname}> in namespace {tag.namespace or '(none)'}.",
        place=f"/{tag.localname}",
        remedy=f"Send one of: {known}.",
        code="unknown-format",
    )
