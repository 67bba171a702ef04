"""Telling identifiers apart: which scheme a string belongs to and how the record writes its value."""

import re

#: Scheme, and what stands before and in its value. The first line that fits decides; the value is what the parentheses hold.
_FORMS = tuple(
    (scheme, re.compile(pattern, re.IGNORECASE))
    for scheme, pattern in (
        (
            "doi",
            r"(?:doi:\s*|info:doi/|urn:doi:|(?:https?://)?(?:www\.|dx\.)?doi\.org/(?:doi:)?)?(10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+)",
        ),
        ("handle", r"(?:hdl:\s*|handle:\s*|info:hdl/|(?:https?://)?hdl\.handle\.net/)([0-9]+(?:\.[\w-]+)*/\S+)"),
        ("isbn", r"(?:urn:isbn:|isbn(?:-1[03])?:?\s*)([0-9][0-9 -]{8,15}[0-9x])"),
        ("issn_print", r"(?:p-?issn:?\s*|issn \(print\):?\s*)([0-9]{4}-?[0-9]{3}[0-9x])"),
        ("issn_online", r"(?:e-?issn:?\s*|issn \(online\):?\s*)([0-9]{4}-?[0-9]{3}[0-9x])"),
        ("issn", r"(?:urn:issn:|l?-?issn:?\s*)([0-9]{4}-?[0-9]{3}[0-9x])"),
        ("urn", r"(?:https?://nbn-resolving\.(?:org|de)/(?:resolver\?identifier=)?)?(urn:[a-z0-9][a-z0-9-]+:\S+)"),
        (
            "pmid",
            r"(?:pmid:\s*|info:pmid/|https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/)([0-9]+)/?",
        ),
        ("pmcid", r"(?:pmcid:\s*|https?://(?:www\.)?ncbi\.nlm\.nih\.gov/pmc/articles/)?(PMC[0-9]+)/?"),
        ("arxiv", r"(?:arxiv:\s*|https?://arxiv\.org/abs/)([a-z.-]*/?[0-9]{4}[0-9.]+(?:v[0-9]+)?)"),
        ("ark", r"(?:https?://n2t\.net/)?(ark:/?[0-9]{5}\S+)"),
        ("swhid", r"(swh:1:\S+)"),
        ("oai", r"(oai:\S+:\S+)"),
        ("url", r"((?:https?|ftp)://\S+)"),
    )
)

#: Names of schemes as formats write them, in lower case without blanks, dashes and underscores.
_SCHEMES = {
    "doi": "doi", "hdl": "handle", "handle": "handle", "isbn": "isbn", "isbn10": "isbn", "isbn13": "isbn", "issn": "issn",
    "issnl": "issn", "lissn": "issn", "eissn": "issn_online", "issnonline": "issn_online", "pissn": "issn_print",
    "issnprint": "issn_print", "urn": "urn", "nbn": "urn", "urnnbn": "urn", "ctsurn": "urn", "uri": "url", "url": "url",
    "purl": "url", "w3id": "url", "pmid": "pmid", "pubmed": "pmid", "pmcid": "pmcid", "pmc": "pmcid", "arxiv": "arxiv",
    "ark": "ark", "swhid": "swhid", "oai": "oai", "wos": "wos", "oclc": "oclc", "lccn": "lccn", "bibcode": "bibcode",
    "ean13": "ean13", "rrid": "rrid", "raid": "raid", "igsn": "igsn", "lsid": "lsid", "istc": "istc", "upc": "upc",
    "cstr": "cstr", "local": "local",
}  # fmt: skip

#: Schemes whose values have a form; a value without it is not taken for one of theirs.
_STRICT = {"doi", "handle", "issn", "issn_print", "issn_online", "url", "urn"}
_BARE = {
    "handle": re.compile(r"[0-9]+(?:\.[\w-]+)*/\S+"),
    "issn": re.compile(r"[0-9]{4}-?[0-9]{3}[0-9xX]"),
    "issn_print": re.compile(r"[0-9]{4}-?[0-9]{3}[0-9xX]"),
    "issn_online": re.compile(r"[0-9]{4}-?[0-9]{3}[0-9xX]"),
}


def identify(text: str, named: str = "") -> tuple[str, str] | None:
    """Return the scheme and the bare value of an identifier, or None where the text is not one.

    `named` is what the sender calls the scheme; unknown names are kept, in lower case. ISSNs come as `issn`, or as
    `issn_print` and `issn_online` where the sender says so.
    """
    word = named.strip().lower()
    scheme = _SCHEMES.get(re.sub(r"[\s_-]", "", word), word.replace(" ", "-"))
    if scheme in _BARE and _BARE[scheme].fullmatch(text):
        return scheme, _with_hyphen(scheme, text)
    for known, form in _FORMS:
        found = form.fullmatch(text)
        if found and (not scheme or scheme in {known, "url", "local"} or known == "doi" or scheme.startswith(known)):
            return (scheme if scheme.startswith("issn") else known), _with_hyphen(known, found[1])
    if not scheme:
        return ("local", text) if text and " " not in text else None
    if scheme in _STRICT or not text:
        return None
    return scheme, text


def _with_hyphen(scheme: str, value: str) -> str:
    """Write an ISSN as its registry does: 2049-3630."""
    if scheme.startswith("issn"):
        value = value.replace("-", "").upper()
        return f"{value[:4]}-{value[4:]}"
    return value
