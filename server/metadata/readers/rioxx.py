"""Reads RIOXX 2 and 3, and the two extensions by which a delivery service sends RIOXX to EPrints and DSpace."""

import re
from collections.abc import Callable

from lxml import etree

from server.metadata.atom import ATOM, RIOXX, carries, fall_back
from server.metadata.draft import Draft
from server.metadata.dublin_core import NAMESPACES, take_all
from server.metadata.elements import attribute, children, local, namespace, text_at
from server.metadata.identifying import identify
from server.metadata.kinds import choose_type
from server.metadata.names import agent, agent_id, is_body, split, unpacked
from server.metadata.packed import day, funding_of, made_funding, take_citation, take_history, take_note
from server.metadata.reading import Reader, Reading
from server.metadata.rights import spdx_of, take_access, take_free, take_rights
from server.metadata.roles import CREATOR, role_of
from server.records.model import Agent, AgentId, Funding, Licence, Related
from server.records.vocabulary import VERSIONS, find_term
from server.xml import text_of

Take = Callable[[Draft, etree._Element], None]  # noqa: SLF001 - the name lxml gives its elements

#: RIOXX 2's list of types, and the words of Crossref's list that come with it.
_TYPES = {
    "journal article/review": "publication.journalArticle", "conference paper/proceeding/abstract": "conference.conferencePaper",
    "book edited": "publication.editedBook", "manual/guide": "publication.technicalDocumentation",
    "policy briefing report": "publication.report", "consultancy report": "publication.report",
    "technical standard": "publication.technicalDocumentation", "article-preprint": "postedContent.preprint",
    "posted-content": "postedContent.preprint", "proceedings-article": "conference.conferencePaper",
    "proceedings": "conference.conferencePaper", "edited-book": "publication.editedBook",
    "reference-entry": "publication.encyclopediaEntry", "report-series": "publication.report", "review-article":
    "publication.journalArticle", "peer-review": "review", "monograph": "publication.book",
}  # fmt: skip
_CONTAINER = {"start_page": "first_page", "end_page": "last_page", "article_number": "article_no", "e_location": "article_no"}
_PACKED = re.compile(r"(?:From .+ via .+|(?:History|Acknowledgements|Article version|Peer reviewed|Embargo end date): .+)")


def recognises(root: etree._Element) -> bool:
    """Know RIOXX by its root, or an entry (of Atom or of no namespace) by RIOXX's own elements in it."""
    if local(root) == "rioxx":
        return True
    return local(root) == "entry" and carries(root, RIOXX)


def read(root: etree._Element) -> Reading:
    """Take the types first, as relations are told apart by them, and last what only repeats the rest in other words."""
    draft = Draft(root, title_element="dc:title")
    core, late = [], []
    # Crossref's words, which come in Dublin Core, tell more apart than RIOXX' own.
    for element in sorted(children(root, "type"), key=lambda element: namespace(element) not in NAMESPACES):
        _type(draft, element)
    for element in (element for element in children(root) if local(element) != "type" and namespace(element) != ATOM):
        if _is_remark(element):
            late.append(element)
        elif namespace(element) in NAMESPACES and not _is_special(element):
            core.append(element)
        else:
            _OWN_ELEMENTS.get(local(element), Draft.leave)(draft, element)
    take_all(draft, core)
    for element in late:
        _REMARKS[local(element)](draft, element)
    if namespace(root) == ATOM:
        fall_back(draft, root)
    return draft.reading()


def _is_remark(element: etree._Element) -> bool:
    told = local(element) != "description" or bool(_PACKED.fullmatch(text_of(element)))
    return local(element) in _REMARKS and told


def _is_special(element: etree._Element) -> bool:
    """Whether a Dublin Core element means something only RIOXX or its senders make of it."""
    name = local(element)
    issn = name == "source" and identify(text_of(element), "issn") is not None
    return issn or name == "bibliographicCitation" or (name == "relation" and bool(attribute(element, "rel")))


def _type(draft: Draft, element: etree._Element) -> None:
    for word in filter(None, (attribute(element, "uri"), text_of(element))):
        draft.add_type(element, word, _TYPES.get(word.lower(), ""))


