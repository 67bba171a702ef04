"""What clients do otherwise than the protocol says, and is taken all the same: each is told, so that somebody can mend it.

Pure, and worked out from the kept request, so that it is the same whenever that is read.
"""

from collections.abc import Iterator, Mapping

from lxml import etree

from server.metadata.reading import Remark
from server.sword.headers import ALIASES, HEX_MD5, parameters_of

ATOM = "{http://www.w3.org/2005/Atom}"

#: Namespaces that stand for others: SWORD's own examples bind the first (§ 4.1), the second is Dublin Core without its version.
_ODD_NAMESPACES = {
    "http://purl.org/net/sword/": "http://purl.org/net/sword/terms/",
    "http://purl.org/dc/elements/": "http://purl.org/dc/elements/1.1/",
}

#: What RFC 4287 § 4.1.2 wants of every entry.
_WANTED = ("id", "title", "updated", "author")


def of_headers(headers: Mapping[str, str]) -> Iterator[Remark]:
    """Tell what is odd in the headers of a request, or of a part of one."""
    for name, spellings in ALIASES.items():
        right = spellings[0]
        used = next((spelling for spelling in spellings if headers.get(spelling)), right)
        if used != right and name != "token":
            yield _said("header", f"{used} was taken for {right}.", used, used)
    for name in ("in-progress", "metadata-relevant"):
        for spelling in ALIASES[name]:
            value = headers.get(spelling, "").strip()
            if value and value not in {"true", "false"}:
                yield _said("boolean", f"{spelling} says {value!r}; it is written true or false.", spelling, value)
    for spelling in ALIASES["content-md5"]:
        value = headers.get(spelling, "").strip()
        if value and not HEX_MD5.fullmatch(value):
            yield _said("md5", "The MD5 is in base64; SWORD 2.0 writes it in hexadecimal.", spelling, "base64")
    yield from _of_disposition(headers.get("Content-Disposition", "").strip())
    yield from _of_type(headers.get("Content-Type", "").strip())


def _of_disposition(value: str) -> Iterator[Remark]:
    place = "Content-Disposition"
    if value.startswith("=?"):
        yield _said("disposition", "The whole header is an encoded word of RFC 2047.", place, "encoded")
    disposition, parameters = parameters_of(value)
    if value and not disposition:
        yield _said("disposition", "The header does not begin with attachment.", place, "no type")
    elif disposition and disposition not in {"attachment", "form-data"}:
        yield _said("disposition", f"The header says {disposition[:40]!r} and not attachment.", place, disposition[:40])
    name = parameters.get("filename", "")
    if "/" in name or "\\" in name:
        yield _said("disposition", "The file name is a path; its last part was taken.", place, "path")


def _of_type(value: str) -> Iterator[Remark]:
    kind = value.partition(";")[0].strip()
    if kind and (kind.count("/") != 1 or not kind.replace("/", "").replace("-", "").replace("+", "").replace(".", "").isalnum()):
        yield _said("type", f"The content type {kind[:80]!r} is none.", "Content-Type", kind[:80])
    if kind.lower() == "multipart/form-data":
        yield _said("multipart", "The body is a form; SWORD 2.0 sends multipart/related.", "Content-Type", "form-data")


def of_entry(root: etree._Element) -> Iterator[Remark]:
    """Tell what is odd in an Atom entry."""
    if root.tag == f"{ATOM}entry":
        missing = [name for name in _WANTED if root.find(f"{ATOM}{name}") is None]
        if missing:
            told = ", ".join(missing)
            yield _said("entry", f"The Atom entry lacks what every entry has (RFC 4287): {told}.", "entry", told)
    else:
        name = etree.QName(root).localname
        yield _said("entry", f"The entry is no Atom entry but {name!r}; it was read as metadata.", "entry", name)
    used = {uri for element in root.iter() if isinstance(element.tag, str) for uri in element.nsmap.values()}
    for odd, right in _ODD_NAMESPACES.items():
        if odd in used:
            yield _said("namespace", f"The namespace {odd} stands for {right}.", "entry", odd)


def unsaid_name(name: str) -> Remark:
    """Tell that a file got a name of ours, as nothing names it."""
    return _said("disposition", f"No file name was sent; it was called {name!r}.", "Content-Disposition", "missing")


def sum_of_part() -> Remark:
    """Tell that the checksum of a request is that of its payload."""
    return _said("md5", "The checksum of the request is that of its payload, not of its body.", "Content-MD5", "payload")


def unsaid_encoding() -> Remark:
    """Tell that a part is in base64 without saying so."""
    return _said("multipart", "The entry is in base64, and no Content-Transfer-Encoding says so.", "entry", "base64")


def entry_type(kind: str) -> Remark:
    """Tell that metadata came as another type than Atom's."""
    return _said("type", f"Metadata came as {kind}, not as an Atom entry.", "Content-Type", kind)


def packaging(sent: str, iri: str) -> Remark:
    """Tell that a packaging was called by another of its names."""
    return _said("packaging", f"The packaging {sent} was taken for {iri}.", "Packaging", sent)


def _said(what: str, words: str, place: str, value: str) -> Remark:
    return Remark(words, code=f"quirk-{what}", place=place, value=value)
