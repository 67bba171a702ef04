"""The rooms of the people; the ones with fixed addresses stand before the one that takes any number."""

from aiohttp import web

from server.admin.people.listing import Listing
from server.admin.people.merging import Merging
from server.admin.people.orcid import Orcid
from server.admin.people.person import PersonPage
from server.admin.people.spreadsheet import Spreadsheet
from server.portal.frame import Frame


class People:
    """All that is done with people."""

    def __init__(self, frame: Frame) -> None:
        self._rooms = (Listing(frame), Spreadsheet(frame), Merging(frame), Orcid(frame), PersonPage(frame))

    def routes(self) -> list[web.RouteDef]:
        return [route for room in self._rooms for route in room.routes()]
