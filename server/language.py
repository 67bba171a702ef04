"""The language pages are written in: English in the code, others from catalogues (`locale/<language>/LC_MESSAGES/sheaf.mo`)."""

from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

from markupsafe import Markup, escape

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
    ranked = _ranked(wanted) if wanted else ()
    _current.set(next((name for name in ranked if name == ENGLISH or _catalogue(name) is not _NONE), ENGLISH))


def gettext(message: str, **values: object) -> str:
    """Return a message in the language of the request, its `%(name)s` filled in and escaped for HTML.

    A message without values is returned as it is, so that words with a percent sign in them can be passed through.
    """
    said = _catalogue(_current.get()).gettext(message) if message else ""
    return _filled(said, values) if values else said


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the form of a message that goes with a number, which it may name as `%(num)s`."""
    return _filled(_catalogue(_current.get()).ngettext(one, many, num), values | {"num": f"{num:,}"})


def _filled(said: str, values: dict[str, object]) -> Markup:
    return Markup(escape(said)) % values  # noqa: S704 -- escaped; the values are escaped as they are filled in


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
