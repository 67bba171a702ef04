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


#: ISO 639-2, the bibliographic codes: all that libraries write, and fewer languages than ISO 639-3 has.
_BIBLIOGRAPHIC = frozenset(
    (  # noqa: SIM905 - as a list they would fill pages
        "aar abk ace ach ada ady afa afh afr ain aka akk alb ale alg alt amh ang anp apa ara arc arg arm arn arp art arw asm ast "
        "ath aus ava ave awa aym aze bad bai bak bal bam ban baq bas bat bej bel bem ben ber bho bih bik bin bis bla bnt bos bra "
        "bre btk bua bug bul bur byn cad cai car cat cau ceb cel cha chb che chg chi chk chm chn cho chp chr chu chv chy cmc cop "
        "cor cos cpe cpf cpp cre crh crp csb cus cze dak dan dar day del den dgr din div doi dra dsb dua dum dut dyu dzo efi egy "
        "eka elx eng enm epo est ewe ewo fan fao fat fij fil fin fiu fon fre frm fro frr frs fry ful fur gaa gay gba gem geo ger "
        "gez gil gla gle glg glv gmh goh gon gor got grb grc gre grn gsw guj gwi hai hat hau haw heb her hil him hin hit hmn hmo "
        "hrv hsb hun hup iba ibo ice ido iii ijo iku ile ilo ina inc ind ine inh ipk ira iro ita jav jbo jpn jpr jrb kaa kab kac "
        "kal kam kan kar kas kau kaw kaz kbd kha khi khm kho kik kin kir kmb kok kom kon kor kos kpe krc krl kro kru kua kum kur "
        "kut lad lah lam lao lat lav lez lim lin lit lol loz ltz lua lub lug lui lun luo lus mac mad mag mah mai mak mal man mao "
        "map mar mas may mdf mdr men mga mic min mis mkh mlg mlt mnc mni mno moh mol mon mos mul mun mus mwl mwr myn myv nah nai "
        "nap nau nav nbl nde ndo nds nep new nia nic niu nno nob nog non nor nqo nso nub nwc nya nym nyn nyo nzi oci oji ori orm "
        "osa oss ota oto paa pag pal pam pan pap pau peo per phi phn pli pol pon por pra pro pus que raj rap rar roa roh rom rum "
        "run rup rus sad sag sah sai sal sam san sas sat scn sco sel sem sga sgn shn sid sin sio sit sla slo slv sma sme smi smj "
        "smn smo sms sna snd snk sog som son sot spa srd srn srp srr ssa ssw suk sun sus sux swa swe syc syr tah tai tam tat tel "
        "tem ter tet tgk tgl tha tib tig tir tiv tkl tlh tli tmh tog ton tpi tsi tsn tso tuk tum tup tur tut tvl twi tyv udm uga "
        "uig ukr umb und urd uzb vai ven vie vol vot wak wal war was wel wen wln wol xal xho yao yap yid yor ypk zap zbl zen zgh "
        "zha znd zul zun zxx zza"
    ).split()
)


@lru_cache(maxsize=4096)
def iso639_2(tag: str) -> str:
    """Return the bibliographic ISO 639-2 code of a BCP 47 tag (`ger`, not `deu`), or an empty string where there is none."""
    try:
        code = langcodes.Language.get(tag).prefer_macrolanguage().to_alpha3(variant="B")
    except (ValueError, LookupError):  # no tag, or one without a code of three letters
        return ""
    return code if code in _BIBLIOGRAPHIC else ""


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
