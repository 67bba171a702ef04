"""When an article was published, received and accepted, as JATS tells it."""

import re

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, local, text_at
from server.xml import text_of

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

#: Which publication is the one a work is dated by, from the first choice to the last; kinds that are missing are none of a work.
_PUBLISHED = {
    "epub": 0, "pub-electronic": 0, "publication-electronic": 0, "published-online": 0, "online": 0, "pub": 1, "publication": 1,
    "published": 1, "epub-ppub": 1, "ppub": 2, "pub-print": 2, "publication-print": 2, "print": 2, "collection": 3,
    "collection-electronic": 3, "collection-print": 3, "publication-year": 4, "": 4,
}  # fmt: skip
_HISTORY = {
    "received": "submitted", "submitted": "submitted", "accepted": "accepted", "corrected": "updated", "ecorrected": "updated",
}  # fmt: skip


def take_dates(draft: Draft, meta: etree._Element) -> None:
    """Take the dates of publication, the best first, and those of the article's history."""
    published = sorted(children(meta, "pub-date"), key=lambda element: _PUBLISHED.get(_kind(element), 9))
    events = [date for history in children(meta, "history", "pub-history") for date in history.iter() if local(date) == "date"]
    for element in (*published, *events):
        _take(draft, element)


def _kind(element: etree._Element) -> str:
    """Return what a date is of: `epub`, `pub-electronic`, `collection`, `received` and so on."""
    kind = attribute(element, "pub-type") or attribute(element, "date-type")
    medium = attribute(element, "publication-format")
    return f"{kind}-{medium}" if medium and kind and f"{kind}-{medium}" in _PUBLISHED else kind


def _take(draft: Draft, element: etree._Element) -> None:
    kind, text = _kind(element), date_in(element)
    name = _HISTORY.get(kind) or ("issued" if kind in _PUBLISHED else "")
    known, day = draft.dates.get(name, ""), text_at(element, "day")
    if name and day and re.fullmatch("[0-9]{4}(-[0-9]{2})?", text) and date_of(text):
        draft.warn(element, f"the day “{day}” is not one of the calendar; {text} was taken.")
    if not name:
        draft.leave(element, f"{kind} {text or text_of(element)}")
    elif known and known.startswith(date_of(text) or "-"):
        return  # the year of the volume beside the day of the article
    elif text:
        draft.set_date(name, text, element)
        for season in children(element, "season"):
            draft.leave(season)


def date_in(element: etree._Element) -> str:
    """Return the date an element with a year, month and day states; what has none of these is returned as it stands."""
    whole = attribute(element, "iso-8601-date")
    if date_of(whole):
        return whole
    year, month, day = (text_at(element, part) for part in ("year", "month", "day"))
    if not year:
        return text_at(element, "string-date") or text_of(element)
    number = _month(month)
    parts = [year, f"{number:02d}" if number else "", day.zfill(2) if number and day else ""]
    stated = "-".join(part for part in parts if part)
    # A day that does not exist takes only itself away, not the year with it.
    return next((text for text in (stated, "-".join(parts[:2]).rstrip("-"), year) if date_of(text)), stated)


def _month(text: str) -> int:
    """Return the number of a month written as number or name; of two (`Jan-Feb`) the first, 0 for none."""
    found = re.match(r"[0-9]{1,2}$|[^\W\d_]{3}", text.strip().lower())
    if not found:
        return 0
    if found[0].isdigit():
        return int(found[0]) if int(found[0]) <= len(_MONTHS) else 0
    return _MONTHS.index(found[0]) + 1 if found[0] in _MONTHS else 0
