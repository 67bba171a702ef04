"""What of a work an answer shows: said by the pages of works, read by whoever counts their use.

Neither knows the other: a page writes SEEN on its request, and what happens with that is no matter of the page.
"""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Seen:
    """The page of a work, or one of its files."""

    record_id: str
    file: str = ""
    """The name of the file; empty for the page."""


SEEN = web.RequestKey("seen", Seen)
