"""Minting: the next free name of a profile's rules, taken inside the transaction that needs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from server.db.sequences import take
from server.errors import Invalid, NotFound
from server.identifiers import ledger
from server.identifiers.model import Agency, Rules, Scheme, State, serves
from server.jobs import queue
from server.profiles import store as profiles
from server.profiles.model import Profile
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
    rules: Rules
    environment: str

    def serves(self, type_code: str) -> bool:
        """Say whether works of a type get their names from here."""
        return type_code not in self.agency.barred and serves(self.rules, type_code)


def routes(tx: Connection, shelf: Registry[Agency]) -> list[Route]:
    """Return the enabled profiles of agencies; those that only reserve come last."""
    return routes_of(profiles.enabled(tx, [agency.name for agency in shelf]), shelf)


def routes_of(enabled: Iterable[Profile], shelf: Registry[Agency]) -> list[Route]:
    """Return those of the enabled profiles that are of agencies; those that only reserve come last."""
    found = []
    for profile in enabled:
        if (agency := shelf.get(profile.kind)) is None:
            continue
        rules = rules_of(agency.scheme, profile.document)
        found.append(Route(profile.id, agency, rules, str(profile.document.get("environment", ""))))
    return sorted(found, key=lambda route: (route.agency.client is None, route.profile_id))


def rules_of(scheme: Scheme, document: Mapping[str, Any]) -> Rules:
    """Read the rules of a scheme out of a profile's settings."""
    wanted = scheme.rules.__struct_fields__
    return msgspec.convert({key: document[key] for key in wanted if key in document}, scheme.rules)


def route_for(tx: Connection, shelf: Registry[Agency], type_code: str, scheme: str = "doi") -> Route | None:
    """Return the route by which works of a type get names of a scheme, or None."""
    return serving(routes(tx, shelf), type_code, scheme)


def serving(found: Iterable[Route], type_code: str, scheme: str = "doi") -> Route | None:
    """Return the first of several routes by which works of a type get names of a scheme, or None."""
    return next((r for r in found if r.agency.scheme.name == scheme and r.serves(type_code)), None)


def mint(tx: Connection, route: Route, record_id: str | None, type_code: str, now: datetime) -> ledger.Entry:
    """Reserve the next free name for a work; numbers that are taken already, by whomever, are stepped over."""
    scheme = route.agency.scheme
    name = scheme.sequence_name(route.rules, type_code)
    while True:
        value = scheme.compose(route.rules, type_code, take(tx, name, start=route.rules.start))
        if not ledger.is_taken(tx, scheme.name, scheme.normal(value)):
            break
    entry = {
        "record_id": record_id,
        "scheme": scheme.name,
        "value": value,
        "normal": scheme.normal(value),
        "own": True,
        "profile_id": route.profile_id,
        "environment": route.environment,
        "state": State.RESERVED.value,
    }
    number = ledger.add(tx, entry, now)
    return ledger.Entry(
        id=number, record_id=record_id, scheme=scheme.name, value=value, own=True, profile_id=route.profile_id,
        environment=route.environment, state=State.RESERVED, fault=None, message=None, acknowledged=None, registered=None,
    )  # fmt: skip


def keep(tx: Connection, shelf: Registry[Agency], record_id: str, record: Record, now: datetime) -> list[ledger.Entry]:
    """Check and keep the names a work came with, ask for the registration of those that are ours, and return all of them.

    Raises Invalid for a DOI that is none and Conflict for one that is another work's.
    """
    schemes = schemes_of(shelf)
    for identifier in record.identifiers:
        if (scheme := schemes.get(identifier.scheme)) is not None:
            _keep(tx, scheme, record_id, identifier.value, now)
    known = [entry for entry in ledger.of_record(tx, record_id) if entry.scheme in schemes]
    ask(tx, known, shelf, now)
    return known


def schemes_of(shelf: Registry[Agency]) -> dict[str, Scheme]:
    """Return the schemes agencies register names of, by name."""
    return {agency.scheme.name: agency.scheme for agency in shelf}


def _keep(tx: Connection, scheme: Scheme, record_id: str, value: str, now: datetime) -> None:
    """Note a name a work came with; where names of its kind need not be one work's alone, one that cannot be noted is not."""
    try:
        normal = scheme.normal(value)
    except Invalid:
        if scheme.is_sole:
            raise
        return
    if scheme.is_sole or not ledger.is_taken(tx, scheme.name, normal):
        ledger.keep_external(tx, record_id, scheme.name, value, normal, now)


def identify(tx: Connection, shelf: Registry[Agency], record_id: str, record: Record, now: datetime) -> list[ledger.Entry]:
    """Give a work that is being approved its identifiers, and ask for their registration.

    A name it came with is never overwritten; only a work that came with none of a scheme gets one of ours, where a profile
    serves its type. Raises as `keep` does.
    """
    known = keep(tx, shelf, record_id, record, now)
    has = {entry.scheme for entry in known}
    missing = [name for name in schemes_of(shelf) if name not in has]
    found = routes(tx, shelf) if missing else []
    minted = [
        mint(tx, route, record_id, record.type, now)
        for name in missing
        if (route := serving(found, record.type, name)) is not None
    ]
    ask(tx, minted, shelf, now)
    return known + minted


def ask(tx: Connection, entries: list[ledger.Entry], shelf: Registry[Agency], now: datetime) -> None:
    """Put one job in the queue for each of our identifiers that an agency can be asked about, be it later.

    While its profile is switched off or deleted the job is held: so the queue knows what the agency was not told.
    """
    ours = [entry for entry in entries if entry.own]
    if not ours:
        return
    speaking = profiles.numbers(tx, [agency.name for agency in shelf if agency.client is not None])
    for entry in ours:
        if entry.profile_id in speaking:
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
