"""Who is responsible for a work: the agency its DOI was minted for, else the one its type is routed to."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from server.identifiers import ledger
from server.identifiers.ledger import Entry
from server.identifiers.mint import Route, routes, serving
from server.identifiers.model import Agency
from server.identifiers.preflight.finding import Finding
from server.identifiers.preflight.rules import preflight
from server.metadata.work import Work
from server.profiles import store as profiles
from server.records.model import Record
from server.registry import Registry


@dataclass(frozen=True, slots=True)
class Responsible:
    """What decides who registers a work, whatever becomes of its metadata meanwhile."""

    routes: Sequence[Route] = ()
    own: Agency | None = None
    """The agency the work's own DOI was minted for."""
    decided: bool = False
    """Whether the work has a DOI: then its type routes it nowhere any more."""

    def agency(self, record: Record) -> Agency | None:
        """Return the agency that registers a work, or would; None where none does.

        A DOI stays with the agency it was minted for, whatever becomes of the type of its work. A work that came with a DOI is
        somebody else's to register.
        """
        if self.decided:
            return self.own
        if record.identifier("doi"):
            return None
        route = serving(self.routes, record.type)
        return route.agency if route is not None and route.agency.client is not None else None

    def minds(self, work: Work) -> tuple[Agency | None, tuple[Finding, ...]]:
        """Return the agency responsible for a work, and what it minds of it."""
        agency = self.agency(work.record)
        return agency, preflight(agency.name, work) if agency is not None else ()


def responsible(tx: Connection, shelf: Registry[Agency], entries: Sequence[Entry] = ()) -> Responsible:
    """Return who is responsible for a work with these identifiers."""
    known = [entry for entry in entries if entry.scheme == "doi"]
    if not known:
        return Responsible(routes(tx, shelf))
    own = next((entry for entry in known if entry.own), None)
    profile = profiles.by_id(tx, own.profile_id) if own is not None and own.profile_id is not None else None
    agency = shelf.get(profile.kind) if profile is not None else None
    return Responsible(own=agency if agency is not None and agency.client is not None else None, decided=True)


def responsible_for(tx: Connection, shelf: Registry[Agency], record_id: str) -> Responsible:
    """Return who is responsible for a work that is kept."""
    return responsible(tx, shelf, ledger.of_record(tx, record_id))
