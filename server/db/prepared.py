"""Queries asked hundreds of times a second, compiled once: what SQLAlchemy does for each would cost more than the answer."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError


class Prepared:
    """A query whose values need no translation on their way in, nor its columns on their way out: numbers, texts, bytes.

    Truth is a number on SQLite.
    """

    def __init__(self, query: Select[Any]) -> None:
        self._query = query
        self._compiled: dict[str, tuple[str, Sequence[str] | None, dict[str, Any]]] = {}

    def rows(self, tx: Connection, values: Mapping[str, object]) -> Sequence[Any]:
        """Return all rows, to be unpacked; `values` may hold more than the query asks for. Raises DBAPIError."""
        words, order, given = self._compiled.get(tx.dialect.name) or self._compile(tx.dialect)
        filled = {**given, **values}
        driver: Any = tx.connection.driver_connection
        if order is None or not isinstance(driver, sqlite3.Connection):  # the ordinary reads go over aiosqlite
            some = filled if order is None else tuple(filled[name] for name in order)
            return tx.exec_driver_sql(words, some).all()
        try:
            found: Sequence[Any] = driver.execute(words, [filled[name] for name in order]).fetchall()
        except sqlite3.Error as error:  # as SQLAlchemy would say it
            raise DBAPIError.instance(words, None, error, sqlite3.Error, hide_parameters=True) from error
        return found

    def _compile(self, dialect: Dialect) -> tuple[str, Sequence[str] | None, dict[str, Any]]:
        compiled = self._query.compile(dialect=dialect)
        found = str(compiled), compiled.positiontup, dict(compiled.params)
        self._compiled[dialect.name] = found
        return found
