"""What clients of the Reconciliation API send, read into values. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from server.errors import Invalid
from server.metadata.names import split
from server.people import schemes
from server.xml import clean

TYPE = "Person"
"""The one type of what is here."""

MOST_QUERIES, MOST_CANDIDATES, USUAL = 50, 25, 10
LONGEST = 400

PROBE = "hasOrcidCredentials"
"""What Alma Refine asks before it offers ORCID: whether a profile is on."""

#: `Mendel, Gregor, 1822-1884.` as the headings of library catalogues are: years are no part of the name.
_YEARS = re.compile(r",?\s*(?:[a-zé.]+\s+)?(?:ca\.\s*)?[0-9]{3,4}\??\s*-\s*(?:[0-9]{3,4})?\??\.?\s*$|,\s*[0-9]{3,4}-?\.?\s*$")


class Property(Struct, frozen=True, forbid_unknown_fields=True):
    """What a column beside the name says: `affiliation`, `doi` or `title` of works."""

    pid: str
    v: Any

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as texts, of entities their names."""
        listed = self.v if isinstance(self.v, list) else [self.v]
        found = (each.get("name", each.get("id", "")) if isinstance(each, dict) else each for each in listed)
        return tuple(text for each in found if isinstance(each, str) and (text := clean(each).strip()[:LONGEST]))


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """One query: a name as it is written, or an iD (reconciliation-query-batch.json)."""

    query: str = ""
    type: str | list[str] | None = None
    limit: float = USUAL
    properties: tuple[Property, ...] = ()
    type_strict: str = "any"

    @property
    def is_for_people(self) -> bool:
        types = [self.type] if isinstance(self.type, str) else self.type or []
        return not [each for each in types if each] or TYPE in types

    @property
    def size(self) -> int:
        return max(1, min(int(self.limit), MOST_CANDIDATES))

    @property
    def text(self) -> str:
        return " ".join(clean(self.query).split())[:LONGEST]

    @property
    def orcid(self) -> str:
        """The bare iD where one was asked for; else empty."""
        try:
            return schemes.bare("orcid", self.text)
        except ValueError:
            return ""

    @property
    def name(self) -> tuple[str, str]:
        """Family and given name, written either way round."""
        text = _YEARS.sub("", self.text).strip(" ,;")
        if "," in text:
            return split(text)
        given, _, family = text.rpartition(" ")
        return family, given

    @property
    def is_of_works(self) -> bool:
        """Whether it says something of works, which are read then."""
        return bool(self.of("doi") or self.of("title"))

    @property
    def cost(self) -> int:
        """How many questions about a name alone it is worth."""
        return 4 if self.is_of_works else 1

    def of(self, pid: str) -> tuple[str, ...]:
        """Return the values of a property."""
        return tuple(text for each in self.properties if each.pid == pid for text in each.texts)


class Wished(Struct, frozen=True):
    """A property whose values are asked for; there are no settings."""

    id: str
    settings: dict[str, Any] | None = None


class Extension(Struct, frozen=True):
    """What is to be added to entities (data-extension-query.json)."""

    ids: tuple[str, ...]
    properties: tuple[Wished, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the service: queries in a batch (by key), one alone, an extension, or none of them: the manifest."""

    queries: Mapping[str, Query] | None = None
    alone: Query | None = None
    extension: Extension | None = None
    probes: bool = False

    @property
    def cost(self) -> int:
        """How many questions it is."""
        asked = [*(self.queries or {}).values(), *([self.alone] if self.alone else [])]
        return max(1, sum(each.cost for each in asked), len(self.extension.ids) if self.extension else 0)


def read(given: Mapping[str, str]) -> Asked:
    """Read the parameters of a request. Raises Invalid for what the schemas of the API do not allow, and for JSONP."""
    if "callback" in given:
        raise Invalid(
            "JSONP is not spoken here.", place="callback", remedy="Leave the callback out: every page may read the answers."
        )
    if "queries" in given:
        queries = _decoded(given["queries"], dict[str, Query], "queries")
        if len(queries) > MOST_QUERIES:
            raise Invalid(f"At most {MOST_QUERIES} queries come in one batch, not {len(queries)}.", place="queries")
        for key, query in queries.items():
            _asks_something(query, f"queries.{key}")
        return Asked(queries=queries)
    if "extend" in given:
        extension = _decoded(given["extend"], Extension, "extend")
        if len(extension.ids) > MOST_QUERIES:
            raise Invalid(f"At most {MOST_QUERIES} people are extended at once.", place="extend")
        return Asked(extension=extension)
    if (text := given.get("query", "").strip()) == PROBE:
        return Asked(probes=True)
    if text:
        query = _decoded(text, Query, "query") if text.startswith("{") else Query(query=text)
        _asks_something(query, "query")
        return Asked(alone=query)
    return Asked()


def _asks_something(query: Query, place: str) -> None:
    if not query.text and not query.properties:
        raise Invalid("A query needs a text, or properties.", place=place)


def _decoded(text: str, kind: Any, place: str) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Invalid(f"The parameter {place} cannot be read: {error}.", place=place) from error
