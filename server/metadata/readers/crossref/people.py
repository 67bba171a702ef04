"""Contributors as Crossref writes them: people and bodies, their roles, identifiers and places of work."""

from lxml import etree

from server.metadata.draft import Draft
from server.metadata.elements import attribute, children, first, local, text_at
from server.metadata.names import agent, agent_id
from server.metadata.roles import CREATOR
from server.records.model import Affiliation, Agent, AgentId
from server.xml import text_of

_ROLES = {
    "author": CREATOR, "editor": "Editor", "translator": "Translator", "chair": "Editor", "reviewer": CREATOR,
    "review-assistant": "Other", "stats-reviewer": "Other", "reviewer-external": "Other", "reader": "Other", "": CREATOR,
}  # fmt: skip


def take_contributors(draft: Draft, element: etree._Element) -> None:
    for party in children(element):
        take_party(draft, party)


def take_party(draft: Draft, party: etree._Element) -> None:
    """Take a person_name or organization by its role; who is anonymous has no name to be known by."""
    made = _person(draft, party) if local(party) == "person_name" else _body(draft, party)
    word = attribute(party, "contributor_role")
    if made is None:
        draft.leave(party, f"{local(party)} {word}".strip())
        return
    if word not in _ROLES:
        draft.warn(party, f"the role “{word}” is not known; “{made.label}” has the role Other.", code="guessed", value=word)
    draft.add_agent(party, made, _ROLES.get(word, "Other"))


def _person(draft: Draft, party: etree._Element) -> Agent | None:
    family, given = text_at(party, "surname"), text_at(party, "given_name")
    ids = [found for child in children(party, "ORCID") if (found := agent_id(text_of(child), "orcid"))]
    for child in children(party):
        known = {"surname", "given_name", "ORCID", "affiliation", "affiliations"}
        if local(child) not in known or (local(child) == "ORCID" and not ids):
            draft.leave(child)
    if not (family or given):
        return None
    return Agent(family=family or given, given=given if family else "", ids=tuple(ids), affiliations=tuple(_places(party)))


def _body(draft: Draft, party: etree._Element) -> Agent | None:
    """Make a body of an <organization>: text alone, or text and the institutions it is part of."""
    if local(party) != "organization":
        return None
    for child in children(party):
        draft.leave(child)
    name = " ".join((party.text or "").split()) or text_at(party, "name") or text_of(party)
    return agent(name, kind="org")


def _places(party: etree._Element) -> list[Affiliation]:
    places = [Affiliation(name=text) for child in children(party, "affiliation") if (text := text_of(child))]
    group = first(party, "affiliations")
    for body in children(group, "institution") if group is not None else ():
        ror = next((found.value for found in institution_ids(body) if found.scheme == "ror"), "")
        name = ", ".join(filter(None, (text_at(body, "institution_department"), text_at(body, "institution_name"))))
        if name or ror:
            places.append(Affiliation(name=name or ror, ror=ror))
    return places


def institution_ids(body: etree._Element) -> list[AgentId]:
    ids = (agent_id(text_of(child), attribute(child, "type")) for child in children(body, "institution_id"))
    return [found for found in ids if found]
