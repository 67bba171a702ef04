"""Sending an answer: compressed where the client can read it; where not, what is kept deflated is unpacked little by little."""

import asyncio
from collections.abc import Iterator, Sequence

from aiohttp import web

from server import observe
from server.oai.response import CONTENT_TYPE, Body
from server.records.deflated import Piece, Text, length, whole

PORTION = 256 * 1024
"""Bytes unpacked at once at least: sixty-four slow clients need sixteen megabytes."""

VARY = {"Vary": "Accept-Encoding"}
#: A browser may dress the answer with our stylesheet, and do no more with it.
_SHOWN = VARY | {
    "Content-Type": f"{CONTENT_TYPE}; charset=utf-8",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
_PACKED = _SHOWN | {"Content-Encoding": "gzip"}


async def send(request: web.Request, answer: Body) -> web.StreamResponse:
    """Send an answer; the client is told how long it will be (OAI-PMH 3.1.3)."""
    if isinstance(answer, bytes):
        return web.Response(body=answer, headers=_PACKED)
    if not any(isinstance(text, Piece) for text in answer):
        return web.Response(body=b"".join(answer), headers=_SHOWN)  # type: ignore[arg-type]  # looked at just now
    response = web.StreamResponse(headers=_SHOWN | {"X-Request-Id": observe.request_id.get()})
    response.content_length = length(answer)
    await response.prepare(request)
    if request.method != "HEAD":
        for portion in _portions(answer):
            await response.write(await asyncio.to_thread(whole, portion))
    await response.write_eof()
    return response


def _portions(texts: Sequence[Text]) -> Iterator[list[Text]]:
    """Yield some texts at a time."""
    portion: list[Text] = []
    size = 0
    for text in texts:
        portion.append(text)
        size += length([text])
        if size >= PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
