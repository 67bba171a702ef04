"""What thesis readers share: the degree a thesis was written for, the type its level means, and the parts people had in it."""

import re

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, local
from server.metadata.kinds import choose_type
from server.metadata.names import agent_id
from server.metadata.roles import role_of
from server.xml import text_of

#: How levels and degrees begin or are called, from the surest word to the vaguest; the numbers are those of ETD-MS 1.1.
_LEVELS = tuple(
    (code, re.compile(form, re.IGNORECASE))
    for code, form in (
        ("etd.undergraduate", r"0$|.*\b(bachelor|undergraduate|honou?rs|licen[cs]iat)|B\.? ?(A|Sc|Ed|Eng|S)\b"),
        ("etd.doctoral", r"[23]$|.*(doct(or|eur)|habilitation)|(Ph|Ed|Psy|Th|J|M)\.? ?D\b|D\.? ?(Phil|Eng|Sc)\b|Dr\b"),
        ("etd.graduate", r"1$|.*\b(master|magister|maestr|graduate|diplom)|M\.? ?(A|Sc|Phil|Ed|Eng|S|BA|FA|Res)\b"),
    )
)

#: The parts people have in a thesis, as catalogues of theses write them, without blanks, dashes and underscores.
_PARTS = {
    **dict.fromkeys(("advisor", "adviser", "supervisor", "cosupervisor", "coadvisor", "director", "promotor", "committeechair"),
                    "Supervisor"),
    **dict.fromkeys(("committeemember", "committee", "chair", "examiner", "reader", "referee", "opponent", "jury"), "Other"),
}  # fmt: skip

#: ETD-MS degree/… to the fields of a record's thesis.
_DEGREE = {
    "name": "degree_name", "level": "degree_level", "discipline": "discipline", "grantor": "grantor", "date": "date_awarded",
    "department": "department",
}  # fmt: skip


def thesis_type(*words: str) -> str:
    """Return the type of a thesis by its level or degree; the first word that tells decides, an empty string where none does."""
    for word in words:
        for code, form in _LEVELS:
            if form.match(word.strip()):
                return code
    return ""


def part_in_thesis(word: str) -> str:
    """Return the role a word for somebody's part in a thesis means; empty for unknown words."""
    return _PARTS.get(re.sub(r"[\s_.-]", "", word).lower()) or role_of(word)


def take_degree(draft: Draft, element: etree._Element) -> None:
    """Take the degree as ETD-MS writes it (thesis.degree): name, level, discipline, grantor."""
    for child in children(element):
        take_degree_part(draft, child, local(child))


def take_degree_part(draft: Draft, element: etree._Element, part: str) -> None:
    """Take one fact about the degree by its name in ETD-MS."""
    name, text = _DEGREE.get(part, ""), text_of(element)
    value = date_of(text) if name == "date_awarded" else text
    if name and value:
        draft.put(draft.thesis, name, value, element)
    else:
        draft.leave(element)
    found = agent_id(attribute(element, "resource")) if name == "grantor" else None
    if found and found.scheme == "ror":
        draft.put(draft.thesis, "grantor_ror", found.value, element)


def settle_thesis_type(draft: Draft) -> None:
    """Let level and degree say which thesis it is, unless the document calls it by the name of something else."""
    named = choose_type([word for _, word in draft.types]) or "other.other"
    if named == "other.other" or named.startswith("etd."):
        draft.type = thesis_type(draft.thesis.get("degree_level", ""), draft.thesis.get("degree_name", "")) or draft.type
