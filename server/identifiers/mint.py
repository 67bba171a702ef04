"""Minting: the next free name of a profile's rules, taken inside the transaction that needs it."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from server.db.sequences import take
from server.errors import NotFound
from server.identifiers import ledger
from server.identifiers.model import Agency, DoiRules, State
from server.identifiers.schemes import doi
from server.jobs import queue
from server.profiles import store as profiles
from server.records.model import Record
from server.registry import Registry

#: The kind of job that makes an agency agree about one identifier.
REGISTER = "register"


def agencies() -> Registry[Agency]:
    """Find the agencies on their shelf."""
    return Registry("server.identifiers.agencies", Agency, lambda agency: agency.name)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a type's identifiers come from: a profile, its agency and its rules."""

    profile_id: int
    agency: Agency
    rules: DoiRules
    environment: str


def routes(tx: Connection, shelf: Registry[Agency]) -> list[Route]:
    """Return the enabled profiles of agencies; those that only reserve come last."""
    found = []
    wanted = set(DoiRules.__struct_fields__)
    for profile in profiles.enabled(tx, [agency.name for agency in shelf]):
        agency = shelf[profile.kind]
        rules = msgspec.convert({key: value for key, value in profile.document.items() if key in wanted}, DoiRules)
        found.append(Route(profile.id, agency, rules, str(profile.document.get("environment", ""))))
    return sorted(found, key=lambda route: (route.agency.client is None, route.profile_id))


def route_for(tx: Connection, shelf: Registry[Agency], type_code: str) -> Route | None:
    """Return the route that serves a type, or None."""
    serving = (route for route in routes(tx, shelf) if type_code not in route.agency.barred)
    return next((route for route in serving if doi.serves(route.rules, type_code)), None)


def mint(tx: Connection, route: Route, record_id: str | None, type_code: str, now: datetime) -> ledger.Entry:
    """Reserve the next free DOI for a work; numbers that are taken already, by whomever, are stepped over."""
    name = doi.sequence_name(route.rules, type_code)
    while True:
        value = doi.compose(route.rules, type_code, take(tx, name, start=route.rules.start))
        if not ledger.is_taken(tx, "doi", doi.normal(value)):
            break
    entry = {
        "record_id": record_id,
        "scheme": "doi",
        "value": value,
        "normal": doi.normal(value),
        "own": True,
        "profile_id": route.profile_id,
        "environment": route.environment,
        "state": State.RESERVED.value,
    }
    number = ledger.add(tx, entry, now)
    return ledger.Entry(
        id=number, record_id=record_id, scheme="doi", value=value, own=True, profile_id=route.profile_id,
        environment=route.environment, state=State.RESERVED, fault=None, message=None, acknowledged=None, registered=None,
    )  # fmt: skip


def keep(tx: Connection, shelf: Registry[Agency], record_id: str, record: Record, now: datetime) -> list[ledger.Entry]:
    """Check and keep the DOIs a work came with, ask for the registration of those that are ours, and return all of them.

    Raises Invalid for a DOI that is none and Conflict for one that is another work's.
    """
    for identifier in record.identifiers:
        if identifier.scheme == "doi":
            ledger.keep_external(tx, record_id, "doi", identifier.value, doi.normal(identifier.value), now)
    known = [entry for entry in ledger.of_record(tx, record_id) if entry.scheme == "doi"]
    ask(tx, known, shelf, now)
    return known


def identify(tx: Connection, shelf: Registry[Agency], record_id: str, record: Record, now: datetime) -> list[ledger.Entry]:
    """Give a work that is being approved its identifiers, and ask for their registration.

    A DOI it came with is never overwritten; only a work that came with none gets one of ours, where a profile serves its
    type. Raises as `keep` does.
    """
    known = keep(tx, shelf, record_id, record, now)
    if not known and (route := route_for(tx, shelf, record.type)) is not None:
        known = [mint(tx, route, record_id, record.type, now)]
        ask(tx, known, shelf, now)
    return known


def ask(tx: Connection, entries: list[ledger.Entry], shelf: Registry[Agency], now: datetime) -> None:
    """Put one job in the queue for each of our identifiers that an agency can be asked about."""
    if not any(entry.own for entry in entries):
        return
    speaking = {route.profile_id for route in routes(tx, shelf) if route.agency.client is not None}
    for entry in entries:
        if entry.own and entry.profile_id in speaking:
            queue.enqueue(tx, REGISTER, str(entry.id), now)


def reserve(tx: Connection, shelf: Registry[Agency], record_id: str | None, type_code: str, now: datetime) -> ledger.Entry:
    """Reserve a DOI for a draft before it is approved, or (None) before its work exists.

    Raises NotFound where no profile serves its type.
    """
    route = route_for(tx, shelf, type_code)
    if route is None:
        raise NotFound(
            f"No enabled profile mints DOIs for {type_code}.", place="type", remedy="Make one with `sheaf profile set`."
        )
    return mint(tx, route, record_id, type_code, now)
