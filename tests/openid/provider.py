"""A small provider of OpenID Connect that lies on request, and a profile that believes in it."""

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey

from server.house import House
from server.openid.settings import OpenID
from server.profiles import store as profiles

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


@dataclass
class Fake:
    """What the provider says; `claims` are laid over the honest ones, None takes one away."""

    url: str = ""
    nonce: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    algorithm: str = "RS256"
    status: int = 200
    body: bytes = b""
    used: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/.well-known/openid-configuration", self.describe)
        application.router.add_get("/jwks", self.keys)
        application.router.add_post("/token", self.token)
        return application

    async def describe(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks", "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            } | self.metadata
        )  # fmt: skip

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [KEY.as_dict(private=False)]})

    async def token(self, request: web.Request) -> web.Response:
        given = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(given)
        if given["code"] in self.used:
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.used.add(given["code"])
        if self.body:
            return web.Response(status=self.status, body=self.body)
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "mendel",
            "aud": "sheaf",
            "exp": now + 300,
            "iat": now,
            "nonce": self.nonce,
        } | self.claims
        kept = {name: value for name, value in claims.items() if value is not None}
        return web.json_response({"access_token": "a", "token_type": "Bearer", "id_token": self.signed(kept)}, status=self.status)

    def signed(self, claims: dict[str, Any]) -> str:
        if self.algorithm == "RS256":
            return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        head = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": self.algorithm, "kid": "one"}, claims))
        if self.algorithm == "none":
            return f"{head}."
        shared = KEY.as_pem(private=False)  # the public key taken for a shared secret: the oldest trick
        return f"{head}.{_encoded(hmac.digest(shared, head.encode(), 'sha256'))}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


@asynccontextmanager
async def running() -> AsyncIterator[Fake]:
    fake = Fake()
    async with TestServer(fake.application()) as server:
        fake.url = str(server.make_url("")).rstrip("/")
        yield fake


async def believed(house: House, issuer: str, **settings: Any) -> int:
    """Make the profile and return its number."""
    wanted = OpenID(issuer=issuer, client_id="sheaf", client_secret="secret", label="The university", **settings)
    saved = await house.database.write(profiles.save, "openid", "university", wanted, house.seal, house.clock())
    return saved.id


async def leave(client: TestClient, profile: int, **query: str) -> dict[str, str]:
    """Go to the provider; return what it is asked, and let the client carry the cookie."""
    answer = await client.get(f"/login/openid/{profile}", params=query, allow_redirects=False)
    assert answer.status == 303, await answer.text()
    worn(client, answer)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


async def back(client: TestClient, profile: int, **query: str) -> ClientResponse:
    return await client.get(f"/login/openid/{profile}/back", params=query, allow_redirects=False)


def worn(client: TestClient, answer: ClientResponse) -> None:
    """Send all cookies of an answer from now on; the client's jar keeps Secure cookies from plain http."""
    known = dict(pair.split("=", 1) for pair in client.session.headers.get("Cookie", "").split("; ") if "=" in pair)
    for line in answer.headers.getall("Set-Cookie", []):
        name, value = line.partition(";")[0].split("=", 1)
        known[name] = value
    client.session.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in known.items() if value not in {"", '""'})
