"""SWORDBagIt (SWORD 3.0): a bag with SHA-256 manifests, its metadata in `metadata/sword.json`, and nothing to fetch."""

from server.sword.archives.unpacking import Store
from server.sword.bags import read_bag
from server.sword.package import Arrived, Package, Packaging

IRI = "http://purl.org/net/sword/3.0/package/SWORDBagIt"


def read(arrived: Arrived, store: Store) -> Package:
    """Unpack and verify the bag."""
    return read_bag(arrived, store, "SWORDBagIt")


PLUGIN = Packaging(
    iri=IRI,
    names=(),
    title="A bag with metadata in sword.json, verified",
    read=read,
    aliases=("http://purl.org/net/sword/package/SWORDBagIt", "http://purl.org/net/sword/packaging/SWORDBagIt"),
    sniff=lambda names: "bagit.txt" in names and "metadata/sword.json" in names,
)
