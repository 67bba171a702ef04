"""Statements that go to the driver as they were compiled once: they do what executing them does, and raise the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, Integer, bindparam, column, delete, insert, literal, select, table, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, StatementError

from server.db.statement import Statement
from server.db.upsert import insert_in
from server.errors import Conflict
from server.events.tables import outbox
from server.house import House
from server.jobs.tables import jobs
from server.records.tables import formats, fragments

AT = datetime(2026, 3, 14, 9, 26, 53, 589_793, tzinfo=UTC)
EARLIER = AT.astimezone(timezone(timedelta(hours=-9)))
EVENT: dict[str, Any] = {"id": "0" * 26, "type": "record.published", "subject": "peas", "at": AT, "data": "{}", "sent": False}

_EVENTS = text("SELECT id, type, subject, at, data, sent FROM outbox ORDER BY seq")


def raw(tx: Connection) -> list[tuple[Any, ...]]:
    """Return the rows as the driver has them."""
    return [tuple(row) for row in tx.execute(_EVENTS)]


async def written(house: House, write: Callable[[Connection], object]) -> None:
    await house.database.write(write)


@pytest.mark.parametrize("at", [AT, EARLIER, AT.replace(microsecond=0)])
async def test_rows_are_stored_as_by_the_usual_way(house: House, at: datetime) -> None:
    def both(tx: Connection) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        tx.execute(insert(outbox), EVENT | {"at": at, "sent": True})
        Statement(insert(outbox)).run(tx, EVENT | {"at": at, "sent": True, "id": "1" * 26})
        usual, found = raw(tx)[-2:]
        return usual, found

    usual, found = await house.database.write(both)
    assert found[1:] == usual[1:]


@pytest.mark.parametrize(
    ("types", "sent"), [(["record.published"], True), (["record.published", "record.revised"], True), ([], False)]
)
async def test_rows_come_back_as_by_the_usual_way(house: House, types: list[str], sent: bool) -> None:
    query = select(outbox, literal(7).label("seven"))
    query = query.where(outbox.c.type.in_(bindparam("types", expanding=True)), outbox.c.sent == bindparam("is_sent"))
    query = query.where(outbox.c.subject.in_(["peas", "beans"])).order_by(outbox.c.seq).limit(bindparam("most", type_=Integer))
    asked = {"types": types, "is_sent": sent, "most": 2}

    def both(tx: Connection) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[dict[Any, Any]], list[dict[Any, Any]]]:
        rows = [EVENT | {"id": f"{number:026}", "type": kind, "sent": number % 2 == 0, "at": AT + timedelta(seconds=number)}
                for number, kind in enumerate(["record.published", "record.revised"] * 3)]  # fmt: skip
        Statement(insert(outbox)).run_each(tx, rows)
        statement = Statement(query)
        usual, named = tx.execute(query, asked).all(), tx.execute(query, asked).mappings().all()
        found = [tuple(row) for row in statement.rows(tx, asked)]
        return (
            [tuple(row) for row in usual],
            found,
            [dict(row) for row in named],
            [dict(row) for row in statement.mappings(tx, asked)],
        )

    usual, found, named, mapped = await house.database.write(both)
    assert found == usual
    assert mapped == named
    assert bool(found) == bool(types)


async def test_what_was_touched_is_counted_and_what_returns_is_read(house: House) -> None:
    def does(tx: Connection) -> tuple[int, list[Any], int, Any]:
        Statement(insert(outbox)).run_each(tx, [EVENT, EVENT | {"id": "1" * 26}])
        changed = Statement(update(outbox).where(outbox.c.subject == bindparam("its_subject")))
        count = changed.run(tx, {"its_subject": "peas", "sent": True})
        moved = Statement(
            update(outbox).where(outbox.c.sent).values(subject=bindparam("to")).returning(outbox.c.at, outbox.c.sent)
        )
        rows = [tuple(row) for row in moved.rows(tx, {"to": "beans"})]
        gone = Statement(delete(outbox).where(outbox.c.subject == bindparam("its"))).run(tx, {"its": "peas"})
        return count, rows, gone, Statement(select(outbox.c.at).where(outbox.c.id == bindparam("its"))).one(tx, {"its": "2"})

    assert await house.database.write(does) == (2, [(AT, True), (AT, True)], 0, None)


async def test_the_columns_are_those_that_values_are_given_for(house: House) -> None:
    statement = Statement(update(outbox).where(outbox.c.id == bindparam("its_id")))

    def does(tx: Connection) -> tuple[Any, ...]:
        Statement(insert(outbox)).run(tx, EVENT)
        statement.run(tx, {"its_id": EVENT["id"], "sent": True})
        statement.run(tx, {"its_id": EVENT["id"], "subject": "beans", "data": "[]"})
        return raw(tx)[-1]

    found = await house.database.write(does)
    assert (found[2], found[4], bool(found[5])) == ("beans", "[]", True)


async def test_a_row_that_is_there_already_is_said_in_the_words_of_each_database(house: House) -> None:
    def write(dialect: str) -> Any:
        statement = insert_in(dialect, fragments)
        return statement.on_conflict_do_update(index_elements=["key"], set_={"body": statement.excluded.body})

    statement = Statement(write=write)

    def does(tx: Connection) -> list[Any]:
        for body in (b"peas", b"\0beans"):
            statement.run(tx, {"key": 1, "body": body})
        return Statement(select(fragments.c.body)).values(tx, {})

    assert [bytes(body) for body in await house.database.write(does)] == [b"\0beans"]


async def test_errors_are_those_of_the_database(house: House) -> None:
    def missing(tx: Connection) -> None:
        with pytest.raises((OperationalError, ProgrammingError)):
            Statement(select(column("nothing")).select_from(table("no_such_table"))).rows(tx, {})

    def naive(tx: Connection) -> None:
        with pytest.raises((ValueError, StatementError), match="time zone"):
            Statement(insert(outbox)).run(tx, EVENT | {"at": AT.replace(tzinfo=None)})

    def empty(tx: Connection) -> None:
        Statement(insert(jobs)).run(tx, {"kind": None, "subject": "peas"})

    def twice(tx: Connection) -> None:
        Statement(insert(formats)).run_each(tx, [{"id": 900, "prefix": "peas"}, {"id": 900, "prefix": "beans"}])

    await house.database.read_hot(missing)
    await written(house, naive)
    with pytest.raises(IntegrityError) as found:
        await written(house, empty)
    assert "[parameters" not in str(found.value), "values may be anything"
    with pytest.raises(Conflict):
        await written(house, twice)
