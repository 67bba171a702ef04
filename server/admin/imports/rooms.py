"""The rooms of the import monitor, in the order their addresses must be looked through."""

from typing import Protocol

from aiohttp import web

from server.admin.imports.deeds import Deeds
from server.admin.imports.groups import Groups
from server.admin.imports.listing import ImportList
from server.admin.imports.one import OneImport
from server.admin.imports.reasons import Reasons
from server.admin.imports.several import Several
from server.portal.frame import Frame


class Room(Protocol):
    """Pages that belong together."""

    def routes(self) -> list[web.RouteDef]: ...


def rooms(frame: Frame) -> tuple[Room, ...]:
    """Build the rooms of the import monitor; what has a name of its own stands before what is named by a number."""
    reasons = Reasons(frame.house.keeper.live)
    one = OneImport(frame, reasons)
    return (ImportList(frame, reasons), Groups(frame), Several(frame), one, Deeds(frame, one))
