"""The rooms of the identifiers, in the order their addresses must be looked through."""

from typing import Protocol

from aiohttp import web

from server.admin.identifiers.deeds import Deeds
from server.admin.identifiers.listing import IdentifierList
from server.admin.identifiers.one import OneIdentifier
from server.portal.frame import Frame


class Room(Protocol):
    """Pages that belong together."""

    def routes(self) -> list[web.RouteDef]: ...


def rooms(frame: Frame) -> tuple[Room, ...]:
    """Build the rooms of the identifiers."""
    one = OneIdentifier(frame)
    return (IdentifierList(frame), one, Deeds(frame, one))
