"""BagIt (RFC 8493), with or without a folder around it: DANS' bags have DDM metadata, others what a reader knows."""

from server.sword.archives.unpacking import Store
from server.sword.bags import BAGIT, read_bag
from server.sword.package import Arrived, Package, Packaging

IRI = "http://purl.org/net/sword/package/BagIt"


def read(arrived: Arrived, store: Store) -> Package:
    """Unpack and verify the bag."""
    return read_bag(arrived, store, "BagIt")


PLUGIN = Packaging(
    iri=IRI,
    names=(),
    title="A bag (BagIt), verified",
    read=read,
    aliases=(
        "http://purl.org/net/sword-types/BagIt",
        "http://purl.org/net/sword/packaging/BagIt",
        "http://purl.org/net/sword/3.0/package/BagIt",
    ),
    sniff=lambda names: BAGIT in names,
)
