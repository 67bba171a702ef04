"""What a well-known delivery service packs into notes and attributes, taken apart: versions, embargoes, licences, funders."""

import re
from collections.abc import Callable

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.metadata.rights import take_rights
from server.records.model import Funding
from server.records.vocabulary import VERSIONS, find_term

Take = Callable[[Draft, etree._Element, str], None]  # noqa: SLF001 - the name lxml gives its elements

_FUNDER = re.compile(r"(?:Funder: )?([^;]+)(?:;(.*?))?(?:; Grant\(s\): (.+))?")
#: What its lists call a registry of funders → DataCite funderIdentifierType; the first that an entry names is taken.
_REGISTRIES = {"fundref": "Crossref Funder ID", "doi": "Crossref Funder ID", "ror": "ROR", "isni": "ISNI", "grid": "GRID"}
_KEYED = re.compile(r"\s*([\w-]+):\s*(.+)")
_ADDRESSES = {"doi.org/10.13039/": "Crossref Funder ID", "ror.org/": "ROR", "isni.org/": "ISNI", "grid.": "GRID"}
_UNKNOWN = {"unspecified", "unknown", "n/a", "none"}
_DAY_FIRST = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")
_CITATION = re.compile(
    r"(?P<title>.+?)(?:, volume (?P<volume>[^,]+))?(?:, issue (?P<issue>[^,]+))?(?:, pages? (?P<pages>[^,]+))?"
    r"(?:, article-number (?P<article_no>[^,]+))?"
)
_LICENCE = re.compile(r"Licen[cs]e for \w+ version of this article starting on [0-9-]+: \S+")


def day(text: str) -> str:
    """Return a date that may stand with its day first (22-08-2018); empty where it is none."""
    return date_of(_DAY_FIRST.sub(r"\3-\2-\1", text.strip()))


def registry_of(packed: str) -> tuple[str, str]:
    """Return identifier and registry of a funder from an address, or from a list such as `ringgold: …; Fundref: https://…`."""
    for part in re.split(r"[;,]\s", packed.strip()):
        keyed = _KEYED.fullmatch(part)
        scheme = _REGISTRIES.get(keyed[1].lower(), "") if keyed else ""
        if keyed and scheme:
            return keyed[2].strip(), scheme
        found = next((name for stem, name in _ADDRESSES.items() if stem in part), "")
        if found:
            return part.strip(), found
    return "", ""


def funding_of(text: str) -> Funding | None:
    """Take apart `Funder: name; Fundref: address; Grant(s): number`, or a funder's name alone; None for an empty one."""
    found = _FUNDER.fullmatch(text.removeprefix("**").strip())
    return made_funding(found[1].strip(), found[2] or "", found[3] or "") if found else None


def made_funding(name: str, ids: str, award: str) -> Funding | None:
    """Make a funding of a name, the funder's identifiers as packed, and an award; None where nothing of it is known."""
    funder_id, scheme = registry_of(ids)
    award = "" if award.strip().lower() in _UNKNOWN else award.strip()
    made = Funding(funder_name=name, funder_id=funder_id, funder_id_scheme=scheme, award_no=award)
    return made if made != Funding() else None


def is_note(text: str) -> bool:
    """Say whether a text is a note of that service's."""
    return text.startswith("**") or text.partition(": ")[0] in _NOTES


def take_note(draft: Draft, element: etree._Element, text: str) -> None:
    """Take what the parts of a note (`** Article version: VoR ** Embargo end date: …`) say; leave what is only remarked."""
    for part in (part.strip() for part in text.split("**")):
        key, _, value = part.partition(": ")
        take = _NOTES.get(key)
        if take:
            take(draft, element, value)
        elif _LICENCE.fullmatch(part):
            take_rights(draft, element, _DAY_FIRST.sub(r"\3-\2-\1", part))
        elif part:
            draft.leave(element, part)


def _version(draft: Draft, element: etree._Element, value: str) -> None:
    found = find_term(VERSIONS, value)
    if found:
        draft.version = draft.version or found
    else:
        draft.leave(element, value)


def _embargo(draft: Draft, element: etree._Element, value: str) -> None:
    draft.embargo(element, day(value) or value)


def _reviewed(draft: Draft, element: etree._Element, value: str) -> None:
    if value.lower() in {"true", "false"}:
        draft.peer_reviewed = value.lower() == "true"
    else:
        draft.leave(element, value)


#: Days that a history names, in words and in the short forms of publishers; the first of each kind is taken.
HISTORY = {
    "received": "submitted", "submitted": "submitted", "accepted": "accepted", "epub": "issued", "ppub": "issued",
    "pub": "issued", "published": "issued", "published_online": "issued", "issued": "issued",
}  # fmt: skip


def _history(draft: Draft, element: etree._Element, value: str) -> None:
    for part in re.split(r"[,;]", value.rstrip(".")):
        word, _, date = part.strip().partition(" ")
        take_history(draft, element, word, date)


def take_history(draft: Draft, element: etree._Element, word: str, text: str) -> None:
    """Take a day of a history where no other is known for its kind; a day told before more exactly is the same day."""
    name, found = HISTORY.get(word, ""), day(text)
    known = draft.dates.get(name, "")
    if name and found and not known:
        draft.dates[name] = found
    elif text and not (found and known.startswith(found)):
        draft.leave(element, f"{word} {text}".strip())


_NOTES: dict[str, Take] = {
    "Article version": _version, "Embargo end date": _embargo, "Peer reviewed": _reviewed, "History": _history,
}  # fmt: skip


def take_citation(draft: Draft, element: etree._Element, text: str) -> None:
    """Keep a citation, and take the journal from one that names its parts: `Annalen, volume 17, issue 10, page 891-921`."""
    found = _CITATION.fullmatch(text)
    if found and (found["volume"] or found["issue"] or found["pages"] or found["article_no"]):
        start, _, end = (found["pages"] or "").partition("-")
        told = {name: found[name] for name in ("title", "volume", "issue", "article_no")}
        for name, value in (told | {"first_page": start, "last_page": end}).items():
            draft.put(draft.container, name, (value or "").strip(), element)
    if draft.citation_text and text != draft.citation_text:
        draft.leave(element)
    draft.citation_text = draft.citation_text or text
