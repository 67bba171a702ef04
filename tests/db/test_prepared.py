"""Queries compiled once: the same rows as by the usual way, and the same errors."""

import pytest
from sqlalchemy import Connection, Integer, bindparam, column, literal, select, table
from sqlalchemy.exc import OperationalError, ProgrammingError

from server.db.prepared import Prepared
from server.house import House
from server.records.tables import formats


@pytest.mark.parametrize(("above", "most"), [(0, 3), (2, 100), (1000, 5)])
async def test_the_same_rows_as_by_the_usual_way(house: House, above: int, most: int) -> None:
    query = select(formats.c.id, formats.c.prefix, literal(7)).where(formats.c.id > bindparam("above")).order_by(formats.c.id)
    query = query.limit(bindparam("most", type_=Integer))

    def both(tx: Connection) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        usual = tx.execute(query, {"above": above, "most": most})
        found = Prepared(query).rows(tx, {"above": above, "most": most, "never asked for": "this"})
        return [tuple(row) for row in usual], [tuple(row) for row in found]

    usual, found = await house.database.read_hot(both)
    assert found == usual
    assert bool(found) == (above < 1000)


async def test_an_error_is_one_of_the_database(house: House) -> None:
    def ask(tx: Connection) -> None:
        with pytest.raises((OperationalError, ProgrammingError)):
            Prepared(select(column("nothing")).select_from(table("no_such_table"))).rows(tx, {})

    await house.database.read_hot(ask)
