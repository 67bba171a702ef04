"""Forms with files: read part by part, so that no file is ever in memory, and nothing is read before the proof.

The proof is the first part, as it is the first field of the form. Texts are gathered up to the limit of a form, files go to the
spool up to the limit of an upload.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import BodyPartReader, MultipartReader, web
from multidict import MultiDict

from server.errors import TooLarge
from server.portal.proof import CSRF, prove
from server.records.files import DiskStore, Received, receive
from server.xml import clean

LONGEST_TEXTS = 2 * 2**20
MOST_PARTS = 20_000
MOST_FILES = 200
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file as it was sent: its field, the name and type its sender gave it (not to be trusted), its first bytes, its bytes."""

    field: str
    name: str
    declared: str
    head: bytes
    received: Received


@dataclass(frozen=True, slots=True)
class Sent:
    """A form with its files. `refused` says of files that were not taken why."""

    texts: MultiDict[str]
    files: tuple[Uploaded, ...] = ()
    refused: tuple[str, ...] = ()

    def discard(self) -> None:
        """Remove what nobody wants; from a thread."""
        for each in self.files:
            each.received.path.unlink(missing_ok=True)


def has_files(request: web.Request) -> bool:
    """Whether a form is sent in parts."""
    return request.content_type == "multipart/form-data"


async def opened(request: web.Request, account: str, csrf: str) -> MultipartReader:
    """Begin to read a form in parts and check the proof in its first; raises 403 and 400."""
    try:
        reader = await request.multipart()
        first = await reader.next()
        proof = await _text(first, 200) if isinstance(first, BodyPartReader) and first.name == CSRF else ""
    except ValueError as error:
        raise web.HTTPBadRequest(text="The form cannot be read.") from error
    prove(request, account, proof, csrf)
    return reader


async def received(reader: MultipartReader, files: DiskStore, limit: int) -> Sent:
    """Read the rest of a form. A file above the limit is not taken and named in `refused`; the texts are always complete.

    Raises 400 for junk, 413 for too long texts, Unavailable where the disk is full; leaves no files then.
    """
    texts: MultiDict[str] = MultiDict()
    taken: list[Uploaded] = []
    refused: list[str] = []
    left, room, parts = LONGEST_TEXTS, limit, 0
    try:
        while (part := await reader.next()) is not None:
            parts += 1
            if not isinstance(part, BodyPartReader) or part.name is None or parts > MOST_PARTS or len(taken) > MOST_FILES:
                raise web.HTTPBadRequest(text="The form has too many parts, or one that no form has.")
            if part.filename is None:
                text = await _text(part, left)
                left -= len(text.encode("utf-8", "surrogatepass")) + len(part.name)
                texts.add(part.name, text)
            elif part.filename:
                try:
                    taken.append(await _file(part, files, room))
                    room -= taken[-1].received.bytes
                except TooLarge:
                    await _skip(part, limit)
                    refused.append(f"{clean(part.filename)[:200]}: it is larger than what may be sent at once.")
    except BaseException as error:
        await asyncio.to_thread(Sent(texts, tuple(taken)).discard)
        if isinstance(error, ValueError | LookupError):
            raise web.HTTPBadRequest(text="The form cannot be read.") from error
        raise
    return Sent(texts, tuple(taken), tuple(refused))


async def _file(part: BodyPartReader, files: DiskStore, room: int) -> Uploaded:
    head: list[bytes] = []

    async def pieces() -> AsyncIterator[bytes]:
        while piece := await part.read_chunk(_PIECE):
            if not head:
                head.append(piece[:1024])
            yield piece

    stored = await receive(files.spool(), pieces(), room)
    declared = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Uploaded(str(part.name), str(part.filename), declared, head[0] if head else b"", stored)


async def _skip(part: BodyPartReader, limit: int) -> None:
    """Read over the rest of a file that is too large, as long as that is bearable: what was typed comes behind it."""
    over = 0
    while piece := await part.read_chunk(_PIECE):
        over += len(piece)
        if over > limit:
            raise web.HTTPRequestEntityTooLarge(limit, over, text="The file is far larger than what may be sent at once.")


async def _text(part: BodyPartReader, longest: int) -> str:
    body = b""
    while piece := await part.read_chunk(_PIECE):
        body += piece
        if len(body) > longest:
            raise web.HTTPRequestEntityTooLarge(longest, len(body), text="The form is too long.")
    return body.decode("utf-8", "strict")
