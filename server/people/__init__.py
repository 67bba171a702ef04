"""Researchers: their names, identifiers and affiliations, and which creators of the works they are."""
