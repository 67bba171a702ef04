"""From the pairs of an address to what is asked for, or the exception of the Code of Practice it is refused with. Pure."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from server.usage.counter import exceptions as wrong
from server.usage.counter.exceptions import Problem, RefusedReport
from server.usage.counter.kinds import ITEMS

WORLD = "0000000000000000"
"""The customer of the Global Item Report: everybody (R5.1, 5.3). A repository has no other."""

METRICS = ("Total_Item_Investigations", "Total_Item_Requests", "Unique_Item_Investigations", "Unique_Item_Requests")
_REQUESTS = ("Total_Item_Requests", "Unique_Item_Requests")

_MONTH = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?", re.ASCII)
_YEARS = re.compile(r"(\d{4})(?:-(\d{4}))?", re.ASCII)

WHO = ("customer_id", "requestor_id", "api_key", "platform")
_WHEN = ("begin_date", "end_date")


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the Code of Practice, or a view of one."""

    id: str
    name: str
    description: str
    metrics: tuple[str, ...]
    filters: Mapping[str, tuple[str, ...]]
    """Parameters by which usage is chosen, and the values each takes; none where it takes any."""
    shows: tuple[str, ...] = ()
    """What Attributes_To_Show may name."""
    preset: Mapping[str, tuple[str, ...]] | None = None
    """The filters of a view, as its header says them; what is asked beyond the dates is not recognised there."""

    @property
    def path(self) -> str:
        return self.id.lower()

    @property
    def is_of_items(self) -> bool:
        return self.id.startswith("IR")


REPORTS = {
    report.path: report
    for report in (
        Report(
            "PR", "Platform Report", "Usage of the whole repository, by type of content.", METRICS,
            {"metric_type": METRICS, "data_type": ITEMS, "access_method": ("Regular", "TDM")}, ("Access_Method",),
        ),
        Report(
            "PR_P1", "Platform Usage", "Requests of the whole repository.", _REQUESTS, {},
            preset={
                "Access_Method": ("Regular",),
                "Metric_Type": ("Searches_Platform", "Total_Item_Requests", "Unique_Item_Requests", "Unique_Title_Requests"),
            },
        ),
        Report(
            "IR", "Item Report", "Usage of each work.", METRICS,
            {
                "metric_type": METRICS, "data_type": ITEMS, "access_method": ("Regular", "TDM"),
                "access_type": ("Controlled", "Free_To_Read", "Open"), "yop": (), "item_id": (), "author": (),
            },
            ("Authors", "Publication_Date", "Article_Version", "YOP", "Access_Type", "Access_Method"),
        ),
        Report(
            "IR_A1", "Journal Article Requests", "Requests of each article.", _REQUESTS, {},
            ("Authors", "Publication_Date", "Article_Version", "Access_Type"),
            preset={"Access_Method": ("Regular",), "Data_Type": ("Article",), "Metric_Type": _REQUESTS},
        ),
    )
}  # fmt: skip

