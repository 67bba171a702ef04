"""Reads the description of a thesis that ProQuest's ETD Administrator sends: DISS_submission, with or without a namespace."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator

from lxml import etree

from server.metadata.dates import american, date_of
from server.metadata.degrees import thesis_type
from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, first, local, text_at
from server.metadata.names import agent_id
from server.metadata.reading import Reader, Reading
from server.metadata.rights import take_rights
from server.metadata.roles import CREATOR
from server.records.model import Affiliation, Agent, Identifier, Subject, Text
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

#: embargo_code (ETD Administrator): how many months ProQuest waits; 4 is until the day DISS_sales_restriction names.
_MONTHS = {"1": 6, "2": 12, "3": 24}
_UNTIL_A_DAY, _NONE = "4", frozenset({"", "0"})
_PERIOD = re.compile(r"([0-9]+) (month|year)s?.*", re.IGNORECASE)
_CLOSED = re.compile(r"campus|restrict|never|closed|embargo", re.IGNORECASE)
#: What tells about the author as a person and is nobody's business but the university's.
_PERSONAL = frozenset({"DISS_contact", "DISS_citizenship"})


def recognises(root: etree._Element) -> bool:
    return local(root) == "DISS_submission"


def read(root: etree._Element) -> Reading:
    draft = Draft(root, title_element="DISS_description/DISS_title")
    for part in children(root):
        take = _PARTS.get(local(part))
        if take is None:
            draft.leave(part)
        else:
            take(draft, part)
    for name in ("publishing_option", "third_party_search"):
        if attribute(root, name):
            draft.leave(root, f"{name} {attribute(root, name)}")
    _embargo(draft, root)
    if not draft.type:
        draft.type = "etd.doctoral"
        draft.warn(root, "neither the type nor the degree tells which thesis it is; it was taken for a doctoral one.")
    return draft.reading()


def _authors(draft: Draft, element: etree._Element) -> None:
    for author in children(element):
        _person(draft, author, CREATOR)


def _person(draft: Draft, element: etree._Element, role: str) -> None:
    name = first(element, "DISS_name")
    found = agent_id(text_at(element, "DISS_orcid"), "orcid")
    for child in children(element):
        if local(child) in _PERSONAL:
            draft.leave(child, f"{local(child)} (personal data, not taken over)")
        elif local(child) != "DISS_name" and not (local(child) == "DISS_orcid" and found):
            draft.leave(child)
    if name is None:
        return
    given = " ".join(filter(None, (text_at(name, "DISS_fname"), text_at(name, "DISS_middle"))))
    given = ", ".join(filter(None, (given, text_at(name, "DISS_suffix"))))
    family = text_at(name, "DISS_surname")
    place = text_at(name, "DISS_affiliation")
    if family or given:
        draft.add_agent(
            element,
            Agent(
                family=family or given,
                given=given if family else "",
                ids=(found,) if found else (),
                affiliations=(Affiliation(name=place),) if place else (),
            ),
            role,
        )


def _description(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        take = _DESCRIPTION.get(local(child))
        if take is None:
            draft.leave(child)
        else:
            take(draft, child)
    number = attribute(element, "external_id").rpartition("/")[2]
    if number:
        draft.identifiers.append(Identifier(scheme="proquest", value=number))
    for name in ("page_count", "apply_for_copyright"):
        if attribute(element, name):
            draft.leave(element, f"{name} {attribute(element, name)}")
    level = attribute(element, "type")
    draft.put(draft.thesis, "degree_level", level, element)
    draft.type = thesis_type(draft.thesis.get("degree_level", ""), draft.thesis.get("degree_name", ""))


def _title(draft: Draft, element: etree._Element) -> None:
    draft.set_title(element, text_of(element))


def _supplied_title(draft: Draft, element: etree._Element) -> None:
    draft.set_title(element, text_of(element), "translated")


def _dates(draft: Draft, element: etree._Element) -> None:
    names = {"DISS_comp_date": "issued", "DISS_accept_date": "accepted"}
    for child in children(element):
        if local(child) in names:
            draft.set_date(names[local(child)], _day(text_of(child)), child)
        else:
            draft.leave(child)


def _day(text: str) -> str:
    """Return a date as ISO 8601 has it; the first of January is what the form fills in where only the year is known."""
    found = american(text.partition(" ")[0] if text[:4].isdigit() else text)
    return found[:4] if re.fullmatch("[0-9]{4}-01-01", found) and "/" in text else found


def _degree(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.thesis, "degree_name", text_of(element), element)


def _level(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.thesis, "degree_level", text_of(element), element)


def _institution(draft: Draft, element: etree._Element) -> None:
    names = {"DISS_inst_name": "grantor", "DISS_inst_contact": "department"}
    for child in children(element):
        if local(child) in names:
            draft.put(draft.thesis, names[local(child)], text_of(child), child)
        else:
            draft.leave(child)


def _advisor(draft: Draft, element: etree._Element) -> None:
    _person(draft, element, "Supervisor")


def _member(draft: Draft, element: etree._Element) -> None:
    _person(draft, element, "Other")


def _categories(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        name = local(child)
        if name == "DISS_category":
            code, label = text_at(child, "DISS_cat_code"), text_at(child, "DISS_cat_desc")
            if code or label:
                draft.subjects.append(Subject(value=label or code, scheme="ProQuest", code=code))
        elif name == "DISS_keyword":
            draft.subjects.extend(Subject(value=word) for part in re.split("[,;]", text_of(child)) if (word := part.strip()))
        elif name == "DISS_language":
            draft.add_language(child, text_of(child))
        else:
            draft.leave(child)


def _content(draft: Draft, element: etree._Element) -> None:
    """Take the abstracts; the files come by their own way, and what is said of them has no field here."""
    for child in children(element):
        if local(child) in {"DISS_abstract", "DISS_supp_abstract"}:
            text = " ".join(filter(None, map(text_of, children(child)))) or text_of(child)
            if text:
                draft.abstracts.append(Text(value=text))
        elif local(child) == "DISS_supp_title":
            _supplied_title(draft, child)
        elif local(child) != "DISS_binary":
            draft.leave(child)


def _licence(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        take_rights(draft, child, text_of(child))


def _repository(draft: Draft, element: etree._Element) -> None:
    """Take what the author granted the repository; when it may show the work is settled with the other dates."""
    option = first(element, "DISS_access_option")
    if option is not None and "open" in text_of(option).lower():
        draft.restrict("open")
    elif option is not None and _CLOSED.search(text_of(option)):
        draft.restrict("restricted")
    elif option is not None and text_of(option):
        draft.puzzle(option, text_of(option))
    for child in children(element):
        passed = {"DISS_version", "DISS_agreement_decision_date", "DISS_delayed_release"}
        if local(child) not in passed and not (child is option and draft.access):
            draft.leave(child)


def _embargo(draft: Draft, root: etree._Element) -> None:
    """Set when the work may be shown.

    What the author chose for the repository (DISS_delayed_release) comes first. embargo_code is what ProQuest itself waits;
    it counts only where the form did not ask about the repository, as nothing may be shown too early.
    """
    repository, code = first(root, "DISS_repository"), attribute(root, "embargo_code")
    release = first(root, "DISS_repository", "DISS_delayed_release")
    asked = repository is not None and (text_at(repository, "DISS_agreement_decision_date") or text_of(release))
    if release is not None and text_of(release):
        _release(draft, release, root)
    elif asked and code not in _NONE:
        draft.warn(root, f"embargo_code {code} is that of ProQuest; for the repository the author chose none.")
    elif code in _MONTHS:
        _until(draft, root, _later(_start(root), _MONTHS[code]), f"embargo_code {code}")
    elif code == _UNTIL_A_DAY:
        restriction = first(root, "DISS_restriction", "DISS_sales_restriction")
        day = _day(attribute(restriction, "remove")) if restriction is not None else ""
        _until(draft, root, date_of(day), "embargo_code 4")
    elif code not in _NONE:
        _until(draft, root, "", f"embargo_code {code}")


def _release(draft: Draft, release: etree._Element, root: etree._Element) -> None:
    text = text_of(release)
    period = _PERIOD.fullmatch(text)
    months = int(period[1]) * (12 if period[2].lower() == "year" else 1) if period else 0
    _until(draft, release, _later(_start(root), months) if months else date_of(_day(text)), text)


def _until(draft: Draft, element: etree._Element, day: str, words: str) -> None:
    """Close the work until a day, and for good where nobody knows one."""
    if day:
        draft.embargo(element, day)
        draft.restrict("embargoed")
    else:
        draft.restrict("restricted")
        message = f"“{words}” names no day on which the work may be shown; its access is restricted."
        draft.warn(element, message, code="access-unknown", value=words)


def _start(root: etree._Element) -> str:
    """Return the day an embargo begins: that of the agreement, else the last one the thesis can have been accepted on."""
    for path in _STARTS:
        text = text_at(root, *path)
        found = date_of(_day(text)) if text else ""
        if found:
            return found
    return ""


def _later(day: str, months: int) -> str:
    """Return the day some months after another; a year or a month counts as its last day."""
    if not day or day.startswith("-") or months > 1200:  # noqa: PLR2004 - a hundred years
        return ""
    year, month, number = (*map(int, day.split("-")), 0, 0)[:3]
    month = month or 12
    number = number or monthrange(year, month)[1]
    year, month = year + (month + months - 1) // 12, (month + months - 1) % 12 + 1
    return f"{year:04d}-{month:02d}-{min(number, monthrange(year, month)[1]):02d}" if year <= 9999 else ""  # noqa: PLR2004 - ISO 8601


def _restriction(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        if any(_told(child)):
            draft.leave(child, f"{local(child)} {' '.join(_told(child))}")


def _told(element: etree._Element) -> Iterator[str]:
    for name, value in element.attrib.items():
        if str(value).strip():
            yield f"{etree.QName(name).localname} {value}"
    if text_of(element):
        yield text_of(element)


_STARTS = (
    ("DISS_repository", "DISS_agreement_decision_date"),
    ("DISS_description", "DISS_dates", "DISS_accept_date"),
    ("DISS_description", "DISS_dates", "DISS_comp_date"),
)
_PARTS: dict[str, Take] = {
    "DISS_authorship": _authors, "DISS_description": _description, "DISS_content": _content, "DISS_repository": _repository,
    "DISS_restriction": _restriction, "DISS_creative_commons_license": _licence,
}  # fmt: skip
_DESCRIPTION: dict[str, Take] = {
    "DISS_title": _title, "DISS_supp_title": _supplied_title, "DISS_dates": _dates, "DISS_degree": _degree,
    "DISS_degree_level": _level, "DISS_institution": _institution, "DISS_advisor": _advisor, "DISS_cmte_member": _member,
    "DISS_categorization": _categories,
}  # fmt: skip

PLUGIN = Reader("proquest", "ProQuest ETD", recognises, read)
