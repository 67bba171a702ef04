"""The ways through the published works by type, year and name. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.records.vocabulary import CATEGORIES, TYPES
from server.site.asked import Asked
from server.site.finding import Count

NAMES = 100
"""Names on a page."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Way:
    """A link to works, how many there are, and whether it is the one that was taken."""

    label: str
    href: str
    works: int
    is_chosen: bool = False


def kinds(types: Sequence[Count]) -> list[tuple[Way, list[Way]]]:
    """Return the categories, each with its types, the ones with most works first."""
    found = []
    for category, label in CATEGORIES.items():
        inside = [each for each in types if TYPES[each.value].category == category]
        if inside:
            total = sum(each.works for each in inside)
            ways = [Way(TYPES[each.value].label, Asked(type=each.value).to(), each.works) for each in _most(inside)]
            found.append((Way(label, Asked(type=category).to(), total), ways))
    return sorted(found, key=lambda each: -each[0].works)


def types(asked: Asked, counts: Sequence[Count]) -> list[Way]:
    """Return the types of what was found; the one that was chosen leads back to all."""
    return [
        Way(
            TYPES[each.value].label,
            asked.to(type="" if asked.type == each.value else each.value),
            each.works,
            asked.type == each.value,
        )
        for each in counts
    ]


def years(asked: Asked, counts: Sequence[Count]) -> list[Way]:
    """Return the years of what was found; the one that was chosen leads back to all."""
    return [
        Way(each.value, asked.to(year="" if asked.year == each.value else each.value), each.works, asked.year == each.value)
        for each in counts
    ]


def chosen(asked: Asked) -> list[Way]:
    """Return what was chosen, each with the address of the same without it."""
    kind = TYPES[asked.type].label if asked.type in TYPES else CATEGORIES.get(asked.type, "")
    named = ((kind, "type"), (asked.year, "year"), (asked.author, "author"))
    return [Way(label, asked.to(**{name: ""}), 0) for label, name in named if label]


def _most(counts: Sequence[Count]) -> list[Count]:
    return sorted(counts, key=lambda each: -each.works)
