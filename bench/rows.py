"""What a page costs when nothing of it is sealed, without a web server. `python -m bench.rows DATABASE FORMAT SIZE`."""

import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, func, select

from server.db.sqlite import sync_engine
from server.dissemination import disseminate
from server.metadata.format import formats
from server.metadata.fragments import Renderer, Repository
from server.records import parts
from server.records.deflated import gzipped, joined
from server.records.lists import Entry, Range
from server.records.tables import feed
from server.records.tables import formats as numbered

PAGES = 15


def main() -> None:
    path, name, size = sys.argv[1:]
    with sync_engine(Path(path), writer=False).connect() as tx:
        ids: dict[str, int] = {row.prefix: row.id for row in tx.execute(select(numbered))}
        renderer = Renderer(
            Repository("Bench", "https://repository.example.org", "example.org", "bench@example.org"), formats(), ids
        )

        def write(tx: Connection, entries: Sequence[Entry]) -> list[bytes]:
            return [each or b"" for each in disseminate(tx, renderer, renderer.formats[name], entries).records]

        last = tx.execute(select(func.max(feed.c.seq))).scalar_one()
        took = []
        for _ in range(PAGES):
            after = random.randrange(max(1, last - int(size)))
            begun = time.process_time()
            nobody = Range(ids[name], last, after=after, shown="a list nobody has sealed")
            gzipped(joined(parts.records(tx, nobody, int(size), write).texts))
            took.append(time.process_time() - begun)
    print(statistics.median(took) * 1e3)


if __name__ == "__main__":
    main()
