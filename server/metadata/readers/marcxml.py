"""Reads MARC 21 in XML: one <record>, alone or in a collection of one."""

import re
from collections.abc import Callable
from string import ascii_lowercase

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.degrees import thesis_type
from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, local, namespace, only_child
from server.metadata.identifying import identify
from server.metadata.kernel import RELATION_TYPES
from server.metadata.languages import language_of
from server.metadata.names import agent, agent_id
from server.metadata.reading import Reader, Reading
from server.metadata.rights import take_access, take_rights
from server.metadata.roles import CREATOR, role_of
from server.records.model import Affiliation, Funding, Place, Related, Subject, Text, Title
from server.records.vocabulary import VERSIONS, find_term, find_type
from server.xml import text_of

NAMESPACE = "http://www.loc.gov/MARC21/slim"

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

#: First indicator of 024, which names the scheme unless $2 does.
_STANDARD_NUMBERS = {"1": "upc", "3": "ean13"}

#: Leader positions 06 (type of record) and 07 (level) to a type, where no 655 names one.
_LEADER_TYPES = {
    "am": "publication.book", "aa": "publication.bookChapter", "ab": "publication.journalArticle",
    "as": "publication.journalIssue", "tm": "publication.book", "em": "other.map", "fm": "other.map",
    "cm": "creativeWork.musicalScore", "gm": "creativeWork.film", "jm": "creativeWork.musicalPerformance",
    "im": "interactiveResource.podcast",
}  # fmt: skip

#: 650 second indicator to the thesaurus it stands for.
_THESAURI = {"0": "lcsh", "1": "lcshac", "2": "mesh", "3": "nal", "5": "csh", "6": "rvm"}

#: Added entries that link to other works, to DataCite relationType.
_LINKS = {"775": "HasVersion", "776": "IsVariantFormOf", "780": "Continues", "785": "IsContinuedBy", "787": "References"}


def recognises(root: etree._Element) -> bool:
    if local(root) not in {"record", "collection"}:
        return False
    bare = not namespace(root) and any(True for node in root.iter() if local(node) == "datafield")
    return namespace(root) == NAMESPACE or bare


def read(root: etree._Element) -> Reading:
    record = root if local(root) == "record" else only_child(root, "record")
    draft = Draft(record, title_element="datafield 245")
    for element in children(record):
        if local(element) == "datafield":
            tag = attribute(element, "tag")
            take = _FIELDS.get(tag)
            if take is None:
                _leave(draft, element)
            else:
                take(draft, element)
    # The fixed fields speak last: they are codes for what the other fields say in words.
    for element in children(record, "controlfield"):
        if attribute(element, "tag") == "008":
            _fixed(draft, "".join(element.itertext()))
    leader = next(("".join(node.itertext()) for node in children(record, "leader")), "")
    if not draft.types:
        draft.type = _degree_type(draft) or _LEADER_TYPES.get(leader[6:8], "")
    return draft.reading()


def _degree_type(draft: Draft) -> str:
    """Tell the type from the degree a thesis was written for; empty where there is none."""
    return (thesis_type(draft.thesis.get("degree_name", "")) or "etd.doctoral") if draft.thesis else ""


def _codes(element: etree._Element, codes: str) -> list[str]:
    """Return the texts of the subfields with one of the codes, in their order, without those that are empty."""
    return [
        text for child in children(element, "subfield") if attribute(child, "code") in set(codes) and (text := text_of(child))
    ]


def _code(element: etree._Element, codes: str) -> str:
    return next(iter(_codes(element, codes)), "")


def _trimmed(text: str) -> str:
    """Drop the punctuation that cataloguing rules put between subfields, but not the full stop of an initial."""
    text = text.rstrip(" /:;,=")
    if text.endswith(".") and not re.search(r"(\b\w|[.…])\.$", text):
        text = text[:-1]
    return text.strip()


def _leave(draft: Draft, element: etree._Element, text: str = "") -> None:
    """Note a field by its tag, as cataloguers know it, with the text named or all it holds."""
    values = text or " ".join(_codes(element, ascii_lowercase))
    if values:
        draft.leave(element, f"{attribute(element, 'tag')} {values}")


def _nothing(draft: Draft, element: etree._Element) -> None:
    """Pass over what speaks of the description, not of the work."""


