"""What ORCID says of somebody, as far as it is weighed here: names, institutions, works. Values, no I/O."""

import msgspec
from msgspec import Struct

from server.people import names
from server.records.model import Affiliation

MOST_WORKS = 5_000
"""So many works of one person are kept to be compared; whoever made more is known by the first of them."""


class Found(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a search at ORCID."""

    orcid: str
    """The bare iD."""
    given: str = ""
    family: str = ""
    credit: str = ""
    others: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    """Current and past ones, the current first; ORCID does not say which is which."""


class Answered(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a search found: how many there are, and the first of them."""

    total: int = 0
    found: tuple[Found, ...] = ()


class Facts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What ORCID shows everybody of one person."""

    orcid: str
    given: str = ""
    family: str = ""
    credit: str = ""
    others: tuple[str, ...] = ()
    current: tuple[Affiliation, ...] = ()
    """Employments without an end, or whose end is still to come."""
    past: tuple[Affiliation, ...] = ()
    dois: tuple[str, ...] = ()
    """In small letters, as they are compared."""
    titles: tuple[str, ...] = ()
    """Folded, as they are compared."""
    closed: str = ""
    """Why nothing can be said: locked, deactivated, or another iD took its place."""

    @property
    def name(self) -> str:
        """The name the person wants to be cited by, else the registered one."""
        return self.credit or " ".join(part for part in (self.given, self.family) if part)

    @property
    def shown(self) -> str:
        """The name with the current affiliation in parentheses."""
        places = "; ".join(place.name for place in self.current[:2])
        return f"{self.name} ({places})" if places else self.name


_SHORTEST_TITLE = 20
"""Letters of a title that is compared: `Introduction` is everybody's."""


def title_key(text: str) -> str:
    """Return a title as it is compared; empty where it is too short to tell one work from another."""
    folded = names.folded(text)
    return folded if len(folded) >= _SHORTEST_TITLE else ""


def similar(family: str, given: str) -> str:
    """Return what values have in common that are one name written alike: it folded whole, or, without letters, as it is."""
    return (names.whole(family, given) or f"{family} {given}".strip())[:400]


def encode(value: Struct) -> str:
    return msgspec.json.encode(value).decode()
