"""The rooms of what agencies say otherwise."""

from typing import Protocol

from aiohttp import web

from server.admin.reconciling.migrating import Migrating
from server.admin.reconciling.report import Reconciling
from server.portal.frame import Frame


class Room(Protocol):
    """Pages that belong together."""

    def routes(self) -> list[web.RouteDef]: ...


def rooms(frame: Frame) -> tuple[Room, ...]:
    """Build them."""
    return (Reconciling(frame), Migrating(frame))
