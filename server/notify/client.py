"""Requests to addresses an administrator typed: to judged addresses, bounded in time and size, no redirections, no cookies."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from server.notify.guard import Barred, Guard, connector

PATIENCE = 5.0
"""Seconds from the first lookup to the last byte; longer is a failure."""
LARGEST = 65_536
"""Bytes of an answer that are read; then the connection is closed."""
_CHUNK = 8192

#: What is said of an answer that could not be read.
_KINDS = (
    (aiohttp.InvalidURL, "the address is not a canonical one"),
    (aiohttp.ServerDisconnectedError, "the connection was closed"),
    (aiohttp.ClientPayloadError, "it ends too early, or its length is wrong"),
    (aiohttp.ClientResponseError, "it is no HTTP"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, its header Retry-After, and the beginning of the body."""

    status: int
    retry_after: str
    body: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Unreached:
    """Nothing came back; `words` say why."""

    words: str
    milliseconds: int
    barred: bool = False
    connected: bool = True
    """Whether the request may have arrived all the same, and only the answer is missing."""


class Outward:
    """A client for addresses that are not trusted. Opened and closed as a context; environment proxies are not asked."""

    def __init__(self, guard: Guard, agent: str, *, patience: float = PATIENCE) -> None:
        self._guard = guard
        self._agent = agent
        self._patience = patience
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    def refuses_plain(self, url: URL) -> bool:
        """Whether plain http cannot go there."""
        return self._guard.refuses_plain(url)

    async def __aenter__(self) -> Self:
        for scheme in ("https", "http"):
            self._sessions[scheme] = aiohttp.ClientSession(
                connector=connector(self._guard, plain=scheme == "http"),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self._agent, "Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=self._patience),
                auto_decompress=False,
                trust_env=False,
            )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for session in self._sessions.values():
            await session.close()

    async def ask(self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None = None) -> Answer | Unreached:
        """Send one request. Never raises for what a remote may do."""
        begun = time.monotonic()
        try:
            async with self._sessions[url.scheme].request(
                method, url, data=body, headers=dict(headers), allow_redirects=False
            ) as response:
                read = await _read(response)
                return Answer(response.status, response.headers.get("Retry-After", ""), read, _since(begun))
        except TimeoutError:
            words = f"{url.host} did not answer within {self._patience:g} seconds."
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, Barred):
                return Unreached(str(error.os_error), _since(begun), barred=True, connected=False)
            return Unreached(f"No connection to {url.host}: {_reason(error.os_error)}.", _since(begun), connected=False)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            words = f"The answer of {url.host} was lost: {_reason(error)}."
        return Unreached(words, _since(begun))


async def _read(response: aiohttp.ClientResponse) -> str:
    """Read the beginning of an answer; what is longer, the connection is closed on."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) >= LARGEST:
            response.close()
            break
    return bytes(body[:LARGEST]).decode("utf-8", "replace")


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def _reason(error: BaseException) -> str:
    """Say why an answer is missing: what the system says of the connection, or what kind of error it is.

    No other words: aiohttp's hold the address that was asked, and what came back, which may repeat it. A secret may stand in an
    address, or a person; and what is said here goes into logs, letters and backups.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.rstrip(".")
    return next((words for kind, words in _KINDS if isinstance(error, kind)), type(error).__name__)


def wished(header: str, now: datetime, longest: timedelta) -> timedelta | None:
    """Return the wait that a Retry-After header asks for (RFC 9110 § 10.2.3: seconds or a date), bounded; None without one."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), longest)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return min(max(when - now, timedelta()), longest) if when.tzinfo else None
