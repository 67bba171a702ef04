"""Rules of a class that say everything that is wrong at once, also of values that are not whole yet.

A class that has such rules gives them as `faults`, a static method: the values of its fields by name go in, those that could not
be read left out (a row that could not be read is None in its tuple); what is wrong comes out, as the path of the field from this
class on and a sentence that follows the field's name. The class itself refuses with the first of them, a form shows them all.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

Rule = Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]]


def values_of(value: Struct) -> dict[str, Any]:
    """Return the values of a Struct by name, as rules take them."""
    return {name: getattr(value, name) for name in value.__struct_fields__}


def refuse(value: Struct, rule: Rule) -> None:
    """Raise ValueError with the first thing that is wrong, in the form `field: sentence`."""
    for path, sentence in rule(values_of(value)):
        raise ValueError(f"{path.partition('.')[0]}: {sentence}")
