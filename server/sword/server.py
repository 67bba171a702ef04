"""The SWORD servers that are switched on, as they are at this moment: who may deposit where, and how that is taken."""

from collections.abc import Iterator
from dataclasses import dataclass

from server.profiles.live import Live
from server.sword.mapping import folded
from server.sword.model import Rules
from server.sword.profile.settings import KIND, Collection, Server


@dataclass(frozen=True, slots=True)
class Servers:
    """The SWORD servers that are switched on, as they are at this moment."""

    live: Live

    def _every(self) -> Iterator[Server]:
        for each in self.live.of(KIND):
            yield each.settings

    def open_to(self, account: str, code: str = "", *, on_behalf_of: str = "") -> list[Collection]:
        """Return the collections an account may deposit into, of all servers or of the one with this code.

        On behalf of somebody else it may only into those of servers that let it.
        """
        return [
            collection
            for server in self._every()
            if (not code or server.code == code) and (not on_behalf_of or server.mediates(account, on_behalf_of))
            for collection in server.collections
            if server.serves(account, collection.id)
        ]

    def titles(self) -> dict[str, str]:
        """Return what the collections are called, by code."""
        return {collection.id: collection.title for server in self._every() for collection in server.collections}

    def several(self) -> bool:
        """Whether there is more than one server, each with a service document of its own."""
        return len(list(self._every())) > 1

    def knows(self, code: str) -> bool:
        return any(server.code == code for server in self._every())

    def rules(self, collection: str) -> Rules:
        """Return how deposits into a collection are taken; one that is not offered any more lets works wait for approval."""
        for server in self._every():
            for found in server.collections:
                if found.id == collection:
                    return rules_of(server, found)
        return Rules()

    def mediates(self, account: str, owner: str = "") -> bool:
        """Whether an account may deposit on behalf of others, or of one of them."""
        return any(server.mediates(account, owner) for server in self._every())

    def most(self, code: str = "") -> int:
        """Return the bytes of the largest deposit that all servers take, or the one with this code; 0 where none says so."""
        said = (server.most_mb for server in self._every() if not code or server.code == code)
        return min(filter(None, said), default=0) * 2**20


def rules_of(server: Server, collection: Collection) -> Rules:
    """Return how deposits into one of the collections of a server are taken."""
    spared = {"type-unknown", "type-missing"} if collection.type else set()
    return Rules(
        approves=collection.import_as == "approved",
        refuses=server.content_faults == "refuse",
        read_now=server.read_now_mb * 2**20,
        type=collection.type,
        packagings=collection.packagings,
        server=server.code,
        types={folded(row.word): row.type for row in server.types},
        languages={folded(row.word): row.language for row in server.languages},
        holds=frozenset(server.holds) - spared | server.scanning,
        keeps=frozenset(server.keeps),
        duplicates={way: policy for way, policy in server.duplicates.items() if policy != "off"},
        dates="" if server.default_dates == "none" else server.default_dates,
        scans=server.scanner,
        notifies=server.notifies,
        most=server.most_mb * 2**20,
    )
