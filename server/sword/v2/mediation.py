"""Deposits on behalf of others (SWORD 2.0 § 7): who sent a request, and whose it is."""

from collections.abc import Mapping

from aiohttp import web

from server.accounts.model import Account
from server.sword import errors
from server.sword.v2.request import on_behalf_of

CLIENT = web.RequestKey("sword-client", Account)
ACCOUNT = web.RequestKey("sword-account", Account)
"""Whose deposit it is: the client's own, or the account's on whose behalf it speaks."""


def unmediated(request: web.Request) -> None:
    """Refuse a deed without a body on behalf of others from a client that may not. Raises MediationNotAllowed."""
    refuse_mediation(request.headers, request[ACCOUNT].name)


def refuse_mediation(headers: Mapping[str, str], owner: str) -> None:
    """Refuse a request that names somebody else than whose it became. Raises MediationNotAllowed."""
    name = on_behalf_of(headers)
    if name and name != owner:
        raise errors.MediationNotAllowed(
            f"Deposits on behalf of {name!r} are not allowed for this account.",
            place="On-Behalf-Of",
            remedy="Leave the header out; the deposit is then made in the account's own name.",
        )


def named(request: web.Request) -> str:
    """Say who sent a request, and for whom."""
    client, owner = request[CLIENT].name, request[ACCOUNT].name
    return client if client == owner else f"{client} on behalf of {owner}"
