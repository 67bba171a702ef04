"""The harvest console: who harvests, list by list and month by month, and our own walks. Run before the new code."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from ipaddress import ip_address, ip_network
from typing import Any

import sqlalchemy as sa
from alembic import op

from server.db.columns import Utc

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "simulations",
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prefix", sa.String(length=64), nullable=False),
        sa.Column("context", sa.String(length=32), nullable=False),
        sa.Column("spec", sa.String(length=200), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("begun", Utc(), nullable=False),
        sa.Column("ended", Utc(), nullable=True),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("advice", sa.BigInteger(), nullable=False),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "prefix", name=op.f("pk_simulations")),
    )
    with op.batch_alter_table("simulations", schema=None) as batch_op:
        batch_op.create_index("ix_simulations_begun", ["begun"], unique=False)

    known: list[Mapping[Any, Any]] = list(op.get_bind().execute(sa.text("SELECT * FROM harvesters")).mappings())
    op.drop_index("ix_harvesters_last", "harvesters")
    op.drop_table("harvesters")
    made = op.create_table(
        "harvesters",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=200), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("asked", Utc(), nullable=True),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("patience", sa.Integer(), nullable=False),
        sa.Column("first", Utc(), nullable=False),
        sa.Column("last", Utc(), nullable=False),
        sa.Column("walked", Utc(), nullable=True),
        sa.Column("cycled", Utc(), nullable=True),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("shed", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("lists", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvesters")),
    )
    op.create_index("ix_harvesters_last", "harvesters", ["last"])
    if rows := _moved(known):
        op.bulk_insert(made, rows)
    op.create_table(
        "harvester_months",
        sa.Column("harvester_id", sa.String(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("shed", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("lists", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["harvester_id"], ["harvesters.id"], name=op.f("fk_harvester_months_harvester_id")),
        sa.PrimaryKeyConstraint("harvester_id", "month", name=op.f("pk_harvester_months")),
    )
    op.create_table(
        "simulation_faults",
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prefix", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identifier", sa.String(length=300), nullable=False),
        sa.Column("rule", sa.String(length=150), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("weight", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "prefix"], ["simulations.run_id", "simulations.prefix"], name=op.f("fk_simulation_faults_run_id_prefix")
        ),
        sa.PrimaryKeyConstraint("run_id", "prefix", "seq", name=op.f("pk_simulation_faults")),
    )
    op.create_table(
        "walks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("harvester_id", sa.String(length=32), nullable=False),
        sa.Column("context", sa.String(length=32), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("prefix", sa.String(length=64), nullable=False),
        sa.Column("spec", sa.String(length=200), nullable=False),
        sa.Column("since", sa.String(length=20), nullable=False),
        sa.Column("until", sa.String(length=20), nullable=False),
        sa.Column("begun", Utc(), nullable=False),
        sa.Column("last", Utc(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("finished", Utc(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["harvester_id"], ["harvesters.id"], name=op.f("fk_walks_harvester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walks")),
    )
    with op.batch_alter_table("walks", schema=None) as batch_op:
        batch_op.create_index("ix_walks_harvester_id", ["harvester_id", "last"], unique=False)
        batch_op.create_index("ix_walks_last", ["last"], unique=False)


def _moved(known: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Return the harvesters of before, those of one name in one network as one."""
    rows: dict[str, dict[str, Any]] = {}
    for old in sorted(known, key=lambda row: _moment(row["last"])):
        network = _network(old["address"])
        key = blake2b(f"{old['agent']}\0{network}".encode(), digest_size=16).hexdigest()
        last = _moment(old["last"])
        new = {
            "id": key, "agent": old["agent"], "network": network, "address": old["address"], "sender": "", "host": "",
            "asked": None, "label": "", "patience": 14, "first": _moment(old["first"]), "last": last,
            "walked": last if old["verb"] else None, "cycled": last if old["verb"] and old["finished"] else None,
            "requests": old["requests"], "errors": old["refused"], "shed": 0, "records": old["records"],
            "lists": int(bool(old["verb"] and old["finished"])), "error": "",
        }  # fmt: skip
        if (same := rows.get(key)) is not None:
            new |= {name: same[name] + new[name] for name in ("requests", "errors", "records", "lists")}
            new |= {name: new[name] or same[name] for name in ("walked", "cycled")} | {"first": min(same["first"], new["first"])}
        rows[key] = new
    return list(rows.values())


def _moment(value: datetime | str) -> datetime:
    """Read a moment as a plain SELECT gives it: SQLite keeps text, in UTC."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False))  # noqa: PLR2004


def downgrade() -> None:
    for name in ("simulation_faults", "simulations", "walks", "harvester_months"):
        op.drop_table(name)
    op.drop_index("ix_harvesters_last", "harvesters")
    op.drop_table("harvesters")
    op.create_table(
        "harvesters",
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("first", Utc(), nullable=False),
        sa.Column("last", Utc(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("prefix", sa.String(length=64), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "address", name=op.f("pk_harvesters")),
    )
    op.create_index("ix_harvesters_last", "harvesters", ["last"])