def _agent_of(draft: Draft, element: etree._Element) -> Agent | None:
    """Make a person or body of a name in the text, in an element of its own, or in its parts."""
    named = next(children(element, "name", "creator", "org_name"), element)
    name, packed, rest = unpacked(text_of(named) if named is not element or not _is_parted(element) else "")
    ids = [*packed, *_ids(draft, element)]
    for part in rest:
        draft.leave(element, part)
    for child in children(element, "email", "suffix"):
        draft.leave(child)
    for told in filter(None, (attribute(element, "email"),)):
        draft.leave(element, told)
    family, given = text_at(element, "surname"), text_at(element, "firstnames")
    if family or given:
        return Agent(family=family or given, given=given if family else "", ids=tuple(dict.fromkeys(ids)))
    body = local(named) == "org_name"
    if " " in name and not body and not split(name)[1] and not is_body(name):
        draft.warn(element, f"“{name}” has no comma, so it was taken as one name, not as family and given name.")
    return agent(name, kind="org" if body else "", ids=ids)


def _is_parted(element: etree._Element) -> bool:
    return any(True for _ in children(element))


def _ids(draft: Draft, element: etree._Element) -> list[AgentId]:
    told = [(text_of(child), attribute(child, "type"), child) for child in children(element, "id", "identifier")]
    told.append((attribute(element, "id"), "orcid", element))
    found = []
    for value, scheme, place in told:
        known = agent_id(value) or agent_id(value, scheme)
        if known:
            found.append(known)
        elif value:
            draft.leave(place, f"{scheme} {value}".strip())
    return found


def _creator(draft: Draft, element: etree._Element) -> None:
    draft.add_agent(element, _agent_of(draft, element), CREATOR)


def _contributor(draft: Draft, element: etree._Element) -> None:
    """Take a contributor, whose role is an element, an attribute, or stands before the name: `editor: Noether, Emmy`."""
    word = text_at(element, "type") or attribute(element, "role") or attribute(element, "type")
    prefix, colon, name = text_of(element).partition(": ")
    if colon and not word and role_of(prefix) and not _is_parted(element):
        word, element.text = prefix, name
    made = _agent_of(draft, element)
    if made and word and not role_of(word):
        draft.warn(element, f"the role “{word}” is not known; “{made.label}” has the role Other.")
    draft.add_agent(element, made, role_of(word) or "Other")


def _publisher(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.publisher, "name", text_at(element, "name") or text_of(element), element)
    draft.publisher_ids.extend(_ids(draft, element))


def _version(draft: Draft, element: etree._Element) -> None:
    found = find_term(VERSIONS, text_of(element))
    if found:
        draft.version = draft.version or found
    else:
        draft.leave(element)


def _identifier(draft: Draft, element: etree._Element) -> None:
    if text_of(element):
        draft.add_identifier(element, text_of(element), attribute(element, "type"))


def _dated(name: str) -> Take:
    def take(draft: Draft, element: etree._Element) -> None:
        draft.set_date(name, text_of(element), element)

    return take


def _project(draft: Draft, element: etree._Element) -> None:
    """Take a grant with its funder, or the address of a project, which RIOXX 3 puts in the same place."""
    made = made_funding(attribute(element, "funder_name"), attribute(element, "funder_id"), text_of(element))
    if made and made.award_no.startswith(("http://", "https://")):
        made = Funding(
            funder_name=made.funder_name,
            funder_id=made.funder_id,
            funder_id_scheme=made.funder_id_scheme,
            award_uri=made.award_no,
        )
    if made:
        draft.funding.append(made)
    if attribute(element, "funder_id") and not (made and made.funder_id):
        draft.leave(element, attribute(element, "funder_id"))


def _sponsorship(draft: Draft, element: etree._Element) -> None:
    """Take a funder in words unless it has been told as a project."""
    made = funding_of(text_of(element))
    if made and made.funder_name not in {known.funder_name for known in draft.funding}:
        draft.funding.append(made)


def _licence(draft: Draft, element: etree._Element) -> None:
    address, name = attribute(element, "url") or text_of(element), text_of(element) if attribute(element, "url") else ""
    start = day(attribute(element, "start_date"))
    if start and address.startswith(("http://", "https://")):
        draft.add_licence(Licence(name=name, uri=address, spdx=spdx_of(address)[0], start_date=start))
    else:
        take_rights(draft, element, name or address, address if name else "")


