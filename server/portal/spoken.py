"""Spans of time in words."""

from datetime import datetime, timedelta


def age(since: datetime, now: datetime) -> str:
    """Say how long something has been so: `3 days`, `5 hours`, `2 minutes`."""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = seconds // length
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return "less than a minute"


def lasting(span: timedelta) -> str:
    """Say how long something takes or took: `3 h 20 min`, `2 min 5 s`, `less than a second`."""
    seconds = int(span.total_seconds())
    if seconds < 1:
        return "less than a second"
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join([f"{number} {unit}" for number, unit in parts if number][:2])
