"""What the service answers, as documents of the Reconciliation API 0.1 and 0.2. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from server.enrichment.model import Facts
from server.enrichment.refine.asked import TYPE, Extension
from server.enrichment.weighing import Sort, Weighed

ROOT = "/reconcile"
VERSIONS = ("0.1", "0.2")
PREVIEW_WIDTH, PREVIEW_HEIGHT = 400, 140

Document = dict[str, Any]

PERSON = {"id": TYPE, "name": "Person"}

_LEAD = 20
"""Points by which a sure match is ahead of the next."""

#: What can be asked beside a name, and what speaks for it.
ASKED = {
    "affiliation": ("Affiliation", "The institution beside the name, by name."),
    "doi": ("DOI of a work", "A work of the person, by its DOI."),
    "title": ("Title of a work", "A work of the person, by its title."),
}

#: What can be added to people that were found.
TOLD: dict[str, tuple[str, Callable[[Facts], Iterable[str]]]] = {
    "uri": ("ORCID iD as an address", lambda facts: [f"https://orcid.org/{facts.orcid}"]),
    "name": ("Name", lambda facts: [facts.name]),
    "family": ("Family name", lambda facts: [facts.family]),
    "given": ("Given names", lambda facts: [facts.given]),
    "affiliation": ("Current affiliation", lambda facts: [place.name for place in facts.current]),
    "ror": ("ROR of the current affiliation", lambda facts: [place.ror for place in facts.current]),
    "past": ("Past affiliations", lambda facts: [place.name for place in facts.past]),
}


def manifest(name: str, base: str) -> Document:
    """Say what the service can (manifest.json)."""

    def suggest(what: str) -> Document:
        return {"service_url": f"{base}{ROOT}", "service_path": f"/suggest/{what}"}

    entity = suggest("entity") | {"flyout_service_url": f"{base}{ROOT}", "flyout_service_path": "/flyout/entity?id=${id}"}
    return {
        "versions": list(VERSIONS),
        "name": f"{name}: ORCID iDs of people",
        "identifierSpace": "https://orcid.org/",
        "schemaSpace": f"{base}{ROOT}/properties",
        "documentation": f"{base}{ROOT}/about",
        "view": {"url": "https://orcid.org/{{id}}"},
        "defaultTypes": [PERSON],
        "suggest": {"entity": entity, "property": suggest("property"), "type": suggest("type")},
        "preview": {"url": f"{base}{ROOT}/preview?id={{{{id}}}}", "width": PREVIEW_WIDTH, "height": PREVIEW_HEIGHT},
        "extend": {
            "propose_properties": {"service_url": f"{base}{ROOT}", "service_path": "/properties"}, "property_settings": [],
        },
        "authentication": {
            "type": "apiKey", "name": "api_key", "in": "query",
            "description": "An API token with the scope reconcile: ORCID is asked then, too.",
        },
    }  # fmt: skip


def result(found: Sequence[Weighed]) -> Document:
    """Say who it may be, the likeliest first (an entry of reconciliation-result-batch.json)."""
    return {"result": [_candidate(each, _is_sure(found, place)) for place, each in enumerate(found)]}


def _is_sure(found: Sequence[Weighed], place: int) -> bool:
    """Whether a candidate is it beyond doubt: strong, the first, and well ahead of the next."""
    behind = found[1].score if len(found) > 1 else 0
    return place == 0 and found[0].is_strong and found[0].score - behind >= _LEAD


def _candidate(weighed: Weighed, sure: bool) -> Document:  # noqa: FBT001 -- a word of the answer
    points = {sort: sum(each.points for each in weighed.evidence if each.sort is sort) for sort in Sort}
    words = "; ".join(f"{each.label}: {each.value}" if each.value else each.label for each in weighed.evidence)
    return {
        "id": weighed.facts.orcid,
        "name": weighed.facts.shown,
        "description": words,
        "score": weighed.score,
        "match": sure,
        "type": [PERSON],
        "features": [{"id": sort.value, "value": value} for sort, value in points.items()],
    }


def extended(asked: Extension, known: Mapping[str, Facts]) -> Document:
    """Add what is known of people (data-extension-response.json); of who is not known, and what nobody can say, nothing."""
    wished = [each.id for each in asked.properties if each.id in TOLD]
    return {
        "meta": [{"id": name, "name": TOLD[name][0]} for name in wished],
        "rows": {
            number: {name: _cells(known.get(number), name) for name in wished}
            for number in asked.ids
        },
    }  # fmt: skip


def _cells(facts: Facts | None, name: str) -> list[Document]:
    return [] if facts is None else [{"str": text} for text in TOLD[name][1](facts) if text]


def proposed() -> Document:
    """Propose what can be added (data-extension-property-proposal.json)."""
    return {"type": TYPE, "properties": [{"id": name, "name": title} for name, (title, _) in TOLD.items()]}


def suggested_people(found: Iterable[Facts]) -> Document:
    """Suggest people (suggest-entities-response.json)."""
    return {"result": [{"id": each.orcid, "name": each.shown, "notable": [PERSON]} for each in found]}


def suggested_properties(prefix: str) -> Document:
    """Suggest what can stand beside a name (suggest-properties-response.json)."""
    rows = ((name, title, words) for name, (title, words) in ASKED.items() if prefix.lower() in f"{name} {title}".lower())
    return {"result": [{"id": name, "name": title, "description": words} for name, title, words in rows]}


def suggested_types(prefix: str) -> Document:
    """Suggest the one type there is (suggest-types-response.json)."""
    return {"result": [PERSON] if TYPE.lower().startswith(prefix.lower()) else []}


def refusal(message: str) -> Document:
    """Say what is wrong."""
    return {"status": "error", "message": message}
