"""Deposits on behalf of others (SWORD 2.0 § 7): who sent a request, and whose it is."""

from aiohttp import web

from server.accounts.model import Account
from server.sword.v2.request import refuse_mediation

CLIENT = web.RequestKey("sword-client", Account)
ACCOUNT = web.RequestKey("sword-account", Account)
"""Whose deposit it is: the client's own, or the account's on whose behalf it speaks."""


def unmediated(request: web.Request) -> None:
    """Refuse a deed without a body on behalf of others from a client that may not. Raises MediationNotAllowed."""
    refuse_mediation(request.headers, request[ACCOUNT].name)


def named(request: web.Request) -> str:
    """Say who sent a request, and for whom."""
    client, owner = request[CLIENT].name, request[ACCOUNT].name
    return client if client == owner else f"{client} on behalf of {owner}"
