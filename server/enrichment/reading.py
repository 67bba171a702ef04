"""ORCID's documents read: the expanded search and the record (expanded-search-3.0.xsd, record-3.0.xsd). Pure."""

from collections.abc import Iterator
from datetime import date

from lxml import etree

from server.enrichment.model import MOST_WORKS, Answered, Facts, Found, title_key
from server.errors import Invalid
from server.identifiers.schemes import doi
from server.metadata.elements import children, first, text_at
from server.people import schemes
from server.records.model import Affiliation
from server.xml import text_of

_LAST = 9999, 12, 31


def answered(root: etree._Element) -> Answered:
    """Read an expanded search; a line whose iD is none is passed over."""
    found = tuple(line for result in children(root, "expanded-result") if (line := _found(result)) is not None)
    total = root.get("num-found", "0")
    return Answered(total=int(total) if total.isdecimal() else len(found), found=found)


def _found(result: etree._Element) -> Found | None:
    try:
        orcid = schemes.bare("orcid", text_at(result, "orcid-id"))
    except ValueError:
        return None
    return Found(
        orcid=orcid,
        given=text_at(result, "given-names"),
        family=text_at(result, "family-names"),
        credit=text_at(result, "credit-name"),
        others=_texts(result, "other-name"),
        institutions=_texts(result, "institution-name"),
    )


def _texts(parent: etree._Element, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for child in children(parent, name) if (text := text_of(child))))


def facts(root: etree._Element, today: date) -> Facts:
    """Read the record of one person as it is public; `today` tells what is current."""
    person, activities = first(root, "person"), first(root, "activities-summary")
    name = first(person, "name") if person is not None else None
    others = first(person, "other-names") if person is not None else None
    posts = list(_posts(activities)) if activities is not None else []
    works = list(_works(activities))[:MOST_WORKS] if activities is not None else []
    return Facts(
        orcid=text_at(root, "orcid-identifier", "path"),
        given=_part(name, "given-names"),
        family=_part(name, "family-name"),
        credit=_part(name, "credit-name"),
        others=tuple(text_at(other, "content") for other in children(others, "other-name")) if others is not None else (),
        current=_once(place for place, end in posts if end is None or end >= today),
        past=_once(place for place, end in posts if end is not None and end < today),
        dois=tuple(dict.fromkeys(number for numbers, _ in works for number in numbers)),
        titles=tuple(dict.fromkeys(title for _, title in works if title)),
    )


def _part(name: etree._Element | None, part: str) -> str:
    return "" if name is None else text_at(name, part)


def _once(places: Iterator[Affiliation]) -> tuple[Affiliation, ...]:
    return tuple(dict.fromkeys(places))


def _posts(activities: etree._Element) -> Iterator[tuple[Affiliation, date | None]]:
    """Yield the employments and their ends; None where there is none."""
    for section in children(activities, "employments"):
        for group in children(section, "affiliation-group"):
            for summary in children(group, "employment-summary"):
                organization = first(summary, "organization")
                if organization is not None and (name := text_at(organization, "name")):
                    yield Affiliation(name=name, ror=_ror(organization)), _end(first(summary, "end-date"))


def _ror(organization: etree._Element) -> str:
    place = first(organization, "disambiguated-organization")
    if place is None or text_at(place, "disambiguation-source").upper() != "ROR":
        return ""
    try:
        return schemes.ror(text_at(place, "disambiguated-organization-identifier"))
    except ValueError:
        return ""


def _end(element: etree._Element | None) -> date | None:
    """Return the last day of an end that may be a year or a month only; None for none."""
    if element is None:
        return None
    parts = [text_at(element, part) for part in ("year", "month", "day")]
    year, month, day = (int(text) if text.isdecimal() else 0 for text in parts)
    if not year:
        return None
    for last in (day or 31, 30, 29, 28):
        try:
            return date(year, month or 12, last)
        except ValueError:
            continue
    return None


def _works(activities: etree._Element) -> Iterator[tuple[list[str], str]]:
    """Yield the DOIs and the title of each work; a group holds what several sources say of one."""
    for section in children(activities, "works"):
        for group in children(section, "group"):
            for summary in children(group, "work-summary"):
                ids = first(summary, "external-ids")
                yield (list(_dois(ids)) if ids is not None else []), title_key(text_at(summary, "title", "title"))


def _dois(ids: etree._Element) -> Iterator[str]:
    for one in children(ids, "external-id"):
        # `part-of` is the DOI of the book or the volume, which others have as well.
        if text_at(one, "external-id-type").lower() == "doi" and text_at(one, "external-id-relationship") in {"", "self"}:
            try:
                yield doi.normal(text_at(one, "external-id-value")).lower()
            except Invalid:
                continue
