"""SimpleZip: any tree of files in a zip or a tar; a document at its top may be the metadata (SWORD 2.0 § 5)."""

from server.sword.archives.unpacking import Store
from server.sword.package import Arrived, Package, Packaging, documents_of, unpacked

IRI = "http://purl.org/net/sword/package/SimpleZip"

HYRAX = "metadata/metadata.xml"
"""Where Hyrax' clients put the metadata."""
#: JSON is data more often than not, so that metadata are known by their name.
_JSON = frozenset({"codemeta.json", "sword.json", "metadata.json"})


def read(arrived: Arrived, store: Store) -> Package:
    """Unpack the archive. What may be metadata at its top, or at the top of its only folder, is offered as such."""
    with unpacked(arrived, store) as contents:
        found = [
            member for member in contents.at_top(".xml", ".json") if member.name.lower().endswith(".xml") or member.name in _JSON
        ]
        if not found and HYRAX in contents.members:
            found = [contents.members[HYRAX]]
        return contents.package(documents_of(found))


PLUGIN = Packaging(
    iri=IRI,
    names=("http://purl.org/net/sword/3.0/package/SimpleZip",),
    title="A zip of files, with a metadata document at its top",
    read=read,
    aliases=("http://purl.org/net/sword-types/SimpleZip", "http://purl.org/net/sword/packaging/SimpleZip"),
)
