"""The DataCite JSON of a work, from the same decisions as its DataCite XML (kernel 4.7). Pure."""

from typing import Any

from server.metadata import kernel
from server.metadata.formats.datacite import view
from server.metadata.kernel import DataciteView, Geo, Item, Name, Related
from server.metadata.work import Work


def datacite_json(work: Work) -> dict[str, Any]:
    """Return the work as DataCite's own JSON schema has it; what is not known is left out."""
    seen = view(work)
    doi = seen.identifier.value if seen.identifier.scheme == "DOI" else ""
    return _said({
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "doi": doi,
        "url": work.landing_url,
        "creators": [_agent(name) for name in seen.creators],
        "titles": [_said({"title": each.value, "titleType": each.kind, "lang": each.lang}) for each in seen.titles],
        "publisher": _publisher(seen),
        "publicationYear": seen.year,
        "types": {"resourceTypeGeneral": seen.general, "resourceType": seen.type},
        "subjects": [
            _said({
                "subject": each.value, "subjectScheme": each.scheme, "schemeUri": each.scheme_uri, "valueUri": each.value_uri,
                "classificationCode": each.code, "lang": each.lang,
            })
            for each in seen.subjects
        ],
        "contributors": [_agent(name) | {"contributorType": name.role} for name in seen.contributors],
        "dates": [
            _said({"date": each.value, "dateType": each.kind, "dateInformation": each.information}) for each in seen.dates
        ],
        "language": seen.language,
        "alternateIdentifiers": [
            {"alternateIdentifier": each.value, "alternateIdentifierType": each.scheme} for each in seen.alternates
        ],
        "relatedIdentifiers": [_related(each) for each in seen.related],
        "sizes": list(seen.sizes),
        "formats": list(seen.formats),
        "version": seen.version,
        "rightsList": [
            _said({"rights": each.text, "rightsUri": each.uri, "rightsIdentifier": each.spdx}
                  | ({"rightsIdentifierScheme": "SPDX"} if each.spdx else {}))
            for each in seen.rights
        ],
        "descriptions": [
            _said({"description": each.value, "descriptionType": each.kind, "lang": each.lang}) for each in seen.descriptions
        ],
        "geoLocations": [_place(each) for each in seen.geo],
        "fundingReferences": [
            _said({
                "funderName": each.name, "funderIdentifier": each.id and each.id.value,
                "funderIdentifierType": each.id and each.id.scheme, "awardNumber": each.award, "awardUri": each.award_uri,
                "awardTitle": each.award_title,
            })
            for each in seen.funding
        ],
        "relatedItems": [_item(each) for each in seen.items],
    })  # fmt: skip


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _agent(name: Name) -> dict[str, Any]:
    return _said({
        "name": name.name,
        "nameType": name.kind,
        "givenName": name.given,
        "familyName": name.family,
        "nameIdentifiers": [
            _said({"nameIdentifier": each.value, "nameIdentifierScheme": each.scheme, "schemeUri": each.uri}) for each in name.ids
        ],
        "affiliation": [
            _said({
                "name": each.name, "affiliationIdentifier": each.ror,
                "affiliationIdentifierScheme": each.ror and "ROR", "schemeUri": each.ror and kernel.NAME_SCHEMES["ror"].uri,
            })
            for each in name.affiliations
        ],
    })  # fmt: skip


def _publisher(seen: DataciteView) -> dict[str, Any]:
    known = seen.publisher_id
    if known is None:
        return {"name": seen.publisher.value}
    return _said({
        "name": seen.publisher.value, "publisherIdentifier": known.value, "publisherIdentifierScheme": known.scheme,
        "schemeUri": known.uri,
    })  # fmt: skip


def _related(other: Related) -> dict[str, Any]:
    return _said({
        "relatedIdentifier": other.value, "relatedIdentifierType": other.scheme, "relationType": other.relation,
        "relationTypeInformation": other.information, "resourceTypeGeneral": other.general,
    })  # fmt: skip


def _place(place: Geo) -> dict[str, Any]:
    point = {"pointLatitude": float(place.latitude), "pointLongitude": float(place.longitude)} if place.latitude else None
    return _said({"geoLocationPlace": place.name, "geoLocationPoint": point})


def _item(item: Item) -> dict[str, Any]:
    return _said({
        "relatedItemType": item.general,
        "relationType": item.relation,
        "relatedItemIdentifier": item.id and {
            "relatedItemIdentifier": item.id.value, "relatedItemIdentifierType": item.id.scheme,
        },
        "titles": [{"title": item.title}],
        "volume": item.volume,
        "issue": item.issue,
        "number": item.number,
        "numberType": item.number and "Article",
        "firstPage": item.first_page,
        "lastPage": item.last_page,
        "edition": item.edition,
    })  # fmt: skip
