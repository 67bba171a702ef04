"""Where a name leads: whether two addresses are one, and whether a name that is there already is another's, at any agency."""

import re

from yarl import URL

from server.identifiers.model import Desired, Ticket

#: What helps, by the scheme of the name.
_REMEDIES = {
    "doi": "Raise the suffix starting number of the profile above all that were used before, and take a new number; "
    "migrate the DOIs of works that are here now; where this one is its work's, let it lead here at the agency, and ask again",
    "handle": "Raise the sequence start of the profile above all that were used before, and take a new number; or delete the "
    "handle at the server or let it lead here, and ask again",
}  # fmt: skip


def is_same(told: object, url: str) -> bool:
    """Whether two addresses are the same but for how they are written."""
    try:
        return isinstance(told, str) and (told == url or URL(told) == URL(url))
    except ValueError:
        return False


def is_anothers(desired: Desired, ticket: Ticket, told: str | None) -> bool:
    """Whether a name that is there already is another's, so that nothing may be written over it.

    It is ours where its agency once confirmed it to us, or where it leads to what it is to lead to or was ever sent with.
    """
    return not ticket.known and not any(is_same(told, url) for url in (desired.url, *ticket.addresses))


def refusal(scheme: str, what: str, leads: str) -> str:
    """Say of a name that is another's where it leads, that it is left alone, and what helps; no stop at the end."""
    return f"The {what} is there already and {leads}; it is left as it is. {_REMEDIES[scheme]}"


def is_refusal(message: str) -> bool:
    """Whether it was said of a name that it is another's."""
    return re.match(r"The (?:DOI|handle) is there already and ", message) is not None


def leads_to(url: str) -> str:
    """Say where it leads."""
    return f"leads to {url}, where we never sent it"
