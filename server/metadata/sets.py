"""Which sets a record is in: computed from the record, every node of the hierarchy named (OAI-PMH 2.6)."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from server.metadata.dewey import is_dewey, main_class
from server.metadata.formats import rioxx
from server.metadata.types import NAMES
from server.records.model import Record
from server.records.query import Facts, Query, has_fulltext, has_orcid
from server.records.searchable import normal
from server.records.sets import HIDDEN
from server.records.vocabulary import ACCESS, CATEGORIES, TYPES, VERSIONS

RULES = 1
"""Raised by one where a family tells its members otherwise than before: then every record is looked at again."""


class Described(NamedTuple):
    """What a set is called, and what is in it."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Sets computed alike: one set, or one with all its children below it.

    `specs` yields the setSpecs of a record, parents before children; `child` says what a child is called, by the rest of its
    spec, with the titles of the collections at hand.
    """

    root: str
    name: str
    description: str
    specs: Callable[[Facts], Iterable[str]]
    child: Callable[[str, Mapping[str, str]], str] | None = None


def _whether(root: str, holds: Callable[[Facts], bool]) -> Callable[[Facts], Iterable[str]]:
    """Return the specs of a family without children."""
    return lambda facts: (root,) if holds(facts) else ()


def _by_collection(facts: Facts) -> Iterable[str]:
    return "collection", f"collection:{facts.collection}"


def _by_type(facts: Facts) -> Iterable[str]:
    category, _, short = facts.record.type.partition(".")
    return "type", f"type:{category}", f"type:{category}:{short}"


def _type_name(rest: str, _titles: Mapping[str, str]) -> str:
    category, _, short = rest.partition(":")
    if not short:
        return CATEGORIES.get(category, category)
    found = TYPES.get(f"{category}.{short}")
    return found.label if found else short


def _is_open(facts: Facts) -> bool:
    return facts.record.access == "open"


def _is_literature(facts: Facts) -> bool:
    return NAMES[facts.record.type].oaire == "literature"


def _for_openaire(facts: Facts) -> bool:
    # OpenAIRE Guidelines for Literature Repositories, OpenAIRE set: open access, or of a project, whatever its access.
    return _is_literature(facts) and (_is_open(facts) or any(funding.award_no for funding in facts.record.funding))


def _for_driver(facts: Facts) -> bool:
    # DRIVER Guidelines 2.0: textual resources whose full text everybody can read.
    return TYPES[facts.record.type].dcmi == "Text" and _is_open(facts) and has_fulltext(facts.record)


_COMMISSION = frozenset({
    "ec", "european commission", "commission of the european communities", "european union", "eu", "erc",
    "european research council", "horizon 2020", "horizon europe", "h2020", "fp7",
})  # fmt: skip
_COMMISSION_IDS = ("501100000780", "501100000781", "00k4n6c32", "0472cxd90")
"""Crossref Funder IDs and RORs of the European Commission and the European Research Council: how their ids end."""


def _of_the_commission(facts: Facts) -> bool:
    def pays(name: str, number: str) -> bool:
        return normal(name) in _COMMISSION or number.rstrip("/").endswith(_COMMISSION_IDS)

    return any(pays(funding.funder_name, funding.funder_id) for funding in facts.record.funding)


_DEWEY_URI = re.compile(r"https?://dewey\.info/class/([0-9]{3})(?![0-9])")


def _by_dewey(facts: Facts) -> Iterable[str]:
    found = dict.fromkeys(_dewey_numbers(facts.record))
    return ("ddc", *(f"ddc:{number}" for number in found)) if found else ()


def _dewey_numbers(record: Record) -> Iterator[str]:
    for subject in record.subjects:
        addressed = _DEWEY_URI.match(subject.value_uri)
        number = main_class(subject.code) if is_dewey(subject) else ""
        if number := number or (addressed[1] if addressed else ""):
            yield number


def _spoken(term: str) -> str:
    """Return a term as people say it: `CartographicMaterial` is cartographic material."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in term).strip()
    return f"{words[:1].upper()}{words[1:]}"


def _by_publication_type(facts: Facts) -> Iterable[str]:
    return "doc-type", f"doc-type:{NAMES[facts.record.type].dini}"


def _by_version(facts: Facts) -> Iterable[str]:
    term = VERSIONS[facts.record.version].eurepo if facts.record.version else ""
    return ("status-type", f"status-type:{term}") if term else ()


_THESES = frozenset({"etd", "etdexternal"})

