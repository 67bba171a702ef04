"""What clients of agencies do with every answer: read as much of it as anybody needs, and say what went wrong with it."""

import os
from email.utils import parsedate_to_datetime

import aiohttp

from server import clock

#: DataCite, "Best practices for integrators": a name, a version and where to ask. A session that says who operates it (with a
#: mailto:) is left to say so.
USER_AGENT = "Sheaf/0.1"
_LARGEST_ANSWER = 32 * 2**20
_LONGEST_WAIT = 86_400.0
"""Seconds; an agency that asks for more is asked again after a day."""


async def read(response: aiohttp.ClientResponse) -> str:
    """Read an answer as far as anything an agency says can go."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            break
    return body.decode("utf-8", "replace")


def reason_of(error: BaseException) -> str:
    """Say what went wrong as the system says it, without the words a library puts around that; no stop at the end."""
    cause = getattr(error, "os_error", error)
    number = getattr(cause, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return (getattr(cause, "strerror", None) or str(cause) or type(error).__name__).rstrip(".")


def retry_after(value: str | None) -> float | None:
    """Return the seconds a Retry-After header asks for (RFC 9110 § 10.2.3: seconds or a date)."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return min(float(value), _LONGEST_WAIT)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return min(max(0.0, (when - clock.now()).total_seconds()), _LONGEST_WAIT) if when.tzinfo else None
