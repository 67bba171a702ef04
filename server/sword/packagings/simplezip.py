"""SimpleZip: any tree of files in a zip; an XML document at its top may be the metadata (SWORD 2.0 § 5)."""

import zipfile

from server.errors import Invalid
from server.sword import package
from server.sword.package import BROKEN, Arrived, Bounded, Member, Package, Packaging, Store, counted, entries, too_many, unpack

IRI = "http://purl.org/net/sword/package/SimpleZip"

LARGEST_DOCUMENT = 16 * 2**20
LARGEST_DOCUMENTS = 64 * 2**20
"""Bytes of all XML documents at the top together: they are read into memory, a work's metadata are kilobytes."""


def read(arrived: Arrived, store: Store) -> Package:
    """Unpack the archive. XML files at its top, or at the top of its only folder, are offered as metadata."""
    members: list[Member] = []
    if (count := counted(arrived.path)) > package.MOST_ENTRIES:
        raise too_many(count)
    try:
        with Bounded(arrived.path) as file, zipfile.ZipFile(file) as archive:
            found = entries(archive, arrived.received.bytes)
            if not found:
                raise Invalid(
                    "The archive holds no files.",
                    place=arrived.filename,
                    remedy="Send the files of the work.",
                    code="archive-empty",
                )
            top = _top([name for name, _ in found])
            named = [(name.removeprefix(top), entry) for name, entry in found]
            documents = _documents(archive, named)
            members.extend(unpack(archive, name, entry, store) for name, entry in named)
    except BROKEN as error:
        Package(members=tuple(members)).discard()
        raise Invalid(
            f"The file is announced as a zip archive and is none, or it is damaged: {error}.",
            place=arrived.filename,
            remedy="Check that the whole archive was sent and opens elsewhere.",
            code="archive-broken",
        ) from error
    except BaseException:
        Package(members=tuple(members)).discard()
        raise
    return Package(documents, tuple(members))


def _top(names: list[str]) -> str:
    """Return the one folder everything stands in, with its slash, or an empty string."""
    firsts = {name.partition("/")[0] for name in names}
    nested = all("/" in name for name in names)
    return f"{firsts.pop()}/" if nested and len(firsts) == 1 else ""


def _documents(archive: zipfile.ZipFile, named: list[tuple[str, zipfile.ZipInfo]]) -> tuple[tuple[str, bytes], ...]:
    found = [
        (name, entry)
        for name, entry in named
        if "/" not in name and name.lower().endswith(".xml") and entry.file_size <= LARGEST_DOCUMENT
    ]
    if sum(entry.file_size for _, entry in found) > LARGEST_DOCUMENTS:
        raise Invalid(
            f"The XML documents at the top of the package have more than {LARGEST_DOCUMENTS // 2**20} MB together.",
            place=found[0][0],
            remedy="Put XML that is not metadata into a folder.",
            code="metadata-twice",
        )
    return tuple((name, archive.read(entry)) for name, entry in found)


PLUGIN = Packaging(
    iri=IRI,
    aliases=("http://purl.org/net/sword/3.0/package/SimpleZip", "http://purl.org/net/sword-types/SimpleZip"),
    title="A zip of files, with a metadata document at its top",
    read=read,
)
