"""Reads EPrints XML: one <eprint>, alone or in <eprints>. The files inside are the packaging's business, not the reader's."""

import re
from collections.abc import Callable, Iterator

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.metadata.elements import children, first, local, namespace, only_work, text_at
from server.metadata.identifying import identify
from server.metadata.names import agent, agent_id
from server.metadata.packed import funding_of, take_note
from server.metadata.reading import Reader, Reading
from server.metadata.rights import take_rights
from server.metadata.roles import CREATOR, role_of
from server.records.embargo import strictest
from server.records.model import Agent, Funding, Place, Related, Subject, Text
from server.xml import text_of

NAMESPACE = "http://eprints.org/ep2/data/2.0"

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

#: EPrints' own words; a monograph is its word for reports.
_TYPES = {
    "article": "publication.journalArticle", "book_section": "publication.bookChapter", "monograph": "publication.report",
    "conference_item": "conference.conferencePaper", "book": "publication.book", "thesis": "etd.doctoral",
    "patent": "patent.patent", "artefact": "creativeWork.other", "exhibition": "creativeWork.other",
    "composition": "creativeWork.musicalComposition", "performance": "creativeWork.musicalPerformance",
    "image": "image", "video": "video", "audio": "sound", "dataset": "dataset.dataset", "experiment": "dataset.dataset",
    "teaching_resource": "teaching.other", "software": "software.code", "other": "other",
}  # fmt: skip
#: Kinds of one type, which say more than the type itself.
_KINDS = {
    "monograph_type": {
        "technical_report": "publication.report", "project_report": "publication.report", "working_paper":
        "postedContent.workingPaper", "discussion_paper": "postedContent.workingPaper", "manual":
        "publication.technicalDocumentation", "documentation": "publication.technicalDocumentation",
    },
    "pres_type": {
        "paper": "conference.conferencePaper", "poster": "conference.conferencePoster",
        "lecture": "conference.conferencePresentation", "speech": "conference.conferencePresentation",
        "keynote": "conference.conferencePresentation", "other": "conference.presentation",
    },
    "thesis_type": {
        "phd": "etd.doctoral", "doctoral": "etd.doctoral", "engd": "etd.doctoral", "masters": "etd.graduate",
        "mphil": "etd.graduate", "diploma": "etd.graduate", "bachelors": "etd.undergraduate",
        "undergraduate": "etd.undergraduate",
    },
}  # fmt: skip
_GRADUATE = {"ma", "mphil", "mres", "msc", "mba"}

_DATES = {
    "published": "issued", "published_online": "issued", "submitted": "submitted", "accepted": "accepted",
    "completed": "created", "deposited": "available", "": "issued",
}  # fmt: skip
_CONTAINER = {
    "publication": "title", "book_title": "title", "volume": "volume", "number": "issue", "issue": "issue", "series": "series",
    "article_number": "article_no", "edition": "edition",
}  # fmt: skip
_CONFERENCE = {"event_title": "name", "event_location": "place", "event_dates": "date"}
_SECURITY = {"": "", "public": "", "validuser": "restricted", "staffonly": "restricted"}
_ACCESS = {"public": "open", "restricted": "restricted", "none": "metadata_only"}
#: document/content to the version of the work.
_VERSIONS = {"draft": "AO", "submitted": "SMUR", "accepted": "AM", "published": "VoR", "updated": "CVoR"}
#: Creative Commons licences without and with their version number: cc_by, cc_by_nc_nd_4.
_LICENCE = re.compile(r"cc_(by(?:_nc)?(?:_nd|_sa)?)(?:_([0-9]))?")
_CLASS = re.compile(r"[A-Z]{1,3}[0-9.]*")


def recognises(root: etree._Element) -> bool:
    if local(root) == "eprint":
        return namespace(root) == NAMESPACE
    # The wrapper of an export is in no namespace.
    inside = any(namespace(child) == NAMESPACE for child in children(root, "eprint"))
    return local(root) == "eprints" and (namespace(root) == NAMESPACE or inside)


