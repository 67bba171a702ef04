"""The way to ORCID's login and back (RFC 6749 § 4.1): where somebody is sent, what their code is exchanged for, what is revoked.

ORCID's token endpoint takes the secret in the body and knows no PKCE (ORCID-Source, issue 5977); the code is of use only with our
secret, and the state binds the way back to the session that left.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
from aiohttp import ClientSession

from server.errors import Refused, Unavailable
from server.orcid.answers import Raw, fault_in, redacted
from server.orcid.client import asked
from server.orcid.model import Grant
from server.orcid.settings import SCOPES, Orcid
from server.people import schemes

BACK = "/my/orcid/back"

_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_LONGEST_LIFE = 100 * 365 * 86_400
_OK = 200


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept while somebody is at ORCID; bound to their session, good once."""

    session: str
    """The handle of the session that left."""
    server: str
    client_id: str
    back: str


class _Token(msgspec.Struct):
    """ORCID's answer to a code (ORCID-Source, get_id.md)."""

    access_token: str
    orcid: str | None = ""
    """None where it reads what is public only."""
    scope: str = ""
    name: str | None = ""
    expires_in: int | None = None


def depart(settings: Orcid, url: str, session: str) -> Journey:
    """Return what to keep of somebody who is sent to ORCID. `url` is this server's address."""
    back = settings.redirect_uri or url + BACK
    return Journey(session=session, server=settings.places.site, client_id=settings.client_id, back=back)


def address_of(journey: Journey, state: str) -> str:
    """Return the address to send somebody to."""
    query = {
        "client_id": journey.client_id, "response_type": "code", "scope": " ".join(SCOPES), "redirect_uri": journey.back,
        "state": state,
    }  # fmt: skip
    return f"{journey.server}/oauth/authorize?{urlencode(query)}"


def code_of(query: Mapping[str, str]) -> str:
    """Return the code somebody brings back. Raises Refused where the person or ORCID said no."""
    error = query.get("error", "")
    if error == "access_denied":
        raise Refused("You did not permit it at ORCID, so nothing is linked.", code="denied")
    if error:
        known = error if error in _ERRORS else "for a reason of its own"  # the rest is what the address says: anybody's words
        raise Refused(f"ORCID refuses: {known}.", remedy="Tell those who keep the repository.", code="provider")
    if not query.get("code"):
        raise Refused("ORCID sent no code.", remedy="Begin again.", code="provider")
    return query["code"]


_ERRORS = frozenset({
    "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "invalid_client", "server_error",
    "temporarily_unavailable",
})  # fmt: skip
"""What may be said instead of a code (RFC 6749 § 4.1.2.1)."""


async def exchange(session: ClientSession, settings: Orcid, journey: Journey, code: str, now: datetime) -> Grant:
    """Exchange a code for a token.

    Raises Refused where ORCID refuses it or permits too little, Unavailable where it does not answer as it should.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": journey.back}
    said = await _token(session, settings, form, (code,))
    try:
        token = msgspec.json.decode(said, type=_Token)
        orcid = schemes.bare("orcid", token.orcid or "")
    except (msgspec.DecodeError, ValueError) as error:
        raise Unavailable("ORCID's answer to the code cannot be read.", code="provider") from error
    if SCOPES[1] not in token.scope.split():
        raise Refused(
            "ORCID permits to read, but not to write.",
            remedy="Begin again, and leave both permissions as they are.",
            code="scope",
        )
    return Grant(orcid, token.access_token, token.scope, token.name or "", _ends(token.expires_in, now))


def _ends(seconds: int | None, now: datetime) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=max(0, min(seconds, _LONGEST_LIFE)))


async def known(session: ClientSession, settings: Orcid) -> None:
    """Ask whether ORCID knows the client and its secret, by a token that reads what is public. Raises as `exchange` does."""
    said = await _token(session, settings, {"grant_type": "client_credentials", "scope": "/read-public"})
    try:
        msgspec.json.decode(said, type=_Token)
    except msgspec.DecodeError as error:
        raise Unavailable("ORCID's answer cannot be read.", code="provider") from error


async def revoke(session: ClientSession, settings: Orcid, token: str) -> str:
    """Give a token back (ORCID-Source, revoke.md); return why it could not be given back, empty where it was."""
    form = {"client_id": settings.client_id, "client_secret": settings.client_secret, "token": token}
    raw = await asked(session, "POST", f"{settings.places.site}/oauth/revoke", _FORM, urlencode(form).encode())
    if not isinstance(raw, Raw):
        return raw.words
    if raw.status == _OK:
        return ""
    return redacted(f"ORCID answered {raw.status}: {fault_in(raw.body, raw.status).words}", (token, settings.client_secret))


async def _token(session: ClientSession, settings: Orcid, form: Mapping[str, str], private: tuple[str, ...] = ()) -> bytes:
    """Ask the token endpoint; the secret goes in the body, as ORCID wants it."""
    body = urlencode({"client_id": settings.client_id, "client_secret": settings.client_secret, **form})
    raw = await asked(session, "POST", f"{settings.places.site}/oauth/token", _FORM, body.encode())
    if not isinstance(raw, Raw):
        raise Unavailable(raw.words, remedy="Try again in a while.", code="provider")
    if raw.status == _OK:
        return raw.body
    words = redacted(fault_in(raw.body, raw.status).words, (settings.client_secret, *private)) or "no reason given"
    error = Refused if 400 <= raw.status < 500 else Unavailable  # noqa: PLR2004 -- client errors
    raise error(f"ORCID answered {raw.status}: {words.rstrip('.')}.", code="provider")
