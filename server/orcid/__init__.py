"""ORCID: researchers link their iD by its own login, and their works are kept true on their ORCID record (Member API 3.0)."""
