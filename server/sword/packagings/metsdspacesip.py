"""METSDSpaceSIP: a METS document beside the files it names, whatever it wraps: EPDCX, MODS, DIM, Dublin Core, ProQuest's DISS."""

from contextlib import suppress
from dataclasses import replace

from lxml import etree

from server.errors import Invalid, TooLarge
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
    found: dict[str, etree._Element | None] = {}
    for member in contents.documents(".xml"):
        if member.name.lower() == NAME or contents.lone:
            _keep(found, member)
        elif member.received.bytes <= LARGEST_DOCUMENT:
            with suppress(Invalid, TooLarge):  # a file of the work, whatever is wrong with it
                _keep(found, member)
    if len(found) > 1:
        names = ", ".join(found)
        raise Invalid(
            f"The package has more than one METS document: {names}.",
            place=names,
            remedy=f"Keep the one that describes the package, {NAME}, at the top.",
            code="manifest-twice",
        )
    for name, root in found.items():
        if root is not None:
            return name, root
    raise manifest_missing(NAME, "METSDSpaceSIP", place)


def _keep(found: dict[str, etree._Element | None], member: Member) -> None:
    """Note a document that is METS; only the first stays in memory, as a tree is many times its document."""
    root = parsed(member)
    if is_mets(root):
        found[member.name] = None if found else root


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
