"""The sitemap (sitemaps.org): an index, and parts of at most 50,000 works, each with the moment it changed."""

from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from server.clock import to_wire
from server.db.engine import Database
from server.records.tables import listed

PART = 50_000
"""Works in a part, as many as the protocol allows. A part is a range of numbers, so that it stays the same part."""

_AT_ONCE = 5_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def parts(tx: Connection) -> list[tuple[int, datetime]]:
    """Return the parts there are, and when something in each changed last."""
    place = ((listed.c.number - 1) // PART).label("part")
    rows = tx.execute(select(place, func.max(listed.c.modified)).group_by(place).order_by(place))
    return [(int(part) + 1, changed) for part, changed in rows]


def index(url: str, found: list[tuple[int, datetime]]) -> str:
    """Write the index."""
    lines = "".join(
        f"<sitemap><loc>{url}/sitemap/{part}.xml</loc><lastmod>{to_wire(changed)}</lastmod></sitemap>\n"
        for part, changed in found
    )
    return f"{_HEAD}<sitemapindex {_SPACE}>\n{lines}</sitemapindex>\n"


async def part(database: Database, url: str, number: int) -> AsyncIterator[str]:
    """Write a part, some thousand works at a time."""
    yield f"{_HEAD}<urlset {_SPACE}>\n"
    after, end = (number - 1) * PART, number * PART
    while rows := await database.read(_some, after, end):
        yield "".join(
            f"<url><loc>{url}/items/{work}</loc><lastmod>{to_wire(changed)}</lastmod></url>\n" for _, work, changed in rows
        )
        after = rows[-1][0]
    yield "</urlset>\n"


def _some(tx: Connection, after: int, end: int) -> list[tuple[int, str, datetime]]:
    query = select(listed.c.number, listed.c.record_id, listed.c.modified)
    query = query.where(listed.c.number > after, listed.c.number <= end).order_by(listed.c.number).limit(_AT_ONCE)
    return [(row.number, row.record_id, row.modified) for row in tx.execute(query)]
