"""A backup is made: the database in one snapshot, then the files, while whoever likes goes on writing.

The order is what makes it whole. A file is in the store before a row speaks of it, and is never removed; so whatever the snapshot
speaks of is in the store when the files are walked after it. What was acknowledged before we began was committed, and is in the
snapshot.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path

import msgspec
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.pool import NullPool

from server import VERSION
from server.backup import rows
from server.backup.archive import Writer
from server.backup.model import EXPLAINED, FORMAT, LEFT_OUT, README, Dump, Manifest, Step, listed, mark
from server.db.engine import FAULTS, unavailable
from server.db.migrate import revision_of
from server.errors import Conflict, NotFound, Unavailable
from server.records.files import DiskStore
from server.settings import Settings, secret_key


def make(settings: Settings, target: Path, moment: datetime, step: Step) -> Manifest:
    """Write a backup of the installation to `target`, whole or not at all.

    Raises NotFound where there is no installation, Conflict where something is at `target` already, Unavailable where the
    database or the disk does not do.
    """
    if target.exists():
        raise Conflict(f"There is something at {target} already.", place=str(target), remedy="Choose another name.")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with _snapshot(settings) as (tx, revision), os.fdopen(_open(draft), "w+b") as out:
            key = secret_key(settings)
            writer = Writer(out, moment.timestamp())
            words = EXPLAINED.format(release=VERSION, moment=f"{moment:%Y-%m-%d %H:%M:%S} UTC").encode()
            writer.add(README, BytesIO(words), len(words))
            tables = tuple(_dumped(tx, shape, writer, target.parent, step) for shape in rows.shapes(tx))
            database = tx.dialect.name
            tx.rollback()  # the files need no snapshot, and PostgreSQL cannot clean up behind one
            kept, size, damaged = _files(DiskStore(settings.folder), writer, step)
            manifest = Manifest(
                format=FORMAT, release=VERSION, revision=revision, database=database, moment=moment, key=mark(key),
                tables=tables, files=len(kept), bytes=size, listing=listed(kept), damaged=tuple(damaged),
            )  # fmt: skip
            _end(writer, manifest)
        os.link(draft, target)  # unlike a renaming this never takes the place of another's backup
        _flush_folder(target.parent)
    except FileExistsError as error:
        raise Conflict(f"There is something at {target} already.", place=str(target), remedy="Choose another name.") from error
    except OSError as error:
        raise Unavailable(
            f"The backup cannot be written: {error.strerror or error}.",
            place=str(target),
            remedy="Make room, or choose another one.",
        ) from error
    except FAULTS as error:
        raise unavailable(error) from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


@contextmanager
def _snapshot(settings: Settings) -> Iterator[tuple[Connection, str]]:
    """Open the database as it is at this moment, read only, beside whoever owns it; and say at which revision it is."""
    address = make_url(settings.database)
    if settings.is_sqlite:
        from server.db.sqlite import sync_engine

        path = Path(address.database or "sheaf.db").absolute()
        if not path.exists():
            raise NotFound(f"There is no Sheaf in {settings.folder}.", place="SHEAF_DATA", remedy="Name its folder.")
        engine, begin = sync_engine(path, writer=False), "BEGIN"
    else:
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"), poolclass=NullPool, isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )  # fmt: skip
        begin = ""
    try:
        with engine.connect() as tx:
            if begin:
                tx.exec_driver_sql(begin)
            revision = revision_of(tx)  # the first thing that is read is what makes the snapshot
            if revision is None:
                raise NotFound("The database has no tables of Sheaf.", place="SHEAF_DATABASE_URL", remedy="Name its database.")
            yield tx, revision
    finally:
        engine.dispose()


def _dumped(tx: Connection, shape: rows.Shape, writer: Writer, beside: Path, step: Step) -> Dump:
    """Write one table by way of a file without a name, as an archive wants to know how long a member is."""
    left_out = shape.name in LEFT_OUT
    told = step(shape.name, 0 if left_out else rows.count(tx, shape))
    with tempfile.TemporaryFile(dir=beside) as spool:
        written = rows.dump(tx, shape, spool, told, rows=not left_out)
        size = spool.tell()
        spool.seek(0)
        return Dump(shape.name, shape.columns, written, writer.add(f"tables/{shape.name}.jsonl.zst", spool, size))


def _files(store: DiskStore, writer: Writer, step: Step) -> tuple[list[str], int, list[str]]:
    """Write all files; return which, how many bytes, and which are not what they were and so stay out."""
    names = list(store.every())
    told, kept, size, damaged = step("files", len(names)), list[str](), 0, list[str]()
    for name in names:
        place = writer.place()
        with store.path(name).open("rb") as source:
            length = os.fstat(source.fileno()).st_size
            if writer.add(f"files/{name}", source, length) == name:
                kept.append(name)
                size += length
            else:
                writer.take_back(place)
                damaged.append(name)
        told(1)
    return kept, size, damaged


def _end(writer: Writer, manifest: Manifest) -> None:
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    digest, size = rows.digest(BytesIO(body))
    writer.add(f"manifest-{digest}.json", BytesIO(body), size)
    writer.end()


def _open(draft: Path) -> int:
    return os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
