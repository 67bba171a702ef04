"""The files of a work as the public may have them: which are open, how they are named, what keeps them harmless. Pure."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from server.metadata.fragments import Repository
from server.records.model import File, Record

_MIME = re.compile(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9][\w.+-]*", re.ASCII)
_UNKNOWN = "application/octet-stream"

#: What a browser may show in its window: types in which nothing runs. All others are offered for keeping, and sandboxed.
_SHOWN = frozenset({"application/pdf", "text/plain", "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
_SHOWN_KINDS = ("audio/", "video/")
_SANDBOX = "sandbox; default-src 'none'"

_ROLES = {"fulltext": "", "supplement": "Supplement", "data": "Data", "metadata": "Metadata", "other": ""}


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as the page lists it."""

    name: str
    mime: str
    bytes: int
    sha256: str
    md5: str
    address: str
    open: bool
    access: str
    role: str
    licence: str
    primary: bool


def shown(record: Record, repository: Repository, record_id: str) -> tuple[Shown, ...]:
    """List a work's files, the primary one first."""
    files = [
        Shown(
            name=file.name,
            mime=file.mime,
            bytes=file.bytes,
            sha256=file.sha256,
            md5=file.md5,
            address=repository.file(record_id, file.name),
            open=record.access_to(file) == "open",
            access=record.access_to(file),
            role=_ROLES.get(file.role, file.role),
            licence=file.licence,
            primary=file.primary,
        )
        for file in record.files
    ]
    return tuple(sorted(files, key=lambda file: not file.primary))


def content_type(mime: str) -> str:
    """Return the type a file is sent as; text is taken for UTF-8, and whatever is no type at all for bytes."""
    kind = mime.partition(";")[0].strip().lower()
    if not _MIME.fullmatch(kind):
        return _UNKNOWN
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def protection(file: File) -> dict[str, str]:
    """Return the headers that name a file and keep it from acting as a page of ours."""
    kind = content_type(file.mime)
    bare = kind.partition(";")[0]
    harmless = bare in _SHOWN or bare.startswith(_SHOWN_KINDS)
    headers = {
        "Content-Type": kind,
        "Content-Disposition": disposition(file.name, "inline" if harmless else "attachment"),
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return headers if harmless else headers | {"Content-Security-Policy": _SANDBOX}


def disposition(name: str, kind: str) -> str:
    """Write Content-Disposition (RFC 6266 § 4.3): a plain name for old clients, and the true one as UTF-8."""
    last = PurePosixPath(name.replace("\\", "/")).name or "file"
    plain = re.sub(r"[^ !#-\[\]-~]", "_", last).replace("%", "_")  # no quotes, no backslashes, no percent signs, ASCII only
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"
