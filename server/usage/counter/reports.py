"""The reports: figures of the months and what is known of the works become one document of COUNTER R5.1."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, func, select

from server.clock import to_wire
from server.identifiers import ledger
from server.records.model import Record, decode
from server.records.tables import records
from server.usage.counter import exceptions as wrong
from server.usage.counter.asked import FILTERS, METRICS, WORLD, Asked
from server.usage.counter.described import Document, Platform, identifiers, item, names, parent, year
from server.usage.counter.exceptions import Problem
from server.usage.counter.kinds import data_type
from server.usage.tables import clicks, months

_AT_ONCE = 5_000
"""Works looked up at once: no database takes any number of values."""

#: COUNTER's metrics and our columns, in the order of METRICS.
_COLUMNS = (months.c.total_investigations, months.c.total_requests, months.c.unique_investigations, months.c.unique_requests)

Figures = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """The months whose counting is finished; empty where there is none."""

    first: str
    last: str
    counted: bool = True
    """Whether anything was counted in any of them; a new installation has only the month before it was there."""


def window(tx: Connection, now: datetime) -> Window:
    """Return which months can be reported: those that are over and whose last clicks are counted."""
    oldest = tx.execute(select(func.min(clicks.c.at))).scalar()
    last = _month_before(min(oldest, now) if oldest is not None else now)
    first = tx.execute(select(func.min(months.c.month))).scalar()
    return Window(min(first, last) if first is not None else last, last, first is not None and first <= last)


def _month_before(moment: datetime) -> str:
    return f"{moment.year - (moment.month == 1):04}-{(moment.month - 2) % 12 + 1:02}"


def report(tx: Connection, asked: Asked, platform: Platform, registry_record: str, now: datetime) -> Document:
    """Return a report. Months that are not finished are left out, and said."""
    ready = window(tx, now)
    problems = list(asked.problems)
    items: list[Document] = []
    if asked.end > ready.last:
        problems.append(Problem(wrong.NOT_READY, f"Usage is ready until {ready.last}."))
    if asked.begin <= ready.last and asked.takes("platform", platform.name) and asked.takes("access_method", "Regular"):
        make = _works if asked.report.is_of_items else _platform
        items = make(tx, asked, platform, min(asked.end, ready.last))
    if not items and asked.begin <= ready.last:
        problems.append(Problem(wrong.NO_USAGE))
    return {"Report_Header": _header(asked, platform, registry_record, problems, now), "Report_Items": items}


def _header(asked: Asked, platform: Platform, registry_record: str, problems: Iterable[Problem], now: datetime) -> Document:
    it = asked.report
    filters: Document = {"Begin_Date": f"{asked.begin}-01", "End_Date": asked.end_day}
    if it.preset:
        filters |= {name: list(values) for name, values in it.preset.items()}
    for parameter, values in asked.chosen.items():
        if values:
            single = parameter in {"item_id", "author", "platform"}
            filters[FILTERS[parameter]] = values[0] if single else list(values)
    attributes: Document = {"Attributes_To_Show": list(asked.shown)} if asked.shown else {}
    if asked.total:
        attributes["Granularity"] = "Total"
    if asked.parents and not it.preset:
        attributes["Include_Parent_Details"] = "True"
    header: Document = {
        "Release": "5.1",
        "Report_ID": it.id,
        "Report_Name": it.name,
        "Created": to_wire(now),
        "Created_By": platform.repository.name,
        "Institution_ID": {"Proprietary": [f"{platform.namespace}:{WORLD}"]},
        "Institution_Name": "The World",
        "Registry_Record": registry_record,
        "Report_Filters": filters,
    }
    header |= {"Report_Attributes": attributes} if attributes else {}
    told = sorted({(each.kind.code, each.data): each for each in problems}.items())
    return header | ({"Exceptions": [each.document for _, each in told]} if told else {})


def _platform(tx: Connection, asked: Asked, platform: Platform, end: str) -> list[Document]:
    """Return the one item of a platform's report."""
    query = (
        select(records.c.type, months.c.month, *(func.sum(column) for column in _COLUMNS))
        .join(records, records.c.id == months.c.record_id)
        .where(months.c.month >= asked.begin, months.c.month <= end)
        .group_by(records.c.type, months.c.month)
        .order_by(months.c.month)
    )
    sums = defaultdict[str, list[tuple[str, Figures]]](list)
    for code, month, *figures in tx.execute(query):
        sums[data_type(code)].append((month, tuple(map(int, figures))))
    shown: Document = {"Access_Method": "Regular"} if "Access_Method" in asked.shown else {}
    performances = [
        {"Data_Type": kind} | shown | {"Performance": performance}
        for kind, rows in sorted(sums.items())
        if asked.takes("data_type", kind) and (performance := _performance(rows, asked))
    ]
    return [{"Platform": platform.name, "Attribute_Performance": performances}] if performances else []


