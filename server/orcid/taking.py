"""A work of an ORCID record as a record of ours, for somebody to look at and complete. Pure."""

from lxml import etree

from server.errors import Unavailable
from server.metadata.names import agent_id
from server.orcid.answers import BULK, WORK, root_of
from server.orcid.work import COMMON, OTHER, TYPES
from server.records.model import Agent, Container, Dates, Identifier, Record, Text, is_date
from server.xml import text_of

#: ORCID's types → ours; of several of ours that are one of ORCID's, the usual one.
_USUAL = {
    "book": "publication.book", "journal-article": "publication.journalArticle", "dissertation-thesis": "etd.doctoral",
    "lecture-speech": "conference.presentation", "edited-book": "publication.editedBook", "report": "publication.report",
    "online-resource": "interactiveResource.website", "conference-poster": "conference.conferencePoster",
    "artistic-performance": "creativeWork.other", OTHER: "other.other",
}  # fmt: skip
OURS = {theirs: ours for ours, theirs in TYPES.items()} | _USUAL

_SCHEMES = {"doi": "doi", "handle": "handle", "urn": "urn", "pmid": "pmid", "pmc": "pmcid", "arxiv": "arxiv", "isbn": "isbn"}


def record_of(body: bytes) -> Record:
    """Read the first work of an answer to many (bulk-3.0). Raises Unavailable where there is none."""
    root = root_of(body)
    found = root.find(f"{{{WORK}}}work") if root is not None and root.tag == f"{{{BULK}}}bulk" else None
    title = text_of(found.find(f"{{{WORK}}}title/{{{COMMON}}}title")) if found is not None else ""
    if found is None or not title:
        raise Unavailable("ORCID does not show this work any more.", remedy="Look through your record again.")
    kind = OURS.get(text_of(found.find(f"{{{WORK}}}type")), OURS[OTHER])
    described = text_of(found.find(f"{{{WORK}}}short-description"))
    return Record(
        type=kind,
        title=Text(value=title),
        subtitle=text_of(found.find(f"{{{WORK}}}title/{{{COMMON}}}subtitle")),
        creators=tuple(_people(found)),
        abstracts=(Text(value=described),) if described else (),
        dates=Dates(issued=_issued(found)),
        container=Container(title=text_of(found.find(f"{{{WORK}}}journal-title")), **_parts(found)),
        identifiers=tuple(dict.fromkeys(_identifiers(found))),
    )


def _issued(work: etree._Element) -> str:
    date = work.find(f"{{{COMMON}}}publication-date")
    parts = [text_of(date.find(f"{{{COMMON}}}{name}")) if date is not None else "" for name in ("year", "month", "day")]
    text = "-".join(part.zfill(4 if place == 0 else 2) for place, part in enumerate(parts[: _length(parts)]))
    return text if text and is_date(text) else ""


def _length(parts: list[str]) -> int:
    return next((place for place, part in enumerate(parts) if not part), len(parts))


def _people(work: etree._Element) -> list[Agent]:
    found = []
    for one in work.iterfind(f"{{{WORK}}}contributors/{{{WORK}}}contributor"):
        name = text_of(one.find(f"{{{WORK}}}credit-name"))
        if name:
            given, _, family = name.rpartition(" ") if "," not in name else _turned(name)
            orcid = text_of(one.find(f"{{{COMMON}}}contributor-orcid/{{{COMMON}}}path"))
            known = agent_id(orcid, "orcid") if orcid else None
            found.append(Agent(family=family, given=given, ids=(known,) if known is not None else ()))
    return found


def _turned(name: str) -> tuple[str, str, str]:
    family, comma, given = name.partition(",")
    return given.strip(), comma, family.strip() or name


def _ids(work: etree._Element) -> list[tuple[str, str, str]]:
    found = []
    for one in work.iterfind(f"{{{COMMON}}}external-ids/{{{COMMON}}}external-id"):
        parts = (text_of(one.find(f"{{{COMMON}}}external-id-{name}")) for name in ("type", "value", "relationship"))
        kind, value, relation = parts
        found.append((kind.lower(), value, relation or "self"))
    return found


def _identifiers(work: etree._Element) -> list[Identifier]:
    own = [(kind, value) for kind, value, relation in _ids(work) if relation == "self" and value]
    return [Identifier(scheme=_SCHEMES[kind], value=value) for kind, value in own if kind in _SCHEMES]


def _parts(work: etree._Element) -> dict[str, str]:
    """Return the numbers of what it stands in."""
    within = {kind: value for kind, value, relation in _ids(work) if relation == "part-of"}
    return {ours: within[theirs] for theirs, ours in (("issn", "issn_online"), ("isbn", "isbn")) if within.get(theirs)}
