"""Who is responsible for a work: the agency its DOI was minted for, else the one its type is routed to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.identifiers.ledger import Entry
from server.identifiers.mint import Route, routes_of, serving
from server.identifiers.model import Agency
from server.identifiers.preflight.finding import Finding
from server.identifiers.preflight.rules import preflight
from server.metadata.work import Work
from server.profiles.model import Profile
from server.records.model import Record
from server.registry import Registry


@dataclass(frozen=True, slots=True)
class Responsible:
    """What decides who registers a work, whatever becomes of its metadata meanwhile."""

    routes: Sequence[Route]
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
        return _registering(route.agency) if route is not None else None

    def minds(self, work: Work) -> tuple[Agency | None, tuple[Finding, ...]]:
        """Return the agency responsible for a work, and what it minds of it."""
        agency = self.agency(work.record)
        return agency, preflight(agency.name, work) if agency is not None else ()


def responsible(shelf: Registry[Agency], enabled: Sequence[Profile], entries: Sequence[Entry]) -> Responsible:
    """Return who is responsible for a work with these identifiers, as the profiles that are switched on have it."""
    known = [entry for entry in entries if entry.scheme == "doi"]
    if not known:
        return Responsible(routes_of(enabled, shelf))
    number = next((entry.profile_id for entry in known if entry.own), None)
    profile = next((each for each in enabled if each.id == number), None)
    return Responsible((), _registering(shelf.get(profile.kind)) if profile is not None else None, decided=True)


def _registering(agency: Agency | None) -> Agency | None:
    return agency if agency is not None and agency.client is not None else None
