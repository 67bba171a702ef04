"""What a form asks of a work beyond what a record must be: what is imported stays as it came, what is typed is checked."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import langcodes
from msgspec import Struct

from server.errors import Invalid
from server.identifiers.schemes import doi
from server.people import schemes
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


def _is_doi(value: str) -> str:
    try:
        doi.normal(value)
    except Invalid as error:
        return f"{error.message} {error.remedy}"
    return ""


def _is_isbn(value: str) -> str:
    """Say what is wrong with an ISBN of ten or thirteen characters (ISO 2108); empty where nothing is."""
    marks = re.sub(r"[\s\u2010-\u2015-]", "", value.upper().removeprefix("ISBN").lstrip(": "))
    if re.fullmatch(r"[0-9]{9}[0-9X]", marks):
        right = sum(place * _digit(mark) for place, mark in zip(range(10, 0, -1), marks, strict=True)) % 11 == 0
    elif re.fullmatch(r"97[89][0-9]{10}", marks):
        right = sum((1, 3)[place % 2] * int(mark) for place, mark in enumerate(marks)) % 10 == 0
    else:
        return f"{value!r} is no ISBN; one looks like 978-3-16-148410-0"
    return "" if right else f"{value!r} has a wrong check digit, so a digit of this ISBN is mistyped"


def _is_issn(value: str) -> str:
    """Say what is wrong with an ISSN (ISO 3297); empty where nothing is."""
    marks = re.sub(r"[\s\u2010-\u2015-]", "", value.upper().removeprefix("ISSN").lstrip(": "))
    if not re.fullmatch(r"[0-9]{7}[0-9X]", marks):
        return f"{value!r} is no ISSN; one looks like 0378-5955"
    right = sum(place * _digit(mark) for place, mark in zip(range(8, 0, -1), marks, strict=True)) % 11 == 0
    return "" if right else f"{value!r} has a wrong check digit, so a digit of this ISSN is mistyped"


def _digit(mark: str) -> int:
    return 10 if mark == "X" else int(mark)


def _of_people(scheme: str) -> Callable[[str], str]:
    def said(value: str) -> str:
        try:
            schemes.bare(scheme, value)
        except ValueError as error:
            return f"{value!r} {str(error).removeprefix('value: ')}"
        return ""

    return said


def _is_ror(value: str) -> str:
    try:
        schemes.ror(value)
    except ValueError as error:
        return f"{value!r} {str(error).removeprefix('ror: ')}"
    return ""


CHECKS: Mapping[str, Callable[[str], str]] = {
    "doi": _is_doi, "isbn": _is_isbn, "issn": _is_issn, "eissn": _is_issn, "ror": _is_ror,
    "orcid": _of_people("orcid"), "isni": _of_people("isni"),
}  # fmt: skip
"""What can be verified, by scheme: what is wrong with a value, as a sentence that follows the name of its field."""


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
