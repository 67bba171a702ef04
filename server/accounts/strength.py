"""Which passwords are good enough: long, and not the first a guesser tries (NIST SP 800-63B-4 § 3.1.1.2, ASVS 5 § 6.2). Pure.

At least ten characters: NIST asks for eight beside a second factor and fifteen without one; guesses are slowed down to some
hundreds a day here (`throttle`), so ten that are not on a guesser's list are out of reach, and people still accept them. No rule
asks for digits or signs, none forbids any character, spaces too, and nobody has to change a password because time has passed.
"""

import re
import unicodedata
from collections.abc import Iterable

from server.errors import Invalid

SHORTEST, LONGEST = 10, 256
"""Characters; above the longest argon2 would be made to work for whoever sends megabytes."""

#: What the lists of leaked passwords begin with, without the digits and signs people add.
_COMMON_TEXT = """
password passwort passw pass mypassword thepassword motdepasse contrasena senha parola wachtwoord haslo losenord admin
administrator root superuser sysadmin manager user username login guest test testing tester demo example sample welcome
willkommen bienvenue hello letmein openup opensesame iloveyou trustno changeme changethis change secret geheim default
master access entry private temporary temp qwerty qwertz azerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx
qazwsxedc wasd abcd abcdef abcdefgh abcabc superman batman spiderman starwars pokemon dragon monkey football baseball
basketball soccer hockey liverpool chelsea arsenal barcelona sunshine princess flower shadow freedom whatever computer
internet samsung google facebook linkedin michael jennifer jordan charlie thomas daniel jessica ashley summer winter
spring autumn sommer frühling herbst january monday london berlin paris library librarian repository archive university
research researcher sheaf sword
"""
_COMMON = frozenset(_COMMON_TEXT.split())

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
)
_LEET = str.maketrans("@4310$57!8", "aaeiosstib")
_LETTERS = re.compile(r"[^\W\d_]+")
_FEWEST_DIFFERENT = 5
_RUN = 4
"""Neighbours on a keyboard or in the alphabet that count as one idea."""
_SHORTEST_OWN = 4
"""Letters of a name before a password made of it is refused for it."""


def refuse_weak(password: str, own: Iterable[str] = ()) -> None:
    """Raise Invalid, with the reason and what to do, for a password that is too short or that a guesser tries early.

    `own` are words of the account and the repository: its name, the address, what the repository is called.
    """
    if reason := weakness(password, own):
        raise Invalid(
            reason,
            place="password",
            remedy=f"Choose at least {SHORTEST} characters, better more: for instance four words that have nothing in common.",
            code="password",
        )


def weakness(password: str, own: Iterable[str] = ()) -> str:
    """Return why a password is refused; empty where it is good."""
    length = len(password)
    if not SHORTEST <= length <= LONGEST:
        return f"The password has {length} characters; {SHORTEST} to {LONGEST} are needed."
    plain = unicodedata.normalize("NFKC", password).casefold()
    reasons = {
        f"it has fewer than {_FEWEST_DIFFERENT} different characters": len(set(plain)) < _FEWEST_DIFFERENT,
        "it repeats one short piece": _repeats(plain),
        "it is a row of the keyboard or of the alphabet": _runs(plain),
        "it is made of a name that belongs to the account or the repository": _is_made_of(plain, own, _SHORTEST_OWN),
        "it is one of the most common ones with additions": _is_made_of(plain, _COMMON, 1),
    }
    found = next((reason for reason, holds in reasons.items() if holds), "")
    return f"This password is guessed early: {found}." if found else ""


def _repeats(plain: str) -> bool:
    return any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, len(plain) // 2 + 1))


def _runs(plain: str) -> bool:
    """Whether nothing but runs along a row is there: `abcdefghij`, `1234567890`, `qwertyuiop`, `98765abcde`."""
    left = plain
    while left:
        run = _run(left)
        if run < _RUN:
            return False
        left = left[run:]
    return True


def _run(text: str) -> int:
    rows = [row[::way] for row in _ROWS for way in (1, -1)]
    longest = 0
    for row in rows:
        while longest < len(text) and text[: longest + 1] in row:
            longest += 1
    return longest


def _is_made_of(plain: str, words: Iterable[str], shortest: int) -> bool:
    """Whether all letters of a password belong to one of these words, said any number of times; digits and signs do not count."""
    known = {letters for word in words for letters in _letters(word) if len(letters) >= shortest}
    for spelling in (plain, plain.translate(_LEET), plain.strip("0123456789!@$#*?._- ").translate(_LEET)):
        letters = _LETTERS.findall(spelling)
        if letters and all(piece in known or piece.removesuffix("s") in known for piece in letters):
            return True
        whole = "".join(letters)
        if whole and any(whole == (word * len(whole))[: len(whole)] and len(whole) % len(word) == 0 for word in known):
            return True
    return False


def _letters(word: str) -> list[str]:
    pieces = _LETTERS.findall(unicodedata.normalize("NFKC", word).casefold())
    return [*pieces, "".join(pieces)]
