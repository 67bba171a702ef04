"""Rows that were there before: what migrations make of them is what the code would have written."""

from datetime import UTC, datetime

from sqlalchemy import delete, select

from server.db.migrate import engine_for, migrate
from server.db.migrations import moves
from server.records import store
from server.records.model import Agent, AgentId, Contributor, Dates, Identifier, Record, Text, Thesis, Title
from server.records.store import New, State
from server.records.tables import searchable

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
WORKS = (
    Record(
        type="publication.journalArticle", title=Text(value="«The» Ångström  Éxperiment"), subtitle="Sub",
        alt_titles=(Title(value="Другое"),), identifiers=(Identifier(scheme="doi", value="10.5072/X"),),
        creators=(Agent(family="Mendel", given="Gregor", ids=(AgentId(scheme="orcid", value="0000-0001"),)),),
        contributors=(Contributor(kind="org", name="Abbey"),), dates=Dates(issued="-0299"),
    ),
    Record(type="etd.doctoral", title=Text(value="A thesis"), thesis=Thesis(date_awarded="1905"), access="restricted"),
    Record(type="dataset.dataset", title=Text(value="x" * 5000)),
)  # fmt: skip


def test_a_card_written_by_the_migration_is_the_card_written_by_the_code(database_url: str, monkeypatch) -> None:
    monkeypatch.setattr(moves, "BATCH", 2)
    engine = engine_for(database_url)
    with engine.begin() as tx:
        works = [
            New(f"01J0000000000000000000000{n}", work, "works", State.PUBLISHED, origin=f"oai:{n}")
            for n, work in enumerate(WORKS)
        ]
        store.add(tx, works, NOW)
        expected = tx.execute(select(searchable).order_by(searchable.c.record_id)).all()
        tx.execute(delete(searchable))
        moves.to_the_works(tx)
        assert tx.execute(select(searchable).order_by(searchable.c.record_id)).all() == expected
    engine.dispose()


def test_what_waited_before_waits_after_and_back_again(database_url: str) -> None:
    engine = engine_for(database_url)
    with engine.begin() as tx:
        store.add(tx, [New("01J00000000000000000000001", WORKS[1], "works", State.RETURNED)], NOW)
    migrate(database_url, "0003")
    with engine.begin() as tx:
        assert tx.exec_driver_sql("SELECT state FROM records").scalar() == "draft"
    migrate(database_url)
    with engine.begin() as tx:
        assert store.get(tx, "01J00000000000000000000001").state is State.PENDING
        assert tx.execute(select(searchable.c.state)).scalar() == "pending"
    engine.dispose()
