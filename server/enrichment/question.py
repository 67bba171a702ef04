"""How ORCID is asked about a name: queries in the syntax of its search (Lucene). Pure."""

import re
from collections.abc import Iterable

#: What Lucene reads as its own within a quoted term: the quotation mark and the backslash; elsewhere much more.
_QUOTED = re.compile(r'([\\"])')
_BARE = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/\s])')
_MOST = 10
"""So many DOIs and institutions are named in one query."""
_LONGEST = 100
"""Letters of an institution's name that are sent: the query stands in an address, and addresses have an end."""


def by_name(family: str, given: str) -> str:
    """Ask for everybody of a name: the registered one, or one they are known by."""
    first = given.replace(".", " ").split()
    if not first:
        return f"family-name:{_quoted(family)} OR given-names:{_quoted(family)} OR credit-name:{_quoted(family)}"
    # An initial is the beginning of a name; of several given names the first is enough to begin with.
    spelled = f"{_escaped(first[0])}*" if len(first[0]) == 1 else _quoted(first[0])
    whole = _quoted(f"{given} {family}")
    return f"(family-name:{_quoted(family)} AND given-names:{spelled}) OR credit-name:{whole} OR other-names:{whole}"


def sharper(family: str, given: str, dois: Iterable[str], institutions: Iterable[str]) -> str:
    """Ask for those of a name who say that one of the works is theirs, or who worked there; empty where nothing is known."""
    known = [f"doi-self:{_quoted(value)}" for value in list(dois)[:_MOST]]
    known += [f"affiliation-org-name:{_quoted(name)}" for name in list(dict.fromkeys(map(_short, institutions)))[:_MOST]]
    return f"({by_name(family, given)}) AND ({' OR '.join(known)})" if known else ""


def _short(name: str) -> str:
    """Return a name without the words that are too many."""
    return name if len(name) <= _LONGEST else name[:_LONGEST].rpartition(" ")[0] or name[:_LONGEST]


def _quoted(text: str) -> str:
    return '"' + _QUOTED.sub(r"\\\1", " ".join(text.split())) + '"'


def _escaped(text: str) -> str:
    return _BARE.sub(r"\\\1", text)
