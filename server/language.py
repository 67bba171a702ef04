"""The language pages are written in: English in the code, others from catalogues (`locale/<language>/LC_MESSAGES/sheaf.mo`)."""

from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

ENGLISH = "en"

_PACKAGE = Path(__file__).resolve().parent
#: A wheel carries the catalogues inside the package, an editable checkout beside it.
FOLDERS = (_PACKAGE / "locale", _PACKAGE.parent / "locale")

_current: ContextVar[str] = ContextVar("language", default=ENGLISH)


def current() -> str:
    """Return the language of the request that is being answered."""
    return _current.get()


def choose(wanted: str) -> None:
    """Choose the language for the request that is being answered, of those there are catalogues for.

    `wanted` is an Accept-Language header (RFC 9110 § 12.5.4); what cannot be read, and what is not there, is English.
    """
    _current.set(next((name for name in _ranked(wanted) if name == ENGLISH or _catalogue(name) is not _NONE), ENGLISH))


def gettext(message: str) -> str:
    return _catalogue(_current.get()).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    return _catalogue(_current.get()).ngettext(one, many, number)


_NONE = NullTranslations()
_LONGEST = 200


@cache
def _catalogue(name: str) -> NullTranslations:
    for folder in FOLDERS:
        found = translation("sheaf", folder, [name], fallback=True)
        if type(found) is not NullTranslations:
            return found
    return _NONE


def _ranked(header: str) -> list[str]:
    """Return the languages of a header, best first; only those that can be the name of a folder."""
    weighed: list[tuple[float, str]] = []
    for part in header[:_LONGEST].split(","):
        name, _, weight = part.strip().partition(";q=")
        main = name.partition("-")[0].lower()
        if main.isascii() and main.isalpha() and len(main) <= 3:  # noqa: PLR2004 -- ISO 639
            weighed.append((_weight(weight), main))
    return [name for weight, name in sorted(weighed, key=lambda found: -found[0]) if weight > 0]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
