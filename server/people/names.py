"""Names compared: folded to what every spelling of them shares, and whether two of them can be one person's. Pure."""

import re
import unicodedata
from functools import lru_cache

#: Letters that do not come apart into a letter and a mark.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n"})
#: What stands for an umlaut where it cannot be written: Mueller is Müller. Both are folded to one letter.
_UMLAUTS = re.compile("ae|oe|ue")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Return a name in small letters without accents, umlauts and punctuation, its words parted by one blank."""
    if text.isascii() and text.isalpha():  # as most are
        return _UMLAUTS.sub(lambda found: found[0][0], text.lower())
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(mark for mark in apart if not unicodedata.combining(mark)).replace("'", "").replace("\u2019", "")
    return " ".join(_UMLAUTS.sub(lambda found: found[0][0], word) for word in _WORD.findall(plain))


def key(family: str, given: str) -> str:
    """Return what all spellings of a name share: the family name folded, and the first letter of the given name."""
    return f"{folded(family)}|{folded(given)[:1]}"


def whole(family: str, given: str) -> str:
    """Return a name folded whole, family name first: what a search looks in."""
    return f"{folded(family)} {folded(given)}".strip()


def likeness(one: str, other: str) -> int:
    """Say how well two given names fit: 0 not at all, 1 as initials, 2 as whole names.

    `G. J.` fits `Gregor Johann` and `Gregor`; `Georg` fits neither. An empty one fits as an initial.
    """
    mine, theirs = folded(one).split(), folded(other).split()
    if not mine or not theirs:
        return 1
    pairs = list(zip(mine, theirs, strict=False))
    if any(not (a.startswith(b) if len(b) == 1 else b.startswith(a) if len(a) == 1 else a == b) for a, b in pairs):
        return 0
    return 2 if len(pairs[0][0]) > 1 and len(pairs[0][1]) > 1 else 1
