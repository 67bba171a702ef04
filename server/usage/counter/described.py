"""A work as a report names it: title, publisher, identifiers, authors, and what it stands in. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Any

from server.metadata.fragments import Repository
from server.records.model import Agent, AgentId, Record
from server.usage.counter.kinds import PARENTS, data_type

MOST_AUTHORS = 3
UNKNOWN_YEAR = "0001"

_DOI = re.compile(r"10\.[1-9][0-9]{2}[0-9.]*/.+")
_ISBN = re.compile(r"97[89]-[0-9]+-[0-9]+-[0-9]+-[0-9]")
_ISBN_LENGTH = 17
_ISSN = re.compile(r"[0-9]{4}-[0-9]{3}[0-9X]")
_ORCID = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR = re.compile(r"[0-9]{4}")
_VERSIONS = frozenset({"AO", "SMUR", "AM", "P", "VoR", "CVoR", "EVoR"})

#: The identifiers of organisations, by our name: COUNTER's, and what they must look like there.
_ORGANISATIONS = {
    "ror": ("ROR", re.compile(r"0[a-z0-9]{6}[0-9]{2}")),
    "isni": ("ISNI", re.compile(r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3}[0-9X]")),
}

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Platform:
    """Who reports: the name of the platform, and what its own identifiers begin with."""

    name: str
    namespace: str
    repository: Repository


@dataclass(frozen=True, slots=True)
class Parent:
    """What a work stands in."""

    key: str
    document: Document


def item(record_id: str, record: Record, doi: str, platform: Platform, shown: Iterable[str]) -> Document:
    """Return what a report says of a work before its figures."""
    ids = {
        "DOI": _doi(record, doi),
        "Proprietary": f"{platform.namespace}:{record_id}",
        "URI": platform.repository.item(record_id),
    }
    said: Document = {
        "Item": record.title.value,
        "Publisher": record.publisher.name or platform.repository.name,
        "Platform": platform.name,
        "Item_ID": {name: value for name, value in ids.items() if value},
    }
    if publisher := _organisation(record.publisher.ids):
        said["Publisher_ID"] = publisher
    further = {
        "Authors": authors(record.creators),
        "Publication_Date": record.dates.issued if _DAY.fullmatch(record.dates.issued) else "",
        "Article_Version": record.version if record.version in _VERSIONS else "",
    }
    return said | {name: value for name, value in further.items() if value and name in shown}


def parent(record: Record, namespace: str) -> Parent | None:
    """Return the journal, book, conference a work stands in; None where it stands alone, or nothing is known of it."""
    kind = PARENTS.get(data_type(record.type))
    if kind is None:
        return None
    place = record.container
    title = record.conference.name if kind == "Conference" else place.title
    if kind == "Book" and not title:
        title = record.title.value  # a whole book is a segment of itself
    isbn = place.isbn if _ISBN.fullmatch(place.isbn) and len(place.isbn) == _ISBN_LENGTH else ""
    ids = {"ISBN": isbn, "Print_ISSN": _issn(place.issn_print), "Online_ISSN": _issn(place.issn_online)}
    if kind != "Book":
        del ids["ISBN"]
    known = {name: value for name, value in ids.items() if value}
    if not title and not known:
        return None
    if not known:  # the schema wants an identifier, and COUNTER allows the platform's own
        known = {"Proprietary": f"{namespace}:{blake2b(f'{kind} {title}'.encode(), digest_size=8).hexdigest()}"}
    said: Document = {"Title": title} if title else {}
    return Parent(f"{kind} {sorted(known.items())}", said | {"Data_Type": kind, "Item_ID": known})


def authors(creators: Iterable[Agent]) -> list[Document]:
    """Return up to three authors (R5.1, 3.3.2)."""
    named = (_author(agent) for agent in creators if len(_name(agent)) > 1)
    return list(islice(named, MOST_AUTHORS))


def _author(agent: Agent) -> Document:
    orcid = agent.id_of("orcid").removeprefix("https://orcid.org/")
    return {"Name": _name(agent)} | ({"ORCID": orcid} if _ORCID.fullmatch(orcid) else {})


def _name(agent: Agent) -> str:
    return agent.name or " ".join(filter(None, (agent.given, agent.family)))


def year(record: Record) -> str:
    """Return the year of publication, COUNTER's word for none where it is not known."""
    found = _YEAR.match(record.dates.issued or record.thesis.date_awarded)
    return found[0] if found else UNKNOWN_YEAR


def identifiers(document: Document) -> Iterator[str]:
    """Yield what a work can be asked for by: its identifiers, with and without their kind."""
    for name, value in document["Item_ID"].items():
        yield from (value, f"{name}:{value}")


def names(record: Record) -> Iterator[str]:
    """Yield what its authors can be asked for by."""
    for agent in record.creators:
        said = _author(agent)
        yield said["Name"]
        if orcid := said.get("ORCID"):
            yield from (orcid, f"ORCID:{orcid}")


def _doi(record: Record, own: str) -> str:
    given = next((each.value for each in record.identifiers if each.scheme == "doi"), "")
    found = (own or given).removeprefix("https://doi.org/")
    return found if _DOI.fullmatch(found) else ""


def _issn(text: str) -> str:
    return text if _ISSN.fullmatch(text) else ""


def _organisation(ids: Iterable[AgentId]) -> Document:
    found: Document = {}
    for each in ids:
        name, shape = _ORGANISATIONS.get(each.scheme, ("", None))
        value = each.value.rpartition("/")[2]
        if shape is not None and shape.fullmatch(value):
            found.setdefault(name, []).append(value)
    return {name: list(dict.fromkeys(values)) for name, values in found.items()}
