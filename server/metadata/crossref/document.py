"""The deposit of one DOI as a document: its body of a work, and its head of a ticket."""

from typing import Any

from server.errors import Invalid
from server.metadata.crossref.view import DEFAULT, view
from server.metadata.templates import environment
from server.metadata.work import Work
from server.xml import kept

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _template() -> Any:
    return environment().get_template("agencies/crossref.xml").module


def body(work: Work, *, repository: str, withdrawn: bool, version: str = DEFAULT) -> bytes:
    """Write the body of a deposit: one record with one DOI.

    Raises Invalid, in terms of the work's fields, for what Crossref would refuse.
    """
    deposit, problems = view(work, repository=repository, withdrawn=withdrawn, version=version)
    if deposit is None:
        said = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(f"Crossref would refuse it: {said}.", place=problems[0].path, remedy="Correct the fields named.")
    return str(_template().body(deposit)).strip().encode()


def deposit(written: bytes, *, batch: str, stamp: int, depositor: str, email: str, version: str = DEFAULT) -> bytes:
    """Put a head before a body: who deposits, under which number, and the stamp by which Crossref knows the newest."""
    head = str(_template().head(batch, stamp, kept(depositor), email))
    return f"{_DECLARATION}{_template().opening(version)}{head}".encode() + written + b"\n</doi_batch>\n"
