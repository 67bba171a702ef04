"""What can be verified of an identifier without asking anybody: its form and its check digit, by its scheme. Pure."""

import re
from collections.abc import Callable, Mapping

from server.errors import Invalid
from server.identifiers.schemes import doi
from server.people import schemes


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