def read(root: etree._Element) -> Reading:
    eprint = root if local(root) == "eprint" else only_work(root, list(children(root, "eprint")), "eprint")
    draft = Draft(eprint)
    _types(draft, eprint)
    kind = text_at(eprint, "date_type").lower()
    for element in children(eprint):
        name = local(element)
        take = _ELEMENTS.get(name)
        if name in _CONTAINER:
            draft.put(draft.container, _CONTAINER[name], text_of(element), element)
        elif name in _CONFERENCE:
            draft.put(draft.conference, _CONFERENCE[name], text_of(element), element)
        elif name == "date":
            _dated(draft, element, text_of(element), kind)
        elif take:
            take(draft, element)
        elif name not in _OF_THE_REPOSITORY:
            draft.leave(element)
    _place(draft, eprint)
    return draft.reading()


def _items(element: etree._Element) -> Iterator[etree._Element]:
    """Yield the values of a field: its items, or the field itself where it holds one value only."""
    items = list(children(element, "item"))
    yield from items or [element]


def _texts(element: etree._Element) -> Iterator[str]:
    yield from (text for item in _items(element) if (text := text_of(item)))


def _types(draft: Draft, eprint: etree._Element) -> None:
    """Take the kinds before the type: a poster is a conference item, but not every conference item is a poster."""
    for name, kinds in _KINDS.items():
        for element in children(eprint, name):
            word = text_of(element)
            if name == "thesis_type":
                draft.put(draft.thesis, "degree_level", word, element)
            if word != "other":
                draft.add_type(element, word, kinds.get(word.lower(), ""))
    for element in children(eprint, "thesis_name"):
        draft.put(draft.thesis, "degree_name", text_of(element), element)
        if text_of(element).lower() in _GRADUATE:
            draft.add_type(element, text_of(element), "etd.graduate")
    for element in children(eprint, "type"):
        draft.add_type(element, text_of(element), _TYPES.get(text_of(element).lower(), ""))


def _is_a(draft: Draft, word: str) -> bool:
    return word in draft.meanings


def _title(draft: Draft, element: etree._Element) -> None:
    for text in _texts(element):
        draft.set_title(element, text)


def _people(role: str) -> Take:
    def take(draft: Draft, element: etree._Element) -> None:
        for item in children(element, "item"):
            word = text_at(item, "type")
            known = role_of(word) if word else role
            made = _agent_of(draft, item)
            if made and word and not known:
                draft.warn(item, f"the role “{word}” is not known; “{made.label}” has the role Other.")
            draft.add_agent(item, made, known or "Other")

    return take


def _agent_of(draft: Draft, item: etree._Element) -> Agent | None:
    """Make a person of an item; the name stands in <name>, or, as older exports have it, in the item itself."""
    name = first(item, "name")
    name = item if name is None else name
    ids = [found for child in children(item, "orcid", "id") if (found := agent_id(text_of(child), local(child)))]
    for child in (*children(item), *(() if name is item else children(name))):
        unread = local(child) == "id" and not agent_id(text_of(child), "id")
        if unread or local(child) not in {"name", "orcid", "id", "type", "family", "given"}:
            draft.leave(child)
    family, given = text_at(name, "family"), text_at(name, "given")
    if family or given:
        return Agent(family=family or given, given=given if family else "", ids=tuple(ids))
    return agent("" if any(True for _ in children(name)) else text_of(name), ids=ids)


def _bodies(role: str) -> Take:
    def take(draft: Draft, element: etree._Element) -> None:
        for item in _items(element):
            name = text_at(item, "name") or text_of(item)
            draft.add_agent(item, agent(name, kind="org" if role == CREATOR else ""), role)

    return take


def _abstract(draft: Draft, element: etree._Element) -> None:
    draft.abstracts.extend(Text(value=text) for text in _texts(element))


def _keywords(draft: Draft, element: etree._Element) -> None:
    for text in _texts(element):
        words = text.split(";" if ";" in text else ",")
        draft.subjects.extend(Subject(value=word.strip()) for word in words if word.strip())


def _subjects(draft: Draft, element: etree._Element) -> None:
    """Take subjects; EPrints comes with the classes of the Library of Congress, which repositories may replace by others."""
    for text in _texts(element):
        known = bool(_CLASS.fullmatch(text))
        draft.subjects.append(Subject(value=text, scheme="lcc" if known else "", code=text if known else ""))


def _dates(draft: Draft, element: etree._Element) -> None:
    for item in children(element, "item"):
        _dated(draft, item, text_at(item, "date"), text_at(item, "date_type").lower())


