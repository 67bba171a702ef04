"""What a rights statement means: an access level, a licence with its SPDX name, or words to be kept as they are."""

import re

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.records.model import Licence
from server.records.vocabulary import ACCESS, find_term

_CC_ADDRESS = re.compile(
    r"https?://creativecommons\.org/(?:(licenses)/([a-z-]+)|publicdomain/(zero|mark))/([0-9.]+)(?:/(igo|[a-z]{2}))?(?:/|$)",
    re.IGNORECASE,
)
_CC_NAME = re.compile(
    r"(?:CC|Creative Commons)[ -]?(0|BY(?:[ -](?:NC|ND|SA)){0,2})(?:[ -]([0-9]\.[0-9]))?"
    r"(?: (?:International|Universal|Unported))?",
    re.IGNORECASE,
)
_EMBARGO = re.compile(r"info:eu-repo/date/embargoEnd/(.+)|Embargo: starts .*?, ends ([0-9-]+).*")
_CLOSING = re.compile(r"(?:closed|restricted|private|no)[ _-]?access\b|embargo|(?:private|confidential)\W*$", re.IGNORECASE)
#: What a well-known delivery service packs into one string.
_PACKED_LICENCE = re.compile(r"Licen[cs]e for (\w+) version of this article starting on ([0-9-]+): (\S+)")


def spdx_of(text: str) -> tuple[str, str]:
    """Return SPDX name and address of a Creative Commons licence given by address or name; two empty strings for any other."""
    found = _CC_ADDRESS.match(text)
    if found:
        licences, terms, public, number, place = found.groups()
        if licences:
            ported = f"-{place.upper()}" if place else ""
            return f"CC-{terms.upper()}-{number}{ported}", text
        return (f"CC0-{number}" if public.lower() == "zero" else "", text)
    found = _CC_NAME.fullmatch(text)
    if found and (found[1] == "0" or found[2]):
        terms = found[1].upper().replace(" ", "-")
        number = found[2] or "1.0"
        if terms == "0":
            return f"CC0-{number}", f"https://creativecommons.org/publicdomain/zero/{number}/"
        return f"CC-{terms}-{number}", f"https://creativecommons.org/licenses/{terms.lower()}/{number}/"
    return "", ""


def embargo_end(text: str) -> str:
    """Return the end of the embargo a text states in one of the forms known, or an empty string."""
    found = _EMBARGO.fullmatch(text)
    return date_of(found[1] or found[2]) if found else ""


def take_rights(draft: Draft, element: etree._Element, text: str, uri: str = "") -> None:
    """Put what a rights element says (its text, and the address it points to) where it belongs."""
    access = find_term(ACCESS, uri) or find_term(ACCESS, text)
    packed = _PACKED_LICENCE.fullmatch(text)
    if access:
        draft.restrict(access)
        if access != draft.access:
            draft.leave(element, text or uri)
    elif embargo_end(text):
        draft.put(draft.dates, "embargo_until", embargo_end(text), element)
    elif packed:
        spdx, _ = spdx_of(packed[3])
        draft.add_licence(Licence(uri=packed[3], spdx=spdx, start_date=date_of(packed[2])))
    else:
        if _CLOSING.match(text):
            _close(draft, element, text)
        _take_licence(draft, text, uri)


def _close(draft: Draft, element: etree._Element, text: str) -> None:
    """Close a work of whose access words say in no known form that it is not open."""
    draft.restrict("restricted")
    draft.warn(element, f"“{text}” is no access known; the access is restricted.", code="access-unknown", value=text)


def _take_licence(draft: Draft, text: str, uri: str) -> None:
    address = uri or (text if re.fullmatch(r"https?://\S+", text) else "")
    spdx, known = spdx_of(address) if address else spdx_of(text)
    name = "" if text == address else text
    if "rightsstatements.org" in address:  # says what may not be done; not a licence
        draft.rights.append(address)
        if name:
            draft.rights.append(name)
    elif address or spdx:
        draft.add_licence(Licence(name=name, uri=address or known, spdx=spdx))
    elif text:
        draft.rights.append(text)
