"""What a metadata reader is: it recognises its own documents and turns one into a draft record."""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from server.errors import Invalid
from server.records.model import Record
from server.registry import Registry


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of a document.

    `unmapped` names what the record could not take up (place and value, one sentence each); `warnings` say what was
    guessed or mended on the way. Neither stops a deposit; both are shown in the import monitor.
    """

    record: Record
    unmapped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


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