def _dated(draft: Draft, element: etree._Element, text: str, kind: str) -> None:
    name = _DATES.get(kind, "")
    if not name:
        draft.leave(element, f"{text} ({kind})")
    elif not (date_of(text) and draft.dates.get(name, "").startswith(date_of(text))):
        draft.set_date(name, text, element)


def _publisher(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.publisher, "name", text_of(element), element)


def _publication_place(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.publisher, "place", text_of(element), element)


def _pages(draft: Draft, element: etree._Element) -> None:
    start, _, end = text_of(element).partition("-")
    draft.put(draft.container, "first_page", start.strip(), element)
    draft.put(draft.container, "last_page", end.strip(" -"), element)


def _issn(draft: Draft, element: etree._Element) -> None:
    for text in _texts(element):
        found = identify(text, "issn")
        if found:
            draft.add_issn(element, found)
        else:
            draft.leave(element, text)


def _isbn(draft: Draft, element: etree._Element) -> None:
    for text in _texts(element):
        if _is_a(draft, "book_section") or _is_a(draft, "conference_item"):
            draft.put(draft.container, "isbn", text, element)
        else:
            draft.add_identifier(element, text, "isbn")


def _identifier(draft: Draft, element: etree._Element) -> None:
    for text in _texts(element):
        draft.add_identifier(element, text, "" if local(element) != "doi" else "doi")


def _related(draft: Draft, element: etree._Element) -> None:
    for item in children(element, "item"):
        text, kind = text_at(item, "url"), text_at(item, "type")
        found = identify(text) if text else None
        if found:
            draft.related.append(Related(scheme=found[0], value=found[1], relation="References"))
        else:
            draft.leave(item, text or None)
        if found and kind:
            draft.leave(item, f"{kind} {text}")


def _institution(draft: Draft, element: etree._Element) -> None:
    """Take the institution of a thesis as the one that awards the degree, of anything else as who brings it out."""
    thesis = _is_a(draft, "thesis")
    draft.put(draft.thesis if thesis else draft.publisher, "grantor" if thesis else "name", text_of(element), element)


def _department(draft: Draft, element: etree._Element) -> None:
    if _is_a(draft, "thesis"):
        draft.put(draft.thesis, "department", text_of(element), element)
    else:
        draft.leave(element)


def _refereed(draft: Draft, element: etree._Element) -> None:
    word = text_of(element).lower()
    if word in {"true", "false"}:
        draft.peer_reviewed = word == "true"
    else:
        draft.leave(element)


def _status(draft: Draft, element: etree._Element) -> None:
    """Pass over "published", which the date says; what is in press or unpublished the record cannot say."""
    if text_of(element) != "pub":
        draft.leave(element)


def _access(draft: Draft, element: etree._Element) -> None:
    """Take what the repository sums up of the documents; that they are closed for a while, their embargo says better."""
    found = _ACCESS.get(text_of(element).lower())
    embargoes = draft.root.iterfind("{*}documents/{*}document/{*}date_embargo")
    if found == "restricted" and any(date_of(text_of(each)) for each in embargoes):
        draft.restrict("embargoed")
    elif found:
        draft.restrict(found)
    elif text_of(element):
        draft.puzzle(element, text_of(element))


def _visibility(draft: Draft, element: etree._Element) -> None:
    if text_of(element) not in {"", "show"}:
        draft.puzzle(element, text_of(element))


def _funders(draft: Draft, element: etree._Element) -> None:
    draft.funding.extend(made for text in _texts(element) if (made := funding_of(text)))


def _projects(draft: Draft, element: etree._Element) -> None:
    draft.funding.extend(Funding(award_title=text) for text in _texts(element))


def _note(draft: Draft, element: etree._Element) -> None:
    take_note(draft, element, text_of(element))


def _language(draft: Draft, element: etree._Element) -> None:
    for text in _texts(element):
        draft.add_language(element, text)


def _place(draft: Draft, eprint: etree._Element) -> None:
    try:
        latitude, longitude = float(text_at(eprint, "latitude")), float(text_at(eprint, "longitude"))
    except ValueError:
        latitude = longitude = 1000.0
    if abs(latitude) <= 90 and abs(longitude) <= 180:  # noqa: PLR2004 - degrees
        draft.geo.append(Place(latitude=latitude, longitude=longitude))
    else:
        for element in children(eprint, "latitude", "longitude"):
            draft.leave(element)


