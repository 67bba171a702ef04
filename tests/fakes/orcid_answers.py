"""What the simulator of ORCID reads and writes: works checked by ORCID's own schemas, errors as its table has them."""

import re
from functools import cache
from typing import Any

from lxml import etree

from tests.conftest import SHARED

FOLDER = SHARED / "data" / "agencies" / "orcid" / "record_3.0"
WORK, COMMON = "http://www.orcid.org/ns/work", "http://www.orcid.org/ns/common"
BULK, ERROR = "http://www.orcid.org/ns/bulk", "http://www.orcid.org/ns/error"
ACTIVITIES = "http://www.orcid.org/ns/activities"
SPACES = {"work": WORK, "common": COMMON, "bulk": BULK, "error": ERROR, "activities": ACTIVITIES}

#: orcid-model, WorkType.java.
TYPES = frozenset(
    [
        "annotation",
        "artistic-performance",
        "book-chapter",
        "book-review",
        "book",
        "conference-abstract",
        "conference-paper",
        "conference-poster",
        "data-management-plan",
        "data-set",
        "dictionary-entry",
        "disclosure",
        "dissertation-thesis",
        "edited-book",
        "encyclopedia-entry",
        "invention",
        "journal-article",
        "journal-issue",
        "lecture-speech",
        "license",
        "magazine-article",
        "manual",
        "newsletter-article",
        "newspaper-article",
        "online-resource",
        "other",
        "patent",
        "physical-object",
        "preprint",
        "registered-copyright",
        "review",
        "report",
        "research-technique",
        "research-tool",
        "software",
        "spin-off-company",
        "standards-and-policy",
        "supervised-student-publication",
        "technical-standard",
        "test",
        "trademark",
        "translation",
        "website",
        "working-paper",
    ]
)

#: ORCID's error codes: HTTP status, what it says to developers, what to people (ORCID-Source, api_en.properties).
ERRORS = {
    9001: (400, "400 Bad Request: There is an issue with your data or the API endpoint.", "ORCID could not process the data."),
    9007: (301, "301 Moved Permanently: This account is deprecated. Please refer to account: {primary}. ORCID {own}", "Deprecated."),
    9010: (403, "403 Forbidden: You are not the source of the work, so you are not allowed to update it.", "Not the source."),
    9011: (404, "404 Not Found: ORCID {own} not found.", "The record was not found."),
    9016: (404, "404 Not Found: The resource was not found.", "The resource was not found."),
    9018: (409, "409 Conflict: The ORCID record is locked and cannot be edited. ORCID {own}", "The ORCID record is locked."),
    9019: (400, "400 Bad Request: The put code in the URL was {url} whereas the one in the body was {body}.", "Put codes differ."),
    9021: (409, "409 Conflict: You have already added this activity (matched by external identifiers.)", "There was an error."),
    9023: (400, "400 Bad Request: Invalid external-id: an external identifier of relationship self is required.", "Invalid."),
    9024: (400, "400 Bad Request: Put-code is included when not expected.", "There was an error when adding the activity."),
    9035: (400, "400 Bad Request: You can't change the visibility of an item.", "You can't change the visibility."),
    9037: (400, "400 Bad Request: Invalid work type.", "Please specify a work type."),
    9044: (409, "409 Conflict: The ORCID record is deactivated and cannot be edited.", "The ORCID record is deactivated."),
}  # fmt: skip


class Refusal(Exception):
    """An error of ORCID by its code."""

    def __init__(self, code: int, **words: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status, said, self.user = ERRORS[code]
        self.said = said.format(**words) if words else said


@cache
def schema(name: str) -> etree.XMLSchema | None:
    """One of ORCID's schemas; None where they are not at hand, and then nothing is checked by it."""
    path = FOLDER / f"{name}-3.0.xsd"
    return etree.XMLSchema(etree.parse(path, etree.XMLParser(no_network=True))) if path.exists() else None


@cache
def languages() -> frozenset[str]:
    """The languages ORCID knows, as its schema lists them in words; none where it is not at hand."""
    path = FOLDER.parent / "common_3.0" / "common-3.0.xsd"
    found = re.search(r"following options:\s*(.*?)\s*ORCID will", path.read_text(), re.DOTALL) if path.exists() else None
    return frozenset(code.strip() for code in found[1].split(",")) if found else frozenset()


def checked(root: etree._Element, name: str) -> etree._Element:
    """Refuse what the schema does, as ORCID does."""
    found = schema(name)
    if found is not None and not found.validate(etree.fromstring(etree.tostring(root))):
        raise Refusal(9001)
    return root


def honest(body: bytes, name: str) -> bytes:
    """Fail where the simulator itself writes what ORCID's schema would not have."""
    found = schema(name)
    assert found is None or found.validate(etree.fromstring(body)), f"{name}: {found.error_log if found is not None else ''}"
    return body


def error_element(refusal: Refusal) -> etree._Element:
    root = etree.Element(f"{{{ERROR}}}error", nsmap={"error": ERROR})
    parts = (("response-code", refusal.status), ("developer-message", refusal.said), ("user-message", refusal.user))
    for name, text in (
        *parts,
        ("error-code", refusal.code),
        ("more-info", "https://members.orcid.org/api/resources/troubleshooting"),
    ):
        etree.SubElement(root, f"{{{ERROR}}}{name}").text = str(text)
    return root


def self_ids(work: etree._Element) -> set[tuple[str, str]]:
    """A work's own identifiers, as ORCID compares them."""
    found = set()
    for one in work.iterfind(f".//{{{COMMON}}}external-id"):
        kind, value, relation = (
            one.findtext(f"{{{COMMON}}}external-id-{part}", "") for part in ("type", "value", "relationship")
        )
        if relation == "self":
            found.add((kind.lower(), value.lower().rstrip("/")))
    return found


def page_of(work: etree._Element) -> str:
    """The page a work names: how the tests know which of ours it is."""
    return next((value for kind, value in self_ids(work) if kind == "uri"), "")


def judge(work: etree._Element) -> etree._Element:
    """Refuse what ORCID's rules beyond its schema do."""
    checked(work, "work")
    if work.findtext(f"{{{WORK}}}type") not in TYPES:
        raise Refusal(9037)
    if not self_ids(work):
        raise Refusal(9023)
    if work.findtext(f"{{{COMMON}}}language-code", "en") not in (languages() or {"en"}):
        raise Refusal(9001)
    return work


def bare(work: etree._Element) -> bytes:
    """A work as it was sent, without the number and what ORCID adds."""
    copy = etree.fromstring(etree.tostring(work))
    for name in ("put-code", "visibility", "path", "display-index"):
        copy.attrib.pop(name, None)
    for name in ("created-date", "last-modified-date", "source"):
        for part in copy.findall(f"{{{COMMON}}}{name}"):
            copy.remove(part)
    return etree.tostring(copy, method="c14n2", strip_text=True)
