"""The elements that describe a work in Crossref XML, each with the place it has in a record."""

from collections.abc import Callable, Iterator

from lxml import etree

from server.metadata.dates import date_of
from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, first, lang_of, local, text_at
from server.metadata.identifying import identify
from server.metadata.languages import language_of
from server.metadata.readers.crossref.people import institution_ids, take_contributors, take_party
from server.metadata.rights import spdx_of, take_free, take_rights
from server.records.model import Funding, Identifier, Licence, Related, Text, Title
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

DATES = ("publication_date", "posted_date", "acceptance_date", "approval_date", "creation_date", "review_date")

#: Crossref's names of relations that DataCite calls otherwise; most are the same but for the first letter.
_RELATIONS = {
    "isPreprintOf": "IsPreviousVersionOf", "hasPreprint": "IsNewVersionOf", "isManuscriptOf": "IsPreviousVersionOf",
    "hasManuscript": "IsNewVersionOf", "isReviewOf": "Reviews", "hasReview": "IsReviewedBy", "isCommentOn": "References",
    "hasComment": "IsReferencedBy", "isReplyTo": "References", "hasReply": "IsReferencedBy", "isBasedOn": "IsDerivedFrom",
    "isBasisFor": "IsSourceOf", "isSameAs": "IsIdenticalTo", "isIdenticalTo": "IsIdenticalTo", "isRelatedMaterial": "References",
    "hasRelatedMaterial": "References", "isDataBasisFor": "IsSourceOf", "basedOnData": "IsDerivedFrom",
    "isTranslationOf": "IsTranslationOf", "hasTranslation": "HasTranslation", "replaces": "Obsoletes",
    "isReplacedBy": "IsObsoletedBy", "isSupplementTo": "IsSupplementTo", "isSupplementedBy": "IsSupplementedBy",
    "isPartOf": "IsPartOf", "hasPart": "HasPart", "references": "References", "isReferencedBy": "IsReferencedBy",
    "isVersionOf": "IsVersionOf", "hasVersion": "HasVersion", "isVariantFormOf": "IsVariantFormOf",
    "isOriginalFormOf": "IsOriginalFormOf", "isDerivedFrom": "IsDerivedFrom", "hasDerivation": "IsSourceOf",
    "requires": "Requires", "isRequiredBy": "IsRequiredBy", "documents": "Documents", "isDocumentedBy": "IsDocumentedBy",
    "continues": "Continues", "isContinuedBy": "IsContinuedBy", "isCompiledBy": "IsCompiledBy", "compiles": "Compiles",
}  # fmt: skip
#: Whose licence a license_ref is: of the published version, the manuscript, or for machines that read it.
_VERSIONS = {"": 0, "vor": 0, "am": 1, "tdm": 2}


