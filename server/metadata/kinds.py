"""Choosing a record's type among the words a document uses for it: the most granular one that is known wins."""

from collections.abc import Callable, Sequence

from server.records.vocabulary import TYPES, find_type

_LABELS = {row.label.lower(): row.code for row in reversed(TYPES.values())}
_VAGUE = "other.other"


def _folded(word: str) -> str:
    return " ".join(word.split()).lower()


def _label(word: str) -> str | None:
    found = _LABELS.get(_folded(word))
    # A label that two types share means what the vocabulary says it means.
    return find_type(word) if found else None


def _named(word: str) -> str | None:
    found = find_type(word)
    return found if found != _VAGUE else None


#: From the surest to the vaguest: our own code, a COAR concept, our label, any other word, a word that says "other".
_STEPS: tuple[Callable[[str], str | None], ...] = (
    lambda word: word if word in TYPES else None,
    lambda word: _named(word) if "/resource_type/" in word else None,
    _label,
    _named,
    find_type,
)


def choose_type(words: Sequence[str]) -> str | None:
    """Return the code of the type the words mean, or None where no word is known. Among equals the first word wins."""
    for step in _STEPS:
        for word in words:
            found = step(word)
            if found:
                return found
    return None
