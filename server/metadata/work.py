"""A record as its formats see it: the record itself and what the repository adds to it."""

from dataclasses import dataclass
from urllib.parse import quote

from server.records.model import File, Record
from server.records.provenance import Provenance
from server.xml import clean


def file_address(page: str, name: str) -> str:
    """Return the address of a file by that of the work's page and its name."""
    return f"{page}/files/{quote(clean(name))}"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of ours a work is shown with, bare: once they may be shown, or the one being registered."""

    doi: str = ""
    handle: str = ""


NAMELESS = Names()


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
    """The second harvesters were told it changed, YYYY-MM-DDThh:mm:ssZ: its datestamp, where it has one."""
    repository_name: str = ""
    provenance: Provenance | None = None
    """Where it was harvested from."""

    def address(self, file: File) -> str:
        """Return the address of one of the files, be it open or not: a closed one answers with when it opens."""
        return file_address(self.landing_url, file.name)
