"""Binary: one file, kept as it is (SWORD 2.0 § 5; the default where no packaging is named)."""

from server.sword.archives.unpacking import Store
from server.sword.package import Arrived, Member, Package, Packaging

IRI = "http://purl.org/net/sword/package/Binary"


def read(arrived: Arrived, _store: Store) -> Package:
    """Return the file itself."""
    return Package(members=(Member(arrived.filename, arrived.received),))


PLUGIN = Packaging(
    iri=IRI,
    names=("http://purl.org/net/sword/3.0/package/Binary",),
    title="One file",
    read=read,
    unpacks=False,
    aliases=("http://purl.org/net/sword-types/Binary", "http://purl.org/net/sword/packaging/Binary"),
)
