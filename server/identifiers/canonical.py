"""Texts in the form in which they are compared with what an agency made of them."""

import html
import re
import unicodedata

_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w+")
_ASIDE = re.compile(r"\s*\(.+\)\s*")
_SCHEME = re.compile(r"^https?://(?:www\.)?")


def plain(text: object) -> str:
    """Return a text without markup, spaces at its ends and case; agencies take away some of the markup and fold spaces."""
    bare = _TAG.sub("", html.unescape(str(text)))
    return " ".join(unicodedata.normalize("NFC", bare).split()).casefold()


def name(text: object) -> str:
    """Return a name as its words in order of the alphabet: agencies turn it around, and write its stops and capitals anew."""
    return " ".join(sorted(_WORD.findall(_ASIDE.sub("", plain(text)))))


def address(text: object) -> str:
    """Return an address without its scheme, `www.`, last slash and case: as a name of something, not to be called."""
    return _SCHEME.sub("", str(text).strip().casefold()).rstrip("/")


def several(texts: object) -> tuple[str, ...]:
    """Return texts in the order of the alphabet, each once, without empty ones."""
    return tuple(sorted({text for text in texts if text}))  # type: ignore[attr-defined]
