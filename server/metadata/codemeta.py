"""CodeMeta's terms, each with the place it has in a record; shared by the readers of its entries and of its JSON."""

import re
from collections.abc import Callable, Iterable

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.elements import children, first, lang_of, local, text_at
from server.metadata.identifying import identify
from server.metadata.json_elements import local_name
from server.metadata.names import agent, agent_id, is_body, split
from server.metadata.rights import take_rights
from server.metadata.roles import CREATOR
from server.records.model import Affiliation, Agent, AgentId, Funding, Licence, Related, Subject, Text
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

SOFTWARE = "software.code"
#: schema.org's words for software, in lower case; other words are asked of the vocabulary.
TYPES = {
    "softwaresourcecode": SOFTWARE, "softwareapplication": SOFTWARE, "code": SOFTWARE, "webapplication": SOFTWARE,
    "mobileapplication": SOFTWARE, "videogame": SOFTWARE, "scholarlyarticle": "publication.journalArticle",
}  # fmt: skip
#: Words of CodeMeta 1, which tools still write.
SYNONYMS = {
    "title": "name", "authors": "author", "agents": "author", "tags": "keywords", "licenseId": "license",
    "relatedPublications": "referencePublication", "depends": "softwareRequirements", "creator": "author",
    "embargoEndDate": "embargoDate", "fundingIdentifier": "funding",
}  # fmt: skip
_RELATIONS = {
    "codeRepository": "IsDerivedFrom", "referencePublication": "IsDescribedBy", "citation": "References", "isPartOf": "IsPartOf",
    "hasPart": "HasPart", "relatedLink": "References", "sameAs": "IsIdenticalTo", "softwareRequirements": "Requires",
    "isBasedOn": "IsDerivedFrom", "supportingData": "IsSupplementedBy", "softwareHelp": "IsDocumentedBy",
    "isSourceCodeOf": "IsSourceOf", "targetProduct": "IsSourceOf", "hasSourceCode": "IsDerivedFrom", "review": "IsReviewedBy",
}  # fmt: skip
_FREE = {"true": "open", "false": "restricted"}
_DATES = {"datePublished": "issued", "dateCreated": "created", "dateModified": "updated", "embargoDate": "embargo_until"}
_SPDX_ADDRESS = re.compile(r"https?://(?:www\.)?spdx\.org/licenses/([\w.+-]+?)(?:\.html|\.json)?/?")
#: Names of licences as SPDX writes them; the list is long, these are what software is given out under.
_SPDX = re.compile(
    r"MIT(?:-0)?|ISC|Zlib|Unlicense|0BSD|Apache-[12]\.[01]|BSD-[1234]-Clause|[AL]?GPL-[123]\.[01](?:-only|-or-later|\+)?|"
    r"MPL-[12]\.[01]|EUPL-1\.[012]|EPL-[12]\.0|CECILL-[BC12.]+|Artistic-[12]\.0|BSL-1\.0|CC0-1\.0|CC-BY(?:-[A-Z]{2})*-[1-4]\.[05]"
)


def take_all(draft: Draft, elements: Iterable[etree._Element]) -> None:
    """Take up CodeMeta's elements; what has no place in a record (versions, platforms, languages of programs) is left over."""
    elements = list(elements)
    for element in elements:
        name = SYNONYMS.get(local(element), local(element))
        take = _TERMS.get(name)
        if take:
            take(draft, element)
        elif name in _RELATIONS:
            _relate(draft, element, _RELATIONS[name])
        elif name in _DATES:
            draft.set_date(_DATES[name], text_of(element), element)
        elif name not in {"funder", "funding", "id"}:
            draft.leave(element)
    _fund(draft, [node for node in elements if SYNONYMS.get(local(node), local(node)) in {"funder", "funding"}])


def _label(element: etree._Element) -> str:
    """Return how a thing is called: by its name, or by its text where it is nothing but that."""
    return text_at(element, "name") or ("" if any(True for _ in children(element)) else text_of(element))


