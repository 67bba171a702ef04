"""A backup is looked through, and taken into an empty installation: nothing is changed before every byte was seen to be right."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, create_engine, inspect, make_url, select, table, text
from sqlalchemy.pool import NullPool

from server.backup import rows
from server.backup.archive import Member, members
from server.backup.model import FILE, FORMAT, LARGEST_MANIFEST, MANIFEST, TABLE, Dump, Manifest, Step, listed, mark
from server.db.engine import FAULTS, unavailable
from server.db.migrate import engine_for, migrate, revisions
from server.errors import Conflict, Invalid
from server.ownership import owned
from server.records.files import DiskStore
from server.records.tables import FULL_TEXT
from server.settings import Settings, secret_key

_ANOTHER = "Take another copy of the backup, or an older backup."
_LATER = "Use that release, or a later one."

#: Only what goes out by itself can stand still: these answer whoever asks, and do nothing where nobody does.
_PAUSE = text(
    "UPDATE profiles SET paused = :why WHERE deleted IS NULL AND paused IS NULL AND kind NOT IN ('oai', 'sword', 'openid')"
)


def manifest_of(path: Path) -> Manifest:
    """Read what an archive says of itself. Raises Invalid where it is no backup, torn, or of a later format."""
    for member in members(path):
        if named := MANIFEST.fullmatch(member.name):
            return _manifest(member, named[1])
    raise Invalid("The archive has no manifest: it was never finished.", place=str(path), remedy=_ANOTHER)


def _manifest(member: Member, sha256: str) -> Manifest:
    if member.size > LARGEST_MANIFEST:
        raise Invalid("The manifest is too large to be one.", place=member.name, remedy=_ANOTHER)
    body = member.read()
    if member.sha256() != sha256:
        raise _changed(member.name)
    try:
        spoken = msgspec.json.decode(body)
        if isinstance(spoken, dict) and isinstance(spoken.get("format"), int) and spoken["format"] > FORMAT:
            raise Conflict("The backup was made by a newer release.", place=member.name, remedy=_LATER)
        return msgspec.convert(spoken, Manifest)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Invalid(f"The manifest cannot be read: {error}.", place=member.name, remedy=_ANOTHER) from error


def verify(path: Path, step: Step) -> Manifest:
    """Look at every byte of a backup. Raises Invalid naming the first member that is not as it was written."""
    manifest = manifest_of(path)
    wanted, names, size, ended = {found.name: found for found in manifest.tables}, list[str](), 0, False
    told = step("archive", len(manifest.tables) + manifest.files)
    for member in members(path):
        if ended:
            raise Invalid("Something stands behind the manifest.", place=member.name, remedy=_ANOTHER)
        if named := TABLE.fullmatch(member.name):
            _verify_table(member, wanted.pop(named[1], None))
        elif named := FILE.fullmatch(member.name):
            if member.sha256() != named[1] or (names and named[1] <= names[-1]):
                raise _changed(member.name)
            names.append(named[1])
            size += member.size
        ended = MANIFEST.fullmatch(member.name) is not None
        told(1)
    if wanted:
        raise Invalid("A table is missing.", place=next(iter(wanted)), remedy=_ANOTHER)
    if (len(names), size, listed(names)) != (manifest.files, manifest.bytes, manifest.listing):
        raise Invalid(f"There are {len(names)} files and should be {manifest.files}.", place="files", remedy=_ANOTHER)
    return manifest


def _verify_table(member: Member, found: Dump | None) -> None:
    if found is None:
        raise Invalid("The manifest does not name this table.", place=member.name, remedy=_ANOTHER)
    for _row in rows.read(member, found):
        pass
    if member.sha256() != found.sha256:
        raise _changed(member.name)


def _changed(name: str) -> Invalid:
    return Invalid("The bytes are not those that were written.", place=name, remedy=_ANOTHER)


def restore(settings: Settings, path: Path, step: Step, *, key_lost: bool = False, paused: datetime | None = None) -> Manifest:
    """Take a backup into an empty installation and bring it to this release.

    Where the key is lost what was sealed with it stays shut. With `paused`, a moment, every profile that speaks to others
    of its own accord stands still from then until it is switched on again. Raises Conflict where the installation is not
    empty, the key another or the release too old, and Invalid for an archive that is not whole. Nothing is changed then.
    """
    manifest = manifest_of(path)
    if manifest.revision not in revisions():
        raise Conflict(
            f"The backup was made by release {manifest.release}, which is newer.",
            place=str(path),
            remedy=_LATER,
        )
    if not key_lost and mark(_key(settings)) != manifest.key:
        raise Conflict(
            "The backup's secrets were sealed under another secret key.",
            place="SHEAF_SECRET_KEY",
            remedy="Set that key, or put its `secret.key` into the data folder. Where it is lost for good, restore with "
            "--key-lost and enter the passwords of the profiles again.",
        )
    with owned(settings):
        try:
            _empty(settings)
            verify(path, step)
            _files(DiskStore(settings.folder), path, manifest, step)
            migrate(settings.database, "base")
            migrate(settings.database, manifest.revision)
            with _transaction(settings) as tx:
                _rows(tx, path, manifest, step)
                if paused is not None:
                    said = {
                        "why": f"It came from a backup, on {paused:%Y-%m-%d}. Switch it on where this installation may speak."
                    }
                    tx.execute(_PAUSE, said)
            migrate(settings.database)
        except FAULTS as error:
            raise unavailable(error) from error
    return manifest


def _key(settings: Settings) -> bytes:
    """Return the secret key, empty where there is none: a restore must not make one."""
    there = settings.secret_key or (settings.folder / "secret.key").exists()
    return secret_key(settings) if there else b""


def _empty(settings: Settings) -> None:
    if settings.is_sqlite and not Path(make_url(settings.database).database or "sheaf.db").exists():
        return
    engine = engine_for(settings.database)
    try:
        with engine.connect() as tx:
            for name in inspect(tx).get_table_names():
                if (
                    name != "alembic_version"
                    and not name.startswith(FULL_TEXT)
                    and tx.execute(select(1).select_from(table(name)).limit(1)).first() is not None
                ):
                    raise Conflict(
                        f"There is a Sheaf here already: its table {name} has rows.",
                        place=settings.database if settings.is_sqlite else "SHEAF_DATABASE_URL",
                        remedy="Restore into an empty data folder (SHEAF_DATA) and an empty database.",
                    )
    finally:
        engine.dispose()


@contextmanager
def _transaction(settings: Settings) -> Iterator[Connection]:
    if not settings.is_sqlite:
        address = make_url(settings.database).set(drivername="postgresql+psycopg")
        engine = create_engine(address, poolclass=NullPool, hide_parameters=True)
        with engine.begin() as tx:
            yield tx
        return
    from server.db.sqlite import sync_engine

    with sync_engine(Path(make_url(settings.database).database or "sheaf.db").absolute(), writer=True).connect() as tx:
        tx.exec_driver_sql("BEGIN IMMEDIATE")
        tx.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        try:
            yield tx
        except BaseException:
            tx.exec_driver_sql("ROLLBACK")
            raise
        tx.exec_driver_sql("COMMIT")


def _rows(tx: Connection, path: Path, manifest: Manifest, step: Step) -> None:
    """Write every table's rows, referred-to tables first, whatever order they have in the archive."""
    here = {shape.name: {column.name for column in shape.columns} for shape in rows.shapes(tx)}
    if here != {found.name: {column.name for column in found.columns} for found in manifest.tables}:
        raise Conflict(f"Revision {manifest.revision} has other tables than the backup.", place=str(path), remedy=_ANOTHER)
    for found in reversed(manifest.tables):
        tx.execute(text(f'DELETE FROM "{found.name}"'))  # noqa: S608 -- a table's name, compared above; what a migration put there
    for member, found in zip(_tables(path), manifest.tables, strict=True):
        if member.name != f"tables/{found.name}.jsonl.zst":
            raise Invalid("The tables are not in the order of the manifest.", place=member.name, remedy=_ANOTHER)
        rows.load(tx, rows.read(member, found), found, step(found.name, found.rows))


def _tables(path: Path) -> Iterator[Member]:
    return (member for member in members(path) if TABLE.fullmatch(member.name))


def _files(store: DiskStore, path: Path, manifest: Manifest, step: Step) -> None:
    told = step("files", manifest.files)
    for member in members(path):
        if FILE.fullmatch(member.name):
            spool = store.spool()
            try:
                for piece in member.pieces():
                    spool.write(piece)
                received = spool.finish()
            except BaseException:
                spool.discard()
                raise
            store.keep(received)
            told(1)
