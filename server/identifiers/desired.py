"""What an agency should say of an identifier: read off the work as it is now."""

import hashlib
from typing import Any

from server.errors import Invalid
from server.identifiers.ledger import Entry
from server.identifiers.model import Agency, AgencyState, Desired
from server.identifiers.model import State as Known
from server.metadata.fragments import Renderer
from server.metadata.work import Names
from server.profiles.model import Profile
from server.records.store import State, Stored


def desired_of(renderer: Renderer, agency: Agency, account: Any, stored: Stored, value: str) -> Desired:
    """Write what an agency should know of a work under a name; `refusal` is filled where it would not take it."""
    work = renderer.kept(stored, names=Names(**{agency.scheme.name: value}))
    state = AgencyState.FINDABLE if stored.state is State.PUBLISHED else AgencyState.HIDDEN
    try:
        write = agency.document
        metadata = write(work, account, state) if write is not None else renderer.metadata(agency.metadata, work)
    except Invalid as refusal:
        return Desired(value, work.landing_url, state, b"", str(refusal), stored.version)
    return Desired(value, work.landing_url, state, metadata, version=stored.version)


def is_due(entry: Entry, stored: Stored) -> bool:
    """Whether an agency should know a work by a name: from its publication on, and withdrawn only where it has heard of it."""
    unknown_to_agency = entry.registered is None and entry.state is Known.RESERVED
    return not (stored.state.before or (stored.state is State.WITHDRAWN and unknown_to_agency))


def digest_of(desired: Desired) -> str:
    """Return what stands for all an agency should say: two that are equal need not be sent twice."""
    return hashlib.sha256(f"{desired.url}\0{desired.state}".encode() + desired.metadata).hexdigest()


def is_left_alone(entry: Entry, profile: Profile) -> bool:
    """Whether a name came from another system, and the profile leaves those at the agency as they are."""
    return entry.migrated and not profile.document.get("update_migrated", False)
