"""What the tests of usage share: a browser of a person, and what was written down."""

from typing import Any

from sqlalchemy import select

from server.house import House
from server.usage.tables import clicks, dropped

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


async def clicked(house: House) -> list[Any]:
    return await house.database.read(lambda tx: tx.execute(select(clicks).order_by(clicks.c.id)).all())


async def left_out(house: House) -> dict[tuple[str, str], int]:
    """How many hits were not counted, by class and kind."""
    rows = await house.database.read(lambda tx: tx.execute(select(dropped)).mappings().all())
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        key = row["class"], row["kind"]
        found[key] = found.get(key, 0) + row["hits"]
    return found
