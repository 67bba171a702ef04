"""The line to a handle server: one request and what came of it, with no secret in any word of it."""

import json
import os
import re
import ssl
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from server.identifiers.answers import USER_AGENT, read, reason_of, retry_after
from server.identifiers.handle.answers import FAULTS, NO_VALUES, NOT_FOUND, STATUSES, SUCCESS, Said, parse
from server.identifiers.model import Failed, Fault

_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10, sock_read=20)
_KEPT_ANSWER = 16_384
_SERVER_ERROR = 500
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

_ADVICE = {
    Fault.CREDENTIALS: " (check server, administrator and key of the profile, and that it is home to the naming authority)",
}


class Line:
    """One server, spoken to through a shared client session.

    `trusted` is the certificate it made itself, `certificate` ours with its key; `secrets` stand in nothing that is said.
    """

    def __init__(
        self,
        server: str,
        session: aiohttp.ClientSession,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        trusted: str = "",
        certificate: str = "",
    ) -> None:
        self.calls = 0
        self._server = server
        self._session = session
        self._headers = {"Accept": "application/json", "User-Agent": session.headers.get("User-Agent", USER_AGENT)}
        self._headers |= headers or {}
        self._secrets = sorted(secrets, key=len, reverse=True)
        self._certificates = (trusted, certificate)

    async def send(self, method: str, path: str, document: list[dict[str, Any]] | None = None) -> Said | Failed:
        """Send one request; return what the server says, or why nothing can be made of it."""
        address = URL(self._server + path, encoded=True)
        host = address.host or ""
        data = None if document is None else json.dumps(document).encode()
        headers = self._headers | ({"Content-Type": "application/json;charset=UTF-8"} if data else {})
        try:
            trust = _trust(*self._certificates)
        except (ssl.SSLError, ValueError, OSError) as error:
            return Failed(Fault.CREDENTIALS, f"A certificate of the profile cannot be read: {type(error).__name__}.")
        self.calls += 1
        try:
            async with self._session.request(
                method, address, data=data, headers=headers, timeout=_TIMEOUT, allow_redirects=False, ssl=trust
            ) as response:
                said = parse(response.status, await read(response), retry_after(response.headers.get("Retry-After")))
        except aiohttp.ClientConnectorCertificateError as error:
            message = f"The certificate of {host} is not believed ({error.certificate_error}): enter it in the profile."
            return Failed(Fault.CREDENTIALS, self.redacted(message))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Failed(Fault.TRANSIENT, self.redacted(f"No connection to {host}: {reason_of(error)}."))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = self.redacted(reason_of(error))
            return Failed(
                Fault.UNKNOWN, f"The answer of {host} was lost ({reason}); it is looked at before anything is sent again."
            )
        return said if said.code else self._wordless(said)

    async def values(self, handle: str) -> Said | Failed:
        """Return what the server itself (not a cache) says of a handle: its values, or that there is none."""
        said = await self.send("GET", f"/api/handles/{quote(handle, safe='/')}?auth=true")
        if isinstance(said, Failed):
            return said
        if said.code not in {SUCCESS, NO_VALUES, NOT_FOUND}:
            return self.refusal(said)
        if said.handle and said.handle.casefold() != handle.casefold():
            return self.failed(Fault.UNKNOWN, f"The handle server answered for {said.handle}", said)
        return said

    def _wordless(self, said: Said) -> Failed:
        """Say what an answer means that names no response code; its body is kept nowhere, for it is no handle server's."""
        status, said = said.status, replace(said, body="")
        fault = STATUSES.get(status, Fault.TRANSIENT if status >= _SERVER_ERROR else Fault.UNKNOWN)
        return self.failed(fault, f"The handle server answered {status} and no response code{_ADVICE.get(fault, '')}", said)

    def refusal(self, said: Said) -> Failed:
        """Say what a response code means that is not what was asked for."""
        fault = FAULTS.get(said.code, STATUSES.get(said.status, Fault.UNKNOWN))
        message = f"The handle server answered {said.code}: {said.words or 'no reason given'}{_ADVICE.get(fault, '')}"
        return self.failed(fault, message, said)

    def failed(self, fault: Fault, message: str, said: Said) -> Failed:
        return Failed(fault, self.redacted(message) + ".", said.status, self.redacted(said.body), said.retry_after)

    def redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text if len(text) <= _KEPT_ANSWER else text[:_KEPT_ANSWER] + "…"


@lru_cache(maxsize=16)
def _trust(trusted: str, certificate: str) -> ssl.SSLContext | bool:
    """Return whom to believe and what to show: made once, as connections are kept by it. Raises for what is no certificate."""
    if not trusted and not certificate:
        return True
    context = ssl.create_default_context(cadata=trusted or None)
    if trusted:
        # Handle servers make their own certificate, for no host: it is this very one or none, and none it may have issued.
        context.sslobject_class = _pinned(trusted)
        context.check_hostname = False
        context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    if certificate:
        with _held(certificate) as path:
            context.load_cert_chain(path, password=_no_passphrase)
    return context


@contextmanager
def _held(certificate: str) -> Iterator[str]:
    """Hold a key for OpenSSL, which reads files alone: in memory where the system can, else where nobody else may look."""
    if hasattr(os, "memfd_create"):
        with open(os.memfd_create("key"), "w") as held:  # noqa: PTH123 - it has no path but that of this process
            held.write(certificate)
            held.flush()
            yield f"/proc/self/fd/{held.fileno()}"
        return
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as kept:
        kept.write(certificate)
        kept.flush()
        yield kept.name


def _pinned(trusted: str) -> type[ssl.SSLObject]:
    """Return the side of a connection that believes these very certificates alone. Raises ValueError."""
    known = {ssl.PEM_cert_to_DER_cert(each) for each in _CERTIFICATE.findall(trusted)}

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            if self.getpeercert(binary_form=True) not in known:  # before a byte of ours, with the key in it, is sent
                raise ssl.SSLCertVerificationError("it is another one than the profile has")

    return Pinned


def _no_passphrase() -> str:
    """Answer OpenSSL, which would ask at the terminal for the passphrase of a key that has one."""
    raise ValueError("the key is under a passphrase")
