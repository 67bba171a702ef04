"""What stands on somebody's ORCID record: summaries of works, with who put them there and their identifiers. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from server.metadata.addresses import bare
from server.orcid.answers import WORK, root_of
from server.orcid.work import COMMON
from server.xml import text_of

ACTIVITIES = "http://www.orcid.org/ns/activities"


@dataclass(frozen=True, slots=True)
class Summary:
    """A work on a record, as the list of all says it."""

    put_code: int
    title: str
    type: str
    year: str
    source: str
    """Who put it there, by name."""
    client_id: str
    """The client that did, where one did."""
    ids: tuple[tuple[str, str], ...]
    """Its own identifiers: type and value, as they are compared."""


def summaries(body: bytes) -> list[Summary] | None:
    """Read the list of all works on a record; None where it is none."""
    root = root_of(body)
    if root is None or root.tag != f"{{{ACTIVITIES}}}works":
        return None
    return list(_each(root))


def _each(root: etree._Element) -> Iterator[Summary]:
    for one in root.iter(f"{{{WORK}}}work-summary"):
        code = one.get("put-code", "")
        if code.isdecimal():
            yield Summary(
                int(code),
                text_of(one.find(f"{{{WORK}}}title/{{{COMMON}}}title")),
                text_of(one.find(f"{{{WORK}}}type")),
                text_of(one.find(f"{{{COMMON}}}publication-date/{{{COMMON}}}year"))[:4],
                text_of(one.find(f"{{{COMMON}}}source/{{{COMMON}}}source-name")),
                _client(one),
                ids_of(one),
            )


def _client(one: etree._Element) -> str:
    """Return the client that put a work there; older clients have an id like a person's."""
    found = one.find(f"{{{COMMON}}}source/{{{COMMON}}}source-client-id")
    if found is None:
        return ""
    path = text_of(found.find(f"{{{COMMON}}}path"))
    return path or text_of(found.find(f"{{{COMMON}}}uri")).rpartition("/")[2]


def ids_of(work: etree._Element) -> tuple[tuple[str, str], ...]:
    """Return a work's own identifiers, as they are compared; not those of what it is part of, or a version of."""
    found = []
    for one in work.iterfind(f"{{{COMMON}}}external-ids/{{{COMMON}}}external-id"):
        kind = text_of(one.find(f"{{{COMMON}}}external-id-type")).lower()
        value = text_of(one.find(f"{{{COMMON}}}external-id-value"))
        relation = text_of(one.find(f"{{{COMMON}}}external-id-relationship")) or "self"
        if kind and value and relation == "self":
            found.append((kind, compared(kind, value)))
    return tuple(found)


def compared(kind: str, value: str) -> str:
    """Return an identifier in the form in which two that are the same are the same."""
    return bare(kind, value).rstrip("/").lower()
