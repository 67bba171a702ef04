"""Identifiers of researchers and of bodies: what they look like, how their registries write them, and their check characters."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

#: Crockford's base 32, in which ROR writes its numbers: no i, l, o and u.
_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of identifier: its name, its form within what people type, and how its registry writes it."""

    title: str
    form: re.Pattern[str]
    """Fits the bare value in upper case and without blanks; the named addresses before it are taken off first."""
    example: str
    written: str = "{}"
    """How a record holds it."""
    address: str = "{}"
    """Where it leads."""
    checked: Callable[[str], bool] | None = None


def _digit(mark: str) -> int:
    return 10 if mark == "X" else int(mark)


def iso7064(value: str) -> bool:
    """Whether sixteen characters end in the right check character (ISO 7064 MOD 11-2, as ORCID and ISNI use it)."""
    total = 0
    for mark in value[:-1]:
        total = (total + int(mark)) * 2
    return (12 - total % 11) % 11 == _digit(value[-1])


def _orcid(value: str) -> bool:
    return iso7064(value.replace("-", ""))


def is_ror(value: str) -> bool:
    """Whether a ROR id (0 and eight more, in lower case) has the right last two digits (ISO 7064 MOD 97-10)."""
    number = 0
    for mark in value[1:7]:
        number = number * 32 + _BASE32.index(mark)
    return 98 - number * 100 % 97 == int(value[7:])


SCHEMES: dict[str, Scheme] = {
    "orcid": Scheme(
        "ORCID iD", re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]"), "0000-0002-1825-0097",
        written="https://orcid.org/{}", address="https://orcid.org/{}", checked=_orcid,
    ),
    "isni": Scheme(
        "ISNI", re.compile(r"[0-9]{15}[0-9X]"), "0000 0001 2103 2683", address="https://isni.org/isni/{}", checked=iso7064,
    ),
    "gnd": Scheme(
        "GND", re.compile(r"1[0-9]{7,9}[0-9X]|[1-9][0-9]{0,7}-[0-9X]|[1-9][0-9]{6,8}[0-9X]"), "118580787",
        address="https://d-nb.info/gnd/{}",
    ),
    "scopus": Scheme(
        "Scopus Author ID", re.compile(r"[0-9]{10,11}"), "7004212771",
        address="https://www.scopus.com/authid/detail.uri?authorId={}",
    ),
    "researcherid": Scheme(
        "ResearcherID", re.compile(r"[A-Z]{1,3}-[0-9]{4}-(?:19|20)[0-9]{2}"), "A-1009-2008",
        address="https://www.webofscience.com/wos/author/record/{}",
    ),
    "viaf": Scheme("VIAF", re.compile(r"[1-9][0-9]{1,21}"), "22146475", address="https://viaf.org/viaf/{}"),
    "wikidata": Scheme("Wikidata", re.compile(r"Q[1-9][0-9]*"), "Q37970", address="https://www.wikidata.org/wiki/{}"),
}  # fmt: skip

_ROR = re.compile(r"(?:https?://)?(?:www\.)?(?:ror\.org/)?(0[a-hj-km-np-tv-z0-9]{6}[0-9]{2})/?")
_BEFORE = re.compile(
    r"(?:https?://)?(?:www\.)?(?:orcid\.org/|isni\.org/(?:isni/)?|d-nb\.info/gnd/|viaf\.org/viaf/|wikidata\.org/(?:wiki|entity)/|"
    r"(?:scopus\.com/authid/detail\.uri\?authorid=)|webofscience\.com/wos/author/record/|researcherid\.com/rid/)|"
    r"(?:orcid(?:id)?|isni|gnd|viaf|wikidata|researcherid|scopus):|\(de-588\)",
    re.IGNORECASE,
)


def bare(scheme: str, text: str) -> str:
    """Return an identifier without what stands around it, however it was typed.

    Raises ValueError, in words, for a scheme nobody knows and for what is none of it.
    """
    kind = SCHEMES.get(scheme)
    if kind is None:
        raise ValueError(f"scheme: must be one of {', '.join(SCHEMES)}")
    value = re.sub(r"[\s\u2010-\u2015]", lambda found: "-" if found[0].strip() else "", text)
    value = _BEFORE.sub("", value, count=1).rstrip("/").upper()
    if scheme == "orcid" and re.fullmatch(r"[0-9]{15}[0-9X]", value):
        value = "-".join(value[place : place + 4] for place in range(0, 16, 4))
    if scheme == "isni":
        value = value.replace("-", "")
    if not kind.form.fullmatch(value):
        article = "an" if kind.title[0] in "AEIO" else "a"
        raise ValueError(f"value: is not {article} {kind.title}; one looks like {kind.example}")
    if kind.checked is not None and not kind.checked(value):
        raise ValueError(f"value: has a wrong check character, so a digit of this {kind.title} is mistyped")
    return value


def written(scheme: str, text: str) -> str:
    """Return an identifier as its registry writes it and records hold it. Raises as `bare` does."""
    return SCHEMES[scheme].written.format(bare(scheme, text)) if scheme in SCHEMES else bare(scheme, text)


def ror(text: str) -> str:
    """Return a ROR id as `https://ror.org/…`; raises ValueError for what is none or is mistyped."""
    found = _ROR.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError("ror: is not a ROR id; one looks like https://ror.org/03yrm5c26")
    if not is_ror(found[1]):
        raise ValueError("ror: has wrong check digits, so a character of this ROR id is mistyped")
    return f"https://ror.org/{found[1]}"


def address(scheme: str, value: str) -> str:
    """Return where an identifier as records hold it leads; empty where it leads nowhere."""
    kind = SCHEMES.get(scheme)
    if kind is None:
        return ""
    return kind.address.format(value.rpartition("/")[2] if kind.written != "{}" else value)


@lru_cache(maxsize=65_536)
def known(scheme: str, value: str) -> str:
    """Return an identifier of a record as its registry writes it, or the text itself where it is not one of ours."""
    try:
        return written(scheme, value)
    except ValueError:
        return value
