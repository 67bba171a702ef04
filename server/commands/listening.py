"""The door of the web server: what is no request of HTTP is refused in a sentence, and leaves one short line in the log.

aiohttp by itself answers in the words of its parser and logs a stack trace for each: from outside anybody could flood the log.
"""

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from server import observe

LONGEST_LINE = 16 * 1024
"""Bytes of a request's first line: OAI-PMH puts all it asks into the address, and 8 kB of it must always be answered."""

LONGEST_HEADER = 8 * 1024

_TOO_LONG = (
    f"The request is too long: an address may have {LONGEST_LINE} bytes, a header {LONGEST_HEADER}. "
    "OAI-PMH takes long arguments by POST.\n"
)
_NO_REQUEST = "This is no request of HTTP.\n"

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
    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what the parser could not read; all else as aiohttp does."""
        if not isinstance(exc, HttpProcessingError) or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        observe.requests.labels("other", str(status)).inc()
        log.info("refused what is no request", extra={"status": status, "reason": type(exc).__name__})
        response = web.Response(status=status, text=_TOO_LONG if isinstance(exc, LineTooLong) else _NO_REQUEST, headers=_HEADERS)
        response.force_close()
        return response
