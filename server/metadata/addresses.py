"""How identifiers are written: bare as their registry has them, as an address, and as a URI that XML Schema accepts."""

import re
from urllib.parse import quote

#: Scheme of the record model → where its identifiers resolve.
RESOLVERS = {
    "doi": "https://doi.org/",
    "handle": "https://hdl.handle.net/",
    "orcid": "https://orcid.org/",
    "isni": "https://isni.org/isni/",
    "gnd": "https://d-nb.info/gnd/",
    "viaf": "https://viaf.org/viaf/",
    "wikidata": "https://www.wikidata.org/entity/",
    "ror": "https://ror.org/",
}

#: Where other identifiers of works resolve, and how those without a resolver are written as URNs.
_STEMS = {
    "doi": RESOLVERS["doi"],
    "handle": RESOLVERS["handle"],
    "hdl": RESOLVERS["handle"],
    "arxiv": "https://arxiv.org/abs/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/",
    "ark": "https://n2t.net/",
    "isbn": "urn:ISBN:",
    "issn": "urn:ISSN:",
    "issn_print": "urn:ISSN:",
    "issn_online": "urn:ISSN:",
    "url": "",
    "uri": "",
    "purl": "",
    "w3id": "",
    "urn": "",
}

#: What depositors write before an identifier, by scheme; the identifier itself begins behind it.
_BEFORE = {
    "doi": re.compile(r"(https?://(dx\.)?doi\.org/|doi:|info:doi/)\s*", re.IGNORECASE),
    "handle": re.compile(r"(https?://hdl\.handle\.net/|hdl:|info:hdl/)\s*", re.IGNORECASE),
    "orcid": re.compile(r"(https?://)?(www\.)?orcid\.org/", re.IGNORECASE),
    "isni": re.compile(r"(https?://)?(www\.)?isni\.org/(isni/)?", re.IGNORECASE),
    "gnd": re.compile(r"(https?://)?d-nb\.info/gnd/", re.IGNORECASE),
    "viaf": re.compile(r"(https?://)?(www\.)?viaf\.org/viaf/", re.IGNORECASE),
    "wikidata": re.compile(r"(https?://)?(www\.)?wikidata\.org/(entity|wiki)/", re.IGNORECASE),
    "ror": re.compile(r"(https?://)?(www\.)?ror\.org/", re.IGNORECASE),
    "arxiv": re.compile(r"(https?://arxiv\.org/abs/|arxiv:)\s*", re.IGNORECASE),
    "pmid": re.compile(r"(https?://pubmed\.ncbi\.nlm\.nih\.gov/|pmid:)\s*", re.IGNORECASE),
}

# RFC 3986 appendix A, without IP literals: what remains after quoting is made of these characters only.
_CHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_URI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*:"
    rf"(?://(?:{_CHAR}*@)?(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{{2}})*(?::\d{{0,5}})?(?:/{_CHAR}*)*"
    rf"|/?(?:{_CHAR}+(?:/{_CHAR}*)*)?)"
    rf"(?:\?(?:{_CHAR}|[/?])*)?(?:#(?:{_CHAR}|[/?])*)?"
)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def bare(scheme: str, value: str) -> str:
    """Return an identifier without the resolver or label depositors write before it."""
    value = value.strip()
    before = _BEFORE.get(scheme.lower())
    found = before.match(value) if before else None
    return value[found.end() :] if found else value


def link(scheme: str, value: str) -> str:
    """Return the address of an identifier, or the bare identifier where its scheme has no resolver."""
    known = scheme.lower()
    if known == "isni":  # written in groups of four, resolved without them
        value = value.replace(" ", "")
    resolver = RESOLVERS.get(known)
    return resolver + bare(known, value) if resolver else bare(known, value)


def uri(value: str) -> str:
    """Return an absolute URI (RFC 3986) with everything else percent-encoded, or an empty string where none can be made of it."""
    quoted = _STRAY_PERCENT.sub("%25", value.strip())
    try:
        quoted = quote(quoted, safe=":/?#@!$&'()*+,;=%~-._")
    except UnicodeEncodeError:  # a lone surrogate
        return ""
    return quoted if _URI.fullmatch(quoted) else ""


def uri_of(scheme: str, value: str) -> str:
    """Return the identifier of a work as a URI: where it resolves, else a URN; an empty string where it has none."""
    known = scheme.strip().lower()
    stem = _STEMS.get(known)
    value = bare("handle" if known == "hdl" else known, value)
    if stem is None or not value:
        return ""
    if not stem:
        return uri(value)
    try:  # what stands in a DOI or Handle is a name, not a path with a query: all but the slash is quoted
        return uri(stem + quote(value, safe="/:;()!*',@$&=+-._~"))
    except UnicodeEncodeError:  # a lone surrogate
        return ""
