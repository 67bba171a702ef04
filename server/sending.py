"""Sending a kept file: whole or in part, and not again to somebody who has it (RFC 9110 §§ 13 and 14)."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from aiohttp import web
from aiohttp.helpers import ETag

from server import observe

PIECE = 256 * 1024


def unchanged(request: web.Request, etag: str, modified: datetime) -> bool:
    """Say whether the client has this already; If-None-Match is asked first, the date only without it (RFC 9110 § 13.2.2)."""
    if request.if_none_match is not None:
        return any(_same(tag, etag) for tag in request.if_none_match)
    since = request.if_modified_since
    return since is not None and modified.replace(microsecond=0) <= since


async def send_file(
    request: web.Request, path: Path, sha256: str, modified: datetime, headers: dict[str, str]
) -> web.StreamResponse:
    """Send a file, its SHA-256 as its ETag; answers 206, 304, 412 and 416 where the request asks for it."""
    validators = {"ETag": f'"{sha256}"', "Accept-Ranges": "bytes", "X-Request-Id": observe.request_id.get()}
    headers = headers | validators
    if request.if_match is not None and not any(_same(tag, sha256) for tag in request.if_match):
        raise web.HTTPPreconditionFailed(text="The file is not the one you have any more.")
    if unchanged(request, sha256, modified):
        response: web.StreamResponse = web.Response(status=304, headers=headers)
        response.last_modified = modified
        return response
    size = (await asyncio.to_thread(path.stat)).st_size
    try:
        part = _range(request, sha256, modified, size)
    except ValueError:
        raise web.HTTPRequestRangeNotSatisfiable(
            text=f"The file has {size} bytes.", headers={"Content-Range": f"bytes */{size}"}
        ) from None
    response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
    first, end = part or (0, size)
    if part is not None:
        response.headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    response.last_modified = modified
    response.content_length = end - first
    await response.prepare(request)
    if request.method != "HEAD":
        await _pour(path, first, end, response)
    await response.write_eof()
    return response


def _same(tag: ETag, etag: str) -> bool:
    return tag.value in {etag, "*"}


def _range(request: web.Request, etag: str, modified: datetime, size: int) -> tuple[int, int] | None:
    """Return the part asked for, or None for the whole; raises ValueError where the file has no such part.

    A Range we cannot read (several parts, another unit) is ignored, as RFC 9110 § 14.2 allows.
    """
    wanted = request.headers.get("Range", "")
    if (
        not wanted.startswith("bytes=")
        or "," in wanted
        or not _holds(request.headers.get("If-Range", ""), request, etag, modified)
    ):
        return None
    if not wanted.removeprefix("bytes=-").strip("0"):  # the last no bytes
        raise ValueError(wanted)
    part = request.http_range
    first = part.start if part.start is not None else 0
    if first < 0:
        first = max(0, size + first)
    end = min(size, part.stop) if part.stop is not None else size
    if first >= size or first >= end:
        raise ValueError(wanted)
    return first, end


def _holds(condition: str, request: web.Request, etag: str, modified: datetime) -> bool:
    """If-Range: a part only for somebody who has the rest of the same file."""
    if not condition:
        return True
    if condition.startswith('"'):
        return condition == f'"{etag}"'
    return request.if_range is not None and request.if_range == modified.replace(microsecond=0)


async def _pour(path: Path, first: int, end: int, response: web.StreamResponse) -> None:
    with _opened(path, first) as file:
        while first < end:
            piece = await asyncio.to_thread(file.read, min(PIECE, end - first))
            if not piece:
                raise ConnectionResetError("The file became shorter while it was sent.")
            first += len(piece)
            await response.write(piece)


def _opened(path: Path, first: int) -> BinaryIO:
    """Open at once and not in a thread: a request that is cancelled meanwhile would leave the file open."""
    file = path.open("rb")
    file.seek(first)
    return file
