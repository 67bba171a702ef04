"""The DOI scheme: how DOIs are written and compared, and how ours are composed of prefix, label and number."""

import re
import string
from typing import Annotated
from urllib.parse import unquote

from msgspec import Meta, Struct

from server.errors import Invalid
from server.forms.field import title
from server.identifiers.model import KINDS_OF_WORK, Scheme, Types, category_of, check_types

#: What people write before a DOI. Behind an address it is percent-encoded, behind a label it stands as it is.
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?(?:dx\.)?doi\.org/", re.IGNORECASE)
_LABEL = re.compile(r"(?:info:doi/|doi:)\s*", re.IGNORECASE)

#: DOI Handbook § 2.2: prefix 10.registrant (and subdivisions), "/", then any graphic characters.
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
#: Crossref (doi.type) and DataCite: characters a DOI has at most.
_LONGEST = 2048

#: DOI Handbook § 2.4: DOI names are case-insensitive; only ASCII letters fold.
_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class Label(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suffix label and the categories or types (codes) that get it."""

    types: Annotated[
        tuple[str, ...], title("Categories and types", "A category stands for all its types.", choices=KINDS_OF_WORK)
    ]
    label: Annotated[
        str,
        Meta(pattern=r"^[a-zA-Z0-9.\-_;()/]+\Z", max_length=100),
        title("Label", "Stands between prefix and number.", rule="may hold letters A to Z, digits and . - _ ; ( ) / only"),
    ]


class DoiRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an agency's DOIs are formed: prefix `/` label `.` zero-filled number; without a label just the number."""

    prefix: Annotated[
        str,
        Meta(pattern=r"^10\.[0-9]{4,9}\Z"),
        title("DOI prefix", "Assigned by the agency; starts with 10.", rule="starts with 10. and 4 to 9 digits, such as 10.1234"),
    ]
    start: Annotated[int, Meta(ge=1), title("Suffix starting number", "The first free number from here on is used.")] = 1
    padding: Annotated[
        int, Meta(ge=1, le=9), title("Padding", "Total digits of the number, zero-filled; a larger number grows.")
    ] = 8
    labels: Annotated[
        tuple[Label, ...], title("Suffix labels", "Categories or types and the label their DOIs get.", one="Label")
    ] = ()
    researchers_reserve: Annotated[
        bool, title("Allow researchers to reserve DOIs", "For their own works, before these are approved.")
    ] = False
    types: Types = ()

    def __post_init__(self) -> None:
        check_types([*self.types, *(code for label in self.labels for code in label.types)])


def normal(value: str) -> str:
    """Return a DOI bare and in lower case, however it was written; raises Invalid where it is none."""
    text = value.strip()
    if address := _ADDRESS.match(text):
        text = unquote(text[address.end() :])
    elif label := _LABEL.match(text):
        text = text[label.end() :]
    if not _DOI.fullmatch(text) or len(text) > _LONGEST:
        raise Invalid(
            f"{value!r} is not a DOI.",
            remedy="Write it as 10.prefix/suffix, for example 10.5072/data.00000001, with or without https://doi.org/ before it.",
            code="doi",
        )
    return text.translate(_FOLD)


def suffix_label(rules: DoiRules, type_code: str) -> str:
    """Return the label of a type: the first that names the type itself, else the first that names its category, else none."""
    return next(
        (label.label for code in (type_code, category_of(type_code)) for label in rules.labels if code in label.types), ""
    )


def compose(rules: DoiRules, type_code: str, number: int) -> str:
    """Return the DOI of a number: prefix, `/`, the label and a dot where there is one, the number zero-filled.

    A number that has outgrown the padding is written whole: it is never cut and never starts again.
    """
    label = suffix_label(rules, type_code)
    return f"{rules.prefix}/{label}{'.' if label else ''}{number:0{rules.padding}d}".translate(_FOLD)


def sequence_name(rules: DoiRules, type_code: str) -> str:
    """Return the name of the counter a type's numbers come from: one for each prefix and label, letter case aside."""
    return f"doi:{rules.prefix}/{suffix_label(rules, type_code)}".translate(_FOLD)


def stem(prefix: str) -> str:
    """Return what the DOIs of a prefix begin with, as they are compared."""
    return f"{prefix}/".translate(_FOLD)


def outgrown(rules: DoiRules, number: int) -> str:
    """Say that a number has more digits than the padding; empty where it has not."""
    if number < 10**rules.padding:
        return ""
    return (
        f"the next number, {number}, has more digits than the padding of {rules.padding}. "
        "Numbers grow and are never cut; the names are longer from here on."
    )


PLUGIN = Scheme(
    name="doi",
    title="DOI",
    rules=DoiRules,
    normal=normal,
    compose=compose,
    series=suffix_label,
    sequence_name=sequence_name,
    stem=stem,
    outgrown=outgrown,
)
