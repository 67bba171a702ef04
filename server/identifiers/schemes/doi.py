"""The DOI scheme: how DOIs are written and compared, and how ours are composed of prefix, label and number."""

import re
import string
from urllib.parse import unquote

from server.errors import Invalid
from server.identifiers.model import DoiRules

#: What people write before a DOI. Behind an address it is percent-encoded, behind a label it stands as it is.
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?(?:dx\.)?doi\.org/", re.IGNORECASE)
_LABEL = re.compile(r"(?:info:doi/|doi:)\s*", re.IGNORECASE)

#: DOI Handbook § 2.2: prefix 10.registrant (and subdivisions), "/", then any graphic characters.
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
#: Crossref (doi.type) and DataCite: characters a DOI has at most.
_LONGEST = 2048

#: DOI Handbook § 2.4: DOI names are case-insensitive; only ASCII letters fold.
_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


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


def serves(rules: DoiRules, type_code: str) -> bool:
    """Say whether an agency is responsible for a type: it or its category is named, or none is."""
    return not rules.types or bool({type_code, _category(type_code)} & set(rules.types))


def suffix_label(rules: DoiRules, type_code: str) -> str:
    """Return the label of a type: the first that names the type itself, else the first that names its category, else none."""
    return next((label.label for code in (type_code, _category(type_code)) for label in rules.labels if code in label.types), "")


def compose(rules: DoiRules, type_code: str, number: int) -> str:
    """Return the DOI of a number: prefix, `/`, the label and a dot where there is one, the number zero-filled.

    A number that has outgrown the padding is written whole: it is never cut and never starts again.
    """
    label = suffix_label(rules, type_code)
    return f"{rules.prefix}/{label}{'.' if label else ''}{number:0{rules.padding}d}".translate(_FOLD)


def sequence_name(rules: DoiRules, type_code: str) -> str:
    """Return the name of the counter a type's numbers come from: one for each prefix and label, letter case aside."""
    return f"doi:{rules.prefix}/{suffix_label(rules, type_code)}".translate(_FOLD)


def _category(type_code: str) -> str:
    return type_code.partition(".")[0]
