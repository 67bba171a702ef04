"""Dates as people and catalogues write them, brought to the record's form: YYYY, YYYY-MM or YYYY-MM-DD."""

import re
from datetime import date

#: ISO 8601 and W3CDTF, extended or basic; a time of day may follow and is dropped.
_EXTENDED = re.compile(r"(-?[0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?:[T ][0-9]{2}(?::?[0-9]{2}.*)?)?")
_BASIC = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T?[0-9.:Z+-]*)?")
#: A year as cataloguing rules print it: [1865], c1865, ©1865, 1865., and a year before 1000 without its zero.
_PRINTED = re.compile(r"(?:\[|c|©|℗)*\s*([0-9]{3,4})\s*\]?\.?")
_AMERICAN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
#: May 1911; 24 May 1911; May 24, 1911; the month as a whole word or its first three letters.
_WORDS = re.compile(r"(?:([0-9]{1,2}) )?([A-Za-z]{3,9})\.?(?: ([0-9]{1,2}),)? ([0-9]{4})")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def date_of(text: str) -> str:
    """Return the date a text states, or an empty string where it states none (0000, ranges, `spring 1865`)."""
    text = text.strip()
    for pattern in (_EXTENDED, _BASIC, _PRINTED):
        found = pattern.fullmatch(text)
        if found:
            year, month, day = (*found.groups(), None, None)[:3]
            return _checked(year or "", month, day)
    return _in_words(text)


def _in_words(text: str) -> str:
    """Return the date English words state, or an empty string."""
    found = _WORDS.fullmatch(" ".join(text.split()))
    if not found:
        return ""
    before, word, after, year = found.groups()
    month = next((n for n, name in enumerate(_MONTHS, 1) if word.lower() in {name, name[:3]}), 0)
    day = before or after
    return _checked(year, f"{month:02d}", f"{day:0>2}" if day else None) if month and not (before and after) else ""


def american(text: str) -> str:
    """Bring a day as American forms have it (06/01/2014) to ISO 8601; whatever else stands there stays as it is."""
    found = _AMERICAN.fullmatch(text.strip())
    if not found:
        return text
    month, day, year = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}"


def has_time(text: str) -> bool:
    """Say whether a date carries a time of day, as the stamps of machines do and publication dates do not."""
    return bool(re.match(r"-?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", text.strip()))


def _checked(year: str, month: str | None, day: str | None) -> str:
    """Join the parts if the calendar knows the day; the year 0000 is what machines write for "unknown"."""
    number = int(year)
    if number == 0:
        return ""
    parts = [f"-{-number:04d}" if number < 0 else f"{number:04d}"]
    try:
        # A year before 1 has no day in Python's calendar; four years before the common era repeat as any four do.
        date(number if number > 0 else 2000 + number % 400, int(month or 1), int(day or 1))
    except ValueError:
        return ""
    return "-".join([*parts, *(part for part in (month, day) if part)])
