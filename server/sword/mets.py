"""METS (Library of Congress) as a manifest: the descriptions it wraps, and the files it names, looked up and verified."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from server.errors import Invalid, TooLarge
from server.metadata.reading import Remark
from server.sword.bags import algorithm_of, digest_of
from server.sword.package import LARGEST_DOCUMENT, Contents, Document, Member, documents_of, file_missing
from server.xml import place_of

#: The reader that is meant by what a METS says of the metadata it wraps (MDTYPE, or OTHERMDTYPE), in capitals.
READERS = {
    "MODS": "mods",
    "DSMODS": "mods",
    "EPDCX": "epdcx",
    "DIM": "dim",
    "DC": "oai_dc",
    "QDC": "dcterms",
    "MARC": "marcxml",
    "MARC21": "marcxml",
    "ETDMS": "etdms",
    "ETD-MS": "etdms",
    "PROQUEST": "proquest",
    "DATACITE": "datacite",
    "JATS": "jats",
    "NISOJATS": "jats",
}
_ELSEWHERE = ("http://", "https://", "ftp://")


@dataclass(frozen=True, slots=True)
class Named:
    """A file a METS names, found in the package."""

    member: Member
    mime: str


def is_mets(root: etree._Element) -> bool:
    """Whether an element is the root of a METS document, of whatever version."""
    return str(etree.QName(root).localname).lower() == "mets"


def described(root: etree._Element, name: str, contents: Contents) -> Iterator[Document]:
    """Yield the descriptions of the whole: what dmdSec wraps or points to (METS § dmdSec), parts' left out, each once.

    Raises Invalid for one that is not here, and for many, TooLarge for a large one.
    """
    of_parts = _of_parts(root)
    pointed: dict[str, tuple[Member, str]] = {}
    for section in root.iterfind("{*}dmdSec"):
        if section.get("ID") in of_parts:
            continue
        for wrapped in section.iterfind("{*}mdWrap"):
            found = wrapped.find("{*}xmlData")
            children = [child for child in found if isinstance(child.tag, str)] if found is not None else []
            if children:
                yield Document(name, root=_one(children), reader=_reader(wrapped), required=True)
        for pointer in section.iterfind("{*}mdRef"):
            href = _href(pointer)
            member = contents.find(href)
            if member is None:
                raise file_missing(name, href)
            pointed.setdefault(member.name, (member, _reader(pointer)))
    small = {document.name: document for document in documents_of((member for member, _ in pointed.values()), required=True)}
    for member, reader in pointed.values():
        if member.name not in small:
            raise TooLarge(f"The description {member.name} is larger than {LARGEST_DOCUMENT // 2**20} MB.", place=member.name)
        yield replace(small[member.name], reader=reader)


def named(root: etree._Element, manifest: str, contents: Contents) -> Iterator[Named | Remark]:
    """Yield the files that are named and here, and what is to be said of others.

    Raises Invalid for a file that is not here, and for one with another checksum than stated.
    """
    for file in root.iterfind(".//{*}fileSec//{*}file"):
        for location in file.iterfind("{*}FLocat"):
            href = _href(location)
            if href.lower().startswith(_ELSEWHERE):
                yield Remark(
                    f"The file at {href} is not in the package; nothing is fetched.",
                    code="file-elsewhere",
                    place=f"{manifest} {place_of(location)}",
                    value=href,
                )
                continue
            member = contents.find(href.removeprefix("file:").removeprefix("//"))
            if member is None:
                raise file_missing(f"{manifest} {place_of(location)}", href)
            _verify(file, member, manifest)
            yield Named(member, file.get("MIMETYPE", ""))


def _verify(file: etree._Element, member: Member, manifest: str) -> None:
    algorithm, said = algorithm_of(file.get("CHECKSUMTYPE", "")), file.get("CHECKSUM", "").strip().lower()
    if algorithm and said and (found := digest_of(member, algorithm)) != said:
        raise Invalid(
            f"The {algorithm} of {member.name} is {found}; {manifest} says {said}.",
            place=f"{manifest} {place_of(file)}",
            remedy="Make the package again from the right files.",
            code="digest-mismatch",
            value=member.name,
        )


def _of_parts(root: etree._Element) -> set[str]:
    """Return the descriptions that are of a part only: of a division within another."""
    whole: set[str] = set()
    parts: set[str] = set()
    for division in root.iterfind(".//{*}structMap//{*}div"):
        parent = division.getparent()
        top = parent is not None and etree.QName(parent).localname == "structMap"
        (whole if top else parts).update(division.get("DMDID", "").split())
    return parts - whole if whole else set()


def _one(children: list[etree._Element]) -> etree._Element:
    """Return the one element that describes the work; loose elements, as Dublin Core is often wrapped, get one around them."""
    if len(children) == 1 and len(children[0]):
        return children[0]
    parent = children[0].getparent()
    assert parent is not None  # noqa: S101 -- they are children
    parent.tag = "metadata"
    return parent


def _reader(element: etree._Element) -> str:
    said = element.get("OTHERMDTYPE") if element.get("MDTYPE", "").upper() == "OTHER" else element.get("MDTYPE")
    return READERS.get((said or "").upper(), "")


def _href(element: etree._Element) -> str:
    """Return where an element points: XLink has had several namespaces."""
    return next((str(value).strip() for key, value in element.attrib.items() if etree.QName(key).localname == "href"), "")
