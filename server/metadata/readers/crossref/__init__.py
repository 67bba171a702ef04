"""Reads Crossref XML: a deposit (doi_batch) or the answer to a query (unixref, unixsd) that describes one work."""

from collections.abc import Iterator

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, local, namespace, only_work, text_at
from server.metadata.names import agent
from server.metadata.readers.crossref.fields import DATES, FIELDS
from server.metadata.readers.crossref.hosts import take_host
from server.metadata.reading import Reader, Reading
from server.metadata.roles import PUBLISHER
from server.records.model import Related
from server.xml import text_of

_ROOTS = {"doi_batch", "crossref_result", "crossref", "doi_record", "crossref_metadata"}

#: What holds works, and the works in it; one that holds none is itself the work, told by its metadata element.
_CONTAINERS = {
    "journal": {"journal_article"},
    "book": {"content_item"},
    "conference": {"conference_paper"},
    "report-paper": {"content_item"},
    "database": {"dataset"},
    "standard": {"content_item"},
    "sa_component": {"component"},
}
_WORKS = {"dissertation", "posted_content", "preprint", "peer_review"}

#: Element, and what its own attribute says of its kind; an empty kind stands for all others.
_TYPES = {
    "journal_article": {"": "publication.journalArticle"},
    "journal": {"": "publication.journalIssue"},
    "book": {
        "edited_book": "publication.editedBook", "monograph": "publication.book", "reference": "publication.book",
        "other": "publication.book", "": "publication.book",
    },
    "content_item": {
        "reference_entry": "publication.encyclopediaEntry", "chapter": "publication.bookChapter", "": "publication.bookChapter",
    },
    "conference_paper": {"": "conference.conferencePaper"},
    "conference": {"": "publication.conferenceProceeding"},
    "report-paper": {"": "publication.report"},
    "dissertation": {"": "etd.doctoral"},
    "posted_content": {
        "preprint": "postedContent.preprint", "working_paper": "postedContent.workingPaper", "letter": "publication.letter",
        "dissertation": "etd.doctoral", "report": "publication.report", "": "postedContent.preprint",
    },
    "preprint": {"": "postedContent.preprint"},
    "dataset": {"": "dataset.dataset"},
    "database": {"": "dataset.dataset"},
    "standard": {"": "publication.technicalDocumentation"},
    "peer_review": {"": "review"},
    "component": {"": "other"},
    "sa_component": {"": "other"},
}  # fmt: skip
_KINDS = {
    "book": "book_type", "content_item": "component_type", "posted_content": "type", "dataset": "dataset_type",
    "peer_review": "type",
}  # fmt: skip
_MASTER = ("master", "magister", "m.", "ma ", "msc", "mphil", "diplom")
_BACHELOR = ("bachelor", "b.", "ba ", "bsc")


def recognises(root: etree._Element) -> bool:
    return local(root) in _ROOTS and ("crossref.org/" in namespace(root) or not namespace(root))


def read(root: etree._Element) -> Reading:
    """Read the one work: first its own elements, then those of the journal, book or meeting it stands in."""
    work = only_work(root, list(_works(root)), "journal_article, book or other work")
    whole = local(work) in {"journal", "conference", "database"}
    described = work if whole or _is_inside(work) else _metadata(work)
    draft = Draft(described, title_element="titles/title")
    _type(draft, work)
    if not whole:
        _take(draft, described)
    take_host(draft, _above(work) if _is_inside(work) else work, described)
    _settle(draft, work)
    for item in root.iter():
        if local(item) == "crm-item" and attribute(item, "name") == "publisher-name" and "name" not in draft.publisher:
            draft.add_agent(item, agent(text_of(item)), PUBLISHER)
    return draft.reading()


def _works(root: etree._Element) -> Iterator[etree._Element]:
    for element in root.iter():
        name = local(element)
        if name in _WORKS:
            yield element
        elif name in _CONTAINERS:
            parts = (element, *children(element, "component_list"))
            yield from [node for part in parts for node in children(part, *_CONTAINERS[name])] or [element]


def _is_inside(work: etree._Element) -> bool:
    return local(work) in {name for inside in _CONTAINERS.values() for name in inside}


def _metadata(work: etree._Element) -> etree._Element:
    """Return the element that describes a container that is itself the work: book_metadata and the like."""
    if local(work) in _WORKS:
        return work
    named = [child for child in children(work) if local(child).endswith("_metadata") and local(child) != "event_metadata"]
    return named[0] if named else work


def _type(draft: Draft, work: etree._Element) -> None:
    name = local(work)
    kind = attribute(work, _KINDS[name]) if name in _KINDS else ""
    types = _TYPES[name]
    meaning = types.get(kind) or types[""]
    if name == "content_item" and kind in {"", "other", "chapter"} and local(_above(work)) == "report-paper":
        meaning = "publication.report"
    if name == "dissertation" or kind == "dissertation":
        meaning = _degree(text_at(work, "degree").lower() + " ")
    draft.add_type(work, kind if kind and kind != "other" else name, meaning)


def _above(work: etree._Element) -> etree._Element:
    parent = work.getparent()
    return work if parent is None else parent


def _degree(degree: str) -> str:
    if degree.startswith(_MASTER):
        return "etd.graduate"
    return "etd.undergraduate" if degree.startswith(_BACHELOR) else "etd.doctoral"


def _take(draft: Draft, work: etree._Element) -> None:
    if attribute(work, "language"):
        draft.add_language(work, attribute(work, "language"))
    for element in children(work):
        take = FIELDS.get(local(element))
        if take:
            take(draft, element)
        elif local(element) not in DATES:
            draft.leave(element)
    _publication(draft, work)


def _publication(draft: Draft, work: etree._Element) -> None:
    """Take the earliest of the dates of publication, in print or online; the others have no field."""
    found = [(date, element) for element in children(work, *DATES) if (date := _written(element))]
    # A day comes before the month or year it is in, as it tells more.
    for date, element in sorted(found, key=lambda pair: f"{pair[0]}~"):
        name = "accepted" if local(element) in {"acceptance_date", "approval_date"} else "issued"
        if not draft.dates.get(name, "").startswith(date):
            draft.set_date(name, date, element)


def _written(element: etree._Element) -> str:
    parts = [text_at(element, name) for name in ("year", "month", "day")]
    return "-".join(part.zfill(2) for part in parts[: parts.index("") if "" in parts else 3])


def _settle(draft: Draft, work: etree._Element) -> None:
    """Give a thesis the day it was approved on as that of its degree and publication, and a component what it belongs to."""
    parent = attribute(_above(_above(work)), "parent_doi") if local(work) == "component" else ""
    if parent:
        draft.related.append(Related(scheme="doi", value=parent, relation="IsPartOf"))
    approved = draft.dates.get("accepted", "")
    if approved and local(draft.root) == "dissertation":
        draft.thesis.setdefault("date_awarded", approved)
        draft.dates.setdefault("issued", approved)


PLUGIN = Reader("crossref", "Crossref XML", recognises, read)
