"""A table's rows as lines of JSON and back, by columns of six kinds that both databases have.

Tables are taken as the database has them, not as this release's code does: so a database can be saved before it is migrated, and
a backup of an older release restored into the tables of that release, which are then migrated.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Protocol

import msgspec
import zstandard
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Float,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy import Column as SqlColumn
from sqlalchemy.types import TypeEngine

from server.backup.model import Column, Dump
from server.db.columns import Utc
from server.errors import Invalid
from server.records.tables import FULL_TEXT

AT_ONCE = 500
"""Rows read or written by one statement."""

LONGEST = 256 * 2**20
"""Bytes of one line."""

_TYPES: dict[str, TypeEngine[Any]] = {
    "boolean": Boolean(), "integer": BigInteger(), "number": Float(), "moment": Utc(), "bytes": LargeBinary(), "text": Text(),
}  # fmt: skip
_KINDS: tuple[tuple[str, str], ...] = (
    ("Boolean", "boolean"), ("Integer", "integer"), ("Numeric", "number"), ("Float", "number"), ("DateTime", "moment"),
    ("_Binary", "bytes"), ("String", "text"),
)  # fmt: skip
_PYTHON: dict[str, type] = {
    "boolean": bool, "integer": int, "number": float, "moment": datetime, "bytes": bytes, "text": str,
}  # fmt: skip


class Readable(Protocol):
    """Bytes that are read once, from front to back."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Shape:
    """A table of the database: its columns, and those its rows are ordered by."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


def shapes(tx: Connection) -> list[Shape]:
    """Return the database's tables, referred-to ones first; raises Invalid for a column of no known kind."""
    found = inspect(tx)
    order = [name for name, _ in found.get_sorted_table_and_fkc_names() if name and name != "alembic_version"]
    order = [name for name in order if not name.startswith(FULL_TEXT)]  # an index that fills itself; SQLite keeps it in tables
    return [
        Shape(
            name,
            tuple(Column(column["name"], _kind(name, column["name"], column["type"])) for column in found.get_columns(name)),
            tuple(found.get_pk_constraint(name)["constrained_columns"]),
        )
        for name in order
    ]


def _kind(table: str, column: str, kind: TypeEngine[Any]) -> str:
    names = {parent.__name__ for parent in type(kind).__mro__}
    known = next((ours for theirs, ours in _KINDS if theirs in names), "")
    if not known:
        raise Invalid(f"The column {column} of {table} is of a kind no backup knows: {kind!r}.", place=f"{table}.{column}")
    return known


def _table(name: str, columns: tuple[Column, ...]) -> Table:
    return Table(name, MetaData(), *(SqlColumn(column.name, _TYPES[column.kind]) for column in columns))


def count(tx: Connection, shape: Shape) -> int:
    return int(tx.execute(select(func.count()).select_from(_table(shape.name, shape.columns))).scalar_one())


def dump(tx: Connection, shape: Shape, out: BinaryIO, told: Callable[[int], None], *, rows: bool = True) -> int:
    """Write a table, a line a row, compressed; return how many rows. In memory stands a handful of rows at a time."""
    table, written = _table(shape.name, shape.columns), 0
    query = select(table).order_by(*(table.c[name] for name in shape.key)).execution_options(yield_per=AT_ONCE)
    with zstandard.ZstdCompressor(level=6).stream_writer(out, closefd=False) as packed:
        packed.write(msgspec.json.encode([column.name for column in shape.columns]) + b"\n")
        for part in tx.execute(query).partitions() if rows else ():
            packed.write(b"".join(msgspec.json.encode(tuple(row)) + b"\n" for row in part))
            written += len(part)
            told(len(part))
    return written


def read(source: Readable, found: Dump) -> Iterator[dict[str, Any]]:
    """Read a table's rows back. Raises Invalid where the lines are not what the manifest says."""
    names = [column.name for column in found.columns]
    row = msgspec.json.Decoder(tuple[tuple(_PYTHON[column.kind] | None for column in found.columns)])  # type: ignore[misc]  # made at run time
    opened = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(source)  # type: ignore[arg-type]  # it only reads
    try:
        with opened, io.BufferedReader(opened, 2**20) as lines:
            if msgspec.json.decode(lines.readline(LONGEST), type=list[str]) != names:
                raise Invalid("The columns are not those the manifest names.", place=found.name)
            for number in range(found.rows):
                line = lines.readline(LONGEST)
                if not line.endswith(b"\n"):
                    raise Invalid(f"The table ends in row {number + 1} of {found.rows}.", place=found.name)
                yield dict(zip(names, row.decode(line), strict=True))
            if lines.read(1):
                raise Invalid(f"The table has more rows than the {found.rows} the manifest names.", place=found.name)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise Invalid(f"The rows cannot be read: {error}.", place=found.name) from error


def load(tx: Connection, rows: Iterator[dict[str, Any]], found: Dump, told: Callable[[int], None]) -> None:
    """Write a table's rows, and let PostgreSQL's own numbering go on behind them."""
    table = _table(found.name, found.columns)
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == AT_ONCE:
            tx.execute(insert(table), part)
            told(len(part))
            part = []
    if part:
        tx.execute(insert(table), part)
        told(len(part))
    if tx.dialect.name == "postgresql":
        for column in found.columns:
            if column.kind == "integer":
                _go_on(tx, found.name, column.name)


def _go_on(tx: Connection, table: str, column: str) -> None:
    numbering = tx.execute(select(func.pg_get_serial_sequence(table, column))).scalar()
    if numbering is not None:
        highest = tx.execute(text(f'SELECT max("{column}") FROM "{table}"')).scalar()  # noqa: S608 -- names of the database's own
        tx.execute(select(func.setval(numbering, highest or 1, highest is not None)))


def digest(source: BinaryIO) -> tuple[str, int]:
    """Return the SHA-256 of a stream and how long it is."""
    found, size = hashlib.sha256(), 0
    while piece := source.read(2**20):
        found.update(piece)
        size += len(piece)
    return found.hexdigest(), size