def _embargo(draft: Draft, element: etree._Element) -> None:
    end = attribute(element, "end_date") or text_of(element)
    draft.embargo(element, day(end) or end)


def _journal(draft: Draft, element: etree._Element) -> None:
    if namespace(element) in NAMESPACES:
        _source(draft, element)
        return
    draft.put(draft.container, "title", text_of(element), element)
    for name in ("volume", "issue"):
        draft.put(draft.container, name, attribute(element, name), element)


def _source(draft: Draft, element: etree._Element) -> None:
    """Take the ISSN, ISBN or DOI of the journal or book the work stands in."""
    found = identify(text_of(element), attribute(element, "type") or "issn")
    if found is None:
        draft.leave(element)
    elif found[0].startswith("issn"):
        draft.add_issn(element, found)
    elif found[0] == "isbn":
        draft.put(draft.container, "isbn", found[1], element)
    else:
        draft.related.append(Related(scheme=found[0], value=found[1], relation="IsPartOf"))


def _in_container(draft: Draft, element: etree._Element) -> None:
    draft.put(draft.container, _CONTAINER[local(element)], text_of(element), element)


def _page_range(draft: Draft, element: etree._Element) -> None:
    """Take pages told as a range only; where they are told apart too, the range says the same again."""
    if "first_page" not in draft.container:
        start, _, end = text_of(element).partition("-")
        draft.put(draft.container, "first_page", start.strip(), element)
        draft.put(draft.container, "last_page", end.strip(" -"), element)


def _history(draft: Draft, element: etree._Element) -> None:
    take_history(draft, element, attribute(element, "type"), text_of(element))


def _note(draft: Draft, element: etree._Element) -> None:
    take_note(draft, element, text_of(element))


def _citation(draft: Draft, element: etree._Element) -> None:
    take_citation(draft, element, text_of(element))


def _relation(draft: Draft, element: etree._Element) -> None:
    """Take what RIOXX 3 says of a file in the sender's custody (version, access, licence), or the work's own name."""
    text = text_of(element)
    if attribute(element, "rel") == "cite-as":
        draft.add_identifier(element, text)
        return
    draft.leave(element, text or None)
    if attribute(element, "coar_type") and not draft.types:
        draft.add_type(element, attribute(element, "coar_type"))
    draft.version = draft.version or find_term(VERSIONS, attribute(element, "coar_version")) or ""
    for name in ("access_rights", "access_rights_", "license_ref"):
        if attribute(element, name):
            take = take_rights if name == "license_ref" else take_access
            take(draft, element, "", attribute(element, name))
    if draft.access == "embargoed" and attribute(element, "resource_exposed_date"):
        draft.set_date("embargo_until", attribute(element, "resource_exposed_date"), element)


def _external(draft: Draft, element: etree._Element) -> None:
    """Take a work elsewhere: of the same type, it is this one as its publisher names it; of another, it is related."""
    own = choose_type([draft.meanings.get(word, word) for _, word in draft.types])
    code = choose_type([word]) if (word := attribute(element, "coar_type")) else None
    found = identify(text_of(element))
    if found and code == own and attribute(element, "rel") == "cite-as":
        draft.add_identifier(element, text_of(element))
    elif found and found[0] != "local":
        draft.related.append(Related(scheme=found[0], value=found[1], relation="References", type_code=code or ""))
    else:
        draft.leave(element)


_OWN_ELEMENTS: dict[str, Take] = {
    "author": _creator, "creator": _creator, "contributor": _contributor, "publisher": _publisher, "version": _version,
    "version_of_record": _identifier, "identifier": _identifier, "publication_date": _dated("issued"), "project": _project,
    "grant": _project, "license_ref": _licence, "license": _licence, "free_to_read": take_free,
    "embargo": _embargo, "embargo_date": _embargo, "source": _journal, "source_id": _source,
    "relation": _relation, "resource": _relation, "ext_relation": _external, "bibliographicCitation": _citation,
    **dict.fromkeys(_CONTAINER, _in_container),
}  # fmt: skip
#: What says again, less exactly, what other elements say.
_REMARKS: dict[str, Take] = {
    "history_date": _history, "note": _note, "description": _note, "sponsorship": _sponsorship, "page_range": _page_range,
}  # fmt: skip

PLUGIN = Reader("rioxx", "RIOXX 2 and 3", recognises, read)
