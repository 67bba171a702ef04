"""The rooms of the researchers' own pages."""

from typing import Protocol

from aiohttp import web

from server.accounts.model import Right
from server.my.charges import Charges
from server.my.deposits import Deposits
from server.my.orcid import MyOrcid
from server.my.profile import Profile
from server.my.works import Works
from server.portal.frame import Frame
from server.portal.writing import Manner, Writing
from server.works import own
from server.works.saving import Then

#: Whoever deposits by form writes their own works only, until they are handed in; others approve them.
OWN = Manner(Right.MY, "/my/works", "/my", "My works", own.writable, frozenset({Then.SAVE, Then.HAND_IN}))


class Room(Protocol):
    """Pages that belong together."""

    def routes(self) -> list[web.RouteDef]: ...


def rooms(frame: Frame) -> tuple[Room, ...]:
    """Build every room of the own pages; what has a fixed address stands before what takes any number."""
    return (Writing(frame, OWN), Works(frame), Profile(frame), MyOrcid(frame), Deposits(frame), Charges(frame))
