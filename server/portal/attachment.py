"""A work's file sent to whoever may see the work behind the login: to be kept, never shown, open or not."""

import asyncio

from aiohttp import web

from server.errors import NotFound
from server.house import House
from server.items.files import disposition
from server.portal.asked import number
from server.records.store import Stored
from server.sending import send_file

HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


async def send_attachment(request: web.Request, house: House, work: Stored, place: str) -> web.StreamResponse:
    """Send the file at a place of a work, counted from 1; raises NotFound."""
    at = number(place)
    if not 0 < at <= len(work.record.files):
        raise NotFound("There is no such file of this work.", code="file")
    file = work.record.files[at - 1]
    path = await asyncio.to_thread(house.files.path, file.sha256)
    headers = HEADERS | {"Content-Disposition": disposition(file.name, "attachment")}
    return await send_file(request, path, file.sha256, work.modified, headers)
