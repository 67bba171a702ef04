"""How programs find SWORD from a page of the repository (SWORD 2.0 § 13, SWORD 3.0 § 4): links for its head."""

from sqlalchemy import Connection

from server.sword import store
from server.sword.model import ContainerState
from server.sword.v2.documents import ENTRY_TYPE, FEED_TYPE, ORE_TYPE, TERMS, Links
from server.sword.v3 import documents as v3
from server.sword.v3 import links as v3_links

THIRD = "http://purl.org/net/sword/3.0/discovery/"

Found = tuple[tuple[str, str, str], ...]
"""Relation, address and media type of each link."""

#: § 13.1 by its text, by its example, and what SWORD 1.3 said.
SERVICES = ("sword", "http://purl.org/net/sword/discovery/service-document", f"{TERMS}service-document")


def services(links: Links, third: v3_links.Links) -> Found:
    """Return the links to the service documents of both versions."""
    return (*((relation, links.service, "") for relation in SERVICES), (f"{THIRD}Service", third.root, v3.TYPE))


def of_work(tx: Connection, links: Links, third: v3_links.Links, number: str) -> Found:
    """Return the links to what can be edited of a work (§ 13.3); nothing for one that no client deposited."""
    state = store.states_of(tx, [number]).get(number, ContainerState.DELETED)
    if state is ContainerState.DELETED:
        return ()
    return (
        (f"{TERMS}edit", links.edit(number), ENTRY_TYPE),
        (f"{TERMS}statement", links.statement(number), FEED_TYPE),
        (f"{TERMS}statement", links.ore(number), ORE_TYPE),
        (f"{THIRD}Object", third.object(number), v3.TYPE),
    )
