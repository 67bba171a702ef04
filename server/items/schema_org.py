"""A work in the words of schema.org, as JSON-LD (crosswalk C.8). Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from markupsafe import Markup

from server.items import spoken
from server.items.csl import doi_of
from server.items.kinds import KINDS
from server.metadata.addresses import link, uri, uri_of
from server.metadata.languages import written
from server.metadata.work import Work
from server.records.model import Affiliation, Agent, Funding, Record, Subject
from server.records.vocabulary import ACCESS

#: DataCite contributorType → the property of schema.org for those who have that part; all others contributed.
_PARTS = {"Editor": "editor", "Translator": "translator", "Producer": "producer", "Sponsor": "sponsor"}
_SERIALS = frozenset({"Article", "ScholarlyArticle", "NewsArticle", "Review", "TechArticle"})


def json_ld(work: Work) -> dict[str, Any]:
    """Return the work as one node; what is not known is left out."""
    record = work.record
    kind = KINDS[record.type].schema
    doi = doi_of(work)
    node: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": kind if kind == "CreativeWork" else [kind, "CreativeWork"],
        "@id": link("doi", work.doi) if work.doi else work.landing_url,
        "url": work.landing_url,
        "mainEntityOfPage": work.landing_url,
        "identifier": list(_identifiers(work)),
        "name": f"{record.title.value}: {record.subtitle}" if record.subtitle else record.title.value,
        "headline": record.title.value if kind in _SERIALS else None,
        "alternateName": [title.value for title in record.alt_titles],
        "author": [_agent(agent) for agent in record.creators],
        "abstract": [_text(each.value, each.lang) for each in record.abstracts],
        "description": [each.value for each in record.abstracts][:1],
        "keywords": [_subject(subject) for subject in record.subjects],
        "inLanguage": [tag for tag in map(written, record.languages) if tag],
        "datePublished": record.dates.issued or record.thesis.date_awarded,
        "dateCreated": record.dates.created,
        "dateModified": work.modified or record.dates.updated,
        "version": record.version if record.version != "NA" else "",
        "license": [address for each in record.licences if (address := uri(each.uri))],
        "isAccessibleForFree": record.access == "open",
        "conditionsOfAccess": ACCESS[record.access].label,
        "publisher": _organisation(record.publisher.name),
        "provider": _organisation(work.repository_name),
        "sourceOrganization": _organisation(record.thesis.grantor, record.thesis.grantor_ror),
        "inSupportOf": record.thesis.degree_name if kind == "Thesis" else "",
        "isPartOf": _container(record, kind),
        "pagination": "-".join(filter(None, (record.container.first_page, record.container.last_page))),
        "sameAs": [link("doi", doi)] if doi and doi != work.doi else [],
        "citation": [address for each in record.related if (address := uri_of(each.scheme, each.value))],
        "funding": [_grant(fund) for fund in record.funding],
        "distribution" if kind == "Dataset" else "encoding": list(_files(work, kind)),
        "spatialCoverage": [place.name for place in record.geo if place.name],
        "temporalCoverage": list(record.temporal),
    }
    for role in dict.fromkeys(agent.role for agent in record.contributors):
        part = _PARTS.get(role, "contributor")
        node.setdefault(part, []).extend(_agent(agent) for agent in record.contributors if agent.role == role)
    return _said(node)


def in_page(work: Work) -> Markup:
    """Return the node as it can stand in a script element of a page: nothing in it ends one."""
    text = msgspec.json.encode(json_ld(work)).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 -- no mark-up is left in it


def _said(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node without what says nothing; False says something."""
    return {name: value for name, value in node.items() if value or value is False}


def _text(value: str, lang: str) -> str | dict[str, str]:
    tag = written(lang)
    return {"@value": value, "@language": tag} if tag else value


def _identifiers(work: Work) -> Iterator[dict[str, Any]]:
    named = [("doi", work.doi), ("handle", work.handle), ("oai", work.oai_id)]
    named += [(each.scheme, each.value) for each in work.record.identifiers]
    for scheme, value in dict.fromkeys(named):
        if value:
            address = link(scheme, value)
            found = {"@type": "PropertyValue", "propertyID": spoken.scheme(scheme), "value": value}
            yield _said(found | {"url": uri(address) if address.startswith("http") else ""})


def _agent(agent: Agent) -> dict[str, Any]:
    addresses = [uri(link(each.scheme, each.value)) for each in sorted(agent.ids, key=lambda each: each.scheme != "orcid")]
    known = [address for address in addresses if address.startswith("http")]
    node: dict[str, Any] = {
        "@type": "Person" if agent.kind == "person" else "Organization",
        "@id": known[0] if known else "",
        "name": f"{agent.given} {agent.family}".strip() if agent.kind == "person" and agent.family else agent.label,
        "givenName": agent.given if agent.kind == "person" else "",
        "familyName": agent.family if agent.kind == "person" else "",
        "sameAs": known[1:],
        "affiliation": [_affiliation(each) for each in agent.affiliations],
    }
    return _said(node)


def _affiliation(home: Affiliation) -> dict[str, str]:
    return {"@type": "Organization", "name": home.name} | ({"@id": uri(link("ror", home.ror))} if home.ror else {})


def _organisation(name: str, ror: str = "") -> dict[str, str] | None:
    return _affiliation(Affiliation(name=name, ror=ror)) if name else None


def _subject(subject: Subject) -> str | dict[str, Any]:
    if not (subject.scheme or subject.value_uri):
        return subject.value
    term = {"@type": "DefinedTerm", "name": subject.value, "termCode": subject.code}
    return _said(term | {"@id": uri(subject.value_uri), "inDefinedTermSet": uri(subject.scheme_uri) or subject.scheme})


def _container(record: Record, kind: str) -> dict[str, Any] | None:
    """Say where a work stands: issue in volume in journal, or the book."""
    place = record.container
    if not place.title:
        return None
    if kind not in _SERIALS or (place.isbn and not (place.issn_print or place.issn_online)):
        return _said(
            {
                "@type": "Book" if kind in {"Chapter", "ScholarlyArticle"} else "CreativeWork",
                "name": place.title,
                "isbn": place.isbn,
            }
        )
    issns = [issn for issn in dict.fromkeys((place.issn_print, place.issn_online)) if issn]
    node = _said({"@type": "Periodical", "name": place.title, "issn": issns})
    for kind_of, name, number in (
        ("PublicationVolume", "volumeNumber", place.volume),
        ("PublicationIssue", "issueNumber", place.issue),
    ):
        if number:
            node = {"@type": kind_of, name: number, "isPartOf": node}
    return node


def _grant(fund: Funding) -> dict[str, Any]:
    funder = _said({"@type": "Organization", "@id": uri(fund.funder_id), "name": fund.funder_name})
    grant = {"@type": "Grant", "identifier": fund.award_no, "name": fund.award_title, "url": uri(fund.award_uri)}
    return _said(grant | {"funder": funder if len(funder) > 1 else None})


def _files(work: Work, kind: str) -> Iterable[dict[str, Any]]:
    for file, address in zip(work.record.files, work.file_urls, strict=True):
        if address:
            yield _said({
                "@type": "DataDownload" if kind == "Dataset" else "MediaObject",
                "contentUrl": address,
                "name": file.name,
                "encodingFormat": file.mime,
                "contentSize": f"{file.bytes} B",
                "sha256": file.sha256,
            })  # fmt: skip
