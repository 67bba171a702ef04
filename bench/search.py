"""How fast the public search is: its answers over a data folder's works beside a bare full-text query, with p50 and p95.

    python -m bench.search DATA [QUERIES]

DATA is a data folder on SQLite; take a copy, it is brought up to date. The queries are words, pairs of words, names and
phrases of the works themselves, drawn by chance, and a few words that nearly all works have.
"""

import random
import sqlite3
import sys
from pathlib import Path
from statistics import quantiles
from time import thread_time

from sqlalchemy import Connection, func, select

import server.app  # noqa: F401 -- every table is known once it is imported
from server.db.migrate import migrate
from server.db.sqlite import sync_engine
from server.records.tables import listed, listed_words
from server.site.asked import Asked
from server.site.finding import _fts5, find

COMMON = ("the", "model", "approach", "translation", "language", "machine translation", "neural")
QUERIES = 300


def queries(tx: Connection, count: int) -> list[str]:
    """Draw queries of four kinds from the works."""
    chance = random.Random(7)
    last = int(tx.execute(select(func.max(listed.c.number))).scalar_one())
    found = list(COMMON)
    while len(found) < count:
        row = tx.execute(select(listed_words).where(listed_words.c.number == chance.randint(1, last))).one_or_none()
        if row is None or len(row.title.split()) < 2 or not row.names:
            continue
        title, names = row.title.split(), row.names.split()
        place = chance.randrange(len(title) - 1)
        kinds = (
            chance.choice(title),
            " ".join(chance.sample(title, 2)),
            chance.choice(names),
            f'"{title[place]} {title[place + 1]}"',
        )
        found.append(chance.choice(kinds))
    return [query for query in found if Asked(q=query).terms]


def bare(driver: sqlite3.Connection, query: str) -> None:
    """Ask the full text alone for the best twenty."""
    words = _fts5(Asked(q=query).terms)
    driver.execute("SELECT rowid FROM listed_found WHERE listed_found MATCH ? ORDER BY rank LIMIT 20", (words,)).fetchall()


def said(name: str, seconds: list[float]) -> float:
    cuts = quantiles(seconds, n=100)
    print(f"{name:<28} p50 {cuts[49] * 1000:7.2f} ms   p95 {cuts[94] * 1000:7.2f} ms   worst {max(seconds) * 1000:7.2f} ms")
    return cuts[94]


def main() -> None:
    folder = Path(sys.argv[1])
    migrate(f"sqlite:///{folder / 'sheaf.db'}")
    with sync_engine(folder / "sheaf.db", writer=False).connect() as tx:
        driver: sqlite3.Connection = tx.connection.driver_connection  # type: ignore[assignment]  # the driver's own object
        asked = queries(tx, int(sys.argv[2]) if len(sys.argv) > 2 else QUERIES)
        works = tx.execute(select(func.count()).select_from(listed)).scalar_one()
        print(f"{len(asked)} queries over {works:,} works, in time of the processor")
        ours: list[float] = []
        theirs: list[float] = []
        for query in asked:  # one after the other, so that both find the same warm pages
            for measured, ask in ((theirs, lambda: bare(driver, query)), (ours, lambda: find(tx, Asked(q=query)))):  # noqa: B023
                begun = thread_time()
                ask()
                measured.append(thread_time() - begun)
        first, second = said("bare full text, best 20", theirs), said("search with facets and works", ours)
        print(f"ratio of the p95: {second / first:.2f}; ratio of the sums: {sum(ours) / sum(theirs):.2f}")
        slow = sorted(zip(ours, asked, strict=True), reverse=True)[:5]
        print("slowest:", ", ".join(f"{query!r} {seconds * 1000:.0f} ms" for seconds, query in slow))


if __name__ == "__main__":
    main()
