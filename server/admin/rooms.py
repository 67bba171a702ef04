"""The rooms of the administration, in the order of the navigation."""

from typing import Protocol

from aiohttp import web

from server.admin.audit import Audit
from server.admin.identifiers import Identifiers
from server.admin.imports import Imports
from server.admin.people.listing import Listing
from server.admin.people.merging import Merging
from server.admin.people.person import PersonPage
from server.admin.people.spreadsheet import Spreadsheet
from server.admin.search import Search
from server.admin.start import Start
from server.portal.frame import Frame


class Room(Protocol):
    """Pages that belong together."""

    def routes(self) -> list[web.RouteDef]: ...


def rooms(frame: Frame) -> tuple[Room, ...]:
    """Build every room of the administration."""
    return (
        Start(frame),
        Imports(frame),
        Identifiers(frame),
        Listing(frame),
        Spreadsheet(frame),
        Merging(frame),
        PersonPage(frame),
        Audit(frame),
        Search(frame),
    )
