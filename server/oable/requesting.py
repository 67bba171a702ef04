"""Making a request, and having one sent again that was refused or given up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from sqlalchemy import Connection
from ulid import ULID

from server.accounts.model import Account
from server.audit.log import Actor, note
from server.errors import Conflict, NotFound
from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.identifiers.model import State as Step
from server.jobs import queue
from server.oable import store
from server.oable.asking import LONGEST_TITLE, Asked
from server.oable.model import ENDED_BADLY, Request, State, document
from server.oable.settings import OABLE, Oable
from server.people.model import Person
from server.profiles.live import Live
from server.records import store as records
from server.records.store import State as Published
from server.records.store import Stored

#: What a request must name and a chosen work may know.
TAKEN = ("journal", "publisher")


@dataclass(frozen=True, slots=True)
class Office:
    """In whose name requests are made: the profile's settings, and what the address of a work is here."""

    settings: Oable
    page: Callable[[str], str]


def office(live: Live, page: Callable[[str], str]) -> Office:
    """Return in whose name requests are made; raises NotFound where OABLE is not switched on."""
    found = live.of(OABLE)
    if not found:
        raise NotFound(
            "This repository takes no requests for article processing charges.", remedy="An administrator can switch OABLE on."
        )
    return Office(found[0].settings, page)


def of_person(person: Person | None, name: str, email: str) -> dict[str, str]:
    """Return what is known of whoever asks, as a form shows it."""
    known = {"name": name, "email": email}
    if person is None:
        return known
    post = person.post
    called = " ".join(part for part in (person.given, person.family) if part)
    mine = {"name": called, "email": email or person.email, "affiliation": post.name if post else ""}
    return known | mine | {"orcid": next((one.bare for one in person.ids if one.scheme == "orcid"), "")}


def of_work(tx: Connection, stored: Stored) -> dict[str, str]:
    """Return what a work says of the article, as a form shows it."""
    record = stored.record
    funding = next(iter(record.funding), None)
    return {
        "work": stored.id,
        "doi": doi_of(tx, stored),
        "title": record.title.value[:LONGEST_TITLE],
        "journal": record.container.title[:300],
        "publisher": record.publisher.name[:300],
        "funder": funding.funder_name[:300] if funding else "",
        "award": funding.award_no[:300] if funding else "",
    }


def doi_of(tx: Connection, stored: Stored) -> str:
    """Return the DOI of a work: the one it came with, else the one that was registered here; empty where it has none.

    One that is only reserved leads nowhere, and may yet turn out to be another's.
    """
    given = (entry.value for entry in ledger.of_record(tx, stored.id) if entry.scheme == "doi" and _leads(entry))
    return stored.record.identifier("doi") or next(given, "")


def _leads(entry: Entry) -> bool:
    return entry.state is Step.EXTERNAL or (entry.registered is not None and entry.state is not Step.GIVEN_UP)


def filled(tx: Connection, typed: Sequence[tuple[str, str]], chosen: Stored) -> list[tuple[str, str]]:
    """Return what was typed into the form, with what a work must give where the fields for it are empty."""
    said, found = dict(typed), of_work(tx, chosen)
    taken = {name: found[name] for name in TAKEN if found[name] and not said.get(name, "").strip()}
    return [pair for pair in typed if pair[0] not in taken] + list(taken.items())


def ask(
    tx: Connection, office: Office, number: str, account: Account, asked: Asked, work: Stored | None, by: Actor, now: datetime
) -> Request:
    """Make a request and have it sent. `number` is the form's own: whoever sends a form twice makes one request.

    `work` is the one that was chosen. Raises Conflict where the number is another account's.
    """
    made = store.find(tx, number)
    if made is not None:
        if made.account_id != account.id:
            raise Conflict("This form was used already.", remedy="Begin a new one.")
        return made
    if work is not None:
        found = of_work(tx, work)
        asked = msgspec.structs.replace(asked, title=asked.title or found["title"], doi=asked.doi or found["doi"])
    request = Request(
        number, account.id, asked, number, _document(tx, office, asked, number, now), State.WAITING, 0, now, "", "", now, now
    )
    store.add(tx, request)
    note(tx, by, "charge.asked", "charge", number, now, summary=asked.title)
    return request


def again(tx: Connection, office: Office, number: str, by: Actor, now: datetime) -> Request:
    """Have a request sent again that was refused or given up. Raises NotFound, Conflict where OABLE has it or it waits already.

    What was refused is a new request for OABLE, with what the profile says now. What was given up may have arrived: it is
    repeated to the byte, under the same key.
    """
    before = store.get(tx, number)
    if before.state not in ENDED_BADLY:
        raise Conflict("Only what was refused or given up can be sent again.", code="state")
    key, written = before.key, before.document
    if before.state is State.REFUSED:
        key, written = str(ULID.from_datetime(now)), _document(tx, office, before.asked, number, before.created)
    after = replace(before, key=key, document=written, state=State.WAITING, attempts=0, since=now, words="", changed=now)
    store.put(tx, after)
    queue.enqueue(tx, store.ASK, number, now)
    note(tx, by, "charge.sent-again", "charge", number, now, summary=before.asked.title)
    return after


def _document(tx: Connection, office: Office, asked: Asked, number: str, at: datetime) -> str:
    stored = records.find(tx, asked.work) if asked.work else None
    page = office.page(stored.id) if stored is not None and stored.state is Published.PUBLISHED else ""
    return document(asked, number, office.settings.organisation, office.settings.errors, page, at)
