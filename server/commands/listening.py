"""The door of the web server: what is no request of HTTP is refused in a sentence, and leaves one short line in the log.

aiohttp by itself answers in the words of its parser and logs a stack trace for each: from outside anybody could flood the log.
"""

import re
import sys
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from server import clock, observe
from server.sword import errors
from server.sword.v2 import documents as v2
from server.sword.v3 import documents as v3

LONGEST_LINE = 16 * 1024
"""Bytes of a request's first line: OAI-PMH puts all it asks into the address, and 8 kB of it must always be answered."""

LONGEST_HEADER = 8 * 1024

_TOO_LONG = (
    f"The request is too long: an address may have {LONGEST_LINE} bytes, a header {LONGEST_HEADER}. "
    "OAI-PMH takes long arguments by POST.\n"
)
_NO_REQUEST = "This is no request of HTTP.\n"

_TWO_LENGTHS = "The request has Transfer-Encoding and Content-Length; where its body ends is not clear (RFC 9112 § 6.1)."

_LINE = re.compile(rb"[A-Z]{3,10} (/[^\s?]*)")
"""How a request begins."""

_HEADERS = {"Server": "Sheaf", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}

log = observe.logger("web")


class Runner(web.AppRunner):
    """Runs the web application behind this door."""

    def __init__(self, app: web.Application, *, grace: float) -> None:
        super().__init__(app, shutdown_timeout=grace, access_log=None, max_line_size=LONGEST_LINE, max_field_size=LONGEST_HEADER)

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, **self._kwargs)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(web.RequestHandler):
    __slots__ = ("_path",)

    def data_received(self, data: bytes) -> None:
        """Remember which room a request is for: the parser says nothing of one it cannot read."""
        if (begun := _LINE.match(data)) is not None:
            self._path = begun[1]
        super().data_received(data)

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what the parser could not read; all else as aiohttp does."""
        if not isinstance(exc, HttpProcessingError) or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        observe.requests.labels("other", str(status)).inc()
        log.info("refused what is no request", extra={"status": status, "reason": type(exc).__name__})
        text = _TOO_LONG if isinstance(exc, LineTooLong) else _NO_REQUEST
        path = getattr(self, "_path", b"")
        if path.startswith(b"/sword/3/"):
            status, document = v3.error(_failure(exc, text), clock.now())
            response = web.Response(status=status, body=v3.written(document), headers=_HEADERS | {"Content-Type": v3.TYPE})
        elif path.startswith(b"/sword/"):
            body = v2.error("", _failure(exc, text), clock.now(), "Sheaf")
            response = web.Response(status=status, body=body, headers=_HEADERS | {"Content-Type": "application/xml"})
        else:
            response = web.Response(status=status, text=text, headers=_HEADERS)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Note in a line that a body which nobody wanted could not be decoded; all else as aiohttp does."""
        error = sys.exc_info()[1]
        if isinstance(error, web.RequestPayloadError | HttpProcessingError):
            log.info("could not read a body to its end", extra={"reason": type(error).__name__})
        else:
            super().log_exception(*args, **kw)


def _failure(exc: HttpProcessingError, text: str) -> errors.SwordError:
    """Say in SWORD's words what the parser could not read; its clients read nothing else."""
    said = exc.message.lower()
    if "transfer-encoding" in said and "content-length" in said:
        return errors.BadRequest(
            _TWO_LENGTHS, place="Transfer-Encoding", remedy="Send one of the two; a proxy before the server can take one away."
        )
    place = "Content-Length" if "content-length" in said else "request"
    return errors.BadRequest(text.strip(), place=place, remedy="Send a request of HTTP/1.1.")
