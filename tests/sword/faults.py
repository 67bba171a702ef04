"""Disks and databases that fail at one moment: every write, flush, rename and commit of a request is a place where they may."""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from server.db import statement

_WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT")


@dataclass
class Faults:
    """Counts the places where something is written, and fails at one of them, or from there on for good."""

    at: int = 0
    """The place that fails, counted from 1; none at 0."""
    number: int = errno.ENOSPC
    for_good: bool = False
    seen: list[str] = field(default_factory=list)
    armed: bool = False

    @contextlib.contextmanager
    def failing(self, at: int, number: int = errno.ENOSPC, *, for_good: bool = False) -> Iterator["Faults"]:
        """Fail so while the block runs."""
        self.at, self.number, self.for_good, self.seen, self.armed = at, number, for_good, [], True
        try:
            yield self
        finally:
            self.armed = False

    @property
    def met(self) -> str:
        """What failed; empty where the request came to its end before."""
        return self.seen[self.at - 1] if 0 < self.at <= len(self.seen) else ""

    def fails(self, what: str) -> bool:
        """Count a place, and say whether it fails."""
        if not self.armed:
            return False
        self.seen.append(what)
        return len(self.seen) == self.at or (self.for_good and 0 < self.at < len(self.seen))

    def disk(self, what: str) -> None:
        if self.fails(what):
            raise OSError(self.number, os.strerror(self.number))

    def failing_on(self, name: str) -> Callable[..., Any]:
        """Return what the disk is asked in this word, on a disk that may fail."""
        original = getattr(os, name)

        def does(*arguments: Any, **options: Any) -> Any:
            self.disk(name)
            return original(*arguments, **options)

        return does

    def failing_to(self, name: str) -> Callable[..., Any]:
        """Return how SQLite's driver is asked, where it may fail."""
        original = getattr(statement, name)

        def does(driver: sqlite3.Connection, words: str, values: Any) -> Any:
            if words.startswith(_WRITES) and self.fails(_named(words)):
                raise _said("sqlite", self.number)
            return original(driver, words, values)

        return does

    def database(self, what: str, dialect: str) -> None:
        if self.fails(what):
            raise OperationalError(what, None, _said(dialect, self.number))


def _named(words: str) -> str:
    return words.split("(", maxsplit=1)[0].strip()[:60]


def _said(dialect: str, number: int) -> BaseException:
    """Return what a driver says of a disk that is full or broken."""
    if dialect == "postgresql":
        return psycopg.OperationalError(f'could not extend file "base/1": {os.strerror(number)}')
    error = sqlite3.OperationalError("database or disk is full" if number == errno.ENOSPC else "disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL if number == errno.ENOSPC else sqlite3.SQLITE_IOERR
    return error


class _File:
    """A file on a disk that may fail."""

    def __init__(self, file: BinaryIO, faults: Faults) -> None:
        self._file, self._faults = file, faults

    def write(self, piece: bytes) -> int:
        self._faults.disk("write")
        return self._file.write(piece)

    def flush(self) -> None:
        self._faults.disk("flush")
        self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextlib.contextmanager
def faulty(patch: Callable[[Any, str, Any], None]) -> Iterator[Faults]:
    """Make every disk and database of this process one that may fail; `patch` sets an attribute until the test ends."""
    faults = Faults()
    opening, making = Path.open, Path.mkdir

    def opened(self: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if mode != "xb":
            return opening(self, mode, *arguments, **named)
        faults.disk("open")
        return _File(opening(self, mode, *arguments, **named), faults)  # type: ignore[arg-type]

    def made(self: Path, *arguments: Any, **named: Any) -> None:
        faults.disk("mkdir")
        making(self, *arguments, **named)

    patch(Path, "open", opened)
    patch(Path, "mkdir", made)
    for name in ("fsync", "replace", "utime"):
        patch(os, name, faults.failing_on(name))

    def asked(tx: Connection, _cursor: object, words: str, *_: object) -> None:
        if words.lstrip().upper().startswith(_WRITES):
            faults.database(_named(words), tx.dialect.name)

    def committed(tx: Connection) -> None:
        faults.database("commit", tx.dialect.name)

    for name in ("ask", "ask_each"):
        patch(statement, name, faults.failing_to(name))
    event.listen(Engine, "before_cursor_execute", asked)
    event.listen(Engine, "commit", committed)
    try:
        yield faults
    finally:
        event.remove(Engine, "before_cursor_execute", asked)
        event.remove(Engine, "commit", committed)