def _addresses(element: etree._Element) -> list[str]:
    """Return by what a thing can be found: its identifiers and addresses, or its text."""
    named = [text_at(node, "value") or text_of(node) for node in children(element, "id", "identifier", "url", "sameAs")]
    return [text for text in (*named, "" if any(True for _ in children(element)) else text_of(element)) if text]


def _ids(element: etree._Element) -> list[AgentId]:
    return [found for text in _addresses(element) if (found := agent_id(text))]


def _agent_of(draft: Draft, element: etree._Element) -> Agent | None:
    kinds = {"organization": "org", "person": "person"}
    kind = kinds.get(local_name(text_at(element, "type")).lower(), "")
    places = [place for child in children(element, "affiliation") if (place := _affiliation(child))]
    ids = list(dict.fromkeys(_ids(element)))
    for child in children(element):
        known = {"name", "givenName", "familyName", "affiliation", "type", "id", "identifier", "url", "sameAs"}
        unread = local(child) in {"id", "identifier", "url"} and not agent_id(text_at(child, "value") or text_of(child))
        if unread or local(child) not in known:
            draft.leave(child)
    family, given = (" ".join(map(text_of, children(element, name))) for name in ("familyName", "givenName"))
    if (family or given) and kind != "org":
        return Agent(family=family or given, given=given if family else "", ids=tuple(ids), affiliations=tuple(places))
    name = _label(element)
    if kind != "org" and " " in name and not split(name)[1] and not is_body(name):
        draft.warn(element, f"“{name}” has no comma, so it was taken as one name, not as family and given name.")
    return agent(name, kind=kind, ids=ids, affiliations=places)


def _affiliation(element: etree._Element) -> Affiliation | None:
    ror = next((found.value for found in _ids(element) if found.scheme == "ror"), "")
    return Affiliation(name=_label(element) or ror, ror=ror) if _label(element) or ror else None


def _party(role: str) -> Take:
    def take(draft: Draft, element: etree._Element) -> None:
        if text_at(element, "type") == "Role":  # CodeMeta 3: when somebody had which part in the work
            draft.leave(element)
        else:
            draft.add_agent(element, _agent_of(draft, element), role)

    return take


def _name(draft: Draft, element: etree._Element) -> None:
    draft.set_title(element, text_of(element))


def _other_name(draft: Draft, element: etree._Element) -> None:
    draft.set_title(element, text_of(element), "alternative")


