"""A list of works as CSV, for spreadsheets."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from server import spreadsheet
from server.identifiers.tables import identifiers
from server.records.vocabulary import TYPES
from server.works import find
from server.works.find import Behind, Row, Wanted

HEAD = (
    "id", "state", "type", "title", "year", "access", "DOI", "collection", "depositor", "files", "created", "changed", "address",
)  # fmt: skip
SIZE = 1000


def lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows as they are sent."""
    return spreadsheet.lines(rows).encode()


def part(tx: Connection, wanted: Wanted, behind: Behind | None, url: str) -> tuple[list[list[str]], Behind | None]:
    """Return the next rows of the sheet, and where to go on; None at the end."""
    found = find.page(tx, wanted, behind, SIZE)
    dois = _dois(tx, [row.id for row in found])
    order = find.ORDERS.get(wanted.order, find.ORDERS[""])
    last = Behind(found[-1].id, order.key(found[-1])) if len(found) == SIZE else None
    return [_row(row, dois.get(row.id, ""), url) for row in found], last


def _row(row: Row, doi: str, url: str) -> list[str]:
    return [
        row.id, row.state.value, TYPES[row.type].label, row.title, "" if row.year is None else str(row.year), row.access, doi,
        row.collection, row.owner or "", "yes" if row.files else "no", row.created.isoformat(), row.modified.isoformat(),
        f"{url}/items/{row.id}",
    ]  # fmt: skip


def _dois(tx: Connection, numbers: list[str]) -> dict[str, str]:
    query = select(identifiers.c.record_id, identifiers.c.value).where(
        identifiers.c.record_id.in_(numbers), identifiers.c.scheme == "doi"
    )
    return {row.record_id: row.value for row in tx.execute(query.order_by(identifiers.c.id.desc()))}
