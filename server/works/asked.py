"""What a form asks of a work beyond what a record must be: what is imported stays as it came, what is typed is checked."""

from collections.abc import Iterator, Mapping
from typing import Any

import langcodes
from msgspec import Struct

from server.errors import Invalid
from server.identifiers.schemes import doi
from server.records.model import Identifier, Place, Record, Subject, Text, Title
from server.ruled import Rule

Faults = Iterator[tuple[str, str]]


def _record(values: Mapping[str, Any]) -> Faults:
    for number, tag in enumerate(values.get("languages", ()), 1):
        if not _is_language(tag):
            yield "languages", f"line {number}: {tag!r} is no language tag; write en, de or grc"


def _text(values: Mapping[str, Any]) -> Faults:
    tag = values.get("lang", "")
    if tag and not _is_language(tag):
        yield "lang", f"{tag!r} is no language tag; write en, de or grc"


def _is_language(tag: str) -> bool:
    try:
        return langcodes.tag_is_valid(tag)
    except (ValueError, LookupError):
        return False


def _place(values: Mapping[str, Any]) -> Faults:
    for name, most in (("latitude", 90), ("longitude", 180)):
        degrees = values.get(name)
        if degrees is not None and not -most <= degrees <= most:
            yield name, f"must be from -{most} to {most} degrees, not {degrees:g}"


def _identifier(values: Mapping[str, Any]) -> Faults:
    scheme, value = values.get("scheme", "").strip().lower(), values.get("value", "")
    if scheme == "doi" and value:
        try:
            doi.normal(value)
        except Invalid as error:
            yield "value", f"{error.message} {error.remedy}"


RULES: Mapping[type[Struct], Rule] = {
    Record: _record,
    Text: _text,
    Title: _text,
    Subject: _text,
    Place: _place,
    Identifier: _identifier,
}
"""The rules, by the class of what they speak of."""
