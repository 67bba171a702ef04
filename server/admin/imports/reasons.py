"""The reasons for returning and declining works that are offered to choose from: what the SWORD profiles list."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.profiles.live import Live
from server.sword.profile.settings import KIND


@dataclass(frozen=True, slots=True)
class Offered:
    """Reasons to choose from; whoever decides may always write their own."""

    returning: Sequence[str]
    declining: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons of the SWORD profiles that are switched on."""

    live: Live

    def all(self) -> Offered:
        """Return the reasons of every profile, each once."""
        return self._of("")

    def of(self, collection: str) -> Offered:
        """Return the reasons of the profile that has a collection."""
        return self._of(collection)

    def _of(self, collection: str) -> Offered:
        servers = [each.settings for each in self.live.of(KIND)]
        if collection:
            servers = [server for server in servers if any(found.id == collection for found in server.collections)]
        returning = dict.fromkeys(reason for server in servers for reason in server.reasons_return)
        declining = dict.fromkeys(reason for server in servers for reason in server.reasons_decline)
        return Offered(tuple(returning), tuple(declining))


def chosen(given: dict[str, str]) -> str:
    """Return the reason a form gives: the one that was chosen, then what was written beside it."""
    return " ".join(part for part in (given.get("chosen", "").strip(), given.get("reason", "").strip()) if part)
