"""How a page says what a record holds in codes: dates, roles, languages and identifiers in words."""

import re

import langcodes

from server.metadata.languages import language_of
from server.records.model import Agent, Licence

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DATE = re.compile(r"(-?)(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_CREATIVE_COMMONS = re.compile(
    r"https?://creativecommons\.org/(?:licenses/([a-z-]+)|publicdomain/(zero|mark))/([0-9.]+)", re.IGNORECASE
)
_PUBLIC = {"zero": "CC0", "mark": "Public Domain Mark"}
#: Han, kana and hangul: names in these are written family first, without a comma.
_TOGETHER = re.compile("[\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003134f]+")
_HANGUL = re.compile("[\uac00-\ud7af]")
_WORD_EDGE = re.compile(r"(?<=[a-z])(?=[A-Z])")

#: What an identifier's scheme is called.
SCHEMES = {
    "doi": "DOI", "handle": "Handle", "urn": "URN", "isbn": "ISBN", "issn": "ISSN", "pmid": "PubMed", "pmcid": "PubMed Central",
    "arxiv": "arXiv", "oai": "OAI", "url": "Address", "orcid": "ORCID", "isni": "ISNI", "gnd": "GND", "viaf": "VIAF",
    "wikidata": "Wikidata", "ror": "ROR",
}  # fmt: skip


def date(value: str) -> str:
    """Say a date of the record as people do: `1866-02-08` is 8 February 1866, `0820` is 820, `-0299` is 300 BCE."""
    found = _DATE.fullmatch(value)
    if found is None:
        return value
    minus, year, month, day = found.groups()
    spoken = f"{int(year) + 1} BCE" if minus else str(int(year))  # ISO 8601: the year 0 is 1 BCE
    if month and 1 <= int(month) <= len(_MONTHS):
        spoken = f"{_MONTHS[int(month) - 1]} {spoken}"
        if day:
            spoken = f"{int(day)} {spoken}"
    return spoken


def year(value: str) -> str:
    """Say the year of a date of the record; empty for none."""
    found = _DATE.match(value)
    return date(found[1] + found[2]) if found else ""


def role(code: str) -> str:
    """Say a DataCite contributorType in words: `DataCollector` is Data collector."""
    return _WORD_EDGE.sub(" ", code).capitalize()


def part(code: str) -> str:
    """Say somebody's part in a work: of who has none of the roles there is no more to say than that they contributed."""
    return "Contributor" if code == "Other" else role(code)


def scheme(code: str) -> str:
    """Say what an identifier's scheme is called."""
    return SCHEMES.get(code, code.capitalize())


def name(agent: Agent) -> str:
    """Say a name: `Family, Given`, but without the comma where the script itself puts the family first."""
    if agent.kind == "person" and agent.given and _TOGETHER.fullmatch(agent.family + agent.given):
        return f"{agent.family}{agent.given}" if not _HANGUL.search(agent.family) else f"{agent.family} {agent.given}"
    return agent.label


def licence(given: Licence) -> str:
    """Say a licence: its name, or what the address of a Creative Commons one says."""
    found = _CREATIVE_COMMONS.match(given.uri)
    if given.name or found is None:
        return given.name or given.spdx or given.uri
    terms, public, number = found.groups()
    if public:
        return f"{_PUBLIC[public.lower()]} {number}"
    return f"CC {terms.upper()} {number}"


def language(tag: str) -> str:
    """Say a BCP 47 tag in English; the tag itself where no table knows it."""
    try:
        found = langcodes.Language.get(language_of(tag) or tag)
    except ValueError:
        return tag
    return LANGUAGES.get(found.language or "", tag)


#: Names of the languages works are deposited in most; the data package with all of them weighs forty megabytes.
LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish",
    "grc": "Ancient Greek",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese", "ka": "Georgian", "ko": "Korean", "la": "Latin", "lt": "Lithuanian", "lv": "Latvian",
    "lzh": "Literary Chinese",
    "mt": "Maltese", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sa": "Sanskrit",
    "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "yi": "Yiddish", "zh": "Chinese",
}  # fmt: skip
