"""What a work in Crossref XML stands in: the issue of a journal, a book, the proceedings of a meeting, a report, a database."""

from collections.abc import Callable

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, local, text_at
from server.metadata.readers.crossref.fields import DATES, FIELDS, take_doi, take_edition, take_issn, take_publisher, take_volume
from server.metadata.readers.crossref.people import take_contributors, take_party
from server.records.model import Related
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements


def take_host(draft: Draft, host: etree._Element, work: etree._Element) -> None:
    """Take all that stands beside a work in its container: the metadata of the journal and issue, the book, the meeting."""
    told = (part for part in children(host) if local(part).endswith("_metadata") or local(part) == "journal_issue")
    parts = [part for part in told if part is not work]
    for part in parts:
        if attribute(part, "language") and not draft.languages:
            draft.add_language(part, attribute(part, "language"))
        for element in children(part):
            _take(draft, part, element)
    if "issued" not in draft.dates:
        _date(draft, parts)


def _take(draft: Draft, part: etree._Element, element: etree._Element) -> None:
    name = local(element)
    take = (_EVENT if local(part) == "event_metadata" else _HOST).get(name)
    if take:
        take(draft, element)
    elif name not in DATES and name != "noisbn":
        draft.leave(element)


def _date(draft: Draft, parts: list[etree._Element]) -> None:
    """Let the date of the issue or book speak for a work without its own."""
    for element in (element for part in parts for element in children(part, "publication_date")):
        told = [text_at(element, name) for name in ("year", "month", "day")]
        text = "-".join(part.zfill(2) for part in told[: told.index("") if "" in told else 3])
        if text and "issued" not in draft.dates:
            draft.set_date("issued", text, element)


def _is_own(draft: Draft, element: etree._Element) -> bool:
    """Whether an element speaks of a journal, proceedings or database that is itself the work."""
    part = element.getparent()
    return part is not None and part.getparent() is draft.root


def _title(draft: Draft, element: etree._Element) -> None:
    title = text_at(element, "title") if local(element) == "titles" else text_of(element)
    subtitle = text_at(element, "subtitle") if local(element) == "titles" else ""
    if _is_own(draft, element) and draft.title is None:
        draft.set_title(element, title)
        draft.subtitle = subtitle
    elif draft.title is None or draft.title.value != title:
        draft.put(draft.container, "title", ": ".join(filter(None, (title, subtitle))), element)


def _contributors(draft: Draft, element: etree._Element) -> None:
    """Take the editors of the whole; its authors are those of a part that names none."""
    if not draft.creators:
        take_contributors(draft, element)
        return
    for party in children(element):
        if attribute(party, "contributor_role") == "author":
            draft.leave(party)
        else:
            take_party(draft, party)


def _journal_volume(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        if local(child) == "volume":
            take_volume(draft, child)
        else:
            draft.leave(child)


def _issue(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.container, "issue", text_of(element), element)


def _isbn(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.container, "isbn", text_of(element), element)


def _series(draft: Draft, element: etree._Element) -> None:
    FIELDS["series_metadata"](draft, element)


def _whole(draft: Draft, element: etree._Element) -> None:
    """Take the DOI of the journal, issue or book as that of a work this one is part of, unless it is the work itself."""
    doi = text_at(element, "doi")
    if _is_own(draft, element):
        take_doi(draft, element)
    elif doi:
        draft.related.append(Related(scheme="doi", value=doi, relation="IsPartOf"))


def _conference(name: str) -> Take:
    def take(draft: Draft, element: etree._Element) -> None:
        draft.put(draft.conference, name, text_of(element), element)

    return take


def _days(draft: Draft, element: etree._Element) -> None:
    """Take the days of a meeting: in words, or as the numbers of its first and last day."""
    ends = []
    for end in ("start", "end"):
        told = [attribute(element, f"{end}_{part}") for part in ("year", "month", "day")]
        ends.append("-".join(part.zfill(2) for part in told[: told.index("") if "" in told else 3]))
    numbers = "/".join(dict.fromkeys(filter(None, ends)))
    draft.put(draft.conference, "date", numbers or text_of(element), element)


_HOST: dict[str, Take] = {
    "full_title": _title, "proceedings_title": _title, "titles": _title, "issn": take_issn, "journal_volume": _journal_volume,
    "issue": _issue, "contributors": _contributors, "isbn": _isbn, "publisher": take_publisher, "series_metadata": _series,
    "volume": take_volume, "edition_number": take_edition, "doi_data": _whole,
}  # fmt: skip
_EVENT: dict[str, Take] = {
    "conference_name": _conference("name"), "conference_location": _conference("place"), "conference_date": _days,
}  # fmt: skip
