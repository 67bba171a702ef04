"""Where the XML templates are found, and how they write: escaped, without characters XML forbids, refusing undefined names."""

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server.xml import FORBIDDEN, escape

#: What the engine's escaping would let through or lose.
_SPECIAL = re.compile(f"\r|{FORBIDDEN.pattern}")

_PACKAGE = Path(__file__).resolve().parent.parent
#: A wheel carries the templates inside the package, an editable checkout beside it.
FOLDERS = (_PACKAGE / "templates" / "xml", _PACKAGE.parent / "templates" / "xml")


def _finalize(value: object) -> object:
    """Drop what XML forbids and keep CR as a reference, as the XML door does.

    All else is left to the engine's own escaping, which is faster.
    """
    if type(value) is str and _SPECIAL.search(value):
        return Markup(escape(value))  # noqa: S704 - escaped one call before
    return value


@cache
def environment() -> Environment:
    """Return the environment all XML templates are loaded with."""
    return Environment(
        loader=FileSystemLoader([str(folder) for folder in FOLDERS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
