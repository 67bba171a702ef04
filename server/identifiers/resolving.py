"""Where handles lead, for a handle server that asks us: those we minted, and those works came with under an authority of ours."""

from collections.abc import Sequence

from sqlalchemy import Connection, exists, select

from server.errors import Invalid
from server.identifiers.model import Agency
from server.identifiers.schemes import handle
from server.identifiers.tables import identifiers
from server.metadata.addresses import bare
from server.profiles import store as profiles
from server.records.tables import feed
from server.registry import Registry

_SCHEME = handle.PLUGIN.name


def authorities(tx: Connection, shelf: Registry[Agency]) -> tuple[str, ...]:
    """Return the naming authorities of our profiles; those switched off count too, as what they minted is still asked for."""
    ours = (each for each in profiles.every(tx) if each.kind in shelf and shelf[each.kind].scheme is handle.PLUGIN)
    return tuple(sorted({handle.authority(str(each.document.get("prefix", ""))) for each in ours}))


def work_of(tx: Connection, value: str) -> str | None:
    """Return the id of the work a handle leads to; None where there is none the public can see, or a tombstone of."""
    try:
        normal = handle.normal(value)
    except Invalid:
        return None
    query = select(identifiers.c.record_id).where(identifiers.c.scheme == _SCHEME, identifiers.c.normal == normal, _TOLD)
    return tx.execute(query).scalar()


def names_under(tx: Connection, prefix: str, after: int, limit: int) -> Sequence[tuple[int, str]]:
    """Return handles of an authority that lead somewhere, bare, with their numbers, from behind a number on."""
    begins = identifiers.c.normal.startswith(handle.PLUGIN.stem(f"{prefix}/"), autoescape=True)
    query = select(identifiers.c.id, identifiers.c.value).where(identifiers.c.scheme == _SCHEME, begins, _TOLD)
    rows = tx.execute(query.where(identifiers.c.id > after).order_by(identifiers.c.id).limit(limit))
    return [(row.id, bare("handle", row.value)) for row in rows]


#: The public has heard of the work: a draft that was let go of has no tombstone, and no handle leads to it.
_TOLD = exists().where(feed.c.record_id == identifiers.c.record_id, feed.c.superseded.is_(None))
