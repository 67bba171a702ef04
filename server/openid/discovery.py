"""What a provider says about itself (OpenID Connect Discovery 1.0) and the keys it signs with, asked for and remembered.

An administrator names the provider, so it may be in a private network; but it gets ten seconds and a megabyte, and no redirect
is followed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from server.errors import Unavailable

WELL_KNOWN = "/.well-known/openid-configuration"
LARGEST = 2**20
REMEMBERED = 600.0
"""Seconds; providers change their keys now and then, and a key nobody knows is looked for at once."""
_SOONEST = 30.0
"""Seconds before the keys are fetched again for a key that is not there."""
_TIMEOUT = ClientTimeout(total=10, connect=5)

#: How an id_token may be signed: by keys whose other half stays with the provider. Never `none`, never a shared secret.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What we need of a provider's metadata (Discovery § 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False


@dataclass(slots=True)
class _Known:
    metadata: Metadata
    keys: KeySet
    until: float
    fetched: float


@dataclass(slots=True)
class Directory:
    """Knows providers for a while by their issuer."""

    session: ClientSession
    _known: dict[str, _Known] = field(default_factory=dict)

    async def find(self, issuer: str) -> tuple[Metadata, KeySet]:
        """Return a provider's metadata and keys. Raises Unavailable, saying what is wrong with it."""
        found = self._known.get(issuer)
        if found is None or found.until < monotonic():
            metadata = await metadata_of(self.session, issuer)
            found = _Known(metadata, await keys_of(self.session, metadata), monotonic() + REMEMBERED, monotonic())
            self._known[issuer] = found
        return found.metadata, found.keys

    async def newer_keys(self, issuer: str) -> KeySet | None:
        """Return a provider's keys fetched anew, as it signs with one we do not know; None where that was done just now."""
        found = self._known.get(issuer)
        if found is None or monotonic() - found.fetched < _SOONEST:
            return None
        found.keys, found.fetched = await keys_of(self.session, found.metadata), monotonic()
        return found.keys


async def metadata_of(session: ClientSession, issuer: str) -> Metadata:
    """Fetch a provider's metadata. Raises Unavailable where it cannot be had or is not that issuer's (Discovery § 4.3)."""
    where = issuer.rstrip("/") + WELL_KNOWN
    body = await asked(session, "GET", where)
    try:
        found = msgspec.json.decode(body, type=Metadata)
    except msgspec.DecodeError as error:
        raise Unavailable(f"{where} is not a provider's description: {error}.", place="issuer") from error
    if found.issuer.rstrip("/") != issuer.rstrip("/"):
        raise Unavailable(
            f"The provider there calls itself {found.issuer[:300]}.", place="issuer", remedy="Enter that as the issuer."
        )
    secure = urlsplit(issuer).scheme == "https"
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        address = getattr(found, name)
        if address and urlsplit(address).scheme not in ({"https"} if secure else {"http", "https"}):
            raise Unavailable(f"The provider's {name} is not an https address.", place="issuer")
    return found


async def keys_of(session: ClientSession, metadata: Metadata) -> KeySet:
    """Fetch the keys a provider signs with. Raises Unavailable where there are none that can be used."""
    try:
        document = msgspec.json.decode(await asked(session, "GET", metadata.jwks_uri), type=dict[str, list[dict[str, Any]]])
        usable = [key for key in document["keys"] if key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC", "OKP"}]
        if usable:
            return KeySet.import_key_set({"keys": usable})
    except (msgspec.DecodeError, KeyError, JoseError, ValueError, TypeError) as error:
        raise Unavailable(f"The provider's keys cannot be read: {error}.", place="issuer") from error
    raise Unavailable("The provider has no key to sign with.", place="issuer")


async def asked(
    session: ClientSession,
    method: str,
    address: str,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    private: Sequence[str] = (),
) -> bytes:
    """Ask a provider and return what it says. Raises Unavailable for any answer but 200, for a long one and for none.

    `private` is what of the request must not be repeated in an error, though the provider does.
    """
    try:
        async with session.request(
            method,
            address,
            headers={"Accept": "application/json", **(headers or {})},
            data=body,
            timeout=_TIMEOUT,
            allow_redirects=False,
        ) as answer:
            said = await _read(answer)
            if answer.status != 200:  # noqa: PLR2004
                raise Unavailable(f"{_bare(address)} answers {answer.status}{_reason(said, private)}.", place="issuer")
            return said
    except (ClientError, TimeoutError, OSError, ValueError) as error:
        raise Unavailable(f"{_bare(address)} cannot be reached: {str(error) or type(error).__name__}.", place="issuer") from error


async def _read(answer: ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > LARGEST:
            answer.close()
            raise Unavailable(f"{_bare(str(answer.url))} answers more than {LARGEST} bytes.", place="issuer")
        parts.append(part)
    return b"".join(parts)


def _reason(said: bytes, private: Sequence[str]) -> str:
    """Return the error a provider names (RFC 6749 § 5.2); nothing else of an answer is repeated."""
    try:
        error = msgspec.json.decode(said, type=dict[str, Any])
    except msgspec.DecodeError:
        return ""
    words = ": ".join(str(error[name]) for name in ("error", "error_description") if error.get(name))
    for secret in filter(None, private):
        words = words.replace(secret, "…")
    return f" ({words[:400]})" if words else ""


def _bare(address: str) -> str:
    return address.partition("?")[0][:300]