#: How the header names what a parameter chooses by.
FILTERS = {
    "metric_type": "Metric_Type", "data_type": "Data_Type", "access_method": "Access_Method", "access_type": "Access_Type",
    "yop": "YOP", "item_id": "Item_ID", "author": "Author", "platform": "Platform",
}  # fmt: skip
_SINGLE = frozenset({"item_id", "author", "platform"})
_DETAILS = ("include_parent_details", "include_component_details")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, beyond doubt: months as yyyy-mm, and only values there are."""

    report: Report
    begin: str
    end: str
    chosen: Mapping[str, tuple[str, ...]]
    """The values to choose by, by parameter. One without values that are any chooses nothing."""
    metrics: tuple[str, ...]
    shown: tuple[str, ...] = ()
    total: bool = False
    """Whether the months are added up."""
    parents: bool = False
    problems: tuple[Problem, ...] = ()
    """What was passed over."""

    @property
    def end_day(self) -> str:
        year, month = map(int, self.end.split("-"))
        return f"{self.end}-{monthrange(year, month)[1]:02}"

    def takes(self, parameter: str, value: str) -> bool:
        """Whether something fits the filter of a parameter; where there is none, all does."""
        return parameter not in self.chosen or value in self.chosen[parameter]

    def takes_year(self, year: str) -> bool:
        """Whether a year of publication fits."""
        if "yop" not in self.chosen:
            return True
        found = (_YEARS.fullmatch(given) for given in self.chosen["yop"])
        return any(span[1] <= year <= (span[2] or span[1]) for span in found if span)


def missing(query: Mapping[str, str], *names: str) -> Iterator[Problem]:
    """Yield what is wrong where parameters are missing that must be there."""
    absent = [name for name in names if not query.get(name, "").strip()]
    if absent:
        yield Problem(wrong.INSUFFICIENT, ", ".join(absent))


def read(report: Report, query: Mapping[str, str], platform: str) -> Asked:
    """Read what is asked of a report. Raises RefusedReport for dates that are none or lie the wrong way round."""
    begin, end = (_month(query.get(name, "")) for name in _WHEN)
    if not begin or not end or begin > end:
        raise RefusedReport(Problem(wrong.DATES, f"begin_date={query.get('begin_date')}, end_date={query.get('end_date')}"))
    known = {*WHO, *_WHEN, *report.filters} | (set() if report.preset else {"attributes_to_show", "granularity"})
    if report.is_of_items and not report.preset:
        known |= set(_DETAILS)
    problems = [Problem(wrong.PARAMETER, name) for name in sorted(set(query) - known)]
    chosen = dict[str, tuple[str, ...]]()
    for name, values in report.filters.items():
        if query.get(name):
            chosen[name] = tuple(_valid(name, query[name], _takes(name, values), problems))
    if query.get("platform"):
        chosen["platform"] = tuple(_valid("platform", query["platform"], platform.__eq__, problems))
    attributes = "" if report.preset else query.get("attributes_to_show", "")
    shown = tuple(_told(attributes, report.shows, problems)) if attributes else ()
    return Asked(
        report, begin, end, chosen,
        metrics=tuple(name for name in report.metrics if name in chosen.get("metric_type", report.metrics)),
        shown=shown,
        total=_one_of(query, "granularity", ("Month", "Total"), problems) == "Total" and not report.preset,
        parents=bool(report.preset and report.is_of_items) or _is_asked(query, "include_parent_details", report, problems),
        problems=(*problems, *_components(query, report)),
    )  # fmt: skip


def _month(text: str) -> str:
    """Return the month of a date; empty for what is none."""
    found = _MONTH.fullmatch(text.strip())
    if found is None:
        return ""
    try:
        date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return ""
    return f"{found[1]}-{found[2]}"


def _takes(name: str, values: tuple[str, ...]) -> Callable[[str], bool]:
    if name == "yop":
        return lambda text: (span := _YEARS.fullmatch(text)) is not None and span[1] <= (span[2] or span[1])
    return (lambda text: text in values) if values else (lambda text: len(text) > 1)


def _valid(name: str, text: str, fits: Callable[[str], bool], problems: list[Problem]) -> Iterator[str]:
    """Yield the values of a filter that are any, each once, and note the others."""
    for value in dict.fromkeys([text.strip()] if name in _SINGLE else (part.strip() for part in text.split("|"))):
        if fits(value):
            yield value
        else:
            problems.append(Problem(wrong.FILTER, f"{name}={value}"))


def _told(text: str, known: tuple[str, ...], problems: list[Problem]) -> Iterator[str]:
    """Yield the attributes to show in the order of the report, and note what is none."""
    asked = {part.strip() for part in text.split("|")}
    problems.extend(Problem(wrong.ATTRIBUTE, f"attributes_to_show={value}") for value in sorted(asked - set(known)))
    yield from (name for name in known if name in asked)


def _one_of(query: Mapping[str, str], name: str, values: tuple[str, ...], problems: list[Problem]) -> str:
    given = query.get(name, values[0])
    if given in values:
        return given
    problems.append(Problem(wrong.ATTRIBUTE, f"{name}={given}"))
    return values[0]


def _is_asked(query: Mapping[str, str], name: str, report: Report, problems: list[Problem]) -> bool:
    return report.is_of_items and not report.preset and _one_of(query, name, ("False", "True"), problems) == "True"


def _components(query: Mapping[str, str], report: Report) -> Iterator[Problem]:
    """Yield that works have no components here, where they are asked for."""
    if report.is_of_items and not report.preset and query.get("include_component_details", "False") != "False":
        yield Problem(wrong.COMPONENTS)
