"""Language names and codes of any standard, brought to BCP 47."""

import re
from functools import lru_cache

import langcodes

#: What no code table holds and depositors write all the same: English names, and a few of their own.
_NAMES = {
    "arabic": "ar", "ancient greek": "grc", "american": "en-US", "american english": "en-US", "armenian": "hy", "basque": "eu",
    "bengali": "bn", "british english": "en-GB", "bulgarian": "bg", "castilian": "es", "catalan": "ca", "chinese": "zh",
    "croatian": "hr", "czech": "cs", "danish": "da", "deutsch": "de", "dutch": "nl", "english": "en", "español": "es",
    "estonian": "et", "finnish": "fi", "flemish": "nl", "français": "fr", "french": "fr", "galician": "gl", "georgian": "ka",
    "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is", "indonesian": "id",
    "irish": "ga", "italian": "it", "italiano": "it", "japanese": "ja", "korean": "ko", "latin": "la", "latvian": "lv",
    "lithuanian": "lt", "malay": "ms", "maltese": "mt", "middle english": "enm", "modern greek": "el", "nederlands": "nl",
    "norwegian": "no", "old english": "ang", "persian": "fa", "farsi": "fa", "polish": "pl", "portuguese": "pt",
    "português": "pt", "romanian": "ro", "russian": "ru", "sanskrit": "sa", "serbian": "sr", "slovak": "sk", "slovenian": "sl",
    "spanish": "es", "swahili": "sw", "swedish": "sv", "syriac": "syr", "tamil": "ta", "thai": "th", "tibetan": "bo",
    "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi", "welsh": "cy", "yiddish": "yi",
}  # fmt: skip

#: Codes that say nothing of the language, and codes without two or three letters that catalogues still use.
_EMPTY = {"", "und", "unknown", "n/a", "other", "none"}


@lru_cache(maxsize=4096)
def language_of(word: str) -> str:
    """Return the BCP 47 tag for an ISO 639-1, 639-2 (both kinds) or 639-3 code, a tag or an English name; else an empty string.

    Addresses of code lists (`http://id.loc.gov/vocabulary/iso639-2/ger`) count as the code they end with.
    """
    key = " ".join(word.split()).lower()
    if key.startswith(("http://", "https://")):
        key = key.rstrip("/").rsplit("/", 1)[-1]
    if key in _NAMES:
        return _NAMES[key]
    if key in _EMPTY or not key.isascii() or " " in key:
        return ""
    try:
        tag = langcodes.standardize_tag(key)
        return tag if langcodes.tag_is_valid(tag) and tag != "und" else ""
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def iso639_3(tag: str) -> str:
    """Return the ISO 639-3 code of a BCP 47 tag, or an empty string where there is none."""
    try:
        return langcodes.Language.get(tag).to_alpha3(variant="T")
    except (ValueError, LookupError):  # no tag, or one without a code of three letters
        return ""


#: XML Schema's `language`, which is what xml:lang may hold.
_WRITTEN = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


@lru_cache(maxsize=4096)
def written(tag: str) -> str:
    """Return a language as BCP 47 and xml:lang write it, or an empty string where it is none."""
    tag = tag.strip().replace("_", "-")
    if not _WRITTEN.fullmatch(tag):
        return ""
    try:
        standard = langcodes.standardize_tag(tag)
    except ValueError:
        return ""
    return standard if _WRITTEN.fullmatch(standard) else ""
