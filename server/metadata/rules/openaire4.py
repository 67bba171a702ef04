"""What OpenAIRE's guidelines for literature repositories 4.0 demand of a record in oai_openaire.

Their schema is one unbounded choice, so that a record without a single mandatory property is valid. Here an error is what is
mandatory, or mandatory if applicable where the record itself shows that it applies; where nobody but the repository can tell
whether it applies, its absence is advice.
"""

import re
from collections.abc import Callable, Iterator

from lxml import etree

from server.metadata.kernel import UNKNOWN
from server.metadata.languages import language_of
from server.metadata.ruling import Facts, Fault, Rules, Weight
from server.metadata.types import COAR_ACCESS, COAR_TYPE
from server.records.vocabulary import ACCESS
from server.xml import text_of

_NS = {
    "oai": "http://www.openarchives.org/OAI/2.0/",
    "oaire": "http://namespace.openaire.eu/schema/oaire/",
    "datacite": "http://datacite.org/schema/kernel-4",
    "dc": "http://purl.org/dc/elements/1.1/",
}
_W3CDTF = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")
_GENERAL = frozenset({"literature", "dataset", "software", "other research product"})
_IDENTIFIERS = frozenset({"DOI", "URN", "PURL", "URL", "HANDLE", "ARK"})
_LEVELS = frozenset(COAR_ACCESS + term.coar for term in ACCESS.values())
_OPEN, _EMBARGOED = (COAR_ACCESS + ACCESS[code].coar for code in ("open", "embargoed"))