def _description(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.abstracts.append(Text(value=text_of(element), lang=lang_of(element)))


def _type(draft: Draft, element: etree._Element) -> None:
    word = local_name(text_of(element))
    draft.add_type(element, word, TYPES.get(word.lower(), ""))


def _keywords(draft: Draft, element: etree._Element) -> None:
    """Take subjects: one, several in one text, or a term of a vocabulary with its address."""
    address = next((text for text in _addresses(element) if text.startswith(("http://", "https://"))), "")
    label = _label(element) or address
    words = [label] if address else re.split("[;,]", label)
    for word in filter(None, map(str.strip, words)):
        draft.subjects.append(Subject(value=word, lang=lang_of(element), value_uri=address))


def _identifier(draft: Draft, element: etree._Element) -> None:
    for text in [text_at(element, "value")] if first(element, "value") is not None else _addresses(element):
        draft.add_identifier(element, text, local_name(text_at(element, "propertyID")))


def _publisher(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.publisher, "name", _label(element), element)
    draft.publisher_ids.extend(_ids(element))


def _licence(draft: Draft, element: etree._Element) -> None:
    """Take a licence: an address, the name SPDX gives it, or an object with name and address."""
    address = next((text for text in _addresses(element) if text.startswith(("http://", "https://"))), "")
    name = _label(element) if _label(element) != address else ""
    spdx = _SPDX_ADDRESS.fullmatch(address)
    if spdx or _SPDX.fullmatch(name):
        code = spdx[1] if spdx else name
        draft.add_licence(
            Licence(name="" if name == code else name, uri=address or f"https://spdx.org/licenses/{code}", spdx=code)
        )
    else:
        take_rights(draft, element, name or address, address if name else "")


def _language(draft: Draft, element: etree._Element) -> None:
    draft.add_language(element, text_at(element, "alternateName") or _label(element))


def _free(draft: Draft, element: etree._Element) -> None:
    access = _FREE.get(text_of(element).lower())
    if access:
        draft.restrict(access)
    else:
        draft.puzzle(element, text_of(element))


def _conditions(draft: Draft, element: etree._Element) -> None:
    take_rights(draft, element, text_of(element))


def _relate(draft: Draft, element: etree._Element, relation: str) -> None:
    """Take another work by its identifier; one that is only described in words has no field."""
    found = next((item for text in _addresses(element) if (item := identify(text)) and item[0] != "local"), None)
    if found:
        draft.related.append(Related(scheme=found[0], value=found[1], relation=relation))
    else:
        draft.leave(element, _label(element) or None)


def _fund(draft: Draft, elements: list[etree._Element]) -> None:
    """Join one funder with the grants told beside it; of several funders nobody knows which gave which."""
    funders = [node for node in elements if local(node) == "funder"]
    made = [_funding(node) for node in funders]
    only = made[0] if len(made) == 1 else Funding()
    for node in (node for node in elements if local(node) != "funder"):
        grant = _grant(node)
        giver = first(node, "funder")
        given = _funding(giver) if giver is not None else only
        made.append(
            Funding(
                funder_name=given.funder_name or (grant.funder_name if not funders else ""),
                funder_id=given.funder_id,
                funder_id_scheme=given.funder_id_scheme,
                award_no=grant.award_no,
                award_uri=grant.award_uri,
                award_title=grant.award_title or (grant.funder_name if funders or given.funder_name else ""),
            )
        )
    if len(funders) == 1 and len(made) > 1:
        made.pop(0)  # it stands with each of its grants
    draft.funding.extend(funding for funding in made if funding != Funding())


def _funding(element: etree._Element) -> Funding:
    ids = _addresses(element)
    ror = next((text for text in ids if "ror.org/" in text), "")
    fundref = next((text for text in ids if "10.13039/" in text), "")
    scheme = "ROR" if ror else "Crossref Funder ID" if fundref else ""
    return Funding(funder_name=_label(element), funder_id=ror or fundref, funder_id_scheme=scheme)


def _grant(element: etree._Element) -> Funding:
    """Read a grant: an object, a bare number, an address, or words, which name the funder more often than not."""
    address = next((text for text in _addresses(element) if text.startswith(("http://", "https://"))), "")
    if any(True for _ in children(element)):
        return Funding(award_title=text_at(element, "name"), award_no=text_at(element, "identifier"), award_uri=address)
    text = text_of(element)
    if address or (re.search("[0-9]", text) and " " not in text):
        return Funding(award_uri=address, award_no="" if address else text)
    return Funding(funder_name=text)


_TERMS: dict[str, Take] = {
    "name": _name, "alternateName": _other_name, "description": _description, "abstract": _description, "type": _type,
    "author": _party(CREATOR), "contributor": _party("Other"), "editor": _party("Editor"), "maintainer": _party("ContactPerson"),
    "copyrightHolder": _party("RightsHolder"), "producer": _party("Producer"), "sponsor": _party("Sponsor"),
    "translator": _party("Translator"), "sourceOrganization": _party("HostingInstitution"), "publisher": _publisher,
    "keywords": _keywords, "applicationCategory": _keywords, "about": _keywords, "identifier": _identifier, "url": _identifier,
    "license": _licence, "inLanguage": _language, "isAccessibleForFree": _free, "conditionsOfAccess": _conditions,
    "usageInfo": _conditions,
}  # fmt: skip
