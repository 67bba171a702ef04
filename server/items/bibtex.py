"""The BibTeX entry of a work (crosswalk C.7): UTF-8, with what LaTeX takes for commands escaped. Pure."""

import re
from collections.abc import Iterable, Iterator

from server.items.csl import doi_of, issued, keywords, pages, published_by
from server.items.kinds import KINDS
from server.metadata.work import Work
from server.records.model import Agent
from server.records.vocabulary import TYPES

#: What LaTeX takes for more than the character it is; braces need words, as BibTeX counts those with a backslash, too.
_ESCAPES = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
})  # fmt: skip
#: What separates the parts of a name and the names.
_SEPARATES = re.compile(r",|(?<!\S)and(?!\S)", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(r"(-?\d{4})(?:-(\d\d))?")


def bibtex(work: Work) -> str:
    """Return the entry; its key is made of the work's number, so that it stays whatever else changes."""
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in _fields(work) if value)
    month = _DATE.match(issued(work.record))
    if month and month[2] and 1 <= int(month[2]) <= len(_MONTHS):
        lines += f"  month = {_MONTHS[int(month[2]) - 1]},\n"
    return f"@{KINDS[work.record.type].bibtex}{{w{work.id.lower()},\n{lines}}}\n"


def escaped(text: str) -> str:
    """Return a text as LaTeX prints it, on one line."""
    return " ".join(text.translate(_ESCAPES).split())


def _fields(work: Work) -> Iterator[tuple[str, str]]:
    record = work.record
    entry, place, thesis = KINDS[record.type].bibtex, record.container, record.thesis
    date = _DATE.match(issued(record))
    publisher, address = published_by(record)
    yield "author", _names(record.creators)
    yield "editor", _names(agent for agent in record.contributors if agent.role == "Editor")
    yield "title", escaped(f"{record.title.value}: {record.subtitle}" if record.subtitle else record.title.value)
    yield (
        "journal" if entry == "article" else "booktitle",
        escaped(place.title or (record.conference.name if entry == "inproceedings" else "")),
    )
    yield "series", escaped(place.series)
    yield "volume", escaped(place.volume)
    yield "number", escaped(place.issue or ("" if pages(record, "-") else place.article_no))
    yield "pages", escaped(pages(record, "--"))
    yield "edition", escaped(place.edition)
    yield (
        "school" if entry in _THESES else "institution" if entry == "techreport" else "publisher",
        escaped(publisher),
    )
    yield "type", escaped(thesis.degree_name or TYPES[record.type].label) if entry in _THESES or entry == "techreport" else ""
    yield "howpublished", TYPES[record.type].label if entry == "misc" else ""
    yield "address", escaped(address)
    yield "year", date[1] if date else ""
    yield "issn", escaped(place.issn_online or place.issn_print)
    yield "isbn", escaped(place.isbn)
    yield "doi", _verbatim(doi_of(work))
    yield "url", _verbatim(work.landing_url)
    yield "language", escaped(", ".join(record.languages))
    yield "keywords", escaped(", ".join(keywords(record)))
    yield "abstract", escaped(record.abstracts[0].value) if record.abstracts else ""


_THESES = frozenset({"phdthesis", "mastersthesis"})


def _names(agents: Iterable[Agent]) -> str:
    return " and ".join(_name(agent) for agent in agents)


def _name(agent: Agent) -> str:
    if agent.kind == "org" or not agent.family:
        return f"{{{escaped(agent.label)}}}"
    return (
        ", ".join(_part(part) for part in (agent.family, agent.given) if part) if agent.given else f"{{{escaped(agent.family)}}}"
    )


def _part(name: str) -> str:
    return f"{{{escaped(name)}}}" if _SEPARATES.search(name) else escaped(name)


def _verbatim(value: str) -> str:
    """Return an address as readers take it, letter by letter; braces would end the field."""
    return re.sub(r"[{}\\\s]", lambda found: f"%{ord(found[0]):02X}", value)
