"""What somebody looks for among the published works, as an address says it. Pure."""

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from server.records.searchable import normal
from server.records.vocabulary import CATEGORIES, TYPES

LONGEST = 200
MOST_TERMS = 12

#: Words that stand in nearly every work and find nothing; PostgreSQL passes over the same.
_EVERYWHERE = frozenset(
    """
    a about above after again against all am an and any are as at be because been before being below between both but
    by can did do does doing don down during each few for from further had has have having he her here hers him his how
    i if in into is it its just me more most my no nor not now of off on once only or other our out over own same she
    should so some such than that the their them then there these they this those through to too under until up very
    was we were what when where which while who whom why will with you your
    """.split()  # noqa: SIM905 -- a list to read
)

_TERM = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_LETTER = re.compile(r"\w")
_YEAR = re.compile(r"-?\d{1,4}")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase that must be there, or must not; a beginning stands for all words that begin so."""

    words: str
    is_beginning: bool = False
    unwanted: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; empty means any. All of it must hold."""

    q: str = ""
    type: str = ""
    """A category or a type."""
    year: str = ""
    author: str = ""
    """What a name is put in order by."""
    after: int = 0
    """The number of the work behind which the page begins."""
    order: str = ""
    """newest; empty: what fits best first."""

    @property
    def terms(self) -> tuple[Term, ...]:
        """Return the terms of the words; those that are wanted first."""
        found = sorted(_terms(self.q), key=lambda term: term.unwanted)[:MOST_TERMS]
        return tuple(found) if any(not term.unwanted for term in found) else ()

    @property
    def number(self) -> int | None:
        """Return the year as a number, None where none is asked for or it is none."""
        return int(self.year) if _YEAR.fullmatch(self.year) else None

    def to(self, **changes: str | int) -> str:
        """Return the address of the same with changes; a page of it begins anew."""
        other = replace(self, **{"after": 0} | changes)  # type: ignore[arg-type]  # names of fields, by those who call
        said = {name: getattr(other, name) for name in ("q", "type", "year", "author", "order", "after")}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/search?{query}" if query else "/search"


def asked_of(query: str) -> Asked:
    """Return what the query of an address asks for; what it does not know is passed over."""
    given = {name: value.strip()[:LONGEST] for name, value in parse_qsl(query)}
    kind, after = given.get("type", ""), given.get("after", "")
    return Asked(
        q=given.get("q", ""),
        type=kind if kind in TYPES or kind in CATEGORIES else "",
        year=year if _YEAR.fullmatch(year := given.get("year", "")) else "",
        author=normal(given.get("author", "")),
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,  # noqa: PLR2004 - digits of 64 bits
        order="newest" if given.get("order") == "newest" else "",
    )


def _terms(text: str) -> list[Term]:
    found = []
    for minus, phrase, word in _TERM.findall(normal(text)):
        if phrase or not word:
            term = Term(phrase, unwanted=bool(minus))
        else:
            term = Term(word.lstrip("-").rstrip("*"), is_beginning=word.endswith("*"), unwanted=word.startswith("-"))
        if _LETTER.search(term.words) and (phrase or term.words not in _EVERYWHERE):
            found.append(term)
    return found
