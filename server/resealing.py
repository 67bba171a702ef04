"""What another release sealed is let go: a block holds records as that one wrote them, and this one may write them otherwise."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec
from sqlalchemy import Connection, delete, insert, select

from server import VERSION
from server.metadata.templates import FOLDERS
from server.records import changes
from server.records.tables import blocks, renderings

_PACKAGE = Path(__file__).resolve().parent
_SEALED = "sealed-by"


@cache
def release() -> str:
    """Return what this release is known by."""
    return digest(_PACKAGE, FOLDERS)


def digest(package: Path, templates: Iterable[Path]) -> str:
    """Return a digest of code and XML templates: where it is the same, every record comes out the same.

    All of the code, as what a record is written with is spread over it; a version alone would not tell of a corrected template.
    """
    found = hashlib.sha256(VERSION.encode())
    for folder, pattern in ((package, "*.py"), *((folder, "*.xml") for folder in templates)):
        for path in sorted(folder.rglob(pattern)):
            found.update(f"\0{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def settle(tx: Connection, wanted: str) -> int:
    """Let go of the blocks that were not sealed by this release, which from now on it is; return how many went.

    The next who harvest have them sealed anew.
    """
    changes.lock(tx)
    known = tx.execute(select(renderings.c.value).where(renderings.c.name == _SEALED)).scalar()
    value = msgspec.json.encode(wanted).decode()
    if known == value:
        return 0
    tx.execute(delete(renderings).where(renderings.c.name == _SEALED))
    tx.execute(insert(renderings).values(name=_SEALED, value=value))
    return tx.execute(delete(blocks)).rowcount
