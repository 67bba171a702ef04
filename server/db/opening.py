"""The way to a database by its address; the engine not asked for is not imported."""

from server.db.engine import Database


async def open_database(url: str) -> Database:
    """Open the database an URL names: `sqlite:///path` or `postgresql://…`."""
    if url.startswith("sqlite"):
        from server.db.sqlite import SqliteDatabase

        return SqliteDatabase(url)
    from server.db.postgresql import PostgresqlDatabase

    return PostgresqlDatabase(url)
