"""What Crossref says of a submission: its pages of HTML and its doi_batch_diagnostic, understood without doing anything."""

import re
from dataclasses import dataclass
from enum import StrEnum

from server.errors import Invalid, TooLarge
from server.xml import parse, text_of


class Receipt(StrEnum):
    """What the page that answers a deposit says."""

    TAKEN = "taken"
    FAILED = "failed"
    CREDENTIALS = "credentials"
    NONSENSE = "nonsense"


#: In this order: what a page says → what it means. Success only where the words of the success page stand in it.
_PAGES = (
    (re.compile(r"wrong credentials|incorrect username or password|not authori[sz]ed", re.IGNORECASE), Receipt.CREDENTIALS),
    (re.compile(r"<title>\s*FAILURE\s*</title>|<h2>\s*FAILURE\s*</h2>|batch submission failed", re.IGNORECASE), Receipt.FAILED),
    (re.compile(r"\bSUCCESS\b.*successfully received", re.DOTALL), Receipt.TAKEN),
)
_TAG = re.compile(r"<[^>]*>")
_LONGEST_WORDS = 500


def receipt(page: str) -> Receipt:
    """Say what a page that answers a deposit means: 200 alone means nothing."""
    return next((meaning for pattern, meaning in _PAGES if pattern.search(page)), Receipt.NONSENSE)


def words_of(page: str) -> str:
    """Return what a page says to a reader."""
    return " ".join(_TAG.sub(" ", page).split())[:_LONGEST_WORDS]


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one record of a submission."""

    status: str
    doi: str
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """How far a submission is, and what became of its records where it is completed."""

    status: str
    records: tuple[Record, ...]


def diagnostic(document: str) -> Diagnostic | None:
    """Read a doi_batch_diagnostic; None where it is none. A DTD is never read, entities are refused."""
    try:
        root = parse(document.encode())
    except (Invalid, TooLarge):
        return None
    if root.tag != "doi_batch_diagnostic":
        return None
    records = []
    for each in root.iter("record_diagnostic"):
        conflicts = ", ".join(filter(None, (text_of(doi) for doi in each.iterfind("dois_in_conflict/doi"))))
        message = text_of(each.find("msg")) + (f" (with {conflicts})" if conflicts else "")
        records.append(Record(str(each.get("status", "")), text_of(each.find("doi")), message))
    return Diagnostic(str(root.get("status", "")), tuple(records))


_VERSION = re.compile(r"submitted version:?\s*(\d+) is less or equal to previously submitted version:?\s*(\d+)?")
#: Not of the record, but of who may register under the prefix.
_RIGHTS = re.compile(r"not allowed to (?:add|update) records|can.?t submit into handle", re.IGNORECASE)


class Fate(StrEnum):
    """What a completed submission means for the DOI it was made for."""

    REGISTERED = "registered"
    CONFLICT = "conflict"  # registered, and so is another with the same metadata
    OVERTAKEN = "overtaken"  # Crossref knows a greater stamp than ours
    RIGHTS = "rights"
    REFUSED = "refused"
    SILENT = "silent"  # nothing is said of it


@dataclass(frozen=True, slots=True)
class Verdict:
    fate: Fate
    words: str
    previous: int = 0
    """The stamp Crossref knows, where it is overtaken."""


def verdict(records: tuple[Record, ...], doi: str, stamp: int) -> Verdict:
    """Judge what is said of a DOI, which may be said more than once: whatever succeeded, succeeded.

    Records without a DOI are of it, too, as a submission of ours holds one: a document Crossref could not read names none.
    """
    ours = [each for each in records if each.doi.lower() in {doi.lower(), "", "doi not found"}]
    words = "; ".join(dict.fromkeys(each.message for each in ours if each.message))
    by_status = {status: [each for each in ours if each.status == status] for status in ("Success", "Warning", "Failure")}
    if any(each.doi for each in by_status["Success"]):
        others = "; ".join(each.message for each in by_status["Warning"] + by_status["Failure"])
        return Verdict(Fate.CONFLICT, others) if others else Verdict(Fate.REGISTERED, words)
    if by_status["Warning"]:
        return Verdict(Fate.CONFLICT, words)
    for each in by_status["Failure"]:
        if found := _VERSION.search(each.message):
            previous = int(found[2] or 0)
            # The same document, processed a second time: it is what Crossref has.
            return Verdict(Fate.REGISTERED if previous == stamp else Fate.OVERTAKEN, words, previous)
        if _RIGHTS.search(each.message):
            return Verdict(Fate.RIGHTS, words)
    return Verdict(Fate.REFUSED if by_status["Failure"] else Fate.SILENT, words)