def _isbn(draft: Draft, element: etree._Element) -> None:
    found = re.match(r"[0-9][0-9 -]{8,15}[0-9Xx]", _code(element, "a"))
    if found:
        draft.add_identifier(element, found[0], "isbn")
    else:
        _leave(draft, element)


def _issn(draft: Draft, element: etree._Element) -> None:
    found = identify(_trimmed(_code(element, "a")), "issn")
    if found:
        draft.add_issn(element, found)
    else:
        _leave(draft, element)


def _number(draft: Draft, element: etree._Element) -> None:
    text = _code(element, "a")
    if text:
        draft.add_identifier(element, text, _code(element, "2") or _STANDARD_NUMBERS.get(attribute(element, "ind1"), ""))


def _language(draft: Draft, element: etree._Element) -> None:
    for text in _codes(element, "a"):
        # Before 2001 several codes stood in one subfield: engfre.
        packed = len(text) % 3 == 0 and text.isalpha() and not language_of(text)
        for code in re.findall("...", text) if packed else [text]:
            draft.add_language(element, code)


def _person(draft: Draft, element: etree._Element) -> None:
    _agent(draft, element, "person", _trimmed(" ".join(_codes(element, "ab"))))


def _body(draft: Draft, element: etree._Element) -> None:
    _agent(draft, element, "org", ". ".join(map(_trimmed, _codes(element, "ab"))))


def _agent(draft: Draft, element: etree._Element, kind: str, name: str) -> None:
    """Take a name entry; 1xx is the creator unless its relator says otherwise, 7xx contributes unless it says otherwise."""
    if _code(element, "t"):  # a name and title entry is about another work
        _leave(draft, element)
        return
    ids = [
        found for text in _codes(element, "01") if (found := agent_id(text) or agent_id(text, "gnd" if "DE-588" in text else ""))
    ]
    places = [Affiliation(name=_trimmed(text)) for text in _codes(element, "u") if _trimmed(text)]
    words = _codes(element, "4e")
    main = attribute(element, "tag").startswith("1")
    known = role_of(*map(_trimmed, words))
    role = known or (CREATOR if main and not words else "Other")
    made = agent(name, kind=kind, ids=ids, affiliations=places)
    if made and words and not known:
        draft.warn(element, f"the relator “{words[0]}” is not known; “{made.label}” has the role Other.")
    draft.add_agent(element, made, role)
    for text in _codes(element, "cdq"):
        _leave(draft, element, text)


def _meeting(draft: Draft, element: etree._Element) -> None:
    for name, code in {"name": "a", "place": "c", "date": "d"}.items():
        draft.put(draft.conference, name, _code(element, code).strip(" ():;,."), element)


def _title(draft: Draft, element: etree._Element) -> None:
    parts = [_trimmed(text) for text in _codes(element, "anp")]
    subtitle = ": ".join(_trimmed(text) for text in _codes(element, "b"))
    title = ". ".join(part for part in parts if part)
    if draft.title is None:
        draft.subtitle = subtitle if title else ""
    draft.set_title(element, title or subtitle)


def _other_title(draft: Draft, element: etree._Element) -> None:
    title = ": ".join(_trimmed(text) for text in _codes(element, "ab") if _trimmed(text))
    if title:
        kind = {"246": "translated" if attribute(element, "ind2") == "1" else "alternative", "242": "translated"}
        draft.alt_titles.append(
            Title(value=title, lang=language_of(_code(element, "y")), kind=kind.get(attribute(element, "tag"), "other")),
        )


def _imprint(draft: Draft, element: etree._Element) -> None:
    """Take place, publisher and date; 264 second indicator 4 is a copyright date, which counts where there is no other."""
    if attribute(element, "tag") == "264" and attribute(element, "ind2") in {"0", "2", "3"}:
        _leave(draft, element)
        return
    draft.put(draft.publisher, "place", _trimmed(_code(element, "a")).strip("[]"), element)
    draft.put(draft.publisher, "name", _trimmed(_code(element, "b")).strip("[]"), element)
    printed = _trimmed(_code(element, "c"))
    if printed and not (attribute(element, "ind2") == "4" and draft.dates.get("issued")):
        draft.set_date("issued", printed, element)


def _edition(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.container, "edition", _trimmed(_code(element, "a")), element)


