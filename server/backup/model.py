"""What an archive says of itself: the names of its members, the manifest, and what is not in it. Pure.

An archive is a plain tar of regular files: `README.txt`, one `tables/NAME.jsonl.zst` a table, one `files/SHA256` a file, and last
`manifest-SHA256.json`. Files and manifest are named by the digest of their bytes, and the manifest names the digests of the rest,
so that no byte can change unseen.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from hmac import digest

from msgspec import Struct

FORMAT = 1
"""Of the archive; a later one that older releases cannot read counts up."""

README = "README.txt"
TABLE = re.compile(r"tables/([a-z][a-z0-9_]{0,62})\.jsonl\.zst")
FILE = re.compile(r"files/([0-9a-f]{64})")
MANIFEST = re.compile(r"manifest-([0-9a-f]{64})\.json")

Step = Callable[[str, int], Callable[[int], None]]
"""Tells whoever waits that a step of so many parts begins; what it returns is told of each part that is done."""

LARGEST_MANIFEST = 16 * 2**20

#: Tables whose rows stay behind, and why. They are there again, empty, after a restore.
LEFT_OUT = {
    "sessions": "a login ends with the server it was made at",
    "tickets": "a link for a new password ends with it too",
    "usage_salts": "what they salt must lead back to nobody; the day begins with another",
    "irus_events": "they hold addresses, and a copy of the installation would tell IRUS of them a second time",
    "login_failures": "the waits of those who guessed are short",
}

EXPLAINED = """This is a backup of Sheaf {release}, made {moment}.

`sheaf backup --check PATH` looks whether it is whole; `sheaf restore PATH` takes it into an empty installation, whatever database
that uses. tables/ holds the database, a line of JSON a row under a line that names the columns; files/ holds the bytes of files
under their SHA-256; the manifest counts and digests all of it.

The secret key is NOT in here. Passwords of agencies, mail servers and the like are, sealed with that key: without it they must
be entered again. Keep the key (SHEAF_SECRET_KEY, or secret.key in the data folder) somewhere else than this archive: whoever has
both can read those passwords. The archive also holds names, mail addresses and hashes of passwords: keep it from strangers.
"""


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """A column by its name, and how its values are written: text, integer, number, boolean, moment, bytes."""

    name: str
    kind: str


class Dump(Struct, frozen=True, forbid_unknown_fields=True):
    """One table in the archive: its columns, its rows, and the digest of its member."""

    name: str
    columns: tuple[Column, ...]
    rows: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the archive holds; `tables` stand in the order in which their rows can be written."""

    format: int
    release: str
    revision: str
    database: str
    moment: datetime
    key: str  # tells one secret key from another, and nothing of it
    tables: tuple[Dump, ...]
    files: int
    bytes: int
    listing: str  # SHA-256 over the names of the files, in order
    damaged: tuple[str, ...]  # files whose bytes were not there any more, or not what they were: not in the archive


def mark(key: bytes) -> str:
    """Return a mark that tells one secret key from another."""
    return digest(key, b"which key a backup's secrets were sealed with", "sha256").hex()[:32]


def listed(names: list[str]) -> str:
    """Return the digest of a list of names."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()
