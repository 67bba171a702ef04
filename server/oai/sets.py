"""The sets as harvesters and people are told of them: every one that is offered, or has or had members (OAI-PMH 4.6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from server.metadata.sets import Described, Grouping
from server.oai.definition import Definition, Offer
from server.records import lists
from server.records.lists import Member
from server.records.sets import is_hidden

PAGE = 50


def offered(tx: Connection, grouping: Grouping, offer: Offer, titles: Mapping[str, str]) -> list[tuple[str, Described]]:
    """Return the sets of a base URL, parents before children; `titles` are those of the collections.

    There are none before anything was published.
    """
    return [(spec, named) for spec, named in _every(tx, grouping, titles) if offer.offers_set(spec)]


def is_named(tx: Connection, spec: str, grouping: Grouping, offer: Offer) -> bool:
    """Say whether ListSets names a set at a base URL, be there anything in it or not."""
    return offer.offers_set(spec) and spec in _specs(grouping, lists.all_sets(tx))


def _specs(grouping: Grouping, kept: Mapping[str, tuple[str, str]]) -> set[str]:
    """Return the specs of every set there is, those `kept` and those that have no member so far; none while none are kept."""
    return {*kept, *grouping.roots()} if kept else set()


def _every(tx: Connection, grouping: Grouping, titles: Mapping[str, str]) -> list[tuple[str, Described]]:
    kept = lists.all_sets(tx)
    # By the parts of their names, as the database and the punctuation would have it otherwise.
    specs = sorted(_specs(grouping, kept), key=lambda spec: spec.split(":"))
    return [(spec, grouping.described(spec, titles) or Described(*kept.get(spec, (spec, "")))) for spec in specs]


@dataclass(frozen=True, slots=True)
class Shown:
    """A set as an administrator sees it."""

    spec: str
    """With a slash in front for what a context with conditions holds; empty for all records."""
    name: str
    description: str
    members: int
    bases: tuple[str, ...]
    """The names of the contexts that offer it; an empty one is the repository's own base URL."""
    kept: bool = True
    """Whether works can come into it; where not, harvesters are only told there that its members are deleted."""


def shown(tx: Connection, definition: Definition, titles: Mapping[str, str], sizes: Mapping[str, int]) -> list[Shown]:
    """Return every set with the number of its members; those no work can come into any more stand at the end."""
    grouping = definition.grouping
    offers = [definition.offer(""), *(definition.offer(each.path) for each in definition.contexts)]
    found = [
        Shown(
            spec, *named, sizes.get(spec, 0), tuple(offer.context for offer in offers if offer.offers_set(spec)),
            grouping.keeps(spec),
        )
        for spec, named in _every(tx, grouping, titles)
    ]  # fmt: skip
    return sorted(found, key=lambda each: not each.kept)


def bases(definition: Definition, sizes: Mapping[str, int]) -> list[Shown]:
    """Return the base URLs with the number of works each holds."""
    offers = [definition.offer(""), *(definition.offer(each.path) for each in definition.contexts)]
    return [Shown(o.within, o.name, o.description, sizes.get(o.within, 0), (o.context,)) for o in offers]


@dataclass(frozen=True, slots=True)
class Inside:
    """A set and the next of its members."""

    size: int
    members: list[Member]
    further: str


def inside(tx: Connection, spec: str, behind: str) -> Inside:
    """Return the members of a set, or of the whole, in the order of their ids."""
    found = lists.members(tx, spec, behind, PAGE + 1)
    return Inside(lists.size(tx, spec), found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else "")


def is_context(spec: str) -> bool:
    """Whether it is what a base URL holds, and no set."""
    return not spec or is_hidden(spec)
