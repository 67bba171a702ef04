"""Rows that were there before: what migrations make of them is what the code would have written."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select

from server.accounts import store as accounts
from server.accounts.model import Role
from server.db.migrate import engine_for, migrate
from server.db.migrations import moves
from server.jobs import queue
from server.oai import harvested
from server.oai.walk import Visitor
from server.records import changes, store
from server.records.changes import Change, Written
from server.records.model import Agent, AgentId, Contributor, Dates, File, Identifier, Record, Text, Thesis, Title
from server.records.store import New, State
from server.records.tables import searchable
from server.sword import store as sword
from server.sword.model import Container, ContainerState, Deposit, DepositState, Draft, Operation, Problem
from server.works.tables import queries

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

DAYS = ("2027", "2028-02", "2027-04-01", "-0299", "0000")


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


def test_harvesters_of_one_name_in_one_network_become_one(database_url: str) -> None:
    engine = engine_for(database_url)
    migrate(database_url, "0007")
    row = "INSERT INTO harvesters VALUES ('Sickle', '{}', '{}', '{}', 4, 1, {}, '{}', 'oai_dc', 5, 5, {})"
    with engine.begin() as tx:
        for address, last, records, verb, finished in (
            ("192.0.2.1", "2026-03-12 09:26:53", 5, "ListRecords", "true"),
            ("192.0.2.9", "2026-03-13 09:26:53", 7, "ListRecords", "false"),
            ("unknown", "2026-03-14 09:26:53", 0, "", "true"),
        ):
            tx.exec_driver_sql(row.format(address, "2026-03-11 09:26:53", last, records, verb, finished))
    migrate(database_url)
    with engine.begin() as tx:
        unknown, one = harvested.search(tx, harvested.Asked(), NOW, 10)
        assert (one.id, one.address, one.requests, one.errors, one.records) == (
            Visitor("Sickle", "192.0.2.1").id,
            "192.0.2.9",
            8,
            2,
            12,
        )
        assert (one.cycled, one.walked, one.lists) == (NOW - timedelta(days=2), NOW - timedelta(days=1), 1)
        assert (unknown.network, unknown.last, unknown.walked, unknown.lists) == ("unknown", NOW, None, 0)
    engine.dispose()


def test_the_day_an_embargo_ends_is_written_on_the_card_of_each_work_that_has_one(database_url: str, monkeypatch) -> None:
    monkeypatch.setattr(moves, "BATCH", 2)
    file = File(name="peas.pdf", access="embargoed")
    works = [
        *(Record(type="etd.doctoral", title=Text(value=day), access="embargoed", dates=Dates(embargo_until=day)) for day in DAYS),
        Record(type="etd.doctoral", title=Text(value="a file"), files=(file,), dates=Dates(embargo_until="2027-02")),
        Record(type="etd.doctoral", title=Text(value="open"), dates=Dates(embargo_until="2027")),
        Record(type="etd.doctoral", title=Text(value="for ever"), access="embargoed"),
    ]
    engine = engine_for(database_url)
    with engine.begin() as tx:
        store.add(
            tx, [New(f"01J000000000000000000000{n:02}", each, "works", State.PUBLISHED) for n, each in enumerate(works)], NOW
        )
        expected = tx.execute(select(searchable.c.record_id, searchable.c.opens).order_by(searchable.c.record_id)).all()
    assert [opens for _, opens in expected] == ["2027-12-31", "2028-02-29", "2027-04-01", None, None, "2027-02-28", None, None]
    migrate(database_url, "0008")
    migrate(database_url)
    with engine.begin() as tx:
        assert tx.execute(select(searchable.c.record_id, searchable.c.opens).order_by(searchable.c.record_id)).all() == expected


def test_what_has_left_a_set_is_no_member_for_the_release_before(database_url: str) -> None:
    engine = engine_for(database_url)
    ids = [f"01J0000000000000000000000{n}" for n in range(3)]
    with engine.begin() as tx:
        store.add(tx, [New(number, WORKS[1], "works", State.PUBLISHED) for number in ids], NOW)
        bit = changes.format_ids(tx, ["oai_dc"])["oai_dc"]

        def stamp(number: str, *specs: str, deleted: bool = False) -> None:
            written = Written({} if deleted else {bit: b"<metadata/>"})
            changes.stamp(tx, [Change(number, f"oai:x:{number}", specs, written, deleted=deleted)], NOW)

        for number in ids:
            stamp(number, "type", "type:etd")
        stamp(ids[1], "type")
        stamp(ids[2], "type")
        stamp(ids[2], "type", deleted=True)
    migrate(database_url, "0006")
    members = """SELECT record_id FROM memberships JOIN sets ON sets.id = set_id JOIN feed ON feed.seq = memberships.seq
                 WHERE spec = '{}' AND superseded IS NULL ORDER BY record_id"""
    with engine.begin() as tx:
        found = [list(tx.exec_driver_sql(members.format(spec)).scalars()) for spec in ("type", "type:etd")]
    assert found == [ids, [ids[0], ids[2]]], "a tombstone stays where it was ever known"
    migrate(database_url)
    engine.dispose()


def test_what_the_release_before_cannot_read_is_gone_or_in_its_words(database_url: str) -> None:
    engine = engine_for(database_url)
    with engine.begin() as tx:
        accounts.add(tx, "mendel", Role.DEPOSITOR, "", NOW)
        owner = tx.exec_driver_sql("SELECT id FROM accounts").scalar()
        store.add(tx, [New("01J00000000000000000000000", WORKS[1], "works", State.DECLINED)], NOW)
        for room in ("works", "imports"):
            tx.execute(insert(queries).values(account_id=owner, name="mine", room=room, query="", shared=False, created=NOW))
        state = ContainerState.DECLINED
        declined = Container(
            "01J00000000000000000000000", owner, "works", state, None, Draft(), has_record=True, created=NOW, changed=NOW
        )
        sword.add_container(tx, declined, None)
        for number, (protocol, operation, now) in enumerate(SENT):
            sword.add_deposit(tx, sent(number, protocol, operation, now), owner)
            queue.enqueue(tx, "read-deposit", f"01J0000000000000000000000{number}", NOW)
        queue.enqueue(tx, "fetch-references", "01J00000000000000000000001", NOW)
    migrate(database_url, "0010")
    with engine.begin() as tx:
        assert list(tx.exec_driver_sql("SELECT name FROM queries").scalars()) == ["mine"]
        found = [tuple(row) for row in tx.exec_driver_sql("SELECT operation, state FROM deposits ORDER BY id")]
        assert found == [
            ("create", "held"), ("replace all", "closed"), ("replace metadata", "taken"), ("replace content", "closed"),
        ]  # fmt: skip
        jobs = [tuple(row) for row in tx.exec_driver_sql("SELECT kind, subject FROM jobs ORDER BY id")]
        assert jobs == [("read-deposit", "01J00000000000000000000000")]
        for table in ("containers", "records", "searchable"):
            assert tx.exec_driver_sql(f"SELECT state FROM {table}").scalar() == "withdrawn"
    migrate(database_url)
    with engine.begin() as tx:
        (first, *_) = sword.deposits_of(tx, "01J00000000000000000000000")
        assert (first.payload, first.collection) == ("a" * 64, "works")
        known = tx.exec_driver_sql("SELECT code, weight, message FROM problems").all()
        assert [tuple(row) for row in known] == [("title-missing", "hold", "No title.")]
        assert tx.exec_driver_sql("SELECT room FROM queries").scalar() == "works"
    engine.dispose()


SENT = (
    ("sword2", Operation.CREATE, DepositState.HELD),
    ("sword3", Operation.REPLACE_OBJECT, DepositState.HELD),
    ("sword3", Operation.CLEAR_METADATA, DepositState.TAKEN),
    ("sword3", Operation.REPLACE_FILE, DepositState.RECEIVED),
)


def sent(number: int, protocol: str, operation: Operation, state: DepositState) -> Deposit:
    problem = Problem("title-missing", "No title.", "", "") if number == 0 else None
    return Deposit(
        f"01J0000000000000000000000{number}", "01J00000000000000000000000", "mendel", protocol, "POST", operation, "/", (), state,
        NOW, 1, "a" * 64, None, "peas.zip", "application/zip", None, False, None, problem, 0, collection="works", payload="b" * 64,
    )  # fmt: skip
