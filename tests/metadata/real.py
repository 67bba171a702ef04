"""The real records of the shared corpus as our readers understand them, read once a run."""

from functools import cache

from server.metadata.reading import Reading
from server.records.model import Record
from tests.metadata.test_corpora import SHARED, SHELF, answer_to, roots

FOLDERS = ("records/oai", "records/datacite", "records/mods", "crosswalk-samples", "sword-samples/datacite", "agencies/datacite")


@cache
def real_records() -> tuple[Record, ...]:
    """Return them all, none where the corpus is not at hand."""
    return tuple(
        answer.record
        for folder in FOLDERS
        if (SHARED / folder).is_dir()
        for _, root in roots(SHARED / folder)
        for reader in SHELF
        if reader.recognises(root) and isinstance(answer := answer_to(reader, root), Reading)
    )
