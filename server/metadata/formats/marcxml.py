"""MARC 21 of a record: leader, control fields and data fields, every value decided here, so that the template only writes."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from server.metadata.addresses import bare, link, uri
from server.metadata.bibliographic import embargo, identifiers, is_whole_book, languages, publisher, subject_source
from server.metadata.roles import CREATOR, relator
from server.metadata.types import COAR_ACCESS, COAR_TERMS, NAMES
from server.metadata.work import Work
from server.records.model import Agent, AgentId, Contributor, Subject
from server.records.vocabulary import ACCESS, TYPES, VERSIONS

#: A date as 008 can hold it; a year before the first has no place there.
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")

#: 008/18-34 by leader/06; `|` is no attempt to code. `item` is the form of item, `contents` the nature of the contents,
#: `meeting` whether the work came out of one, `file` the type of computer file.
_BOOKS = "|||||{item}{contents}|{meeting}|| ||"
_SERIALS = "|| ||{item}||||||   ||"
_MAPS = "|||||| |  |{item} | ||"
_MUSIC = "|||||{item}|||||||| | "
_VISUAL = "||| |     |{item}   ||"
_MATERIALS = {
    "a": _BOOKS, "t": _BOOKS, "e": _MAPS, "c": _MUSIC, "i": _MUSIC, "j": _MUSIC, "g": _VISUAL, "k": _VISUAL, "r": _VISUAL,
    "m": "    |{item}  {file} |      ",
}  # fmt: skip
#: Leader/07 of component parts of serials and of what goes on appearing: then 008 is that of continuing resources.
_CONTINUING = frozenset("bis")
_COMPUTER_FILES = {"Software": "b", "InteractiveResource": "i"}

#: 650 second indicator by the code of the thesaurus; any other is named in $2.
_THESAURI = {"lcsh": "0", "mesh": "2"}
#: The field and indicators of a notation by the code of its classification; any other is 084, with the code in $2.
_CLASSIFICATIONS = {"ddc": ("082", "04"), "lcc": ("050", " 4"), "udc": ("080", "  ")}
#: DataCite relationType → linking entry and indicators; any other is 787 with the word in $i.
_LINKS = {
    "HasVersion": ("775", "0 "),
    "IsVariantFormOf": ("776", "0 "),
    "Continues": ("780", "00"),
    "IsContinuedBy": ("785", "00"),
}

_SERIAL_NUMBERS = frozenset({"issn", "eissn", "issn_print", "issn_online"})


class Field(NamedTuple):
    """A data field: its tag, the two indicators, and (code, text) of its subfields."""

    tag: str
    first: str
    second: str
    subfields: tuple[tuple[str, str], ...]


class View(NamedTuple):
    leader: str
    controls: tuple[tuple[str, str], ...]
    fields: list[Field]


def view(work: Work) -> View:
    """Decide what MARC 21 says of a work."""
    kind = NAMES[work.record.type].leader
    fields = [
        Field(tag, indicators[0], indicators[1], kept)
        for rule in RULES
        for tag, indicators, *subfields in rule(work)
        if (kept := tuple((code, text) for code, value in subfields if (text := value.strip())))
    ]
    # Leader/17 3: an abbreviated record, made by a machine; /18 u: nobody says by which rules of description.
    return View(f"     n{kind} a22     3u 4500", tuple(_controls(work, kind)), fields)


def _controls(work: Work, kind: str) -> Iterator[tuple[str, str]]:
    online = bool(work.record.files)
    yield "001", work.oai_id
    yield "003", work.oai_id.split(":", 2)[1]
    if work.modified:
        yield "005", re.sub("[^0-9]", "", work.modified) + ".0"
    if online:
        if not kind.startswith("m"):
            yield "006", "m     o  d        "
        yield "007", "cr |||||||||||"
    yield "008", _fixed(work, kind, "o" if online else "|")


def _fixed(work: Work, kind: str, item: str) -> str:
    """Write 008: forty characters, as MARC 21 lays them out."""
    record = work.record
    entered = work.deposited[2:].replace("-", "") or "||||||"
    dated = _DATE.fullmatch(record.dates.issued)
    year, month, day = dated.groups(" ") if dated else ("uuuu", "uu", "uu")
    known = "n" if not dated else "s" if month == " " else "e"
    spoken = next((code for code, source in languages(record) if source == "iso639-2b"), "|||")
    material = _SERIALS if kind[0] == "a" and kind[1] in _CONTINUING else _MATERIALS[kind[0]]
    about = TYPES[record.type]
    special = material.format(
        item=item,
        contents="m   " if about.datacite == "Dissertation" else "||||",
        meeting="1" if about.datacite == "ConferenceProceeding" else "|",
        file=_COMPUTER_FILES.get(about.dcmi, "|"),
    )
    return f"{entered}{known}{year}{month:2}{day:2}xx {special}{spoken} d"


#: Tag, both indicators, then the subfields; those that are empty are left out, and so is a field without any.
Found = tuple[str, str, *tuple[tuple[str, str], ...]]


def _numbers(work: Work) -> Iterator[Found]:
    rest = []
    for scheme, value in identifiers(work):
        if scheme == "isbn":
            yield "020", "  ", ("a", value)
        elif scheme not in _SERIAL_NUMBERS:
            rest.append((scheme, value))
    for issn in _issns(work):
        yield "022", "  ", ("a", issn)
    for scheme, value in rest:
        yield "024", "7 ", ("a", value), ("2", scheme)


def _issns(work: Work) -> list[str]:
    c = work.record.container
    theirs = (i.value for i in work.record.identifiers if i.scheme.strip().lower() in _SERIAL_NUMBERS)
    return list(dict.fromkeys(issn for text in (c.issn_print, c.issn_online, *theirs) if (issn := text.strip())))


def _points(work: Work) -> Iterator[Found]:
    for place in work.record.geo:
        latitude, longitude = place.latitude, place.longitude
        if latitude is not None and longitude is not None and -90 <= latitude <= 90 and -180 <= longitude <= 180:  # noqa: PLR2004
            east, north = f"{longitude:+011.6f}", f"{latitude:+010.6f}"
            yield "034", "0 ", ("a", "a"), ("d", east), ("e", east), ("f", north), ("g", north)


def _languages(work: Work) -> Iterator[Found]:
    known = languages(work.record)
    yield "041", "  ", *(("a", code) for code, source in known if source == "iso639-2b")
    for code, source in known:
        if source != "iso639-2b":
            yield "041", " 7", ("a", code), ("2", source)


def _classifications(work: Work) -> Iterator[Found]:
    for subject in work.record.subjects:
        if _is_notation(subject):
            source = subject_source(subject)
            tag, indicators = _CLASSIFICATIONS.get(source, ("084", "  "))
            yield tag, indicators, ("a", subject.code), ("2", source if tag == "084" else "")


def _is_notation(subject: Subject) -> bool:
    return bool(subject.code.strip() and subject.scheme.strip())


def _main_entry(work: Work) -> Iterator[Found]:
    if work.record.creators:
        yield _name(work.record.creators[0], CREATOR, "1")


def _name(agent: Agent, role: str, hundreds: str) -> Found:
    label = agent.label.strip()
    # First indicator of X00: 1 for a name that begins with the family name, 0 for one that is not turned round; of X10: 2.
    tag, first = ("00", "1" if "," in label else "0") if agent.kind == "person" else ("10", "2")
    code, term = relator(role)
    places = (("u", place.name) for place in agent.affiliations)
    subfields = (("a", label), ("e", term), *places, *map(_agent_id, agent.ids), ("4", code))
    return f"{hundreds}{tag}", f"{first} ", *subfields


def _agent_id(found: AgentId) -> tuple[str, str]:
    """Write who somebody is: $0 with the code of the German authority file, $1 the address of the person or body."""
    scheme = found.scheme.strip().lower()
    if scheme == "gnd":
        return "0", f"(DE-588){bare(scheme, found.value)}"
    address = link(scheme, found.value)
    return "1", address if address.startswith("http") else ""


def _titles(work: Work) -> Iterator[Found]:
    record = work.record
    title, subtitle = record.title.value, record.subtitle.strip()
    yield "245", "10" if record.creators else "00", ("a", f"{title} :" if subtitle else title), ("b", subtitle)
    for other in record.alt_titles:
        yield "246", "31" if other.kind == "translated" else "3 ", ("a", other.value)


def _imprint(work: Work) -> Iterator[Found]:
    record = work.record
    yield "250", "  ", ("a", record.container.edition)
    yield "264", " 1", ("a", record.publisher.place), ("b", publisher(record)), ("c", record.dates.issued)
    yield "490", "0 ", ("a", record.container.series)


def _notes(work: Work) -> Iterator[Found]:
    record, thesis = work.record, work.record.thesis
    version = VERSIONS.get(record.version)
    yield "500", "  ", ("a", version.label if version and version.eurepo else "")
    yield "500", "  ", ("a", record.source_note)
    awarded = _DATE.fullmatch(thesis.date_awarded.strip())
    year = awarded[1] if awarded else ""
    yield "502", "  ", ("b", thesis.degree_name), ("c", thesis.grantor), ("d", year), ("g", thesis.discipline)
    yield "505", "0 ", ("a", " -- ".join(filter(None, map(str.strip, record.toc.splitlines()))))
    access, free = ACCESS[record.access], embargo(record, record.access).replace("-", "")
    yield "506", "0 " if record.access == "open" else "1 ", ("a", access.label), ("g", free), ("u", COAR_ACCESS + access.coar)
    for abstract in record.abstracts:
        yield "520", "3 ", ("a", abstract.value)
    yield "524", "  ", ("a", record.citation_text)
    for grant in record.funding:
        yield "536", "  ", ("a", grant.funder_name.strip() or grant.award_title), ("c", grant.award_no)
    for licence in record.licences:
        yield "540", "  ", ("a", licence.name.strip() or licence.spdx), ("u", uri(licence.uri))
    yield "540", "  ", ("a", record.rights_statement)


def _subjects(work: Work) -> Iterator[Found]:
    record = work.record
    for period in record.temporal:
        yield "648", " 4", ("a", period)
    for subject in record.subjects:
        if subject.scheme.strip() and not _is_notation(subject):
            source = subject_source(subject)
            known = _THESAURI.get(source, "")
            address = uri(subject.value_uri)
            yield "650", f" {known or 7}", ("a", subject.value), ("0", address), ("2", "" if known else source)
    for place in record.geo:
        yield "651", " 4", ("a", place.name)
    for subject in record.subjects:
        if not subject.scheme.strip() or (_is_notation(subject) and subject.value != subject.code):
            yield "653", "  ", ("a", subject.value)
    kind = TYPES[record.type]
    yield "655", " 7", ("a", COAR_TERMS[kind.coar]), ("0", kind.coar_uri), ("2", "coar")
    yield "655", " 7", ("a", kind.code), ("2", "local")


def _added_entries(work: Work) -> Iterator[Found]:
    record, meeting = work.record, work.record.conference
    for agent in (*record.creators[1:], *record.contributors):
        yield _name(agent, agent.role if isinstance(agent, Contributor) else CREATOR, "7")
    if meeting.name.strip():
        yield "711", "2 ", ("a", meeting.name), ("d", meeting.date), ("c", meeting.place)


def _links(work: Work) -> Iterator[Found]:
    record, c = work.record, work.record.container
    pages = "-".join(page for page in (c.first_page.strip(), c.last_page.strip()) if page)
    labelled = (("vol. ", c.volume.strip()), ("no. ", c.issue.strip()), ("p. ", pages), ("article ", c.article_no.strip()))
    numbers = ", ".join(label + value for label, value in labelled if value)
    issn, isbn = next(iter(_issns(work)), ""), "" if is_whole_book(record) else c.isbn
    yield "773", "0 ", ("t", c.title), ("g", numbers), ("x", issn), ("z", isbn)
    for related in record.related:
        scheme, value = related.scheme.strip().lower(), related.value
        tag, indicators = _LINKS.get(related.relation, ("787", "0 "))
        code = {"issn": "x", "isbn": "z"}.get(scheme, "o")
        text = link(scheme, value)
        if code == "o" and scheme != "url" and not text.startswith("http"):
            text = f"{scheme}:{text}"
        yield tag, indicators, ("i", related.relation if tag == "787" else ""), (code, text)


def _addresses(work: Work) -> Iterator[Found]:
    for file, url in zip(work.record.files, work.file_urls, strict=True):
        if url:
            yield "856", "40", ("u", url), ("q", file.mime), ("s", f"{file.bytes} bytes" if file.bytes else "")
    yield "856", "42", ("u", work.landing_url), ("3", "Landing page")


#: The rules in the order of the fields they write.
RULES: tuple[Callable[[Work], Iterator[Found]], ...] = (
    _numbers, _points, _languages, _classifications, _main_entry, _titles, _imprint, _notes, _subjects, _added_entries, _links,
    _addresses,
)  # fmt: skip
