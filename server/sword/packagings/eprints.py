"""EPrints XML, alone, compressed or beside files in an archive; files within it, in base64, become files of the work."""

import base64
import binascii
import gzip
from itertools import count
from typing import BinaryIO, cast

from lxml import etree

from server.errors import Invalid
from server.records.files import Received
from server.sword.alone import document
from server.sword.archives.entries import BROKEN, Entry, checked, damaged, folded
from server.sword.archives.unpacking import Store, kind_of
from server.sword.package import Arrived, Document, Member, Package, Packaging, Role, Unusable, discard
from server.xml import parse, place_of, text_of

IRI = "http://eprints.org/ep2/data/2.0"
_EP = f"{{{IRI}}}"


def read(arrived: Arrived, store: Store) -> Package:
    """Read the document and take the files out of it."""
    if kind_of(arrived.path):
        return document("eprints", "EPrints XML", arrived, store)
    root = _parsed(arrived)
    whole = Member(arrived.filename, arrived.received, Role.METADATA)
    found = Document(arrived.filename, root=root, reader="eprints", required=True)
    if len(root.findall("{*}eprint")) > 1:  # the reader says so
        return Package((found,), (whole,))
    return Package((found,), (whole, *inlined(root, arrived.received.bytes, store, arrived.filename)))


def _parsed(arrived: Arrived) -> etree._Element:
    with arrived.path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            return parse(cast("BinaryIO", gzip.GzipFile(fileobj=file)) if compressed else file, place=arrived.filename)
        except BROKEN as error:
            raise damaged(error, arrived.filename) from error


def inlined(root: etree._Element, size: int, store: Store, whole: str = "") -> list[Member]:
    """Take the files out of a document, which is called `whole` itself; the names are checked as an archive's are.

    A name that is taken is given again below a number: its document's, or the next that is free. Raises Invalid; nothing stays
    then.
    """
    found: dict[str, tuple[etree._Element, str]] = {}
    taken, numbers = {folded(whole)}, count(1)
    for number, each in enumerate(root.iterfind(f".//{_EP}documents/{_EP}document"), 1):
        for file in each.iterfind("{*}files/{*}file"):
            data, name = file.find("{*}data"), text_of(file.find("{*}filename"))
            if data is not None and name:
                other = name if folded(name) not in taken else f"{number}/{name}"
                while folded(other) in taken:
                    other = f"{number}/{next(numbers)}/{name}"
                taken.add(folded(other))
                found[other] = data, text_of(file.find("{*}mime_type"))
    members: list[Member] = []
    try:
        for name, entry in list(checked((Entry(name, 0) for name in found), size)):
            data, mime = found[entry.name]
            members.append(Member(name, _decoded(name, data, store), mime=mime))
    except Invalid as error:
        raise Unusable(error, members) from error
    except BaseException:
        discard(members)
        raise
    return members


def _decoded(name: str, data: etree._Element, store: Store) -> Received:
    spool = store.spool()
    try:
        spool.write(base64.b64decode("".join("".join(data.itertext()).split()), validate=True))
        return spool.finish()
    except (binascii.Error, ValueError) as error:
        spool.discard()
        raise Invalid(
            f"The file {name!r} within the document is no base64: {error}.",
            place=place_of(data),
            remedy="Encode the file again.",
            code="file-broken",
            value=name,
        ) from error
    except BaseException:
        spool.discard()
        raise


PLUGIN = Packaging(
    iri=IRI,
    names=(),
    title="EPrints XML",
    read=read,
    media_types=("application/vnd.eprints.data+xml",),
)
