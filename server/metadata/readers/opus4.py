"""Reads the import format of OPUS 4: one <opusDocument> in <import>. Of its files it says who may have them."""

from collections.abc import Callable

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, first, local, namespace, only_work
from server.metadata.identifying import identify
from server.metadata.languages import language_of
from server.metadata.names import agent, agent_id
from server.metadata.reading import Reader, Reading
from server.metadata.roles import CREATOR, role_of
from server.records.model import Agent, Funding, Subject, Text, Title
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

#: OPUS' own words for types.
_TYPES = {
    "article": "publication.journalArticle", "bachelorthesis": "etd.undergraduate", "book": "publication.book",
    "bookpart": "publication.bookChapter", "conferenceobject": "conference.conferencePaper",
    "contributiontoperiodical": "publication.newspaperArticle", "coursematerial": "teaching.other", "diplom": "etd.graduate",
    "doctoralthesis": "etd.doctoral", "examen": "etd.graduate", "habilitation": "etd.doctoral", "image": "image",
    "lecture": "teaching.lecture", "magister": "etd.graduate", "masterthesis": "etd.graduate", "misc": "other",
    "movingimage": "movingimage", "other": "other", "periodical": "publication.journalIssue",
    "periodicalpart": "publication.journalIssue", "preprint": "postedContent.preprint", "researchdata": "dataset.dataset",
    "report": "publication.report", "review": "publication.bookReview", "sound": "sound", "studythesis": "etd.undergraduate",
    "workingpaper": "postedContent.workingPaper",
}  # fmt: skip
_DEGREES = {"habilitation", "diplom", "magister", "examen"}

_CONTAINER = {
    "pageFirst": "first_page", "pageLast": "last_page", "articleNumber": "article_no", "edition": "edition", "volume": "volume",
    "issue": "issue",
}  # fmt: skip
_PUBLISHER = {"publisherName": "name", "publisherPlace": "place"}
#: Attributes that say how the source handled the document, or are read with the type and the titles.
_READ_ELSEWHERE = {"type", "language", "serverState", "docId", "oldId"}
_DATES = {"published": "issued", "completed": "created", "thesisAccepted": "accepted", "embargo": "embargo_until"}
_ROLES = {"author": CREATOR, "referee": "Other", "contributor": "Other", "submitter": "ContactPerson", "other": "Other"}
#: Names of identifiers that are those of a scheme.
_SCHEMES = {"std-doi": "doi", "splash-url": "url", "serial": "report-number", "old": "local"}
#: Enrichments that repositories with OPUS share.
_ENRICHMENTS: dict[str, tuple[str, str]] = {
    "SourceTitle": ("container", "title"), "ConferenceTitle": ("conference", "name"), "ConferencePlace": ("conference", "place"),
    "ConferenceDate": ("conference", "date"), "OpusConferenceName": ("conference", "name"),
    "OpusConferencePlace": ("conference", "place"),
}  # fmt: skip
_HIDDEN = frozenset({"false", "0", "no"})
_PEER = {"true": True, "yes": True, "ja": True, "1": True, "false": False, "no": False, "nein": False, "0": False}


def recognises(root: etree._Element) -> bool:
    if namespace(root):
        return False
    return local(root) == "opusDocument" or (local(root) == "import" and any(True for _ in children(root, "opusDocument")))


def read(root: etree._Element) -> Reading:
    document = root if local(root) == "opusDocument" else only_work(root, list(children(root, "opusDocument")), "opusDocument")
    draft = Draft(document, title_element="titlesMain/titleMain")
    _attributes(draft, document)
    for group in children(document):
        if local(group) == "titlesMain":
            _main_titles(draft, group)
        if local(group) == "files":
            _files(draft, group)
        if local(group) in {"titlesMain", "files"}:
            continue
        take = _GROUPS.get(local(group), _leave)
        for element in children(group):
            take(draft, element)
    _settle_type(draft, document)
    return draft.reading()


def _attributes(draft: Draft, document: etree._Element) -> None:
    for key, value in document.attrib.items():
        name, text = etree.QName(key).localname, " ".join(str(value).split())
        if name in _CONTAINER:
            draft.put(draft.container, _CONTAINER[name], text, document)
        elif name in _PUBLISHER:
            draft.put(draft.publisher, _PUBLISHER[name], text, document)
        elif name == "creatingCorporation":
            draft.add_agent(document, agent(text, kind="org"), CREATOR)
        elif name == "contributingCorporation":
            draft.add_agent(document, agent(text, kind="org"), "Other")
        elif text and name not in _READ_ELSEWHERE and "}" not in key:
            draft.leave(document, f"{name} {text}")
    if attribute(document, "language"):
        draft.add_language(document, attribute(document, "language"))


def _settle_type(draft: Draft, document: etree._Element) -> None:
    """Take the type, and for theses the level where its name says more than the type does."""
    word = attribute(document, "type")
    draft.add_type(document, word, _TYPES.get(word.lower(), ""))
    if word.lower() in _DEGREES:
        draft.put(draft.thesis, "degree_level", word, document)
    if "thesis" in word.lower() or word.lower() in _DEGREES:
        draft.put(draft.thesis, "date_awarded", draft.dates.get("accepted", ""), document)


