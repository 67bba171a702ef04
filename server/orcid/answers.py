"""What an answer of ORCID means: by status and ORCID's own error code, a table (ORCID-Source, api_errors.md). Pure."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from server.errors import SheafError
from server.orcid.model import Said, Verdict
from server.xml import clean, parse, text_of

ERROR = "http://www.orcid.org/ns/error"
WORK = "http://www.orcid.org/ns/work"
BULK = "http://www.orcid.org/ns/bulk"
LONGEST_WORDS = 500

_ID = re.compile(r"(?:[0-9]{4}-){3}[0-9]{3}[0-9X]")
_PUT_CODE = re.compile(r"/work/([0-9]{1,18})/?\Z")
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)", re.IGNORECASE)
#: What comes after these words is a token, whosever it is.
_TOKEN = re.compile(r"(?i)(access token:\s*)\S+")

_GOOD = frozenset({200, 201, 204})

#: Status and ORCID's error code, or OAuth's (RFC 6750 § 3.1) → what it means; one that is not here means what its status does.
#: What ends a permission is believed with such a code only: a gateway says 401, 403, 404 and 409 for reasons of its own.
VERDICTS: dict[tuple[int, int | str | None], Verdict] = {
    (301, None): Verdict.MOVED,
    (401, None): Verdict.UNCLEAR,
    (401, "invalid_token"): Verdict.REVOKED,
    (403, None): Verdict.UNCLEAR,
    (403, 9004): Verdict.REVOKED,
    (403, "insufficient_scope"): Verdict.REVOKED,  # the token does not permit it
    (403, 9010): Verdict.FOREIGN,
    (404, None): Verdict.UNCLEAR,
    (404, 9011): Verdict.NOBODY,
    (404, 9016): Verdict.ABSENT,
    (408, None): Verdict.SILENT,
    (409, None): Verdict.UNCLEAR,
    (409, 9018): Verdict.LOCKED,
    (409, 9021): Verdict.DUPLICATE,
    (409, 9044): Verdict.DEACTIVATED,
    (425, None): Verdict.SILENT,
    (429, None): Verdict.SILENT,
}
_WORDED = (
    (re.compile(r"already added this activity", re.IGNORECASE), Verdict.DUPLICATE),
    (re.compile(r"ORCID record is deactivated"), Verdict.DEACTIVATED),
    (re.compile(r"not the source", re.IGNORECASE), Verdict.FOREIGN),
)
"""What decides where an answer has no code: a gateway before ORCID may have taken it off."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What came back, before anybody made sense of it."""

    status: int
    location: str
    retry_after: float | None
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as ORCID writes it."""

    status: int
    code: int | None
    words: str
    error: str = ""
    """OAuth's code."""


def judged(raw: Raw, method: str, orcid: str, secrets: Sequence[str] = ()) -> Said:
    """Say what an answer means for what was asked of a record."""
    if raw.status >= 500:  # noqa: PLR2004 -- server errors
        return Said(Verdict.SILENT, raw.status, _line(raw, secrets), retry_after=raw.retry_after)
    if _PAGE.match(raw.body) or raw.content_type == "text/html":
        words = f"ORCID answered {raw.status} with a page for people."
        return Said(Verdict.UNCLEAR, raw.status, words, retry_after=raw.retry_after)
    if raw.status in _GOOD:
        return _taken(raw, method)
    fault = fault_in(raw.body, raw.status)
    verdict = verdict_of(fault)
    words = redacted(fault.words, secrets) or f"ORCID answered {raw.status}."
    if verdict is not Verdict.MOVED:
        return Said(verdict, raw.status, words, retry_after=raw.retry_after)
    other = next((found for found in _ID.findall(f"{raw.location} {fault.words}") if found != orcid), "")
    return Said(Verdict.MOVED if other else Verdict.UNCLEAR, raw.status, words, moved_to=other)


