"""What the Rioxx 3.0 profile demands of a record: by the document of the profile, not by its XML Schema, which contradicts it.

The software that writes Rioxx binds `rioxx` to its namespace or to none, and `rioxxterms` to that of the examples or to that of
the schema. Nobody has said which one CORE reads, so either is taken.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from lxml import etree

from server.metadata.formats.rioxx import MARKUP
from server.metadata.languages import iso639_3, language_of
from server.metadata.ruling import Facts, Fault, Rules, Weight
from server.metadata.types import COAR_ACCESS, COAR_TYPE, COAR_VERSION
from server.xml import text_of

_ROOTS = ("{http://www.rioxx.net/schema/v3.0/rioxx/}rioxx", "rioxx", "{http://www.openarchives.org/OAI/2.0/}rioxx")
_TERMS = ("{http://docs.rioxx.net/schema/v3.0/rioxxterms/}", "{http://www.rioxx.net/schema/v3.0/rioxxterms/}")
_SPACES = {"dc": ("{http://purl.org/dc/elements/1.1/}",), "dcterms": ("{http://purl.org/dc/terms/}",), "rioxxterms": _TERMS}
_W3CDTF = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T\d\d:\d\d\S*)?)?)?", re.ASCII)
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")
#: Resolvers of names a repository gives out itself: as cite-as they lead back to it.
_RESOLVERS = frozenset({"doi.org", "dx.doi.org", "hdl.handle.net", "n2t.net", "nbn-resolving.org"})


def check(record: etree._Element, facts: Facts) -> Iterator[Fault]:
    """Yield the faults of a record, in the order of the profile."""
    root = next((found for tag in _ROOTS for found in record.iter(tag)), None)
    if root is None:
        yield Fault("root", "metadata", "There is no rioxx element of version 3. Give the record in the format rioxx.")
        return
    for rule in _RULES:
        yield from rule(root, facts)


def _all(parent: etree._Element, name: str) -> list[etree._Element]:
    """Return the children of a qualified name in any namespace its prefix may stand for."""
    prefix, _, local = name.partition(":")
    return [child for child in parent if child.tag in {space + local for space in _SPACES[prefix]}]


def _coar(value: str, stem: str) -> bool:
    """Whether a value is a concept of a COAR vocabulary; http and https name the same one."""
    return value.replace("https://", "http://", 1).startswith(stem) and len(value.rstrip("/")) > len(stem)


def _once(name: str, rule: str, what: str) -> Callable[[etree._Element, Facts], Iterator[Fault]]:
    def found(root: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the shape of a rule
        values = _all(root, name)
        if len(values) != 1 or not text_of(values[0]):
            yield Fault(rule, name, f"{name}: exactly one, {what}.")

    return found


def _identifier(root: etree._Element, facts: Facts) -> Iterator[Fault]:
    found = [text_of(value) for value in _all(root, "dc:identifier")]
    if len(found) != 1 or not _ADDRESS.fullmatch(found[0]):
        yield Fault("identifier", "dc:identifier", "dc:identifier: exactly one, the http(s) address of the landing page.")
    elif _host(found[0]) != _host(facts.url):
        message = "dc:identifier: the address of the landing page itself, which is with this repository, without a redirect."
        yield Fault("landing-page", "dc:identifier", message, Weight.ADVICE)


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _language(root: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the shape of a rule
    found = [text_of(value) for value in _all(root, "dc:language")]
    if not found or any(not iso639_3(language_of(code)) for code in found):
        yield Fault("language", "dc:language", "dc:language: at least one, each a code of ISO 639.")


def _type(root: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the shape of a rule
    found = [text_of(value) for value in _all(root, "dc:type")]
    if not found or any(not _coar(value, COAR_TYPE) for value in found):
        yield Fault("type", "dc:type", "dc:type: at least one, each the URI of a COAR resource type.")


def _parties(root: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the shape of a rule
    creators = _all(root, "rioxxterms:creator")
    if not creators:
        yield Fault("creator", "rioxxterms:creator", "rioxxterms:creator: at least one person or organisation.")
    elif not any(creator.get("first-named-author") == "true" for creator in creators):
        message = 'rioxxterms:creator: mark the first with first-named-author="true".'
        yield Fault("first-named-author", "rioxxterms:creator", message, Weight.ADVICE)
    for name in ("rioxxterms:creator", "rioxxterms:contributor", "rioxxterms:publisher"):
        for party in _all(root, name):
            if not any(text_of(label) for label in _all(party, "rioxxterms:name")):
                yield Fault("name", name, f"{name}: the name stands in rioxxterms:name.")
            if any(not text_of(value).startswith("https://") for value in _all(party, "rioxxterms:id")):
                yield Fault("id", name, f"{name}: each rioxxterms:id is an https address, such as https://orcid.org/….")


def _relation(root: etree._Element, facts: Facts) -> Iterator[Fault]:
    own = _host(facts.url)
    for relation in _all(root, "dc:relation"):
        address, rel = text_of(relation), relation.get("rel", "")
        hosts = {own, *(_RESOLVERS if rel == "cite-as" else ())} - {""}
        if not _ADDRESS.fullmatch(address) or _host(address) not in hosts:
            message = "dc:relation: only addresses of this repository; what is elsewhere is a rioxxterms:ext_relation."
            yield Fault("relation", "dc:relation", message)
        if not rel:
            message = 'dc:relation: say rel="item" for a file and rel="cite-as" for a persistent identifier.'
            yield Fault("rel", "dc:relation", message, Weight.ADVICE)
        yield from _attributes(relation)


def _attributes(relation: etree._Element) -> Iterator[Fault]:
    """Judge what describes a relation: COAR URIs, dates and addresses where they stand."""
    for name, stem in (("coar_type", COAR_TYPE), ("coar_version", COAR_VERSION), ("access_rights", COAR_ACCESS)):
        if name in relation.attrib and not _coar(relation.get(name, ""), stem):
            yield Fault(name.replace("_", "-"), f"dc:relation/@{name}", f"{name}: the URI of a concept, {stem}….")
    for name in ("deposit_date", "resource_exposed_date"):
        if name in relation.attrib and not _W3CDTF.fullmatch(relation.get(name, "")):
            yield Fault("file-date", f"dc:relation/@{name}", f"{name}: a date as YYYY-MM-DD.")
    if "license_ref" in relation.attrib and not _ADDRESS.fullmatch(relation.get("license_ref", "")):
        yield Fault("licence", "dc:relation/@license_ref", "license_ref: the http(s) address of the licence.")


def _external(root: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the shape of a rule
    for relation in _all(root, "rioxxterms:ext_relation"):
        if not relation.get("rel") or not _coar(relation.get("coar_type", ""), COAR_TYPE) or not text_of(relation):
            message = "rioxxterms:ext_relation: an identifier, with rel and the coar_type of what it names."
            yield Fault("ext-relation", "rioxxterms:ext_relation", message)


def _grant(root: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the shape of a rule
    for grant in _all(root, "rioxxterms:grant"):
        funder = grant.get("funder_id", "")
        if not text_of(grant) or not (grant.get("funder_name") or funder) or (funder and not _ADDRESS.fullmatch(funder)):
            message = "rioxxterms:grant: the number of the grant, with funder_name, or funder_id as an http(s) address."
            yield Fault("grant", "rioxxterms:grant", message)


def _dates(root: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the shape of a rule
    for name in ("dcterms:dateAccepted", "rioxxterms:publication_date", "rioxxterms:record_public_release_date"):
        found = [text_of(value) for value in _all(root, name)]
        if len(found) > 1 or any(not _W3CDTF.fullmatch(value) for value in found):
            yield Fault("date", name, f"{name}: at most one, as YYYY-MM-DD.")


def _source(root: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the shape of a rule
    if len(_all(root, "dc:source")) > 1:
        yield Fault("source", "dc:source", "dc:source: at most one, the ISSN or ISBN of what the work is part of.")


def _description(root: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the shape of a rule
    if any(MARKUP.search(text_of(value)) for value in _all(root, "dc:description")):
        yield Fault("markup", "dc:description", "dc:description: plain text, without HTML.", Weight.ADVICE)


#: In the order of the profile.
_RULES: tuple[Callable[[etree._Element, Facts], Iterator[Fault]], ...] = (
    _description,
    _identifier,
    _language,
    _relation,
    _source,
    _once("dc:title", "title", "title and subtitle as `Title: Subtitle`"),
    _type,
    _parties,
    _external,
    _grant,
    _dates,
)

PLUGIN = Rules(
    name="rioxx",
    title="Rioxx 3.0 (CORE)",
    source="https://www.rioxx.net/profiles/",
    formats=frozenset({"rioxx"}),
    check=check,
)
