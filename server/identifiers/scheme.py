"""What an identifier scheme is: how its identifiers are written, and where they resolve."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scheme:
    """One identifier scheme.

    `normal` takes an identifier as people write it, strips resolver and label, and returns the one form that is stored and
    compared; it raises Invalid for what is none. `url` takes the normal form and returns the address it resolves at.
    """

    name: str
    title: str
    normal: Callable[[str], str]
    url: Callable[[str], str]
