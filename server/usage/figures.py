"""Use as people look at it: by month of the repository and of a work, what is used most, what stands out, what was left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, case, func, select

from server.records import store
from server.records.tables import records
from server.usage.model import Class
from server.usage.tables import dropped, months

YEAR = 12
"""Months of a chart of a work, and of the average a spike is measured by."""

_MUCH, _MORE = 3, 100
_LITTLE, _ENOUGH = 0.01, 20


@dataclass(frozen=True, slots=True)
class Month:
    """The use of a month: how often pages were seen or files downloaded, and how often files were."""

    month: str
    investigations: int = 0
    requests: int = 0

    @property
    def views(self) -> int:
        """How often a page was seen: a download is an investigation, too."""
        return self.investigations - self.requests


@dataclass(frozen=True, slots=True)
class Used:
    """A work and its use over some time."""

    record_id: str
    title: str
    investigations: int
    requests: int


@dataclass(frozen=True, slots=True)
class Spike:
    """A month unlike the year before it (COUNTER R5.1, 7.12): somebody should look, and nothing is left out by itself."""

    record_id: str
    """The work; empty for the whole repository."""
    title: str
    what: str
    """`requests` or `investigations`."""
    count: int
    average: float

    @property
    def is_high(self) -> bool:
        return self.count > self.average


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many hits a rule left out."""

    cls: Class
    rule: str
    hits: int


def back(month: str, many: int) -> str:
    """Return the month so many months before another."""
    whole = int(month[:4]) * 12 + int(month[5:]) - 1 - many
    return f"{whole // 12:04}-{whole % 12 + 1:02}"


def by_month(tx: Connection, now: datetime, many: int = 2 * YEAR, record_id: str = "") -> list[Month]:
    """Return the last months of a work or of the whole repository, this one last; months without use too."""
    this = f"{now:%Y-%m}"
    query = select(months.c.month, *_SUMS).where(months.c.month > back(this, many)).group_by(months.c.month)
    if record_id:
        query = query.where(months.c.record_id == record_id)
    found = {row.month: Month(row.month, int(row.investigations), int(row.requests)) for row in tx.execute(query)}
    return [found.get(month, Month(month)) for month in (back(this, many - place - 1) for place in range(many))]


_SUMS = (
    func.sum(months.c.total_investigations).label("investigations"),
    func.sum(months.c.total_requests).label("requests"),
)


def most_used(tx: Connection, now: datetime, limit: int) -> list[Used]:
    """Return the works most downloaded, then most seen, in the last twelve months."""
    query = (
        select(months.c.record_id, records.c.title, *_SUMS)
        .join(records, records.c.id == months.c.record_id)
        .where(months.c.month > back(f"{now:%Y-%m}", YEAR))
        .group_by(months.c.record_id, records.c.title)
        .order_by(_SUMS[1].desc(), _SUMS[0].desc(), months.c.record_id)
    )
    return [Used(row[0], row[1], int(row[2]), int(row[3])) for row in tx.execute(query.limit(limit))]


def spikes(tx: Connection, month: str, limit: int) -> list[Spike]:
    """Return what stands out in a month: three times the average of the year before and a hundred, or next to nothing."""
    before = case((months.c.month < month, 1), else_=0)
    sums = [
        func.sum(column * share).label(f"{name}_{when}")
        for name, column in (("requests", months.c.total_requests), ("investigations", months.c.total_investigations))
        for when, share in (("now", 1 - before), ("before", before))
    ]
    span = (months.c.month >= back(month, YEAR), months.c.month <= month)
    works = select(months.c.record_id, *sums).where(*span).group_by(months.c.record_id)
    stands_out = _stands_out(sums[0], sums[1]) | _stands_out(sums[2], sums[3])
    rows = tx.execute(works.having(stands_out).order_by(sums[0].desc(), months.c.record_id).limit(limit)).mappings().all()
    titles = store.titles(tx, [row["record_id"] for row in rows])
    whole = tx.execute(select(*sums).where(*span)).mappings().one()
    found = _spikes("", "", whole)
    for row in rows:
        found += _spikes(row["record_id"], titles.get(row["record_id"], row["record_id"]), row)
    return found


def _stands_out(count: ColumnElement[int], before: ColumnElement[int]) -> ColumnElement[bool]:
    high = count * YEAR >= before * _MUCH + _MORE * YEAR
    low = (before >= _ENOUGH * YEAR) & (count * YEAR < before * _LITTLE)
    return high | low


def _spikes(record_id: str, title: str, row: RowMapping) -> list[Spike]:
    found = []
    for what in ("requests", "investigations"):
        count, average = int(row[f"{what}_now"] or 0), int(row[f"{what}_before"] or 0) / YEAR
        if is_spike(count, average):
            found.append(Spike(record_id, title, what, count, average))
    return found


def is_spike(count: int, average: float) -> bool:
    """Whether a month's count is unlike the average of the twelve before it."""
    return count >= average * _MUCH + _MORE or (average >= _ENOUGH and count < average * _LITTLE)


def left_out(tx: Connection, now: datetime, days: int) -> list[LeftOut]:
    """Return what was not counted in the last days, the rules that left out most first."""
    since = (now.date() - timedelta(days=days - 1)).isoformat()
    hits = func.sum(dropped.c.hits)
    query = select(dropped.c["class"], dropped.c.rule, hits).where(dropped.c.day >= since)
    query = query.group_by(dropped.c["class"], dropped.c.rule).order_by(hits.desc(), dropped.c["class"], dropped.c.rule)
    return [LeftOut(Class(row[0]), row[1], int(row[2])) for row in tx.execute(query)]


def tallest(found: Sequence[Month]) -> int:
    return max((it.investigations for it in found), default=0)
