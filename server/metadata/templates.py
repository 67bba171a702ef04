"""Where the XML templates are found, and how they write: escaped, without characters XML forbids, refusing undefined names."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server.xml import escape

_PACKAGE = Path(__file__).resolve().parent.parent
#: A wheel carries the templates inside the package, an editable checkout beside it.
_FOLDERS = (_PACKAGE / "templates" / "xml", _PACKAGE.parent / "templates" / "xml")


def _finalize(value: object) -> object:
    """Escape a string as the XML door does (forbidden characters dropped, CR kept as a reference); leave markup as it is."""
    if type(value) is str:
        return Markup(escape(value))  # noqa: S704 - escaped one call before
    return value


@cache
def environment() -> Environment:
    """Return the environment all XML templates are loaded with."""
    return Environment(
        loader=FileSystemLoader([str(folder) for folder in _FOLDERS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
