"""Backups: database and files in one archive that any release after it, on either database, can take in again."""
