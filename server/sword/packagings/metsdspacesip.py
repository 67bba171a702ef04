"""METSDSpaceSIP: a METS document beside the files it names, whatever it wraps: EPDCX, MODS, DIM, Dublin Core, ProQuest's DISS."""

from dataclasses import replace

from lxml import etree

from server.errors import Invalid
from server.metadata.reading import Remark
from server.sword.archives.unpacking import Store
from server.sword.mets import described, is_mets, named
from server.sword.package import (
    LARGEST_DOCUMENT,
    Arrived,
    Choice,
    Contents,
    Member,
    Package,
    Packaging,
    Role,
    manifest_missing,
    parsed,
    root_of,
    unpacked,
)

IRI = "http://purl.org/net/sword/package/METSDSpaceSIP"
NAME = "mets.xml"


def read(arrived: Arrived, store: Store) -> Package:
    """Unpack the archive, look up every file its METS names, and offer what the METS wraps as metadata."""
    with unpacked(arrived, store, lone=True) as contents:
        name, root = _manifest(contents, arrived.filename)
        documents = list(described(root, name, contents))
        remarks, stated = [], {}
        for found in named(root, name, contents):
            if isinstance(found, Remark):
                remarks.append(found)
            else:
                stated[found.member.name] = found.mime
        if name != NAME:
            remarks.append(Remark(f"The METS document is called {name}, not {NAME}.", code="quirk-manifest-name", place=name))
        roles = {document.name: Role.METADATA for document in documents} | {name: Role.MANIFEST}
        remarks += [
            Remark(
                f"{name} does not name the file {other!r}; it is kept all the same.", code="file-unnamed", place=name, value=other
            )
            for other in contents.members
            if other not in stated and other not in roles
        ]
        package = contents.package(documents, roles, choice=Choice.ALL, remarks=remarks)
        members = tuple(replace(member, mime=stated.get(member.name, "")) for member in package.members)
        return replace(package, members=members)


def _manifest(contents: Contents, place: str) -> tuple[str, etree._Element]:
    """Find the one METS document at the top, by its name or else by its root element."""
    manifests = [member for member in contents.documents(".xml") if _may_be(member, meant=contents.lone)]
    if len(manifests) > 1:
        names = ", ".join(member.name for member in manifests)
        raise Invalid(
            f"The package has more than one METS document: {names}.",
            place=names,
            remedy=f"Keep the one that describes the package, {NAME}, at the top.",
            code="manifest-twice",
        )
    root = parsed(manifests[0]) if manifests else None
    if root is None or not is_mets(root):
        raise manifest_missing(NAME, "METSDSpaceSIP", place)
    return manifests[0].name, root


def _may_be(member: Member, *, meant: bool) -> bool:
    """Whether a document is the METS; one that cannot be read is a file of the work, unless by its name it must be the METS."""
    meant = meant or member.name.lower() == NAME
    if not meant and member.received.bytes > LARGEST_DOCUMENT:
        return False
    root = root_of(member)
    return root.lower() == "mets" or (meant and not root)


PLUGIN = Packaging(
    iri=IRI,
    names=("http://purl.org/net/sword/3.0/package/METSDSpaceSIP", "http://purl.org/net/sword/package/METSMODS"),
    title="A METS document and its files (DSpace's profile)",
    read=read,
    aliases=(
        "http://purl.org/net/sword-types/METSDSpaceSIP",
        "http://purl.org/net/sword-types/mets/dspace",
        "http://purl.org/net/sword/packaging/METSDSpaceSIP",
    ),
    sniff=lambda names: NAME in (name.lower() for name in names),
)
