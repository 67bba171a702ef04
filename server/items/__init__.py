"""The public pages of works: landing page, files, tombstone."""
