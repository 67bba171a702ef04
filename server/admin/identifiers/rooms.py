"""The rooms of the identifiers, in the order their addresses must be looked through."""

from typing import Protocol

from aiohttp import web

from server.admin.identifiers.listing import IdentifierList
from server.portal.frame import Frame


class Room(Protocol):
    """Pages that belong together."""

    def routes(self) -> list[web.RouteDef]: ...


def rooms(frame: Frame) -> tuple[Room, ...]:
    """Build the rooms of the identifiers."""
    return (IdentifierList(frame),)
