"""The Handle scheme: how handles are written and compared, and how ours are put together of prefix, suffix and number."""

import re
import string
from typing import Annotated
from urllib.parse import unquote

from msgspec import Meta, Struct

from server.errors import Invalid
from server.forms.field import title
from server.identifiers.model import Scheme, Types, check_types

#: What people write before a handle. Behind an address it is percent-encoded, behind a label it stands as it is.
_ADDRESS = re.compile(r"(?:https?://)?hdl\.handle\.net/", re.IGNORECASE)
_LABEL = re.compile(r"(?:info:hdl/|hdl:|handle:)\s*", re.IGNORECASE)

#: RFC 3651 § 2.1: a naming authority, "/", then any printable characters. Those that are given out today begin with a digit.
_HANDLE = re.compile(r"[0-9][\w.-]*/[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_LONGEST = 2048

#: RFC 3651 § 2.1: authorities are case-insensitive; local names are where a server is set up so. Names that
#: differ in nothing but the case of ASCII letters are never given to two works.
_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

_ALLOWED = "may hold letters A to Z, digits and . - _ : ; ( ) / ~ + = @ ! * , $ only"


class HandleRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How handles are formed: prefix, suffix and number one behind the other; nothing is inserted and nothing is filled up."""

    prefix: Annotated[
        str,
        Meta(pattern=r"^[0-9][A-Za-z0-9.\-_]*(/[A-Za-z0-9.\-_:;()/~+=@!*,$]*)?\Z", max_length=120),
        title(
            "Naming authority prefix",
            "The authority, a slash, and whatever else every handle begins with: 10536/DRO/. Nothing is inserted behind it.",
            rule=f"begins with the naming authority, such as 10536/DRO/, and {_ALLOWED}",
        ),
    ]
    suffix: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9.\-_:;()/~+=@!*,$]*\Z", max_length=60),
        title("Suffix", "Stands between prefix and number, just as it is: DU: makes 10536/DRO/DU:1.", rule=_ALLOWED),
    ] = ""
    start: Annotated[int, Meta(ge=1), title("Sequence start", "The first free number from here on is used.")] = 1
    types: Types = ()

    def __post_init__(self) -> None:
        if "/" not in self.prefix and not self.suffix.startswith("/"):
            raise ValueError("prefix: a slash must end the naming authority, as in 10536/; none is inserted")
        if self.prefix.startswith("10."):
            raise ValueError("prefix: names under 10. are DOIs, which DataCite or Crossref register; take the naming authority")
        check_types(self.types)


def normal(value: str) -> str:
    """Return a handle bare and in lower case, however it was written; raises Invalid where it is none."""
    text = value.strip()
    if address := _ADDRESS.match(text):
        text = unquote(text[address.end() :])
    elif label := _LABEL.match(text):
        text = text[label.end() :]
    if not _HANDLE.fullmatch(text) or len(text) > _LONGEST:
        raise Invalid(
            f"{value!r} is not a handle.",
            remedy="Write it as authority/name, such as 10536/DRO/DU:3001, with or without https://hdl.handle.net/ before it.",
            code="handle",
        )
    return text.translate(_FOLD)


def authority(value: str) -> str:
    """Return the naming authority of a handle or of a prefix: all before the first slash."""
    return value.partition("/")[0]


def compose(rules: HandleRules, _type_code: str, number: int) -> str:
    """Return the handle of a number: prefix, suffix and number, and nothing between them."""
    return f"{rules.prefix}{rules.suffix}{number}"


def series(_rules: HandleRules, _type_code: str) -> str:
    """Count the handles of a profile together, whatever the type."""
    return ""


def sequence_name(rules: HandleRules, _type_code: str) -> str:
    """Return the name of the counter numbers come from: one for each prefix and suffix together, letter case aside."""
    return f"handle:{rules.prefix}{rules.suffix}".translate(_FOLD)


def stem(prefix: str) -> str:
    """Return what the handles of a prefix begin with, as they are compared."""
    return prefix.translate(_FOLD)


PLUGIN = Scheme(
    name="handle",
    title="Handle",
    rules=HandleRules,
    normal=normal,
    compose=compose,
    series=series,
    sequence_name=sequence_name,
    stem=stem,
    is_sole=False,
)
