"""The ways in, built: by password, by a provider, and the owner's own pages."""

from typing import Protocol

from aiohttp import web

from server.accounts.authenticate import Authenticator
from server.openid.discovery import Directory
from server.portal.account.codes import OwnCodes
from server.portal.account.page import Own
from server.portal.account.password import OwnPassword
from server.portal.account.tokens import OwnTokens
from server.portal.frame import Frame
from server.portal.links import post
from server.portal.login import Login
from server.portal.provider import Provider


class Room(Protocol):
    """Pages that belong together."""

    def routes(self) -> list[web.RouteDef]: ...


def ways_in(frame: Frame, authenticator: Authenticator) -> tuple[Room, ...]:
    """Build what leads to an account and what its owner does with it."""
    own = Own(frame)
    return (
        frame.door,
        Login(frame, authenticator, post(frame.house)),
        Provider(frame, Directory(frame.house.session), authenticator, own),
        own,
        OwnPassword(frame, authenticator),
        OwnCodes(frame, authenticator),
        OwnTokens(frame, authenticator),
    )
