"""What the bytes of a file say it is. Its name and what its sender says of it are only words."""

import mimetypes
import re
from pathlib import PurePosixPath

from server.xml import clean

UNKNOWN = "application/octet-stream"

#: How files begin (offset, bytes), and the type that says.
_SIGNS = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/x-wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!", "application/vnd.rar"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (0, b"CDF\x01", "application/x-netcdf"),
    (0, b"CDF\x02", "application/x-netcdf"),
    (0, b"SIMPLE  =", "image/fits"),
    (0, b"MATLAB 5.0 MAT-file", "application/x-matlab-data"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"\0\0\0\x0cjP  \r\n", "image/jp2"),
    (0, b"AT&TFORM", "image/vnd.djvu"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (257, b"ustar", "application/x-tar"),
)
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|script|svg)", re.IGNORECASE)

#: Types that are kept inside another: what a name says may be finer than what the bytes show.
_INSIDE = {
    "application/zip": ("application/vnd.openxmlformats", "application/vnd.oasis", "application/epub", "application/java-archive",
                        "application/x-zip", "application/vnd.ms-", "application/vnd.google-earth"),
    "application/gzip": ("application/x-tar", "application/x-gzip"),
    "application/x-ole-storage": ("application/msword", "application/vnd.ms-", "application/x-msi"),
    "video/mp4": ("audio/mp4", "video/", "image/heic", "image/heif", "image/avif", "audio/x-m4a"),
    "audio/ogg": ("video/ogg", "application/ogg", "audio/opus"),
    "video/webm": ("video/", "audio/webm"),
    "audio/x-wav": ("audio/",),
    "application/postscript": ("application/",),
    "text/html": ("image/svg+xml", "application/xhtml+xml"),
}  # fmt: skip


def by_name(name: str) -> str:
    """Return the type a name claims, or UNKNOWN."""
    return mimetypes.guess_type(name)[0] or UNKNOWN


def by_bytes(head: bytes) -> str:
    """Return the type the first bytes show, `text/plain` for what can be read as text, UNKNOWN for all else."""
    for offset, sign, kind in _SIGNS:
        if head[offset : offset + len(sign)] == sign:
            return kind
    if _MARKUP.match(head):
        return "text/html"
    try:
        head[:-4].decode()  # a character may be cut in two at the end
    except UnicodeDecodeError:
        return UNKNOWN
    return UNKNOWN if b"\0" in head else "text/plain"


_SIGNED = frozenset(kind for _, _, kind in _SIGNS)


def kind_of(name: str, head: bytes, said: str = "") -> str:
    """Return the type a file is kept under: the one its sender or else its name claims, where the bytes do not say otherwise."""
    claimed, shown = said if said not in {"", UNKNOWN} else by_name(name), by_bytes(head)
    if claimed == shown or claimed.startswith(_INSIDE.get(shown, ())):
        return claimed
    if shown in _SIGNED or shown == "text/html":
        return shown
    if claimed in _SIGNED and head:  # it says PDF and does not begin like one
        return shown
    if shown == "text/plain" and claimed == UNKNOWN:
        return shown
    return claimed


def differs(name: str, kind: str) -> str:
    """Return the type a file's name claims where it is kept under another; else nothing."""
    claimed = by_name(name)
    return claimed if claimed not in {UNKNOWN, kind} else ""


def safe_name(name: str) -> str:
    """Return a file's name as it may be kept: its last part, without control characters, at most 200 characters."""
    last = PurePosixPath(clean(name).replace("\\", "/")).name
    last = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", last).split()).lstrip(".")
    stem, suffix = PurePosixPath(last).stem, PurePosixPath(last).suffix
    return f"{stem[: 200 - len(suffix)]}{suffix[:40]}" if last else "file"
