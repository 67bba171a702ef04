"""What a list page is asked for in its address."""

from aiohttp import web

from server.errors import NotFound
from server.records.model import is_id
from server.xml import clean

LONGEST = 200


def asked(request: web.Request, *names: str) -> tuple[str, ...]:
    """Return the named parts of an address's query, trimmed, shortened and without what no text may hold."""
    return tuple(clean(request.query.get(name, ""))[:LONGEST].strip() for name in names)


def number(text: str) -> int:
    """Return a number of an address, or 0 for what cannot be the key of a row."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0  # noqa: PLR2004 -- what the column holds


def work_of(request: web.Request) -> str:
    """Return the work an address names; raises NotFound for what cannot be one."""
    work = request.match_info["id"]
    if not is_id(work):
        raise NotFound("There is no such work.", code="record")
    return work
