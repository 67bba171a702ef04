"""Over which client session an agency is spoken to: where people enter its address, over one that goes only where it may."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import ClientSession

from server.identifiers.model import Agency


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions all agencies share."""

    known: ClientSession
    """For agencies whose address is fixed, or on this machine for trials."""
    entered: Mapping[str, ClientSession]
    """For those whose address people enter, by environment: addresses inside the walls are reached only where the operator opened
    them, and this machine only in the test environment."""

    def of(self, agency: Agency, environment: str) -> ClientSession:
        """Return the one for an agency."""
        return self.entered[environment] if agency.is_entered else self.known
