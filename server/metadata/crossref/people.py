"""Contributors as Crossref's schema takes them: names within its limits, ORCID iDs and ROR IDs that are some."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from server.metadata.addresses import bare, link
from server.records.model import Affiliation, Agent, Record
from server.xml import kept

#: XSD 5.4.0, surname and given_name: sixty characters, with digits only where somebody is the third.
_NAME = re.compile(r"[^\d?]*[^? \t\n\r]+[^\d]*")
_LONGEST_NAME = 60
_LONGEST_ORGANIZATION = 511
_LONGEST_INSTITUTION = 1024

_ORCID = re.compile(r"([0-9]{4}-){3}[0-9]{3}[0-9X]")
_ROR = re.compile(r"https://ror\.org/0[a-z0-9]{6}[0-9]{2}")

#: DataCite contributorType → contributor_role; Crossref has no word for the others.
_ROLES = {"Editor": "editor", "Translator": "translator"}

Complain = Callable[[str, str], None]
"""Takes the path of a field and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Institution:
    name: str
    ror: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A person (surname, perhaps given) or an organisation."""

    role: str
    surname: str = ""
    given: str = ""
    organization: str = ""
    orcid: str = ""
    authenticated: bool | None = None
    """Whether the person said at ORCID that the iD is theirs; Crossref takes silence for no."""
    affiliations: tuple[Institution, ...] = ()


def people(record: Record, complain: Complain) -> tuple[Person, ...]:
    """Return the creators as authors and the contributors Crossref has a role for, in their order."""
    return tuple(_people(record, complain))


def _people(record: Record, complain: Complain) -> Iterator[Person]:
    for number, agent in enumerate(record.creators):
        yield from _person(agent, "author", f"creators.{number}", complain)
    for number, contributor in enumerate(record.contributors):
        if role := _ROLES.get(contributor.role):
            yield from _person(contributor, role, f"contributors.{number}", complain)


def _person(agent: Agent, role: str, path: str, complain: Complain) -> Iterator[Person]:
    if agent.kind == "org":
        name = folded(agent.label)
        if len(name) > _LONGEST_ORGANIZATION:
            complain(f"{path}.name", f"Crossref takes names of {_LONGEST_ORGANIZATION} characters at most")
        elif name:
            yield Person(role, organization=name)
        return
    surname, given = folded(agent.family or agent.name), folded(agent.given) if agent.family else ""
    for field, name in (("family" if agent.family else "name", surname), ("given", given)):
        if len(name) > _LONGEST_NAME:
            complain(
                f"{path}.{field}", f"Crossref takes names of {_LONGEST_NAME} characters at most; is it a body, not a person?"
            )
        elif name and not _NAME.fullmatch(name):
            complain(f"{path}.{field}", f"{name!r} is no name of a person: it has digits or question marks in it")
    if surname or given:
        found = once_named(agent.affiliations)
        iris = next((one for one in agent.ids if one.scheme == "orcid"), None)
        yield Person(
            role, surname or given, given if surname else "", orcid=orcid(iris.value) if iris else "",
            authenticated=iris.authenticated if iris else None, affiliations=found,
        )  # fmt: skip


def once_named(affiliations: Iterable[Affiliation]) -> tuple[Institution, ...]:
    """Return the affiliations the schema can hold, none twice."""
    found = (institution(each.name, each.ror) for each in affiliations)
    return tuple(dict.fromkeys(each for each in found if each is not None))


def institution(name: str, ror: str = "") -> Institution | None:
    """Return an institution, or None where its name cannot be said."""
    name = folded(name)
    return Institution(name, ror_of(ror)) if 0 < len(name) <= _LONGEST_INSTITUTION else None


def ror_of(value: str) -> str:
    """Return a ROR ID as an address, or an empty string where it is none."""
    address = link("ror", kept(value)).lower()
    return address if _ROR.fullmatch(address) else ""


def orcid(value: str) -> str:
    """Return an ORCID iD as an address; empty where its checksum (ISO 7064, 11-2) is wrong: Crossref would refuse the record."""
    found = bare("orcid", kept(value)).rstrip("/").upper()
    if not _ORCID.fullmatch(found):
        return ""
    total = 0
    for digit in found.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return f"https://orcid.org/{found}" if found[-1] == ("X" if check == 10 else str(check)) else ""  # noqa: PLR2004


def folded(text: str) -> str:
    """Return a text in one line, as far as XML can hold it."""
    return " ".join(kept(text).split())
