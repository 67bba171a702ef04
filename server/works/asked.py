"""What a form asks of a work beyond what a record must be: what is imported stays as it came, what is typed is checked."""

from collections.abc import Iterator, Mapping
from typing import Any

import langcodes
from msgspec import Struct

from server.identifiers.verifying import CHECKS
from server.records.model import (
    Affiliation,
    AgentId,
    Container,
    Identifier,
    Place,
    Record,
    Related,
    Subject,
    Text,
    Thesis,
    Title,
)
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
    value, check = values.get("value", ""), CHECKS.get(values.get("scheme", "").strip().lower())
    if value and check and (sentence := check(value)):
        yield "value", sentence


def _fields(**checks: str) -> Rule:
    """Return the rule of a class some of whose fields hold identifiers: name of the field → scheme."""

    def rule(values: Mapping[str, Any]) -> Faults:
        for name, scheme in checks.items():
            if (value := values.get(name, "")) and (sentence := CHECKS[scheme](value)):
                yield name, sentence

    return rule


RULES: Mapping[type[Struct], Rule] = {
    Record: _record,
    Text: _text,
    Title: _text,
    Subject: _text,
    Place: _place,
    Identifier: _identifier,
    Related: _identifier,
    AgentId: _identifier,
    Affiliation: _fields(ror="ror"),
    Container: _fields(issn_print="issn", issn_online="issn", isbn="isbn"),
    Thesis: _fields(grantor_ror="ror"),
}
"""The rules, by the class of what they speak of."""
