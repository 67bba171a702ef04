"""The code flow (OpenID Connect Core § 3.1): where somebody is sent, what their code is exchanged for, what is believed of it.

The library builds the requests, checks the signature and the claims; here stands in which order, and what is refused.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import ClientSession
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from server.errors import Refused, Unavailable
from server.openid.discovery import ALGORITHMS, Directory, Metadata, asked
from server.openid.settings import OpenID

_ERRORS = frozenset({
    "invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope", "server_error",
    "temporarily_unavailable", "interaction_required", "login_required", "account_selection_required", "consent_required",
    "invalid_request_uri", "invalid_request_object", "request_not_supported", "request_uri_not_supported",
    "registration_not_supported",
})  # fmt: skip
"""What a provider may say instead of sending a code (RFC 6749 § 4.1.2.1, Core § 3.1.2.6)."""

LEEWAY = 120
"""Seconds the clocks may differ."""


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept while somebody is at the provider; bound to their browser, good once."""

    profile: int
    issuer: str
    state: str
    nonce: str
    verifier: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider vouches for."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]

    @property
    def email(self) -> str:
        """The address, if the provider has verified it; some say so by a word instead of a truth value."""
        verified = self.claims.get("email_verified") in (True, "true")
        address = self.claims.get("email")
        return address.strip().lower() if verified and isinstance(address, str) else ""

    def text(self, *names: str) -> str:
        """Return the first of these claims that is a text."""
        return next((str(self.claims[name]).strip() for name in names if isinstance(self.claims.get(name), str)), "")


def depart(settings: OpenID, metadata: Metadata, profile: int, back: str, lead: str) -> tuple[Journey, str]:
    """Return what to keep and the address to send somebody to (Core § 3.1.2.1, with PKCE S256 of RFC 7636)."""
    journey = Journey(
        profile=profile, issuer=metadata.issuer, state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48), lead=lead,
    )  # fmt: skip
    client = OAuth2Client(
        None, client_id=settings.client_id, scope=settings.scopes, redirect_uri=back, code_challenge_method="S256"
    )
    address, _state = client.create_authorization_url(
        metadata.authorization_endpoint, state=journey.state, nonce=journey.nonce, code_verifier=journey.verifier
    )
    return journey, str(address)


def code_of(journey: Journey, metadata: Metadata, query: Mapping[str, str]) -> str:
    """Return the code somebody brings back. Raises Refused for another's answer, another provider's, or a provider's error."""
    if not secrets.compare_digest(query.get("state", "").encode(), journey.state.encode()):
        raise Refused("This answer belongs to another login.", code="state")
    named = query.get("iss", "")
    if (named or metadata.authorization_response_iss_parameter_supported) and named != metadata.issuer:  # RFC 9207 § 2.4
        raise Refused("This answer comes from another provider.", code="issuer")
    if error := query.get("error", ""):
        known = error if error in _ERRORS else "for a reason of its own"  # the rest is what the address says: anybody's words
        raise Refused(f"The provider refuses: {known}.", remedy=_plain(query.get("error_description", "")), code="provider")
    if not query.get("code"):
        raise Refused("The provider sent no code.", code="provider")
    return query["code"]


async def arrive(
    session: ClientSession,
    directory: Directory,
    settings: OpenID,
    journey: Journey,
    query: Mapping[str, str],
    back: str,
    now: datetime,
) -> Person:
    """Exchange the code and return whom the provider vouches for.

    Raises Refused for what is not to be believed, Unavailable where the provider does not answer as it should.
    """
    metadata, keys = await directory.find(settings.issuer)
    if metadata.issuer != journey.issuer:
        raise Refused("The provider was changed meanwhile.", code="issuer")
    code = code_of(journey, metadata, query)
    tokens = await _tokens(session, settings, metadata, code, journey.verifier, back)
    claims = await believe(directory, settings, metadata, keys, tokens, journey.nonce, now)
    person = Person(metadata.issuer, str(claims["sub"]), claims)
    if metadata.userinfo_endpoint and tokens.get("access_token") and "email" not in claims:
        person = Person(person.issuer, person.subject, await _more(session, metadata, tokens, person))
    return person


async def _tokens(
    session: ClientSession, settings: OpenID, metadata: Metadata, code: str, verifier: str, back: str
) -> dict[str, Any]:
    """Exchange a code (Core § 3.1.3)."""
    body = prepare_token_request("authorization_code", code=code, redirect_uri=back, code_verifier=verifier)
    auth = ClientAuth(settings.client_id, settings.client_secret, _method(settings, metadata))
    address, headers, body = auth.prepare(
        "POST", metadata.token_endpoint, {"Content-Type": "application/x-www-form-urlencoded"}, body
    )
    private = (settings.client_secret, headers.get("Authorization", "").rpartition(" ")[2], code, verifier)
    said = await asked(session, "POST", str(address), headers, str(body), private)
    try:
        found = msgspec.json.decode(said, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Unavailable("The provider's answer to the code cannot be read.", place="issuer") from error
    if not isinstance(found.get("id_token"), str):
        raise Refused("The provider sent no id_token.", code="token")
    return found


def _method(settings: OpenID, metadata: Metadata) -> str:
    """Return how this client proves itself (Core § 9): in the header where the provider takes that, else in the body."""
    if not settings.client_secret:
        return "none"
    offered = metadata.token_endpoint_auth_methods_supported
    return (
        "client_secret_post"
        if "client_secret_post" in offered and "client_secret_basic" not in offered
        else "client_secret_basic"
    )


async def believe(
    directory: Directory,
    settings: OpenID,
    metadata: Metadata,
    keys: KeySet,
    tokens: Mapping[str, Any],
    nonce: str,
    now: datetime,
) -> dict[str, Any]:
    """Check an id_token (Core § 3.1.3.7) and return its claims. Raises Refused naming what is wrong with it."""
    algorithms = [name for name in ALGORITHMS if name in metadata.id_token_signing_alg_values_supported]
    try:
        try:
            token = jwt.decode(tokens["id_token"], keys, algorithms=algorithms)
        except InvalidKeyIdError:
            newer = await directory.newer_keys(settings.issuer)
            if newer is None:
                raise
            token = jwt.decode(tokens["id_token"], newer, algorithms=algorithms)
        options = {"iss": {"essential": True, "value": metadata.issuer}, "aud": {"essential": True, "value": settings.client_id}}
        params = {"nonce": nonce, "client_id": settings.client_id, "access_token": tokens.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise Refused(f"The provider's id_token is not to be believed: {_plain(str(error))}.", code="token") from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:  # noqa: PLR2004 -- Core § 2
        raise Refused("The provider does not say who this is.", code="token")
    return dict(claims)


async def _more(session: ClientSession, metadata: Metadata, tokens: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return the claims with those of the UserInfo endpoint; believed only about the same subject (Core § 5.3.2)."""
    token = _plain(str(tokens["access_token"]), 8000)
    headers = {"Authorization": f"Bearer {token}"}
    try:
        said = await asked(session, "GET", metadata.userinfo_endpoint, headers, private=(token,))
        more = msgspec.json.decode(said, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Unavailable("The provider's words about the person cannot be read.", place="issuer") from error
    if more.get("sub") != person.subject:
        raise Refused("The provider speaks of somebody else.", code="token")
    return more | dict(person.claims)


def _plain(text: str, most: int = 300) -> str:
    return "".join(character for character in text[:most] if character.isprintable()).rstrip(". ")