def verdict_of(fault: Fault) -> Verdict:
    """Return what an error means; one of no known status is a refusal, or makes no sense where it is no error."""
    code = fault.code if fault.code is not None else fault.error
    found = VERDICTS.get((fault.status, code))
    if fault.code is None and found is None:
        found = next((verdict for form, verdict in _WORDED if form.search(fault.words) and fault.status in {403, 409}), None)
    found = found or VERDICTS.get((fault.status, None))
    if found is not None:
        return found
    return Verdict.REFUSED if 400 <= fault.status < 500 else Verdict.UNCLEAR  # noqa: PLR2004 -- client errors


def _taken(raw: Raw, method: str) -> Said:
    """Believe a success where it shows what was asked for."""
    put_code = None
    if raw.status == 201:  # noqa: PLR2004 -- created
        found = _PUT_CODE.search(raw.location)
        if found is None:
            return Said(Verdict.UNCLEAR, raw.status, "ORCID put it there and does not say under which number.")
        put_code = int(found[1])
    elif method != "DELETE" and root_of(raw.body) is None:
        return Said(Verdict.UNCLEAR, raw.status, "ORCID's answer is not XML.")
    elif method == "POST" and each_of(raw.body) is None:
        return Said(Verdict.UNCLEAR, raw.status, "ORCID's answer is not one to many works.")
    return Said(Verdict.DONE, raw.status, "", raw.body, put_code)


def each_of(body: bytes) -> list[Said] | None:
    """Return what became of each of many works, in their order; None where the answer does not say."""
    root = root_of(body)
    if root is None or root.tag != f"{{{BULK}}}bulk":
        return None
    return list(_each(root))


def _each(root: etree._Element) -> Iterable[Said]:
    for child in root:
        code = child.get("put-code", "")
        if child.tag == f"{{{WORK}}}work" and code.isdecimal():
            yield Said(Verdict.DONE, 201, "", put_code=int(code))
        elif child.tag == f"{{{ERROR}}}error":
            fault = _fault(child, 400)
            yield Said(verdict_of(fault), fault.status, fault.words)
        else:
            yield Said(Verdict.UNCLEAR, 200, "ORCID does not say under which number it put the work there.")


def root_of(body: bytes) -> etree._Element | None:
    """Return the root of an answer; None where it is no XML."""
    try:
        return parse(body)
    except SheafError:
        return None


def fault_in(body: bytes, status: int) -> Fault:
    """Read an error, in XML, or in JSON as OAuth's errors are; else it has only its status."""
    root = root_of(body)
    if root is not None and root.tag == f"{{{ERROR}}}error":
        return Fault(status, *_said(root))
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return Fault(status, None, "")
    code = document.get("error-code")
    words = next((document[name] for name in _WORDS if isinstance(document.get(name), str)), "")
    error = document.get("error")
    named = f"{error}: " if isinstance(error, str) and words else ""
    oauth = error if isinstance(error, str) else ""
    return Fault(status, code if isinstance(code, int) else None, _short(named + words), oauth)


_WORDS = ("developer-message", "user-message", "error_description", "error")


def _fault(element: etree._Element, status: int) -> Fault:
    own = element.findtext(f"{{{ERROR}}}response-code", "").strip()
    return Fault(int(own) if own.isdecimal() else status, *_said(element))


def _said(element: etree._Element) -> tuple[int | None, str]:
    code = element.findtext(f"{{{ERROR}}}error-code", "").strip()
    words = text_of(element.find(f"{{{ERROR}}}developer-message")) or text_of(element.find(f"{{{ERROR}}}user-message"))
    return int(code) if code.isdecimal() else None, _short(words)


def redacted(words: str, secrets: Sequence[str] = ()) -> str:
    """Return words without anything secret that the other side repeats in them."""
    words = _TOKEN.sub(r"\1[secret]", words)
    for secret in secrets:
        if secret:
            words = words.replace(secret, "[secret]")
    return words


def _short(words: str) -> str:
    return " ".join(clean(words).split())[:LONGEST_WORDS]


def _line(raw: Raw, secrets: Sequence[str]) -> str:
    words = "" if _PAGE.match(raw.body) else redacted(fault_in(raw.body, raw.status).words, secrets)
    return f"ORCID answered {raw.status}{f': {words}' if words else ''}".rstrip(".") + "."