def _works(tx: Connection, asked: Asked, platform: Platform, end: str) -> list[Document]:
    """Return the works of a report of items, those of one parent together where parents are shown."""
    query = (
        select(months.c.record_id, months.c.access, months.c.month, *_COLUMNS)
        .where(months.c.month >= asked.begin, months.c.month <= end)
        .order_by(months.c.record_id, months.c.access, months.c.month)
    )
    rows = tx.execute(query).all()
    known = _known(tx, [record_id for record_id, _ in groupby(rows, key=itemgetter(0))])
    together: dict[str, Document] = {}
    for record_id, its in groupby(rows, key=itemgetter(0)):
        if record_id not in known:
            continue
        record, doi = known[record_id]
        if not _is_chosen(asked, record):
            continue
        said = item(record_id, record, doi, platform, asked.report.shows if asked.report.preset else asked.shown)
        if not _is_meant(asked, record, said):
            continue
        if performances := list(_performances(asked, record, its)):
            said["Attribute_Performance"] = performances
            stands = parent(record, platform.namespace) if asked.parents else None
            place = together.setdefault(stands.key if stands else "", _parent(asked, stands.document) if stands else {})
            place.setdefault("Items", []).append(said)
    return list(together.values())


def _parent(asked: Asked, document: Document) -> Document:
    """Return a parent as a report names it; of a view's it is known what they are."""
    return {name: value for name, value in document.items() if name != "Data_Type" or not asked.report.preset}


def _is_chosen(asked: Asked, record: Record) -> bool:
    """Whether a work is of a type and a year that is asked for."""
    kind = data_type(record.type)
    preset = (asked.report.preset or {}).get("Data_Type", (kind,))
    return kind in preset and asked.takes("data_type", kind) and asked.takes_year(year(record))


def _is_meant(asked: Asked, record: Record, said: Document) -> bool:
    """Whether a work is the one, or by the one, that is asked for."""
    return all(
        parameter not in asked.chosen or not {*asked.chosen[parameter]}.isdisjoint(found)
        for parameter, found in (("item_id", identifiers(said)), ("author", names(record)))
    )


def _performances(asked: Asked, record: Record, rows: Iterable[Any]) -> Iterator[Document]:
    """Yield the figures of a work, for each way of access apart where those are shown."""
    apart = "Access_Type" in (asked.report.shows if asked.report.preset else asked.shown)
    groups = defaultdict[str, list[tuple[str, Figures]]](list)
    for _, access, month, *figures in rows:
        if asked.takes("access_type", access):
            groups[access if apart else ""].append((month, tuple(figures)))
    for access, found in groups.items():
        if performance := _performance(found, asked):
            said: Document = {} if asked.report.preset else {"Data_Type": data_type(record.type)}
            said |= {"YOP": year(record)} if "YOP" in asked.shown else {}
            said |= {"Access_Type": access} if apart else {}
            said |= {"Access_Method": "Regular"} if "Access_Method" in asked.shown else {}
            yield said | {"Performance": performance}


def _performance(rows: Sequence[tuple[str, Figures]], asked: Asked) -> Document:
    """Return figures by metric and month; what is zero is left out (R5.1, 3.2.1)."""
    wanted = [(name, place) for place, name in enumerate(METRICS) if name in asked.metrics]
    found: dict[str, dict[str, int]] = {}
    for month, figures in rows:
        for name, place in wanted:
            if many := figures[place]:
                counts = found.setdefault(name, {})
                key = asked.begin if asked.total else month
                counts[key] = counts.get(key, 0) + many
    return found


def _known(tx: Connection, ids: Sequence[str]) -> dict[str, tuple[Record, str]]:
    """Return what is known of works, with our DOI of each."""
    found = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        ours = ledger.shown_of(tx, list(some))
        for number, document in tx.execute(select(records.c.id, records.c.document).where(records.c.id.in_(some))):
            found[number] = decode(document), ours[number].doi if number in ours else ""
    return found