def _files(draft: Draft, group: etree._Element) -> None:
    """Take which files the source shows nobody; where it shows none, the work is closed."""
    files = list(children(group, "file"))
    hidden = [file for file in files if attribute(file, "visibleInFrontdoor").lower() in _HIDDEN]
    for file in hidden:
        name = attribute(file, "path") or attribute(file, "name")
        if name:
            draft.close_file(name, "restricted")
    if hidden and (len(hidden) == len(files) or not all(attribute(file, "path") or attribute(file, "name") for file in hidden)):
        draft.restrict("restricted")


def _lang(element: etree._Element) -> str:
    return language_of(attribute(element, "language"))


def _main_titles(draft: Draft, group: etree._Element) -> None:
    """Take the title in the document's own language; the others are its translations."""
    titles = [title for title in children(group) if text_of(title)]
    own = attribute(draft.root, "language")
    main = next((title for title in titles if attribute(title, "language") == own), titles[0] if titles else None)
    for title in titles:
        if title is main and draft.title is None:
            draft.title = Text(value=text_of(title), lang=_lang(title))
        else:
            draft.alt_titles.append(Title(value=text_of(title), lang=_lang(title), kind="translated"))


def _title(draft: Draft, element: etree._Element) -> None:
    """Take a subtitle in the language of the title, the title of the whole, and further titles."""
    kind, text = attribute(element, "type"), text_of(element)
    own = attribute(element, "language") == attribute(draft.root, "language")
    if kind == "parent":
        draft.put(draft.container, "title", text, element)
    elif kind == "sub" and not draft.subtitle and own:
        draft.subtitle = text
    elif kind == "additional" and text:
        draft.alt_titles.append(Title(value=text, lang=_lang(element), kind="alternative"))
    else:
        draft.leave(element)


def _abstract(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.abstracts.append(Text(value=text_of(element), lang=_lang(element)))


def _person(draft: Draft, element: etree._Element) -> None:
    role, family, given = attribute(element, "role"), attribute(element, "lastName"), attribute(element, "firstName")
    ids = []
    group = first(element, "identifiers")
    for child in children(group) if group is not None else ():
        found = agent_id(text_of(child), attribute(child, "type"))
        if found:
            ids.append(found)
        else:
            draft.leave(child)
    for name in ("academicTitle", "email", "placeOfBirth", "dateOfBirth"):
        if attribute(element, name):
            draft.leave(element, f"{name} {attribute(element, name)}")
    if not (family or given):
        return
    made = Agent(family=family or given, given=given if family else "", ids=tuple(ids))
    known = _ROLES.get(role) or role_of(role)
    if not known:
        draft.warn(element, f"the role “{role}” is not known; “{made.label}” has the role Other.")
    draft.add_agent(element, made, known or "Other")


def _keyword(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        scheme = attribute(element, "type").removeprefix("uncontrolled")
        draft.subjects.append(Subject(value=text_of(element), lang=_lang(element), scheme=scheme))


def _date(draft: Draft, element: etree._Element) -> None:
    """Take a date, written as year and --MM-DD."""
    kind, month_day = attribute(element, "type"), attribute(element, "monthDay")
    text = attribute(element, "year") + month_day.removeprefix("-")
    if kind in _DATES:
        draft.set_date(_DATES[kind], text, element)
    else:
        draft.leave(element, f"{text} ({kind})" if date_of(text) else None)


def _identifier(draft: Draft, element: etree._Element) -> None:
    kind, text = attribute(element, "type"), text_of(element)
    found = identify(text, _SCHEMES.get(kind, kind)) if text else None
    if found and found[0] == "isbn" and attribute(draft.root, "type") in {"bookpart", "conferenceobject"}:
        draft.put(draft.container, "isbn", found[1], element)
    elif text:
        draft.add_identifier(element, text, _SCHEMES.get(kind, kind))


def _enrichment(draft: Draft, element: etree._Element) -> None:
    key, text = attribute(element, "key"), text_of(element)
    part, name = _ENRICHMENTS.get(key, ("", ""))
    if part:
        draft.put(draft.container if part == "container" else draft.conference, name, text, element)
    elif key.lower() in {"peer_reviewed", "peerreviewed", "review.status"} and text.lower() in _PEER:
        draft.peer_reviewed = _PEER[text.lower()]
    elif key in {"Funder", "Relation.Funder"} and text:
        draft.funding.append(Funding(funder_name=text))
    elif text:
        draft.leave(element, f"{key} {text}")


def _numbered(draft: Draft, element: etree._Element) -> None:
    """Leave what is only a number in the source's own tables: licences, collections, series, institutions."""
    draft.leave(element, f"{local(element)} " + " ".join(f"{name} {value}" for name, value in element.attrib.items()))


def _leave(draft: Draft, element: etree._Element) -> None:
    draft.leave(element)


_GROUPS: dict[str, Take] = {
    "titles": _title, "abstracts": _abstract, "persons": _person, "keywords": _keyword,
    "dnbInstitutions": _numbered, "dates": _date, "identifiers": _identifier, "notes": _leave, "collections": _numbered,
    "series": _numbered, "enrichments": _enrichment, "licences": _numbered,
}  # fmt: skip

PLUGIN = Reader("opus4", "OPUS 4 import", recognises, read)
