"""The database: one way to write, two ways to read, on SQLite and on PostgreSQL."""
