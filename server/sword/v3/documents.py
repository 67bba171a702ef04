"""The documents of SWORD 3.0: service, upload in segments, error. Values in, JSON out (§ 9). The status has a file of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import msgspec

from server.clock import to_wire
from server.sword.errors import SwordError
from server.sword.v3.digests import ALGORITHMS
from server.sword.v3.errors import typed
from server.sword.v3.links import Links
from server.sword.v3.metadata import CONTEXT
from server.sword.v3.segments import IDLE, MOST_SEGMENTS, Staged

VERSION = "http://purl.org/net/sword/3.0"
TYPE = "application/json"
AUTHENTICATION = ("Basic", "Bearer")


@dataclass(frozen=True, slots=True)
class Service:
    """A collection somebody may deposit into."""

    name: str
    title: str
    abstract: str
    policy: str
    treatment: str
    packagings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much we take."""

    upload: int
    """Bytes of a body, and so of a segment."""
    assembled: int
    """Bytes of a file sent in segments or by reference."""

    @classmethod
    def of(cls, megabytes: int) -> Self:
        """Return the limits where a body may have so many MiB: a file in segments or by reference may be four times as large."""
        return cls(upload=megabytes * 2**20, assembled=4 * megabytes * 2**20)


@dataclass(frozen=True, slots=True)
class Server:
    """What all services of ours have."""

    name: str
    limits: Limits
    formats: tuple[str, ...]
    archives: tuple[str, ...]
    on_behalf_of: bool
    """Whether the account that asks may deposit for others."""


def root_service(links: Links, server: Server, services: Sequence[Service]) -> dict[str, Any]:
    """Return the root service document: it takes nothing itself, and lists what does."""
    own = _common(links, server) | {"@id": links.root, "dc:title": server.name, "acceptDeposits": False}
    return _document("ServiceDocument", own | {"services": [service(links, server, each) for each in services]})


def service(links: Links, server: Server, found: Service) -> dict[str, Any]:
    """Return the service document of a collection, whole, though it would inherit much of the root's."""
    own: dict[str, Any] = {
        "@id": links.service(found.name), "dc:title": found.title, "parent": links.root, "acceptDeposits": True,
        "acceptPackaging": list(found.packagings),
        "treatment": {"@id": f"{links.service(found.name)}#treatment", "description": found.treatment},
    }  # fmt: skip
    if found.abstract:
        own["dcterms:abstract"] = found.abstract
    if found.policy:
        own["collectionPolicy"] = {"@id": f"{links.service(found.name)}#policy", "description": found.policy}
    return _document("ServiceDocument", _common(links, server) | own)


def _common(links: Links, server: Server) -> dict[str, Any]:
    """Return what every service has.

    The sizes of segments are left out, as what is assumed without them is what holds: from one byte up to the largest upload
    (§ 9.2). A client in use takes a document that names them for none.
    """
    return {
        "root": links.root,
        "version": VERSION,
        "accept": ["*/*"],
        "acceptArchiveFormat": list(server.archives),
        "acceptMetadata": list(server.formats),
        "authentication": list(AUTHENTICATION),
        "byReferenceDeposit": True,
        "digest": list(ALGORITHMS),
        "onBehalfOf": server.on_behalf_of,
        "maxUploadSize": server.limits.upload,
        "maxByReferenceSize": server.limits.assembled,
        "maxAssembledSize": server.limits.assembled,
        "maxSegments": MOST_SEGMENTS,
        "staging": links.staging,
        "stagingMaxIdle": int(IDLE.total_seconds()),
    }


def temporary(links: Links, upload: Staged) -> dict[str, Any]:
    """Return how an upload in segments stands.

    In two shapes: the standard's own, and within `segments` that of the drafts before it.
    """
    received, expecting = list(upload.received), list(upload.expecting)
    return _document("Temporary", {
        "@id": links.temporary(upload.id), "received": received, "expecting": expecting, "assembledSize": upload.bytes,
        "segmentSize": upload.segment_bytes,
        "segments": {
            "received": received, "expecting": expecting, "size": upload.bytes, "segment_size": upload.segment_bytes,
        },
    })  # fmt: skip


def error(failure: SwordError, now: datetime, *, reference: str = "", tried: bool = False) -> tuple[int, dict[str, Any]]:
    """Return an error document and its status; `reference` is where its depositor finds what became of the request.

    `tried` says that credentials were sent.
    """
    kind, status = typed(failure, tried=tried)
    place = f" Place: {failure.place}." if failure.place else ""
    log = f"{failure.message}{place} {failure.remedy}".strip()
    own: dict[str, Any] = {"timestamp": to_wire(now), "error": failure.title, "log": log}
    if reference:
        own = {"@id": reference} | own
    return status, _document(kind, own)


def _document(kind: str, own: dict[str, Any]) -> dict[str, Any]:
    return {"@context": CONTEXT, "@type": kind, **own}


def written(document: dict[str, Any]) -> bytes:
    return msgspec.json.encode(document)
