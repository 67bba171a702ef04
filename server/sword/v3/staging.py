"""Uploads in segments before they are deposits (SWORD 3.0 § 11): rows and bytes outlive a restart, whatever comes first."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.errors import NotFound, Refused
from server.records.files import PIECE, FileStore, Received
from server.sword import store
from server.sword.tables import segments, staged
from server.sword.v3.digests import digests
from server.sword.v3.errors import SegmentedUploadTimedOut
from server.sword.v3.request import SegmentInit
from server.sword.v3.segments import IDLE, Staged, received_already, room
from server.sword.v3.verifying import verify


def begin(tx: Connection, account_id: int, init: SegmentInit, largest: int, now: datetime) -> str:
    """Make room for an upload and return its number. Raises MaxAssembledSizeExceeded where its account has too much open."""
    store.lock(tx, hashlib.sha256(f"staged {account_id}".encode()).hexdigest())
    mine = (staged.c.account_id == account_id, staged.c.touched >= now - IDLE)
    count, size = tx.execute(select(func.count(), func.coalesce(func.sum(staged.c.bytes), 0)).where(*mine)).one()
    room(count, int(size), init, largest)
    number = store.new_id()
    tx.execute(
        insert(staged).values(
            id=number, account_id=account_id, bytes=init.size, count=init.count, segment_bytes=init.segment_size,
            digest=init.digest, created=now, touched=now,
        )
    )  # fmt: skip
    return number


def find(tx: Connection, number: str, account_ids: Collection[int], now: datetime) -> Staged:
    """Return an upload of one of some accounts.

    Raises NotFound, Refused, and SegmentedUploadTimedOut where it was left for too long.
    """
    row = tx.execute(select(staged).where(staged.c.id == number)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such upload, or it was taken in or removed.")
    if row["account_id"] not in account_ids:
        raise Refused("This upload belongs to another account.")
    if now - row["touched"] > IDLE:
        raise SegmentedUploadTimedOut(
            "Nothing came for this upload for too long, so it was given up.", remedy="Begin anew at the Staging-URL."
        )
    known = tx.execute(select(segments.c.number).where(segments.c.staged_id == number).order_by(segments.c.number))
    return Staged(
        id=row["id"], account_id=row["account_id"], bytes=row["bytes"], count=row["count"], segment_bytes=row["segment_bytes"],
        digest=row["digest"], received=tuple(known.scalars()),
    )  # fmt: skip


def add(tx: Connection, upload: Staged, number: int, received: Received, now: datetime) -> None:
    """Write a kept segment down; one that came before, and comes again, is that one.

    Raises UnexpectedSegment where it came with other bytes, NotFound where its upload was given up meanwhile.
    """
    row = {"staged_id": upload.id, "number": number, "bytes": received.bytes, "sha256": received.sha256}
    try:
        with tx.begin_nested():
            tx.execute(insert(segments).values(row))
    except IntegrityError as error:
        mine = (segments.c.staged_id == upload.id, segments.c.number == number)
        known = tx.execute(select(segments.c.sha256).where(*mine)).scalar_one_or_none()
        if known is None:
            raise NotFound("There is no such upload any more: it was taken in or removed.") from error
        if known != received.sha256:
            raise received_already(number) from error
    touch(tx, upload.id, now)


def touch(tx: Connection, number: str, now: datetime) -> None:
    """Let an upload's idle time begin anew (§ 11: using it does)."""
    tx.execute(update(staged).where(staged.c.id == number).values(touched=now))


def remove(tx: Connection, number: str) -> None:
    """Forget an upload; its bytes are collected with what nothing speaks of."""
    tx.execute(delete(segments).where(segments.c.staged_id == number))
    tx.execute(delete(staged).where(staged.c.id == number))


def forget(tx: Connection, before: datetime, most: int = 100) -> int:
    """Remove uploads nothing came for since a moment; return how many."""
    old = list(tx.execute(select(staged.c.id).where(staged.c.touched < before).order_by(staged.c.touched).limit(most)).scalars())
    for number in old:
        remove(tx, number)
    return len(old)


def parts(tx: Connection, number: str) -> Sequence[str]:
    """Return the SHA-256 of an upload's segments in their order."""
    return list(tx.execute(select(segments.c.sha256).where(segments.c.staged_id == number).order_by(segments.c.number)).scalars())


def assemble(files: FileStore, pieces: Sequence[str], digest: str) -> Received:
    """Put the segments together on disk and verify the whole.

    Raises DigestMismatch, NotFound (bytes that are gone) and Unavailable; leaves nothing then.
    """
    announced = digests(digest)
    spool = files.spool([algorithm for algorithm, _ in announced.values])
    try:
        for sha256 in pieces:
            with files.path(sha256).open("rb") as file:
                while piece := file.read(PIECE):
                    spool.write(piece)
        received = spool.finish()
    except BaseException:
        spool.discard()
        raise
    try:
        verify(announced, received)
    except BaseException:
        received.path.unlink(missing_ok=True)
        raise
    return received