def _series(draft: Draft, element: etree._Element) -> None:
    name, number = _trimmed(_code(element, "a")), _trimmed(_code(element, "v"))
    draft.put(draft.container, "series", " ; ".join(filter(None, (name, number))), element)


def _thesis(draft: Draft, element: etree._Element) -> None:
    names = {"degree_name": "b", "grantor": "c", "date_awarded": "d"}
    for name, code in names.items():
        text = _trimmed(_code(element, code))
        value = date_of(text) if name == "date_awarded" else text
        draft.put(draft.thesis, name, value, element)
        if text and not value:
            _leave(draft, element, text)
    for text in _codes(element, "ago"):
        word = find_type(_trimmed(text))
        if word:
            draft.add_type(element, _trimmed(text))
        else:
            _leave(draft, element, text)


def _note(draft: Draft, element: etree._Element) -> None:
    """Take the version of the work where a general note is nothing but its name."""
    version = find_term(VERSIONS, _trimmed(_code(element, "a")))
    if version:
        draft.version = draft.version or version
    else:
        _leave(draft, element)


def _abstract(draft: Draft, element: etree._Element) -> None:
    text = " ".join(_codes(element, "ab"))
    if text and attribute(element, "ind1") in {"3", "", "0", "2", "8", "1"}:
        draft.abstracts.append(Text(value=text))


def _contents(draft: Draft, element: etree._Element) -> None:
    text = " ".join(_codes(element, "agrt"))
    if text:
        draft.toc.append(text)


def _access(draft: Draft, element: etree._Element) -> None:
    text, uri = _code(element, "af"), _code(element, "u")
    end = date_of(_code(element, "g"))
    if end:
        draft.embargo(element, end)
    if attribute(element, "ind1") == "0":  # no restrictions
        draft.restrict("open")
        take_rights(draft, element, text, uri)
    elif text or uri:
        take_access(draft, element, text, uri)
    elif not end:
        draft.restrict("restricted")


def _terms(draft: Draft, element: etree._Element) -> None:
    take_rights(draft, element, _trimmed(_code(element, "af")), _code(element, "u"))


def _funding(draft: Draft, element: etree._Element) -> None:
    made = Funding(
        funder_name=_trimmed(_code(element, "a")),
        award_no=_code(element, "c") or _code(element, "b"),
        award_title=_code(element, "n"),
    )
    if made != Funding():
        draft.funding.append(made)


def _subject(draft: Draft, element: etree._Element) -> None:
    value = "--".join(_trimmed(text) for text in _codes(element, "abcdtvxyz") if _trimmed(text))
    if attribute(element, "tag") == "653":
        for text in _codes(element, "a"):
            draft.subjects.append(Subject(value=text))
    elif value:
        scheme = _code(element, "2") if attribute(element, "ind2") in {"7", ""} else _THESAURI.get(attribute(element, "ind2"), "")
        uri = next((text for text in _codes(element, "01") if text.startswith("http")), "")
        draft.subjects.append(Subject(value=value, scheme=scheme, value_uri=uri))


def _place(draft: Draft, element: etree._Element) -> None:
    value = "--".join(_trimmed(text) for text in _codes(element, "axyz") if _trimmed(text))
    if value:
        draft.geo.append(Place(name=value))


def _period(draft: Draft, element: etree._Element) -> None:
    if _code(element, "a"):
        draft.temporal.append(_trimmed(_code(element, "a")) or _code(element, "a"))


def _classification(draft: Draft, element: etree._Element) -> None:
    scheme = {"050": "lcc", "082": "ddc", "080": "udc"}.get(attribute(element, "tag")) or _code(element, "2")
    for text in _codes(element, "a"):
        code = text.replace("/", "") if scheme == "ddc" else text
        draft.subjects.append(Subject(value=code or text, scheme=scheme, code=code))


def _genre(draft: Draft, element: etree._Element) -> None:
    words = [text for text in _codes(element, "01") if "/resource_type/" in text] + [
        _trimmed(text) for text in _codes(element, "a")
    ]
    for word in words:
        draft.add_type(element, word)


