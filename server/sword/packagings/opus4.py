"""OPUS 4: `opus.xml` beside the files it names, in a zip or a tar; OPUS' own clients send no Packaging header."""

from lxml import etree

from server.errors import Invalid
from server.sword.archives.unpacking import Store
from server.sword.bags import algorithm_of, digest_of
from server.sword.package import (
    Arrived,
    Contents,
    Document,
    Package,
    Packaging,
    Role,
    file_missing,
    manifest_missing,
    parsed,
    unpacked,
)
from server.xml import place_of, text_of

IRI = "http://purl.org/net/sword/package/OPUS4Zip"
NAME = "opus.xml"


def read(arrived: Arrived, store: Store) -> Package:
    """Unpack the archive and look up every file opus.xml names."""
    with unpacked(arrived, store, lone=True) as contents:
        found = [each for each in contents.documents(NAME) if contents.lone or each.name.lower() == NAME]
        if not found:
            raise manifest_missing(NAME, "OPUS 4", arrived.filename)
        manifest = found[0]
        root = parsed(manifest)
        for file in root.iterfind(".//{*}files/{*}file"):
            _verify(file, contents)
        document = Document(manifest.name, root=root, reader="opus4", required=True)
        return contents.package([document], {manifest.name: Role.METADATA})


def _verify(file: etree._Element, contents: Contents) -> None:
    """Look up a file (by `path`, else by `name`, below `basedir`) and compare its checksum."""
    name = file.get("path") or file.get("name") or ""
    parent = file.getparent()
    folder = (parent.get("basedir", "") if parent is not None else "").strip("./")
    member = contents.find(name) or contents.find(f"{folder}/{name}")
    if member is None:
        raise file_missing(f"{NAME} {place_of(file)}", name)
    for checksum in file.iterfind("{*}checksum"):
        algorithm, said = algorithm_of(checksum.get("type", "")), text_of(checksum).lower()
        if algorithm and said and (found := digest_of(member, algorithm)) != said:
            raise Invalid(
                f"The {algorithm} of {member.name} is {found}; {NAME} says {said}.",
                place=f"{NAME} {place_of(checksum)}",
                remedy="Make the package again from the right files.",
                code="digest-mismatch",
                value=member.name,
            )


PLUGIN = Packaging(
    iri=IRI,
    names=(),
    title="opus.xml and its files (OPUS 4)",
    read=read,
    aliases=("http://purl.org/net/sword/packaging/OPUS4Zip", "http://purl.org/net/sword-types/OPUS4Zip"),
    sniff=lambda names: NAME in names,
)
