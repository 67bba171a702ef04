"""A report as a table of lines: thirteen lines of header, an empty one, then a line for each metric. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from server.spreadsheet import guarded
from server.usage.counter.asked import Asked
from server.usage.counter.described import Document

#: The kinds of file: media type, and what stands between two cells.
FILES = {"tsv": ("text/tab-separated-values", "\t"), "csv": ("text/csv", ",")}

_IDS = {"DOI": "DOI", "Proprietary_ID": "Proprietary", "ISBN": "ISBN", "Print_ISSN": "Print_ISSN", "Online_ISSN": "Online_ISSN",
        "URI": "URI"}  # fmt: skip

#: Columns of a report of items: always there, or where the element of that name is shown (R5.1, table 4.p).
_DETAILS = ("Authors", "Publication_Date", "Article_Version")
_PARENT = ("Title", "Authors", "Publication_Date", "Article_Version", "Data_Type")
_LEFT_OUT_OF_VIEWS = frozenset({"ISBN", "Parent_Publication_Date", "Parent_Data_Type", "Parent_ISBN", "Data_Type"})
_NAMES_OF_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def table(document: Document, asked: Asked, kind: str) -> str:
    """Return a report as text; `kind` is a key of FILES."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=FILES[kind][1], lineterminator="\r\n")
    writer.writerows(_head(document["Report_Header"], asked))
    columns = list(_columns(asked))
    months = [] if asked.total else list(_months(asked.begin, asked.end))
    spoken = [f"{_NAMES_OF_MONTHS[int(month[5:]) - 1]}-{month[:4]}" for month in months]
    writer.writerow([*columns, "Metric_Type", "Reporting_Period_Total", *spoken])
    for cells, metric, counts in _lines(document["Report_Items"]):
        figures = [counts.get(month, 0) for month in months]
        writer.writerow([*(guarded(cells.get(name, "")) for name in columns), metric, sum(counts.values()), *figures])
    return text.getvalue()


def _head(header: Document, asked: Asked) -> Iterator[tuple[str, str]]:
    filters = dict(header["Report_Filters"])
    begin, end = filters.pop("Begin_Date"), filters.pop("End_Date")
    metrics = filters.pop("Metric_Type", asked.report.metrics)
    attributes = dict(header.get("Report_Attributes", {}))
    if attributes.pop("Granularity", "") == "Total":
        attributes["Exclude_Monthly_Details"] = "True"
    yield from ((name, header[name]) for name in ("Report_Name", "Report_ID", "Release", "Institution_Name"))
    yield "Institution_ID", "; ".join(header["Institution_ID"]["Proprietary"])
    yield "Metric_Types", "; ".join(metrics)
    yield "Report_Filters", _pairs(filters)
    yield "Report_Attributes", _pairs(attributes)
    yield "Exceptions", "; ".join(_exception(each) for each in header.get("Exceptions", ()))
    yield "Reporting_Period", f"Begin_Date={begin}; End_Date={end}"
    yield from ((name, guarded(header[name])) for name in ("Created", "Created_By", "Registry_Record"))
    yield "", ""


def _pairs(values: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}={value if isinstance(value, str) else '|'.join(value)}" for name, value in values.items())


def _exception(said: Mapping[str, Any]) -> str:
    more = f" ({said['Data']})" if said.get("Data") else ""
    return f"{said['Code']}: {said['Message']}{more}"


def _columns(asked: Asked) -> list[str]:
    shown = asked.report.shows if asked.report.preset else asked.shown
    attributes = [name for name in ("YOP", "Access_Type", "Access_Method") if name in shown]
    if not asked.report.is_of_items:
        return ["Platform", "Data_Type", *attributes]
    details = [name for name in _DETAILS if name in shown]
    parent = [f"Parent_{name}" for name in (*_PARENT, *_IDS)] if asked.parents else []
    columns = ["Item", "Publisher", "Publisher_ID", "Platform", *details, *_IDS, *parent, "Data_Type", *attributes]
    return [name for name in columns if not asked.report.preset or name not in _LEFT_OUT_OF_VIEWS]


def _lines(items: Iterable[Document]) -> Iterator[tuple[dict[str, str], str, Mapping[str, int]]]:
    """Yield the cells, the metric and the counts of each line."""
    for group in items:
        above = {f"Parent_{name}": value for name, value in _cells(group).items()} if "Item_ID" in group else {}
        for it in group.get("Items", [group]):
            cells = _cells(it) | above
            for performance in it["Attribute_Performance"]:
                attributes = {name: value for name, value in performance.items() if name != "Performance"}
                for metric, counts in performance["Performance"].items():
                    yield cells | attributes, metric, counts


def _cells(it: Document) -> dict[str, str]:
    cells = {name: value for name, value in it.items() if isinstance(value, str)}
    ids = it.get("Item_ID", {})
    cells |= {column: ids[name] for column, name in _IDS.items() if name in ids}
    publisher = [f"{name}:{value}" for name, values in it.get("Publisher_ID", {}).items() for value in values]
    people = [f"{each['Name']} (ORCID:{each['ORCID']})" if "ORCID" in each else each["Name"] for each in it.get("Authors", ())]
    return cells | {"Publisher_ID": "; ".join(publisher), "Authors": "; ".join(people)}


def _months(begin: str, end: str) -> Iterator[str]:
    day = date.fromisoformat(f"{begin}-01")
    while f"{day:%Y-%m}" <= end:
        yield f"{day:%Y-%m}"
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