def _documents(draft: Draft, element: etree._Element) -> None:
    """Take what the documents say of the work as a whole: embargo, access, licence, version and language."""
    levels = [_document_access(draft, document) for document in children(element, "document")]
    if levels and "" not in levels:
        draft.restrict(strictest(*levels))
    for document in children(element, "document"):
        for child in children(document):
            take = _DOCUMENT.get(local(child))
            if take and text_of(child):
                take(draft, child)


def _document_access(draft: Draft, document: etree._Element) -> str:
    """Return the access of a document, empty for a public one; its files are closed as it is.

    An embargo says why it is closed: the repository opens it on the day.
    """
    security, until = first(document, "security"), first(document, "date_embargo")
    access = _SECURITY.get(text_of(security))
    if access is None and security is not None:
        draft.puzzle(security, text_of(security))
    if until is not None and text_of(until):
        draft.embargo(until, text_of(until))
    level = "restricted" if access is None else "embargoed" if date_of(text_of(until)) else access
    if level:
        for file in document.iterfind("{*}files/{*}file/{*}filename"):
            draft.close_file(text_of(file), level)
        if text_at(document, "main"):
            draft.close_file(text_at(document, "main"), level)
        if not document.findall("{*}files/{*}file/{*}filename") and not text_at(document, "main"):
            draft.restrict(level)  # nobody can tell which file it is
    return level


def _document_licence(draft: Draft, element: etree._Element) -> None:
    found = _LICENCE.fullmatch(text_of(element).lower())
    if found and found[2]:
        terms = found[1].replace("_", "-")
        take_rights(draft, element, "", f"https://creativecommons.org/licenses/{terms}/{found[2]}.0/")
    else:
        take_rights(draft, element, f"CC {found[1].upper().replace('_', '-')}" if found else text_of(element))


def _document_version(draft: Draft, element: etree._Element) -> None:
    draft.version = draft.version or _VERSIONS.get(text_of(element).lower(), "")


#: Fields by which a repository manages its records; they say nothing of the work.
_OF_THE_REPOSITORY = {
    "eprintid", "rev_number", "eprint_status", "userid", "importid", "source", "dir", "datestamp", "lastmod", "status_changed",
    "contact_email", "fileinfo", "item_issues", "item_issues_count", "edit_lock", "edit_lock_user",
    "edit_lock_since", "edit_lock_until", "replacedby", "sword_depositor", "sword_slug", "date_type", "type", "thesis_type",
    "thesis_name", "monograph_type", "pres_type", "latitude", "longitude", "relation", "creators_browse_id", "creators_id",
}  # fmt: skip

_ELEMENTS: dict[str, Take] = {
    "title": _title, "creators": _people(CREATOR), "creators_name": _people(CREATOR), "editors": _people("Editor"),
    "editors_name": _people("Editor"), "contributors": _people("Other"), "corp_creators": _bodies(CREATOR),
    "producers": _people("Producer"), "conductors": _people("Other"), "lyricists": _people(CREATOR),
    "exhibitors": _people("Other"), "supervisors": _people("Supervisor"), "copyright_holders": _bodies("RightsHolder"),
    "patent_applicant": _bodies("RightsHolder"), "abstract": _abstract, "keywords": _keywords, "subjects": _subjects,
    "dates": _dates, "publisher": _publisher, "place_of_pub": _publication_place, "pagerange": _pages,
    "issn": _issn, "isbn": _isbn, "id_number": _identifier, "doi": _identifier, "official_url": _identifier,
    "related_url": _related, "institution": _institution, "department": _department, "refereed": _refereed,
    "ispublished": _status, "full_text_status": _access, "funders": _funders, "projects": _projects, "note": _note,
    "language": _language, "languages": _language, "documents": _documents,
    "metadata_visibility": _visibility,
}  # fmt: skip
_DOCUMENT: dict[str, Take] = {
    "license": _document_licence,
    "content": _document_version, "language": _language,
}  # fmt: skip

PLUGIN = Reader("eprints", "EPrints XML", recognises, read)