def check(record: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - nothing here depends on who says it
    """Yield the faults of a record, in the order of the application profile."""
    resource = record.find(".//oaire:resource", _NS)
    if resource is None:
        yield Fault("root", "metadata", "There is no oaire:resource. Give the record in the format oai_openaire.")
        return
    for rule in _RULES:
        yield from rule(resource)


def _texts(resource: etree._Element, path: str) -> list[str]:
    return [text_of(found) for found in resource.iterfind(path, _NS)]


def _access(resource: etree._Element) -> str:
    return next((found.get("rightsURI", "") for found in resource.iterfind("datacite:rights", _NS)), "")


def _title(resource: etree._Element) -> Iterator[Fault]:
    titles = _texts(resource, "datacite:titles/datacite:title")
    if not titles or any(title in {"", UNKNOWN} for title in titles):
        yield Fault("title", "datacite:titles", "Title (M): every record has a title that is not empty.")


def _creator(resource: etree._Element) -> Iterator[Fault]:
    names = _texts(resource, "datacite:creators/datacite:creator/datacite:creatorName")
    people = len(resource.findall("datacite:creators/datacite:creator", _NS))
    if not people or people != len(names) or any(name in {"", UNKNOWN} for name in names):
        yield Fault("creator", "datacite:creators", "Creator (M): name who made the work, a person or an organisation.")


def _contributor(resource: etree._Element) -> Iterator[Fault]:
    for contributor in resource.iterfind("datacite:contributors/datacite:contributor", _NS):
        if not contributor.get("contributorType") or not text_of(contributor.find("datacite:contributorName", _NS)):
            message = "Contributor (MA): each has a contributorName and a contributorType."
            yield Fault("contributor", "datacite:contributors", message)
            return


def _identified(resource: etree._Element) -> Iterator[Fault]:
    for name in resource.iterfind(".//datacite:nameIdentifier", _NS):
        if not name.get("nameIdentifierScheme") or not text_of(name):
            message = "A nameIdentifier says in nameIdentifierScheme which registry it is of, for example ORCID."
            yield Fault("name-identifier", "datacite:nameIdentifier", message)
            return


def _funding(resource: etree._Element) -> Iterator[Fault]:
    place = "oaire:fundingReferences/oaire:fundingReference"
    for grant in resource.iterfind(place, _NS):
        if text_of(grant.find("oaire:funderName", _NS)) in {"", UNKNOWN}:
            yield Fault("funding", place, "Funding Reference (MA): funderName is mandatory; name the funder of each grant.")
        if not text_of(grant.find("oaire:awardNumber", _NS)):
            message = "Funding Reference (MA): without awardNumber the work is not linked to its project."
            yield Fault("award", place, message, Weight.ADVICE)


def _identifiers(resource: etree._Element) -> Iterator[Fault]:
    for path, needed in (
        ("datacite:alternateIdentifiers/datacite:alternateIdentifier", ("alternateIdentifierType",)),
        ("datacite:relatedIdentifiers/datacite:relatedIdentifier", ("relatedIdentifierType", "relationType")),
    ):
        for found in resource.iterfind(path, _NS):
            if not text_of(found) or not all(found.get(attribute) for attribute in needed):
                yield Fault("identifiers", path, f"An identifier is not empty and says its {' and '.join(needed)}.")
                break


def _dated(resource: etree._Element, kind: str) -> list[str]:
    return _texts(resource, f"datacite:dates/datacite:date[@dateType='{kind}']")


def _date(resource: etree._Element) -> Iterator[Fault]:
    issued = _dated(resource, "Issued")
    if len(issued) != 1 or not _W3CDTF.fullmatch(issued[0]):
        message = "Publication Date (M): exactly one date of type Issued, as YYYY, YYYY-MM or YYYY-MM-DD."
        yield Fault("date", "datacite:dates", message)


def _embargo(resource: etree._Element) -> Iterator[Fault]:
    if _access(resource) == _EMBARGOED:
        dates = [_dated(resource, kind) for kind in ("Accepted", "Available")]
        if not all(len(found) == 1 and _W3CDTF.fullmatch(found[0]) for found in dates):
            message = "Embargo Period Date (MA): a work under embargo has the dates Accepted (start) and Available (end)."
            yield Fault("embargo", "datacite:dates", message)


def _language(resource: etree._Element) -> Iterator[Fault]:
    languages = _texts(resource, "dc:language")
    if any(not language_of(language.partition("/")[0]) for language in languages):
        yield Fault("language-code", "dc:language", "Language (MA): use a code of ISO 639 or a tag of BCP 47.")
    general = resource.find("oaire:resourceType[@resourceTypeGeneral='literature']", _NS)
    if not languages and general is not None:
        yield Fault("language", "dc:language", "Language (MA): say the language of a text.", Weight.ADVICE)


def _type(resource: etree._Element) -> Iterator[Fault]:
    kinds = resource.findall("oaire:resourceType", _NS)
    if (
        len(kinds) != 1
        or not text_of(kinds[0])
        or kinds[0].get("resourceTypeGeneral") not in _GENERAL
        or not kinds[0].get("uri", "").startswith(COAR_TYPE)
    ):
        message = "Resource Type (M): exactly one, with a label, its resourceTypeGeneral and the URI of a COAR resource type."
        yield Fault("type", "oaire:resourceType", message)


def _identifier(resource: etree._Element) -> Iterator[Fault]:
    found = resource.findall("datacite:identifier", _NS)
    if len(found) != 1 or found[0].get("identifierType") not in _IDENTIFIERS or not _ADDRESS.fullmatch(text_of(found[0])):
        message = "Resource Identifier (M): exactly one, an http(s) address, with its identifierType."
        yield Fault("identifier", "datacite:identifier", message)


def _rights(resource: etree._Element) -> Iterator[Fault]:
    found = resource.findall("datacite:rights", _NS)
    if len(found) != 1 or not text_of(found[0]) or found[0].get("rightsURI") not in _LEVELS:
        message = "Access Rights (M): exactly one datacite:rights, its rightsURI one of the four COAR access rights."
        yield Fault("access", "datacite:rights", message)


def _file(resource: etree._Element) -> Iterator[Fault]:
    files = _texts(resource, "oaire:file")
    if any(not _ADDRESS.fullmatch(address) for address in files):
        yield Fault("file-address", "oaire:file", "File Location (MA): the http(s) address of the file itself.")
    if not files and _access(resource) in {_OPEN, _EMBARGOED}:
        message = "File Location (MA): the work says it is open (or will be) but names no file."
        yield Fault("file", "oaire:file", message, Weight.ADVICE)


def _licence(resource: etree._Element) -> Iterator[Fault]:
    if _access(resource) == _OPEN and resource.find("oaire:licenseCondition", _NS) is None:
        message = "License Condition (R): without a licence an open work may be read but not used."
        yield Fault("licence", "oaire:licenseCondition", message, Weight.ADVICE)


def _described(name: str, path: str, title: str) -> Callable[[etree._Element], Iterator[Fault]]:
    def rule(resource: etree._Element) -> Iterator[Fault]:
        if not any(_texts(resource, path)):
            yield Fault(name, path, f"{title} (MA): give it where there is one.", Weight.ADVICE)

    return rule


#: In the order of the application profile.
_RULES: tuple[Callable[[etree._Element], Iterator[Fault]], ...] = (
    _title,
    _creator,
    _contributor,
    _identified,
    _funding,
    _identifiers,
    _embargo,
    _language,
    _described("publisher", "dc:publisher", "Publisher"),
    _date,
    _type,
    _described("description", "dc:description", "Description"),
    _identifier,
    _rights,
    _described("subject", "datacite:subjects/datacite:subject", "Subject"),
    _licence,
    _file,
)

PLUGIN = Rules(
    name="openaire4",
    title="OpenAIRE, literature repositories 4.0",
    source="https://openaire-guidelines-for-literature-repository-managers.readthedocs.io/en/4.0.1/",
    formats=frozenset({"oai_openaire"}),
    check=check,
)