def _titles(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        text = text_of(child)
        if local(child) == "subtitle" and not draft.subtitle:
            draft.subtitle = text
        elif local(child) == "original_language_title" and text:
            lang = language_of(attribute(child, "language"))
            draft.alt_titles.append(Title(value=text, lang=lang, kind="translated"))
        elif local(child) == "title":
            draft.set_title(child, text, "alternative" if draft.title else "")
        else:
            draft.leave(child)


def _abstract(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.abstracts.append(Text(value=text_of(element), lang=lang_of(element)))


def take_pages(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.container, "first_page", text_at(element, "first_page"), element)
    draft.put(draft.container, "last_page", text_at(element, "last_page"), element)
    for child in children(element, "other_pages"):
        draft.leave(child)


def _publisher_item(draft: Draft, element: etree._Element) -> None:
    for child in children(element):
        kind = (attribute(child, "item_number_type") or attribute(child, "id_type")).lower().replace("_", "-")
        if local(child) == "item_number" and kind in {"article-number", "arnumber"}:
            draft.put(draft.container, "article_no", text_of(child), child)
        elif local(child) == "item_number" and kind != "report-number":
            draft.leave(child)
        elif text_of(child):
            draft.add_identifier(child, text_of(child), "local" if kind == "other" else kind)


def take_doi(draft: Draft, element: etree._Element) -> None:
    """Take the DOI; where it leads, the agency that registers it knows. An address alone is the work's own."""
    doi = text_at(element, "doi")
    if doi:
        draft.add_identifier(element, doi, "doi")
    elif text_at(element, "resource"):
        draft.add_identifier(element, text_at(element, "resource"), "url")
    for child in children(element, "collection"):
        for resource in (node for node in child.iter() if local(node) == "resource"):
            draft.leave(resource, text_of(resource))


def _isbn(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.add_identifier(element, text_of(element), "isbn")


def _institution(draft: Draft, element: etree._Element) -> None:
    """Take the institution of a thesis as the one that awards the degree, of any other work as who brings it out."""
    name, ids = text_at(element, "institution_name"), institution_ids(element)
    thesis = any("etd." in meaning for meaning in draft.meanings.values())
    if thesis:
        draft.put(draft.thesis, "grantor", name, element)
        draft.put(draft.thesis, "grantor_place", text_at(element, "institution_place"), element)
        draft.put(draft.thesis, "department", text_at(element, "institution_department"), element)
        draft.put(draft.thesis, "grantor_ror", next((found.value for found in ids if found.scheme == "ror"), ""), element)
    elif draft.publisher.setdefault("name", name) == name:
        draft.put(draft.publisher, "place", text_at(element, "institution_place"), element)
        draft.publisher_ids.extend(ids)
    else:
        draft.leave(element)
    for child in children(element, "institution_acronym", *(() if thesis else ("institution_department",))):
        draft.leave(child)


def take_publisher(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.publisher, "name", text_at(element, "publisher_name"), element)
    draft.put(draft.publisher, "place", text_at(element, "publisher_place"), element)


def _degree(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.thesis, "degree_name", text_of(element), element)


def _contract(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.funding.append(Funding(award_no=text_of(element)))


def take_edition(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.container, "edition", text_of(element), element)


def take_volume(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.container, "volume", text_of(element), element)


def _series(draft: Draft, element: etree._Element) -> None:
    """Take the series a book stands in: its title and ISSN; the DOI it may have is a work it is part of."""
    titles = first(element, "titles")
    draft.put(draft.container, "series", text_at(titles, "title") if titles is not None else "", element)
    for child in children(element):
        if local(child) == "issn":
            take_issn(draft, child)
        elif local(child) == "doi_data" and text_at(child, "doi"):
            draft.related.append(Related(scheme="doi", value=text_at(child, "doi"), relation="IsPartOf"))
        elif local(child) != "titles":
            draft.leave(child)


def take_issn(draft: Draft, element: etree._Element) -> None:
    media = {"electronic": "eissn", "print": "pissn"}.get(attribute(element, "media_type"), "issn")
    found = identify(text_of(element), media)
    if found:
        draft.add_issn(element, found)
    else:
        draft.leave(element)


def _dates(draft: Draft, element: etree._Element) -> None:
    """Take the dates of a data set."""
    names = {"creation_date": "created", "publication_date": "issued", "update_date": "updated"}
    for child in children(element):
        parts = [text_at(child, part) for part in ("year", "month", "day")]
        text = "-".join(part.zfill(2) for part in parts if part)
        if local(child) in names:
            draft.set_date(names[local(child)], text, child)
        else:
            draft.leave(child)


def _program(draft: Draft, element: etree._Element) -> None:
    """Take a program: who funded the work, who may read it, what it is related to."""
    for child in children(element):
        take = _PROGRAMS.get(local(child))
        if take:
            take(draft, child)
        else:
            draft.leave(child)
    _licences(draft, element)


def _licences(draft: Draft, element: etree._Element) -> None:
    """Take licences, that of the published version first; the record does not say which version a licence is for."""
    for child in sorted(children(element, "license_ref"), key=lambda node: _VERSIONS.get(attribute(node, "applies_to"), 3)):
        address, start = text_of(child), date_of(attribute(child, "start_date"))
        if address.startswith(("http://", "https://")):
            draft.add_licence(Licence(uri=address, spdx=spdx_of(address)[0], start_date=start))
        else:
            take_rights(draft, child, address)


def _assertion(draft: Draft, element: etree._Element) -> None:
    """Take a funder with its grants, told as assertions within assertions; a funder of several grants is told with each."""
    if attribute(element, "name") not in {"fundgroup", "funder_name", "award_number", "funding_identifier", "ror"}:
        draft.leave(element)
        return
    told: dict[str, list[str]] = {}
    for node in element.iter():
        if local(node) == "assertion" and (text := " ".join((node.text or "").split())):
            told.setdefault(attribute(node, "name"), []).append(text)
    funder_id = next(iter([*told.get("ror", []), *told.get("funder_identifier", [])]), "")
    scheme = "ROR" if "ror" in told else "Crossref Funder ID" if funder_id else ""
    if funder_id.isdigit():
        funder_id = f"https://doi.org/10.13039/{funder_id}"
    for award in [*told.get("award_number", []), *told.get("funding_identifier", [])] or [""]:
        name = next(iter(told.get("funder_name", [])), "")
        made = Funding(funder_name=name, funder_id=funder_id, funder_id_scheme=scheme, award_no=award)
        if made != Funding():
            draft.funding.append(made)


def _related_item(draft: Draft, element: etree._Element) -> None:
    for child in children(element, "inter_work_relation", "intra_work_relation"):
        found = identify(text_of(child), attribute(child, "identifier-type")) or identify(text_of(child))
        relation = _RELATIONS.get(attribute(child, "relationship-type"), "")
        if not found:
            draft.leave(child)
            continue
        if not relation:
            word = attribute(child, "relationship-type")
            draft.warn(child, f"the relationship-type “{word}” is not known; References was taken.", value=word)
        draft.related.append(Related(scheme=found[0], value=found[1], relation=relation or "References"))
    for child in children(element, "description"):
        draft.leave(child)


def _crossmark(draft: Draft, element: etree._Element) -> None:
    """Take from Crossmark what publishers put in its custom metadata: days of its history, funders and licences."""
    history = {"received": "submitted", "accepted": "accepted", "published": "issued"}
    for child in (node for group in children(element, "custom_metadata") for node in children(group)):
        name = history.get(attribute(child, "name").lower(), "")
        if local(child) == "program":
            _program(draft, child)
        elif name and date_of(text_of(child)):
            draft.dates.setdefault(name, date_of(text_of(child)))
        else:
            draft.leave(child)
    for update in (node for group in children(element, "updates") for node in children(group, "update")):
        draft.leave(update, f"{attribute(update, 'type')} {text_of(update)}")


def _citations(draft: Draft, element: etree._Element) -> None:
    """Take the cited works that have a DOI; of the others it is only said how many there are."""
    named = [text_at(citation, "doi") for citation in children(element, "citation")]
    for doi in filter(None, named):
        found = identify(doi, "doi")
        if found:
            draft.related.append(Related(scheme=found[0], value=found[1], relation="References"))
    if "" in named:
        draft.leave(element, f"{named.count('')} citations without a DOI")


def _components(draft: Draft, element: etree._Element) -> None:
    for component in children(element, "component"):
        doi = text_at(component, "doi_data", "doi")
        if doi:
            draft.related.append(Related(scheme="doi", value=doi, relation="HasPart"))
        else:
            draft.leave(component)


def _designators(draft: Draft, element: etree._Element) -> None:
    """Take the names of a standard: ISO 3166-1 and the like."""
    for node in _leaves(element):
        if text_of(node):
            draft.identifiers.append(Identifier(scheme="std-designation", value=text_of(node)))


def _leaves(element: etree._Element) -> Iterator[etree._Element]:
    yield from (node for node in element.iter() if isinstance(node.tag, str) and not len(node))


def _nothing(draft: Draft, element: etree._Element) -> None:
    """Pass over what says that there is no ISBN."""


FIELDS: dict[str, Take] = {
    "titles": _titles, "contributors": take_contributors, "person_name": take_party, "organization": take_party,
    "abstract": _abstract, "pages": take_pages, "publisher_item": _publisher_item, "doi_data": take_doi, "isbn": _isbn,
    "issn": take_issn, "institution": _institution, "publisher": take_publisher, "degree": _degree, "contract_number": _contract,
    "edition_number": take_edition, "volume": take_volume, "series_metadata": _series, "program": _program,
    "crossmark": _crossmark, "citation_list": _citations, "component_list": _components, "designators": _designators,
    "noisbn": _nothing, "database_date": _dates,
}  # fmt: skip
_PROGRAMS: dict[str, Take] = {
    "assertion": _assertion, "related_item": _related_item, "free_to_read": take_free, "license_ref": _nothing,
}  # fmt: skip
