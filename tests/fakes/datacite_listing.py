"""How DataCite lists DOIs: by pages of at most a thousand, from a cursor that names the last DOI of the page before."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

PAGE_LIMIT = 1000


class Named(Protocol):
    name: str


N = TypeVar("N", bound=Named)


def page_of(dois: Sequence[N], asked: Mapping[str, str]) -> tuple[Sequence[N], str]:
    """Return a page and the cursor of the next; as with the API there is one behind every full page, were it the last."""
    size = min(int(asked.get("page[size]") or 25), PAGE_LIMIT)
    names = [doi.name for doi in dois]
    try:
        last = base64.urlsafe_b64decode(asked.get("page[cursor]", "1") + "==").decode().partition(",")[2]
    except (binascii.Error, UnicodeDecodeError):
        last = ""  # as the API does: what is no cursor is the first
    start = names.index(last) + 1 if last in names else 0
    page = dois[start : start + size]
    if len(page) < size:
        return page, ""
    return page, base64.urlsafe_b64encode(f"{start + size},{page[-1].name}".encode()).decode().rstrip("=")


def shown(row: dict) -> dict:
    """Leave out the document, which is given with one DOI and not in a list."""
    row["attributes"].pop("xml", None)
    return row