#: Every family there is, in the order in which its specs stand in a header.
FAMILIES = {
    family.root: family
    for family in (
        Family(
            "collection", "Works by collection", "A set for each collection.", _by_collection,
            lambda rest, titles: titles.get(rest, f"Collection {rest}"),
        ),
        Family("type", "Works by type", "A set for each category, and in it one for each type of works.", _by_type, _type_name),
        Family(
            "open_access", f"Works in {ACCESS['open'].label}", "Works whose files everybody may read.",
            _whether("open_access", _is_open),
        ),
        Family(
            "openaire", "OpenAIRE", "Publications in open access, and those of a funded project whatever their access.",
            _whether("openaire", _for_openaire),
        ),
        Family(
            "openaire_data", "OpenAIRE data", "Datasets.",
            _whether("openaire_data", lambda facts: NAMES[facts.record.type].oaire == "dataset"),
        ),
        Family(
            "ec_fundedresources", "EC_fundedresources set", "Works funded by the European Commission.",
            _whether("ec_fundedresources", _of_the_commission),
        ),
        Family(
            "driver", "Open Access DRIVERset", "Texts whose full text everybody can read.", _whether("driver", _for_driver)
        ),
        Family(
            "irus-orcid", "Works of creators with an ORCID iD", "At least one of the creators is known by an ORCID iD.",
            _whether("irus-orcid", lambda facts: has_orcid(facts.record)),
        ),
        Family(
            "theses", "Theses", "Doctoral, master's and bachelor's theses.",
            _whether("theses", lambda facts: facts.record.type.partition(".")[0] in _THESES),
        ),
        Family(
            "rioxx", "Works in Rioxx", "Works that can be given in Rioxx.",
            _whether("rioxx", lambda facts: rioxx.applies(facts.record)),
        ),
        Family(
            "has-fulltext", "Works with full text", "Works with a full text everybody can read.",
            _whether("has-fulltext", lambda facts: has_fulltext(facts.record)),
        ),
        Family(
            "ddc", "Works by Dewey class", "A set for each class of three digits.", _by_dewey,
            lambda rest, _titles: f"Dewey {rest}",
        ),
        Family(
            "doc-type", "Works by DINI type", "A set for each publication and document type of DINI.", _by_publication_type,
            lambda rest, _titles: _spoken(rest),
        ),
        Family(
            "status-type", "Works by version", "A set for each version: submitted, accepted, published, updated.", _by_version,
            lambda rest, _titles: _spoken(rest),
        ),
    )
}  # fmt: skip

STANDARD = (
    "collection", "type", "open_access", "openaire", "ec_fundedresources", "driver", "irus-orcid", "theses",
)  # fmt: skip
"""The families a base URL offers that chooses none."""


@dataclass(frozen=True, slots=True)
class OwnSet:
    """A set somebody defined: the works a query finds."""

    spec: str
    name: str
    description: str
    query: Query


def above(spec: str) -> tuple[str, ...]:
    """Return a spec with the nodes above it, parents first: `a:b:c` is in `a` and `a:b`, too (OAI-PMH 2.7.2)."""
    parts = spec.split(":")
    return tuple(":".join(parts[: end + 1]) for end in range(len(parts)))


@dataclass(frozen=True, slots=True)
class Grouping:
    """All sets that are computed and kept: those some base URL offers, and for each base URL with conditions what it holds."""

    families: tuple[str, ...] = STANDARD
    own: tuple[OwnSet, ...] = ()
    filters: tuple[tuple[str, Query], ...] = ()
    """By the name of the context in its address."""

    def specs(self, facts: Facts) -> tuple[str, ...]:
        """Return the specs of a published record, parents before children, hidden ones last."""
        found: list[str] = []
        for root in self.families:
            found += FAMILIES[root].specs(facts)
        for each in self.own:
            if each.query.matches(facts):
                found += above(each.spec)
        found += [f"{HIDDEN}{path}" for path, query in self.filters if query.matches(facts)]
        return tuple(dict.fromkeys(found))

    @property
    def fingerprint(self) -> str:
        """A word that differs where records may be in other sets; names and descriptions do not count."""
        said = (RULES, sorted(self.families), sorted((each.spec, each.query) for each in self.own), sorted(self.filters))
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]

    def roots(self) -> Iterator[str]:
        """Yield the specs that are there whether they have members or not."""
        yield from self.families
        for each in self.own:
            yield from above(each.spec)

    def keeps(self, spec: str) -> bool:
        """Whether works can come into a set; into one that nobody offers or defines any more none can."""
        return spec.partition(":")[0] in self.families or any(spec in above(each.spec) for each in self.own)

    def described(self, spec: str, titles: Mapping[str, str]) -> Described | None:
        """Return what a set is called, `titles` being those of the collections; None for one nobody defines any more."""
        for each in self.own:
            if each.spec == spec:
                return Described(each.name, each.description)
        root, _, rest = spec.partition(":")
        if (family := FAMILIES.get(root)) is not None:
            if not rest:
                return Described(family.name, family.description)
            return Described(family.child(rest, titles)) if family.child else None
        below = [each.name for each in self.own if each.spec.startswith(f"{spec}:")]
        return Described(spec, ", ".join(below)) if below else None
