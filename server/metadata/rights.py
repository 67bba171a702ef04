"""What a rights statement means: an access level, a licence with its SPDX name, or words to be kept as they are."""

import re

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.metadata.elements import attribute
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
_CLOSED_UNTIL = re.compile(
    r"(?:(?:under )?embargo(?:ed)?|closed|restricted|private)(?: access)?(?: period)?[:,]? "
    r"(?:until|till|to|through|ends?(?: on)?):? "
    r"([0-9]{4}(?:-[0-9]{2}){0,2})\.?",
    re.IGNORECASE,
)
#: Plain words for access beside those of the vocabularies.
_ACCESS_WORDS = {
    "closed access": "metadata_only", "closed": "metadata_only", "no access": "metadata_only", "metadata only": "metadata_only",
    "restricted": "restricted", "private": "restricted", "embargoed": "embargoed", "embargo": "embargoed",
}  # fmt: skip
_CLOSING = re.compile(
    r"\bembargo|\bno[ _-]access\b|\bclosed[ _-]?access|\baccess\b.{0,40}\b(?:closed|restrict)"
    r"|\brestrict\w*.{0,40}\baccess\b",
    re.IGNORECASE,
)
"""Words that keep a work from its readers, in a text of any length."""
_CLOSING_SHORT = re.compile(r"\b(?:closed|restrict|private\b|confidential)", re.IGNORECASE)
"""The same in a short one; in the prose of a licence they speak of what may be done with the work."""
_SENTENCE = 60
_HARMLESS = re.compile(
    r"\b(?:without|no)(?: known| any| copyright| access| further)* restrictions?\b|\bno embargo\b"
    r"|\bnot (?:under |an? )?embargo\w*|\bprivate (?:study|use|research|purposes)\b|\bnon-restrict\w*"
    r"|\brestrictions? (?:on|of) (?:use|re-?use)\b",
    re.IGNORECASE,
)
"""What has one of those words and closes nothing."""
_OPEN = re.compile(
    r"\b(?:open|public|publicly|free|freely|unrestricted|worldwide|anonymous)\b|\bopen_?access\b|restrictions?\b", re.IGNORECASE
)
_NOT = re.compile(r"\b(?:not?|none?|never|only|except|until|after|upon|request)\b|\brestrict", re.IGNORECASE)
#: Terms of vocabularies that state access and nothing else.
_TERM = re.compile(r"info:eu-repo/semantics/\w*access\b|/coar/access_right/|/eprint/accessRights/", re.IGNORECASE)
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
    found = _EMBARGO.fullmatch(text) or _CLOSED_UNTIL.fullmatch(text)
    return date_of(next(filter(None, found.groups()), "")) if found else ""


def take_rights(draft: Draft, element: etree._Element, text: str, uri: str = "") -> None:
    """Put what a rights element says (its text, and the address it points to) where it belongs.

    What speaks of a closed work in words nobody knows closes it.
    """
    packed = _PACKED_LICENCE.fullmatch(text)
    taken = [_take_access(draft, element, said) for said in (uri, text) if said]  # both are looked at
    if any(taken):
        return
    if packed:
        spdx, _ = spdx_of(packed[3])
        draft.add_licence(Licence(uri=packed[3], spdx=spdx, start_date=date_of(packed[2])))
        return
    heed(draft, element, text)
    if _TERM.search(uri or text):
        draft.puzzle(element, uri or text)
    _take_licence(draft, text, uri)


def take_access(draft: Draft, element: etree._Element, text: str, uri: str = "") -> None:
    """Take a statement in a place for access and nothing else: what is neither understood nor a licence closes the work."""
    warned = len(draft.warnings)
    if date_of(text):
        draft.embargo(element, text)
        return
    known = spdx_of(uri)[0] or spdx_of(text)[0] or _PACKED_LICENCE.fullmatch(text) or "rightsstatements.org" in uri + text
    access = [said for said in (uri, text) if _access_of(said) or embargo_end(said)]
    take_rights(draft, element, text, uri)
    if len(draft.warnings) == warned and not (known or access or _is_open(text)) and (text or uri):
        draft.puzzle(element, text or uri)


def heed(draft: Draft, element: etree._Element, text: str) -> None:
    """Close the work for words that keep it from readers, wherever they stand among its rights."""
    words = _HARMLESS.sub(" ", text)
    if _CLOSING.search(words) or (len(words) < _SENTENCE and _CLOSING_SHORT.search(words)):
        draft.puzzle(element, text)


def take_free(draft: Draft, element: etree._Element) -> None:
    """Take "free to read" (NISO RP-22-2021): from a day on, which is the end of an embargo, or simply; its end has no field."""
    start, end = attribute(element, "start_date"), attribute(element, "end_date")
    if start:
        draft.embargo(element, start)
    else:
        draft.restrict("open")
    if end:
        draft.puzzle(element, f"end_date {end}")


def _take_access(draft: Draft, element: etree._Element, text: str) -> bool:
    access, end = _access_of(text), embargo_end(text)
    if end:
        draft.embargo(element, end)
    elif access:
        if draft.access and draft.access != access:
            draft.leave(element, text)
        draft.restrict(access)
    return bool(access or end)


def _access_of(text: str) -> str:
    return find_term(ACCESS, text) or _ACCESS_WORDS.get(" ".join(text.replace("_", " ").split()).lower(), "")


def _is_open(text: str) -> bool:
    return bool(_OPEN.search(text)) and not _NOT.search(_HARMLESS.sub(" ", text))


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
