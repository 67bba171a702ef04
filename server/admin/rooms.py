"""The rooms of the administration, in the order of the navigation."""

from typing import Protocol

from aiohttp import web

from server.admin.audit import Audit
from server.admin.identifiers import Identifiers
from server.admin.imports import Imports
from server.admin.people.rooms import People
from server.admin.search import Search
from server.admin.start import Start
from server.admin.works.listing import Listing
from server.admin.works.work import WorkRoom
from server.admin.works.writing import WORKS
from server.portal.frame import Frame
from server.portal.writing import Writing


class Room(Protocol):
    """Pages that belong together."""

    def routes(self) -> list[web.RouteDef]: ...


def rooms(frame: Frame) -> tuple[Room, ...]:
    """Build every room of the administration."""
    return (
        Start(frame),
        Listing(frame),
        Writing(frame, WORKS),
        WorkRoom(frame),
        Imports(frame),
        Identifiers(frame),
        People(frame),
        Audit(frame),
        Search(frame),
    )
