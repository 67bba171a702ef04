"""Reads the <metadata> of Hyrax repositories and their SWORD clients: one element for each property, without a namespace."""

from collections.abc import Callable

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.dublin_core import take_relation, take_term
from server.metadata.elements import children, local, namespace
from server.metadata.kinds import choose_type
from server.metadata.reading import Reader, Reading
from server.metadata.rights import take_rights
from server.records.model import Text
from server.xml import text_of

Take = Callable[[Draft, etree._Element, str], None]  # noqa: SLF001 - the name lxml gives its elements

#: Hyrax's visibility to our access; lease is not among them: it is open until a day, which no field holds.
_VISIBILITY = {
    "open": "open", "authenticated": "restricted", "institution": "restricted", "registered": "restricted",
    "restricted": "restricted", "private": "restricted", "embargo": "embargoed",
}  # fmt: skip
#: Properties that tell a document of Hyrax from any other <metadata>.
_ITS_OWN = frozenset(
    {
        "internal_resource",
        "resource_type",
        "visibility",
        "keyword",
        "rights_statement",
        "based_near",
        "date_created",
        "related_url",
    }
)
#: Properties that are a term of Dublin Core under another name.
_TERMS = {
    "title": "title", "alternative_title": "alternative", "creator": "creator", "contributor": "contributor",
    "keyword": "subject", "subject": "subject", "publisher": "publisher", "identifier": "identifier", "language": "language",
    "source": "source", "bibliographic_citation": "bibliographicCitation", "based_near": "spatial", "date_created": "created",
    "date_issued": "issued", "date_published": "issued", "date_modified": "modified", "date_accepted": "dateAccepted",
    "date_submitted": "dateSubmitted", "date_available": "available", "rights_holder": "rightsHolder",
    "table_of_contents": "tableOfContents", "license": "license", "access_right": "accessRights", "abstract": "abstract",
}  # fmt: skip


def recognises(root: etree._Element) -> bool:
    if local(root) != "metadata" or namespace(root):
        return False
    names = {local(child) for child in children(root) if not namespace(child)}
    return "title" in names and bool(names & _ITS_OWN)


def read(root: etree._Element) -> Reading:
    draft = Draft(root, title_element="title")
    for element in children(root):
        name, text = local(element), text_of(element)
        take = _OTHERS.get(name)
        if take and text:
            take(draft, element, text)
        elif name not in _TERMS or not take_term(draft, element, _TERMS[name]):
            draft.leave(element)
    if draft.dates.get("created") and not draft.dates.get("issued"):
        draft.dates["issued"] = draft.dates["created"]
    return draft.reading()


def _description(draft: Draft, element: etree._Element, text: str) -> None:  # noqa: ARG001 - all takers look alike
    draft.abstracts.append(Text(value=text))


def _type(draft: Draft, element: etree._Element, text: str) -> None:
    draft.add_type(element, text)


def _model(draft: Draft, element: etree._Element, text: str) -> None:
    """Take the class Hyrax keeps the work as where it is the name of a type; GenericWork is the name of none."""
    if choose_type([text]):
        draft.add_type(element, text)
    else:
        draft.leave(element)


def _rights(draft: Draft, element: etree._Element, text: str) -> None:
    take_rights(draft, element, text)


def _related(draft: Draft, element: etree._Element, text: str) -> None:
    take_relation(draft, element, text, "relation")


def _visibility(draft: Draft, element: etree._Element, text: str) -> None:
    access = _VISIBILITY.get(text.lower())
    if access:
        draft.restrict(access)
    else:
        draft.puzzle(element, text)


def _release(draft: Draft, element: etree._Element, text: str) -> None:
    draft.set_date("embargo_until", text, element)


_OTHERS: dict[str, Take] = {
    "description": _description, "resource_type": _type, "type": _type, "internal_resource": _model, "rights_statement": _rights,
    "rights_notes": _rights, "rights": _rights, "related_url": _related, "visibility": _visibility,
    "embargo_release_date": _release,
}  # fmt: skip

PLUGIN = Reader("hyrax", "Hyrax metadata", recognises, read)
