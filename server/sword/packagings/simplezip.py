"""SimpleZip: any tree of files in a zip; an XML document at its top may be the metadata (SWORD 2.0 § 5)."""

import zipfile

from server.errors import Invalid
from server.sword.package import Arrived, Member, Package, Packaging, Store, entries, unpack

IRI = "http://purl.org/net/sword/package/SimpleZip"

LARGEST_DOCUMENT = 16 * 2**20


def read(arrived: Arrived, store: Store) -> Package:
    """Unpack the archive. XML files at its top, or at the top of its only folder, are offered as metadata."""
    members: list[Member] = []
    try:
        with zipfile.ZipFile(arrived.path) as archive:
            found = entries(archive)
            if not found:
                raise Invalid("The archive holds no files.", place=arrived.filename, remedy="Send the files of the work.", code="archive-empty")
            top = _top([entry.filename for entry in found])
            documents = [(e.filename, archive.read(e)) for e in found if _is_document(e, top)]
            members.extend(unpack(archive, entry, store) for entry in found)
    except zipfile.BadZipFile as error:
        raise Invalid(
            f"The file is announced as a zip archive and is none, or it is cut off: {error}.",
            place=arrived.filename,
            remedy="Check that the whole archive was sent and opens elsewhere.",
            code="archive-broken",
        ) from error
    except BaseException:
        Package(members=tuple(members)).discard()
        raise
    return Package(tuple(documents), tuple(_without(top, members)))


def _top(names: list[str]) -> str:
    """Return the one folder everything stands in, with its slash, or an empty string."""
    firsts = {name.removeprefix("./").partition("/")[0] for name in names}
    nested = all("/" in name.removeprefix("./") for name in names)
    return f"{firsts.pop()}/" if nested and len(firsts) == 1 else ""


def _is_document(entry: zipfile.ZipInfo, top: str) -> bool:
    rest = entry.filename.removeprefix("./").removeprefix(top)
    return "/" not in rest and rest.lower().endswith(".xml") and entry.file_size <= LARGEST_DOCUMENT


def _without(top: str, members: list[Member]) -> list[Member]:
    return [Member(member.name.removeprefix(top), member.received) for member in members]


PLUGIN = Packaging(
    iri=IRI,
    aliases=("http://purl.org/net/sword/3.0/package/SimpleZip", "http://purl.org/net/sword-types/SimpleZip"),
    title="A zip of files, with a metadata document at its top",
    read=read,
)
