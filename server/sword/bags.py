"""BagIt (RFC 8493): a bag's own account of itself, verified. Nothing that it asks to be fetched is fetched."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from server.errors import Invalid, TooLarge
from server.metadata.reading import Remark
from server.records.files import NAMING
from server.sword.archives.unpacking import Store
from server.sword.package import (
    LARGEST_DOCUMENTS,
    Arrived,
    Choice,
    Contents,
    Document,
    Member,
    Package,
    Role,
    documents_of,
    manifest_missing,
    unpacked,
)

BAGIT = "bagit.txt"
INFO = "bag-info.txt"
FETCH = "fetch.txt"
PAYLOAD = "data/"

_MANIFEST = re.compile(r"(tag)?manifest-([a-z0-9-]+)\.txt", re.IGNORECASE)
_ENCODED = re.compile("%(0[AaDd]|25)")  # RFC 8493 § 2.1.3: line ends and the sign itself, nothing else
_LONGEST_LINE = 8 * 2**10
_LARGEST_TAGS = 2**20
"""Bytes of what a bag says of itself, its manifests aside."""
_OXUM = re.compile(r"(\d+)\.(\d+)")

#: What a bag's metadata may be called, in order of preference, and the reader that is meant.
_KNOWN = {
    "metadata/sword.json": "sword",
    "metadata/dataset.xml": "ddm",
    "metadata/datacite.xml": "datacite",
    "metadata/codemeta.json": "codemeta",
}
_DOCUMENTS = (".xml", ".json")


@dataclass(frozen=True, slots=True)
class Line:
    """What a manifest says of one file."""

    manifest: str
    algorithm: str
    digest: str
    name: str


def read_bag(arrived: Arrived, store: Store, packaging: str) -> Package:
    """Unpack and verify a bag; the files are those of its payload. Raises Invalid, Unusable naming what does not fit."""
    with unpacked(arrived, store) as contents:
        if BAGIT not in contents.members:
            raise manifest_missing(BAGIT, packaging, arrived.filename)
        remarks = [*_declared(contents), *_verified(contents)]
        return _package(contents, remarks)


def _package(contents: Contents, remarks: list[Remark]) -> Package:
    documents = list(_documents(contents))
    members = []
    for name, member in contents.members.items():
        if name.startswith(PAYLOAD):
            members.append(replace(member, name=name.removeprefix(PAYLOAD), path=name))
        else:
            role = Role.METADATA if name.startswith("metadata/") else Role.MANIFEST
            members.append(replace(member, role=role))
    return Package(tuple(documents), tuple(members), (*contents.remarks, *remarks), Choice.FIRST)


def _documents(contents: Contents) -> Iterator[Document]:
    """Yield what may be the metadata: what stands among the tag files, then at the top of the payload."""
    names = [name for name in contents.members if name.lower().endswith(_DOCUMENTS) and name.count("/") <= 1]
    order = [*_KNOWN, *sorted(name for name in names if not name.startswith(PAYLOAD)), *sorted(names)]
    for name in dict.fromkeys(order):
        if (member := contents.members.get(name)) is not None:
            for document in documents_of([member], reader=_KNOWN.get(name, "")):
                yield replace(document, name=name.removeprefix(PAYLOAD))


def _declared(contents: Contents) -> Iterator[Remark]:
    """Look at what the bag says of itself; raises Invalid for one that is not all here."""
    if "BagIt-Version" not in (said := _fields(_text(contents.members[BAGIT]))):
        yield Remark(f"{BAGIT} does not say its BagIt-Version.", code="quirk-bag", place=BAGIT)
    if said.get("Tag-File-Character-Encoding", "UTF-8").upper() not in {"UTF-8", "UTF8", "US-ASCII"}:
        yield Remark(f"{BAGIT} names another encoding; it is read as UTF-8.", code="quirk-bag", place=BAGIT)
    fetch = contents.members.get(FETCH)
    if fetch is not None and (fetch.received.bytes > _LARGEST_TAGS or _text(fetch).strip()):
        raise Invalid(
            f"The bag has a {FETCH}: files that are to be fetched from elsewhere. Nothing named in a package is fetched here.",
            place=FETCH,
            remedy="Pack the files into the bag; a client of SWORD 3 can send them by reference.",
            code="fetch-txt",
        )
    payload = [member for name, member in contents.members.items() if name.startswith(PAYLOAD)]
    if not payload:
        raise Invalid(
            f"The bag holds nothing in its folder {PAYLOAD}.",
            place=PAYLOAD,
            remedy="Put the files of the work there.",
            code="bag-incomplete",
        )
    info = contents.members.get(INFO)
    oxum = _fields(_text(info)).get("Payload-Oxum", "") if info is not None else ""
    if not oxum:
        return
    found = _OXUM.fullmatch(oxum)
    if found is None:
        yield Remark(f"The Payload-Oxum {oxum!r} cannot be read.", code="quirk-bag", place=INFO, value=oxum)
        return
    size = sum(member.received.bytes for member in payload)
    if (size, len(payload)) != (int(found[1]), int(found[2])):  # § 2.2.2: a hint; what counts are the manifests
        words = f"Payload-Oxum says {found[2]} files of {found[1]} bytes together; the bag has {len(payload)} of {size}."
        yield Remark(words, code="quirk-bag", place=INFO, value=oxum)


def _verified(contents: Contents) -> Iterator[Remark]:
    """Compare the files with the manifests; raises Invalid where one is missing, differs or is not listed."""
    listed: dict[str, set[str]] = {}
    digests: dict[tuple[str, str], str] = {}  # a file is listed as often as a manifest likes, and read once
    for line in _lines(contents):
        member = contents.find(line.name)
        if member is None:
            raise Invalid(
                f"{line.manifest} lists {line.name!r}, and the bag does not hold it.",
                place=line.manifest,
                remedy="Make the bag again, and send all of it.",
                code="bag-incomplete",
                value=line.name,
            )
        key = member.name, line.algorithm
        found = digests[key] = digests.get(key) or digest_of(member, line.algorithm)
        if found != line.digest:
            raise Invalid(
                f"The {line.algorithm} of {line.name} is {found}; {line.manifest} says {line.digest}.",
                place=line.name,
                remedy="Make the bag again from the right files.",
                code="digest-mismatch",
                value=line.name,
            )
        listed.setdefault(line.manifest, set()).add(member.name)
    payload = {manifest: names for manifest, names in listed.items() if not manifest.lower().startswith("tag")}
    for manifest, names in payload.items():
        for name in contents.members:
            if name.startswith(PAYLOAD) and name not in names:  # § 3: each manifest lists every payload file
                raise Invalid(
                    f"The bag holds {name!r}, and {manifest} does not list it.",
                    place=manifest,
                    remedy="Make the bag's manifests again.",
                    code="bag-incomplete",
                    value=name,
                )
    if not payload:
        raise Invalid(
            "The bag has no manifest that could be verified.",
            place=BAGIT,
            remedy="Add manifest-sha256.txt with the SHA-256 of every file in data/.",
            code="manifest-missing",
        )
    for manifest in contents.members:
        named = _MANIFEST.fullmatch(manifest)
        if named is not None and not algorithm_of(named[2]):
            yield Remark(f"{manifest} uses an algorithm unknown here; it was not verified.", code="quirk-bag", place=manifest)


def _lines(contents: Contents) -> Iterator[Line]:
    for manifest, member in contents.members.items():
        found = _MANIFEST.fullmatch(manifest)
        if found is None or not (algorithm := algorithm_of(found[2])):
            continue
        for number, text in enumerate(_lines_of(member), 1):
            if not text.strip():
                continue
            digest, name = [*text.split(maxsplit=1), ""][:2]
            name = name.removeprefix("*").strip()
            if not name or len(text) > _LONGEST_LINE:
                raise Invalid(
                    f"Line {number} of {manifest} cannot be read.",
                    place=f"{manifest} line {number}",
                    remedy="Write a checksum, two spaces and a name to each line.",
                    code="bag-incomplete",
                )
            yield Line(manifest, algorithm, digest.lower(), _decoded(name, contents))


def _decoded(name: str, contents: Contents) -> str:
    if name in contents.members:
        return name
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), name)


def algorithm_of(word: str) -> str:
    """Return an algorithm by its name in a manifest's: `sha256`, or `sha-256` as SWORD 3 writes it."""
    name = word.lower().replace("-", "")
    return name if name in {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"} else ""


def digest_of(member: Member, algorithm: str) -> str:
    """Return a member's digest in hexadecimal."""
    if algorithm == NAMING:
        return member.received.sha256
    with member.received.path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def _lines_of(member: Member) -> Iterator[str]:
    """Yield the lines of a manifest, one at a time; of a line that is too long one character more than is allowed."""
    if member.received.bytes > LARGEST_DOCUMENTS:
        raise TooLarge(f"{member.name} is larger than {LARGEST_DOCUMENTS // 2**20} MB.", place=member.name)
    with member.received.path.open(encoding="utf-8-sig", errors="replace") as file:
        while line := file.readline(_LONGEST_LINE + 1):
            yield line


def _text(member: Member) -> str:
    if member.received.bytes > _LARGEST_TAGS:
        raise TooLarge(f"{member.name} is larger than {_LARGEST_TAGS // 2**20} MB.", place=member.name)
    return member.received.path.read_bytes().decode("utf-8-sig", "replace")


def _fields(text: str) -> dict[str, str]:
    """Return what the lines `Label: value` say (§ 2.2.2)."""
    return {label.strip(): value.strip() for label, colon, value in (line.partition(":") for line in text.splitlines()) if colon}
