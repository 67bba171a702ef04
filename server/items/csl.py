"""The CSL-JSON of a work: what citation processors are told of it (crosswalk C.7). Pure."""

import re
from typing import Any

from server.items.kinds import KINDS
from server.metadata.addresses import bare
from server.metadata.languages import written
from server.metadata.work import Work
from server.records.model import Agent, Record
from server.records.vocabulary import TYPES, VERSIONS

_DATE = re.compile(r"(-?\d{4})(?:-(\d\d))?(?:-(\d\d))?")
#: DataCite contributorType → the CSL variable of those who have that part.
_PARTS = {"Editor": "editor", "Translator": "translator"}


def csl(work: Work) -> dict[str, Any]:
    """Return the work as one item of CSL-JSON; what is not known is left out."""
    record = work.record
    place, conference, thesis = record.container, record.conference, record.thesis
    kind = KINDS[record.type].csl
    house, place_of_it = published_by(record)
    item: dict[str, Any] = {
        "id": work.id,
        "type": kind,
        "title": f"{record.title.value}: {record.subtitle}" if record.subtitle else record.title.value,
        "author": [_name(agent) for agent in record.creators],
        "issued": date_parts(issued(record)),
        "container-title": place.title,
        "collection-title": place.series,
        "volume": place.volume,
        "issue": place.issue,
        "page": pages(record, "-"),
        "number": place.article_no,
        "edition": place.edition,
        "ISSN": place.issn_online or place.issn_print,
        "ISBN": place.isbn,
        "event-title": conference.name,
        "event-place": conference.place,
        "DOI": doi_of(work),
        "URL": work.landing_url,
        "publisher": house,
        "publisher-place": place_of_it,
        "genre": TYPES[record.type].label if kind in _SAID else thesis.degree_name,
        "abstract": record.abstracts[0].value if record.abstracts else "",
        "language": next((tag for tag in map(written, record.languages) if tag), ""),
        "keyword": ", ".join(keywords(record)),
        "note": VERSIONS[record.version].label if record.version not in {"", "NA"} else "",
    }
    for role, variable in _PARTS.items():
        item[variable] = [_name(agent) for agent in record.contributors if agent.role == role]
    return {name: value for name, value in item.items() if value}


#: Kinds of CSL that say less than our type does.
_SAID = frozenset({"report", "article", "document", "thesis"})


def published_by(record: Record) -> tuple[str, str]:
    """Return whose work a reference names, and where: of a thesis who awarded the degree, not who printed it."""
    publisher, thesis = record.publisher, record.thesis
    awarded, printed = (thesis.grantor, thesis.grantor_place), (publisher.name, publisher.place)
    first, second = (awarded, printed) if KINDS[record.type].csl == "thesis" else (printed, awarded)
    if first[0]:
        return first[0], first[1] or ("" if second[0] else second[1])
    return second[0], second[1] or first[1]


def doi_of(work: Work) -> str:
    """Return the DOI to cite: ours once it leads here, else the one the work came with; bare."""
    return work.doi or bare("doi", work.record.identifier("doi"))


def keywords(record: Record) -> list[str]:
    """Return the subjects that are words; the bare number of a class says nothing where its scheme is not named."""
    return [each.value for each in record.subjects if not (each.scheme or each.code) or any(map(str.isalpha, each.value))]


def issued(record: Record) -> str:
    """Return the date a work is cited by."""
    return record.dates.issued or record.thesis.date_awarded or record.dates.created


def pages(record: Record, dash: str) -> str:
    return dash.join(filter(None, (record.container.first_page, record.container.last_page)))


def date_parts(date: str) -> dict[str, list[list[int]]] | None:
    """Return a date of the record as CSL has it: `1866-02` is 1866, 2."""
    found = _DATE.fullmatch(date)
    return {"date-parts": [[int(part) for part in found.groups() if part]]} if found else None


def _name(agent: Agent) -> dict[str, str]:
    if agent.kind == "org" or not agent.family or not agent.given:
        return {"literal": agent.label}
    return {"family": agent.family, "given": agent.given}
