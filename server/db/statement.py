"""Statements written once and run by every deposit: on SQLite they go to the driver as they were compiled the first time.

What SQLAlchemy does around each execution costs ten times what SQLite takes for a row. PostgreSQL, where the way to the server
costs more than that, gets them as usual.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, Delete, Insert, Select, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import visitors

Values = Mapping[str, Any]
Translate = Callable[[Any], Any]
Written = Select[Any] | Insert | Update | Delete


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement compiled for SQLite, for values of some names and lists of some lengths."""

    words: str
    fixed: tuple[Any, ...]
    """What is bound, in order; None where a value given is."""
    given: tuple[tuple[int, str, int | None, Translate | None], ...]
    """Where a value goes, its name, its place where it stands in a list, and how it is translated on its way in."""
    names: tuple[str, ...]
    """Of the columns that come back."""
    found: tuple[tuple[int, Translate], ...]
    """Which of these are translated on their way out."""

    def bound(self, values: Values) -> list[Any]:
        row = list(self.fixed)
        for at, name, place, translate in self.given:
            value = values[name] if place is None else values[name][place]
            row[at] = value if translate is None else translate(value)
        return row

    def read(self, rows: Sequence[Any]) -> Sequence[Any]:
        if not self.found or not rows:
            return rows
        translated = []
        for each in rows:
            row = list(each)
            for at, translate in self.found:
                row[at] = translate(row[at])
            translated.append(row)
        return translated


class Statement:
    """One statement with names for its values; of an INSERT or UPDATE the columns are those that values are given for.

    `write` says it in the words of a kind of database, where they differ. All raise DBAPIError, as executing it would.
    """

    def __init__(self, statement: Written | None = None, *, write: Callable[[str], Written] | None = None) -> None:
        assert (statement is None) != (write is None)  # noqa: S101 -- one of them says what it is
        self._statement = statement
        self._write = write
        self._written: dict[str, Written] = {}
        self._lists: tuple[str, ...] | None = None
        self._forms: dict[tuple[Any, ...], _Form] = {}

    def run(self, tx: Connection, values: Values) -> int:
        """Run it and return how many rows it touched."""
        driver = _sqlite(tx)
        if driver is None:
            return tx.execute(self.written(tx.dialect.name), values).rowcount
        form = self._form(tx.dialect, values)
        return say(driver, form.words, form.bound(values)).rowcount

    def run_each(self, tx: Connection, rows: Sequence[Values]) -> None:
        """Run it for each of some rows, which have the same names."""
        driver = _sqlite(tx)
        if driver is None:
            tx.execute(self.written(tx.dialect.name), rows)
            return
        form = self._form(tx.dialect, rows[0])
        try:
            ask_each(driver, form.words, [form.bound(values) for values in rows])
        except sqlite3.Error as error:
            raise _fault(form.words, error) from error

    def rows(self, tx: Connection, values: Values) -> Sequence[Any]:
        """Run it and return all rows, to be unpacked."""
        driver = _sqlite(tx)
        if driver is None:
            return tx.execute(self.written(tx.dialect.name), values).all()
        return self._rows(driver, self._form(tx.dialect, values), values)

    def mappings(self, tx: Connection, values: Values) -> Sequence[Mapping[Any, Any]]:
        """Run it and return all rows, by the names of their columns."""
        driver = _sqlite(tx)
        if driver is None:
            return tx.execute(self.written(tx.dialect.name), values).mappings().all()
        form = self._form(tx.dialect, values)
        return [dict(zip(form.names, row, strict=True)) for row in self._rows(driver, form, values)]

    def one(self, tx: Connection, values: Values) -> Mapping[Any, Any] | None:
        """Return the only row by the names of its columns, or None."""
        found = self.mappings(tx, values)
        return found[0] if found else None

    def values(self, tx: Connection, values: Values) -> list[Any]:
        """Return the first column of all rows."""
        return [row[0] for row in self.rows(tx, values)]

    def written(self, dialect: str) -> Written:
        """Return the statement as SQLAlchemy knows it."""
        if self._statement is not None:
            return self._statement
        if dialect not in self._written:
            assert self._write is not None  # noqa: S101 -- as __init__ saw to it
            self._written[dialect] = self._write(dialect)
        return self._written[dialect]

    def _rows(self, driver: sqlite3.Connection, form: _Form, values: Values) -> Sequence[Any]:
        try:
            return form.read(ask(driver, form.words, form.bound(values)).fetchall())
        except sqlite3.Error as error:
            raise _fault(form.words, error) from error

    def _form(self, dialect: Dialect, values: Values) -> _Form:
        statement = self.written(dialect.name)
        if self._lists is None:
            self._lists = tuple(_lists_in(statement))
        key: tuple[Any, ...] = () if isinstance(statement, Select) else tuple(values)
        if self._lists:
            key += tuple(len(values[name]) for name in self._lists)
        return self._forms.get(key) or self._forms.setdefault(key, _compiled(statement, dialect, values))


def say(driver: sqlite3.Connection, words: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Run one statement that gives nothing back. Raises DBAPIError."""
    try:
        return ask(driver, words, values)
    except sqlite3.Error as error:
        raise _fault(words, error) from error


def ask(driver: sqlite3.Connection, words: str, values: Sequence[Any]) -> sqlite3.Cursor:
    """Run one statement."""
    return driver.execute(words, values)


def ask_each(driver: sqlite3.Connection, words: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement for each of some rows."""
    driver.executemany(words, rows)


def _sqlite(tx: Connection) -> sqlite3.Connection | None:
    """Return the driver's connection where that is SQLite's own; ordinary reads go over aiosqlite."""
    driver: Any = tx.connection.driver_connection
    return driver if isinstance(driver, sqlite3.Connection) else None


def _lists_in(statement: Written) -> list[str]:
    """Return the names of the values that are given as lists."""
    return [
        each.key for each in visitors.iterate(statement) if isinstance(each, BindParameter) and each.expanding and each.required
    ]


def _compiled(statement: Written, dialect: Dialect, values: Values) -> _Form:
    names = None if isinstance(statement, Select) else list(values)
    compiled: Any = statement.compile(dialect=dialect, column_keys=names)
    state = compiled.construct_expanded_state(dict(values))
    places = {single: (name, at) for name, singles in state.parameter_expansion.items() for at, single in enumerate(singles)}
    fixed: list[Any] = []
    given = []
    for at, bound in enumerate(state.positiontup):
        name, place = places.get(bound, (bound, None))
        translate = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        if name in values:
            fixed.append(None)
            given.append((at, name, place, translate))
        else:
            value = state.parameters[bound]  # what the statement says itself
            fixed.append(value if translate is None else translate(value))
    columns = list(statement.exported_columns)
    found = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    return _Form(
        state.statement,
        tuple(fixed),
        tuple(given),
        tuple(str(column.key) for column in columns),
        tuple((at, translate) for at, translate in enumerate(found) if translate is not None),
    )


def _fault(words: str, error: sqlite3.Error) -> BaseException:
    """Return what the driver says as SQLAlchemy would say it; the values stay unsaid."""
    return DBAPIError.instance(words, None, error, sqlite3.Error, hide_parameters=True)
