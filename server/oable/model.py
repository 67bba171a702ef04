"""A request for an article processing charge in values: where it stands, and the document that is sent."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from server.clock import to_wire
from server.oable.asking import Asked


class State(StrEnum):
    """Where a request stands.

    waiting → sent → accepted, refused or failed; sent → waiting where nothing reached OABLE; refused, failed → waiting by hand.
    """

    WAITING = "waiting"  # nothing has reached OABLE
    SENT = "sent"  # sending it has begun, and OABLE has not answered: it may have the request, or not
    ACCEPTED = "accepted"  # OABLE has it; what its reviewers decide is told by OABLE
    REFUSED = "refused"  # OABLE does not take it, and says why
    FAILED = "failed"  # given up: OABLE gave no answer for days


#: What waits for OABLE.
OPEN = frozenset({State.WAITING, State.SENT})
#: What a person may send again.
ENDED_BADLY = frozenset({State.REFUSED, State.FAILED})


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    id: str
    account_id: int
    asked: Asked
    key: str
    """By which OABLE knows a repetition. The same for as long as OABLE may have the request."""
    document: str
    """What is sent, to the byte: a repetition under the same key must say the same."""
    state: State
    attempts: int
    since: datetime
    """From when its life counts: when it was made, or somebody last had it sent again."""
    words: str
    """What the last attempt came to, in OABLE's words where it has any."""
    reference: str
    """What OABLE calls it, where OABLE said so."""
    created: datetime
    changed: datetime


class Requester(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    email: str
    orcid: str = ""
    affiliation: str = ""


class Article(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    title: str
    journal: str
    publisher: str
    doi: str = ""
    repository_url: str = ""


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    amount: str
    """As text: an amount of money is no binary fraction."""
    currency: str


class Funding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    funder: str
    award_number: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request as it is posted. OABLE's own form of it is not public; this one is ours, and `docs/oable.md` shows it."""

    id: str
    requested: str
    organisation: str
    requester: Requester
    article: Article
    charge: Charge
    errors_to: str = ""
    funding: Funding | None = None


def document(asked: Asked, number: str, organisation: str, errors_to: str, page: str, now: datetime) -> str:
    """Write a request as it is sent; `page` is the address of the work in this repository, where it was chosen and is public."""
    written = Document(
        id=number,
        requested=to_wire(now),
        organisation=organisation,
        errors_to=errors_to,
        requester=Requester(
            name=asked.name,
            email=asked.email,
            orcid=f"https://orcid.org/{asked.orcid}" if asked.orcid else "",
            affiliation=asked.affiliation,
        ),
        article=Article(title=asked.title, journal=asked.journal, publisher=asked.publisher, doi=asked.doi, repository_url=page),
        charge=Charge(amount=asked.amount, currency=asked.currency),
        funding=Funding(funder=asked.funder, award_number=asked.award) if asked.funder or asked.award else None,
    )
    return msgspec.json.encode(written).decode()
