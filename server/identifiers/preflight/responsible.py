"""Who is responsible for a work: the agency its DOI was minted for, else the one its type is routed to."""

from sqlalchemy import Connection

from server.identifiers import ledger
from server.identifiers.mint import route_for
from server.identifiers.model import Agency
from server.profiles import store as profiles
from server.records.model import Record
from server.registry import Registry


def responsible(tx: Connection, shelf: Registry[Agency], record: Record, record_id: str = "") -> Agency | None:
    """Return the agency that registers a work, or would; None where none does.

    A DOI stays with the agency it was minted for, whatever becomes of the type of its work. A work that came with a DOI is
    somebody else's to register.
    """
    entries = [entry for entry in ledger.of_record(tx, record_id) if entry.scheme == "doi"] if record_id else []
    own = next((entry for entry in entries if entry.own), None)
    if own is not None:
        profile = profiles.by_id(tx, own.profile_id) if own.profile_id is not None else None
        return _registering(shelf.get(profile.kind)) if profile is not None else None
    if entries or record.identifier("doi"):
        return None
    route = route_for(tx, shelf, record.type)
    return _registering(route.agency) if route is not None else None


def _registering(agency: Agency | None) -> Agency | None:
    return agency if agency is not None and agency.client is not None else None
