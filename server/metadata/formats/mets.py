"""METS of a record: its MODS, a PREMIS object for each file, its rights, and how they hang together.

Identifiers hold the work's own, for the documents of a list stand in one, where XML wants each to be unique.
"""

from collections.abc import Iterator
from typing import NamedTuple

from server.metadata.addresses import uri
from server.metadata.bibliographic import embargo
from server.metadata.formats import mods
from server.metadata.types import COAR_ACCESS
from server.metadata.work import Work
from server.records.model import File, Record
from server.records.vocabulary import ACCESS, TYPES


class Part(NamedTuple):
    """A file as METS and PREMIS see it; `digests` are (algorithm, digest), the strongest first, `url` is empty unless public."""

    number: int
    name: str
    mime: str
    size: str
    digests: tuple[tuple[str, str], ...]
    url: str
    access: str
    role: str


class Access(NamedTuple):
    """Who may have what: our code, its label, COAR's address of it, and from when on everybody may."""

    code: str
    label: str
    uri: str
    free: str


class View(NamedTuple):
    id: str
    object_id: str
    label: str
    type: str
    owner: str
    created: str
    changed: str
    mods: mods.View
    parts: tuple[Part, ...]
    access: tuple[Access, ...]
    licences: tuple[tuple[str, str], ...]
    statement: str

    @property
    def has_terms(self) -> bool:
        return bool(self.licences or self.statement)

    @property
    def administration(self) -> str:
        """The sections on rights that hold for the work: its access, and its licences where it has any."""
        terms = f" terms-{self.id}" if self.has_terms else ""
        return f"access-{self.id}-{self.access[0].code}{terms}"


def view(work: Work) -> View:
    """Decide what METS says of a work."""
    record = work.record
    parts = tuple(
        _part(number, file, url, record.access_to(file))
        for number, (file, url) in enumerate(zip(record.files, work.file_urls, strict=True), 1)
    )
    return View(
        id=work.id,
        object_id=work.oai_id,
        label=record.title.value,
        type=TYPES[record.type].label,
        owner=work.repository_name.strip(),
        created=f"{work.deposited}T00:00:00Z" if work.deposited else "",
        changed=work.modified,
        mods=mods.view(work),
        parts=parts,
        access=tuple(_access(record, code) for code in dict.fromkeys((record.access, *(part.access for part in parts)))),
        licences=tuple(_licences(record)),
        statement=record.rights_statement.strip(),
    )


def _part(number: int, file: File, url: str, access: str) -> Part:
    digests = (("SHA-256", file.sha256), ("MD5", file.md5))
    return Part(
        number,
        file.name,
        file.mime.strip() or "application/octet-stream",
        str(file.bytes) if file.bytes or file.sha256 else "",  # without bytes and digest the size is not known
        tuple(pair for pair in digests if pair[1]),
        url,
        access,
        file.role,
    )


def _access(record: Record, code: str) -> Access:
    term = ACCESS[code]
    return Access(code, term.label, COAR_ACCESS + term.coar, embargo(record, code))


def _licences(record: Record) -> Iterator[tuple[str, str]]:
    for licence in record.licences:
        name, address = licence.name.strip() or licence.spdx.strip(), uri(licence.uri)
        if name or address:
            yield name or address, address