def _host(draft: Draft, element: etree._Element) -> None:
    """Take title, ISSN, ISBN and the numbers in $g: 12:3 (1905), pages 45-67."""
    draft.put(draft.container, "title", _trimmed(_code(element, "t") or _code(element, "s")), element)
    for code, scheme in {"x": "issn", "z": "isbn"}.items():
        found = identify(_trimmed(_code(element, code)), scheme)
        if found and code == "x":
            draft.add_issn(element, found)
        elif found:
            draft.put(draft.container, "isbn", found[1], element)
    numbers = " ".join(_codes(element, "g"))
    found_parts = {name: match[1] for name, form in _NUMBERS.items() if (match := form.search(numbers))}
    for name, value in found_parts.items():
        draft.put(draft.container, name, value, element)
    if numbers and not found_parts:
        _leave(draft, element, numbers)


def _link(draft: Draft, element: etree._Element) -> None:
    named = [
        *((text, "") for text in _codes(element, "o")),
        *((text, "issn") for text in _codes(element, "x")),
        *((text, "isbn") for text in _codes(element, "z")),
    ]
    found = next((item for text, scheme in named if (item := identify(_trimmed(text), scheme))), None)
    if found:
        scheme, word = "issn" if found[0].startswith("issn") else found[0], _code(element, "i")
        relation = word if word in RELATION_TYPES else _LINKS[attribute(element, "tag")]
        draft.related.append(Related(scheme=scheme, value=found[1], relation=relation))
    else:
        _leave(draft, element)


def _address(draft: Draft, element: etree._Element) -> None:
    """Take the work's own address (second indicator not 2, or named the landing page); files come by their own way."""
    own = attribute(element, "ind2") != "2" or "landing" in _code(element, "3").lower()
    for text in _codes(element, "u"):
        if own and not _code(element, "q"):
            draft.add_identifier(element, text)
        else:
            _leave(draft, element, text)


def _original_script(draft: Draft, element: etree._Element) -> None:
    """Take the title in its own script; names in theirs have no field."""
    if _code(element, "6").startswith("245"):
        title = ": ".join(_trimmed(text) for text in _codes(element, "abnp") if _trimmed(text))
        if title:
            draft.alt_titles.append(Title(value=title, kind="other"))
    else:
        _leave(draft, element)


def _fixed(draft: Draft, text: str) -> None:
    """Read 008: date 1 in positions 07-10, the language in 35-37, where the other fields did not say."""
    year, language = date_of(text[7:11]), language_of(text[35:38])
    if year and "issued" not in draft.dates:
        draft.dates["issued"] = year
    if language and not draft.languages:
        draft.languages.append(language)


_NUMBERS = {
    "volume": re.compile(r"(?:^|\b(?:vol\w*|v|bd|band|jg)\.?\s*)([0-9]+)", re.IGNORECASE),
    "issue": re.compile(r"(?:^[0-9]+:|\b(?:no|nr|issue|heft|h)\.?\s*|^[0-9]+\()([0-9]+)", re.IGNORECASE),
    "first_page": re.compile(r"(?:\bp(?:ages?|p)?\.?\s*|\bs\.\s*|<)([0-9]+)", re.IGNORECASE),
    "last_page": re.compile(r"(?:\bp(?:ages?|p)?\.?\s*|\bs\.\s*|<)[0-9]+\s*[-\u2013]\s*([0-9]+)", re.IGNORECASE),
}

_FIELDS: dict[str, Take] = {
    "020": _isbn, "022": _issn, "024": _number, "041": _language, "050": _classification, "080": _classification,
    "082": _classification, "084": _classification, "100": _person, "110": _body, "111": _meeting, "240": _other_title,
    "242": _other_title, "245": _title, "246": _other_title, "250": _edition, "260": _imprint, "264": _imprint,
    "490": _series, "500": _note, "502": _thesis, "505": _contents, "506": _access, "520": _abstract, "536": _funding,
    "540": _terms, "600": _subject, "610": _subject, "630": _subject, "648": _period, "650": _subject, "651": _place,
    "653": _subject, "655": _genre, "700": _person, "710": _body, "711": _meeting, "773": _host, "856": _address,
    "880": _original_script,
    **dict.fromkeys(("040", "042", "336", "337", "338"), _nothing),
    **dict.fromkeys(_LINKS, _link),
}  # fmt: skip

PLUGIN = Reader("marcxml", "MARC 21 XML", recognises, read)
