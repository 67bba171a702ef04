"""Crossref: an account there, how it is asked, and how its answers are understood."""
