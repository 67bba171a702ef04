"""A record as its formats see it: the record itself and what the repository adds to it."""

from dataclasses import dataclass

from server.records.model import Record


@dataclass(frozen=True, slots=True)
class Work:
    """A record as its formats see it: the record and what the repository adds."""

    id: str
    """The record's ULID."""
    record: Record
    landing_url: str
    oai_id: str
    doi: str = ""
    """Our own DOI, bare: once it may be shown, or the one being registered."""
    handle: str = ""
    file_urls: tuple[str, ...] = ()
    """One for each of `record.files`, empty where the file is not public."""
    deposited: str = ""
    """The day of the deposit, YYYY-MM-DD."""
    modified: str = ""
    """The second the work was last changed, YYYY-MM-DDThh:mm:ssZ, where it is known."""
    repository_name: str = ""
