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
    "brazilian portuguese": "pt-BR", "slovene": "sl", "mandarin": "zh", "bokmål": "nb", "nynorsk": "nn", "dansk": "da",
    "norsk": "no", "polski": "pl", "suomi": "fi", "svenska": "sv", "русский": "ru", "українська": "uk", "中文": "zh",
    "日本語": "ja", "한국어": "ko", "العربية": "ar", "multilingual": "mul", "multiple languages": "mul",
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
    # A name may end a sentence, or be told more exactly in parentheses: English (United Kingdom).
    name = key.partition(" (")[0].rstrip(".")
    if name in _NAMES:
        return _NAMES[name]
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


#: ISO 639-2, the codes of the languages and families of languages that have none in ISO 639-1.
_BEYOND_ISO639_1 = """
    ace ach ada ady afa afh ain akk ale alg alt ang anp apa arc arn arp art arw ast ath aus awa bad bai bal ban bas bat bej
    bem ber bho bik bin bla bnt bra btk bua bug byn cad cai car cau ceb cel chb chg chk chm chn cho chp chr chy cmc cop cpe
    cpf cpp crh crp csb cus dak dar day del den dgr din doi dra dsb dua dum dyu efi egy eka elx enm ewo fan fat fil fiu fon
    frm fro frr frs fur gaa gay gba gem gez gil gmh goh gon gor got grb grc gsw gwi hai haw hil him hit hmn hsb hup iba ijo
    ilo inc ine inh ira iro jbo jpr jrb kaa kab kac kam kar kaw kbd kha khi kho kmb kok kos kpe krc krl kro kru kum kut lad
    lah lam lez lol loz lua lui lun luo lus mad mag mai mak man map mas mdf mdr men mga mic min mis mkh mnc mni mno moh mos
    mul mun mus mwl mwr myn myv nah nai nap nds new nia nic niu nog non nqo nso nub nwc nym nyn nyo nzi osa ota oto paa pag
    pal pam pap pau peo phi phn pon pra pro raj rap rar roa rom rup sad sah sai sal sam sas sat scn sco sel sem sga sgn shn
    sid sio sit sla sma smi smj smn sms snk sog son srn srr ssa suk sus sux syc syr tai tem ter tet tig tiv tkl tlh tli tmh
    tog tpi tsi tum tup tut tvl tyv udm uga umb vai vot wak wal war was wen xal yao yap ypk zap zbl zen zgh znd zun zxx zza
"""


@lru_cache(maxsize=4096)
def iso639_2b(tag: str) -> str:
    """Return the ISO 639-2 code of a BCP 47 tag as catalogues write it (the bibliographic one: ger, fre, chi).

    Empty where there is none: ISO 639-2 knows some 480 languages, ISO 639-3 all.
    """
    try:
        language = langcodes.Language.get(tag)
        code = language.to_alpha3(variant="B")
    except (ValueError, LookupError):
        return ""
    known = len(language.language or "") == 2 or f" {code}" in _BEYOND_ISO639_1  # noqa: PLR2004 - letters of an ISO 639-1 code
    return code if known else ""


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
