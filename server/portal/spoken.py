"""Spans of time in words."""

from datetime import datetime


def age(since: datetime, now: datetime) -> str:
    """Say how long something has been so: `3 days`, `5 hours`, `2 minutes`."""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = seconds // length
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return "less than a minute"
